// The futex of Linux, and the two clocks that waiting needs. Nothing else in the simulator blocks an
// operating-system thread.
//
// Every waiter re-checks its word in a loop, so a stray wake-up is harmless. That is what lets a waker call
// futex_wake() on a word whose owner has already seen the new value and gone: the kernel only compares
// addresses.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace fltsim::sched {

using MonotonicTime = std::chrono::nanoseconds;  // on CLOCK_MONOTONIC, since an arbitrary start
inline constexpr MonotonicTime kNoDeadline = MonotonicTime::max();

MonotonicTime monotonic_now();

// Blocks while `word` holds `expected`, until a wake, a signal or the deadline. Returns false only when the
// deadline has passed.
bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                MonotonicTime deadline = kNoDeadline);

// Wakes every waiter of `word`.
void futex_wake(const std::atomic<std::uint32_t>& word);

// Keeps the calling thread where it is for the rest of the program, without using the processor.
[[noreturn]] void block_forever();

}  // namespace fltsim::sched
