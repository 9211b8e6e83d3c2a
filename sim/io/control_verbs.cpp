// fltsim::FileVerbs: controls, locks, extended attributes, security, change notification.
#include <cstring>

#include "fltsim/process.hpp"
#include "io/verb_support.hpp"

namespace fltsim {

namespace {

constexpr std::size_t kFullFixed = offsetof(FILE_FULL_EA_INFORMATION, EaName);

std::string pack_names(const std::vector<std::string>& names) {
  std::string bytes;
  std::size_t last = 0;
  for (const std::string& name : names) {
    const std::size_t start = (bytes.size() + 3) / 4 * 4;
    if (!bytes.empty()) {
      const auto distance = static_cast<ULONG>(start - last);
      std::memcpy(bytes.data() + last, &distance, sizeof distance);
    }
    constexpr std::size_t kFixed = offsetof(FILE_GET_EA_INFORMATION, EaName);
    bytes.resize(start + kFixed, '\0');
    bytes[start + offsetof(FILE_GET_EA_INFORMATION, EaNameLength)] = static_cast<char>(name.size());
    bytes.append(name).append(1, '\0');
    last = start;
  }
  return bytes;
}

// What a filter has made of the entries may lead anywhere.
std::vector<ExtendedAttribute> parse_extended_attributes(std::string_view bytes) {
  std::vector<ExtendedAttribute> attributes;
  for (std::size_t at = 0; at < bytes.size() && bytes.size() - at >= kFullFixed;) {
    FILE_FULL_EA_INFORMATION entry{};
    std::memcpy(&entry, bytes.data() + at, kFullFixed);
    const std::string_view rest = bytes.substr(at + kFullFixed);
    if (rest.size() < entry.EaNameLength + 1u + entry.EaValueLength) break;
    attributes.push_back({std::string(rest.substr(0, entry.EaNameLength)),
                          std::string(rest.substr(entry.EaNameLength + 1u, entry.EaValueLength)),
                          entry.Flags});
    if (entry.NextEntryOffset == 0) break;
    at += entry.NextEntryOffset;
  }
  return attributes;
}

std::vector<NotifyEntry> parse_changes(std::string_view bytes) {
  std::vector<NotifyEntry> changes;
  constexpr std::size_t kFixed = offsetof(FILE_NOTIFY_INFORMATION, FileName);
  for (std::size_t at = 0; at < bytes.size() && bytes.size() - at >= kFixed;) {
    FILE_NOTIFY_INFORMATION entry{};
    std::memcpy(&entry, bytes.data() + at, kFixed);
    NotifyEntry change{entry.Action, {}};
    const std::size_t room = bytes.size() - at - kFixed;
    change.name.resize(std::min<std::size_t>(entry.FileNameLength, room) / sizeof(char16_t));
    std::memcpy(change.name.data(), bytes.data() + at + kFixed, change.name.size() * sizeof(char16_t));
    changes.push_back(std::move(change));
    if (entry.NextEntryOffset == 0) break;
    at += entry.NextEntryOffset;
  }
  return changes;
}

IoResult nt_fs_control(FileHandle handle, std::uint32_t code, std::string_view input,
                       std::uint32_t output_length) {
  return call_with_output(
      "NtFsControlFile", output_length, [&](const Caller& caller, IO_STATUS_BLOCK& block, void* output) {
        const UserBuffer in(caller.thread, input.data(), input.size(), UserBuffer::Use::kInput);
        io::DeviceControl control;
        control.file_system = true;
        control.code = code;
        control.input = input.empty() ? nullptr : in.address();
        control.input_length = static_cast<ULONG>(input.size());
        control.output = output_length == 0 ? nullptr : output;
        control.output_length = output_length;
        return io::device_control_file(caller, to_handle(handle), block, control);
      });
}

IoResult nt_lock(FileHandle handle, const LockArguments& range, bool unlock) {
  IoResult result;
  result.status = system_call(unlock ? "NtUnlockFile" : "NtLockFile", [&](const Caller& caller) {
    IO_STATUS_BLOCK block{};
    const io::LockRequest request{.minor = static_cast<UCHAR>(unlock ? IRP_MN_UNLOCK_SINGLE : IRP_MN_LOCK),
                                  .offset = range.offset,
                                  .length = range.length,
                                  .key = range.key,
                                  .fail_immediately = !range.wait,
                                  .exclusive = range.exclusive};
    return io::lock_file(caller, to_handle(handle), block, request);
  });
  return result;
}

EaResult nt_query_ea(FileHandle handle, const std::vector<std::string>& names) {
  constexpr std::uint32_t kRoom = 64 * 1024;
  const std::string list = pack_names(names);
  const IoResult answered = call_with_output(
      "NtQueryEaFile", kRoom, [&](const Caller& caller, IO_STATUS_BLOCK& block, void* output) {
        const UserBuffer asked(caller.thread, list.data(), list.size(), UserBuffer::Use::kInput);
        io::EaQuery query;
        query.buffer = output;
        query.length = kRoom;
        query.list = list.empty() ? nullptr : asked.address();
        query.list_length = static_cast<ULONG>(list.size());
        query.restart_scan = true;
        return io::query_ea_file(caller, to_handle(handle), block, query);
      });
  return {answered.status, parse_extended_attributes(answered.content)};
}

IoResult nt_set_ea(FileHandle handle, const std::vector<ExtendedAttribute>& attributes) {
  IoResult result;
  const std::string bytes = pack_extended_attributes(attributes);
  result.status = system_call("NtSetEaFile", [&](const Caller& caller) {
    const UserBuffer buffer(caller.thread, bytes.data(), bytes.size(), UserBuffer::Use::kInput);
    IO_STATUS_BLOCK block{};
    const NTSTATUS status =
        io::set_ea_file(caller, to_handle(handle), block, buffer.address(), static_cast<ULONG>(bytes.size()));
    result.information = block.Information;
    return status;
  });
  return result;
}

IoResult nt_query_security(FileHandle handle, std::uint32_t information) {
  constexpr std::uint32_t kRoom = 4096;
  return call_with_output(
      "NtQuerySecurityObject", kRoom, [&](const Caller& caller, IO_STATUS_BLOCK& block, void* output) {
        ULONG needed = 0;
        const NTSTATUS status =
            io::query_security_object(caller, to_handle(handle), information, output, kRoom, needed);
        block.Information = needed;
        return status;
      });
}

IoResult nt_set_security(FileHandle handle, std::uint32_t information, std::string_view descriptor) {
  IoResult result;
  result.status = system_call("NtSetSecurityObject", [&](const Caller& caller) {
    const UserBuffer buffer(caller.thread, descriptor.data(), descriptor.size(), UserBuffer::Use::kInput);
    return io::set_security_object(caller, to_handle(handle), information, buffer.address(),
                                   static_cast<ULONG>(descriptor.size()));
  });
  return result;
}

NotifyResult nt_notify(FileHandle directory, std::uint32_t filter, bool tree, std::uint32_t length) {
  const IoResult answered = call_with_output(
      "NtNotifyChangeDirectoryFile", length, [&](const Caller& caller, IO_STATUS_BLOCK& block, void* output) {
        return io::notify_change_directory_file(
            caller, to_handle(directory), block,
            {.buffer = output, .length = length, .filter = filter, .tree = tree});
      });
  return {answered.status, parse_changes(answered.content)};
}

}  // namespace

std::string pack_extended_attributes(const std::vector<ExtendedAttribute>& attributes) {
  std::string bytes;
  std::size_t last = 0;
  for (const ExtendedAttribute& one : attributes) {
    const std::size_t start = (bytes.size() + 3) / 4 * 4;
    if (!bytes.empty()) {
      const auto distance = static_cast<ULONG>(start - last);
      std::memcpy(bytes.data() + last, &distance, sizeof distance);
    }
    FILE_FULL_EA_INFORMATION entry{};
    entry.Flags = one.flags;
    entry.EaNameLength = static_cast<UCHAR>(one.name.size());
    entry.EaValueLength = static_cast<USHORT>(one.value.size());
    bytes.resize(start + kFullFixed, '\0');
    std::memcpy(bytes.data() + start, &entry, kFullFixed);
    bytes.append(one.name).append(1, '\0').append(one.value);
    last = start;
  }
  return bytes;
}

// --- calls that wait ---

template <class Result>
struct Pending<Result>::State {
  std::shared_ptr<Result> result = std::make_shared<Result>();
  ThreadHandle thread{nullptr};

