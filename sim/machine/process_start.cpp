#include "machine/process_start.hpp"

#include "fltsim/process.hpp"
#include "io/io_manager.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/process_notifications.hpp"

namespace fltsim {
namespace {

using Kind = nt::ProcessNotifications::Kind;

// The program's file, opened as the loader does, through all filters; where there is none, a file object that only has
// the name: tests start programs that no volume holds. Null when there is no such volume.
nt::Ref<io::FileObject> open_image(System& system, nt::Thread& thread, const nt::Process& process) {
  io::OpenRequest request;
  request.name = process.device_image;
  request.access = FILE_EXECUTE | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
  request.share = FILE_SHARE_READ | FILE_SHARE_DELETE;
  request.options = FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT;
  const io::Issuer issuer{.thread = thread};
  io::OpenResult opened = system.io().open(issuer, request);
  if (NT_SUCCESS(opened.status)) return std::move(opened.file);
  const io::Resolved where = system.io().resolve(process.device_image, true);
  if (!where.volume) return {};
  return nt::Ref<io::FileObject>::adopt(
      nt::create_object<io::FileObject>(system, io::kFileType, thread, *where.volume, where.rest, nullptr));
}

void tell(System& system, nt::Process& process) {
  nt::Thread& thread = nt::current_thread("CreateProcess");
  nt::ProcessNotifications& routines = system.nt().notifications();
  nt::Ref<io::FileObject> file;
  if (routines.any(Kind::kProcessEx)) file = open_image(system, thread, process);
  const nt::Status status = routines.process_begins(thread, process, file.get());
  if (!NT_SUCCESS(status)) {
    static_cast<void>(system.nt().terminate_process(process, status));
    return;
  }
  if (!routines.any(Kind::kImage)) return;
  // Nothing of the image is in memory but a page that stands for its headers.
  void* base = system.nt().user_space().allocate(&process, nt::kUserPage);
  routines.image_loaded(thread, process.device_image, process.id, base, nt::kUserPage);
}

}  // namespace

void announce_process(System& system, nt::Process& process, const Process* parent) {
  const nt::ProcessNotifications& routines = system.nt().notifications();
  const bool heard =
      routines.any(Kind::kProcess) || routines.any(Kind::kProcessEx) || routines.any(Kind::kImage);
  if (!heard) return;
  nt::Process& creator = parent != nullptr ? parent->process() : system.nt().system_process();
  static_cast<void>(system.run_in(creator, "start " + process.short_name, [&] {
    nt::Thread& thread = nt::current_thread();
    ++thread.kernel_depth;
    tell(system, process);
    --thread.kernel_depth;
  }));
}

}  // namespace fltsim
