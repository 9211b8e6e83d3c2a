// Pool, lookaside lists, mutexes, push locks, resources, rundown, work items.
#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using ExTest = KernelTest;

TEST_F(ExTest, Pool2IsZeroedUnlessAskedOtherwise) {
  kernel([] {
    auto* zeroed = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, kTag));
    auto* filled = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED, 64, kTag));
    EXPECT_EQ(zeroed[0] | zeroed[63], 0);
    EXPECT_EQ(filled[0], 0xA5);
    ExFreePoolWithTag(zeroed, kTag);
    ExFreePool(filled);
  });
}

TEST_F(ExTest, APageOrMoreIsPageAligned) {
  kernel([] {
    PVOID page = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, kTag);
    EXPECT_EQ(BYTE_OFFSET(page), 0u);
    ExFreePoolWithTag(page, kTag);
  });
}

TEST_F(ExTest, AskedForFailureReturnsNullOnce) {
  machine_.fail_next(routine::kExAllocatePool2);
  kernel([] {
    EXPECT_EQ(ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, kTag), nullptr);
    PVOID memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, kTag);
    EXPECT_NE(memory, nullptr);
    ExFreePool(memory);
  });
}

TEST_F(ExTest, DoubleFreeIsFatal) {
  fatal("VER-41", [] {
    PVOID memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 24, kTag);
    ExFreePoolWithTag(memory, kTag);
    ExFreePoolWithTag(memory, kTag);
  });
  const std::string text = machine_.verifier().findings().at(0).text;
  EXPECT_NE(text.find("freed already: 24 bytes with the tag 'Test'"), std::string::npos) << text;
}

TEST_F(ExTest, WrongTagIsFatal) {
  fatal("VER-41", [] { ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_NON_PAGED, 24, kTag), kTag + 1); });
}

TEST_F(ExTest, FreeOfForeignMemoryIsFatal) {
  int local = 0;
  fatal("VER-41", [&] { ExFreePool(&local); });
}

TEST_F(ExTest, ZeroTagIsAFinding) {  // VER-37
  finds("VER-37", [] { ExFreePool(ExAllocatePoolWithTag(NonPagedPoolNx, 8, 0)); });
}

TEST_F(ExTest, Pool2WithAZeroTagHasNoMemory) {  // VER-37
  finds("VER-37", [] { EXPECT_EQ(ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, 0), nullptr); });
  const auto raises = [] { ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, 8, 0); };
  kernel([&] { EXPECT_EQ(status_raised_by(raises), STATUS_INVALID_PARAMETER); });
}

