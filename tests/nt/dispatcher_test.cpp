#include "nt/dispatcher.hpp"

#include <gtest/gtest.h>

#include "fltsim/machine.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {
namespace {

Options with(SchedulerKind scheduler) {
  Options options;
  options.scheduler = scheduler;
  return options;
}

class DispatcherTest : public testing::TestWithParam<SchedulerKind> {
 protected:
  Dispatcher& dispatcher() { return machine_.system().nt().dispatcher(); }
  fltsim::Process kernel() { return machine_.system_process(); }
  ThreadHandle start_waiter(DispatcherHeader& object, WaitOutcome& outcome, WaitOptions options = {}) {
    return kernel().start_thread("waiter", [this, &object, &outcome, options] {
      outcome = dispatcher().wait(current_thread(), object, options);
    });
  }
  void run(std::function<void()> code) { ASSERT_EQ(kernel().run(std::move(code)), Outcome::kDone); }

  void run_elsewhere_expecting_timeout(Mutant& mutant) {
    auto other = kernel().start_thread(
        "other", [&] { first_ = dispatcher().wait(current_thread(), mutant.header, {.deadline = 0}); });
    ASSERT_EQ(other.join(), Outcome::kDone);
    EXPECT_EQ(first_.result, WaitResult::kTimeout);
  }

  Machine machine_{with(GetParam())};
  WaitOutcome first_{WaitResult::kTimeout};
  WaitOutcome second_{WaitResult::kTimeout};
};

TEST_P(DispatcherTest, NotificationEventWakesEveryWaiterAndStaysSet) {
  DispatcherHeader event;
  Dispatcher::initialize(event, DispatcherType::kNotificationEvent, 0);
  auto one = start_waiter(event, first_);
  auto two = start_waiter(event, second_);
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  run([&] { EXPECT_EQ(dispatcher().set(event), 0); });
  EXPECT_EQ(one.join(), Outcome::kDone);
  EXPECT_EQ(two.join(), Outcome::kDone);
  EXPECT_EQ(dispatcher().read(event), 1);
}

TEST_P(DispatcherTest, SynchronizationEventWakesOneWaiterAndIsReset) {
  DispatcherHeader event;
  Dispatcher::initialize(event, DispatcherType::kSynchronizationEvent, 0);
  auto one = start_waiter(event, first_);
  auto two = start_waiter(event, second_);
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  run([&] { dispatcher().set(event); });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_NE(one.done(), two.done());
  EXPECT_EQ(dispatcher().read(event), 0);
  run([&] { dispatcher().set(event); });
  EXPECT_EQ(one.join(), Outcome::kDone);
  EXPECT_EQ(two.join(), Outcome::kDone);
}

TEST_P(DispatcherTest, SemaphoreCountsAndKeepsItsLimit) {
  Semaphore semaphore;
  Dispatcher::initialize(semaphore.header, DispatcherType::kSemaphore, 1);
  semaphore.limit = 2;
  run([&] {
    std::int32_t before = -1;
    EXPECT_TRUE(dispatcher().release(semaphore, 1, before));
    EXPECT_EQ(before, 1);
    EXPECT_FALSE(dispatcher().release(semaphore, 1, before));
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(dispatcher().wait(current_thread(), semaphore.header, {.deadline = 0}).result,
                WaitResult::kSatisfied);
    }
    EXPECT_EQ(dispatcher().wait(current_thread(), semaphore.header, {.deadline = 0}).result,
              WaitResult::kTimeout);
  });
}

TEST_P(DispatcherTest, MutantIsRecursiveAndBelongsToItsOwner) {
  Mutant mutant{};
  Dispatcher::initialize(mutant.header, DispatcherType::kMutant, 1);
  run([&] {
    dispatcher().wait(current_thread(), mutant.header, {});
    dispatcher().wait(current_thread(), mutant.header, {});
    run_elsewhere_expecting_timeout(mutant);
    EXPECT_EQ(dispatcher().release(current_thread(), mutant), Dispatcher::MutantRelease::kStillHeld);
    EXPECT_EQ(dispatcher().release(current_thread(), mutant), Dispatcher::MutantRelease::kReleased);
    EXPECT_EQ(dispatcher().release(current_thread(), mutant), Dispatcher::MutantRelease::kNotOwner);
  });
}

TEST_P(DispatcherTest, MutantOfAnEndedThreadIsAbandonedAndThatIsAFinding) {
  machine_.verifier().expect("VER-42");
  Mutant mutant{};
  Dispatcher::initialize(mutant.header, DispatcherType::kMutant, 1);
  run([&] { EXPECT_FALSE(dispatcher().wait(current_thread(), mutant.header, {}).abandoned); });
  run([&] {
    EXPECT_TRUE(dispatcher().wait(current_thread(), mutant.header, {}).abandoned);
    EXPECT_EQ(dispatcher().release(current_thread(), mutant), Dispatcher::MutantRelease::kReleased);
  });
  EXPECT_EQ(machine_.verifier().count("VER-42"), 1u);
}

