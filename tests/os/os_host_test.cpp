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

}  // namespace
}  // namespace fltlink
