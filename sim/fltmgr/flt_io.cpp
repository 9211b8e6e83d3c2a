// What a filter asks the file system itself: seen only by the instances below it (CB-50, IRQL-2).
#include <optional>
#include <string>

#include "fltmgr/api.hpp"
#include "fltmgr/own_request.hpp"
#include "io/io_manager.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

struct OwnCreate {
  PFLT_FILTER filter;
  PFLT_INSTANCE instance;
  PHANDLE handle;
  PFILE_OBJECT* file_object;
  ACCESS_MASK access;
  POBJECT_ATTRIBUTES attributes;
  PIO_STATUS_BLOCK status;
  PLARGE_INTEGER allocation_size;
  ULONG file_attributes;
  ULONG share;
  ULONG disposition;
  ULONG options;
  PVOID ea_buffer;
  ULONG ea_length;
  ULONG flags;
  PIO_DRIVER_CREATE_CONTEXT context;
};

// What an IO_DRIVER_CREATE_CONTEXT asks for beside the extra create parameters.
NTSTATUS check_context(const char* routine, const IO_DRIVER_CREATE_CONTEXT& context) {
  constexpr auto kSizeMin =
      static_cast<CSHORT>(RTL_SIZEOF_THROUGH_FIELD(IO_DRIVER_CREATE_CONTEXT, TxnParameters));
  if (context.Size < kSizeMin) return STATUS_INVALID_PARAMETER;
  if (context.DeviceObjectHint != nullptr)
    nt::unsupported((std::string(routine) + " with a device object hint").c_str());
  if (context.TxnParameters != nullptr) nt::unsupported((std::string(routine) + " in a transaction").c_str());
  return STATUS_SUCCESS;
}

// With an instance, what is done with the file later goes below it too, by handle or by object (CB-51).
NTSTATUS create(nt::Thread& thread, const char* routine, const OwnCreate& asked) {
  auto& manager = thread.system.fltmgr();
  if (manager.live(asked.filter, routine) == nullptr) return STATUS_INVALID_PARAMETER;
  auto* instance = asked.instance == nullptr ? nullptr : manager.live(asked.instance, routine);
  if (asked.instance != nullptr && instance == nullptr) return STATUS_INVALID_PARAMETER;
  if (asked.context != nullptr) {
    const NTSTATUS status = check_context(routine, *asked.context);
    if (!NT_SUCCESS(status)) return status;
  }
  std::optional<OwnRequest> own;
  if (instance != nullptr && !own.emplace(*instance).begun()) return STATUS_FLT_DELETING_OBJECT;
  const bool kernel = (asked.attributes->Attributes & OBJ_KERNEL_HANDLE) != 0;
  if (!kernel && !thread.process.is_system) {
    nt::report(
        thread, "VER-36", Severity::kError,
        std::string(routine) +
            " without OBJ_KERNEL_HANDLE outside the system process: the program can use the handle, or close "
            "it (CB-52).");
  }
  nt::Ref<void> root;
  if (asked.attributes->RootDirectory != nullptr) {
    const NTSTATUS status =
        nt::reference_by_handle(asked.attributes->RootDirectory, 0, &io::kFileType, nt::Mode::kKernel, root);
    if (!NT_SUCCESS(status)) return status;
  }
  io::OpenRequest request;
  request.name = text_of(*asked.attributes->ObjectName);
  request.root = static_cast<io::FileObject*>(root.get());
  request.case_insensitive = (asked.attributes->Attributes & OBJ_CASE_INSENSITIVE) != 0;
  request.access = asked.access;
  request.allocation_size = asked.allocation_size != nullptr ? asked.allocation_size->QuadPart : 0;
  request.attributes = asked.file_attributes;
  request.share = asked.share;
  request.disposition = asked.disposition;
  request.options = asked.options;
  request.flags = asked.flags;
  request.ea_buffer = asked.ea_buffer;
  request.ea_length = asked.ea_length;
  request.security = static_cast<PSECURITY_DESCRIPTOR>(asked.attributes->SecurityDescriptor);
  if (asked.context != nullptr) request.extra_create_parameters = asked.context->ExtraCreateParameter;
  io::OpenResult opened = thread.system.io().open({thread, KernelMode, instance}, request);
  *asked.status = {};
  asked.status->Status = opened.status;
  asked.status->Information = opened.information;
  if (!NT_SUCCESS(opened.status)) return opened.status;
  opened.file->opened_by_filter = true;
  *asked.handle = thread.system.io().make_handle(*opened.file, kernel);
  if (*asked.handle == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  if (asked.file_object != nullptr) *asked.file_object = opened.file.detach();
  return opened.status;
}

}  // namespace

extern "C" {

NTSTATUS FltCreateFileEx(PFLT_FILTER Filter, PFLT_INSTANCE Instance, PHANDLE FileHandle,
                         PFILE_OBJECT* FileObject, ACCESS_MASK DesiredAccess,
                         POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                         PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                         ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                         ULONG Flags) {
  nt::Thread& thread = nt::enter("FltCreateFileEx", nt::kPassive);
  return create(thread, "FltCreateFileEx",
                {Filter, Instance, FileHandle, FileObject, DesiredAccess, ObjectAttributes, IoStatusBlock,
                 AllocationSize, FileAttributes, ShareAccess, CreateDisposition, CreateOptions, EaBuffer,
                 EaLength, Flags, nullptr});
}

NTSTATUS FltCreateFileEx2(PFLT_FILTER Filter, PFLT_INSTANCE Instance, PHANDLE FileHandle,
                          PFILE_OBJECT* FileObject, ACCESS_MASK DesiredAccess,
                          POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                          PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                          ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                          ULONG Flags, PIO_DRIVER_CREATE_CONTEXT DriverContext) {
  nt::Thread& thread = nt::enter("FltCreateFileEx2", nt::kPassive);
  return create(thread, "FltCreateFileEx2",
                {Filter, Instance, FileHandle, FileObject, DesiredAccess, ObjectAttributes, IoStatusBlock,
                 AllocationSize, FileAttributes, ShareAccess, CreateDisposition, CreateOptions, EaBuffer,
                 EaLength, Flags, DriverContext});
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
