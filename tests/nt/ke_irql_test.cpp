#include <gtest/gtest.h>

#include "nt/exports.hpp"
#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using KeIrqlTest = KernelTest;

TEST_F(KeIrqlTest, IrqlIsRaisedAndLowered) {
  kernel([] {
    KIRQL before = 99;
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(APC_LEVEL, &before);
    EXPECT_EQ(before, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(before);
  });
  fatal("VER-42", [] { KeLowerIrql(DISPATCH_LEVEL); });
}

TEST_F(KeIrqlTest, SpinLockRaisesToDispatchAndExcludes) {
  KSPIN_LOCK lock;
  int inside = 0;
  int most = 0;
  const auto work = [&] {
    for (int i = 0; i < 20; ++i) {
      KIRQL before;
      KeAcquireSpinLock(&lock, &before);
      EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
      most = std::max(most, ++inside);
      YieldProcessor();
      --inside;
      KeReleaseSpinLock(&lock, before);
    }
  };
  KeInitializeSpinLock(&lock);
  auto a = start(work);
  auto b = start(work);
  EXPECT_EQ(a.join(), Outcome::kDone);
  EXPECT_EQ(b.join(), Outcome::kDone);
  EXPECT_EQ(most, 1);
}

TEST_F(KeIrqlTest, SpinLockTakenTwiceIsFatal) {
  fatal("VER-42", [] {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    KeAcquireSpinLockRaiseToDpc(&lock);
    KeAcquireSpinLockAtDpcLevel(&lock);
  });
}

TEST_F(KeIrqlTest, SpinLockReleasedWithoutBeingHeldIsFatal) {
  fatal("VER-42", [] {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
  });
}

TEST_F(KeIrqlTest, SpinLockInUninitialisedPoolIsFatal) {  // VER-44
  fatal("VER-44", [] {
    auto* lock = static_cast<PKSPIN_LOCK>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(KSPIN_LOCK), 'x'));
    KeAcquireSpinLockRaiseToDpc(lock);
  });
}

TEST_F(KeIrqlTest, DpcLevelFormsBelowDispatchAreFindings) {  // VER-23
  machine_.verifier().expect("VER-23");
  kernel([] {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    EXPECT_EQ(KeTryToAcquireSpinLockAtDpcLevel(&lock), TRUE);
    KeReleaseSpinLockFromDpcLevel(&lock);
  });
  EXPECT_EQ(machine_.verifier().count("VER-23"), 2u);
}

TEST_F(KeIrqlTest, TryAndQueuedFormsWork) {
  kernel([] {
    KSPIN_LOCK lock;
    KLOCK_QUEUE_HANDLE handle;
    KeInitializeSpinLock(&lock);
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    EXPECT_EQ(KeTryToAcquireSpinLockAtDpcLevel(&lock), FALSE);
    KeReleaseInStackQueuedSpinLock(&handle);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    const KIRQL before = KeRaiseIrqlToDpcLevel();
    EXPECT_EQ(KeTryToAcquireSpinLockAtDpcLevel(&lock), TRUE);
    KeReleaseSpinLockFromDpcLevel(&lock);
    KeLowerIrql(before);
  });
}

TEST_F(KeIrqlTest, ThreadThatEndsWithASpinLockIsAFinding) {
  machine_.verifier().expect("VER-42");
  KSPIN_LOCK lock = 0;
  EXPECT_EQ(start([&] { KeAcquireSpinLockRaiseToDpc(&lock); }).join(), Outcome::kDone);
  EXPECT_EQ(machine_.verifier().count("VER-42"), 2u) << "the IRQL, and the lock";
}

TEST_F(KeIrqlTest, CriticalAndGuardedRegionsDisableApcs) {
  kernel([] {
    EXPECT_EQ(KeAreApcsDisabled(), FALSE);
    KeEnterCriticalRegion();
    EXPECT_EQ(KeAreApcsDisabled(), TRUE);
    EXPECT_EQ(KeAreAllApcsDisabled(), FALSE);
    KeEnterGuardedRegion();
    EXPECT_EQ(KeAreAllApcsDisabled(), TRUE);
    KeLeaveGuardedRegion();
    KeLeaveCriticalRegion();
  });
  fatal("VER-42", [] { KeLeaveCriticalRegion(); });
}

TEST_F(KeIrqlTest, BugCheckOfADriverStopsTheMachineWithItsCode) {
  fatal("VER-43", [] { KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4); });
  EXPECT_NE(machine_.verifier().findings().at(0).text.find("0xE2, 0x1, 0x2, 0x3, 0x4"), std::string::npos);
}

TEST_F(KeIrqlTest, MachineSaysTheSameOfItselfWhoeverAsks) {
  const fltsim_module_exports exports = module_exports(machine_.system());
  kernel([&] {
    KAFFINITY active = 0;
    EXPECT_EQ(KeQueryActiveProcessorCount(&active), static_cast<ULONG>(exports.KeNumberProcessors_));
    EXPECT_EQ(active, (KAFFINITY{1} << exports.KeNumberProcessors_) - 1);
    RTL_OSVERSIONINFOW version{};
    version.dwOSVersionInfoSize = sizeof version;
    EXPECT_EQ(RtlGetVersion(&version), STATUS_SUCCESS);
    EXPECT_EQ(version.dwBuildNumber, exports.NtBuildNumber_);
  });
  auto service = machine_.start_process({.image = u"C:\\svc.exe", .user = fltsim::User::kSystem});
  EXPECT_EQ(service.run([] { EXPECT_EQ(PsGetProcessSessionId(PsGetCurrentProcess()), 0u); }), Outcome::kDone);
}

TEST_F(KeIrqlTest, AttachedThreadSeesTheOtherProcess) {
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  kernel([&] {
    KAPC_STATE state;
    KeStackAttachProcess(reinterpret_cast<PRKPROCESS>(&app.process()), &state);
    EXPECT_EQ(reinterpret_cast<nt::Process*>(PsGetCurrentProcess()), &app.process());
    KeUnstackDetachProcess(&state);
    EXPECT_EQ(PsGetProcessId(PsGetCurrentProcess()), ULongToHandle(4));
  });
}

}  // namespace
}  // namespace fltsim::nt
