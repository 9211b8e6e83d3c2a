#include "sched/sched_host.hpp"

#include <utility>

#include "sched/fatal.hpp"
#include "sched/pause.hpp"

namespace fltsim::sched {
namespace {

using fltlink::MemoryOrder;
using fltlink::ParkingSpot;
using fltlink::ParkOutcome;

static_assert(kForever == fltlink::kForever && kTicksPerSecond == fltlink::kTicksPerSecond);

// Values of ParkingSpot.state. It is touched under the mutex only, so every access is relaxed.
constexpr std::uint32_t kNoWake = 0;
constexpr std::uint32_t kWakePending = 1;

}  // namespace

// Reports the end of a child, however its entry is left.
class SchedHost::EndOfChild {
 public:
  EndOfChild(SchedHost& host, Child& child) : host_(host), child_(child) {}
  ~EndOfChild() { host_.end(child_); }
  EndOfChild(const EndOfChild&) = delete;
  EndOfChild& operator=(const EndOfChild&) = delete;

 private:
  SchedHost& host_;
  Child& child_;
};

SchedHost::SchedHost(Scheduler& scheduler, SpawnHook spawn_hook, EndHook end_hook)
    : scheduler_(scheduler), spawn_hook_(std::move(spawn_hook)), is_to_end_(std::move(end_hook)) {}

Thread& SchedHost::calling_thread() const {
  Thread* thread = Scheduler::current_thread();
  require(thread != nullptr && Scheduler::current() == &scheduler_,
          "the host of a machine waits in simulated threads of that machine only");
  return *thread;
}

ParkOutcome SchedHost::park(ParkingSpot& spot, fltlink::Ticks deadline) {
  Thread& self = calling_thread();
  scheduler_.switch_point("Host::park");
  ParkResult result = ParkResult::kUnparked;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      const bool woken = spot.state.exchange(kNoWake, MemoryOrder::kRelaxed) == kWakePending;
      if (woken || result == ParkResult::kDeadline || is_to_end_()) {
        waiters_.erase(&spot);
        return woken ? ParkOutcome::kWoken : ParkOutcome::kTimedOut;
      }
      Thread*& waiter = waiters_[&spot];
      require(waiter == nullptr || waiter == &self, "two threads park on one parking spot");
      waiter = &self;
    }
    result = scheduler_.park(deadline, {"wake of a parking spot", {}, nullptr});
  }
}

void SchedHost::wake(ParkingSpot& spot) {
  Thread* waiter = nullptr;
  {
    std::lock_guard lock(mutex_);
    spot.state.store(kWakePending, MemoryOrder::kRelaxed);
    if (auto found = waiters_.find(&spot); found != waiters_.end()) waiter = found->second;
  }
  if (waiter != nullptr) scheduler_.unpark(*waiter);
}

void SchedHost::relax() {
  static_cast<void>(calling_thread());
  if (!scheduler_.seeded()) pause();
  scheduler_.switch_point("Host::relax");
}

void* SchedHost::spawn(const char* name, Entry entry, void* context) {
  auto owned = std::make_unique<Child>();
  Child* child = owned.get();
  child->name = name;
  {
    std::lock_guard lock(mutex_);
    children_.emplace(child, std::move(owned));
  }
  const bool started = spawn_hook_(name, [this, child, entry, context] {
    const EndOfChild end_of_child(*this, *child);
    begin(*child);
    entry(context);
  });
  if (started) return child;
  std::lock_guard lock(mutex_);
  children_.erase(child);
  return nullptr;
}

// Whoever joins already parks anew, now knowing whom it waits for.
void SchedHost::begin(Child& child) {
  Thread* joiner;
  {
    std::lock_guard lock(mutex_);
    child.thread = Scheduler::current_thread();
    joiner = child.joiner;
  }
  if (joiner != nullptr) scheduler_.unpark(*joiner);
}

void SchedHost::end(Child& child) {
  Thread* joiner;
  {
    std::lock_guard lock(mutex_);
    child.ended = true;
    joiner = child.joiner;
  }
  if (joiner != nullptr) scheduler_.unpark(*joiner);
}

void SchedHost::join(void* token) {
  Thread& self = calling_thread();
  scheduler_.switch_point("Host::join");
  auto& child = *static_cast<Child*>(token);
  for (;;) {
    const Thread* owner = nullptr;
    {
      std::lock_guard lock(mutex_);
      if (child.ended) {
        children_.erase(&child);
        return;
      }
      child.joiner = is_to_end_() ? nullptr : &self;
      if (child.joiner == nullptr) return;
      owner = child.thread;
    }
    static_cast<void>(scheduler_.park(kForever, {"end of thread", child.name, owner}));
  }
}

}  // namespace fltsim::sched
