#include "sched/seeded_scheduler.hpp"

#include <algorithm>

#include "sched/fatal.hpp"
#include "sched/futex.hpp"
#include "sched/hand_over.hpp"

namespace fltsim::sched {
namespace {

using Phase = ThreadState::Phase;

// Short programs get the greatest variety: every runnable thread is equally likely. A hand-off costs a
// hundred times more than staying, so a long run stays with the running thread three times out of four.
constexpr std::uint64_t kUniformDraws = 4096;
constexpr std::uint32_t kSwitchOneIn = 4;

Ticks later(Ticks now, Ticks duration) { return duration < kForever - now ? now + duration : kForever - 1; }

}  // namespace

SeededScheduler::SeededScheduler(const Options& options)
    : Scheduler(true),
      options_(options),
      watchdog_(options.watchdog_ms),
      prng_(options.seed),
      now_(options.start_time) {}

void SeededScheduler::operator delete(SeededScheduler* self, std::destroying_delete_t) {
  require(this_thread() == nullptr, "a scheduler is destroyed by its control thread only");
  const bool nobody_inside = std::ranges::all_of(
      self->threads_, [](const auto& t) { return !t->started || t->phase == Phase::kEnded; });
  if (nobody_inside) {
    self->~SeededScheduler();
    ::operator delete(self);
    return;
  }
  keep_forever(self);  // nobody posts their batons any more
}

// Any thread:

// Entitles the caller to work on the fields: a simulated thread inside the gate, the control thread while
// nobody runs.
class SeededScheduler::Turn {
 public:
  Turn(SeededScheduler& scheduler, std::string_view call) : scheduler_(scheduler) {
    if (scheduler.looking_) {
      fatal(std::string(call) + " while the machine is looked at: whoever looks may only read memory");
    }
    if (this_thread() != nullptr) {
      scheduler.enter();
    } else if (scheduler.running_.load(std::memory_order_relaxed) != nullptr) {
      fatal(std::string(call) + " from outside while a simulated thread runs: that cannot replay");
    }
  }
  ~Turn() {
    if (this_thread() != nullptr) scheduler_.gate_.leave();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  SeededScheduler& scheduler_;
};

Thread& SeededScheduler::spawn(std::string name, void* user, std::function<void()> entry) {
  const Turn turn(*this, "spawn");
  const std::uint32_t number = threads_.empty() ? 1 : threads_.back()->id + 1;
  threads_.push_back(std::make_unique<SeededThread>(*this, number, std::move(name), user, std::move(entry)));
  SeededThread& thread = *threads_.back();
  ready_.push_back(&thread);
  return thread;
}

void SeededScheduler::unpark(Thread& target) {
  require(&target.scheduler == this, "unpark of a thread of another machine", target.name);
  const Turn turn(*this, "unpark");
  auto& thread = static_cast<SeededThread&>(target);
  if (thread.phase == Phase::kParked) {
    make_runnable(thread, ParkResult::kUnparked);
  } else {
    thread.permit = true;
  }
}

Ticks SeededScheduler::now() const {
  if (this_thread() != nullptr && gate_.closed()) [[unlikely]]
    block_forever();
  return now_;
}

// Simulated threads only:

SeededThread& SeededScheduler::enter() {
  Thread* thread = this_thread();
  require(thread != nullptr && &thread->scheduler == this,
          "only a simulated thread of this machine can do this");
  if (!gate_.enter()) [[unlikely]]
    block_forever();
  return static_cast<SeededThread&>(*thread);
}

void SeededScheduler::switch_point(const char* what) {
  SeededThread& self = enter();
  self.arrive(what);
  if (observer_ != nullptr) let_observer_look(self);
  continue_as(choose(&self), self);
}

bool SeededScheduler::look(const HandOver& over) { return over.done(); }

ParkResult SeededScheduler::park(Ticks deadline, const WaitReason& reason, HandOver* over) {
  if (over != nullptr && !over->announce(*this_thread())) return ParkResult::kUnparked;
  SeededThread& self = enter();
  self.arrive(reason.kind);
  if (observer_ != nullptr) let_observer_look(self);
  if (self.permit || deadline <= now_) {
    self.woken_by = ParkResult::kDeadline;
    continue_as(choose(&self), self);
  } else {
    self.phase = Phase::kParked;
    self.reason = &reason;
    self.deadline = deadline;
    if (deadline != kForever) timers_.emplace(deadline, self.id);
    continue_as(choose(nullptr), self);
  }
  // A permit that came before the thread could return from this park belongs to this park.
  if (std::exchange(self.permit, false)) return ParkResult::kUnparked;
  return self.woken_by;
}

// Leaves the gate, and returns when it is the turn of `self`, the calling thread: at once if that is what was
// chosen.
void SeededScheduler::continue_as(SeededThread* chosen, SeededThread& self) {
  if (chosen == &self) {
    gate_.leave();
    return;
  }
  pass_baton(chosen);
  self.carrier.load(std::memory_order_relaxed)->baton().wait();
}

void SeededScheduler::carry(Carrier& carrier, void* context) {
  auto& self = *static_cast<SeededThread*>(context);
  self.carrier.store(&carrier, std::memory_order_release);
  self.run_entry();
  static_cast<SeededScheduler&>(self.scheduler).end(self);
}

void SeededScheduler::end(SeededThread& self) {
  if (!gate_.enter()) block_forever();
  self.phase = Phase::kEnded;
  self.arrive("its end");
  if (observer_ != nullptr) let_observer_look(self);
  SeededThread* next = choose(nullptr);
  self.carrier.load(std::memory_order_relaxed)->release();
  pass_baton(next);
}

// The caller is inside the gate. After this it owns nothing of the scheduler any more.
void SeededScheduler::pass_baton(SeededThread* next) {
  running_.store(next, std::memory_order_release);
  if (next == nullptr) {
    gate_.leave();
    control_.post();
    return;
  }
  mix(next->id);
  const bool started = std::exchange(next->started, true);
  gate_.leave();
  if (started) {
    Carrier& carrier = *next->carrier.load(std::memory_order_relaxed);
    carrier.move_to(processor_);
    carrier.baton().post();
  } else {
    Carrier::start(next->name, processor_, &SeededScheduler::carry, next);
  }
}

// Deciding. The caller holds the baton, and is inside the gate if it is a simulated thread:

// The same entitlement as for the predicate of goal_reached(), but for one thing: nothing may be changed.
void SeededScheduler::let_observer_look(const Observer::Step& last) {
  bool well = false;
  {
    const AsControlThread scope;
    looking_ = true;
    well = observer_->look();
    looking_ = false;
  }
  if (!well) observer_->report(last);
}

// Who runs next; nullptr for the control thread. `self` is the caller if it could go on.
SeededThread* SeededScheduler::choose(SeededThread* self) {
  if (goal_reached()) return stop(RunResult::kDone, self);
  if (++switches_ > options_.switches_max) return stop(RunResult::kNotSettling, self);
  if (self == nullptr && ready_.empty() && !let_time_pass()) return nullptr;
  return draw(self);
}

SeededThread* SeededScheduler::stop(RunResult result, SeededThread* self) {
  result_ = result;
  if (result == RunResult::kNotSettling) unsettled_ = self;
  if (self != nullptr) ready_.push_back(self);
  return nullptr;
}

bool SeededScheduler::goal_reached() {
  if (run_.ended != nullptr) return static_cast<const SeededThread*>(run_.ended)->phase == Phase::kEnded;
  if (run_.predicate == nullptr) return false;
  AsControlThread scope;
  SeededThread* running = running_.exchange(nullptr, std::memory_order_relaxed);
  const bool reached = (*run_.predicate)();
  running_.store(running, std::memory_order_relaxed);
  return reached;
}

// All wait: moves time to the next deadline, if the control thread lets it. False: result_ says why not.
bool SeededScheduler::let_time_pass() {
  if (timers_.empty() || timers_.begin()->first > run_.time_limit) {
    stop(timers_.empty() ? run_.when_all_wait : run_.at_time_limit, nullptr);
    return false;
  }
  now_ = timers_.begin()->first;
  mix(now_ - started_over_at_);
  while (!timers_.empty() && timers_.begin()->first == now_) {
    make_runnable(thread_by_id(timers_.begin()->second), ParkResult::kDeadline);
  }
  return true;
}

SeededThread& SeededScheduler::thread_by_id(std::uint32_t id) {
  return **std::ranges::lower_bound(threads_, id, {}, [](const auto& thread) { return thread->id; });
}

SeededThread* SeededScheduler::draw(SeededThread* self) {
  const auto others = static_cast<std::uint32_t>(ready_.size());
  if (others == 0) return self;
  if (self == nullptr) return take(others == 1 ? 0 : prng_.below(others), nullptr);
  const bool uniform = ++draws_ <= kUniformDraws;
  const std::uint32_t drawn = uniform ? prng_.below(others + 1) : prng_.below(others * kSwitchOneIn);
  mix(drawn);
  if (drawn < others) return take(drawn, self);
  return self;
}

// Takes a thread out of ready_ and puts `self`, if any, in its place.
SeededThread* SeededScheduler::take(std::size_t index, SeededThread* self) {
  SeededThread* taken = ready_[index];
  if (self == nullptr) {
    self = ready_.back();
    ready_.pop_back();
    if (taken == self) return taken;
  }
  ready_[index] = self;
  return taken;
}

void SeededScheduler::make_runnable(SeededThread& thread, ParkResult woken_by) {
  if (thread.deadline != kForever) timers_.erase({thread.deadline, thread.id});
  thread.deadline = kForever;
  thread.reason = nullptr;
  thread.phase = Phase::kRunnable;
  thread.woken_by = woken_by;
  ready_.push_back(&thread);
}

void SeededScheduler::mix(std::uint64_t value) {
  std::uint64_t state = hash_ ^ value;
  hash_ = splitmix64(state) + switches_;
}

// The control thread only:

RunResult SeededScheduler::run(const Goal& goal) {
  if (goal.duration) {
    const Ticks target = later(now_, *goal.duration);
    const RunResult result = run_once({.time_limit = target});
    if (result == RunResult::kDone) now_ = target;
    return result;
  }
  if (goal.ended == nullptr && goal.predicate == nullptr) return run_once({.time_limit = now_});
  return run_once({.ended = goal.ended,
                   .predicate = goal.predicate,
                   .time_limit = later(now_, options_.virtual_time_max),
                   .at_time_limit = RunResult::kNotSettling,
                   .when_all_wait = RunResult::kDeadlock});
}

RunResult SeededScheduler::run_once(const Run& run) {
  require(this_thread() == nullptr, "only the control thread can run a machine");
  require(!in_run_, "a predicate of the control thread cannot run the machine");
  if (given_up_) return RunResult::kWatchdog;
  in_run_ = true;
  run_ = run;
  switches_ = 0;
  processor_ = current_processor();
  if (observer_ != nullptr) let_observer_look({"the control thread", {}, {}});
  if (SeededThread* next = choose(nullptr)) {
    pass_baton(next);
    if (!await_baton()) give_up();
  }
  // It waits for its turn, which it had last.
  if (SeededThread* last = std::exchange(unsettled_, nullptr))
    spinning_stack_ = last->carrier.load(std::memory_order_acquire)->stack();
  run_ = {};
  in_run_ = false;
  return result_;
}

void SeededScheduler::start_over(std::uint64_t seed) {
  require(this_thread() == nullptr && ready_.empty(), "only a machine at rest can start over");
  std::erase_if(threads_, [](const auto& thread) { return thread->phase == Phase::kEnded; });
  prng_ = Prng(seed);
  draws_ = 0;
  switches_ = 0;
  hash_ = 0;
  started_over_at_ = now_;
}

// False: a thread does not give the baton back.
bool SeededScheduler::await_baton() {
  if (!watchdog_.enabled()) {
    control_.wait();
    return true;
  }
  Watchdog::Sighting sighting;
  while (!control_.wait_until(monotonic_now() + watchdog_.interval())) {
    const std::uint64_t steps = gate_.steps();
    const SeededThread* running = running_.load(std::memory_order_acquire);
    const Carrier* carrier = running == nullptr ? nullptr : running->carrier.load(std::memory_order_acquire);
    if (carrier != nullptr && watchdog_.look(sighting, *carrier, steps) && gate_.close(steps)) return false;
  }
  return true;
}

// The thread spins on, but gets into the machine no more; nobody else runs any more.
void SeededScheduler::give_up() {
  SeededThread* spinning = running_.exchange(nullptr, std::memory_order_acq_rel);
  spinning->abandoned.store(true, std::memory_order_release);
  Carrier& carrier = *spinning->carrier.load(std::memory_order_acquire);
  spinning_stack_ = carrier.stack();
  carrier.push_aside();
  given_up_ = true;
  result_ = RunResult::kWatchdog;
}

// Looking:

void SeededScheduler::observe(Observer* observer) {
  require(this_thread() == nullptr && running_.load(std::memory_order_relaxed) == nullptr && !looking_,
          "who observes a machine is changed by its control thread, while nobody runs");
  observer_ = observer;
}

std::vector<ThreadState> SeededScheduler::threads() const {
  std::vector<ThreadState> states;
  states.reserve(threads_.size());
  for (const auto& thread : threads_) {
    const bool parked = thread->phase == Phase::kParked;
    states.push_back({.name = thread->name,
                      .phase = thread->phase,
                      .waits_for = parked ? wait_text(*thread->reason) : std::string(),
                      .deadline = thread->deadline,
                      .place = std::string(thread->place)});
  }
  return states;
}

}  // namespace fltsim::sched
