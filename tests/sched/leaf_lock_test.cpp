#include "sched/leaf_lock.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "sched/sched_test_support.hpp"

namespace fltsim::sched {
namespace {

// More threads than processors, of which the holder gives its own away now and then: others find the lock free, get it while
// they look, and park.
TEST(LeafLockTest, OneThreadAtATimeHasItAndNobodyWaitsForEver) {
  LeafLock lock;
  const int rounds = scaled(4000);
  constexpr int kThreads = 4;
  int inside = 0;
  int passed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) {
        const std::lock_guard guard(lock);
        ASSERT_EQ(++inside, 1);
        if (i % 16 == 0) std::this_thread::yield();
        --inside;
        ++passed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, kThreads * rounds);
}

}  // namespace
}  // namespace fltsim::sched
