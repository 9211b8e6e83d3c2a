// Resources, guarded mutexes and reader/writer spin locks, as the WDK's pages describe them.
#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

class ExLockTest : public KernelTest {
 protected:
  // A resource that a reader holds and a writer waits for, while `code` runs.
  void with_reader_and_waiting_writer(const std::function<void(ERESOURCE&)>& code) {
    kernel([&] {
      ERESOURCE resource;
      ExInitializeResourceLite(&resource);
      ExAcquireResourceSharedLite(&resource, TRUE);
      auto writer = start([&] {
        ExAcquireResourceExclusiveLite(&resource, TRUE);
        ExReleaseResourceLite(&resource);
      });
      while (ExGetExclusiveWaiterCount(&resource) == 0) YieldProcessor();
      code(resource);
      ExReleaseResourceLite(&resource);
      EXPECT_EQ(writer.join(), Outcome::kDone);
      EXPECT_EQ(ExDeleteResourceLite(&resource), STATUS_SUCCESS);
    });
  }
};

TEST_F(ExLockTest, SharedStarveExclusiveOvertakesAWaitingWriter) {
  with_reader_and_waiting_writer([&](ERESOURCE& resource) {
    BOOLEAN overtook = FALSE;
    BOOLEAN ordinary = TRUE;
    EXPECT_EQ(start([&] {
                ordinary = ExAcquireResourceSharedLite(&resource, FALSE);
                overtook = ExAcquireSharedStarveExclusive(&resource, FALSE);
                if (overtook != FALSE) ExReleaseResourceLite(&resource);
              }).join(),
              Outcome::kDone);
    EXPECT_EQ(ordinary, FALSE);
    EXPECT_EQ(overtook, TRUE);
  });
}

TEST_F(ExLockTest, OwnerTakesASharedResourceAgainPastAWaitingWriter) {
  with_reader_and_waiting_writer([](ERESOURCE& resource) {
    EXPECT_EQ(ExAcquireResourceSharedLite(&resource, FALSE), TRUE);
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(ExAcquireSharedWaitForExclusive(&resource, FALSE), FALSE)
        << "even the owner waits behind the writer";
  });
}

TEST_F(ExLockTest, ExclusiveOwnerMayTakeItSharedInEveryWay) {
  kernel([&] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ASSERT_EQ(ExAcquireResourceExclusiveLite(&resource, TRUE), TRUE);
    EXPECT_EQ(ExAcquireSharedStarveExclusive(&resource, FALSE), TRUE);
    EXPECT_EQ(ExAcquireSharedWaitForExclusive(&resource, FALSE), TRUE);
    BOOLEAN taken = TRUE;
    const auto refused_to_others = [&](BOOLEAN (*acquire)(PERESOURCE, BOOLEAN)) {
      EXPECT_EQ(start([&] { taken = acquire(&resource, FALSE); }).join(), Outcome::kDone);
      EXPECT_EQ(taken, FALSE);
    };
    refused_to_others([](PERESOURCE of, BOOLEAN wait) { return ExAcquireSharedStarveExclusive(of, wait); });
    refused_to_others([](PERESOURCE of, BOOLEAN wait) { return ExAcquireSharedWaitForExclusive(of, wait); });
    for (int n = 0; n < 3; ++n) ExReleaseResourceLite(&resource);
    EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), FALSE);
    ExDeleteResourceLite(&resource);
  });
}

TEST_F(ExLockTest, SharedWaitersAreCounted) {
  kernel([&] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    EXPECT_EQ(ExGetSharedWaiterCount(&resource), 0u);
    const auto read = [&] {
      ExAcquireSharedWaitForExclusive(&resource, TRUE);
      ExReleaseResourceLite(&resource);
    };
    auto a = start(read);
    auto b = start(read);
    while (ExGetSharedWaiterCount(&resource) < 2) YieldProcessor();
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(a.join(), Outcome::kDone);
    EXPECT_EQ(b.join(), Outcome::kDone);
    EXPECT_EQ(ExGetSharedWaiterCount(&resource), 0u);
    ExDeleteResourceLite(&resource);
  });
}

TEST_F(ExLockTest, ResourceIsReleasedForTheThreadThatHoldsIt) {
  kernel([] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExReleaseResourceForThreadLite(&resource, ExGetCurrentResourceThread());
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 0u);
    ExDeleteResourceLite(&resource);
  });
}