TEST_P(DispatcherTest, WaitForAllTakesNothingUntilAllAreThere) {
  DispatcherHeader a;
  DispatcherHeader b;
  Dispatcher::initialize(a, DispatcherType::kSynchronizationEvent, 0);
  Dispatcher::initialize(b, DispatcherType::kSynchronizationEvent, 0);
  DispatcherHeader* const both[] = {&a, &b};
  auto waiter =
      kernel().start_thread("waiter", [&] { first_ = dispatcher().wait_all(current_thread(), both, {}); });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  run([&] { dispatcher().set(a); });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(waiter.done());
  EXPECT_EQ(dispatcher().read(a), 1) << "not taken";
  run([&] { dispatcher().set(b); });
  EXPECT_EQ(waiter.join(), Outcome::kDone);
  EXPECT_EQ(dispatcher().read(a), 0);
  EXPECT_EQ(dispatcher().read(b), 0);
}

TEST_P(DispatcherTest, WaitForAnyTellsWhich) {
  DispatcherHeader a;
  DispatcherHeader b;
  Dispatcher::initialize(a, DispatcherType::kSynchronizationEvent, 0);
  Dispatcher::initialize(b, DispatcherType::kSynchronizationEvent, 0);
  DispatcherHeader* const both[] = {&a, &b};
  auto waiter =
      kernel().start_thread("waiter", [&] { first_ = dispatcher().wait_any(current_thread(), both, {}); });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  run([&] { dispatcher().set(b); });
  EXPECT_EQ(waiter.join(), Outcome::kDone);
  EXPECT_EQ(first_.result, WaitResult::kSatisfied);
  EXPECT_EQ(first_.index, 1u);
}

TEST_P(DispatcherTest, DeadlineEndsTheWaitAndLeavesNothingBehind) {
  DispatcherHeader event;
  Dispatcher::initialize(event, DispatcherType::kSynchronizationEvent, 0);
  run([&] {
    const std::int64_t timeout = -static_cast<std::int64_t>(sched::kTicksPerMillisecond);
    const sched::Ticks begin = machine_.system().scheduler().now();
    EXPECT_EQ(dispatcher().wait(current_thread(), event, {.deadline = deadline_from(&timeout, begin)}).result,
              WaitResult::kTimeout);
    EXPECT_GE(machine_.system().scheduler().now() - begin, sched::kTicksPerMillisecond);
    dispatcher().set(event);
    EXPECT_EQ(dispatcher().read(event), 1) << "no waiter was left to take it";
  });
}

TEST_P(DispatcherTest, TerminationEndsOnlyAWaitThatAllowsIt) {
  DispatcherHeader event;
  Dispatcher::initialize(event, DispatcherType::kNotificationEvent, 0);
  auto ends = start_waiter(event, first_, {.ends_on_termination = true});
  auto stays = start_waiter(event, second_);
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  ends.terminate();
  stays.terminate();
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_TRUE(ends.done());
  EXPECT_EQ(first_.result, WaitResult::kTerminated);
  EXPECT_FALSE(stays.done());
  run([&] { dispatcher().set(event); });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(second_.result, WaitResult::kSatisfied);
}

TEST_P(DispatcherTest, TimerIsSignalledWhenItIsDue) {
  Timer timer{};
  Dispatcher::initialize(timer.header, DispatcherType::kSynchronizationTimer, 0);
  run([&] {
    sched::Scheduler& scheduler = machine_.system().scheduler();
    const sched::Ticks begin = scheduler.now();
    EXPECT_FALSE(dispatcher().set_timer(timer, begin + sched::kTicksPerMillisecond, 0, begin));
    EXPECT_FALSE(dispatcher().read_timer(timer, begin));
    EXPECT_EQ(dispatcher().wait(current_thread(), timer.header, {}).result, WaitResult::kSatisfied);
    EXPECT_GE(scheduler.now() - begin, sched::kTicksPerMillisecond);
    EXPECT_FALSE(dispatcher().cancel_timer(timer, scheduler.now())) << "not armed any more";
  });
}

TEST_P(DispatcherTest, ThreadIsSignalledWhenItHasEnded) {
  DispatcherHeader event;
  Dispatcher::initialize(event, DispatcherType::kNotificationEvent, 0);
  auto worker = start_waiter(event, first_);
  run([&] {
    EXPECT_EQ(dispatcher().wait(current_thread(), worker.thread().header, {.deadline = 0}).result,
              WaitResult::kTimeout);
    dispatcher().set(event);
    EXPECT_EQ(dispatcher().wait(current_thread(), worker.thread().header, {}).result, WaitResult::kSatisfied);
  });
}

// SEND-10, SEND-11, SEND-12: the forms of a timeout.
TEST(DeadlineTest, TimeoutsBecomePointsInTime) {
  const std::int64_t relative = -50;
  const std::int64_t absolute = 50;
  const std::int64_t zero = 0;
  const std::int64_t lowest = INT64_MIN;
  EXPECT_EQ(deadline_from(nullptr, 1000), sched::kForever);
  EXPECT_EQ(deadline_from(&relative, 1000), 1050u);
  EXPECT_EQ(deadline_from(&absolute, 1000), 50u);
  EXPECT_EQ(deadline_from(&zero, 1000), 0u);
  EXPECT_LT(deadline_from(&lowest, 1000), sched::kForever);
}

INSTANTIATE_TEST_SUITE_P(Schedulers, DispatcherTest,
                         testing::Values(SchedulerKind::kSeeded, SchedulerKind::kHost),
                         [](const auto& which) {
                           return which.param == SchedulerKind::kSeeded ? "Seeded" : "Host";
                         });

}  // namespace
}  // namespace fltsim::nt
