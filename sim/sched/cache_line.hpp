// Cache lines that two processors hand to each other.
#pragma once

#include <atomic>
#include <cstddef>

namespace fltsim::sched {

inline constexpr std::size_t kCacheLine = 64;

// Begins to fetch the line of `address`, which another processor has changed last and this one is about to change: for
// reading and writing at once, where the first read would fetch it and the first write ask for it again. Touches nothing.
inline void fetch_to_change(const void* address) {
#if defined(__x86_64__)
  // The built-in prefetches for writing only where the target says that its processors know how; all others ignore it.
  __asm__ volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
#else
  __builtin_prefetch(address, 1);
#endif
}

// Where what the other side lends lay the last time, an object and a buffer. Who lends something on its stack in a loop
// lends it at the same place again; so it can be fetched together with what says where it lies, and not one behind the
// other. A wrong place costs nothing but the fetch.
class LastPlace {
 public:
  // Changes nothing where it was the same, so that the line of this stays with whoever reads it.
  void note(const void* object, const void* buffer) {
    if (object_.load(std::memory_order_relaxed) != object) object_.store(object, std::memory_order_relaxed);
    if (buffer_.load(std::memory_order_relaxed) != buffer) buffer_.store(buffer, std::memory_order_relaxed);
  }
  void fetch_to_change() const {
    sched::fetch_to_change(object_.load(std::memory_order_relaxed));
    sched::fetch_to_change(buffer_.load(std::memory_order_relaxed));
  }

 private:
  std::atomic<const void*> object_{nullptr};
  std::atomic<const void*> buffer_{nullptr};
};

}  // namespace fltsim::sched
