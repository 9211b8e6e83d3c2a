// What a filter asks the file system itself: seen only by the instances below it (CB-50, IRQL-2).
#include "fltmgr/api.hpp"
#include "io/io_manager.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

extern "C" {

NTSTATUS FltQueryInformationFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID FileInformation,
                                 ULONG Length, FILE_INFORMATION_CLASS FileInformationClass,
                                 PULONG LengthReturned) {
  nt::Thread& thread = nt::enter("FltQueryInformationFile", nt::kPassive);
  auto* instance = thread.system.fltmgr().live(Instance, "FltQueryInformationFile");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
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
  return thread.system.io()
      .set_information({thread, KernelMode, instance}, io::FileObject::of(*FileObject), FileInformationClass,
                       FileInformation, Length)
      .Status;
}

}  // extern "C"
