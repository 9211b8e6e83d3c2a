// Ex: fast mutexes, push locks, reader-writer spin locks, rundown protection, interlocked lists, work items.
#include "nt/driver_call.hpp"
#include "nt/held_locks.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

LockTable& locks(Thread& thread) { return thread.system.nt().locks(); }

// --- fast mutexes: Count 1 is free, as KeInitializeMutex' state ---

// How a mutex is taken is how it must be released: the ways differ in what they do to IRQL and regions.
constexpr const char kFastMutex[] = "fast mutex";
constexpr const char kUnsafeMutex[] = "bare fast mutex";
constexpr const char kGuardedMutex[] = "guarded mutex";

std::uintptr_t holder_of(const FAST_MUTEX& mutex) { return reinterpret_cast<std::uintptr_t>(mutex.Owner); }

bool take_mutex(Thread& thread, FAST_MUTEX& mutex) {
  if (mutex.Count != 1) return false;
  mutex.Count = 0;
  mutex.Owner = reinterpret_cast<PVOID>(std::uintptr_t{thread.id});
  return true;
}

// Memory that says neither "free" nor who holds it is no mutex.
void check_mutex(Thread& thread, PFAST_MUTEX mutex, const char* kind, const char* routine) {
  const auto [taken, holder] =
      locks(thread).look(mutex, [&] { return std::pair(mutex->Count != 1, holder_of(*mutex)); });
  if (taken) check_holder(thread, holder, kind, routine);
}

void lock_mutex(Thread& thread, PFAST_MUTEX mutex, const char* kind, const char* routine) {
  if (holds(thread, mutex) != 0) {
    bug_check(
        thread, "VER-42",
        std::string(routine) + ": the thread holds this mutex already and would wait for itself for ever");
  }
  check_mutex(thread, mutex, kind, routine);
  locks(thread).acquire(
      mutex, [&] { return take_mutex(thread, *mutex); },
      [&] { return waits_for_holder(thread, holder_of(*mutex), kind); });
  hold(thread, mutex, kind);
}

bool try_mutex(Thread& thread, PFAST_MUTEX mutex, const char* kind, const char* routine) {
  check_mutex(thread, mutex, kind, routine);
  const bool taken = locks(thread).look(mutex, [&] { return take_mutex(thread, *mutex); });
  if (taken) hold(thread, mutex, kind);
  return taken;
}

void unlock_mutex(Thread& thread, PFAST_MUTEX mutex, const char* kind, const char* routine) {
  if (!let_go(thread, mutex, kind)) {
    bug_check(thread, "VER-42",
              std::string(routine) +
                  ": the thread does not hold this mutex, or took it by the routine of "
                  "another kind (fast, unsafe, guarded)");
  }
  locks(thread).release(mutex, [&] {
    mutex->Owner = nullptr;
    mutex->Count = 1;
  });
}

// --- push locks: bit 0 is set by the exclusive owner, the rest counts shared owners in steps of 2 ---

constexpr ULONG_PTR kExclusive = 1;
constexpr ULONG_PTR kShared = 2;

void check_push_lock(Thread& thread, PEX_PUSH_LOCK lock, const char* routine) {
  check_region(thread, routine, "a push lock", "FltAcquirePushLock*");
  if (holds(thread, lock) != 0) {
    bug_check(thread, "VER-39",
              std::string(routine) +
                  ": the thread holds this push lock already; push locks are not recursive, and "
                  "the thread would wait for itself for ever");
  }
}

void acquire_push_lock(Thread& thread, PEX_PUSH_LOCK lock, bool exclusive, const char* routine) {
  check_push_lock(thread, lock, routine);
  locks(thread).acquire(
      lock,
      [&] {
        if (exclusive ? *lock != 0 : (*lock & kExclusive) != 0) return false;
        *lock += exclusive ? kExclusive : kShared;
        return true;
      },
      [] {
        return sched::WaitReason{"push lock", {}, nullptr};
      });
  hold(thread, lock, "push lock");
}

void release_push_lock(Thread& thread, PEX_PUSH_LOCK lock, ULONG_PTR kind, const char* routine) {
  const bool held = let_go(thread, lock, "push lock");
  const bool fits = locks(thread).look(lock, [&] {
    return kind == kExclusive ? *lock == kExclusive : (*lock & kExclusive) == 0 && *lock != 0;
  });
  if (!held || !fits) {
    bug_check(thread, "VER-42",
              std::string(routine) + ": the thread does not hold the push lock in this way");
  }
  locks(thread).release(lock, [&] { *lock -= kind; });
}

// --- reader-writer spin locks ---

constexpr LONG kWriter = -1;

const char* kind_of(bool exclusive) { return exclusive ? "spin lock, exclusive" : "spin lock, shared"; }

