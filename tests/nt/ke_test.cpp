// Threads, processors, timers, pulses and the debugger's output, as the WDK's pages describe them.
#include <gtest/gtest.h>

#include <cstdarg>

#include "nt/debug_log.hpp"
#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using KeTest = KernelTest;

TEST_F(KeTest, CurrentThreadIsTheSameByEachName) {
  kernel([] {
    EXPECT_EQ(reinterpret_cast<PVOID>(KeGetCurrentThread()), reinterpret_cast<PVOID>(PsGetCurrentThread()));
    EXPECT_EQ(KeGetPreviousMode(), KernelMode);
  });
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([] { EXPECT_EQ(KeGetPreviousMode(), UserMode); }), Outcome::kDone);
}

TEST_F(KeTest, ProcessorNumberIsOneOfTheActiveOnes) {
  kernel([] {
    const ULONG count = KeQueryActiveProcessorCount(nullptr);
    EXPECT_LT(KeGetCurrentProcessorNumber(), count);
    EXPECT_LT(KeGetCurrentProcessorNumberEx(nullptr), count);
  });
}

TEST_F(KeTest, PriorityIsReturnedByTheNextChange) {
  kernel([] {
    PKTHREAD thread = KeGetCurrentThread();
    const KPRIORITY first = KeSetPriorityThread(thread, 16);
    EXPECT_GE(first, 1);
    EXPECT_LE(first, HIGH_PRIORITY);
    EXPECT_EQ(KeSetPriorityThread(thread, LOW_REALTIME_PRIORITY + 1), 16);
    EXPECT_EQ(KeSetPriorityThread(thread, first), LOW_REALTIME_PRIORITY + 1);
  });
}

TEST_F(KeTest, PreciseTimeIsNotBehindTheTickTime) {
  kernel([] {
    LARGE_INTEGER tick;
    LARGE_INTEGER precise;
    KeQuerySystemTime(&tick);
    KeQuerySystemTimePrecise(&precise);
    KeMemoryBarrier();
    EXPECT_GE(precise.QuadPart, tick.QuadPart);
    EXPECT_LT(precise.QuadPart - tick.QuadPart, 10'000'000);
  });
}

TEST_F(KeTest, PulseReleasesWhoWaitsAndLeavesTheEventUnsignalled) {
  kernel([&] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    int waiting = 0;
    NTSTATUS statuses[2] = {STATUS_PENDING, STATUS_PENDING};
    const auto waiter = [&](int index) {
      return [&, index] {
        ++waiting;
        statuses[index] = KeWaitForSingleObject(&event, ::Executive, KernelMode, FALSE, nullptr);
      };
    };
    auto a = start(waiter(0));
    auto b = start(waiter(1));
    LARGE_INTEGER while_they_wait = relative_ms(10);
    KeDelayExecutionThread(KernelMode, FALSE, &while_they_wait);
    EXPECT_EQ(waiting, 2);
    EXPECT_EQ(KePulseEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
    EXPECT_EQ(a.join(), Outcome::kDone);
    EXPECT_EQ(b.join(), Outcome::kDone);
    EXPECT_EQ(statuses[0], STATUS_SUCCESS);
    EXPECT_EQ(statuses[1], STATUS_SUCCESS);
    KeSetEvent(&event, 0, FALSE);
    EXPECT_NE(KePulseEvent(&event, IO_NO_INCREMENT, FALSE), 0) << "it was signalled";
    EXPECT_EQ(KeReadStateEvent(&event), 0);
  });
}

TEST_F(KeTest, PulseReleasesOneWaiterOfASynchronizationEvent) {
  kernel([&] {
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    int released = 0;
    const auto waiter = [&] {
      KeWaitForSingleObject(&event, ::Executive, KernelMode, FALSE, nullptr);
      ++released;
    };
    auto a = start(waiter);
    auto b = start(waiter);
    LARGE_INTEGER a_while = relative_ms(10);
    KeDelayExecutionThread(KernelMode, FALSE, &a_while);
    KePulseEvent(&event, IO_NO_INCREMENT, FALSE);
    KeDelayExecutionThread(KernelMode, FALSE, &a_while);
    EXPECT_EQ(released, 1);
    KePulseEvent(&event, IO_NO_INCREMENT, FALSE);
    EXPECT_EQ(a.join(), Outcome::kDone);
    EXPECT_EQ(b.join(), Outcome::kDone);
  });
}

TEST_F(KeTest, TimerIsANotificationTimerThatStaysSignalled) {
  kernel([] {
    KTIMER timer;
    KeInitializeTimer(&timer);
    EXPECT_EQ(KeReadStateTimer(&timer), FALSE);
    EXPECT_EQ(KeSetTimer(&timer, relative_ms(20), nullptr), FALSE);
    EXPECT_EQ(KeSetTimer(&timer, relative_ms(30), nullptr), TRUE) << "it was in the queue";
    const ULONGLONG before = KeQueryInterruptTime();
    for (int n = 0; n < 2; ++n) {
      EXPECT_EQ(KeWaitForSingleObject(&timer, ::Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    }
    EXPECT_EQ(KeQueryInterruptTime() - before, 300'000u);
    EXPECT_EQ(KeReadStateTimer(&timer), TRUE);
    EXPECT_EQ(KeCancelTimer(&timer), FALSE) << "it has expired";
    EXPECT_EQ(KeSetTimer(&timer, relative_ms(1000), nullptr), FALSE);
    EXPECT_EQ(KeReadStateTimer(&timer), FALSE) << "set anew, it is not signalled";
    EXPECT_EQ(KeCancelTimer(&timer), TRUE);
  });
}

TEST_F(KeTest, BugCheckWithoutParametersStopsTheMachine) {  // VER-43
  fatal("VER-43", [] { KeBugCheck(MANUALLY_INITIATED_CRASH); });
}

TEST_F(KeTest, BreakPointWithoutADebuggerStopsTheMachine) {  // SIM-3
  fatal("SIM-3", [] { DbgBreakPoint(); });
}

TEST_F(KeTest, BreakPointWithAStatusStopsTheMachine) {  // SIM-3
  fatal("SIM-3", [] { DbgBreakPointWithStatus(17); });
}

ULONG print(PCSTR prefix, PCSTR format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const ULONG result =
      prefix == nullptr
          ? vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments)
          : vDbgPrintExWithPrefix(prefix, DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments);
  va_end(arguments);
  return result;
}

TEST_F(KeTest, PrintingRoutinesFormatAndSucceed) {
  kernel([] {
    EXPECT_EQ(DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "one %d\n", 1),
              static_cast<ULONG>(STATUS_SUCCESS));
    EXPECT_EQ(print(nullptr, "two %s\n", "2"), static_cast<ULONG>(STATUS_SUCCESS));
    EXPECT_EQ(print("drv: ", "three %x\n", 0x33), static_cast<ULONG>(STATUS_SUCCESS));
  });
  EXPECT_EQ(machine_.system().nt().debug_log().text(), "one 1\ntwo 2\ndrv: three 33\n");
}

}  // namespace
}  // namespace fltsim::nt
