// The Zw and Io file routines of drivers: requests in kernel mode, from the top of the stack.
#include <ntifs.h>

#include <string>

#include "io/services.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/wdk.hpp"

namespace io = fltsim::io;
namespace nt = fltsim::nt;

namespace {

// What a Zw routine is on its first line.
struct KernelCaller : io::Caller {
  explicit KernelCaller(const char* routine)
      : io::Caller{nt::enter(routine, nt::kPassive), nt::Mode::kKernel}, scope(thread) {}
  const nt::KernelCallScope scope;
};

// A completion routine or APC would run in the caller's thread at an alertable wait, which nobody simulates.
void refuse_apc(PIO_APC_ROUTINE routine, const char* name) {
  if (routine != nullptr) nt::unsupported((std::string(name) + " with an APC routine").c_str());
}

// The request is complete: so is the event that the caller gave, which is looked up before it is made.
class Completion {
 public:
  Completion(const io::Caller& caller, HANDLE event) : caller_(caller) {
    if (event == nullptr) return;
    constexpr nt::AccessMask kModify = 2;  // EVENT_MODIFY_STATE
    status_ = nt::reference_by_handle(event, kModify, &nt::kEventType, caller.mode, event_);
  }
  NTSTATUS status() const { return status_; }
  NTSTATUS finish(NTSTATUS status) {
    if (event_ && !NT_ERROR(status)) {
      nt::Dispatcher& dispatcher = caller_.thread.system.nt().dispatcher();
      dispatcher.set(static_cast<nt::Event*>(event_.get())->header);
    }
    return status;
  }

 private:
  const io::Caller& caller_;
  NTSTATUS status_ = STATUS_SUCCESS;
  nt::Ref<void> event_;
};

struct CreateParameters {
  ACCESS_MASK access;
  POBJECT_ATTRIBUTES attributes;
  PLARGE_INTEGER allocation_size;
  ULONG file_attributes;
  ULONG share;
  ULONG disposition;
  ULONG options;
  ULONG flags;
};

NTSTATUS create(const io::Caller& caller, PHANDLE handle, PIO_STATUS_BLOCK block,
                const CreateParameters& parameters) {
  const OBJECT_ATTRIBUTES* attributes = parameters.attributes;
  if (attributes == nullptr || attributes->ObjectName == nullptr) return STATUS_INVALID_PARAMETER;
  io::CreateCall call;
  call.root_directory = attributes->RootDirectory;
  call.kernel_handle = (attributes->Attributes & OBJ_KERNEL_HANDLE) != 0;
  call.request.name = nt::view(attributes->ObjectName);
  call.request.case_insensitive = (attributes->Attributes & OBJ_CASE_INSENSITIVE) != 0;
  call.request.access = parameters.access;
  call.request.allocation_size =
      parameters.allocation_size != nullptr ? parameters.allocation_size->QuadPart : 0;
  call.request.attributes = parameters.file_attributes;
  call.request.share = parameters.share;
  call.request.disposition = parameters.disposition;
  call.request.options = parameters.options;
  call.request.flags = parameters.flags;
  return io::create_file(caller, *handle, *block, call);
}

NTSTATUS control(const char* routine, HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PIO_STATUS_BLOCK block,
                 const io::DeviceControl& asked) {
  const KernelCaller caller(routine);
  refuse_apc(apc, routine);
  Completion completion(caller, event);
  if (!NT_SUCCESS(completion.status())) return completion.status();
  return completion.finish(io::device_control_file(caller, file, *block, asked));
}

}  // namespace

extern "C" {

NTSTATUS ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                      PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                      ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                      ULONG EaLength) {
  const KernelCaller caller("ZwCreateFile");
  if (EaBuffer != nullptr || EaLength != 0) nt::unsupported("ZwCreateFile with extended attributes");
  return create(caller, FileHandle, IoStatusBlock,
                {DesiredAccess, ObjectAttributes, AllocationSize, FileAttributes, ShareAccess,
                 CreateDisposition, CreateOptions, 0});
}

NTSTATUS ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                    PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions) {
  const KernelCaller caller("ZwOpenFile");
  return create(caller, FileHandle, IoStatusBlock,
                {DesiredAccess, ObjectAttributes, nullptr, 0, ShareAccess, FILE_OPEN, OpenOptions, 0});
}

NTSTATUS IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                      PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                      ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer,
                      ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID, ULONG Options) {
  const KernelCaller caller("IoCreateFile");
  if (EaBuffer != nullptr || EaLength != 0) nt::unsupported("IoCreateFile with extended attributes");
  if (CreateFileType != CreateFileTypeNone) nt::unsupported("IoCreateFile of a pipe or mailslot");
  return create(caller, FileHandle, IoStatusBlock,
                {DesiredAccess, ObjectAttributes, AllocationSize, FileAttributes, ShareAccess, Disposition,
                 CreateOptions, Options});
}

