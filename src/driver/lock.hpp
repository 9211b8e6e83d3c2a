// Scoped holds of a push lock. A push lock leaves the thread at its IRQL, so that routines which demand
// PASSIVE_LEVEL may be called under it; what may not is FltSendMessage.
#pragma once

#include <fltKernel.h>

namespace drmfilter {

class SharedLock {
 public:
  explicit SharedLock(EX_PUSH_LOCK& lock) : lock_(lock) { FltAcquirePushLockShared(&lock_); }
  ~SharedLock() { FltReleasePushLock(&lock_); }
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

 private:
  EX_PUSH_LOCK& lock_;
};

class ExclusiveLock {
 public:
  explicit ExclusiveLock(EX_PUSH_LOCK& lock) : lock_(lock) { FltAcquirePushLockExclusive(&lock_); }
  ~ExclusiveLock() { FltReleasePushLock(&lock_); }
  ExclusiveLock(const ExclusiveLock&) = delete;
  ExclusiveLock& operator=(const ExclusiveLock&) = delete;

 private:
  EX_PUSH_LOCK& lock_;
};

}  // namespace drmfilter
