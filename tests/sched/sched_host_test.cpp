// The library's Host on both schedulers.
#include "sched/sched_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/sched_test_support.hpp"

namespace fltsim::sched {
namespace {

using fltlink::ParkingSpot;
using fltlink::ParkOutcome;
using testing::HasSubstr;

class SchedHostTest : public testing::TestWithParam<bool> {
 protected:
  RunResult run(std::function<void()> body) {
    return scheduler_->run_until(scheduler_->spawn("body", nullptr, std::move(body)));
  }

  std::unique_ptr<Scheduler> scheduler_ = Scheduler::create({.seeded = GetParam()});
  int hooked_ = 0;
  SchedHost host_{*scheduler_, [this](std::string name, std::function<void()> entry) {
                    ++hooked_;
                    scheduler_->spawn(std::move(name), nullptr, std::move(entry));
                    return true;
                  }};
};

INSTANTIATE_TEST_SUITE_P(Both, SchedHostTest, testing::Bool(),
                         [](const auto& param) { return param.param ? "Seeded" : "Host"; });

TEST_P(SchedHostTest, WakeBeforeParkIsRememberedOnce) {
  ParkingSpot spot;
  EXPECT_EQ(run([&] {
              host_.wake(spot);
              host_.wake(spot);
              EXPECT_EQ(host_.park(spot, kForever), ParkOutcome::kWoken);
              EXPECT_EQ(host_.park(spot, host_.now()), ParkOutcome::kTimedOut);
            }),
            RunResult::kDone);
}

TEST_P(SchedHostTest, WakeThatIsPendingWinsOverAPassedDeadline) {
  ParkingSpot spot;
  EXPECT_EQ(run([&] {
              host_.wake(spot);
              EXPECT_EQ(host_.park(spot, 0), ParkOutcome::kWoken);
            }),
            RunResult::kDone);
}

TEST_P(SchedHostTest, ParkTimesOutNotBeforeItsDeadline) {
  ParkingSpot spot;
  EXPECT_EQ(run([&] {
              const Ticks deadline = host_.now() + 2 * kTicksPerMillisecond;
              EXPECT_EQ(host_.park(spot, deadline), ParkOutcome::kTimedOut);
              EXPECT_GE(host_.now(), deadline);
            }),
            RunResult::kDone);
}

TEST_P(SchedHostTest, StrayPermitOfTheThreadDoesNotEndAPark) {
  ParkingSpot spot;
  EXPECT_EQ(run([&] {
              scheduler_->unpark(*Scheduler::current_thread());
              EXPECT_EQ(host_.park(spot, host_.now() + kTicksPerMillisecond), ParkOutcome::kTimedOut);
            }),
            RunResult::kDone);
}

TEST_P(SchedHostTest, WakeFromTheControlThreadReachesTheParkedThread) {
  ParkingSpot spot;
  Thread& thread = scheduler_->spawn("parked", nullptr,
                                     [&] { EXPECT_EQ(host_.park(spot, kForever), ParkOutcome::kWoken); });
  ASSERT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(scheduler_->describe_threads(), "\"parked\" waits for wake of a parking spot\n");
  host_.wake(spot);
  EXPECT_EQ(scheduler_->run_until(thread), RunResult::kDone);
}

struct PingPong {
  SchedHost& host;
  int rounds;
  ParkingSpot ping{}, pong{};
  int value = 0;  // handed over by the wakes alone, so that the thread sanitizer checks their ordering

  static void answer(void* context) {
    auto& self = *static_cast<PingPong*>(context);
    for (int i = 0; i < self.rounds; ++i) {
      EXPECT_EQ(self.host.park(self.ping, kForever), ParkOutcome::kWoken);
      ++self.value;
      self.host.wake(self.pong);
    }
  }
};

TEST_P(SchedHostTest, NoWakeIsLostBetweenTwoThreadsThatTakeTurns) {
  PingPong game{.host = host_, .rounds = scaled(2000)};
  EXPECT_EQ(run([&] {
              void* answer = host_.spawn("answer", &PingPong::answer, &game);
              for (int i = 0; i < game.rounds; ++i) {
                host_.wake(game.ping);
                EXPECT_EQ(host_.park(game.pong, kForever), ParkOutcome::kWoken);
              }
              host_.join(answer);
            }),
            RunResult::kDone);
  EXPECT_EQ(game.value, game.rounds);
  EXPECT_EQ(hooked_, 1) << "threads are started through the machine's hook";
}

TEST_P(SchedHostTest, JoinOfAThreadThatNeverEndsIsADeadlockThatNamesIt) {
  ParkingSpot never;
  struct Stuck {
    SchedHost& host;
    ParkingSpot& spot;
    static void entry(void* context) {
      auto& self = *static_cast<Stuck*>(context);
      static_cast<void>(self.host.park(self.spot, kForever));
    }
  } stuck{host_, never};
  EXPECT_EQ(run([&] { host_.join(host_.spawn("stuck worker", &Stuck::entry, &stuck)); }),
            RunResult::kDeadlock);
  EXPECT_THAT(scheduler_->describe_threads(),
              HasSubstr("\"body\" waits for end of thread \"stuck worker\", owned by \"stuck worker\""));
}

TEST_P(SchedHostTest, JoinReturnsForAThreadThatIsUnwound) {
  struct Killed {};
  SchedHost host(*scheduler_, [this](std::string name, std::function<void()> entry) {
    scheduler_->spawn(std::move(name), nullptr, [entry = std::move(entry)] {
      try {
        entry();
      } catch (const Killed&) {
      }
    });
    return true;
  });
  EXPECT_EQ(run([&] {
              host.join(host.spawn(
                  "killed", [](void*) { throw Killed(); }, nullptr));
            }),
            RunResult::kDone);
}

TEST_P(SchedHostTest, SpawnWithoutAThreadToHaveIsNull) {
  SchedHost host(*scheduler_, [](std::string, std::function<void()>) { return false; });
  EXPECT_EQ(run([&] {
              EXPECT_EQ(host.spawn(
                            "never", [](void*) { FAIL() << "ran without a thread"; }, nullptr),
                        nullptr);
            }),
            RunResult::kDone);
}

TEST_P(SchedHostTest, RelaxLetsAnotherThreadRun) {
  std::atomic<bool> ready{false};
  Thread& spinner = scheduler_->spawn("spinner", nullptr, [&] {
    while (!ready) host_.relax();
  });
  scheduler_->spawn("setter", nullptr, [&] { ready = true; });
  EXPECT_EQ(scheduler_->run_until(spinner), RunResult::kDone);
}

}  // namespace
}  // namespace fltsim::sched
