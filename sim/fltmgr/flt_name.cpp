// File names (NAME-*, IRQL-3).
#include "fltmgr/api.hpp"
#include "io/file_object.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

// The parts of a name, for a string that is no name information.
NTSTATUS parse_path(const UNICODE_STRING& path, UNICODE_STRING* extension, UNICODE_STRING* stream,
                    UNICODE_STRING* final) {
  const std::u16string_view text = text_of(path);
  const NameParts parts = split_name(text, 0);
  const auto part = [&](std::size_t from, std::size_t to) {
    const auto size = static_cast<USHORT>((to - from) * sizeof(WCHAR));
    return UNICODE_STRING{size, size, path.Buffer + from};
  };
  if (extension != nullptr) *extension = part(parts.extension, parts.stream);
  if (stream != nullptr) *stream = part(parts.stream, text.size());
  if (final != nullptr) *final = part(parts.final_component, text.size());
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS FltGetFileNameInformation(PFLT_CALLBACK_DATA CallbackData, FLT_FILE_NAME_OPTIONS NameOptions,
                                   PFLT_FILE_NAME_INFORMATION* FileNameInformation) {
  nt::Thread& thread = nt::enter("FltGetFileNameInformation", nt::kApc);
  *FileNameInformation = nullptr;
  if (nt::fails_now(thread, "FltGetFileNameInformation")) return STATUS_INSUFFICIENT_RESOURCES;
  // While draining the operation is elsewhere, in another thread (CB-29).
  if ((CallbackData->Flags & FLTFL_CALLBACK_DATA_DRAINING_IO) != 0) return STATUS_FLT_INVALID_NAME_REQUEST;
  // Callback data that a filter has made itself belong to no operation.
  ActiveOperation* const current = CallbackData::of(CallbackData).operation;
  if (current == nullptr) return STATUS_FLT_INVALID_NAME_REQUEST;
  ActiveOperation& operation = *current;
  if (operation.running == nullptr) return STATUS_FLT_INVALID_NAME_REQUEST;
  Filter& filter = operation.running->entry->instance->filter;
  NameInformation* information = nullptr;
  const NTSTATUS status = thread.system.fltmgr().names().get(filter, operation, NameOptions, information);
  *FileNameInformation = information;
  return status;
}

NTSTATUS FltGetFileNameInformationUnsafe(PFILE_OBJECT FileObject, PFLT_INSTANCE Instance,
                                         FLT_FILE_NAME_OPTIONS NameOptions,
                                         PFLT_FILE_NAME_INFORMATION* FileNameInformation) {
  nt::Thread& thread = nt::enter("FltGetFileNameInformationUnsafe", nt::kApc);
  *FileNameInformation = nullptr;
  FilterManager& manager = thread.system.fltmgr();
  auto* instance = manager.live(Instance, "FltGetFileNameInformationUnsafe");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  NameInformation* information = nullptr;
  const NTSTATUS status = manager.names().get_unsafe(instance->filter, *FileObject, NameOptions, information);
  *FileNameInformation = information;
  return status;
}

NTSTATUS FltGetDestinationFileNameInformation(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject,
                                              HANDLE RootDirectory, PWSTR FileName, ULONG FileNameLength,
                                              FLT_FILE_NAME_OPTIONS NameOptions,
                                              PFLT_FILE_NAME_INFORMATION* RetFileNameInformation) {
  nt::Thread& thread = nt::enter("FltGetDestinationFileNameInformation", nt::kApc);
  *RetFileNameInformation = nullptr;
  FilterManager& manager = thread.system.fltmgr();
  auto* instance = manager.live(Instance, "FltGetDestinationFileNameInformation");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  nt::Ref<void> root;
  if (RootDirectory != nullptr) {
    const NTSTATUS status =
        nt::reference_by_handle(RootDirectory, 0, &io::kFileType, nt::Mode::kKernel, root);
    if (!NT_SUCCESS(status)) return status;
  }
  const std::u16string_view target(reinterpret_cast<const char16_t*>(FileName),
                                   FileNameLength / sizeof(WCHAR));
  NameInformation* information = nullptr;
  const NTSTATUS status = manager.names().get_destination(instance->filter, instance->volume, *FileObject,
                                                          static_cast<io::FileObject*>(root.get()), target,
                                                          NameOptions, information);
  *RetFileNameInformation = information;
  return status;
}

// No name is tunnelled by the simulated file systems, so there is never a tunnelled one to hand out (NAME-6).
NTSTATUS FltGetTunneledName(PFLT_CALLBACK_DATA CallbackData, PFLT_FILE_NAME_INFORMATION FileNameInformation,
                            PFLT_FILE_NAME_INFORMATION* RetTunneledFileNameInformation) {
  nt::Thread& thread = nt::enter("FltGetTunneledName", nt::kApc);
  thread.system.fltmgr().names().informations().check(FileNameInformation, "FltGetTunneledName");
  *RetTunneledFileNameInformation = nullptr;
  const UCHAR major = CallbackData->Iopb->MajorFunction;
  const bool post = FlagOn(CallbackData->Flags, FLTFL_CALLBACK_DATA_POST_OPERATION) != 0;
  if (!post || (major != IRP_MJ_CREATE && major != IRP_MJ_SET_INFORMATION)) {
    nt::report(thread, "VER-19", Severity::kError,
               "FltGetTunneledName belongs into post-create and post-set-information only (NAME-6).");
    return STATUS_INVALID_PARAMETER;
  }
  return STATUS_SUCCESS;
}

NTSTATUS FltPurgeFileNameInformationCache(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject) {
  nt::Thread& thread = nt::enter("FltPurgeFileNameInformationCache", nt::kApc);
  FilterManager& manager = thread.system.fltmgr();
  auto* instance = manager.live(Instance, "FltPurgeFileNameInformationCache");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  if (FileObject != nullptr) {
    manager.names().forget(*FileObject);
  } else {
    manager.names().forget_all(instance->volume);
  }
  return STATUS_SUCCESS;
}

VOID FltReferenceFileNameInformation(PFLT_FILE_NAME_INFORMATION FileNameInformation) {
  nt::Thread& thread = nt::enter("FltReferenceFileNameInformation", nt::kApc);
  thread.system.fltmgr().names().informations().reference(FileNameInformation,
                                                          "FltReferenceFileNameInformation");
}

VOID FltReleaseFileNameInformation(PFLT_FILE_NAME_INFORMATION FileNameInformation) {
  nt::Thread& thread = nt::enter("FltReleaseFileNameInformation", nt::kApc);
  thread.system.fltmgr().names().informations().release(FileNameInformation, "FltReleaseFileNameInformation");
}

NTSTATUS FltParseFileNameInformation(PFLT_FILE_NAME_INFORMATION FileNameInformation) {
  nt::Thread& thread = nt::enter("FltParseFileNameInformation", nt::kApc);
  thread.system.fltmgr().names().informations().parse(FileNameInformation, "FltParseFileNameInformation");
  return STATUS_SUCCESS;
}

NTSTATUS FltParseFileName(PCUNICODE_STRING FileName, PUNICODE_STRING Extension, PUNICODE_STRING Stream,
                          PUNICODE_STRING FinalComponent) {
  nt::enter("FltParseFileName", nt::kApc);
  return parse_path(*FileName, Extension, Stream, FinalComponent);
}

}  // extern "C"
