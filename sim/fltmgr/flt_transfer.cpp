// Reads, writes and flushes of a filter's own: seen only by the instances below it (CB-50, CB-54, IRQL-2).
// They are complete when the routine returns, and a completion callback has run by then.
#include <optional>

#include "fltmgr/api.hpp"
#include "fltmgr/own_request.hpp"
#include "io/io_manager.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

constexpr LONGLONG kCurrentPosition = -2;  // {FILE_USE_FILE_POINTER_POSITION, -1}
constexpr LONGLONG kEndOfFile = -1;        // {FILE_WRITE_TO_END_OF_FILE, -1}

struct OwnTransfer {
  const char* routine;
  PFLT_INSTANCE instance;
  PFILE_OBJECT file_object;
  const LARGE_INTEGER* offset;
  ULONG length;
  void* buffer;
  FLT_IO_OPERATION_FLAGS flags;
  bool write;
};

ULONG irp_flags_of(FLT_IO_OPERATION_FLAGS flags) {
  ULONG result = 0;
  if ((flags & FLTFL_IO_OPERATION_NON_CACHED) != 0) result |= IRP_NOCACHE;
  if ((flags & FLTFL_IO_OPERATION_PAGING) != 0) result |= IRP_PAGING_IO | IRP_NOCACHE;
  if ((flags & FLTFL_IO_OPERATION_SYNCHRONOUS_PAGING) != 0) result |= IRP_SYNCHRONOUS_PAGING_IO;
  return result;
}

// Nothing when neither the caller nor the file says where.
std::optional<LONGLONG> start_of(const OwnTransfer& own, const io::FileObject& file) {
  if (own.offset != nullptr && own.offset->QuadPart != kCurrentPosition) return own.offset->QuadPart;
  if (!file.is_synchronous()) return std::nullopt;
  return file.position();
}

bool fits_sectors(const OwnTransfer& own, const io::FileObject& file, LONGLONG start) {
  if (file.is_cached() && (irp_flags_of(own.flags) & IRP_NOCACHE) == 0) return true;
  const std::uint32_t sector = file.volume->sector_size();
  return own.length % sector == 0 && (start == kEndOfFile || start % sector == 0);
}

IO_STATUS_BLOCK refused(NTSTATUS status) {
  IO_STATUS_BLOCK block{};
  block.Status = status;
  return block;
}

IO_STATUS_BLOCK run(nt::Thread& thread, const OwnTransfer& own) {
  Instance* instance = thread.system.fltmgr().live(own.instance, own.routine);
  if (instance == nullptr) return refused(STATUS_INVALID_PARAMETER);
  const OwnRequest request(*instance);
  if (!request.begun()) return refused(STATUS_FLT_DELETING_OBJECT);
  io::FileObject& file = io::FileObject::of(*own.file_object);
  const std::optional<LONGLONG> start = start_of(own, file);
  if (!start || *start < (own.write ? kEndOfFile : 0)) return refused(STATUS_INVALID_PARAMETER);
  if (!fits_sectors(own, file, *start)) {
    report(instance->filter, "VER-35", Severity::kError,
           std::string(own.routine) +
               " without the cache: offset and length must be whole sectors of the volume (CB-54).");
    return refused(STATUS_INVALID_PARAMETER);
  }
  const io::Transfer transfer{
      .buffer = own.buffer, .length = own.length, .offset = *start, .irp_flags = irp_flags_of(own.flags)};
  const io::Issuer issuer{thread, KernelMode, instance};
  io::IoManager& manager = thread.system.io();
  // The file system moves the position, and those below see that; for the caller it is put back.
  const LONGLONG before = file.position();
  const IO_STATUS_BLOCK status =
      own.write ? manager.write(issuer, file, transfer) : manager.read(issuer, file, transfer);
  if ((own.flags & FLTFL_IO_OPERATION_DO_NOT_UPDATE_BYTE_OFFSET) != 0) file.set_position(before);
  return status;
}

NTSTATUS finish(const IO_STATUS_BLOCK& status, PULONG moved) {
  if (moved != nullptr) *moved = static_cast<ULONG>(status.Information);
  return status.Status;
}

