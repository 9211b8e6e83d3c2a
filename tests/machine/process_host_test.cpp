#include "fltsim/process_host.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "fltsim/machine.hpp"
#include "nt/process.hpp"
#include "nt/thread.hpp"

namespace fltsim {
namespace {

class ProcessHostTest : public testing::TestWithParam<SchedulerKind> {
 protected:
  static Options options() {
    Options chosen;
    chosen.scheduler = GetParam();
    return chosen;
  }

  Machine machine_{options()};
  Process service_ = machine_.start_process({.image = u"C:\\service.exe"});
  std::shared_ptr<fltlink::Host> host_ = make_process_host(service_);
};

TEST_P(ProcessHostTest, SpawnedThreadIsOneOfTheProcess) {
  std::uint32_t seen = 0;
  EXPECT_EQ(service_.run([&] {
    host_->join(host_->spawn(
        "worker", [](void* id) { *static_cast<std::uint32_t*>(id) = nt::current_thread().process.id; },
        &seen));
  }),
            Outcome::kDone);
  EXPECT_EQ(seen, service_.id());
}

TEST_P(ProcessHostTest, ParkedThreadOfTheProcessIsWokenByAnotherProcess) {
  fltlink::ParkingSpot spot;
  auto waiter = service_.start_thread(
      "waiter", [&] { EXPECT_EQ(host_->park(spot, fltlink::kForever), fltlink::ParkOutcome::kWoken); });
  Process other = machine_.start_process({.image = u"C:\\other.exe"});
  EXPECT_EQ(other.run([&] { host_->wake(spot); }), Outcome::kDone);
  EXPECT_EQ(waiter.join(), Outcome::kDone);
}

// Decision 14.
TEST_P(ProcessHostTest, ThreadsOfAKilledProcessLeaveTheirWaitsAndRunNoFurtherCode) {
  struct Sleeper {
    fltlink::Host& host;
    fltlink::ParkingSpot spot = {};
    std::atomic<bool> went_on = false;
    static void sleep(void* self) {
      auto& sleeper = *static_cast<Sleeper*>(self);
      static_cast<void>(sleeper.host.park(sleeper.spot, fltlink::kForever));
      sleeper.went_on = true;
    }
  };
  Sleeper sleeper{*host_};
  std::atomic<bool> joined = false;
  auto joining = service_.start_thread("joining", [&] {
    host_->join(host_->spawn("sleeper", &Sleeper::sleep, &sleeper));
    joined = true;
  });
  EXPECT_EQ(machine_.advance(std::chrono::milliseconds(1)), Outcome::kDone);
  EXPECT_EQ(service_.kill(), Outcome::kDone);
  EXPECT_EQ(joining.join(), Outcome::kKilled);
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(joined || sleeper.went_on);
}

TEST_P(ProcessHostTest, EndedProcessHasNoThreadToGive) {
  Process other = machine_.start_process({.image = u"C:\\other.exe"});
  EXPECT_EQ(service_.kill(), Outcome::kDone);
  EXPECT_EQ(other.run([&] {
    EXPECT_EQ(host_->spawn(
                  "late", [](void*) { FAIL() << "ran in an ended process"; }, nullptr),
              nullptr);
  }),
            Outcome::kDone);
}

INSTANTIATE_TEST_SUITE_P(Schedulers, ProcessHostTest,
                         testing::Values(SchedulerKind::kSeeded, SchedulerKind::kHost),
                         [](const auto& which) {
                           return which.param == SchedulerKind::kSeeded ? "Seeded" : "Host";
                         });

}  // namespace
}  // namespace fltsim
