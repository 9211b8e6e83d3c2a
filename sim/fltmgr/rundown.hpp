// Rundown protection: references that can be refused, and one waiter for the last of them to go.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "sched/scheduler.hpp"

namespace fltsim::fltmgr {

// Threads: acquire and release from any simulated thread; close and wait from one simulated thread.
class Rundown {
 public:
  // False once it is closed.
  [[nodiscard]] bool acquire();
  // Gives back what acquire() or hold() has given.
  void release();

  // As acquire(), also while somebody waits: for what must be over before the wait is.
  void hold() { state_.fetch_add(kOne); }

  bool closing() const { return (state_.load() & kClosing) != 0; }
  std::uint64_t count() const { return state_.load(std::memory_order_acquire) / kOne; }

  // Refuses new references from now on.
  void close();
  // Blocks until every reference is released. `what` is the text of a deadlock finding.
  void wait(const std::string& what);

 private:
  static constexpr std::uint64_t kClosing = 1;
  static constexpr std::uint64_t kOne = 2;

  std::atomic<std::uint64_t> state_{0};
  // Set before wait() looks at the count; read after release() has lowered it (both sequentially consistent),
  // so that one of the two sees the other.
  std::atomic<sched::Thread*> waiter_{nullptr};
};

}  // namespace fltsim::fltmgr