TEST_F(ExTest, Pool2InTwoPlacesRaisesInvalidParameter) {  // VER-41
  const POOL_FLAGS both = POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE;
  finds("VER-41", [&] {
    EXPECT_EQ(status_raised_by([&] { ExAllocatePool2(both, 8, kTag); }), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(ExTest, SizeOfALengthThatUnderflowedHasNoMemory) {
  kernel([] {
    for (const SIZE_T size : {SIZE_T{0} - 1, SIZE_T{0} - 8, SIZE_T{1} << 62}) {
      EXPECT_EQ(ExAllocatePool2(POOL_FLAG_NON_PAGED, size, kTag), nullptr);
    }
  });
}

TEST_F(ExTest, PagedPoolAtDispatchIsAFinding) {  // VER-23
  finds("VER-23", [] {
    const KIRQL before = KeRaiseIrqlToDpcLevel();
    PVOID memory = ExAllocatePool2(POOL_FLAG_PAGED, 8, kTag);
    KeLowerIrql(before);
    ExFreePool(memory);
  });
}

TEST_F(ExTest, WhatADriverLeavesIsReportedByTag) {
  machine_.verifier().expect("VER-40");
  const DriverIdentity& driver = machine_.system().nt().driver("leaky");
  kernel([&] {
    const DriverScope scope(current_thread(), &driver);
    ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag);
    ExAllocatePool2(POOL_FLAG_PAGED, 28, kTag);
  });
  machine_.system().nt().pool().report_leaks(driver);
  ASSERT_EQ(machine_.verifier().count("VER-40"), 1u);
  const Finding finding = machine_.verifier().findings().at(0);
  EXPECT_EQ(finding.driver, "leaky");
  EXPECT_NE(finding.text.find("2 allocation(s), 128 bytes with the tag 'Test'"), std::string::npos)
      << finding.text;
}

TEST_F(ExTest, LookasideEntryThatIsNotGivenBackIsAFinding) {
  machine_.verifier().expect("VER-40");
  kernel([&] {
    NPAGED_LOOKASIDE_LIST list;
    ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 48, kTag, 0);
    PVOID one = ExAllocateFromNPagedLookasideList(&list);
    PVOID two = ExAllocateFromNPagedLookasideList(&list);
    ExFreeToNPagedLookasideList(&list, one);
    ExDeleteNPagedLookasideList(&list);
    ExFreePool(two);
  });
  EXPECT_EQ(machine_.verifier().count("VER-40"), 1u);
}

TEST_F(ExTest, LookasideAllocationThatFailedIsNoLeak) {
  machine_.fail_next("ExAllocateFromLookasideList");
  kernel([&] {
    NPAGED_LOOKASIDE_LIST list;
    ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 48, kTag, 0);
    EXPECT_EQ(ExAllocateFromNPagedLookasideList(&list), nullptr);
    ExDeleteNPagedLookasideList(&list);
  });
}

TEST_F(ExTest, FastMutexRaisesToApcAndExcludes) {
  kernel([&] {
    FAST_MUTEX mutex;
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    bool taken = true;
    auto other = start([&] { taken = ExTryToAcquireFastMutex(&mutex) != FALSE; });
    PVOID thread = &other.thread();
    EXPECT_EQ(KeWaitForSingleObject(thread, ::Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_FALSE(taken);
    ExReleaseFastMutex(&mutex);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(ExTest, FastMutexTakenTwiceIsFatal) {
  fatal("VER-42", [] {
    FAST_MUTEX mutex;
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutexUnsafe(&mutex);
    ExAcquireFastMutexUnsafe(&mutex);
  });
}

TEST_F(ExTest, FastMutexThatWasNeverInitialisedIsFatal) {  // VER-44
  fatal("VER-44", [] {
    FAST_MUTEX mutex{};
    ExAcquireFastMutex(&mutex);
  });
}

TEST_F(ExTest, FastMutexInUninitialisedPoolIsFatal) {  // VER-44
  fatal("VER-44", [] {
    auto* mutex = static_cast<PFAST_MUTEX>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(FAST_MUTEX), kTag));
    ExAcquireFastMutex(mutex);
  });
}

TEST_F(ExTest, LockOfAThreadThatEndedIsWaitedForInVain) {  // VER-42
  for (const char* id : {"VER-42", "SIM-2", "VER-20"}) machine_.verifier().expect(id);
  FAST_MUTEX mutex;
  ERESOURCE resource;
  ExInitializeFastMutex(&mutex);
  EXPECT_EQ(start([&] { ExAcquireFastMutexUnsafe(&mutex); }).join(), Outcome::kDone);
  EXPECT_EQ(start([&] { ExAcquireFastMutexUnsafe(&mutex); }).join(), Outcome::kDeadlock);
  EXPECT_EQ(start([&] {
              ExInitializeResourceLite(&resource);
              ExAcquireResourceExclusiveLite(&resource, TRUE);
            }).join(),
            Outcome::kDone);
  EXPECT_EQ(start([&] { ExAcquireResourceSharedLite(&resource, TRUE); }).join(), Outcome::kDeadlock);
  EXPECT_EQ(machine_.verifier().count("VER-42"), 2u);
}

TEST_F(ExTest, MutexReleasedInAnotherWayThanTakenIsFatal) {  // VER-42
  fatal("VER-42", [] {
    FAST_MUTEX mutex;
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    KeReleaseGuardedMutex(&mutex);
  });
}

TEST_F(ExTest, UnsafeMutexReleasedAsASafeOneIsFatal) {  // VER-42
  fatal("VER-42", [] {
    FAST_MUTEX mutex;
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutexUnsafe(&mutex);
    ExReleaseFastMutex(&mutex);
  });
}

TEST_F(ExTest, SharedSpinLockReleasedAsExclusiveIsFatal) {  // VER-42
  fatal("VER-42", [] {
    EX_SPIN_LOCK lock = 0;
    const KIRQL before = ExAcquireSpinLockShared(&lock);
    ExReleaseSpinLockExclusive(&lock, before);
  });
}

TEST_F(ExTest, PushLockIsSharedOrExclusive) {
  EX_PUSH_LOCK lock = 0;
  int readers = 0;
  int most = 0;
  kernel([&] {
    ExInitializePushLock(&lock);
    ExAcquirePushLockExclusive(&lock);
    const auto reader = [&] {
      ExAcquirePushLockShared(&lock);
      most = std::max(most, ++readers);
      for (int i = 0; i < 5; ++i) YieldProcessor();
      --readers;
      ExReleasePushLockShared(&lock);
    };
    auto a = start(reader);
    auto b = start(reader);
    for (int i = 0; i < 20; ++i) YieldProcessor();
    EXPECT_EQ(readers, 0) << "excluded";
    ExReleasePushLockExclusive(&lock);
    EXPECT_EQ(a.join(), Outcome::kDone);
    EXPECT_EQ(b.join(), Outcome::kDone);
  });
  EXPECT_GE(most, 1);
  EXPECT_EQ(lock, 0u);
}

TEST_F(ExTest, PushLockTakenTwiceIsFatal) {  // VER-39
  fatal("VER-39", [] {
    EX_PUSH_LOCK lock = 0;
    ExAcquirePushLockShared(&lock);
    ExAcquirePushLockShared(&lock);
  });
}

TEST_F(ExTest, LocksOutsideACriticalRegionInAClientsThreadAreAFinding) {  // VER-38
  machine_.verifier().expect("VER-38");
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([] {
    EX_PUSH_LOCK lock = 0;
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&lock);
    ExReleasePushLockShared(&lock);
    KeLeaveCriticalRegion();
  }),
            Outcome::kDone);
  EXPECT_EQ(machine_.verifier().count("VER-38"), 0u);
  EXPECT_EQ(app.run([] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExReleaseResourceLite(&resource);
    ExDeleteResourceLite(&resource);
  }),
            Outcome::kDone);
  EXPECT_EQ(machine_.verifier().count("VER-38"), 1u);
  EXPECT_EQ(app.run([] {
    EX_PUSH_LOCK lock = 0;
    ExAcquirePushLockExclusive(&lock);
    ExReleasePushLockExclusive(&lock);
  }),
            Outcome::kDone);
  EXPECT_EQ(machine_.verifier().count("VER-38"), 2u);
}

TEST_F(ExTest, ResourceKnowsItsOwners) {
  kernel([] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    EXPECT_EQ(ExAcquireResourceSharedLite(&resource, TRUE), TRUE);
    EXPECT_EQ(ExAcquireResourceSharedLite(&resource, TRUE), TRUE);
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 2u);
    EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), FALSE);
    EXPECT_EQ(ExAcquireResourceExclusiveLite(&resource, FALSE), FALSE);
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(ExAcquireResourceExclusiveLite(&resource, TRUE), TRUE);
    EXPECT_EQ(ExAcquireResourceSharedLite(&resource, TRUE), TRUE) << "the owner takes it again";
    EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), TRUE);
    ExReleaseResourceLite(&resource);
    ExConvertExclusiveToSharedLite(&resource);
    EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), FALSE);
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(ExDeleteResourceLite(&resource), STATUS_SUCCESS);
  });
}