// The callback of an asynchronous transfer is told of it by callback data that end with it (CB-53).
void tell(nt::Thread& thread, const OwnTransfer& own, const IO_STATUS_BLOCK& status,
          PFLT_COMPLETED_ASYNC_IO_CALLBACK callback, PVOID context) {
  if (callback == nullptr) return;
  Instance* instance = Instance::from(own.instance);
  if (!thread.system.fltmgr().knows(instance)) return;
  FLT_IO_PARAMETER_BLOCK block{};
  block.MajorFunction = own.write ? IRP_MJ_WRITE : IRP_MJ_READ;
  block.IrpFlags = irp_flags_of(own.flags);
  block.TargetFileObject = own.file_object;
  block.TargetInstance = own.instance;
  auto& transfer = block.Parameters.Read;  // a write has the same places
  transfer.Length = own.length;
  transfer.ReadBuffer = own.buffer;
  if (own.offset != nullptr) transfer.ByteOffset = *own.offset;
  CallbackData data{};
  data.Flags = FLTFL_CALLBACK_DATA_IRP_OPERATION | FLTFL_CALLBACK_DATA_GENERATED_IO;
  const_cast<PETHREAD&>(data.Thread) = reinterpret_cast<PETHREAD>(&thread);
  const_cast<PFLT_IO_PARAMETER_BLOCK&>(data.Iopb) = &block;
  data.IoStatus = status;
  data.RequestorMode = KernelMode;
  call_filter(thread, instance->filter, [&] {
    callback(&data, context);
    return 0;
  });
}

}  // namespace

extern "C" {

NTSTATUS FltReadFile(PFLT_INSTANCE InitiatingInstance, PFILE_OBJECT FileObject, PLARGE_INTEGER ByteOffset,
                     ULONG Length, PVOID Buffer, FLT_IO_OPERATION_FLAGS Flags, PULONG BytesRead,
                     PFLT_COMPLETED_ASYNC_IO_CALLBACK CallbackRoutine, PVOID CallbackContext) {
  nt::Thread& thread = nt::enter("FltReadFile", nt::kPassive);
  const OwnTransfer own{.routine = "FltReadFile",
                        .instance = InitiatingInstance,
                        .file_object = FileObject,
                        .offset = ByteOffset,
                        .length = Length,
                        .buffer = Buffer,
                        .flags = Flags,
                        .write = false};
  const IO_STATUS_BLOCK status = run(thread, own);
  tell(thread, own, status, CallbackRoutine, CallbackContext);
  return finish(status, BytesRead);
}

NTSTATUS FltWriteFile(PFLT_INSTANCE InitiatingInstance, PFILE_OBJECT FileObject, PLARGE_INTEGER ByteOffset,
                      ULONG Length, PVOID Buffer, FLT_IO_OPERATION_FLAGS Flags, PULONG BytesWritten,
                      PFLT_COMPLETED_ASYNC_IO_CALLBACK CallbackRoutine, PVOID CallbackContext) {
  nt::Thread& thread = nt::enter("FltWriteFile", nt::kPassive);
  const OwnTransfer own{.routine = "FltWriteFile",
                        .instance = InitiatingInstance,
                        .file_object = FileObject,
                        .offset = ByteOffset,
                        .length = Length,
                        .buffer = Buffer,
                        .flags = Flags,
                        .write = true};
  const IO_STATUS_BLOCK status = run(thread, own);
  tell(thread, own, status, CallbackRoutine, CallbackContext);
  return finish(status, BytesWritten);
}

NTSTATUS FltFlushBuffers(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject) {
  nt::Thread& thread = nt::enter("FltFlushBuffers", nt::kPassive);
  auto* instance = thread.system.fltmgr().live(Instance, "FltFlushBuffers");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  const OwnRequest request(*instance);
  if (!request.begun()) return STATUS_FLT_DELETING_OBJECT;
  return thread.system.io().flush({thread, KernelMode, instance}, io::FileObject::of(*FileObject)).Status;
}

}  // extern "C"
