#include "fltmgr/rundown.hpp"

#include <fltlink/base/assert.hpp>

namespace fltsim::fltmgr {

bool Rundown::acquire() {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  do {
    if ((state & kClosing) != 0) return false;
  } while (!state_.compare_exchange_weak(state, state + kOne, std::memory_order_acquire,
                                         std::memory_order_relaxed));
  return true;
}

void Rundown::release() {
  const std::uint64_t before = state_.fetch_sub(kOne);
  FLTLINK_ASSERT(before >= kOne);
  if (before - kOne == kClosing) {
    if (sched::Thread* waiter = waiter_.load()) sched::Scheduler::current()->unpark(*waiter);
  }
}

void Rundown::close() { state_.fetch_or(kClosing); }

void Rundown::wait(const std::string& what) {
  waiter_.store(sched::Scheduler::current_thread());
  while (state_.load() >= kOne) {
    static_cast<void>(sched::Scheduler::current()->park(sched::kForever, {"rundown", what}));
  }
  waiter_.store(nullptr);
}

}  // namespace fltsim::fltmgr