TEST_F(ExTest, ResourceMakesAWriterWaitForReaders) {
  kernel([&] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExAcquireResourceSharedLite(&resource, TRUE);
    bool written = false;
    auto writer = start([&] {
      ExAcquireResourceExclusiveLite(&resource, TRUE);
      written = true;
      ExReleaseResourceLite(&resource);
    });
    while (ExGetExclusiveWaiterCount(&resource) == 0) YieldProcessor();
    bool read = true;
    EXPECT_EQ(start([&] { read = ExAcquireResourceSharedLite(&resource, FALSE) != FALSE; }).join(),
              Outcome::kDone);
    EXPECT_FALSE(read) << "a new reader queues behind the writer";
    EXPECT_FALSE(written);
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(writer.join(), Outcome::kDone);
    EXPECT_TRUE(written);
  });
}

TEST_F(ExTest, ResourceReleasedWithoutBeingHeldIsFatal) {
  fatal("VER-42", [] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExReleaseResourceLite(&resource);
  });
}

TEST_F(ExTest, DeletedResourceIsFatal) {
  fatal("VER-44", [] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExDeleteResourceLite(&resource);
    ExAcquireResourceSharedLite(&resource, TRUE);
  });
}

TEST_F(ExTest, RundownWaitsForReferencesAndRefusesNewOnes) {
  kernel([&] {
    EX_RUNDOWN_REF rundown;
    ExInitializeRundownProtection(&rundown);
    EXPECT_EQ(ExAcquireRundownProtection(&rundown), TRUE);
    bool over = false;
    auto waiter = start([&] {
      ExWaitForRundownProtectionRelease(&rundown);
      over = true;
    });
    while (ExAcquireRundownProtection(&rundown) != FALSE) ExReleaseRundownProtection(&rundown);
    EXPECT_FALSE(over);
    ExReleaseRundownProtection(&rundown);
    EXPECT_EQ(waiter.join(), Outcome::kDone);
    ExReInitializeRundownProtection(&rundown);
    EXPECT_EQ(ExAcquireRundownProtection(&rundown), TRUE);
    ExReleaseRundownProtection(&rundown);
  });
  fatal("VER-42", [] {
    EX_RUNDOWN_REF rundown;
    ExInitializeRundownProtection(&rundown);
    ExReleaseRundownProtection(&rundown);
  });
}

