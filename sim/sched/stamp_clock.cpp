#include "sched/stamp_clock.hpp"

#include <fstream>
#include <string>

namespace fltsim::sched {

bool StampClock::kernel_keeps_time_by_counter() {
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string source;
  return file >> source && source == "tsc";
}

// At one moment: of a few tries the one that was interrupted least.
StampClock::Both StampClock::read_both() const {
  Both best{};
  MonotonicTime least = MonotonicTime::max();
  for (int tries = 0; tries < 5; ++tries) {
    const MonotonicTime before = monotonic_now();
    const std::uint64_t between = stamp();
    const MonotonicTime took = monotonic_now() - before;
    if (took >= least) continue;
    least = took;
    best = {between, before + took / 2};
  }
  return best;
}

StampClock::Scale StampClock::scale() const {
  const Both now = read_both();
  const std::uint64_t units = now.stamp > start_.stamp ? now.stamp - start_.stamp : 1;
  const auto nanoseconds = static_cast<double>((now.time - start_.time).count());
  return {start_.stamp, start_.time, nanoseconds / static_cast<double>(units)};
}

}  // namespace fltsim::sched
