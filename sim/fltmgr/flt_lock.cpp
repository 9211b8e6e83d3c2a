// The lock wrappers that enter a critical region for the driver (IRQL-3, VER-38).
#include "fltmgr/api.hpp"
#include "nt/held_locks.hpp"

using namespace fltsim;

extern "C" {

VOID FltInitializePushLock(PEX_PUSH_LOCK PushLock) { ExInitializePushLock(PushLock); }

VOID FltDeletePushLock(PEX_PUSH_LOCK) { nt::enter("FltDeletePushLock", nt::kApc); }

VOID FltAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock) {
  KeEnterCriticalRegion();
  ExAcquirePushLockExclusiveEx(PushLock, 0);
}

VOID FltAcquirePushLockShared(PEX_PUSH_LOCK PushLock) {
  KeEnterCriticalRegion();
  ExAcquirePushLockSharedEx(PushLock, 0);
}

VOID FltReleasePushLock(PEX_PUSH_LOCK PushLock) {
  // Bit 0 is the exclusive owner's, and does not change while anybody holds the lock.
  nt::Thread& thread = nt::current_thread("FltReleasePushLock");
  const bool exclusive = thread.system.nt().locks().look(PushLock, [&] { return (*PushLock & 1) != 0; });
  if (exclusive) {
    ExReleasePushLockExclusiveEx(PushLock, 0);
  } else {
    ExReleasePushLockSharedEx(PushLock, 0);
  }
  KeLeaveCriticalRegion();
}

VOID FltAcquireResourceExclusive(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(Resource, TRUE);
}

VOID FltAcquireResourceShared(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  ExAcquireResourceSharedLite(Resource, TRUE);
}

VOID FltReleaseResource(PERESOURCE Resource) {
  ExReleaseResourceLite(Resource);
  // KeLeaveCriticalRegion would be above its limit at DISPATCH_LEVEL (IRQL-9).
  nt::leave_critical_region(nt::current_thread("FltReleaseResource"), "FltReleaseResource");
}

}  // extern "C"
