// These tests run on real threads and the real clock, driven by events: no sleep, and no upper limit on how
// long anything takes.
#include <gtest/gtest.h>
#include <pthread.h>
#include <fltlink/os/os_host.hpp>

#include <string>

namespace fltlink {
namespace {

TEST(OsHostTest, ClockStandsInThisCenturyAndNeverGoesBack) {
  OsHost host;
  constexpr Ticks kYear2020 = 132'223'104'000'000'000;
  constexpr Ticks kYear2100 = 157'469'184'000'000'000;
  Ticks last = host.now();
  EXPECT_GT(last, kYear2020);
  EXPECT_LT(last, kYear2100);
  for (int i = 0; i < 1000; ++i) {
    const Ticks next = host.now();
    ASSERT_GE(next, last);
    last = next;
  }
}

TEST(OsHostTest, WakeBeforeParkIsRememberedOnce) {
  OsHost host;
  ParkingSpot spot;
  host.wake(spot);
  host.wake(spot);
  EXPECT_EQ(host.park(spot, kForever), ParkOutcome::kWoken);
  EXPECT_EQ(host.park(spot, host.now()), ParkOutcome::kTimedOut) << "two wakes do not add up";
}

TEST(OsHostTest, ParkReturnsTimedOutNotBeforeItsDeadline) {
  OsHost host;
  ParkingSpot spot;
  const Ticks deadline = host.now() + kTicksPerMillisecond;
  EXPECT_EQ(host.park(spot, deadline), ParkOutcome::kTimedOut);
  EXPECT_GE(host.now(), deadline);
}

TEST(OsHostTest, DeadlineInThePastTimesOutAtOnce) {
  OsHost host;
  ParkingSpot spot;
  EXPECT_EQ(host.park(spot, 0), ParkOutcome::kTimedOut);
}

TEST(OsHostTest, WakeThatIsPendingWinsOverAPassedDeadline) {
  OsHost host;
  ParkingSpot spot;
  host.wake(spot);
  EXPECT_EQ(host.park(spot, 0), ParkOutcome::kWoken);
}

struct ThreadName {
  std::string seen;
  static void read(void* context) {
    char name[64] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    static_cast<ThreadName*>(context)->seen = name;
  }
};

TEST(OsHostTest, SpawnedThreadRunsItsEntryAndJoinWaitsForIt) {
  OsHost host;
  ThreadName name;
  void* thread = host.spawn("a name that is longer than the kernel's", &ThreadName::read, &name);
  ASSERT_NE(thread, nullptr);
  host.join(thread);
  EXPECT_FALSE(name.seen.empty()) << "join came back before the thread had run";
}

// Two threads that wake each other in turn: a wake that is lost makes the test hang.
struct PingPong {
  static constexpr int kRounds = 2000;
  OsHost host;
  ParkingSpot ping, pong;
  int value = 0;  // handed over by the wakes alone, so that the thread sanitizer checks their ordering

  static void answer(void* context) {
    auto& self = *static_cast<PingPong*>(context);
    for (int i = 0; i < kRounds; ++i) {
      while (self.host.park(self.ping, kForever) != ParkOutcome::kWoken) {
      }
      ++self.value;
      self.host.wake(self.pong);
    }
  }
};

TEST(OsHostTest, NoWakeIsLostBetweenTwoThreadsThatTakeTurns) {
  PingPong game;
  void* thread = game.host.spawn("answer", &PingPong::answer, &game);
  ASSERT_NE(thread, nullptr);
  for (int i = 0; i < PingPong::kRounds; ++i) {
    game.host.wake(game.ping);
    ASSERT_EQ(game.host.park(game.pong, kForever), ParkOutcome::kWoken);
  }
  game.host.join(thread);
  EXPECT_EQ(game.value, PingPong::kRounds);
}

TEST(OsHostTest, RelaxReturns) {
  OsHost host;
  host.relax();
}

}  // namespace
}  // namespace fltlink
