// What a filter asks the file system itself: seen only by the instances below it (CB-50, IRQL-2).
#include <optional>

#include "fltmgr/api.hpp"
#include "fltmgr/own_request.hpp"
#include "io/io_manager.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

extern "C" {

// With an instance, what is done with the file later goes below it too, by handle or by object (CB-51).
NTSTATUS FltCreateFileEx(PFLT_FILTER Filter, PFLT_INSTANCE Instance, PHANDLE FileHandle,
                         PFILE_OBJECT* FileObject, ACCESS_MASK DesiredAccess,
                         POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                         PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                         ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                         ULONG Flags) {
  nt::Thread& thread = nt::enter("FltCreateFileEx", nt::kPassive);
  if (EaBuffer != nullptr || EaLength != 0) nt::unsupported("FltCreateFileEx with extended attributes");
  if (ObjectAttributes->RootDirectory != nullptr) nt::unsupported("FltCreateFileEx with a root directory");
  auto& manager = thread.system.fltmgr();
  if (manager.live(Filter, "FltCreateFileEx") == nullptr) return STATUS_INVALID_PARAMETER;
  auto* instance = Instance == nullptr ? nullptr : manager.live(Instance, "FltCreateFileEx");
  if (Instance != nullptr && instance == nullptr) return STATUS_INVALID_PARAMETER;
  std::optional<OwnRequest> own;
  if (instance != nullptr && !own.emplace(*instance).begun()) return STATUS_FLT_DELETING_OBJECT;
  const bool kernel = (ObjectAttributes->Attributes & OBJ_KERNEL_HANDLE) != 0;
  if (!kernel && !thread.process.is_system) {
    nt::report(
        thread, "VER-36", Severity::kError,
        "FltCreateFileEx without OBJ_KERNEL_HANDLE outside the system process: the program can use the "
        "handle, or close it (CB-52).");
  }
  io::OpenRequest request;
  request.name = text_of(*ObjectAttributes->ObjectName);
  request.case_insensitive = (ObjectAttributes->Attributes & OBJ_CASE_INSENSITIVE) != 0;
  request.access = DesiredAccess;
  request.allocation_size = AllocationSize != nullptr ? AllocationSize->QuadPart : 0;
  request.attributes = FileAttributes;
  request.share = ShareAccess;
  request.disposition = CreateDisposition;
  request.options = CreateOptions;
  request.flags = Flags;
  io::OpenResult opened = thread.system.io().open({thread, KernelMode, instance}, request);
  *IoStatusBlock = {};
  IoStatusBlock->Status = opened.status;
  IoStatusBlock->Information = opened.information;
  if (!NT_SUCCESS(opened.status)) return opened.status;
  opened.file->opened_by_filter = true;
  *FileHandle = thread.system.io().make_handle(*opened.file, kernel);
  if (*FileHandle == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  if (FileObject != nullptr) *FileObject = opened.file.detach();
  return opened.status;
}

NTSTATUS FltCreateFile(PFLT_FILTER Filter, PFLT_INSTANCE Instance, PHANDLE FileHandle,
                       ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                       PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                       ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                       ULONG EaLength, ULONG Flags) {
  return FltCreateFileEx(Filter, Instance, FileHandle, nullptr, DesiredAccess, ObjectAttributes,
                         IoStatusBlock, AllocationSize, FileAttributes, ShareAccess, CreateDisposition,
                         CreateOptions, EaBuffer, EaLength, Flags);
}

NTSTATUS FltClose(HANDLE FileHandle) {
  nt::Thread& thread = nt::enter("FltClose", nt::kPassive);
  nt::Ref<void> body;
  const NTSTATUS status = nt::reference_by_handle(FileHandle, 0, &io::kFileType, nt::Mode::kKernel, body);
  if (!NT_SUCCESS(status) || !static_cast<io::FileObject*>(body.get())->opened_by_filter) {
    nt::report(thread, "VER-22", Severity::kError,
               "FltClose is for handles from FltCreateFile and its like; close others with ZwClose.");
  }
  body = {};
  return nt::close_handle(FileHandle, nt::Mode::kKernel);
}

NTSTATUS FltQueryInformationFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID FileInformation,
                                 ULONG Length, FILE_INFORMATION_CLASS FileInformationClass,
                                 PULONG LengthReturned) {
  nt::Thread& thread = nt::enter("FltQueryInformationFile", nt::kPassive);
  auto* instance = thread.system.fltmgr().live(Instance, "FltQueryInformationFile");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  const OwnRequest own(*instance);
  if (!own.begun()) return STATUS_FLT_DELETING_OBJECT;
  const IO_STATUS_BLOCK status =
      thread.system.io().query_information({thread, KernelMode, instance}, io::FileObject::of(*FileObject),
                                           FileInformationClass, FileInformation, Length);
  if (LengthReturned != nullptr) *LengthReturned = static_cast<ULONG>(status.Information);
  return status.Status;
}

NTSTATUS FltSetInformationFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID FileInformation,
                               ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
  nt::Thread& thread = nt::enter("FltSetInformationFile", nt::kPassive);
  auto* instance = thread.system.fltmgr().live(Instance, "FltSetInformationFile");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  const OwnRequest own(*instance);
  if (!own.begun()) return STATUS_FLT_DELETING_OBJECT;
  return thread.system.io()
      .set_information({thread, KernelMode, instance}, io::FileObject::of(*FileObject), FileInformationClass,
                       FileInformation, Length)
      .Status;
}

}  // extern "C"
