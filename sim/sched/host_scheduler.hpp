// The host scheduler: every simulated thread runs whenever the operating system lets it, parks on a futex,
// and time is the machine's own clock: the date at creation plus CLOCK_MONOTONIC since, so that it never
// jumps.
//
// What the control thread waits for is counted in one word, the census: how many threads are active (not
// parked, not ended), and how many are parked with a deadline. Invariant: a thread is counted as active
// before anybody can see that it was woken. So active == 0 means that nobody runs and nobody is about to.
// A thread that looks before it parks is active, and whoever unparks it then changes nothing but its word.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "sched/futex.hpp"
#include "sched/scheduler.hpp"
#include "sched/stamp_clock.hpp"
#include "sched/thread.hpp"
#include "sched/timekeeper.hpp"
#include "sched/watchdog.hpp"

namespace fltsim::sched {

// Shared by the scheduler and its threads: an ending thread touches this and nothing else after it was
// counted as ended, for its scheduler may be gone by then.
class Census {
 public:
  struct Count {
    std::uint32_t active;
    std::uint32_t timed;
  };
  void started() { word_.fetch_add(kActive); }
  // A thread that is woken before it has been counted as parked takes its deadline off before it has put it on. It is
  // active until then.
  void parked(bool timed) { stopped(word_.fetch_add(timed ? kTimed - kActive : -kActive) - kActive); }
  void waking(bool timed) { word_.fetch_add(timed ? kActive - kTimed : kActive); }
  void not_woken_after_all(bool timed) { parked(timed); }
  void ended() {
    word_.fetch_sub(kActive);
    ring();
  }
  void ring() {
    if (!awaited_.load()) return;
    bell_.fetch_add(1);
    futex_wake(bell_);
  }

  Count count() const {
    const std::uint64_t word = word_.load();
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  }

  void set_awaited(bool awaited) { awaited_.store(awaited); }
  // While it is awaited the bell rings when a thread ends, and when nobody is active any more. Read it before looking, then
  // wait for the next one.
  std::uint32_t bell() const { return bell_.load(); }
  void wait_for_bell(std::uint32_t seen, MonotonicTime deadline) const { futex_wait(bell_, seen, deadline); }

 private:
  static constexpr std::uint64_t kActive = 1;
  static constexpr std::uint64_t kTimed = std::uint64_t{1} << 32;

  // The word changes before awaited_ is read, and the control thread sets that before it reads the word (all sequentially
  // consistent): one of the two sees the other.
  void stopped(std::uint64_t word) {
    if (static_cast<std::uint32_t>(word) == 0) ring();
  }

  std::atomic<std::uint64_t> word_{0};
  std::atomic<bool> awaited_{false};
  std::atomic<std::uint32_t> bell_{0};
};

// Invariants of the word, on which the thread sleeps while it has kParked:
//   P1  The thread sets kParked, with kTimed where it has a deadline, when there is no permit. One other thread takes both
//       away again, in the change that leaves kPermit or kExpired, and has counted the thread as active before. The thread
//       then uses up whichever it is.
//   P2  `reason` and `deadline` are written before kParked (release) and belong to the wait. Whoever sets kDescribed in a
//       word with kParked (acquire) reads them under `describing`; the thread that finds kDescribed when it is woken takes
//       that mutex before it goes on.
struct HostThread final : Thread {
  using Thread::Thread;

  static constexpr std::uint32_t kNoPermit = 0;
  static constexpr std::uint32_t kPermit = 1;
  static constexpr std::uint32_t kExpired = 2;  // its deadline was found to have passed
  static constexpr std::uint32_t kParked = 4;
  static constexpr std::uint32_t kTimed = 8;
  static constexpr std::uint32_t kDescribed = 16;
  std::atomic<std::uint32_t> word{kNoPermit};
  std::atomic<std::uint64_t> wakes{0};  // how often it was parked when a permit came; changed by itself alone

  std::atomic<bool> has_ended{false};
  std::atomic<std::uint64_t> steps{0};  // for the watchdog
  Watchdog::Sighting sighting;          // the control thread's

  std::mutex describing;
  const WaitReason* reason = nullptr;  // on the parked thread's stack
  std::atomic<Ticks> deadline{kForever};

  // Any other thread: calls `describe` with what it waits for, if it is parked, and keeps it there for so long.
  template <class Describe>
  void describe_wait(const Describe& describe) {
    const std::lock_guard lock(describing);
    for (std::uint32_t seen = word.load(); (seen & kParked) != 0;) {
      if (!word.compare_exchange_weak(seen, seen | kDescribed)) continue;
      describe(*reason, deadline.load(std::memory_order_relaxed));
      word.fetch_and(~kDescribed);
      return;
    }
  }
};

class HostScheduler final : public Scheduler {
 public:
  explicit HostScheduler(const Options& options);
  // Waits until every thread has parked or ended (or the watchdog gives up on it), then abandons what has not
  // ended.
  static void operator delete(HostScheduler* self, std::destroying_delete_t);

  Thread& spawn(std::string name, void* user, std::function<void()> entry) override;
  void unpark(Thread& thread) override;
  Ticks now() const override;
  std::uint64_t stamp() const override { return clock_.stamp(); }
  std::function<Ticks(std::uint64_t stamp)> times_of_stamps() const override;

  void look_again() override { census_->ring(); }
  void switch_point(const char* what) override;
  ParkResult park(Ticks deadline, const WaitReason& reason, HandOver* over) override;
  bool look(const HandOver& over) override;

  void observe(Observer* observer) override { observer_ = observer; }
  [[noreturn]] void start_over(std::uint64_t seed) override;

  std::vector<ThreadState> threads() const override;
  std::uint64_t wakes() const override;

 private:
  static void carry(Carrier& carrier, void* thread);

  RunResult run(const Goal& goal) override;
  RunResult let_time_pass(Ticks duration);

  HostThread& enter();
  void block_if_abandoned(HostThread& self);
  // Whether the thread had a permit, which is used up by that.
  static bool take_permit(HostThread& self);
  // The same after looking for as long as the options ask.
  bool look_for_permit(HostThread& self) const;
  ParkResult sleep(HostThread& self, Ticks deadline);
  // Takes a thread out of its park, and leaves `why` in its word. False: it was not parked, or no longer when its word was
  // to be changed from `word`, which is then what it is now.
  bool wake(HostThread& thread, std::uint32_t& word, std::uint32_t why);
  Ticks wake_expired();
  MonotonicTime to_monotonic(Ticks point) const;

  template <class Reached>
  RunResult wait_for(RunResult when_all_wait, const Reached& reached);
  RunResult give_up(const HostThread& spinning);
  const HostThread* find_spinning();
  bool is_overdue(Ticks point) const;
  void abandon_all();
  RunResult at_rest(RunResult result);
  std::uint64_t steps() const;

  const std::shared_ptr<Census> census_ = std::make_shared<Census>();
  const Watchdog watchdog_;
  const std::uint32_t looks_;
  const MonotonicTime start_;
  const Ticks start_ticks_;
  Timekeeper timekeeper_;
  const StampClock clock_;
  std::atomic<bool> abandoned_{false};
  bool given_up_ = false;         // the control thread's
  Observer* observer_ = nullptr;  // the control thread's

  mutable std::mutex mutex_;                          // guards threads_
  std::vector<std::unique_ptr<HostThread>> threads_;  // by id - 1
};

}  // namespace fltsim::sched