  // Starts the call, and lets the machine run until it waits or is done.
  template <class Body>
  static Pending start(nt::Process& process, const char* verb, Body body) {
    auto state = std::make_shared<State>();
    state->thread = Process(&process).start_thread(
        process.short_name + ' ' + verb,
        [result = state->result, body = std::move(body)] { *result = body(); });
    // A simulated thread cannot let the machine run: the call begins when it waits, or later.
    if (nt::current_thread_or_null() == nullptr) static_cast<void>(process.system.run_to_quiescence());
    return Pending(std::move(state));
  }
};

template <class Result>
bool Pending<Result>::done() const {
  return state_->thread.done();
}

template <class Result>
Result Pending<Result>::take() {
  static_cast<void>(state_->thread.join());
  return *state_->result;
}

template class Pending<IoResult>;
template class Pending<NotifyResult>;

Pending<IoResult> FileVerbs::start_lock(FileHandle handle, const LockArguments& range) const {
  LockArguments waiting = range;
  waiting.wait = true;
  return Pending<IoResult>::State::start(*process_, "lock", [=] { return nt_lock(handle, waiting, false); });
}

Pending<NotifyResult> FileVerbs::start_notify(FileHandle directory, std::uint32_t filter, bool tree,
                                              std::uint32_t length) const {
  return Pending<NotifyResult>::State::start(*process_, "notify",
                                             [=] { return nt_notify(directory, filter, tree, length); });
}

// --- the others ---

IoResult FileVerbs::fs_control(FileHandle handle, std::uint32_t code, std::string_view input,
                               std::uint32_t output_length) const {
  return run(*process_, "fs control",
             [=, input = std::string(input)] { return nt_fs_control(handle, code, input, output_length); });
}

IoResult FileVerbs::lock(FileHandle handle, const LockArguments& range) const {
  return run(*process_, "lock", [=] { return nt_lock(handle, range, false); });
}

IoResult FileVerbs::unlock(FileHandle handle, const LockArguments& range) const {
  return run(*process_, "unlock", [=] { return nt_lock(handle, range, true); });
}

EaResult FileVerbs::query_ea(FileHandle handle, const std::vector<std::string>& names) const {
  return run(*process_, "query ea", [=] { return nt_query_ea(handle, names); });
}

IoResult FileVerbs::set_ea(FileHandle handle, const std::vector<ExtendedAttribute>& attributes) const {
  return run(*process_, "set ea", [=] { return nt_set_ea(handle, attributes); });
}

IoResult FileVerbs::query_security(FileHandle handle, std::uint32_t information) const {
  return run(*process_, "query security", [=] { return nt_query_security(handle, information); });
}

IoResult FileVerbs::set_security(FileHandle handle, std::uint32_t information,
                                 std::string_view descriptor) const {
  return run(*process_, "set security", [=, descriptor = std::string(descriptor)] {
    return nt_set_security(handle, information, descriptor);
  });
}

IoResult FileVerbs::set_volume(FileHandle volume, std::uint32_t information_class,
                               std::string_view bytes) const {
  return run(*process_, "set volume", [=, bytes = std::string(bytes)] {
    IoResult result;
    result.status = system_call("NtSetVolumeInformationFile", [&](const Caller& caller) {
      const UserBuffer buffer(caller.thread, bytes.data(), bytes.size(), UserBuffer::Use::kInput);
      IO_STATUS_BLOCK block{};
      return io::set_volume_information_file(caller, to_handle(volume), block, buffer.address(),
                                             static_cast<ULONG>(bytes.size()),
                                             static_cast<FS_INFORMATION_CLASS>(information_class));
    });
    return result;
  });
}

}  // namespace fltsim
