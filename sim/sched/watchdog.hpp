// Finds a thread that uses the processor for too long between two switch points. It goes by the processor
// time of that thread alone: a machine under load, a slow disk or a debugger does not trip it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "sched/carrier.hpp"

namespace fltsim::sched {

class Watchdog {
 public:
  explicit Watchdog(std::uint64_t limit_ms) : limit_(std::chrono::milliseconds(limit_ms)) {}

  bool enabled() const { return limit_.count() != 0; }

  // How often look() is worth a call.
  std::chrono::nanoseconds interval() const {
    using std::chrono::milliseconds;
    return std::clamp<std::chrono::nanoseconds>(limit_ / 4, milliseconds(1), milliseconds(500));
  }

  struct Sighting {
    const Carrier* carrier = nullptr;
    std::uint64_t step = 0;
    std::chrono::nanoseconds used{};
  };

  // One look at a thread that has made `step` steps so far. True: it is where it was at an earlier look, and
  // has used up the limit since.
  bool look(Sighting& last, const Carrier& carrier, std::uint64_t step) const {
    const std::chrono::nanoseconds used = carrier.processor_time();
    if (last.carrier != &carrier || last.step != step) {
      last = {&carrier, step, used};
      return false;
    }
    return used - last.used >= limit_;
  }

 private:
  std::chrono::nanoseconds limit_;
};

}  // namespace fltsim::sched
