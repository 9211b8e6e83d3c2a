#include "sched/host_scheduler.hpp"

#include <time.h>

#include <algorithm>

#include "sched/fatal.hpp"
#include "sched/hand_over.hpp"
#include "sched/pause.hpp"

namespace fltsim::sched {
namespace {

constexpr Ticks kUnixEpoch = 116'444'736'000'000'000;  // 1970-01-01 in 100 ns since 1601-01-01
constexpr Ticks kLongestWait = Ticks{100} * 365 * 24 * 3600 * kTicksPerSecond;
constexpr std::uint64_t kNanosecondsPerTick = 100;

Ticks date_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return kUnixEpoch + static_cast<Ticks>(now.tv_sec) * kTicksPerSecond +
         static_cast<Ticks>(now.tv_nsec) / kNanosecondsPerTick;
}

}  // namespace

HostScheduler::HostScheduler(const Options& options)
    : Scheduler(false),
      watchdog_(options.watchdog_ms),
      looks_(options.looks),
      start_(monotonic_now()),
      start_ticks_(date_now()),
      timekeeper_([this] { return wake_expired(); }, [this](Ticks point) { return to_monotonic(point); }) {}

void HostScheduler::operator delete(HostScheduler* self, std::destroying_delete_t) {
  require(this_thread() == nullptr, "a scheduler is destroyed by its control thread only");
  self->abandoned_.store(true);
  if (!self->given_up_) static_cast<void>(self->run_to_quiescence());
  self->timekeeper_.stop();
  bool all_ended = false;
  {
    // After giving up, a thread that was past enter() may still be spawning one.
    const std::lock_guard lock(self->mutex_);
    all_ended = std::ranges::all_of(self->threads_, [](const auto& t) { return t->has_ended.load(); });
  }
  if (all_ended) {
    self->~HostScheduler();
    ::operator delete(self);
    return;
  }
  self->abandon_all();
  keep_forever(self);
}

void HostScheduler::abandon_all() {
  abandoned_.store(true);
  std::lock_guard lock(mutex_);
  for (const auto& thread : threads_) thread->abandoned.store(true, std::memory_order_release);
}

// Any thread:

Thread& HostScheduler::spawn(std::string name, void* user, std::function<void()> entry) {
  if (this_thread() != nullptr) enter();
  HostThread* thread;
  {
    std::lock_guard lock(mutex_);
    const auto number = static_cast<std::uint32_t>(threads_.size() + 1);
    threads_.push_back(std::make_unique<HostThread>(*this, number, std::move(name), user, std::move(entry)));
    thread = threads_.back().get();
  }
  census_->started();
  Carrier::start(thread->name, kAnyProcessor, &HostScheduler::carry, thread);
  return *thread;
}

void HostScheduler::unpark(Thread& target) {
  require(&target.scheduler == this, "unpark of a thread of another machine", target.name);
  auto& thread = static_cast<HostThread&>(target);
  std::uint32_t word = thread.word.load();
  while (!wake(thread, word, HostThread::kPermit)) {
    if ((word & HostThread::kParked) != 0) continue;
    // A permit that is there is written again: who takes it is to see what was done before either.
    if (thread.word.compare_exchange_weak(word, HostThread::kPermit | (word & HostThread::kDescribed)))
      return;
  }
}

bool HostScheduler::wake(HostThread& thread, std::uint32_t& word, std::uint32_t why) {
  if ((word & HostThread::kParked) == 0) return false;
  const bool timed = (word & HostThread::kTimed) != 0;
  census_->waking(timed);
  if (!thread.word.compare_exchange_strong(word, why | (word & HostThread::kDescribed))) {
    census_->not_woken_after_all(timed);
    return false;
  }
  futex_wake(thread.word);
  return true;
}

Ticks HostScheduler::wake_expired() {
  const std::lock_guard lock(mutex_);
  const Ticks now = this->now();
  Ticks earliest = kForever;
  for (const auto& thread : threads_) {
    std::uint32_t word = thread->word.load();
    while ((word & HostThread::kTimed) != 0) {
      const Ticks deadline = thread->deadline.load(std::memory_order_relaxed);
      if (deadline > now) earliest = std::min(earliest, deadline);
      if (deadline > now || wake(*thread, word, HostThread::kExpired)) break;
    }
  }
  return earliest;
}

Ticks HostScheduler::now() const {
  const auto elapsed = static_cast<std::uint64_t>((monotonic_now() - start_).count());
  return start_ticks_ + elapsed / kNanosecondsPerTick;
}

