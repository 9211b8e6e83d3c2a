// The timer of a host scheduler: one thread that wakes those whose time is up. A thread that parks with a deadline is
// mostly woken long before it; so it sets no timer of the kernel's for that, which costs as much as a good part of the wait.
// It looks whether the timekeeper will look again in time anyway, and calls it only when not. The timekeeper may so look for
// a thread that has long gone on: once per earliest deadline, not once per wait.
//
// Invariants:
//   T1  Whoever has parked with a deadline has set it where expire() finds it, then asks for next_ (see_to); the timekeeper
//       sets next_ to kForever, then looks (all sequentially consistent). So for each deadline the look sees it, or the
//       thread sees kForever and calls.
//   T2  next_ is no later than the end of the timekeeper's sleep, unless calls_ has moved since before its last look.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "sched/baton.hpp"
#include "sched/carrier.hpp"
#include "sched/scheduler.hpp"

namespace fltsim::sched {

class Timekeeper {
 public:
  // Wakes whoever waits for a point in time that has passed, and says when the earliest of the others is due. Runs in the
  // timekeeper's thread.
  using Expire = std::function<Ticks()>;
  using ToMonotonic = std::function<MonotonicTime(Ticks)>;
  Timekeeper(Expire expire, ToMonotonic to_monotonic)
      : expire_(std::move(expire)), to_monotonic_(std::move(to_monotonic)) {}
  Timekeeper(const Timekeeper&) = delete;
  Timekeeper& operator=(const Timekeeper&) = delete;

  // Any thread: whether it looks by then without a call.
  bool looks_by(Ticks deadline) const { return next_.load() <= deadline; }
  // A thread that has just parked with this deadline. The first call starts the timekeeper's thread.
  void see_to(Ticks deadline) {
    if (!looks_by(deadline)) call(deadline);
  }
  // From here on nobody is woken. Waits until the timekeeper's thread is gone.
  void stop();

 private:
  static void carry(Carrier& carrier, void* timekeeper);
  void call(Ticks deadline);
  void start();
  void keep_time();

  const Expire expire_;
  const ToMonotonic to_monotonic_;
  std::atomic<Ticks> next_{kForever};    // when it looks, at the latest; kForever also while it does
  std::atomic<std::uint32_t> calls_{0};  // what it sleeps on
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;  // start() and stop()
  std::atomic<bool> started_{false};
  Baton gone_;
};

}  // namespace fltsim::sched
