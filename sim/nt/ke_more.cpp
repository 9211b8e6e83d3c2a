// Ke: processors, spin locks at DISPATCH_LEVEL, the state of the floating-point unit.
#include <ntifs.h>

#include "nt/identity.hpp"
#include "nt/wdk.hpp"

using namespace fltsim;
using nt::enter;

namespace {

constexpr KAFFINITY kAll = (KAFFINITY{1} << nt::kProcessors) - 1;

}  // namespace

extern "C" {

// --- processors: one group ---

KAFFINITY KeQueryActiveProcessors(VOID) { return enter("KeQueryActiveProcessors", nt::kAnyIrql), kAll; }
USHORT KeQueryActiveGroupCount(VOID) { return enter("KeQueryActiveGroupCount", nt::kAnyIrql), USHORT{1}; }
USHORT KeQueryMaximumGroupCount(VOID) { return enter("KeQueryMaximumGroupCount", nt::kAnyIrql), USHORT{1}; }
ULONG KeQueryMaximumProcessorCount(VOID) {
  return enter("KeQueryMaximumProcessorCount", nt::kAnyIrql), nt::kProcessors;
}

ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) {
  enter("KeQueryActiveProcessorCountEx", nt::kAnyIrql);
  constexpr USHORT kAllGroups = 0xFFFF;
  return GroupNumber == 0 || GroupNumber == kAllGroups ? nt::kProcessors : 0;
}

ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber) {
  return KeQueryActiveProcessorCountEx(GroupNumber);
}

KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber) {
  enter("KeQueryGroupAffinity", nt::kAnyIrql);
  return GroupNumber == 0 ? kAll : 0;
}

// --- spin locks ---

VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  LockHandle->Next = nullptr;
  LockHandle->Lock = SpinLock;
  LockHandle->OldIrql = DISPATCH_LEVEL;
  KeAcquireSpinLockAtDpcLevel(SpinLock);
}

VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) {
  KeReleaseSpinLockFromDpcLevel(LockHandle->Lock);
}

// For routines that run as a DPC or as a threaded DPC, which are at DISPATCH_LEVEL here.
KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock) { return KeAcquireSpinLockRaiseToDpc(SpinLock); }
VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql) { KeReleaseSpinLock(SpinLock, OldIrql); }
VOID KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  KeAcquireInStackQueuedSpinLock(SpinLock, LockHandle);
}
VOID KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle) {
  KeReleaseInStackQueuedSpinLock(LockHandle);
}

// --- floating point: the host's scheduler keeps each thread's registers, so that there is nothing to save ---

NTSTATUS KeSaveFloatingPointState(PKFLOATING_SAVE FloatSave) {
  enter("KeSaveFloatingPointState", nt::kDispatch);
  FloatSave->Dummy = 0;
  return STATUS_SUCCESS;
}

NTSTATUS KeRestoreFloatingPointState(PKFLOATING_SAVE) {
  enter("KeRestoreFloatingPointState", nt::kDispatch);
  return STATUS_SUCCESS;
}

NTSTATUS KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave) {
  nt::Thread& thread = enter("KeSaveExtendedProcessorState", nt::kDispatch);
  *XStateSave = {};
  XStateSave->Thread = nt::to_wdk(&thread);
  XStateSave->Level = thread.irql;
  XStateSave->XStateContext.Mask = Mask;
  return STATUS_SUCCESS;
}

VOID KeRestoreExtendedProcessorState(PXSTATE_SAVE XStateSave) {
  nt::Thread& thread = enter("KeRestoreExtendedProcessorState", nt::kDispatch);
  if (XStateSave->Thread == nt::to_wdk(&thread)) return;
  nt::bug_check(thread, "VER-42",
                "KeRestoreExtendedProcessorState: the state was saved by another thread, or not at all");
}

}  // extern "C"