KIRQL acquire_rw(PEX_SPIN_LOCK lock, bool exclusive, const char* routine) {
  Thread& thread = enter(routine, kDispatch);
  if (holds(thread, lock) != 0) {
    bug_check(thread, "VER-42", std::string(routine) + ": the thread holds this spin lock already");
  }
  const KIRQL before = std::exchange(thread.irql, kDispatch);
  locks(thread).acquire(
      lock,
      [&] {
        if (exclusive ? *lock != 0 : *lock == kWriter) return false;
        *lock = exclusive ? kWriter : *lock + 1;
        return true;
      },
      [] {
        return sched::WaitReason{"spin lock", {}, nullptr};
      });
  hold(thread, lock, kind_of(exclusive));
  return before;
}

void release_rw(PEX_SPIN_LOCK lock, bool exclusive, KIRQL irql, const char* routine) {
  Thread& thread = enter(routine, kDispatch);
  if (!let_go(thread, lock, kind_of(exclusive))) {
    bug_check(thread, "VER-42",
              std::string(routine) + ": the thread does not hold the spin lock in this way");
  }
  locks(thread).release(lock, [&] { *lock = exclusive ? 0 : *lock - 1; });
  thread.irql = irql;
}

// --- rundown protection: bit 0 says that rundown has begun, the rest counts references in steps of 2 ---

constexpr ULONG_PTR kRundown = 1;
constexpr ULONG_PTR kReference = 2;

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex) {
  nt::touch("ExInitializeFastMutex", nt::kDispatch);
  *FastMutex = {};
  FastMutex->Count = 1;
}

VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex) {
  nt::Thread& thread = enter("ExAcquireFastMutex", nt::kApc);
  nt::lock_mutex(thread, FastMutex, nt::kFastMutex, "ExAcquireFastMutex");
  FastMutex->OldIrql = std::exchange(thread.irql, nt::kApc);
}

VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex) {
  nt::Thread& thread = enter("ExReleaseFastMutex", nt::kApc);
  const auto before = static_cast<nt::Irql>(FastMutex->OldIrql);
  nt::unlock_mutex(thread, FastMutex, nt::kFastMutex, "ExReleaseFastMutex");
  thread.irql = before;
}

BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) {
  nt::Thread& thread = enter("ExTryToAcquireFastMutex", nt::kApc);
  if (!nt::try_mutex(thread, FastMutex, nt::kFastMutex, "ExTryToAcquireFastMutex")) return FALSE;
  FastMutex->OldIrql = std::exchange(thread.irql, nt::kApc);
  return TRUE;
}

VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) {
  nt::Thread& thread = enter("ExAcquireFastMutexUnsafe", nt::kApc);
  nt::lock_mutex(thread, FastMutex, nt::kUnsafeMutex, "ExAcquireFastMutexUnsafe");
}

VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) {
  nt::unlock_mutex(enter("ExReleaseFastMutexUnsafe", nt::kApc), FastMutex, nt::kUnsafeMutex,
                   "ExReleaseFastMutexUnsafe");
}

VOID KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex) { ExInitializeFastMutex(Mutex); }

VOID KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  nt::Thread& thread = enter("KeAcquireGuardedMutex", nt::kApc);
  nt::lock_mutex(thread, Mutex, nt::kGuardedMutex, "KeAcquireGuardedMutex");
  ++thread.guarded_regions;
}

VOID KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex) {
  nt::Thread& thread = enter("KeReleaseGuardedMutex", nt::kApc);
  nt::unlock_mutex(thread, Mutex, nt::kGuardedMutex, "KeReleaseGuardedMutex");
  --thread.guarded_regions;
}

BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  nt::Thread& thread = enter("KeTryToAcquireGuardedMutex", nt::kApc);
  if (!nt::try_mutex(thread, Mutex, nt::kGuardedMutex, "KeTryToAcquireGuardedMutex")) return FALSE;
  ++thread.guarded_regions;
  return TRUE;
}

VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock) {
  nt::touch("ExInitializePushLock", nt::kApc);
  *PushLock = 0;
}

VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG) {
  nt::Thread& thread = enter("ExAcquirePushLockExclusive", nt::kApc);
  nt::acquire_push_lock(thread, PushLock, true, "ExAcquirePushLockExclusive");
}

VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG) {
  nt::Thread& thread = enter("ExAcquirePushLockShared", nt::kApc);
  nt::acquire_push_lock(thread, PushLock, false, "ExAcquirePushLockShared");
}

VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG) {
  nt::Thread& thread = enter("ExReleasePushLockExclusive", nt::kApc);
  nt::release_push_lock(thread, PushLock, nt::kExclusive, "ExReleasePushLockExclusive");
}

VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG) {
  nt::Thread& thread = enter("ExReleasePushLockShared", nt::kApc);
  nt::release_push_lock(thread, PushLock, nt::kShared, "ExReleasePushLockShared");
}

KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock) {
  return nt::acquire_rw(SpinLock, false, "ExAcquireSpinLockShared");
}

KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
  return nt::acquire_rw(SpinLock, true, "ExAcquireSpinLockExclusive");
}

VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
  nt::release_rw(SpinLock, false, OldIrql, "ExReleaseSpinLockShared");
}

VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
  nt::release_rw(SpinLock, true, OldIrql, "ExReleaseSpinLockExclusive");
}

VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
  nt::touch("ExInitializeRundownProtection", nt::kApc);
  RunRef->Count = 0;
}

VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
  nt::Thread& thread = enter("ExReInitializeRundownProtection", nt::kApc);
  nt::locks(thread).look(RunRef, [&] { return RunRef->Count = 0; });
}

BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) {
  nt::Thread& thread = enter("ExAcquireRundownProtection", nt::kDispatch);
  return nt::locks(thread).look(RunRef, [&] {
    if ((RunRef->Count & nt::kRundown) != 0) return false;
    RunRef->Count += nt::kReference;
    return true;
  });
}

VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) {
  nt::Thread& thread = enter("ExReleaseRundownProtection", nt::kDispatch);
  const bool referenced = nt::locks(thread).look(RunRef, [&] { return RunRef->Count >= nt::kReference; });
  if (!referenced) {
    nt::bug_check(
        thread, "VER-42",
        "ExReleaseRundownProtection: no reference is held; it was released more often than acquired");
  }
  nt::locks(thread).release(RunRef, [&] { RunRef->Count -= nt::kReference; });
}

VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) {
  nt::Thread& thread = enter("ExWaitForRundownProtectionRelease", nt::kApc);
  nt::locks(thread).acquire(
      RunRef,
      [&] {
        RunRef->Count |= nt::kRundown;
        return RunRef->Count == nt::kRundown;
      },
      [&] {
        return sched::WaitReason{"rundown protection",
                                 std::to_string(RunRef->Count / nt::kReference) + " references", nullptr};
      });
}

VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef) {
  nt::Thread& thread = enter("ExRundownCompleted", nt::kApc);
  nt::locks(thread).look(RunRef, [&] { return RunRef->Count = nt::kRundown; });
}

// --- interlocked lists ---

VOID InitializeSListHead(PSLIST_HEADER SListHead) { *SListHead = {}; }

// Header.Alignment holds the first entry, Header.Region the depth.
PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry) {
  nt::Thread& thread = enter("ExInterlockedPushEntrySList", nt::kDispatch);
  return nt::locks(thread).look(ListHead, [&] {
    auto* first = reinterpret_cast<PSLIST_ENTRY>(ListHead->Header.Alignment);
    ListEntry->Next = first;
    ListHead->Header.Alignment = reinterpret_cast<ULONGLONG>(ListEntry);
    ++ListHead->Header.Region;
    return first;
  });
}

PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead) {
  nt::Thread& thread = enter("ExInterlockedPopEntrySList", nt::kDispatch);
  return nt::locks(thread).look(ListHead, [&] {
    auto* first = reinterpret_cast<PSLIST_ENTRY>(ListHead->Header.Alignment);
    if (first == nullptr) return first;
    ListHead->Header.Alignment = reinterpret_cast<ULONGLONG>(first->Next);
    --ListHead->Header.Region;
    return first;
  });
}

USHORT ExQueryDepthSList(PSLIST_HEADER SListHead) {
  nt::Thread& thread = enter("ExQueryDepthSList", nt::kAnyIrql);
  return nt::locks(thread).look(SListHead, [&] { return static_cast<USHORT>(SListHead->Header.Region); });
}

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
  PLIST_ENTRY first = IsListEmpty(ListHead) ? nullptr : ListHead->Flink;
  InsertHeadList(ListHead, ListEntry);
  KeReleaseSpinLock(Lock, irql);
  return first;
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
  PLIST_ENTRY last = IsListEmpty(ListHead) ? nullptr : ListHead->Blink;
  InsertTailList(ListHead, ListEntry);
  KeReleaseSpinLock(Lock, irql);
  return last;
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
  PLIST_ENTRY first = IsListEmpty(ListHead) ? nullptr : RemoveHeadList(ListHead);
  KeReleaseSpinLock(Lock, irql);
  return first;
}

// --- work items ---

VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE) {
  nt::Thread& thread = enter("ExQueueWorkItem", nt::kDispatch);
  // The item may be freed or queued again by its own routine: what it says is taken now.
  thread.system.nt().work().queue([routine = WorkItem->WorkerRoutine, parameter = WorkItem->Parameter,
                                   driver = thread.driver](nt::Thread& worker) {
    const nt::DriverScope scope(worker, driver);
    nt::call_driver([&] { routine(parameter); });
  });
}

}  // extern "C"