TEST_F(ExLockTest, ReleaseForAnotherThreadIsRefusedByName) {  // SIM-1
  fatal("SIM-1", [&] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExAcquireResourceSharedLite(&resource, TRUE);
    const ERESOURCE_THREAD owner = ExGetCurrentResourceThread();
    static_cast<void>(start([&] { ExReleaseResourceForThreadLite(&resource, owner); }).join());
  });
  EXPECT_NE(machine_.verifier().findings().at(0).text.find("ExReleaseResourceForThreadLite"),
            std::string::npos);
}

TEST_F(ExLockTest, ReinitializedResourceIsFree) {
  kernel([] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(ExReinitializeResourceLite(&resource), STATUS_SUCCESS);
    EXPECT_EQ(ExAcquireResourceExclusiveLite(&resource, FALSE), TRUE);
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(ExDeleteResourceLite(&resource), STATUS_SUCCESS);
  });
}

TEST_F(ExLockTest, CriticalRegionLastsAsLongAsTheResource) {
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExEnterCriticalRegionAndAcquireResourceExclusive(&resource);
    EXPECT_EQ(KeAreApcsDisabled(), TRUE);
    EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), TRUE);
    ExReleaseResourceAndLeaveCriticalRegion(&resource);
    EXPECT_EQ(KeAreApcsDisabled(), FALSE);
    ExEnterCriticalRegionAndAcquireResourceShared(&resource);
    EXPECT_EQ(KeAreApcsDisabled(), TRUE);
    EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), FALSE);
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 1u);
    ExReleaseResourceAndLeaveCriticalRegion(&resource);
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 0u);
    ExDeleteResourceLite(&resource);
  }),
            Outcome::kDone);
  EXPECT_TRUE(machine_.verifier().clean());
}

TEST_F(ExLockTest, SpinLockHasManyReadersOrOneWriter) {
  kernel([&] {
    EX_SPIN_LOCK lock = 0;
    int inside = 0;
    int writers = 0;
    bool overlap = false;
    const auto read = [&] {
      for (int n = 0; n < 10; ++n) {
        const KIRQL before = ExAcquireSpinLockShared(&lock);
        EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        ++inside;
        YieldProcessor();
        overlap = overlap || writers != 0;
        --inside;
        ExReleaseSpinLockShared(&lock, before);
      }
    };
    const auto write = [&] {
      for (int n = 0; n < 10; ++n) {
        const KIRQL before = ExAcquireSpinLockExclusive(&lock);
        EXPECT_EQ(before, PASSIVE_LEVEL);
        EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        ++writers;
        YieldProcessor();
        overlap = overlap || inside != 0 || writers != 1;
        --writers;
        ExReleaseSpinLockExclusive(&lock, before);
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
      }
    };
    auto a = start(read);
    auto b = start(write);
    auto c = start(write);
    for (auto* thread : {&a, &b, &c}) EXPECT_EQ(thread->join(), Outcome::kDone);
    EXPECT_FALSE(overlap);
    EXPECT_EQ(lock, 0);
  });
}

TEST_F(ExLockTest, GuardedMutexDisablesAllApcsWithoutRaising) {
  kernel([&] {
    KGUARDED_MUTEX mutex;
    KeInitializeGuardedMutex(&mutex);
    KeAcquireGuardedMutex(&mutex);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_EQ(KeAreAllApcsDisabled(), TRUE);
    BOOLEAN taken = TRUE;
    EXPECT_EQ(start([&] {
                taken = KeTryToAcquireGuardedMutex(&mutex);
                EXPECT_EQ(KeAreAllApcsDisabled(), FALSE) << "refused: nothing changed";
              }).join(),
              Outcome::kDone);
    EXPECT_EQ(taken, FALSE);
    KeReleaseGuardedMutex(&mutex);
    EXPECT_EQ(KeAreAllApcsDisabled(), FALSE);
    EXPECT_EQ(KeTryToAcquireGuardedMutex(&mutex), TRUE);
    EXPECT_EQ(KeAreAllApcsDisabled(), TRUE);
    KeReleaseGuardedMutex(&mutex);
  });
}

TEST_F(ExLockTest, CompletedRundownRefusesUntilItIsReinitialized) {
  kernel([] {
    EX_RUNDOWN_REF rundown;
    ExInitializeRundownProtection(&rundown);
    ExWaitForRundownProtectionRelease(&rundown);
    ExRundownCompleted(&rundown);
    EXPECT_EQ(ExAcquireRundownProtection(&rundown), FALSE);
    ExWaitForRundownProtectionRelease(&rundown);
    ExReInitializeRundownProtection(&rundown);
    EXPECT_EQ(ExAcquireRundownProtection(&rundown), TRUE);
    ExReleaseRundownProtection(&rundown);
  });
}

}  // namespace
}  // namespace fltsim::nt
