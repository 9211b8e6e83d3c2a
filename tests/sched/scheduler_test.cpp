// What both schedulers promise, run on both.
#include "sched/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "sched/hand_over.hpp"
#include "sched/sched_test_support.hpp"

namespace fltsim::sched {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SchedulerTest : public testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<Scheduler> make() const { return Scheduler::create({.seeded = GetParam()}); }

  std::unique_ptr<Scheduler> scheduler_ = make();
};

INSTANTIATE_TEST_SUITE_P(Both, SchedulerTest, testing::Bool(),
                         [](const auto& param) { return param.param ? "Seeded" : "Host"; });

TEST_P(SchedulerTest, RunUntilReturnsWhenTheThreadHasEnded) {
  bool ran = false;
  Thread& thread = scheduler_->spawn("worker", nullptr, [&] { ran = true; });
  EXPECT_EQ(scheduler_->run_until(thread), RunResult::kDone);
  EXPECT_TRUE(ran);
  EXPECT_EQ(scheduler_->threads().at(0).phase, ThreadState::Phase::kEnded);
}

TEST_P(SchedulerTest, CurrentNamesTheSimulatedThreadAndNothingOnTheControlThread) {
  int user = 0;
  void* seen_user = nullptr;
  Scheduler* seen_scheduler = nullptr;
  Thread* seen_thread = nullptr;
  Thread& thread = scheduler_->spawn("worker", &user, [&] {
    seen_user = Scheduler::current_user();
    seen_scheduler = Scheduler::current();
    seen_thread = Scheduler::current_thread();
  });
  ASSERT_EQ(scheduler_->run_until(thread), RunResult::kDone);
  EXPECT_EQ(seen_user, &user);
  EXPECT_EQ(seen_scheduler, scheduler_.get());
  EXPECT_EQ(seen_thread, &thread);
  EXPECT_EQ(Scheduler::current(), nullptr);
  EXPECT_EQ(Scheduler::current_thread(), nullptr);
  EXPECT_EQ(Scheduler::current_user(), nullptr);
}

TEST_P(SchedulerTest, IdsCountSpawns) {
  Thread& first = scheduler_->spawn("first", nullptr, [] {});
  Thread& second = scheduler_->spawn("second", nullptr, [] {});
  EXPECT_EQ(scheduler_->id(first), 1u);
  EXPECT_EQ(scheduler_->id(second), 2u);
  EXPECT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
}

TEST_P(SchedulerTest, UnparkBeforeParkIsNotLostAndPermitsDoNotAddUp) {
  std::vector<ParkResult> results;
  Thread& thread = scheduler_->spawn("worker", nullptr, [&] {
    Thread& self = *Scheduler::current_thread();
    scheduler_->unpark(self);
    scheduler_->unpark(self);
    results.push_back(scheduler_->park(kForever, test_wait()));
    results.push_back(scheduler_->park(scheduler_->now() + 10, test_wait()));
  });
  ASSERT_EQ(scheduler_->run_until(thread), RunResult::kDone);
  EXPECT_THAT(results, ElementsAre(ParkResult::kUnparked, ParkResult::kDeadline));
}

TEST_P(SchedulerTest, UnparkFromTheControlThreadEndsThePark) {
  ParkResult result = ParkResult::kDeadline;
  Thread& thread =
      scheduler_->spawn("worker", nullptr, [&] { result = scheduler_->park(kForever, test_wait()); });
  ASSERT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(scheduler_->threads().at(0).phase, ThreadState::Phase::kParked);
  scheduler_->unpark(thread);
  ASSERT_EQ(scheduler_->run_until(thread), RunResult::kDone);
  EXPECT_EQ(result, ParkResult::kUnparked);
}

TEST_P(SchedulerTest, ParkWithAPassedDeadlineReturnsAtOnce) {
  ParkResult result = ParkResult::kUnparked;
  Thread& thread = scheduler_->spawn("worker", nullptr,
                                     [&] { result = scheduler_->park(scheduler_->now(), test_wait()); });
  ASSERT_EQ(scheduler_->run_until(thread), RunResult::kDone);
  EXPECT_EQ(result, ParkResult::kDeadline);
}

