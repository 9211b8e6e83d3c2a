// Callback data and what a callback may ask about its operation (CB-34, CB-42, CB-57, IRQL-4, IRQL-5).
#include "fltmgr/api.hpp"
#include "fltmgr/callback_checks.hpp"
#include "io/file_object.hpp"
#include "io/io_manager.hpp"
#include "nt/identity.hpp"

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

HANDLE FltGetRequestorProcessIdEx(PFLT_CALLBACK_DATA CallbackData) {
  nt::enter("FltGetRequestorProcessIdEx", nt::kDispatch);
  auto* thread = reinterpret_cast<nt::Thread*>(CallbackData->Thread);
  return thread == nullptr ? nullptr : reinterpret_cast<HANDLE>(std::uintptr_t{thread->process.id});
}

// Services and drivers are in session 0, programs in session 1.
NTSTATUS FltGetRequestorSessionId(PFLT_CALLBACK_DATA CallbackData, PULONG SessionId) {
  nt::enter("FltGetRequestorSessionId", nt::kPassive);
  const auto* thread = reinterpret_cast<nt::Thread*>(CallbackData->Thread);
  *SessionId = thread == nullptr ? 0 : nt::session_of(*thread->process.token);
  return STATUS_SUCCESS;
}

// Every simulated program has 64 bits.
BOOLEAN FltIs32bitProcess(PFLT_CALLBACK_DATA) {
  nt::enter("FltIs32bitProcess", nt::kDispatch);
  return FALSE;
}

// CB-57.
BOOLEAN FltIsOperationSynchronous(PFLT_CALLBACK_DATA CallbackData) {
  nt::enter("FltIsOperationSynchronous", nt::kAnyIrql);
  return is_synchronous(*CallbackData);
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

}  // extern "C"
