// All waiting, threads and time of a simulated machine. Two implementations stand behind one interface:
//
//   seeded  exactly one simulated thread runs. At every switch point and every wait the next one is drawn
//           from the seed, in an order that depends on nothing but the seed and the program (not on
//           addresses, clocks or the operating system). Time is virtual: it stands still while anybody can
//           run, and jumps to the next deadline when all wait and the control thread allows it.
//   host    operating-system threads, futexes and the monotonic clock: for benchmarks and the thread
//           sanitizer.
//
// Who is who: a *simulated thread* is made by spawn() and is a real operating-system thread (its own stack in
// gdb, its own thread-locals) taken from a pool. The *control thread* is whoever owns the machine (a test,
// the command): it is not simulated, and lets the machine run through run_until(), run_to_quiescence() and
// advance().
//
// Rules for the rest of the simulator:
//   - Wait only through park(); never with a condition variable, a sleep or a clock of the operating system.
//   - Nothing may be locked across park(), switch_point() or a call into a driver or a client. Short leaf
//     locks (std::mutex) between two switch points are fine: seeded, they are never contended.
//   - A wait says what it waits for. The text shows up in deadlock findings and must not contain addresses.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sched/stack.hpp"

namespace fltsim::sched {

// 100 ns units; points count from 1601-01-01 UTC (the machine's system time).
using Ticks = std::uint64_t;
inline constexpr Ticks kForever = UINT64_MAX;
inline constexpr Ticks kTicksPerMillisecond = 10'000;
inline constexpr Ticks kTicksPerSecond = 10'000'000;

class HandOver;  // hand_over.hpp
class Thread;    // one simulated thread; alive from spawn() until its scheduler is destroyed or starts over

// What a parked thread waits for, e.g. {"event", "DrmFilter worker stop"} or {"push lock", "policy table",
// owner}. `owner` is the thread that must act first, where that is known (a lock's holder), for the wait-for
// graph. Where the object's text costs too much for a wait that nobody asks about, `describe` makes it when somebody
// does: while the thread is parked, in another thread; it reads what may be read there, and does not block.
struct WaitReason {
  std::string_view kind;
  std::string object;
  const Thread* owner = nullptr;
  std::function<std::string()> describe = {};
};

enum class ParkResult {
  kUnparked,
  kDeadline,
};

// Why a call of the control thread came back.
enum class RunResult {
  kDone,         // what was waited for has happened (for run_to_quiescence: nobody can run any more)
  kDeadlock,     // nobody can run, no deadline is pending, and it has not happened
  kNotSettling,  // the limit of switches or of virtual time is used up
  kWatchdog,  // one thread used the processor for too long without reaching a switch point. The thread cannot
              // be stopped: it spins on, but never gets back into the machine, and nothing else of the
              // machine runs again. Code that it may be in (a driver module) must stay loaded.
};

struct ThreadState {
  std::string name;
  enum class Phase {
    kRunnable,
    kParked,
    kEnded
  } phase;
  std::string waits_for;  // text of the wait reason; empty unless parked
  Ticks deadline;         // kForever for none
  std::string place;      // the last switch point or kind of wait; seeded only
};

// Whoever looks at the machine as a whole, between two steps of it. Both members only read memory and keep notes:
// they call nothing of the machine, wait for nothing, and so change no decision of the scheduler.
class Observer {
 public:
  // What was done last: the thread, and the switch points (or kinds of wait) between which it did it.
  struct Step {
    std::string_view thread;
    std::string_view from;
    std::string_view to;
  };

  // False: there is something to report. No simulated thread is the current one meanwhile: a call that needs one
  // ends the program.
  virtual bool look() noexcept = 0;
  // Right behind a look that was false.
  virtual void report(const Step& last) noexcept = 0;

 protected:
  ~Observer() = default;
};

struct Options {
  bool seeded = true;
  std::uint64_t seed = 1;
  Ticks start_time = 133'800'000'000'000'000;               // seeded only: an ordinary day, 2025-01-01 or so
  std::uint64_t switches_max = 50'000'000;                  // seeded only: per call of the control thread
  Ticks virtual_time_max = 24ull * 3600 * kTicksPerSecond;  // seeded only: per call of the control thread
  std::uint64_t watchdog_ms = 20'000;  // processor time between two switch points; 0 switches it off
  std::uint32_t looks =
      0;  // host only: how often a thread looks again, with a pause between, before it parks
};

class Scheduler {
 public:
  static std::unique_ptr<Scheduler> create(const Options& options);

  // Threads that have not ended are abandoned where they stand: their stacks stay, none of their code runs
  // again.
  virtual ~Scheduler() = default;

  // --- any thread ---

