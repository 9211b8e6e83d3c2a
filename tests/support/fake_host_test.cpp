#include "support/fake_host.hpp"

#include <gtest/gtest.h>

#include <string>

namespace fltlink {
namespace {

struct Parker {
  FakeHost* host;
  Ticks deadline;
  ParkingSpot spot;
  ParkOutcome outcome = ParkOutcome::kWoken;
  bool returned = false;

  static void run(void* context) {
    auto* self = static_cast<Parker*>(context);
    self->outcome = self->host->park(self->spot, self->deadline);
    self->returned = true;
  }
};

TEST(FakeHostTest, ParkedThreadReturnsWhenItsDeadlineComesDue) {
  FakeHost host;
  Parker parker{&host, host.now() + 10, {}};
  void* thread = host.spawn("parker", &Parker::run, &parker);
  host.advance(9);
  EXPECT_FALSE(parker.returned);
  host.advance(1);
  EXPECT_TRUE(parker.returned);
  EXPECT_EQ(parker.outcome, ParkOutcome::kTimedOut);
  host.join(thread);
}

TEST(FakeHostTest, JoinLetsTimeJump) {
  FakeHost host;
  const Ticks start = host.now();
  Parker parker{&host, start + kTicksPerSecond, {}};
  host.join(host.spawn("parker", &Parker::run, &parker));
  EXPECT_EQ(host.now(), start + kTicksPerSecond);
}

std::string order_of(uint64_t seed) {
  struct Writer {
    FakeHost* host;
    std::string* text;
    char letter;
    static void run(void* context) {
      auto* self = static_cast<Writer*>(context);
      for (int i = 0; i < 8; ++i) {
        *self->text += self->letter;
        self->host->relax();
      }
    }
  };
  FakeHost host(seed);
  std::string text;
  Writer writers[] = {{&host, &text, 'a'}, {&host, &text, 'b'}};
  void* threads[] = {host.spawn("a", &Writer::run, &writers[0]), host.spawn("b", &Writer::run, &writers[1])};
  for (void* thread : threads) host.join(thread);
  return text;
}

TEST(FakeHostTest, ASeedReplaysAndSeedsDiffer) {
  EXPECT_EQ(order_of(7), order_of(7));
  EXPECT_NE(order_of(7), order_of(8));
  EXPECT_EQ(order_of(0), "aaaaaaaabbbbbbbb");
}

}  // namespace
}  // namespace fltlink
