// What one thread waits for and another brings about, once: a word of the waiting thread's own, on its stack.
//
//   the waiter                                         who brings it about, under the lock that guards the wait
//     while (!over.done()) {                             waking.add(over.complete());
//       if (scheduler.look(over)) break;               and behind the lock
//       scheduler.park(deadline, reason, &over);         ~Waking
//     }
//
// The word says whether the waiter is parked, so that one who is not costs no system call, and nobody else's memory is
// touched. A thread that is woken while its waker holds the lock would only wait for the lock; so wakes are gathered and
// done behind it.
//
// What its partner reads and writes belongs into the word's cache line: each further line costs a transfer from processor to
// processor, which is most of what a hand-over between two threads that look costs.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "sched/scheduler.hpp"

namespace fltsim::sched {

// Invariants:
//   H1  The word goes kOpen -> kDone or kOpen -> the waiter -> kDone. The waiter alone announces, the other side alone
//       completes.
//   H2  complete() is the last touch of the waiter's memory by the other side: the waiter may be gone behind it.
//   H3  What the other side wrote before complete() (release) is seen by who saw done() (acquire).
class HandOver {
 public:
  HandOver() = default;
  HandOver(const HandOver&) = delete;
  HandOver& operator=(const HandOver&) = delete;

  // --- the waiter ---
  bool done() const { return word_.load(std::memory_order_acquire) == kDone; }
  // From here on complete() returns the waiter. False: it is done already. Once announced it stays so.
  [[nodiscard]] bool announce(Thread& waiter) {
    std::uintptr_t word = kOpen;
    return word_.compare_exchange_strong(word, reinterpret_cast<std::uintptr_t>(&waiter),
                                         std::memory_order_acquire) ||
           word != kDone;
  }

  // --- the other side, once ---
  // The thread that is to be unparked, or null: the waiter has not announced that it parks.
  [[nodiscard]] Thread* complete() {
    return reinterpret_cast<Thread*>(word_.exchange(kDone, std::memory_order_acq_rel) & ~kDone);
  }

 private:
  static constexpr std::uintptr_t kOpen = 0;
  static constexpr std::uintptr_t kDone = 1;

  std::atomic<std::uintptr_t> word_{kOpen};
};

// The threads that are to be unparked, behind the lock: declare it before the lock's guard.
class Waking {
 public:
  Waking() = default;
  ~Waking() {
    if (first_ != nullptr) wake();
  }
  Waking(const Waking&) = delete;
  Waking& operator=(const Waking&) = delete;

  void add(Thread* thread) {  // null: nobody
    if (thread == nullptr) return;
    if (first_ == nullptr) {
      first_ = thread;
    } else {
      more_.push_back(thread);
    }
  }

 private:
  void wake();

  Thread* first_ = nullptr;  // mostly the only one
  std::vector<Thread*> more_;
};

}  // namespace fltsim::sched
