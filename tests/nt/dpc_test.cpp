// Deferred procedure calls, and timers that queue them.
#include "fltsim/lambda_driver.hpp"
#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

struct Calls {
  KDPC dpc;
  KTIMER timer;
  std::vector<PVOID> arguments;
  KIRQL irql = PASSIVE_LEVEL;

  static VOID routine(PKDPC, PVOID context, PVOID first, PVOID) {
    auto& calls = *static_cast<Calls*>(context);
    calls.arguments.push_back(first);
    calls.irql = KeGetCurrentIrql();
  }
  Calls() {
    KeInitializeDpc(&dpc, routine, this);
    KeInitializeTimer(&timer);
  }
};

LARGE_INTEGER in_milliseconds(LONGLONG count) {
  LARGE_INTEGER due;
  due.QuadPart = -10'000 * count;
  return due;
}

using DpcTest = KernelTest;

TEST_F(DpcTest, QueuedRoutineRunsAtDispatchLevelWithItsArguments) {
  kernel([] {
    Calls calls;
    const PVOID one = reinterpret_cast<PVOID>(1);
    EXPECT_TRUE(KeInsertQueueDpc(&calls.dpc, one, nullptr));
    KeFlushQueuedDpcs();
    EXPECT_EQ(calls.arguments, std::vector<PVOID>{one});
    EXPECT_EQ(calls.irql, DISPATCH_LEVEL);
  });
}

TEST_F(DpcTest, DpcIsQueuedOnceUntilItRunsAndCanBeRemoved) {
  kernel([] {
    Calls calls;
    const KIRQL before = KeRaiseIrqlToDpcLevel();
    EXPECT_TRUE(KeInsertQueueDpc(&calls.dpc, nullptr, nullptr));
    if (KeRemoveQueueDpc(&calls.dpc)) {
      EXPECT_TRUE(KeInsertQueueDpc(&calls.dpc, nullptr, nullptr));
    }
    KeLowerIrql(before);
    KeFlushQueuedDpcs();
    EXPECT_EQ(calls.arguments.size(), 1u);
    EXPECT_FALSE(KeRemoveQueueDpc(&calls.dpc));
  });
}

TEST_F(DpcTest, TimerQueuesItsDpcWhenItComesDue) {
  kernel([] {
    Calls calls;
    EXPECT_FALSE(KeSetTimer(&calls.timer, in_milliseconds(10), &calls.dpc));
    LARGE_INTEGER wait = in_milliseconds(5);
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    EXPECT_TRUE(calls.arguments.empty());
    wait = in_milliseconds(20);
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    EXPECT_EQ(calls.arguments.size(), 1u);
    EXPECT_FALSE(KeCancelTimer(&calls.timer));
  });
}

TEST_F(DpcTest, PeriodicTimerGoesOnUntilItIsCancelled) {
  kernel([] {
    Calls calls;
    KeSetTimerEx(&calls.timer, in_milliseconds(10), 10, &calls.dpc);
    LARGE_INTEGER wait = in_milliseconds(35);
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    EXPECT_EQ(calls.arguments.size(), 3u);
    EXPECT_TRUE(KeCancelTimer(&calls.timer));
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    EXPECT_EQ(calls.arguments.size(), 3u);
  });
}

TEST_F(DpcTest, ThreadedAndTargetedDpcsRunToo) {
  kernel([] {
    Calls calls;
    KeInitializeThreadedDpc(&calls.dpc, Calls::routine, &calls);
    KeSetImportanceDpc(&calls.dpc, HighImportance);
    KeSetTargetProcessorDpc(&calls.dpc, 1);
    PROCESSOR_NUMBER number{0, 99, 0};
    EXPECT_EQ(KeSetTargetProcessorDpcEx(&calls.dpc, &number), STATUS_INVALID_PARAMETER);
    EXPECT_FALSE(KeSetCoalescableTimer(&calls.timer, in_milliseconds(10), 0, 5, &calls.dpc));
    LARGE_INTEGER wait = in_milliseconds(20);
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    EXPECT_EQ(calls.arguments.size(), 1u);
  });
}

TEST_F(DpcTest, DpcThatWasNeverInitialisedIsFatal) {  // VER-44
  fatal("VER-44", [] {
    KDPC dpc{};
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
  });
}

TEST_F(DpcTest, TimerThatADriverLeavesSetIsReported) {  // VER-20
  std::unique_ptr<Calls> calls;
  Driver driver = machine_.load_driver(LambdaDriver{.registered = [&](PFLT_FILTER) {
    calls = std::make_unique<Calls>();
    KeSetTimerEx(&calls->timer, in_milliseconds(10), 10, &calls->dpc);
    return STATUS_SUCCESS;
  }});
  machine_.verifier().expect("VER-20");
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(machine_.verifier().count("VER-20"), 1u);
}

}  // namespace
}  // namespace fltsim::nt
