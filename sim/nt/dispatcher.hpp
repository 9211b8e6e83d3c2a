// Dispatcher objects (events, semaphores, mutexes, timers, threads, processes) and the one way to wait for
// them.
//
// Every dispatcher object begins with a DispatcherHeader, which has the size and the layout of the WDK's
// DISPATCHER_HEADER, so that a KEVENT in a driver's own memory and an nt::Thread are waited for in the same
// way.
//
// Threads: one leaf lock per machine guards all headers and wait blocks. Nothing below calls a driver or a
// client. An event that nobody waits for is set and reset without the lock by whoever keeps its memory; therefore an event's
// state and the head of its list of waiters are read and written as atomics:
//
//   D1  A waiter links itself, then reads the state; set_kept() changes the state, then looks for waiters (all sequentially
//       consistent). So one of the two sees the other.
//   D2  Behind set_kept() the waiter may be gone, and the event with it: KeSetEvent on an event that the waiter has on its
//       stack takes the lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "sched/hand_over.hpp"
#include "sched/scheduler.hpp"

namespace fltsim::nt {

class Thread;

// 16 bytes; as LIST_ENTRY.
struct ListLink {
  ListLink* next;
  ListLink* previous;
};

enum class DispatcherType : std::uint8_t {
  kNotificationEvent = 0,
  kSynchronizationEvent = 1,
  kMutant = 2,
  kProcess = 3,
  kSemaphore = 5,
  kThread = 6,
  kNotificationTimer = 8,
  kSynchronizationTimer = 9,
};

// 24 bytes: type 0, state 4, waiters 8.
struct DispatcherHeader {
  DispatcherType type;
  std::uint8_t reserved[3];
  std::int32_t state;  // > 0: signalled. Mutant: 1 free, <= 0 owned (and how often)
  ListLink waiters;
};
static_assert(sizeof(DispatcherHeader) == 24 && offsetof(DispatcherHeader, waiters) == 8);

// As KSEMAPHORE: 32 bytes.
struct Semaphore {
  DispatcherHeader header;
  std::int32_t limit;
};
static_assert(sizeof(Semaphore) == 32);

// As KMUTANT (KMUTEX): 56 bytes. `held` links the mutexes that one thread owns.
struct Mutant {
  DispatcherHeader header;
  ListLink held;
  Thread* owner;
  bool abandoned;
  std::uint8_t apc_disable;
};
static_assert(sizeof(Mutant) == 56);

// As KTIMER: 64 bytes. A timer has no thread of its own: it is signalled when somebody looks after its due
// time, and a waiter's park ends at the due time.
struct Timer {
  DispatcherHeader header;
  std::uint64_t due;  // a point in time
  ListLink reserved;
  void* dpc;
  std::uint32_t armed;
  std::uint32_t period_ms;
};
static_assert(sizeof(Timer) == 64 && offsetof(Timer, period_ms) == 60);

struct WaitOptions {
  sched::Ticks deadline = sched::kForever;  // a point in time; one that has passed polls
  bool ends_on_termination = false;         // the wait ends when the thread is terminated
  // What a deadlock finding prints, e.g. {"event", "worker stop"}; empty: the type of the object.
  std::string_view kind = {};
  std::string object = {};
};

enum class WaitResult {
  kSatisfied,
  kTimeout,
  kTerminated,  // only with ends_on_termination
};

struct WaitOutcome {
  WaitResult result;
  std::size_t index = 0;   // any: which object
  bool abandoned = false;  // a mutex whose owner ended without releasing it
};

// A point in time from a WDK timeout (100 ns units): null waits forever, negative is relative, positive
// absolute, zero polls.
sched::Ticks deadline_from(const std::int64_t* timeout, sched::Ticks now);

class Dispatcher {
 public:
  Dispatcher() = default;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  static void initialize(DispatcherHeader& header, DispatcherType type, std::int32_t state);

  // --- simulated threads: `thread` is the calling one ---
  WaitOutcome wait(Thread& thread, DispatcherHeader& object, const WaitOptions& options);
  WaitOutcome wait_any(Thread& thread, std::span<DispatcherHeader* const> objects,
                       const WaitOptions& options);
  WaitOutcome wait_all(Thread& thread, std::span<DispatcherHeader* const> objects,
                       const WaitOptions& options);

  // Sleeps until the deadline; kTerminated as for wait().
  WaitResult sleep(Thread& thread, const WaitOptions& options);

  // --- any thread ---

  // Each returns the state before. `set` also ends threads, processes and timers (they stay signalled).
  std::int32_t set(DispatcherHeader& event);
  // For a caller that keeps the event's memory, and has locks of its own, behind which it wakes.
  void set_kept(DispatcherHeader& event, sched::Waking& waking);
  static void reset_kept(DispatcherHeader& event);
  std::int32_t reset(DispatcherHeader& event);
  std::int32_t pulse(DispatcherHeader& event);
  std::int32_t read(const DispatcherHeader& object) const;
  // False for memory that no initialising routine has seen.
  bool initialized(const DispatcherHeader& object) const;

  // False, and nothing done, when the limit would be passed.
  [[nodiscard]] bool release(Semaphore& semaphore, std::int32_t adjustment, std::int32_t& before);

  enum class MutantRelease {
    kReleased,
    kStillHeld,
    kNotOwner,
  };
  [[nodiscard]] MutantRelease release(Thread& thread, Mutant& mutant);

  // Arms or disarms; returns whether the timer was armed and not yet due. `due` is a point in time.
  bool set_timer(Timer& timer, std::uint64_t due, std::uint32_t period_ms, sched::Ticks now);
  bool cancel_timer(Timer& timer, sched::Ticks now);
  bool read_timer(Timer& timer, sched::Ticks now);

  // The thread is being terminated: ends its wait, if that allows it. Called with the thread marked already.
  void end_wait(Thread& thread);
  // The thread has ended: its mutexes are abandoned. Returns how many there were.
  std::size_t abandon_mutants(Thread& thread);

 private:
  struct WaitBlock;
  struct Wait;

  WaitOutcome wait_for(Thread& thread, std::span<DispatcherHeader* const> objects, bool all,
                       const WaitOptions& options);
  static bool try_satisfy(Wait& wait, sched::Ticks now);
  static void wake_waiters(DispatcherHeader& object, sched::Waking& waking);
  static void unpark_waiters(DispatcherHeader& object, sched::Waking& waking);
  static void finish(Wait& wait);
  static void abandon(Mutant& mutant, sched::Waking& waking);

  mutable std::mutex mutex_;
};

}  // namespace fltsim::nt
