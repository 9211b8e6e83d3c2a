// Which locks a thread holds: for recursion, for release by the wrong thread or in the wrong way, and for
// findings about locks that are held where a thread waits or ends.
#pragma once

#include <string_view>

#include "nt/thread.hpp"

namespace fltsim::nt {

// How often the thread holds the lock at `address`; 0: not at all.
std::uint32_t holds(const Thread& thread, const void* address);
void hold(Thread& thread, const void* address, const char* kind);
// False: it does not hold it, or took it as another kind. Otherwise one hold less.
[[nodiscard]] bool let_go(Thread& thread, const void* address, std::string_view kind);

// VER-38 in a client's thread whose APCs are enabled: suspended, it would keep `what`. `instead` is the routine
// that sees to it by itself.
void check_region(Thread& thread, const char* routine, const char* what, const char* instead);

// A lock that is taken has its holder's id in it. An id that nobody ever had is memory that was never
// initialised: VER-44.
void check_holder(Thread& thread, std::uintptr_t holder, const char* kind, const char* routine);
// Why a thread waits for that lock.
sched::WaitReason waits_for_holder(const Thread& thread, std::uintptr_t holder, const char* kind);

// A bug check when the thread is in none. Any IRQL: the callers have limits of their own.
void leave_critical_region(Thread& thread, const char* routine);

}  // namespace fltsim::nt
