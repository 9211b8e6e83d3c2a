// Which locks a thread holds: for recursion, for release by the wrong thread, and for findings about locks
// that are held where a thread waits or ends.
#pragma once

#include "nt/thread.hpp"

namespace fltsim::nt {

// How often the thread holds the lock at `address`; 0: not at all.
std::uint32_t holds(const Thread& thread, const void* address);
void hold(Thread& thread, const void* address, const char* kind);
// False: it does not hold it. Otherwise one hold less.
[[nodiscard]] bool let_go(Thread& thread, const void* address);

// A bug check when the thread is in none. Any IRQL: the callers have limits of their own.
void leave_critical_region(Thread& thread, const char* routine);

}  // namespace fltsim::nt
