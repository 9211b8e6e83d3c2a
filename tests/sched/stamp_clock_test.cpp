#include "sched/stamp_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace fltsim::sched {
namespace {

// By so much the clock may be wrong about a moment at which it read both clocks; the readings below take 50 times as long.
constexpr MonotonicTime kTolerance = std::chrono::microseconds(200);

TEST(StampClockTest, TimeOfAStampLiesBetweenReadingsOfTheMonotonicClock) {
  const StampClock clock;
  struct Reading {
    MonotonicTime before;
    std::uint64_t stamp;
    MonotonicTime behind;
  };
  std::vector<Reading> readings(100'000);
  for (Reading& reading : readings) {
    reading.before = monotonic_now();
    reading.stamp = clock.stamp();
    reading.behind = monotonic_now();
  }
  const StampClock::Scale scale = clock.scale();
  for (const Reading& reading : readings) {
    ASSERT_GE(scale.time_of(reading.stamp), reading.before - kTolerance);
    ASSERT_LE(scale.time_of(reading.stamp), reading.behind + kTolerance);
  }
}

TEST(StampClockTest, LaterStampIsNoEarlierTime) {
  const StampClock clock;
  const std::uint64_t first = clock.stamp();
  const std::uint64_t second = clock.stamp();
  const StampClock::Scale scale = clock.scale();
  EXPECT_LE(scale.time_of(first), scale.time_of(second));
  EXPECT_LE(scale.time_of(0), scale.time_of(first));
}

}  // namespace
}  // namespace fltsim::sched
