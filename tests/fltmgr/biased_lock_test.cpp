// The lock of a thread's operations in flight (B1 to B4).
#include <gtest/gtest.h>

#include <thread>

#include "fltmgr/walk.hpp"
#include "support/scale.hpp"

namespace fltsim::fltmgr {
namespace {

using fltlink::test::scaled;

TEST(BiasedLockTest, OwnerAndVisitorsExcludeEachOther) {  // B1, B2, B4
  const auto rounds = scaled<std::size_t>(2'000, 100);
  WalkSlot slot;
  std::size_t count = 0;  // no atomic: the lock guards it
  std::atomic<bool> visited{false};
  std::size_t owned = 0;
  std::thread owner([&] {
    for (; !visited.load() || owned == 0; ++owned) {
      slot.lock();
      ++count;
      slot.unlock();
    }
  });
  const auto visit = [&] {
    for (std::size_t round = 0; round < rounds; ++round) {
      const SlotVisit visit_of_slot(slot, false);
      ++count;
    }
  };
  std::thread other(visit);
  visit();
  other.join();
  visited = true;
  owner.join();
  EXPECT_EQ(count, owned + 2 * rounds);
}

TEST(BiasedLockTest, RevocationThatLastsLeavesASpinLock) {  // B3, W8
  const auto rounds = scaled<std::size_t>(2'000, 100);
  WalkSlot slot;
  std::size_t count = 0;
  slot.revoke();
  BiasedLock::let_owners_pass();
  slot.wait_for_owner();
  std::thread owner([&] {
    for (std::size_t round = 0; round < rounds; ++round) {
      slot.lock();
      ++count;
      slot.unlock();
    }
  });
  for (std::size_t round = 0; round < rounds; ++round) {
    slot.lock_spin();
    ++count;
    slot.unlock_spin();
  }
  owner.join();
  slot.restore();
  slot.lock();
  EXPECT_EQ(count, 2 * rounds);
  slot.unlock();
}

}  // namespace
}  // namespace fltsim::fltmgr
