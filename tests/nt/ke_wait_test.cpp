#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using KeWaitTest = KernelTest;

NTSTATUS wait(PVOID object, PLARGE_INTEGER timeout = nullptr, KPROCESSOR_MODE mode = KernelMode) {
  return KeWaitForSingleObject(object, ::Executive, mode, FALSE, timeout);
}

TEST_F(KeWaitTest, SetEventSatisfiesTheWait) {
  kernel([] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
    EXPECT_EQ(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    EXPECT_EQ(wait(&event), STATUS_SUCCESS);
    EXPECT_EQ(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 1);
    EXPECT_EQ(KeResetEvent(&event), 1);
    KeClearEvent(&event);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
  });
}

TEST_F(KeWaitTest, ZeroTimeoutPollsAndRelativeTimeoutPasses) {
  kernel([] {
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    LARGE_INTEGER zero{};
    EXPECT_EQ(wait(&event, &zero), STATUS_TIMEOUT);
    LARGE_INTEGER before;
    LARGE_INTEGER after;
    LARGE_INTEGER twenty = relative_ms(20);
    KeQuerySystemTime(&before);
    EXPECT_EQ(wait(&event, &twenty), STATUS_TIMEOUT);
    KeQuerySystemTime(&after);
    EXPECT_EQ(after.QuadPart - before.QuadPart, 200'000);
    EXPECT_EQ(wait(&event, &before), STATUS_TIMEOUT) << "an absolute time in the past";
  });
}

TEST_F(KeWaitTest, DelayTakesItsTime) {
  kernel([] {
    const ULONGLONG before = KeQueryInterruptTime();
    LARGE_INTEGER second = relative_ms(1000);
    EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &second), STATUS_SUCCESS);
    EXPECT_EQ(KeQueryInterruptTime() - before, 10'000'000u);
  });
}

TEST_F(KeWaitTest, WaitForAnyReturnsTheIndex) {
  kernel([] {
    KEVENT events[2];
    KeInitializeEvent(&events[0], NotificationEvent, FALSE);
    KeInitializeEvent(&events[1], NotificationEvent, TRUE);
    PVOID objects[] = {&events[0], &events[1]};
    EXPECT_EQ(KeWaitForMultipleObjects(2, objects, WaitAny, ::Executive, KernelMode, FALSE, nullptr, nullptr),
              STATUS_WAIT_1);
    LARGE_INTEGER zero{};
    EXPECT_EQ(KeWaitForMultipleObjects(2, objects, WaitAll, ::Executive, KernelMode, FALSE, &zero, nullptr),
              STATUS_TIMEOUT);
    KeSetEvent(&events[0], 0, FALSE);
    EXPECT_EQ(KeWaitForMultipleObjects(2, objects, WaitAll, ::Executive, KernelMode, FALSE, &zero, nullptr),
              STATUS_SUCCESS);
  });
}

TEST_F(KeWaitTest, FourObjectsWithoutWaitBlocksAreFatal) {
  fatal("VER-44", [] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    PVOID objects[] = {&event, &event, &event, &event};
    KeWaitForMultipleObjects(4, objects, WaitAny, ::Executive, KernelMode, FALSE, nullptr, nullptr);
  });
}