NTSTATUS ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID,
                    PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                    PULONG Key) {
  const KernelCaller caller("ZwReadFile");
  refuse_apc(ApcRoutine, "ZwReadFile");
  const ULONG key = Key != nullptr ? *Key : 0;
  Completion completion(caller, Event);
  if (!NT_SUCCESS(completion.status())) return completion.status();
  return completion.finish(
      io::read_file(caller, FileHandle, *IoStatusBlock, Buffer, Length, ByteOffset, key));
}

NTSTATUS ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID,
                     PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                     PULONG Key) {
  const KernelCaller caller("ZwWriteFile");
  refuse_apc(ApcRoutine, "ZwWriteFile");
  const ULONG key = Key != nullptr ? *Key : 0;
  Completion completion(caller, Event);
  if (!NT_SUCCESS(completion.status())) return completion.status();
  return completion.finish(
      io::write_file(caller, FileHandle, *IoStatusBlock, Buffer, Length, ByteOffset, key));
}

NTSTATUS ZwQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
  const KernelCaller caller("ZwQueryInformationFile");
  return io::query_information_file(caller, FileHandle, *IoStatusBlock, FileInformation, Length,
                                    FileInformationClass);
}

NTSTATUS ZwSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                              ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
  const KernelCaller caller("ZwSetInformationFile");
  return io::set_information_file(caller, FileHandle, *IoStatusBlock, FileInformation, Length,
                                  FileInformationClass);
}

NTSTATUS ZwQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation,
                                      ULONG Length, FS_INFORMATION_CLASS FsInformationClass) {
  const KernelCaller caller("ZwQueryVolumeInformationFile");
  return io::query_volume_information_file(caller, FileHandle, *IoStatusBlock, FsInformation, Length,
                                           FsInformationClass);
}

NTSTATUS ZwQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID,
                              PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                              FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry,
                              PUNICODE_STRING FileName, BOOLEAN RestartScan) {
  const KernelCaller caller("ZwQueryDirectoryFile");
  refuse_apc(ApcRoutine, "ZwQueryDirectoryFile");
  const io::DirectoryQuery query{.buffer = FileInformation,
                                 .length = Length,
                                 .information_class = FileInformationClass,
                                 .pattern = FileName,
                                 .restart_scan = RestartScan != FALSE,
                                 .single_entry = ReturnSingleEntry != FALSE};
  Completion completion(caller, Event);
  if (!NT_SUCCESS(completion.status())) return completion.status();
  return completion.finish(io::query_directory_file(caller, FileHandle, *IoStatusBlock, query));
}

NTSTATUS ZwFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
  const KernelCaller caller("ZwFlushBuffersFile");
  return io::flush_buffers_file(caller, FileHandle, *IoStatusBlock);
}

NTSTATUS ZwDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID,
                               PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer,
                               ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength) {
  return control("ZwDeviceIoControlFile", FileHandle, Event, ApcRoutine, IoStatusBlock,
                 {IoControlCode, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength, false});
}

NTSTATUS ZwFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID,
                         PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer,
                         ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength) {
  return control("ZwFsControlFile", FileHandle, Event, ApcRoutine, IoStatusBlock,
                 {FsControlCode, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength, true});
}

// As NT: an open for the attributes alone, the query, and a close.
NTSTATUS ZwQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
                                   PFILE_NETWORK_OPEN_INFORMATION FileInformation) {
  const KernelCaller caller("ZwQueryFullAttributesFile");
  HANDLE handle = nullptr;
  IO_STATUS_BLOCK block{};
  NTSTATUS status = create(caller, &handle, &block,
                           {FILE_READ_ATTRIBUTES, ObjectAttributes, nullptr, 0, FILE_SHARE_VALID_FLAGS,
                            FILE_OPEN, FILE_OPEN_REPARSE_POINT, 0});
  if (!NT_SUCCESS(status)) return status;
  status = io::query_information_file(caller, handle, block, FileInformation, sizeof *FileInformation,
                                      FileNetworkOpenInformation);
  static_cast<void>(nt::close_handle(handle, caller.mode));
  return status;
}

// As NT: an open with delete-on-close, and a close.
NTSTATUS ZwDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes) {
  const KernelCaller caller("ZwDeleteFile");
  HANDLE handle = nullptr;
  IO_STATUS_BLOCK block{};
  const NTSTATUS status = create(
      caller, &handle, &block,
      {DELETE, ObjectAttributes, nullptr, 0, FILE_SHARE_VALID_FLAGS, FILE_OPEN, FILE_DELETE_ON_CLOSE, 0});
  if (NT_SUCCESS(status)) static_cast<void>(nt::close_handle(handle, caller.mode));
  return status;
}

}  // extern "C"