TEST_F(ExTest, WorkItemRunsInASystemWorkerAtPassive) {
  struct Seen {
    KEVENT done;
    HANDLE process;
    KIRQL irql;
  } seen{};
  kernel([&] {
    KeInitializeEvent(&seen.done, NotificationEvent, FALSE);
    WORK_QUEUE_ITEM item;
    ExInitializeWorkItem(
        &item,
        [](PVOID context) {
          auto& out = *static_cast<Seen*>(context);
          out.process = PsGetCurrentProcessId();
          out.irql = KeGetCurrentIrql();
          KeSetEvent(&out.done, 0, FALSE);
        },
        &seen);
    const KIRQL before = KeRaiseIrqlToDpcLevel();
    ExQueueWorkItem(&item, DelayedWorkQueue);
    KeLowerIrql(before);
    KeWaitForSingleObject(&seen.done, ::Executive, KernelMode, FALSE, nullptr);
  });
  EXPECT_EQ(seen.process, ULongToHandle(4));
  EXPECT_EQ(seen.irql, PASSIVE_LEVEL);
}

TEST_F(ExTest, InterlockedListsKeepTheirOrder) {
  kernel([] {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    LIST_ENTRY head;
    LIST_ENTRY a;
    LIST_ENTRY b;
    InitializeListHead(&head);
    EXPECT_EQ(ExInterlockedInsertTailList(&head, &a, &lock), nullptr);
    EXPECT_EQ(ExInterlockedInsertTailList(&head, &b, &lock), &a);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &a);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &b);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), nullptr);
    SLIST_HEADER list;
    SLIST_ENTRY entries[2];
    InitializeSListHead(&list);
    InterlockedPushEntrySList(&list, &entries[0]);
    InterlockedPushEntrySList(&list, &entries[1]);
    EXPECT_EQ(ExQueryDepthSList(&list), 2);
    EXPECT_EQ(InterlockedPopEntrySList(&list), &entries[1]);
    EXPECT_EQ(InterlockedPopEntrySList(&list), &entries[0]);
    EXPECT_EQ(InterlockedPopEntrySList(&list), nullptr);
  });
}

}  // namespace
}  // namespace fltsim::nt