  // Adds a runnable thread. `user` is what current_user() returns in it (the machine's own thread object).
  virtual Thread& spawn(std::string name, void* user, std::function<void()> entry) = 0;

  // Lets `thread` return from park(), now or at its next park: one permit, which does not add up. A permit
  // may be left over from a wait that was satisfied otherwise, so whoever parks asks its own condition again
  // after a return.
  virtual void unpark(Thread& thread) = 0;

  virtual Ticks now() const = 0;
  // For who notes many points in time and looks at few: takes less than now(), and is in a unit of its own. The function
  // makes points in time of the stamps so far.
  virtual std::uint64_t stamp() const = 0;
  virtual std::function<Ticks(std::uint64_t stamp)> times_of_stamps() const = 0;
  bool seeded() const { return seeded_; }

  // What a predicate of run_until() asks for may have become true.
  virtual void look_again() = 0;

  // A stable small number per thread, in order of spawn; for names and ids that must replay.
  static std::uint32_t id(const Thread& thread);

  // --- simulated threads only ---

  // Another thread may run here. `what` names the place in findings; it is kept, so it is a literal (as is
  // the kind of a wait).
  virtual void switch_point(const char* what) = 0;

  // Waits for a permit or for the deadline (a point in time). With a hand-over: for that too, and the thread counts as
  // parked for it from here on; the caller has looked.
  virtual ParkResult park(Ticks deadline, const WaitReason& reason, HandOver* over = nullptr) = 0;

  // Looks whether the hand-over is done: as often as Options::looks says on the host scheduler, else once. It neither
  // parks nor is it a switch point, and a permit does not end it.
  [[nodiscard]] virtual bool look(const HandOver& over) = 0;

  // The calling thread's scheduler, thread and user pointer; nullptr on the control thread.
  static Scheduler* current();
  static Thread* current_thread();
  static void* current_user();
  // Behind code of a driver or a client, which may have run for longer than its machine lived: a thread that was
  // abandoned meanwhile never returns from here, nor from the three above.
  static void stay_if_abandoned() { static_cast<void>(current_thread()); }
  // Whether it would stay, for who asks often. Simulated threads; it outlives the scheduler.
  static const std::atomic<bool>& abandoned_flag();

  // --- the control thread only ---

  // Lets the machine run, and time pass where all wait, until `done` has ended / `done()` is true. The
  // predicate is asked between two steps, with no simulated thread running (seeded), or when a thread has ended, when
  // all wait, and after look_again() (host): threads that wait for each other do not wake the control thread each time.
  RunResult run_until(const Thread& done) { return run({.ended = &done}); }
  RunResult run_until(const std::function<bool()>& done) { return run({.predicate = &done}); }

  // Lets the machine run until nobody can run. Time does not pass (seeded); deadlines that are still pending
  // stay so.
  RunResult run_to_quiescence() { return run({}); }

  // Lets `duration` pass: every deadline in it comes due, in order. virtual_time_max does not limit it.
  RunResult advance(Ticks duration) { return run({.duration = duration}); }

  // Seeded only, and while nobody can run: threads that have ended are forgotten, and from here on the schedule
  // depends on `seed` and on what is done, not on what was done before. Time goes on.
  virtual void start_over(std::uint64_t seed) = 0;

  // --- looking ---

  // Seeded: asks `observer` at every switch point, wait and end of a thread, in that thread, and when the control
  // thread lets the machine run. Host: when run_to_quiescence() or advance() finds everybody at rest, in the
  // control thread. Null: nobody. The control thread only, while nobody runs.
  virtual void observe(Observer* observer) = 0;

  // Where the thread was that the watchdog has given up, or that ran when the limit of switches was used up; empty
  // before. The control thread.
  const Stack& spinning_stack() const { return spinning_stack_; }

  virtual std::vector<ThreadState> threads() const = 0;
  // One line per thread that has not ended: name, what it waits for, who owns that. For findings.
  std::string describe_threads() const;
  // A hash over all scheduling decisions so far: equal hashes, equal schedules. Host schedules are the
  // operating system's, and have none.
  virtual std::uint64_t schedule_hash() const { return 0; }
  // How often an unpark had to wake a thread that the operating system had put to sleep; host only.
  virtual std::uint64_t wakes() const { return 0; }

 protected:
  explicit Scheduler(bool seeded) : seeded_(seeded) {}

  Stack spinning_stack_;

  // What the control thread waits for: one of these, or, when none is given, that nobody can run.
  struct Goal {
    const Thread* ended = nullptr;
    const std::function<bool()>* predicate = nullptr;
    std::optional<Ticks> duration = {};
  };

 private:
  virtual RunResult run(const Goal& goal) = 0;

  const bool seeded_;
};

}  // namespace fltsim::sched
