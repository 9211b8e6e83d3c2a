#include "fltmgr/biased_lock.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fltlink/base/assert.hpp>

#include "sched/pause.hpp"

namespace fltsim::fltmgr {
namespace {

long membarrier(int command) { return ::syscall(SYS_membarrier, command, 0, 0); }

bool has_membarrier() {
  static const bool registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
  return registered;
}

}  // namespace

BiasedLock::BiasedLock() : revocations_(has_membarrier() ? 0 : 1) {}

void BiasedLock::let_owners_pass() {
  if (!has_membarrier()) return;  // no owner is biased
  FLTLINK_ASSERT(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0);
}

// With the thread sanitizer's orderings the load is part of B2.
void BiasedLock::wait_for_owner() const {
  while (busy_.load()) sched::pause();
}

void BiasedLock::lock_spin() {
  while (spin_.exchange(true, std::memory_order_acquire)) sched::pause();
}

void BiasedLock::lock_revoked() {
  busy_.store(false, std::memory_order_release);
  lock_spin();
  has_spin_ = true;
}

void BiasedLock::unlock_revoked() {
  has_spin_ = false;
  unlock_spin();
}

}  // namespace fltsim::fltmgr
