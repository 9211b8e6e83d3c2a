#include "client/address_waits.hpp"

#include <algorithm>

#include "machine/system.hpp"

namespace fltsim::client {

AddressWaits::Result AddressWaits::wait(nt::Thread& thread, const void* address,
                                        const std::function<bool()>& unchanged, sched::Ticks deadline,
                                        std::string_view kind) {
  sched::Scheduler& scheduler = thread.system.scheduler();
  const nt::InterruptibleWait interruptible(thread);
  Waiter self{address, thread.scheduled.load()};
  bool expired = false;
  for (bool first = true;; first = false) {
    {
      const std::lock_guard lock(mutex_);
      if (self.woken || (first && !unchanged())) return Result::kWoken;
      if (thread.terminated() || expired || scheduler.now() >= deadline) {
        std::erase(waiters_, &self);
        return thread.terminated() ? Result::kTerminated : Result::kTimeout;
      }
      if (first) waiters_.push_back(&self);
    }
    expired = scheduler.park(deadline, {kind, {}, nullptr}) == sched::ParkResult::kDeadline;
  }
}

void AddressWaits::wake(const void* address, bool all) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiters_, [&, done = false](Waiter* waiter) mutable {
    if (done || waiter->address != address) return false;
    waiter->woken = true;
    sched::Scheduler::current()->unpark(*waiter->thread);
    done = !all;
    return true;
  });
}

}  // namespace fltsim::client
