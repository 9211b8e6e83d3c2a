// A lock for the few fields that every message goes through. What sets it apart from std::mutex: it is one word, so that it
// and what it guards lie in one cache line, which is what costs most where two processors take turns; it takes a handful of
// instructions; and who finds it held looks a few times before it parks, for it is held no longer than a wake-up takes.
// For std::lock_guard. Any thread; a leaf, as every mutex of the simulator.
#pragma once

#include <atomic>
#include <cstdint>

#include "sched/futex.hpp"

namespace fltsim::sched {

class LeafLock {
 public:
  LeafLock() = default;
  LeafLock(const LeafLock&) = delete;
  LeafLock& operator=(const LeafLock&) = delete;

  // What was done under the lock before is seen: acquire, with the release in unlock().
  void lock() {
    std::uint32_t word = kFree;
    if (!word_.compare_exchange_strong(word, kHeld, std::memory_order_acquire)) wait();
  }
  void unlock() {
    if (word_.exchange(kFree, std::memory_order_release) == kAwaited) futex_wake(word_);
  }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kAwaited = 2;  // held, and somebody may be parked for it
  static constexpr int kLooks = 30;

  void wait();

  std::atomic<std::uint32_t> word_{kFree};
};

}  // namespace fltsim::sched
