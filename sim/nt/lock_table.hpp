// What spin locks, push locks, fast mutexes, resources and rundown references block on. The state of such a
// lock is in the driver's memory and needs no clean-up there; the machine keeps only who waits for which
// address.
//
// Threads: a state is read and written under the leaf lock of its address's shard, which is what `try_take`
// and `change` run under: they must not call anything that blocks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "nt/thread.hpp"

namespace fltsim::nt {

class LockTable {
 public:
  // Waits until `try_take()` is true or the deadline has passed; false: the deadline. `reason()` makes the
  // wait reason and is asked under the lock.
  template <class TryTake, class Reason>
  bool acquire(const void* address, TryTake try_take, Reason reason, sched::Ticks deadline = sched::kForever);

  // Changes the state, then lets every waiter of this address look again.
  template <class Change>
  void release(const void* address, Change change);

  // Reads or changes the state with nobody to wake.
  template <class Look>
  auto look(const void* address, Look look) {
    const std::lock_guard lock(shard(address).mutex);
    return look();
  }

 private:
  struct Waiter {
    const void* address;
    sched::Thread* thread;
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::vector<Waiter> waiters;
  };
  Shard& shard(const void* address) {
    return shards_[(reinterpret_cast<std::uintptr_t>(address) >> 4) % shards_.size()];
  }
  static void forget(Shard& shard, const void* address, const sched::Thread* thread);
  static void tell_of_wait(const void* address);

  std::array<Shard, 16> shards_;
};

template <class TryTake, class Reason>
bool LockTable::acquire(const void* address, TryTake try_take, Reason reason, sched::Ticks deadline) {
  Shard& place = shard(address);
  sched::Thread* const self = sched::Scheduler::current_thread();
  for (bool expired = false;;) {
    sched::WaitReason why;
    {
      const std::lock_guard lock(place.mutex);
      if (try_take()) return true;
      if (expired) return false;
      why = reason();
      place.waiters.push_back({address, self});
    }
    tell_of_wait(address);
    expired = sched::Scheduler::current()->park(deadline, why) == sched::ParkResult::kDeadline;
    const std::lock_guard lock(place.mutex);
    forget(place, address, self);
  }
}

template <class Change>
void LockTable::release(const void* address, Change change) {
  Shard& place = shard(address);
  std::vector<sched::Thread*> wake;
  {
    const std::lock_guard lock(place.mutex);
    change();
    for (const Waiter& waiter : place.waiters) {
      if (waiter.address == address) wake.push_back(waiter.thread);
    }
  }
  for (sched::Thread* thread : wake) sched::Scheduler::current()->unpark(*thread);
}

}  // namespace fltsim::nt
