// The seeded scheduler: one simulated thread at a time, drawn from a seed, in virtual time.
//
// Who may touch what:
//   1. Exactly one thread holds the baton: a simulated thread, or the control thread when `running_` is
//      nullptr. All plain fields below belong to the holder. Passing the baton (a futex hand-off) makes them
//      visible to the next.
//   2. The control thread may take the baton away from a thread that does not reach a switch point. So a
//      simulated thread works on the fields only inside the gate, and the control thread takes over only
//      while nobody is inside and no step was made since it looked: then the thread spins in code of its
//      own.
//   3. Every order in here comes from ids, deadlines and the seed, never from addresses or clocks.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sched/baton.hpp"
#include "sched/prng.hpp"
#include "sched/scheduler.hpp"
#include "sched/thread.hpp"
#include "sched/watchdog.hpp"

namespace fltsim::sched {

// Lets the running thread in for one step, until the control thread closes it for good.
class StepGate {
 public:
  // False: closed. Otherwise the caller is inside until leave().
  [[nodiscard]] bool enter() {
    return word_.exchange(kInside, std::memory_order_acquire) != kClosed || reclose();
  }
  void leave() { word_.store(++steps_, std::memory_order_release); }

  // The control thread's view: steps so far, or a value that close() refuses.
  std::uint64_t steps() const { return word_.load(std::memory_order_acquire); }
  // True: nobody is inside, `steps` still holds, and nobody will get in again.
  [[nodiscard]] bool close(std::uint64_t steps) {
    return steps != kInside && word_.compare_exchange_strong(steps, kClosed, std::memory_order_acq_rel);
  }
  bool closed() const { return word_.load(std::memory_order_acquire) == kClosed; }

 private:
  static constexpr std::uint64_t kInside = 0;
  static constexpr std::uint64_t kClosed = UINT64_MAX;

  bool reclose() {
    word_.store(kClosed, std::memory_order_release);
    return false;
  }

  std::uint64_t steps_ = 1;  // belongs to the thread inside
  std::atomic<std::uint64_t> word_{1};
};

struct SeededThread final : Thread {
  using Thread::Thread;
  ThreadState::Phase phase = ThreadState::Phase::kRunnable;
  bool started = false;
  bool permit = false;
  ParkResult woken_by = ParkResult::kUnparked;
  Ticks deadline = kForever;           // kForever unless parked with one
  const WaitReason* reason = nullptr;  // on the parked thread's stack; nullptr unless parked
  std::string_view place;
  std::string_view place_before;

  void arrive(std::string_view at) { place_before = std::exchange(place, at); }
};

class SeededScheduler final : public Scheduler {
 public:
  explicit SeededScheduler(const Options& options);
  // Abandons what has not ended: then the scheduler stays in memory, for threads that still stand in it.
  static void operator delete(SeededScheduler* self, std::destroying_delete_t);

  Thread& spawn(std::string name, void* user, std::function<void()> entry) override;
  void unpark(Thread& thread) override;
  Ticks now() const override;
  std::uint64_t stamp() const override { return now(); }
  std::function<Ticks(std::uint64_t stamp)> times_of_stamps() const override { return std::identity(); }

  void switch_point(const char* what) override;
  ParkResult park(Ticks deadline, const WaitReason& reason, HandOver* over) override;
  bool look(const HandOver& over) override;
  void look_again() override {}  // it asks at every step

  void observe(Observer* observer) override;
  void start_over(std::uint64_t seed) override;

  std::vector<ThreadState> threads() const override;
  std::uint64_t schedule_hash() const override { return hash_; }

 private:
  // One call of the control thread: what it waits for, and how far time may go.
  struct Run {
    const Thread* ended = nullptr;
    const std::function<bool()>* predicate = nullptr;
    Ticks time_limit = 0;
    RunResult at_time_limit = RunResult::kDone;
    RunResult when_all_wait = RunResult::kDone;
  };

  class Turn;

  static void carry(Carrier& carrier, void* thread);

  RunResult run(const Goal& goal) override;
  RunResult run_once(const Run& run);
  bool await_baton();
  void give_up();

  SeededThread& enter();
  void continue_as(SeededThread* chosen, SeededThread& self);
  void end(SeededThread& self);
  void pass_baton(SeededThread* next);

  void let_observer_look(const Observer::Step& last);
  void let_observer_look(const SeededThread& self) {
    let_observer_look({self.name, self.place_before, self.place});
  }
  SeededThread* choose(SeededThread* self);
  SeededThread* stop(RunResult result, SeededThread* self);
  bool goal_reached();
  bool let_time_pass();
  SeededThread* draw(SeededThread* self);
  SeededThread& thread_by_id(std::uint32_t id);
  SeededThread* take(std::size_t index, SeededThread* self);
  void make_runnable(SeededThread& thread, ParkResult woken_by);
  void mix(std::uint64_t value);

  const Options options_;
  const Watchdog watchdog_;

  Prng prng_;
  Ticks now_;
  Ticks started_over_at_ = 0;
  std::uint64_t hash_ = 0;
  std::uint64_t draws_ = 0;
  std::vector<std::unique_ptr<SeededThread>> threads_;  // by rising id
  std::vector<SeededThread*> ready_;                    // runnable, but for the one that runs
  std::set<std::pair<Ticks, std::uint32_t>> timers_;    // deadline and id of every thread parked with one

  Run run_;
  std::uint64_t switches_ = 0;
  SeededThread* unsettled_ = nullptr;  // who ran when the limit of switches was used up
  RunResult result_ = RunResult::kDone;
  bool in_run_ = false;
  bool given_up_ = false;
  Observer* observer_ = nullptr;
  bool looking_ = false;  // the observer is; it may change nothing
  int processor_ =
      kAnyProcessor;  // one for all threads, as only one runs: where the control thread was at the call

  StepGate gate_;
  std::atomic<SeededThread*> running_{nullptr};  // atomic because the watchdog looks at it
  Baton control_;
};

}  // namespace fltsim::sched
