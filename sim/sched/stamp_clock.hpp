// The monotonic clock for who notes many points in time and looks at few. A stamp is what is cheapest to read: the
// processor's own counter where the kernel itself keeps the time by it, which it does only while that runs evenly and
// alike on all processors, and the monotonic clock elsewhere. How long a unit of it is comes out of a stamp and a time at
// the beginning and another pair when somebody wants to know, so nothing has to be measured first.
#pragma once

#include <cstdint>

#include "sched/futex.hpp"

namespace fltsim::sched {

// Any thread.
class StampClock {
 public:
  struct Scale {
    std::uint64_t stamp;
    MonotonicTime time;
    double unit;  // nanoseconds

    MonotonicTime time_of(std::uint64_t of) const {
      const double units = of > stamp ? static_cast<double>(of - stamp) : 0;
      return time + MonotonicTime(static_cast<std::int64_t>(units * unit));
    }
  };

  StampClock() : start_(read_both()) {}

  std::uint64_t stamp() const {
#if defined(__x86_64__)
    if (counter_) [[likely]]
      return __builtin_ia32_rdtsc();
#endif
    return static_cast<std::uint64_t>(monotonic_now().count());
  }

  // For stamps from the beginning until now.
  Scale scale() const;

 private:
  struct Both {
    std::uint64_t stamp;
    MonotonicTime time;
  };

  static bool kernel_keeps_time_by_counter();
  Both read_both() const;

  const bool counter_ = kernel_keeps_time_by_counter();
  const Both start_;
};

}  // namespace fltsim::sched
