// Cache lines that two processors hand to each other.
#pragma once

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

}  // namespace fltsim::sched