TEST_P(SchedulerTest, DeadlineIsNotBeforeItsTime) {
  Ticks before = 0;
  Ticks after = 0;
  Thread& thread = scheduler_->spawn("worker", nullptr, [&] {
    before = scheduler_->now();
    EXPECT_EQ(scheduler_->park(before + 5 * kTicksPerMillisecond, test_wait()), ParkResult::kDeadline);
    after = scheduler_->now();
  });
  ASSERT_EQ(scheduler_->run_until(thread), RunResult::kDone);
  EXPECT_GE(after, before + 5 * kTicksPerMillisecond);
}

TEST_P(SchedulerTest, PingPongOverTwoFlagsEnds) {
  const int rounds = scaled(2000);
  std::vector<std::unique_ptr<Flag>> flags;
  for (int i = 0; i < 2 * rounds; ++i) flags.push_back(std::make_unique<Flag>(*scheduler_));
  int sum = 0;
  scheduler_->spawn("ping", nullptr, [&] {
    for (int i = 0; i < rounds; ++i) {
      ++sum;
      flags[2 * i]->set();
      flags[2 * i + 1]->wait();
    }
  });
  Thread& pong = scheduler_->spawn("pong", nullptr, [&] {
    for (int i = 0; i < rounds; ++i) {
      flags[2 * i]->wait();
      ++sum;
      flags[2 * i + 1]->set();
    }
  });
  EXPECT_EQ(scheduler_->run_until(pong), RunResult::kDone);
  EXPECT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(sum, 2 * rounds);
}

TEST_P(SchedulerTest, RunUntilPredicateIsAskedWhenAllWait) {
  std::atomic<int> steps{0};
  Thread& thread = scheduler_->spawn("worker", nullptr, [&] {
    ++steps;
    scheduler_->park(kForever, test_wait());
    ++steps;
    scheduler_->park(kForever, test_wait());
  });
  EXPECT_EQ(scheduler_->run_until([&] { return steps == 1; }), RunResult::kDone);
  ASSERT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  scheduler_->unpark(thread);
  EXPECT_EQ(scheduler_->run_until([&] { return steps == 2; }), RunResult::kDone);
}

TEST_P(SchedulerTest, RunUntilPredicateIsAskedAgainWhenAThreadSaysSo) {
  std::atomic<bool> reached{false};
  scheduler_->spawn("worker", nullptr, [&, &scheduler = *scheduler_] {
    reached = true;
    scheduler.look_again();
    for (;;) scheduler.park(scheduler.now() + kTicksPerMillisecond, test_wait());
  });
  EXPECT_EQ(scheduler_->run_until([&] { return reached.load(); }), RunResult::kDone);
  scheduler_.reset();  // with the thread where it stands
}

TEST_P(SchedulerTest, HandOverEndsAParkAndIsSeenByWhoParksLater) {
  std::atomic<HandOver*> asked{nullptr};
  bool parks = true;
  Flag done(*scheduler_);
  Thread& waiter = scheduler_->spawn("waiter", nullptr, [&] {
    for (const bool parked : {true, false}) {
      parks = parked;
      HandOver over;
      asked = &over;
      if (!parked) done.wait();
      while (!over.done()) scheduler_->park(kForever, test_wait(), &over);
    }
  });
  ASSERT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  scheduler_->unpark(waiter);  // a permit ends the park, and not the wait
  ASSERT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  Thread* const parked = asked.load()->complete();
  EXPECT_EQ(parked, &waiter);
  scheduler_->unpark(*parked);
  ASSERT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  ASSERT_FALSE(parks);
  EXPECT_EQ(asked.load()->complete(), nullptr) << "it has not announced that it parks";
  scheduler_->spawn("other", nullptr, [&] { done.set(); });
  EXPECT_EQ(scheduler_->run_until(waiter), RunResult::kDone);
  EXPECT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
}

TEST_P(SchedulerTest, DeadlineEndsAParkForAHandOver) {
  ParkResult result = ParkResult::kUnparked;
  Thread& waiter = scheduler_->spawn("waiter", nullptr, [&] {
    HandOver over;
    result = scheduler_->park(scheduler_->now() + kTicksPerMillisecond, test_wait(), &over);
  });
  EXPECT_EQ(scheduler_->run_until(waiter), RunResult::kDone);
  EXPECT_EQ(result, ParkResult::kDeadline);
}

