// Callback data and what a callback may ask about its operation (CB-34, CB-42, CB-57, IRQL-4, IRQL-5).
#include "fltmgr/api.hpp"
#include "io/file_object.hpp"
#include "io/io_manager.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

extern "C" {

VOID FltSetCallbackDataDirty(PFLT_CALLBACK_DATA Data) {
  nt::enter("FltSetCallbackDataDirty", nt::kAnyIrql);
  Data->Flags |= FLTFL_CALLBACK_DATA_DIRTY;
}

VOID FltClearCallbackDataDirty(PFLT_CALLBACK_DATA Data) {
  nt::enter("FltClearCallbackDataDirty", nt::kAnyIrql);
  Data->Flags &= ~FLTFL_CALLBACK_DATA_DIRTY;
}

BOOLEAN FltIsCallbackDataDirty(PFLT_CALLBACK_DATA Data) {
  nt::enter("FltIsCallbackDataDirty", nt::kAnyIrql);
  return (Data->Flags & FLTFL_CALLBACK_DATA_DIRTY) != 0;
}

PEPROCESS FltGetRequestorProcess(PFLT_CALLBACK_DATA CallbackData) {
  nt::enter("FltGetRequestorProcess", nt::kDispatch);
  auto* thread = reinterpret_cast<nt::Thread*>(CallbackData->Thread);
  return thread == nullptr ? nullptr : reinterpret_cast<PEPROCESS>(&thread->process);
}

ULONG FltGetRequestorProcessId(PFLT_CALLBACK_DATA CallbackData) {
  nt::enter("FltGetRequestorProcessId", nt::kDispatch);
  auto* thread = reinterpret_cast<nt::Thread*>(CallbackData->Thread);
  return thread == nullptr ? 0 : thread->process.id;
}

// CB-57.
BOOLEAN FltIsOperationSynchronous(PFLT_CALLBACK_DATA CallbackData) {
  nt::enter("FltIsOperationSynchronous", nt::kAnyIrql);
  if ((CallbackData->Flags & FLTFL_CALLBACK_DATA_IRP_OPERATION) == 0) return TRUE;
  const FLT_IO_PARAMETER_BLOCK& parameters = *CallbackData->Iopb;
  if ((parameters.IrpFlags & IRP_PAGING_IO) != 0)
    return (parameters.IrpFlags & IRP_SYNCHRONOUS_PAGING_IO) != 0;
  if (parameters.TargetFileObject != nullptr && (parameters.TargetFileObject->Flags & FO_SYNCHRONOUS_IO) != 0)
    return TRUE;
  return (parameters.IrpFlags & IRP_SYNCHRONOUS_API) != 0;
}

NTSTATUS FltIsDirectory(PFILE_OBJECT FileObject, PFLT_INSTANCE, PBOOLEAN IsDirectory) {
  nt::enter("FltIsDirectory", nt::kApc);
  const io::FileObject& file = io::FileObject::of(*FileObject);
  if (!file.opened()) return STATUS_INVALID_PARAMETER;
  *IsDirectory = file.is_directory();
  return STATUS_SUCCESS;
}

VOID FltCancelFileOpen(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject) {
  nt::Thread& thread = nt::enter("FltCancelFileOpen", nt::kPassive);
  auto* instance = thread.system.fltmgr().live(Instance, "FltCancelFileOpen");
  if (instance == nullptr) return;
  io::FileObject& file = io::FileObject::of(*FileObject);
  if ((file.Flags & FO_HANDLE_CREATED) != 0) {
    nt::bug_check(thread, "VER-14",
                  "FltCancelFileOpen for a file that has a handle already (bug check 0xF5/0x6A).");
  }
  if (!file.opened() || (file.Flags & FO_FILE_OPEN_CANCELLED) != 0) {
    nt::report(thread, "VER-14", Severity::kError,
               "FltCancelFileOpen belongs into post-create of an open that succeeded.");
    return;
  }
  thread.system.io().cancel_open({thread, KernelMode, instance}, file);
}

// Post callbacks of the simulated machine run at PASSIVE_LEVEL in the originating thread, so it is always
// safe (CB-30).
BOOLEAN FltDoCompletionProcessingWhenSafe(PFLT_CALLBACK_DATA Data, PCFLT_RELATED_OBJECTS FltObjects,
                                          PVOID CompletionContext, FLT_POST_OPERATION_FLAGS Flags,
                                          PFLT_POST_OPERATION_CALLBACK SafePostCallback,
                                          PFLT_POSTOP_CALLBACK_STATUS RetPostOperationStatus) {
  nt::Thread& thread = nt::enter("FltDoCompletionProcessingWhenSafe", nt::kAnyIrql);
  if ((Flags & FLTFL_POST_OPERATION_DRAINING) != 0) {
    nt::report(thread, "VER-12", Severity::kError,
               "FltDoCompletionProcessingWhenSafe while draining: only clean up (CB-29).");
    *RetPostOperationStatus = FLT_POSTOP_FINISHED_PROCESSING;
    return FALSE;
  }
  *RetPostOperationStatus = SafePostCallback(Data, FltObjects, CompletionContext, Flags);
  return TRUE;
}

}  // extern "C"
