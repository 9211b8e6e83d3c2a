#include "sched/leaf_lock.hpp"

#include "sched/pause.hpp"

namespace fltsim::sched {

void LeafLock::wait() {
  for (int left = kLooks; left != 0; --left) {
    pause();
    std::uint32_t word = word_.load(std::memory_order_relaxed);
    if (word == kFree && word_.compare_exchange_strong(word, kHeld, std::memory_order_acquire)) return;
  }
  // Whoever has been parked cannot know that it was the only one.
  while (word_.exchange(kAwaited, std::memory_order_acquire) != kFree) futex_wait(word_, kAwaited);
}

}  // namespace fltsim::sched