TEST_P(SchedulerTest, DescriptionOfAWaitIsMadeWhenItIsAskedFor) {
  int made = 0;
  scheduler_->spawn("waiter", nullptr, [&] {
    scheduler_->park(kForever, {"event", {}, nullptr, [&] {
                                  ++made;
                                  return std::string("worker stop");
                                }});
  });
  ASSERT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(made, 0);
  EXPECT_EQ(scheduler_->describe_threads(), "\"waiter\" waits for event \"worker stop\"\n");
  EXPECT_EQ(made, 1);
}

TEST_P(SchedulerTest, AllParkedWithoutDeadlineIsADeadlockThatNamesThreadsReasonsAndOwners) {
  Thread& owner = scheduler_->spawn("owner of the lock", nullptr, [&] {
    scheduler_->park(kForever, {"event", "worker stop", nullptr});
  });
  Thread& waiter = scheduler_->spawn("waiter", nullptr, [&] {
    scheduler_->park(kForever, {"push lock", "policy table", &owner});
  });
  EXPECT_EQ(scheduler_->run_until(waiter), RunResult::kDeadlock);
  EXPECT_EQ(scheduler_->describe_threads(),
            "\"owner of the lock\" waits for event \"worker stop\"\n"
            "\"waiter\" waits for push lock \"policy table\", owned by \"owner of the lock\"\n");
}

TEST_P(SchedulerTest, DeadlockOfAPredicateIsReportedToo) {
  scheduler_->spawn("waiter", nullptr, [&] { scheduler_->park(kForever, test_wait()); });
  EXPECT_EQ(scheduler_->run_until([] { return false; }), RunResult::kDeadlock);
}

TEST_P(SchedulerTest, MachineGoesOnAfterADeadlock) {
  Flag flag(*scheduler_);
  Thread& waiter = scheduler_->spawn("waiter", nullptr, [&] { flag.wait(); });
  ASSERT_EQ(scheduler_->run_until(waiter), RunResult::kDeadlock);
  flag.set();
  EXPECT_EQ(scheduler_->run_until(waiter), RunResult::kDone);
}

TEST_P(SchedulerTest, QuiescenceLeavesDeadlinesPending) {
  const Ticks far = scheduler_->now() + 3600 * kTicksPerSecond;
  Thread& thread = scheduler_->spawn("sleeper", nullptr, [&] { scheduler_->park(far, test_wait()); });
  EXPECT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  const ThreadState state = scheduler_->threads().at(0);
  EXPECT_EQ(state.phase, ThreadState::Phase::kParked);
  EXPECT_EQ(state.deadline, far);
  EXPECT_THAT(scheduler_->describe_threads(), HasSubstr("for another 3"));
  scheduler_->unpark(thread);
  EXPECT_EQ(scheduler_->run_until(thread), RunResult::kDone);
}

