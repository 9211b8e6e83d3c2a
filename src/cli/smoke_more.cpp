// The steps of the smoke workload about locks, attributes, security, controls and change notification.
#include "cli/smoke.hpp"
#include "cli/smoke_values.hpp"

namespace fltlink::cli {

using fltsim::FileHandle;
using namespace smoke;

void Smoke::lock_ranges() {
  const std::u16string path = in_folder(u"locked.bin");
  write(path, std::string(100, 'l'));
  const auto mine = open(path, kGenericRead | kGenericWrite, kOpen);
  const auto others = open(path, kGenericRead | kGenericWrite, kOpen);
  if (mine.handle != FileHandle::kNone && others.handle != FileHandle::kNone) {
    const fltsim::LockArguments range{.offset = 10, .length = 20};
    told_.answer("lock", app_.lock(mine.handle, range));
    told_.answer("lock", app_.lock(others.handle, range));  // taken
    told_.answer("read", app_.read(others.handle, 50, 0));  // conflicts
    told_.answer("write", app_.write(others.handle, "x", 15));
    told_.answer("write", app_.write(mine.handle, "x", 15));
    told_.answer("unlock", app_.unlock(mine.handle, range));
    told_.answer("unlock", app_.unlock(mine.handle, range));  // not locked any more
    for (const FileHandle handle : {mine.handle, others.handle})
      told_.answer("lock", app_.lock(handle, {.offset = 0, .length = 100, .exclusive = false}));
  }
  close(others.handle);
  close(mine.handle);
}

void Smoke::keep_attributes_and_security() {
  const std::u16string path = in_folder(u"described.txt");
  write(path, "with attributes");
  const auto file = open(path, kReadEa | kWriteEa | kReadControl | kWriteDac, kOpen);
  if (file.handle == FileHandle::kNone) return;
  told_.answer("set ea", app_.set_ea(file.handle, {{.name = "AUTHOR", .value = "smoke"}}));
  told_.answer("query ea", app_.query_ea(file.handle));
  told_.answer("set ea", app_.set_ea(file.handle, {{.name = "AUTHOR", .value = ""}}));
  const auto security =
      told_.answer("query security", app_.query_security(file.handle, kOwnerInformation | kGroupInformation));
  const auto list = told_.answer("query security", app_.query_security(file.handle, kDaclInformation));
  if (security.status == kSuccess && list.status == kSuccess)
    told_.answer("set security", app_.set_security(file.handle, kDaclInformation, list.content));
  close(file.handle);
}

void Smoke::control_a_file() {
  const std::u16string path = in_folder(u"controlled.bin");
  write(path, std::string(200, 'c'));
  const auto file = open(path, kGenericRead | kGenericWrite, kOpen);
  if (file.handle == FileHandle::kNone) return;
  for (const std::uint32_t code : {kFsctlSetSparse, kFsctlGetCompression, kFsctlGetReparsePoint,
                                   kFsctlCreateOrGetObjectId, kFsctlIsVolumeMounted})
    told_.answer("control", app_.fs_control(file.handle, code, {}, 1024));
  close(file.handle);
}

// In the control thread: the watch is a call that waits while the program goes on.
void Smoke::watch_a_folder() {
  constexpr std::uint32_t kNamesAndWrites = 1 | 2 | 0x10;
  const auto folder = open(in_folder(u""), kListDirectory, kOpen, kDirectoryFile);
  if (folder.handle == FileHandle::kNone) return;
  auto change = app_.start_notify(folder.handle, kNamesAndWrites, true);
  write(in_folder(u"inner\\noticed.txt"), "a change");
  remove(in_folder(u"inner\\noticed.txt"));
  static_cast<void>(machine_.run_to_quiescence());
  auto never = app_.start_notify(folder.handle, kNamesAndWrites);
  static_cast<void>(machine_.run_to_quiescence());
  close(folder.handle);  // ends the watch
  static_cast<void>(machine_.run_to_quiescence());
  if (change.done()) told_.answer("notify", change.take());
  if (never.done()) told_.answer("notify", never.take());
}

}  // namespace fltlink::cli