std::function<Ticks(std::uint64_t)> HostScheduler::times_of_stamps() const {
  return [scale = clock_.scale(), start = start_, start_ticks = start_ticks_](std::uint64_t stamp) {
    return start_ticks + static_cast<Ticks>((scale.time_of(stamp) - start).count()) / kNanosecondsPerTick;
  };
}

MonotonicTime HostScheduler::to_monotonic(Ticks point) const {
  if (point == kForever) return kNoDeadline;
  const Ticks wait = point > start_ticks_ ? std::min(point - start_ticks_, kLongestWait) : 0;
  return start_ + MonotonicTime(wait * kNanosecondsPerTick);
}

// Simulated threads only:

HostThread& HostScheduler::enter() {
  Thread* thread = this_thread();
  require(thread != nullptr && &thread->scheduler == this,
          "only a simulated thread of this machine can do this");
  auto& self = static_cast<HostThread&>(*thread);
  block_if_abandoned(self);
  self.steps.store(self.steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return self;
}

void HostScheduler::block_if_abandoned(HostThread& self) {
  if (!abandoned_.load()) [[likely]]
    return;
  self.abandoned.store(true);
  census_->parked(false);
  block_forever();
}

void HostScheduler::switch_point(const char*) { enter(); }

bool HostScheduler::take_permit(HostThread& self) {
  std::uint32_t permit = HostThread::kPermit;
  return self.word.load(std::memory_order_relaxed) == permit &&
         self.word.compare_exchange_strong(permit, HostThread::kNoPermit);
}

bool HostScheduler::look(const HandOver& over) {
  for (std::uint32_t left = looks_; !over.done(); --left) {
    if (left == 0) return false;
    pause();
  }
  return true;
}

bool HostScheduler::look_for_permit(HostThread& self) const {
  for (std::uint32_t left = looks_; !take_permit(self); --left) {
    if (left == 0) return false;
    pause();
  }
  return true;
}

ParkResult HostScheduler::park(Ticks deadline, const WaitReason& reason, HandOver* over) {
  HostThread& self = enter();
  if (over != nullptr ? take_permit(self) || !over->announce(self) : look_for_permit(self))
    return ParkResult::kUnparked;
  // What has passed is before whatever the timekeeper waits for, or it is about to look.
  if (!timekeeper_.looks_by(deadline) && deadline <= now()) return ParkResult::kDeadline;
  self.reason = &reason;
  self.deadline.store(deadline, std::memory_order_relaxed);
  return sleep(self, deadline);
}

ParkResult HostScheduler::sleep(HostThread& self, Ticks deadline) {
  const bool timed = deadline != kForever;
  std::uint32_t word = HostThread::kNoPermit;
  if (!self.word.compare_exchange_strong(
          word, timed ? HostThread::kParked | HostThread::kTimed : HostThread::kParked)) {
    self.word.store(HostThread::kNoPermit);
    return ParkResult::kUnparked;
  }
  census_->parked(timed);
  if (timed) timekeeper_.see_to(deadline);
  while (((word = self.word.load()) & HostThread::kParked) != 0) futex_wait(self.word, word);
  word = self.word.exchange(HostThread::kNoPermit);
  if ((word & HostThread::kDescribed) != 0) {
    const std::lock_guard until_described(self.describing);
  }
  block_if_abandoned(self);
  if ((word & HostThread::kExpired) == 0) {
    self.wakes.store(self.wakes.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return ParkResult::kUnparked;
  }
  // The timekeeper may have meant the deadline of an earlier wait.
  return deadline <= now() ? ParkResult::kDeadline : ParkResult::kUnparked;
}

void HostScheduler::carry(Carrier& carrier, void* context) {
  auto& self = *static_cast<HostThread*>(context);
  self.carrier.store(&carrier, std::memory_order_release);
  auto& scheduler = static_cast<HostScheduler&>(self.scheduler);
  scheduler.block_if_abandoned(self);
  self.run_entry();
  scheduler.block_if_abandoned(self);
  const std::shared_ptr<Census> census = scheduler.census_;
  carrier.release();
  self.has_ended.store(true);
  census->ended();
}

// The control thread only:

RunResult HostScheduler::run(const Goal& goal) {
  if (goal.duration) return let_time_pass(*goal.duration);
  if (goal.predicate != nullptr) {
    return wait_for(RunResult::kDeadlock, *goal.predicate);
  }
  if (goal.ended == nullptr) {
    return at_rest(wait_for(RunResult::kDone, [&] { return census_->count().active == 0; }));
  }
  const auto& thread = static_cast<const HostThread&>(*goal.ended);
  return wait_for(RunResult::kDeadlock, [&] { return thread.has_ended.load(); });
}

RunResult HostScheduler::let_time_pass(Ticks duration) {
  const Ticks start = now();
  const Ticks target = duration < kForever - start ? start + duration : kForever - 1;
  const MonotonicTime until = to_monotonic(target);
  while (monotonic_now() < until && !given_up_) {
    const MonotonicTime look = watchdog_.enabled() ? monotonic_now() + watchdog_.interval() : kNoDeadline;
    census_->wait_for_bell(census_->bell(), std::min(until, look));
    if (const HostThread* spinning = find_spinning()) return give_up(*spinning);
  }
  return at_rest(
      wait_for(RunResult::kDone, [&] { return census_->count().active == 0 && !is_overdue(target); }));
}

// Lets the observer look while nobody can run. A deadline may come due meanwhile: what was seen counts only if
// nobody ran from before the look until behind it. Who ran and parked again has made a step, and who was woken is
// counted as active before it runs.
RunResult HostScheduler::at_rest(RunResult result) {
  while (observer_ != nullptr && result == RunResult::kDone) {
    const std::uint64_t before = steps();
    if (census_->count().active != 0) break;
    const bool well = observer_->look();
    if (census_->count().active != 0 || steps() != before) continue;
    if (!well) observer_->report({"", "", ""});
    break;
  }
  return result;
}

std::uint64_t HostScheduler::steps() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& thread : threads_) sum += thread->steps.load(std::memory_order_relaxed);
  return sum;
}

