// Ps: routines that hear of processes, threads and images.
#include <ntifs.h>

#include "nt/process_notifications.hpp"
#include "nt/wdk.hpp"

using namespace fltsim;
using nt::enter;
using NotifyKind = nt::ProcessNotifications::Kind;

namespace {

nt::ProcessNotifications& notifications(nt::Thread& thread) { return thread.system.nt().notifications(); }

template <class Routine>
NTSTATUS change(const char* name, NotifyKind kind, Routine routine, bool remove) {
  nt::Thread& thread = enter(name, nt::kPassive);
  void* const address = reinterpret_cast<void*>(routine);
  if (!remove) return notifications(thread).add(thread, kind, address);
  const NTSTATUS status = notifications(thread).remove(thread, kind, address);
  const bool is_process = kind == NotifyKind::kProcess || kind == NotifyKind::kProcessEx;
  return status == STATUS_PROCEDURE_NOT_FOUND && is_process ? STATUS_INVALID_PARAMETER : status;
}

}  // namespace

extern "C" {

NTSTATUS PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove) {
  return change("PsSetCreateProcessNotifyRoutine", NotifyKind::kProcess, NotifyRoutine, Remove != FALSE);
}

NTSTATUS PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove) {
  return change("PsSetCreateProcessNotifyRoutineEx", NotifyKind::kProcessEx, NotifyRoutine, Remove != FALSE);
}

NTSTATUS PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType, PVOID NotifyInformation,
                                            BOOLEAN Remove) {
  if (NotifyType != PsCreateProcessNotifySubsystems) return STATUS_INVALID_PARAMETER;
  return change("PsSetCreateProcessNotifyRoutineEx2", NotifyKind::kProcessEx, NotifyInformation,
                Remove != FALSE);
}

NTSTATUS PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
  return change("PsSetCreateThreadNotifyRoutine", NotifyKind::kThread, NotifyRoutine, false);
}

// Routines for threads of programs alone run in the new thread on Windows, and here where all others do.
NTSTATUS PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType, PVOID NotifyInformation) {
  if (NotifyType == PsCreateThreadNotifyNonSystem) {
    return change("PsSetCreateThreadNotifyRoutineEx", NotifyKind::kThreadNonSystem, NotifyInformation, false);
  }
  if (NotifyType != PsCreateThreadNotifySubsystems) return STATUS_INVALID_PARAMETER;
  return change("PsSetCreateThreadNotifyRoutineEx", NotifyKind::kThread, NotifyInformation, false);
}

NTSTATUS PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
  const NTSTATUS status =
      change("PsRemoveCreateThreadNotifyRoutine", NotifyKind::kThread, NotifyRoutine, true);
  if (status != STATUS_PROCEDURE_NOT_FOUND) return status;
  return change("PsRemoveCreateThreadNotifyRoutine", NotifyKind::kThreadNonSystem, NotifyRoutine, true);
}

NTSTATUS PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
  return change("PsSetLoadImageNotifyRoutine", NotifyKind::kImage, NotifyRoutine, false);
}

NTSTATUS PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags) {
  if ((Flags & ~static_cast<ULONG_PTR>(PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE)) != 0)
    return STATUS_INVALID_PARAMETER_2;
  return change("PsSetLoadImageNotifyRoutineEx", NotifyKind::kImage, NotifyRoutine, false);
}

NTSTATUS PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
  return change("PsRemoveLoadImageNotifyRoutine", NotifyKind::kImage, NotifyRoutine, true);
}

HANDLE PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process) {
  enter("PsGetProcessInheritedFromUniqueProcessId", nt::kDispatch);
  return UlongToHandle(nt::from_wdk(Process).parent_id);
}

}  // extern "C"
