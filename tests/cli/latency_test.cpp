#include "cli/latency.hpp"

#include <gtest/gtest.h>

namespace fltlink::cli {
namespace {

TEST(LatencyTest, NoDurationsHaveNoPercentiles) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.percentile(500), 0u);
  EXPECT_EQ(histogram.percentile(999), 0u);
}

TEST(LatencyTest, ShortDurationsAreExact) {
  LatencyHistogram histogram;
  for (Ticks duration = 0; duration < 64; ++duration) histogram.add(duration);
  for (Ticks duration = 0; duration < 64; ++duration) {
    LatencyHistogram alone;
    alone.add(duration);
    EXPECT_EQ(alone.percentile(999), duration);
  }
  EXPECT_EQ(histogram.percentile(500), 31u);
  EXPECT_EQ(histogram.percentile(1000), 63u);
}

TEST(LatencyTest, LongDurationsAreRoundedUpByAThirtySecondAtMost) {
  for (const Ticks duration : {Ticks{64}, Ticks{65}, Ticks{127}, Ticks{128}, Ticks{1'000'000}, Ticks{1} << 40,
                               UINT64_MAX - 1, UINT64_MAX}) {
    LatencyHistogram histogram;
    histogram.add(duration);
    const Ticks shown = histogram.percentile(500);
    EXPECT_GE(shown, duration);
    EXPECT_LE(shown - duration, duration / 32) << duration;
  }
}

TEST(LatencyTest, PercentileIsTheLeastThatSoManyDoNotExceed) {
  LatencyHistogram histogram;
  for (int i = 0; i < 999; ++i) histogram.add(1);
  histogram.add(50);
  EXPECT_EQ(histogram.percentile(500), 1u);
  EXPECT_EQ(histogram.percentile(999), 1u);
  EXPECT_EQ(histogram.percentile(1000), 50u);
  histogram.add(50);
  EXPECT_EQ(histogram.percentile(999), 50u) << "999 of 1001 are less than 99.9 %";
}

}  // namespace
}  // namespace fltlink::cli
