// What only the host scheduler promises: real threads and real time. Driven by events, no upper limit on how
// long anything takes.
#include "sched/host_scheduler.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "sched/hand_over.hpp"
#include "sched/sched_test_support.hpp"

namespace fltsim::sched {
namespace {

std::unique_ptr<Scheduler> make_host() { return Scheduler::create({.seeded = false}); }

TEST(HostSchedulerTest, TwoThreadsRunAtTheSameTime) {
  auto scheduler = make_host();
  std::atomic<int> arrived{0};
  for (int i = 0; i < 2; ++i) {
    scheduler->spawn("runner", nullptr, [&] {
      ++arrived;
      while (arrived != 2) std::this_thread::yield();
    });
  }
  EXPECT_EQ(scheduler->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(arrived, 2);
}

TEST(HostSchedulerTest, ClockShowsTodaysDateAndNeverGoesBack) {
  auto scheduler = make_host();
  using TicksDuration = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
  const auto since_1970 =
      std::chrono::duration_cast<TicksDuration>(std::chrono::system_clock::now().time_since_epoch());
  const std::int64_t date = 116'444'736'000'000'000 + since_1970.count();
  Ticks last = scheduler->now();
  EXPECT_LT(std::abs(static_cast<std::int64_t>(last) - date),
            static_cast<std::int64_t>(3600 * kTicksPerSecond));
  for (int i = 0; i < 1000; ++i) {
    const Ticks next = scheduler->now();
    ASSERT_GE(next, last);
    last = next;
  }
}

TEST(HostSchedulerTest, ThreadStartsWithoutAControlCall) {
  auto scheduler = make_host();
  std::atomic<bool> ran{false};
  scheduler->spawn("worker", nullptr, [&] { ran = true; });
  while (!ran) std::this_thread::yield();
}

TEST(HostSchedulerTest, DestructionStopsThreadsAtTheirNextStep) {
  std::atomic<std::uint64_t> steps{0};
  auto scheduler = make_host();
  for (int i = 0; i < 2; ++i) {
    scheduler->spawn("walker", nullptr, [&, &s = *scheduler] {
      for (;;) {
        ++steps;
        s.switch_point("walk");
      }
    });
  }
  while (steps < 1000) std::this_thread::yield();
  scheduler.reset();
  const std::uint64_t at_destruction = steps;
  auto next = make_host();
  EXPECT_EQ(next->advance(5 * kTicksPerMillisecond), RunResult::kDone);
  EXPECT_EQ(steps, at_destruction);
}

TEST(HostSchedulerTest, UnparksOfManyThreadsAreNeverLost) {
  auto scheduler = make_host();
  const int rounds = scaled(3000);
  constexpr int kProducers = 4;
  std::atomic<int> produced{0};
  int consumed = 0;
  Thread& consumer = scheduler->spawn("consumer", nullptr, [&] {
    while (consumed < kProducers * rounds) {
      if (const int ready = produced.exchange(0); ready != 0) {
        consumed += ready;
      } else {
        scheduler->park(kForever, test_wait());
      }
    }
  });
  for (int i = 0; i < kProducers; ++i) {
    scheduler->spawn("producer", nullptr, [&] {
      for (int n = 0; n < rounds; ++n) {
        ++produced;
        scheduler->unpark(consumer);
      }
    });
  }
  EXPECT_EQ(scheduler->run_until(consumer), RunResult::kDone);
  EXPECT_EQ(scheduler->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(consumed, kProducers * rounds);
}

TEST(HostSchedulerTest, PendingDeadlineIsNoDeadlock) {
  auto scheduler = make_host();
  Thread& waiter = scheduler->spawn("waiter", nullptr, [&] { scheduler->park(kForever, test_wait()); });
  scheduler->spawn("timer", nullptr, [&] {
    scheduler->park(scheduler->now() + 20 * kTicksPerMillisecond, test_wait());
    scheduler->unpark(waiter);
  });
  EXPECT_EQ(scheduler->run_until(waiter), RunResult::kDone);
}

TEST(HostSchedulerTest, DeadlineBeforeThoseThatArePendingIsMet) {
  auto scheduler = make_host();
  const Ticks never = scheduler->now() + 3600 * kTicksPerSecond;
  Thread& late = scheduler->spawn("late", nullptr, [&] { scheduler->park(never, test_wait()); });
  ASSERT_EQ(scheduler->run_to_quiescence(), RunResult::kDone);
  Thread& early = scheduler->spawn("early", nullptr, [&] {
    for (int i = 0; i < 3; ++i) {
      const Ticks soon = scheduler->now() + kTicksPerMillisecond;
      while (scheduler->park(soon, test_wait()) != ParkResult::kDeadline) {
      }
      EXPECT_GE(scheduler->now(), soon);
    }
  });
  EXPECT_EQ(scheduler->run_until(early), RunResult::kDone);
  EXPECT_EQ(scheduler->threads()[0].deadline, never);
  scheduler->unpark(late);
  EXPECT_EQ(scheduler->run_until(late), RunResult::kDone);
  EXPECT_LT(scheduler->now(), never);
}

// Whether the deadline or the permit comes first: no wait ends by the deadline of an earlier one, and none is forgotten.
TEST(HostSchedulerTest, DeadlineOfAWaitThatHasEndedEndsNoOther) {
  auto scheduler = make_host();
  constexpr int kWaiters = 3;
  const int rounds = scaled(200);
  std::vector<Thread*> waiters;
  std::atomic<int> waiting{kWaiters};
  for (int w = 0; w < kWaiters; ++w) {
    waiters.push_back(&scheduler->spawn("waiter", nullptr, [&, w] {
      for (int i = 0; i < rounds; ++i) {
        const Ticks deadline = scheduler->now() + static_cast<Ticks>((i * 7 + w * 13) % 40) * 50;
        if (scheduler->park(deadline, test_wait()) == ParkResult::kDeadline) {
          ASSERT_GE(scheduler->now(), deadline);
        }
      }
      --waiting;
    }));
  }
  scheduler->spawn("waker", nullptr, [&] {
    for (std::size_t i = 0; waiting != 0; ++i) {
      scheduler->unpark(*waiters[i % kWaiters]);
      std::this_thread::yield();
    }
  });
  for (Thread* waiter : waiters) EXPECT_EQ(scheduler->run_until(*waiter), RunResult::kDone);
  EXPECT_EQ(scheduler->run_to_quiescence(), RunResult::kDone);
}

// What a wait says of itself lies on the stack of its thread, which stays there while it is read.
TEST(HostSchedulerTest, WaitIsDescribedWhileItsThreadIsWoken) {
  auto scheduler = make_host();
  std::atomic<bool> ends{false};
  Thread& waiter = scheduler->spawn("waiter", nullptr, [&] {
    for (int i = 0; !ends; ++i) {
      const std::string round = std::to_string(i) + ", a text that lies on the heap";
      scheduler->park(kForever, {"round", {}, nullptr, [&round] {
                                   const std::string before = round;
                                   std::this_thread::yield();
                                   EXPECT_EQ(round, before);
                                   return before;
                                 }});
    }
  });
  Thread& waker = scheduler->spawn("waker", nullptr, [&] {
    while (!ends) {
      scheduler->unpark(waiter);
      std::this_thread::yield();
    }
    scheduler->unpark(waiter);
  });
  for (int seen = 0; seen < scaled(300);) {
    const std::string text = scheduler->threads()[0].waits_for;
    if (text.empty()) continue;
    EXPECT_NE(text.find("a text that lies on the heap"), std::string::npos);
    ++seen;
  }
  ends = true;
  EXPECT_EQ(scheduler->run_until(waker), RunResult::kDone);
  EXPECT_EQ(scheduler->run_until(waiter), RunResult::kDone);
}

TEST(HostSchedulerTest, OnlyAParkedThreadHasToBeWoken) {
  auto scheduler = make_host();
  Thread& waiter = scheduler->spawn("waiter", nullptr, [&] { scheduler->park(kForever, test_wait()); });
  ASSERT_EQ(scheduler->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(scheduler->wakes(), 0u);
  scheduler->unpark(waiter);
  EXPECT_EQ(scheduler->run_until(waiter), RunResult::kDone);
  EXPECT_EQ(scheduler->wakes(), 1u);
  Thread& permitted = scheduler->spawn("permitted", nullptr, [&] {
    scheduler->unpark(*Scheduler::current_thread());
    scheduler->park(kForever, test_wait());
  });
  EXPECT_EQ(scheduler->run_until(permitted), RunResult::kDone);
  EXPECT_EQ(scheduler->wakes(), 1u);
}

TEST(HostSchedulerTest, ThreadsThatLookLongEnoughAreNeverWoken) {
  auto scheduler = Scheduler::create({.seeded = false, .looks = UINT32_MAX});
  constexpr int kRounds = 10;
  std::atomic<Thread*> partner{nullptr};
  Thread& one = scheduler->spawn("one", nullptr, [&] {
    for (int i = 0; i < kRounds; ++i) {
      scheduler->park(kForever, test_wait());
      scheduler->unpark(*partner.load());
    }
  });
  Thread& other = scheduler->spawn("other", nullptr, [&] {
    partner = Scheduler::current_thread();
    for (int i = 0; i < kRounds; ++i) {
      scheduler->unpark(one);
      scheduler->park(kForever, test_wait());
    }
  });
  EXPECT_EQ(scheduler->run_until(one), RunResult::kDone);
  EXPECT_EQ(scheduler->run_until(other), RunResult::kDone);
  EXPECT_EQ(scheduler->wakes(), 0u);
}

TEST(HostSchedulerTest, ThreadThatHasLookedInVainParks) {
  auto scheduler = Scheduler::create({.seeded = false, .looks = 3});
  std::atomic<HandOver*> asked{nullptr};
  Thread& waiter = scheduler->spawn("waiter", nullptr, [&] {
    HandOver over;
    asked = &over;
    if (!scheduler->look(over)) scheduler->park(kForever, test_wait(), &over);
    EXPECT_TRUE(over.done());
    scheduler->park(kForever, test_wait());
  });
  ASSERT_EQ(scheduler->run_to_quiescence(), RunResult::kDone);
  EXPECT_EQ(asked.load()->complete(), &waiter);
  scheduler->unpark(waiter);
  ASSERT_EQ(scheduler->run_to_quiescence(), RunResult::kDone);
  scheduler->unpark(waiter);
  EXPECT_EQ(scheduler->run_until(waiter), RunResult::kDone);
  EXPECT_EQ(scheduler->wakes(), 2u);
}

// Every hand-over is seen, whether the waiter looks, announces that it parks, or is parked when it is completed.
TEST(HostSchedulerTest, HandOversOfManyRoundsAreNeverLost) {
  for (const std::uint32_t looks : {0u, 1u, 100u}) {
    auto scheduler = Scheduler::create({.seeded = false, .looks = looks});
    const int rounds = scaled(3000);
    std::atomic<HandOver*> asked{nullptr};
    std::uint64_t handed = 0;  // written by one side before, read by the other behind each hand-over
    Thread& waiter = scheduler->spawn("waiter", nullptr, [&] {
      for (int i = 1; i <= rounds; ++i) {
        HandOver over;
        asked.store(&over, std::memory_order_release);
        while (!over.done()) {
          if (!scheduler->look(over)) scheduler->park(kForever, test_wait(), &over);
        }
        ASSERT_EQ(handed, static_cast<std::uint64_t>(i));
      }
    });
    scheduler->spawn("giver", nullptr, [&] {
      for (int i = 1; i <= rounds; ++i) {
        HandOver* over = nullptr;
        while ((over = asked.exchange(nullptr, std::memory_order_acquire)) == nullptr)
          std::this_thread::yield();
        Waking waking;
        handed = static_cast<std::uint64_t>(i);
        waking.add(over->complete());
      }
    });
    EXPECT_EQ(scheduler->run_until(waiter), RunResult::kDone);
    EXPECT_EQ(scheduler->run_to_quiescence(), RunResult::kDone);
  }
}

}  // namespace
}  // namespace fltsim::sched
