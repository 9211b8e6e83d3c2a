// Waiting for a word of memory to change, as WaitOnAddress: what critical sections, slim locks and condition variables
// of user mode are made of.
//
// Threads: any; one leaf lock. Whoever changes the word wakes behind the change.
#pragma once

#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "nt/thread.hpp"

namespace fltsim::client {

class AddressWaits {
 public:
  enum class Result {
    kWoken,  // or the word had changed already
    kTimeout,
    kTerminated,
  };
  // Waits while `unchanged()`, which is asked under the lock and only reads memory, until a wake of `address`.
  Result wait(nt::Thread& thread, const void* address, const std::function<bool()>& unchanged,
              sched::Ticks deadline, std::string_view kind);
  void wake_one(const void* address) { wake(address, false); }
  void wake_all(const void* address) { wake(address, true); }

 private:
  struct Waiter {
    const void* address;
    sched::Thread* thread;
    bool woken = false;
  };
  void wake(const void* address, bool all);

  std::mutex mutex_;
  std::vector<Waiter*> waiters_;  // those that came first are woken first
};

}  // namespace fltsim::client