template <class Reached>
RunResult HostScheduler::wait_for(RunResult when_all_wait, const Reached& reached) {
  require(this_thread() == nullptr, "only the control thread can run a machine");
  if (given_up_) return RunResult::kWatchdog;
  census_->set_awaited(true);
  RunResult result = RunResult::kDone;
  for (;;) {
    const std::uint32_t bell = census_->bell();
    if (reached()) break;
    const Census::Count count = census_->count();
    if (count.active == 0 && count.timed == 0) {
      // Nobody can change anything any more; what was reached while we looked shows up now.
      if (!reached()) result = when_all_wait;
      break;
    }
    census_->wait_for_bell(bell, watchdog_.enabled() ? monotonic_now() + watchdog_.interval() : kNoDeadline);
    if (const HostThread* spinning = find_spinning()) return give_up(*spinning);
  }
  census_->set_awaited(false);
  return result;
}

RunResult HostScheduler::give_up(const HostThread& spinning) {
  census_->set_awaited(false);
  given_up_ = true;
  abandon_all();
  Carrier& carrier = *spinning.carrier.load(std::memory_order_acquire);
  spinning_stack_ = carrier.stack();
  carrier.push_aside();
  return RunResult::kWatchdog;
}

const HostThread* HostScheduler::find_spinning() {
  if (!watchdog_.enabled()) return nullptr;
  std::lock_guard lock(mutex_);
  for (const auto& thread : threads_) {
    const Carrier* carrier =
        thread->has_ended.load() ? nullptr : thread->carrier.load(std::memory_order_acquire);
    const std::uint64_t steps = thread->steps.load(std::memory_order_relaxed);
    if (carrier != nullptr && watchdog_.look(thread->sighting, *carrier, steps)) return thread.get();
  }
  return nullptr;
}

// True while a thread still sleeps although its deadline is not after `point`.
bool HostScheduler::is_overdue(Ticks point) const {
  std::lock_guard lock(mutex_);
  return std::ranges::any_of(threads_, [&](const auto& thread) {
    return (thread->word.load() & HostThread::kTimed) != 0 &&
           thread->deadline.load(std::memory_order_relaxed) <= point;
  });
}

// Looking:

std::uint64_t HostScheduler::wakes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& thread : threads_) sum += thread->wakes.load(std::memory_order_relaxed);
  return sum;
}

void HostScheduler::start_over(std::uint64_t) { fatal("only a seeded machine can start over"); }

std::vector<ThreadState> HostScheduler::threads() const {
  std::vector<ThreadState> states;
  std::lock_guard lock(mutex_);
  for (const auto& thread : threads_) {
    const bool ended = thread->has_ended.load();
    ThreadState state{.name = thread->name,
                      .phase = ended ? ThreadState::Phase::kEnded : ThreadState::Phase::kRunnable,
                      .waits_for = {},
                      .deadline = kForever,
                      .place = {}};
    thread->describe_wait([&](const WaitReason& reason, Ticks deadline) {
      state.phase = ThreadState::Phase::kParked;
      state.waits_for = wait_text(reason);
      state.deadline = deadline;
    });
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace fltsim::sched
