// A binary semaphore between exactly one waiter and any number of posters. What the poster did before post()
// is visible to the waiter after wait(): the release store pairs with the acquire load.
#pragma once

#include <atomic>
#include <cstdint>

#include "sched/futex.hpp"

namespace fltsim::sched {

class Baton {
 public:
  void post() {
    word_.store(1, std::memory_order_release);
    futex_wake(word_);
  }

  void wait() { static_cast<void>(wait_until(kNoDeadline)); }

  // False: the deadline passed and nothing was posted.
  [[nodiscard]] bool wait_until(MonotonicTime deadline) {
    while (word_.load(std::memory_order_acquire) == 0) {
      if (!futex_wait(word_, 0, deadline)) return take();
    }
    return take();
  }

 private:
  bool take() { return word_.exchange(0, std::memory_order_acquire) != 0; }

  std::atomic<std::uint32_t> word_{0};
};

}  // namespace fltsim::sched
