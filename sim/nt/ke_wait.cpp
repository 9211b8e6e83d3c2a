// Ke: dispatcher objects, waiting, time.
#include <ntifs.h>

#include "nt/dpc_queue.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

constexpr ULONG kTimeIncrement = 156'250;  // 15.625 ms, the clock's usual step
constexpr LONGLONG kCounterFrequency = 10'000'000;

template <class Wdk>
DispatcherHeader& header_of(Wdk* object) {
  return reinterpret_cast<DispatcherHeader&>(*object);
}

DispatcherHeader& checked(Thread& thread, const char* routine, PVOID object) {
  auto* header = static_cast<DispatcherHeader*>(object);
  if (header == nullptr || !thread.system.nt().dispatcher().initialized(*header)) {
    bug_check(thread, "VER-44",
              std::string(routine) + ": the object was never initialised (KeInitializeEvent and the like)");
  }
  return *header;
}

bool polls(const LARGE_INTEGER* timeout) { return timeout != nullptr && timeout->QuadPart == 0; }

WaitOptions options_for(Thread& thread, KPROCESSOR_MODE mode, const LARGE_INTEGER* timeout) {
  return {.deadline = deadline_from(ticks_of(timeout), thread.system.scheduler().now()),
          .ends_on_termination = mode == UserMode};
}

NTSTATUS status_of(const WaitOutcome& outcome, bool all) {
  switch (outcome.result) {
    case WaitResult::kTimeout:
      return STATUS_TIMEOUT;
    case WaitResult::kTerminated:
      return STATUS_USER_APC;
    case WaitResult::kSatisfied:
      break;
  }
  return (outcome.abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0) +
         static_cast<NTSTATUS>(all ? 0 : outcome.index);
}

Dispatcher& dispatcher(Thread& thread) { return thread.system.nt().dispatcher(); }

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::Dispatcher;
using nt::DispatcherType;
using nt::enter;

extern "C" {

// --- events, semaphores, mutexes ---

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
  nt::touch("KeInitializeEvent", nt::kDispatch);
  Dispatcher::initialize(
      nt::header_of(Event),
      Type == NotificationEvent ? DispatcherType::kNotificationEvent : DispatcherType::kSynchronizationEvent,
      State != FALSE);
}

LONG KeSetEvent(PRKEVENT Event, KPRIORITY, BOOLEAN) {
  nt::Thread& thread = enter("KeSetEvent", nt::kDispatch);
  return nt::dispatcher(thread).set(nt::checked(thread, "KeSetEvent", Event));
}

LONG KeResetEvent(PRKEVENT Event) {
  nt::Thread& thread = enter("KeResetEvent", nt::kDispatch);
  return nt::dispatcher(thread).reset(nt::checked(thread, "KeResetEvent", Event));
}

VOID KeClearEvent(PRKEVENT Event) {
  nt::Thread& thread = enter("KeClearEvent", nt::kDispatch);
  nt::dispatcher(thread).reset(nt::checked(thread, "KeClearEvent", Event));
}

LONG KeReadStateEvent(PRKEVENT Event) {
  nt::Thread& thread = enter("KeReadStateEvent", nt::kDispatch);
  return nt::dispatcher(thread).read(nt::checked(thread, "KeReadStateEvent", Event));
}

LONG KePulseEvent(PRKEVENT Event, KPRIORITY, BOOLEAN) {
  nt::Thread& thread = enter("KePulseEvent", nt::kDispatch);
  return nt::dispatcher(thread).pulse(nt::checked(thread, "KePulseEvent", Event));
}

VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) {
  nt::touch("KeInitializeSemaphore", nt::kDispatch);
  Dispatcher::initialize(nt::header_of(Semaphore), DispatcherType::kSemaphore, Count);
  Semaphore->Limit = Limit;
}

LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY, LONG Adjustment, BOOLEAN) {
  nt::Thread& thread = enter("KeReleaseSemaphore", nt::kDispatch);
  auto& semaphore = reinterpret_cast<nt::Semaphore&>(nt::checked(thread, "KeReleaseSemaphore", Semaphore));
  std::int32_t before = 0;
  const bool released = nt::dispatcher(thread).release(semaphore, Adjustment, before);
  // No C++ object may be alive where a status is raised.
  if (!released) ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  return before;
}

LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore) {
  nt::Thread& thread = enter("KeReadStateSemaphore", nt::kAnyIrql);
  return nt::dispatcher(thread).read(nt::checked(thread, "KeReadStateSemaphore", Semaphore));
}

VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG) {
  nt::touch("KeInitializeMutex", nt::kDispatch);
  *Mutex = {};
  Dispatcher::initialize(nt::header_of(Mutex), DispatcherType::kMutant, 1);
}

LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN) {
  nt::Thread& thread = enter("KeReleaseMutex", nt::kDispatch);
  auto& mutant = reinterpret_cast<nt::Mutant&>(nt::checked(thread, "KeReleaseMutex", Mutex));
  const LONG before = nt::dispatcher(thread).read(mutant.header);
  if (nt::dispatcher(thread).release(thread, mutant) == Dispatcher::MutantRelease::kNotOwner) {
    nt::bug_check(thread, "VER-42", "KeReleaseMutex: the calling thread does not own the mutex");
  }
  return before;
}

LONG KeReadStateMutex(PRKMUTEX Mutex) {
  nt::Thread& thread = enter("KeReadStateMutex", nt::kDispatch);
  return nt::dispatcher(thread).read(nt::checked(thread, "KeReadStateMutex", Mutex));
}

// --- timers ---

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
  nt::touch("KeInitializeTimerEx", nt::kDispatch);
  *Timer = {};
  Dispatcher::initialize(
      nt::header_of(Timer),
      Type == NotificationTimer ? DispatcherType::kNotificationTimer : DispatcherType::kSynchronizationTimer,
      0);
}

VOID KeInitializeTimer(PKTIMER Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
  nt::Thread& thread = enter("KeSetTimerEx", nt::kDispatch);
  auto& timer = reinterpret_cast<nt::Timer&>(nt::checked(thread, "KeSetTimerEx", Timer));
  const sched::Ticks now = thread.system.scheduler().now();
  const std::uint64_t due = nt::deadline_from(nt::ticks_of(&DueTime), now);
  const auto period = static_cast<std::uint32_t>(Period);
  Timer->Dpc = Dpc;
  const bool was_armed = nt::dispatcher(thread).set_timer(timer, due, period, now);
  nt::DpcQueue& dpcs = thread.system.nt().dpcs();
  if (Dpc != nullptr) {
    dpcs.arm(thread, timer, due, period, *Dpc);
  } else {
    dpcs.disarm(timer);
  }
  return was_armed;
}

BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) {
  return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG, PKDPC Dpc) {
  return KeSetTimerEx(Timer, DueTime, static_cast<LONG>(Period), Dpc);
}

// A DPC that the timer has queued already stays queued.
BOOLEAN KeCancelTimer(PKTIMER Timer) {
  nt::Thread& thread = enter("KeCancelTimer", nt::kDispatch);
  auto& timer = reinterpret_cast<nt::Timer&>(nt::checked(thread, "KeCancelTimer", Timer));
  thread.system.nt().dpcs().disarm(timer);
  return nt::dispatcher(thread).cancel_timer(timer, thread.system.scheduler().now());
}

BOOLEAN KeReadStateTimer(PKTIMER Timer) {
  nt::Thread& thread = enter("KeReadStateTimer", nt::kDispatch);
  auto& timer = reinterpret_cast<nt::Timer&>(nt::checked(thread, "KeReadStateTimer", Timer));
  return nt::dispatcher(thread).read_timer(timer, thread.system.scheduler().now());
}