TEST_F(KeWaitTest, SemaphorePastItsLimitRaises) {
  kernel([] {
    KSEMAPHORE semaphore;
    KeInitializeSemaphore(&semaphore, 1, 1);
    EXPECT_EQ(status_raised_by([&] { KeReleaseSemaphore(&semaphore, 0, 1, FALSE); }),
              STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    EXPECT_EQ(wait(&semaphore), STATUS_SUCCESS);
    EXPECT_EQ(KeReleaseSemaphore(&semaphore, 0, 1, FALSE), 0);
    EXPECT_EQ(KeReadStateSemaphore(&semaphore), 1);
  });
}

TEST_F(KeWaitTest, MutexIsRecursiveAndReleaseByAStrangerIsFatal) {
  kernel([] {
    KMUTEX mutex;
    KeInitializeMutex(&mutex, 0);
    EXPECT_EQ(wait(&mutex), STATUS_SUCCESS);
    EXPECT_EQ(wait(&mutex), STATUS_SUCCESS);
    KeReleaseMutex(&mutex, FALSE);
    KeReleaseMutex(&mutex, FALSE);
    EXPECT_EQ(KeReadStateMutex(&mutex), 1);
  });
  fatal("VER-42", [] {
    KMUTEX mutex;
    KeInitializeMutex(&mutex, 0);
    KeReleaseMutex(&mutex, FALSE);
  });
}

TEST_F(KeWaitTest, TimerIsSignalledAtItsTimeAndPeriodically) {
  kernel([] {
    KTIMER timer;
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    EXPECT_EQ(KeSetTimerEx(&timer, relative_ms(10), 10, nullptr), FALSE);
    const ULONGLONG before = KeQueryInterruptTime();
    EXPECT_EQ(wait(&timer), STATUS_SUCCESS);
    EXPECT_EQ(wait(&timer), STATUS_SUCCESS);
    EXPECT_EQ(KeQueryInterruptTime() - before, 200'000u);
    EXPECT_EQ(KeCancelTimer(&timer), TRUE);
    EXPECT_EQ(KeReadStateTimer(&timer), FALSE);
  });
}

TEST_F(KeWaitTest, WaitForAThreadEndsWithIt) {
  kernel([&] {
    auto other = start([] {});
    EXPECT_EQ(wait(&other.thread()), STATUS_SUCCESS);
  });
}

TEST_F(KeWaitTest, UserModeWaitEndsWhenTheThreadIsTerminated) {
  NTSTATUS status = STATUS_SUCCESS;
  KEVENT event;
  auto other = start([&] {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    status = wait(&event, nullptr, UserMode);
  });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  other.terminate();
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_TRUE(other.done());
  EXPECT_EQ(status, STATUS_USER_APC);
}

TEST_F(KeWaitTest, WaitForWhatWasNeverInitialisedIsFatal) {
  fatal("VER-44", [] {
    KEVENT event{};
    wait(&event);
  });
}

TEST_F(KeWaitTest, BlockingWaitAtDispatchIsAFindingAndAPollIsNot) {  // VER-23
  kernel([] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    const KIRQL before = KeRaiseIrqlToDpcLevel();
    LARGE_INTEGER zero{};
    EXPECT_EQ(wait(&event, &zero), STATUS_SUCCESS);
    KeLowerIrql(before);
  });
  finds("VER-23", [] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    const KIRQL before = KeRaiseIrqlToDpcLevel();
    EXPECT_EQ(wait(&event), STATUS_SUCCESS);
    KeLowerIrql(before);
  });
  const std::string text = machine_.verifier().findings().at(0).text;
  EXPECT_NE(text.find("KeWaitForSingleObject was called at DISPATCH_LEVEL"), std::string::npos) << text;
  EXPECT_NE(text.find("APC_LEVEL or below"), std::string::npos) << text;
}

TEST_F(KeWaitTest, CountersTickWithTheMachinesClock) {
  kernel([] {
    LARGE_INTEGER frequency;
    const LONGLONG before = KeQueryPerformanceCounter(&frequency).QuadPart;
    LARGE_INTEGER second = relative_ms(1000);
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    EXPECT_EQ(KeQueryPerformanceCounter(nullptr).QuadPart - before, frequency.QuadPart);
    LARGE_INTEGER ticks;
    KeQueryTickCount(&ticks);
    EXPECT_EQ(ticks.QuadPart, 10'000'000 / KeQueryTimeIncrement());
    const ULONGLONG stalled = KeQueryInterruptTime();
    KeStallExecutionProcessor(50);
    EXPECT_EQ(KeQueryInterruptTime() - stalled, 500u);
  });
}

}  // namespace
}  // namespace fltsim::nt
