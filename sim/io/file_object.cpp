#include "io/file_object.hpp"

#include <cstring>
#include <utility>

#include "io/device_requests.hpp"
#include "io/io_manager.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/pool.hpp"

namespace fltsim::io {

namespace {

constexpr CSHORT kFileObjectType = 5;           // IO_TYPE_FILE
constexpr std::uint32_t kNameTag = 0x6D4E6F49;  // "IoNm"

nt::Pool& pool_of(nt::Thread& thread) { return thread.system.nt().pool(); }

}  // namespace

// The last handle is gone: IRP_MJ_CLEANUP in the thread that closed it (CB-47).
void close_file_handle(void* body, nt::Process&, std::uint64_t handles_left) {
  if (handles_left != 0) return;
  nt::Thread& thread = nt::current_thread("closing a file");
  auto& file = *static_cast<FileObject*>(body);
  if (file.device) {
    send_device_cleanup({.thread = thread}, file);
  } else {
    thread.system.io().cleanup({.thread = thread}, file);
  }
}

// The last reference is gone: IRP_MJ_CLOSE; before it the cleanup, if there never was a handle to bring it.
void remove_file_object(void* body) {
  nt::Thread* thread = nt::current_thread_or_null();
  // No thread runs any more: the machine is taken down with the file open, and nobody hears of its end.
  if (thread == nullptr) return;
  thread->system.io().finish_close(*static_cast<FileObject*>(body));
}

// The device's name and the file's, as it was asked for while nothing is open.
std::u16string full_name(const void* body) {
  const auto& file = *static_cast<const FileObject*>(body);
  std::u16string name(file.name());
  if (file.device) return nt::name_of(file.device.get()) + name;
  if (file.opened() && file.open->kind() != fs::OpenKind::kVolume) {
    static_cast<void>(file.file_system().query_name(*file.open, name));  // left alone when it fails
  }
  return file.volume->names().device + name;
}

const nt::ObjectType kFileType = {
    .name = u"File",
    .mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS},
    .close = close_file_handle,
    .remove = remove_file_object,
    .waitable =
        [](void* body) {
          return reinterpret_cast<nt::DispatcherHeader*>(&static_cast<FileObject*>(body)->Event.Header);
        },
    .parses = false,
    .report_leaks = true,
    .name_of = full_name,
};

FileObject::FileObject(nt::Thread& thread, Volume& on_volume, std::u16string_view name,
                       const void* below_token)
    : FILE_OBJECT{}, volume(nt::Ref<Volume>::retain(&on_volume)), below(below_token) {
  DeviceObject = &on_volume;
  initialize(thread, name);
}

FileObject::FileObject(nt::Thread& thread, Device& on_device, std::u16string_view name)
    : FILE_OBJECT{}, device(nt::Ref<Device>::retain(&on_device)), below(nullptr) {
  DeviceObject = &on_device;
  initialize(thread, name);
}

void FileObject::initialize(nt::Thread& thread, std::u16string_view name) {
  Type = kFileObjectType;
  Size = sizeof(FILE_OBJECT);
  // Signalled: a request is complete when its call returns.
  nt::Dispatcher::initialize(reinterpret_cast<nt::DispatcherHeader&>(Event.Header),
                             nt::DispatcherType::kNotificationEvent, 1);
  if (name.empty()) return;
  FileName.Length = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  FileName.MaximumLength = FileName.Length;
  FileName.Buffer = static_cast<PWCH>(pool_of(thread).allocate(
      nullptr, nt::Pool::Kind::kPaged, nt::Pool::Fill::kPattern, FileName.MaximumLength, kNameTag));
  std::memcpy(FileName.Buffer, name.data(), FileName.Length);
}

FileObject::~FileObject() = default;

// Flags is a plain member of the WDK's structure, and several threads may hold the object: hence the
// builtins.
bool FileObject::has_flag(ULONG flag) const {
  return (__atomic_load_n(&Flags, __ATOMIC_RELAXED) & flag) != 0;
}

bool FileObject::set_flag(ULONG flag) {
  return (__atomic_fetch_or(&Flags, flag, __ATOMIC_RELAXED) & flag) != 0;
}

void FileObject::clear_flag(ULONG flag) { __atomic_fetch_and(&Flags, ~flag, __ATOMIC_RELAXED); }

ULONG FileObject::mode() const {
  ULONG mode = 0;
  if (has_flag(FO_WRITE_THROUGH)) mode |= FILE_WRITE_THROUGH;
  if (has_flag(FO_SEQUENTIAL_ONLY)) mode |= FILE_SEQUENTIAL_ONLY;
  if (has_flag(FO_NO_INTERMEDIATE_BUFFERING)) mode |= FILE_NO_INTERMEDIATE_BUFFERING;
  if (has_flag(FO_DELETE_ON_CLOSE)) mode |= FILE_DELETE_ON_CLOSE;
  if (!is_synchronous()) return mode;
  return mode | (has_flag(FO_ALERTABLE_IO) ? FILE_SYNCHRONOUS_IO_ALERT : FILE_SYNCHRONOUS_IO_NONALERT);
}

LONGLONG FileObject::position() const {
  const std::lock_guard lock(position_mutex_);
  return CurrentByteOffset.QuadPart;
}

void FileObject::set_position(LONGLONG position) {
  const std::lock_guard lock(position_mutex_);
  CurrentByteOffset.QuadPart = position;
}

// --- the end of a file object ---

void IoManager::cleanup(const Issuer& issuer, FileObject& file) {
  Operation operation = make_operation(issuer, file, IRP_MJ_CLEANUP);
  operation.parameters.IrpFlags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
  submit(operation);
}

void IoManager::close(const Issuer& issuer, FileObject& file) {
  Operation operation = make_operation(issuer, file, IRP_MJ_CLOSE);
  operation.parameters.IrpFlags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
  submit(operation);
}

void IoManager::finish_close(FileObject& file) {
  nt::Thread& thread = nt::current_thread("closing a file");
  const Issuer issuer{.thread = thread};
  if (file.device) {
    if (file.created) {
      if (!file.has_flag(FO_HANDLE_CREATED)) send_device_cleanup(issuer, file);
      send_device_close(issuer, file);
      file.device->uncount_open();
    }
    if (file.FileName.Buffer != nullptr) pool_of(thread).free(thread, "IoManager", file.FileName.Buffer, 0);
    return;
  }
  if (file.created) {
    if (!file.has_flag(FO_HANDLE_CREATED)) cleanup(issuer, file);
    close(issuer, file);
  }
  // A filter completed the close itself (CB-48): the file system goes on holding its open.
  if (file.opened()) file.volume->abandon(std::move(file.open));
  FilterStack* stack = file.volume->filter_stack();
  if (stack != nullptr && file.seen_by_filters) stack->file_object_deleted(file);
  if (file.ended_stream) {
    if (stack != nullptr) stack->stream_torn_down(file.ended_stream.get());
    const std::shared_ptr<FileState> ended_file = file.volume->forget_stream(*file.ended_stream);
    if (stack != nullptr && ended_file) stack->file_torn_down(ended_file.get());
  }
  if (file.FileName.Buffer != nullptr) {
    pool_of(thread).free(thread, "IoManager", file.FileName.Buffer, 0);
  }
}

}  // namespace fltsim::io