TEST_P(SchedulerTest, AdvanceFiresTheDeadlinesInItInOrder) {
  std::vector<int> order;
  std::mutex mutex;
  const Ticks start = scheduler_->now();
  for (int i : {3, 1, 2, 9999}) {
    scheduler_->spawn("sleeper", nullptr, [&, i] {
      scheduler_->park(start + i * 10 * kTicksPerMillisecond, test_wait());
      std::lock_guard lock(mutex);
      order.push_back(i);
    });
  }
  EXPECT_EQ(scheduler_->advance(start + 60 * kTicksPerMillisecond - scheduler_->now()), RunResult::kDone);
  EXPECT_GE(scheduler_->now(), start + 60 * kTicksPerMillisecond);
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST_P(SchedulerTest, SimulatedThreadsSpawnThreads) {
  const int count = scaled(200);
  std::atomic<int> ran{0};
  Thread& root = scheduler_->spawn("root", nullptr, [&] {
    for (int i = 0; i < count; ++i) scheduler_->spawn("child", nullptr, [&] { ++ran; });
  });
  EXPECT_EQ(scheduler_->run_until(root), RunResult::kDone);
  EXPECT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(ran, count);
}

TEST_P(SchedulerTest, WatchdogEndsALoopWithoutSwitchPoints) {
  static std::atomic<bool> stop;  // the thread spins on when this test has returned
  stop = false;
  auto machine = Scheduler::create({.seeded = GetParam(), .watchdog_ms = 50});
  Thread& thread = machine->spawn("spinner", nullptr, [] {
    while (!stop) {
    }
    Scheduler::current_user();
    ADD_FAILURE() << "an abandoned thread ran on";
  });
  EXPECT_EQ(machine->run_until(thread), RunResult::kWatchdog);
  EXPECT_EQ(machine->run_to_quiescence(), RunResult::kWatchdog);
  EXPECT_EQ(machine->advance(1), RunResult::kWatchdog);
  EXPECT_THAT(machine->describe_threads(), HasSubstr("\"spinner\" can run"));
  machine.reset();
  stop = true;
  EXPECT_EQ(scheduler_->advance(20 * kTicksPerMillisecond), RunResult::kDone);
}

TEST_P(SchedulerTest, AbandonedThreadsNeverRunAgain) {
  std::atomic<bool> destroyed{false};
  std::atomic<int> ran_on{0};
  for (Ticks pause : {kForever, 2 * kTicksPerMillisecond, 3 * kTicksPerMillisecond}) {
    scheduler_->spawn("forever", nullptr, [&, pause, &s = *scheduler_] {
      for (;;) {
        s.park(pause == kForever ? kForever : s.now() + pause, test_wait());
        if (destroyed) ++ran_on;
      }
    });
  }
  ASSERT_EQ(scheduler_->run_to_quiescence(), RunResult::kDone);
  scheduler_.reset();
  destroyed = true;
  // Longer than the deadlines of the abandoned threads, in the host's own time too.
  ASSERT_EQ(make()->advance(20 * kTicksPerMillisecond), RunResult::kDone);
  EXPECT_EQ(ran_on, 0);
}

TEST_P(SchedulerTest, AThousandSchedulersInARowKeepTheThreadCountFlat) {
  auto use_one = [&] {
    auto machine = make();
    for (int i = 0; i < 4; ++i)
      machine->spawn("worker", nullptr, [&m = *machine] { m.switch_point("work"); });
    ASSERT_EQ(machine->run_to_quiescence(), RunResult::kDone);
  };
  use_one();  // the sanitizers' own threads start with the first one
  const auto before = os_thread_count();
  for (int i = 0; i < scaled(1000); ++i) use_one();
  EXPECT_LE(os_thread_count(), before + 4) << "as many as one scheduler needs";
}

TEST_P(SchedulerTest, TwoSchedulersRunInParallelUnderTwoControlThreads) {
  auto use_one = [this] {
    auto machine = make();
    std::atomic<int> sum{0};
    for (int i = 0; i < 4; ++i) {
      machine->spawn("worker", nullptr, [&] {
        for (int step = 0; step < scaled(500); ++step) {
          ++sum;
          machine->switch_point("work");
        }
      });
    }
    EXPECT_EQ(machine->run_to_quiescence(), RunResult::kDone);
    EXPECT_EQ(sum, 4 * scaled(500));
  };
  std::thread other(use_one);
  use_one();
  other.join();
}

TEST_P(SchedulerTest, EntryIsDestroyedWhenItsThreadEnds) {
  auto token = std::make_shared<int>(1);
  Thread& thread = scheduler_->spawn("worker", nullptr, [token] {});
  ASSERT_EQ(scheduler_->run_until(thread), RunResult::kDone);
  EXPECT_EQ(token.use_count(), 1);
}

using SchedulerDeathTest = SchedulerTest;
INSTANTIATE_TEST_SUITE_P(Both, SchedulerDeathTest, testing::Bool(),
                         [](const auto& param) { return param.param ? "Seeded" : "Host"; });

TEST_P(SchedulerDeathTest, ExceptionThatLeavesAnEntryEndsTheProgramWithTheThreadsName) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto machine = make();
        machine->spawn("broken worker", nullptr, [] { throw std::runtime_error("no way"); });
        static_cast<void>(machine->run_to_quiescence());
      },
      "no way.*broken worker");
}

TEST_P(SchedulerDeathTest, ParkOnTheControlThreadEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(make()->park(kForever, test_wait()), "only a simulated thread");
}

}  // namespace
}  // namespace fltsim::sched
