// The push locks and resources of the filter manager, which disable APCs for the driver (IRQL-3, VER-38).
#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

class FltLockTest : public testing::Test {
 protected:
  // In a thread of a program, where a lock outside a critical region would be a finding.
  void in_program(std::function<void()> code) {
    EXPECT_EQ(machine.start_process(kApp).run(std::move(code)), Outcome::kDone);
    EXPECT_TRUE(machine.verifier().clean());
  }
  bool free_for_writers(EX_PUSH_LOCK& lock) {
    bool taken = false;
    auto other = machine.system_process().start_thread("writer", [&] {
      FltAcquirePushLockExclusive(&lock);
      taken = true;
      FltReleasePushLock(&lock);
    });
    for (int n = 0; n < 20; ++n) YieldProcessor();
    const bool free = taken;
    waiting.push_back(std::move(other));
    return free;
  }
  Machine machine;
  std::vector<ThreadHandle> waiting;
};

TEST_F(FltLockTest, PushLockDisablesApcsWhileItIsHeld) {
  in_program([&] {
    EX_PUSH_LOCK lock;
    FltInitializePushLock(&lock);
    FltAcquirePushLockExclusive(&lock);
    EXPECT_EQ(KeAreApcsDisabled(), TRUE);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    FltReleasePushLock(&lock);
    EXPECT_EQ(KeAreApcsDisabled(), FALSE);
    FltAcquirePushLockShared(&lock);
    EXPECT_EQ(KeAreApcsDisabled(), TRUE);
    FltReleasePushLock(&lock);
    EXPECT_EQ(KeAreApcsDisabled(), FALSE);
    FltDeletePushLock(&lock);
  });
}

TEST_F(FltLockTest, PushLockHasManyReadersOrOneWriter) {
  EX_PUSH_LOCK lock;
  FltInitializePushLock(&lock);
  in_program([&] {
    EXPECT_TRUE(free_for_writers(lock));
    FltAcquirePushLockShared(&lock);
    bool read = false;
    auto reader = machine.system_process().start_thread("reader", [&] {
      FltAcquirePushLockShared(&lock);
      read = true;
      FltReleasePushLock(&lock);
    });
    EXPECT_EQ(reader.join(), Outcome::kDone);
    EXPECT_TRUE(read) << "beside the first";
    EXPECT_FALSE(free_for_writers(lock));
    FltReleasePushLock(&lock);
  });
  for (ThreadHandle& thread : waiting) EXPECT_EQ(thread.join(), Outcome::kDone);
  EXPECT_EQ(lock, 0u);
}

TEST_F(FltLockTest, ResourceDisablesApcsWhileItIsHeld) {
  in_program([&] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    FltAcquireResourceExclusive(&resource);
    EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), TRUE);
    EXPECT_EQ(KeAreApcsDisabled(), TRUE);
    FltReleaseResource(&resource);
    EXPECT_EQ(KeAreApcsDisabled(), FALSE);
    FltAcquireResourceShared(&resource);
    EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), FALSE);
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 1u);
    FltReleaseResource(&resource);
    EXPECT_EQ(KeAreApcsDisabled(), FALSE);
    ExDeleteResourceLite(&resource);
  });
}

}  // namespace
}  // namespace fltsim::fltmgr
