#include "nt/lock_table.hpp"

#include <algorithm>

namespace fltsim::nt {

void LockTable::forget(Shard& shard, const void* address, const sched::Thread* thread) {
  const auto found = std::find_if(shard.waiters.begin(), shard.waiters.end(), [&](const Waiter& waiter) {
    return waiter.address == address && waiter.thread == thread;
  });
  if (found != shard.waiters.end()) shard.waiters.erase(found);
}

void LockTable::tell_of_wait(const void* address) {
  const Thread* const thread = current_thread_or_null();
  if (thread != nullptr && thread->on_lock_wait) thread->on_lock_wait(address);
}

}  // namespace fltsim::nt
