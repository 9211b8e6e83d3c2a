// Ke: IRQL, critical regions, spin locks, the current thread, bug checks.
#include <cinttypes>
#include <cstdio>

#include "nt/held_locks.hpp"
#include "nt/identity.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

constexpr const char kSpinLock[] = "spin lock";

KIRQL raise(Thread& thread, KIRQL level, const char* routine) {
  if (level < thread.irql) {
    bug_check(thread, "VER-42",
              std::string(routine) +
                  ": the new IRQL is below the current one; Windows stops with "
                  "IRQL_NOT_GREATER_OR_EQUAL");
  }
  return std::exchange(thread.irql, level);
}

void lower(Thread& thread, KIRQL level, const char* routine) {
  if (level > thread.irql) {
    bug_check(thread, "VER-42",
              std::string(routine) +
                  ": the new IRQL is above the current one; Windows stops with "
                  "IRQL_NOT_LESS_OR_EQUAL");
  }
  thread.irql = level;
}

void check_spin_lock(Thread& thread, PKSPIN_LOCK lock, const char* routine) {
  const ULONG_PTR holder = thread.system.nt().locks().look(lock, [&] { return *lock; });
  if (holder != 0) check_holder(thread, holder, kSpinLock, routine);
}

void take_spin_lock(Thread& thread, PKSPIN_LOCK lock, const char* routine) {
  if (holds(thread, lock)) {
    bug_check(thread, "VER-42",
              std::string(routine) +
                  ": the thread holds this spin lock already; Windows stops with "
                  "SPIN_LOCK_ALREADY_OWNED, or hangs");
  }
  check_spin_lock(thread, lock, routine);
  thread.system.nt().locks().acquire(
      lock, [&] { return *lock == 0 ? (*lock = thread.id, true) : false; },
      [&] { return waits_for_holder(thread, *lock, kSpinLock); });
  hold(thread, lock, kSpinLock);
}

void drop_spin_lock(Thread& thread, PKSPIN_LOCK lock, const char* routine) {
  if (!let_go(thread, lock, kSpinLock)) {
    bug_check(thread, "VER-42",
              std::string(routine) +
                  ": the thread does not hold this spin lock; Windows stops with "
                  "SPIN_LOCK_NOT_OWNED");
  }
  thread.system.nt().locks().release(lock, [&] { *lock = 0; });
}

void check_dispatch(Thread& thread, const char* routine) {
  if (thread.irql >= kDispatch) return;
  report(thread, "VER-23", Severity::kError,
         std::string(routine) + " was called below DISPATCH_LEVEL; use the form that raises the IRQL there");
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

KIRQL KeGetCurrentIrql(VOID) { return enter("KeGetCurrentIrql", nt::kAnyIrql).irql; }

KIRQL KfRaiseIrql(KIRQL NewIrql) {
  return nt::raise(enter("KeRaiseIrql", nt::kAnyIrql), NewIrql, "KeRaiseIrql");
}

VOID KeLowerIrql(KIRQL NewIrql) { nt::lower(enter("KeLowerIrql", nt::kAnyIrql), NewIrql, "KeLowerIrql"); }

KIRQL KeRaiseIrqlToDpcLevel(VOID) { return KfRaiseIrql(DISPATCH_LEVEL); }

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock) {
  nt::touch("KeInitializeSpinLock", nt::kAnyIrql);
  *SpinLock = 0;
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) {
  nt::Thread& thread = enter("KeAcquireSpinLock", nt::kDispatch);
  const KIRQL before = nt::raise(thread, DISPATCH_LEVEL, "KeAcquireSpinLock");
  nt::take_spin_lock(thread, SpinLock, "KeAcquireSpinLock");
  return before;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
  nt::Thread& thread = enter("KeReleaseSpinLock", nt::kDispatch);
  nt::drop_spin_lock(thread, SpinLock, "KeReleaseSpinLock");
  nt::lower(thread, NewIrql, "KeReleaseSpinLock");
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
  nt::Thread& thread = enter("KeAcquireSpinLockAtDpcLevel", nt::kDispatch);
  nt::check_dispatch(thread, "KeAcquireSpinLockAtDpcLevel");
  nt::take_spin_lock(thread, SpinLock, "KeAcquireSpinLockAtDpcLevel");
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) {
  nt::Thread& thread = enter("KeReleaseSpinLockFromDpcLevel", nt::kDispatch);
  nt::check_dispatch(thread, "KeReleaseSpinLockFromDpcLevel");
  nt::drop_spin_lock(thread, SpinLock, "KeReleaseSpinLockFromDpcLevel");
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
  nt::Thread& thread = enter("KeTryToAcquireSpinLockAtDpcLevel", nt::kDispatch);
  nt::check_dispatch(thread, "KeTryToAcquireSpinLockAtDpcLevel");
  nt::check_spin_lock(thread, SpinLock, "KeTryToAcquireSpinLockAtDpcLevel");
  const bool taken = thread.system.nt().locks().look(
      SpinLock, [&] { return *SpinLock == 0 ? (*SpinLock = thread.id, true) : false; });
  if (taken) nt::hold(thread, SpinLock, nt::kSpinLock);
  return taken;
}

VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  LockHandle->Next = nullptr;
  LockHandle->Lock = SpinLock;
  LockHandle->OldIrql = KeAcquireSpinLockRaiseToDpc(SpinLock);
}

VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) {
  KeReleaseSpinLock(LockHandle->Lock, LockHandle->OldIrql);
}

VOID KeEnterCriticalRegion(VOID) { ++enter("KeEnterCriticalRegion", nt::kApc).critical_regions; }

VOID KeLeaveCriticalRegion(VOID) {
  nt::leave_critical_region(enter("KeLeaveCriticalRegion", nt::kApc), "KeLeaveCriticalRegion");
}

VOID KeEnterGuardedRegion(VOID) { ++enter("KeEnterGuardedRegion", nt::kApc).guarded_regions; }

VOID KeLeaveGuardedRegion(VOID) {
  nt::Thread& thread = enter("KeLeaveGuardedRegion", nt::kApc);
  if (thread.guarded_regions == 0) {
    nt::bug_check(thread, "VER-42", "KeLeaveGuardedRegion: the thread is in no guarded region");
  }
  --thread.guarded_regions;
}

BOOLEAN KeAreApcsDisabled(VOID) {
  const nt::Thread& thread = enter("KeAreApcsDisabled", nt::kDispatch);
  return thread.critical_regions != 0 || thread.guarded_regions != 0 || thread.irql >= nt::kApc;
}

BOOLEAN KeAreAllApcsDisabled(VOID) {
  const nt::Thread& thread = enter("KeAreAllApcsDisabled", nt::kDispatch);
  return thread.guarded_regions != 0 || thread.irql >= nt::kApc;
}

PKTHREAD KeGetCurrentThread(VOID) { return nt::to_wdk(&enter("KeGetCurrentThread", nt::kAnyIrql)); }

KPROCESSOR_MODE ExGetPreviousMode(VOID) {
  return enter("ExGetPreviousMode", nt::kAnyIrql).called_by_kernel ? KernelMode : UserMode;
}

KPROCESSOR_MODE KeGetPreviousMode(VOID) { return ExGetPreviousMode(); }

ULONG KeGetCurrentProcessorNumber(VOID) {
  enter("KeGetCurrentProcessorNumber", nt::kAnyIrql);
  return 0;
}

ULONG KeGetCurrentProcessorNumberEx(PVOID) { return KeGetCurrentProcessorNumber(); }

ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors) {
  enter("KeQueryActiveProcessorCount", nt::kApc);
  if (ActiveProcessors != nullptr) *ActiveProcessors = (KAFFINITY{1} << nt::kProcessors) - 1;
  return nt::kProcessors;
}

KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) {
  enter("KeSetPriorityThread", nt::kPassive);
  return nt::from_wdk(Thread).priority.exchange(Priority);
}

VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState) {
  nt::Thread& thread = enter("KeStackAttachProcess", nt::kDispatch);
  ApcState->Process = nt::to_wdk(std::exchange(thread.attached, &nt::from_wdk(Process)));
}

VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState) {
  nt::Thread& thread = enter("KeUnstackDetachProcess", nt::kDispatch);
  thread.attached = reinterpret_cast<nt::Process*>(ApcState->Process);
}

VOID YieldProcessor(VOID) { nt::touch("YieldProcessor", nt::kAnyIrql); }

// A full barrier by a read-modify-write: the thread sanitizer does not understand stand-alone fences.
VOID KeMemoryBarrier(VOID) {
  std::atomic<int> word{0};
  word.fetch_add(1, std::memory_order_seq_cst);
}

VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                  ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4) {
  char text[160];
  std::snprintf(text, sizeof text, "the driver called KeBugCheckEx(0x%X, 0x%llX, 0x%llX, 0x%llX, 0x%llX)",
                BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4);
  nt::bug_check(nt::current_thread("KeBugCheckEx"), "VER-43", text);
}

VOID KeBugCheck(ULONG BugCheckCode) { KeBugCheckEx(BugCheckCode, 0, 0, 0, 0); }

}  // extern "C"
