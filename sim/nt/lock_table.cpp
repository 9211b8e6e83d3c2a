#include "nt/lock_table.hpp"

#include <algorithm>

namespace fltsim::nt {

void LockTable::forget(Shard& shard, const void* address, const sched::Thread* thread) {
  const auto found = std::find_if(shard.waiters.begin(), shard.waiters.end(), [&](const Waiter& waiter) {
    return waiter.address == address && waiter.thread == thread;
  });
  if (found != shard.waiters.end()) shard.waiters.erase(found);
}

}  // namespace fltsim::nt