// --- waiting ---

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON, KPROCESSOR_MODE WaitMode, BOOLEAN,
                               PLARGE_INTEGER Timeout) {
  nt::Thread& thread = enter("KeWaitForSingleObject", nt::polls(Timeout) ? nt::kDispatch : nt::kApc);
  if (!nt::polls(Timeout)) nt::check_may_wait(thread, "KeWaitForSingleObject");
  nt::DispatcherHeader& header = nt::checked(thread, "KeWaitForSingleObject", Object);
  return nt::status_of(
      nt::dispatcher(thread).wait(thread, header, nt::options_for(thread, WaitMode, Timeout)), false);
}

NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON,
                                  KPROCESSOR_MODE WaitMode, BOOLEAN, PLARGE_INTEGER Timeout,
                                  PKWAIT_BLOCK WaitBlockArray) {
  nt::Thread& thread = enter("KeWaitForMultipleObjects", nt::polls(Timeout) ? nt::kDispatch : nt::kApc);
  if (!nt::polls(Timeout)) nt::check_may_wait(thread, "KeWaitForMultipleObjects");
  const ULONG count_max = WaitBlockArray != nullptr ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS;
  if (Count == 0 || Count > count_max) {
    nt::bug_check(thread, "VER-44",
                  "KeWaitForMultipleObjects: " + std::to_string(Count) +
                      " objects; at most 3 without and 64 with a "
                      "wait block array. Windows stops with MAXIMUM_WAIT_OBJECTS_EXCEEDED");
  }
  nt::DispatcherHeader* headers[MAXIMUM_WAIT_OBJECTS];
  for (ULONG i = 0; i < Count; ++i) headers[i] = &nt::checked(thread, "KeWaitForMultipleObjects", Object[i]);
  const std::span<nt::DispatcherHeader* const> objects(headers, Count);
  const nt::WaitOptions options = nt::options_for(thread, WaitMode, Timeout);
  Dispatcher& dispatcher = nt::dispatcher(thread);
  const bool all = WaitType == WaitAll;
  return nt::status_of(
      all ? dispatcher.wait_all(thread, objects, options) : dispatcher.wait_any(thread, objects, options),
      all);
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN, PLARGE_INTEGER Interval) {
  nt::Thread& thread = enter("KeDelayExecutionThread", nt::kApc);
  const nt::WaitResult result =
      nt::dispatcher(thread).sleep(thread, nt::options_for(thread, WaitMode, Interval));
  return result == nt::WaitResult::kTerminated ? STATUS_USER_APC : STATUS_SUCCESS;
}

VOID KeStallExecutionProcessor(ULONG MicroSeconds) {
  nt::Thread& thread = enter("KeStallExecutionProcessor", nt::kAnyIrql);
  // As a wait, so that time passes: a loop that polls the clock between stalls must end.
  nt::dispatcher(thread).sleep(
      thread,
      {.deadline = thread.system.scheduler().now() + MicroSeconds * sched::Ticks{10}, .kind = "stall"});
}

// --- time ---

VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime) {
  nt::Thread& thread = enter("KeQuerySystemTime", nt::kAnyIrql);
  CurrentTime->QuadPart = static_cast<LONGLONG>(thread.system.scheduler().now());
}

VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime) { KeQuerySystemTime(CurrentTime); }

ULONGLONG KeQueryInterruptTime(VOID) {
  nt::Thread& thread = enter("KeQueryInterruptTime", nt::kAnyIrql);
  return thread.system.scheduler().now() - thread.system.nt().boot_time();
}

ULONG KeQueryTimeIncrement(VOID) { return nt::kTimeIncrement; }

VOID KeQueryTickCount(PLARGE_INTEGER CurrentCount) {
  CurrentCount->QuadPart = static_cast<LONGLONG>(KeQueryInterruptTime() / nt::kTimeIncrement);
}

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
  if (PerformanceFrequency != nullptr) PerformanceFrequency->QuadPart = nt::kCounterFrequency;
  LARGE_INTEGER counter;
  counter.QuadPart = static_cast<LONGLONG>(KeQueryInterruptTime());
  return counter;
}

}  // extern "C"
