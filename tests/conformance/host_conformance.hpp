// What every Host does. No sleep, and no upper limit on how long anything takes. An implementation joins by a
// HostEnvironment and one line:
//
//   INSTANTIATE_TEST_SUITE_P(Hosts, HostConformance, Values(HostImplementation{"Mine", &make_mine}), &host_name);
//
// HostOfManyConformance is for hosts on which more than one thread parks, each on a spot of its own; KernelHost is
// none.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <fltlink/base/host.hpp>

namespace fltlink::test {

class HostEnvironment {
 public:
  virtual ~HostEnvironment() = default;
  virtual Host& host() = 0;
  // Runs `code` in a thread that may use the host, until it is done.
  virtual void run(const std::function<void()>& code) = 0;
};

struct HostImplementation {
  const char* name;
  std::unique_ptr<HostEnvironment> (*make)();

  friend void PrintTo(const HostImplementation& implementation, std::ostream* out) {
    *out << implementation.name;
  }
};

inline std::string host_name(const testing::TestParamInfo<HostImplementation>& info) {
  return info.param.name;
}

class HostConformance : public testing::TestWithParam<HostImplementation> {
 protected:
  void run(const std::function<void(Host&)>& code) {
    environment_->run([&] { code(environment_->host()); });
  }

 private:
  std::unique_ptr<HostEnvironment> environment_ = GetParam().make();
};

class HostOfManyConformance : public HostConformance {};

TEST_P(HostConformance, TimeNeverGoesBack) {
  run([](Host& host) {
    Ticks last = host.now();
    for (int i = 0; i < 1000; ++i) {
      const Ticks next = host.now();
      ASSERT_GE(next, last);
      last = next;
      host.relax();
    }
  });
}

TEST_P(HostConformance, WakeBeforeParkIsRememberedOnce) {
  run([](Host& host) {
    ParkingSpot spot;
    host.wake(spot);
    host.wake(spot);
    EXPECT_EQ(host.park(spot, kForever), ParkOutcome::kWoken);
    EXPECT_EQ(host.park(spot, host.now()), ParkOutcome::kTimedOut) << "two wakes do not add up";
  });
}

TEST_P(HostConformance, ParkReturnsTimedOutNotBeforeItsDeadline) {
  run([](Host& host) {
    ParkingSpot spot;
    const Ticks deadline = host.now() + kTicksPerMillisecond;
    EXPECT_EQ(host.park(spot, deadline), ParkOutcome::kTimedOut);
    EXPECT_GE(host.now(), deadline);
  });
}

TEST_P(HostConformance, DeadlineInThePastTimesOutAtOnce) {
  run([](Host& host) {
    ParkingSpot spot;
    EXPECT_EQ(host.park(spot, 0), ParkOutcome::kTimedOut);
  });
}

TEST_P(HostConformance, WakeThatIsPendingWinsOverAPassedDeadline) {
  run([](Host& host) {
    ParkingSpot spot;
    host.wake(spot);
    EXPECT_EQ(host.park(spot, 0), ParkOutcome::kWoken);
  });
}

TEST_P(HostConformance, JoinWaitsForTheThreadThatWasSpawned) {
  run([](Host& host) {
    struct Task {
      Host& host;
      bool done = false;
      static void work(void* context) {
        auto* self = static_cast<Task*>(context);
        for (int i = 0; i < 100; ++i) self->host.relax();
        self->done = true;
      }
    };
    Task task{host};
    void* thread = host.spawn("task", &Task::work, &task);
    ASSERT_NE(thread, nullptr);
    host.join(thread);
    EXPECT_TRUE(task.done);
  });
}

TEST_P(HostConformance, WakeFromAnotherThreadEndsAPark) {
  run([](Host& host) {
    struct Waker {
      Host& host;
      ParkingSpot spot;
      static void work(void* context) {
        auto* self = static_cast<Waker*>(context);
        self->host.wake(self->spot);
      }
    };
    Waker waker{host, {}};
    void* thread = host.spawn("waker", &Waker::work, &waker);
    ASSERT_NE(thread, nullptr);
    EXPECT_EQ(host.park(waker.spot, kForever), ParkOutcome::kWoken);
    host.join(thread);
  });
}

// Two threads that wake each other in turn: a wake that is lost makes the test hang.
struct PingPong {
  static constexpr int kRounds = 2000;
  Host& host;
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

TEST_P(HostOfManyConformance, NoWakeIsLostBetweenTwoThreadsThatTakeTurns) {
  run([](Host& host) {
    PingPong game{host, {}, {}};
    void* thread = host.spawn("answer", &PingPong::answer, &game);
    ASSERT_NE(thread, nullptr);
    for (int i = 0; i < PingPong::kRounds; ++i) {
      host.wake(game.ping);
      ASSERT_EQ(host.park(game.pong, kForever), ParkOutcome::kWoken);
    }
    host.join(thread);
    EXPECT_EQ(game.value, PingPong::kRounds);
  });
}

}  // namespace fltlink::test
