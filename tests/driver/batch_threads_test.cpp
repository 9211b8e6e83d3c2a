// Batches on the operating system's threads; the thread sanitizer looks on.
#include "driver/batch_machine.hpp"
#include "support/scale.hpp"

namespace drmfilter::test {
namespace {

TEST(BatchThreadsTest, ProgramsAtWorkLoseNothing) {
  for (int round = 0; round < fltlink::test::scaled(10); ++round) {
    fltsim::Options options;
    options.scheduler = fltsim::SchedulerKind::kHost;
    Batches(options).expect_nothing_lost(round % 2 == 0 ? 0 : 300);
  }
}

}  // namespace
}  // namespace drmfilter::test
