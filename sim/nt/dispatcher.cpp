#include "nt/dispatcher.hpp"

#include <algorithm>

#include "nt/thread.hpp"

namespace fltsim::nt {

// One object that a wait is for, linked into the object's list; the wait itself. Both live on the waiting
// thread's stack and are reached under the dispatcher's lock alone.
struct Dispatcher::WaitBlock {
  ListLink link;  // first
  Wait* wait;
};

struct Dispatcher::Wait {
  Thread& thread;
  sched::Scheduler& scheduler;
  sched::Thread& scheduled;
  std::span<DispatcherHeader* const> objects;
  bool all;
  bool ends_on_termination;
  WaitBlock* blocks = nullptr;
  bool linked = false;
  bool done = false;
  WaitOutcome outcome{WaitResult::kSatisfied};
};

namespace {

constexpr std::size_t kObjectsMax = 64;  // MAXIMUM_WAIT_OBJECTS

void link_last(ListLink& head, ListLink& link) {
  link.next = &head;
  link.previous = head.previous;
  __atomic_store_n(&head.previous->next, &link, __ATOMIC_SEQ_CST);  // D1
  head.previous = &link;
}

void unlink_one(ListLink& link) {
  __atomic_store_n(&link.previous->next, link.next, __ATOMIC_RELAXED);
  link.next->previous = link.previous;
}

bool has_waiters(const DispatcherHeader& object) {
  return __atomic_load_n(&object.waiters.next, __ATOMIC_SEQ_CST) != &object.waiters;  // D1
}

std::int32_t state_of(const DispatcherHeader& object) {
  return __atomic_load_n(&object.state, __ATOMIC_SEQ_CST);  // D1
}

std::int32_t change_state(DispatcherHeader& object, std::int32_t state) {
  return __atomic_exchange_n(&object.state, state, __ATOMIC_SEQ_CST);  // D1
}

bool is_timer(const DispatcherHeader& object) {
  return object.type == DispatcherType::kNotificationTimer ||
         object.type == DispatcherType::kSynchronizationTimer;
}

Mutant& as_mutant(DispatcherHeader& object) { return reinterpret_cast<Mutant&>(object); }
Timer& as_timer(DispatcherHeader& object) { return reinterpret_cast<Timer&>(object); }

void refresh(DispatcherHeader& object, sched::Ticks now) {
  if (!is_timer(object)) return;
  Timer& timer = as_timer(object);
  if (timer.armed == 0 || timer.due > now) return;
  object.state = 1;
  timer.armed = timer.period_ms != 0 ? 1 : 0;
  if (timer.armed != 0) {
    const std::uint64_t period = timer.period_ms * sched::kTicksPerMillisecond;
    timer.due += period * ((now - timer.due) / period + 1);
  }
}

bool is_signalled(DispatcherHeader& object, const Thread& thread, sched::Ticks now) {
  refresh(object, now);
  if (state_of(object) > 0) return true;
  return object.type == DispatcherType::kMutant && as_mutant(object).owner == &thread;
}

const char* name_of(DispatcherType type) {
  switch (type) {
    case DispatcherType::kNotificationEvent:
    case DispatcherType::kSynchronizationEvent:
      return "event";
    case DispatcherType::kMutant:
      return "mutex";
    case DispatcherType::kProcess:
      return "end of a process";
    case DispatcherType::kSemaphore:
      return "semaphore";
    case DispatcherType::kThread:
      return "end of thread";
    case DispatcherType::kNotificationTimer:
    case DispatcherType::kSynchronizationTimer:
      return "timer";
  }
  return "object";
}

sched::WaitReason reason_for(std::span<DispatcherHeader* const> objects, const WaitOptions& options) {
  sched::WaitReason reason{options.kind, options.object, nullptr};
  if (objects.empty()) return {options.kind.empty() ? "delay" : options.kind, options.object, nullptr};
  DispatcherHeader& first = *objects.front();
  if (reason.kind.empty()) reason.kind = objects.size() == 1 ? name_of(first.type) : "several objects";
  if (objects.size() != 1) return reason;
  if (first.type == DispatcherType::kMutant && as_mutant(first).owner != nullptr) {
    reason.owner = as_mutant(first).owner->scheduled.load();
  }
  if (first.type == DispatcherType::kThread) {
    const Thread& thread = reinterpret_cast<const Thread&>(first);
    reason.owner = thread.scheduled.load();
    if (reason.object.empty()) reason.object = thread.name;
  }
  return reason;
}

sched::Ticks next_timer(std::span<DispatcherHeader* const> objects) {
  sched::Ticks due = sched::kForever;
  for (DispatcherHeader* object : objects) {
    if (is_timer(*object) && as_timer(*object).armed != 0) due = std::min(due, as_timer(*object).due);
  }
  return due;
}

}  // namespace

sched::Ticks deadline_from(const std::int64_t* timeout, sched::Ticks now) {
  if (timeout == nullptr) return sched::kForever;
  if (*timeout >= 0) return static_cast<sched::Ticks>(*timeout);
  const std::uint64_t span = 0 - static_cast<std::uint64_t>(*timeout);
  return span > sched::kForever - 1 - now ? sched::kForever - 1 : now + span;
}

void Dispatcher::initialize(DispatcherHeader& header, DispatcherType type, std::int32_t state) {
  header = {type, {}, state, {&header.waiters, &header.waiters}};
}

// Takes what the wait is for, if it can be had now, and says which.
bool Dispatcher::try_satisfy(Wait& wait, sched::Ticks now) {
  const auto take = [&](DispatcherHeader& object) {
    switch (object.type) {
      case DispatcherType::kSynchronizationEvent:
      case DispatcherType::kSynchronizationTimer:
        change_state(object, 0);
        break;
      case DispatcherType::kSemaphore:
        --object.state;
        break;
      case DispatcherType::kMutant: {
        Mutant& mutant = as_mutant(object);
        if (object.state-- == 1) {
          mutant.owner = &wait.thread;
          link_last(wait.thread.mutants_, mutant.held);
        }
        wait.outcome.abandoned |= std::exchange(mutant.abandoned, false);
        break;
      }
      case DispatcherType::kNotificationEvent:
      case DispatcherType::kNotificationTimer:
      case DispatcherType::kProcess:
      case DispatcherType::kThread:
        break;
    }
  };
  if (wait.all) {
    for (DispatcherHeader* object : wait.objects) {
      if (!is_signalled(*object, wait.thread, now)) return false;
    }
    for (DispatcherHeader* object : wait.objects) take(*object);
    return true;
  }
  for (std::size_t i = 0; i < wait.objects.size(); ++i) {
    if (!is_signalled(*wait.objects[i], wait.thread, now)) continue;
    wait.outcome.index = i;
    take(*wait.objects[i]);
    return true;
  }
  return false;
}

void Dispatcher::finish(Wait& wait) {
  if (!std::exchange(wait.linked, false)) return;
  for (std::size_t i = 0; i < wait.objects.size(); ++i) unlink_one(wait.blocks[i].link);
}

// First come, first served; a wait for all that lacks another object is passed over.
void Dispatcher::wake_waiters(DispatcherHeader& object, sched::Waking& waking) {
  ListLink* link = object.waiters.next;
  while (link != &object.waiters) {
    Wait& wait = *reinterpret_cast<WaitBlock*>(link)->wait;
    do {
      link = link->next;
    } while (link != &object.waiters && reinterpret_cast<WaitBlock*>(link)->wait == &wait);
    if (!try_satisfy(wait, wait.scheduler.now())) continue;
    finish(wait);
    wait.done = true;
    waking.add(&wait.scheduled);
  }
}

void Dispatcher::unpark_waiters(DispatcherHeader& object, sched::Waking& waking) {
  for (ListLink* link = object.waiters.next; link != &object.waiters; link = link->next) {
    Wait& wait = *reinterpret_cast<WaitBlock*>(link)->wait;
    waking.add(&wait.scheduled);
  }
}

WaitOutcome Dispatcher::wait_for(Thread& thread, std::span<DispatcherHeader* const> objects, bool all,
                                 const WaitOptions& options) {
  sched::Scheduler& scheduler = *sched::Scheduler::current();
  WaitBlock blocks[kObjectsMax];
  Wait wait{thread, scheduler, *sched::Scheduler::current_thread(), objects, all, options.ends_on_termination,
            blocks};
  std::unique_lock lock(mutex_);
  if (!objects.empty() && try_satisfy(wait, scheduler.now())) return wait.outcome;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    blocks[i].wait = &wait;
    link_last(objects[i]->waiters, blocks[i].link);
  }
  wait.linked = true;
  thread.wait_ = &wait;
  while (!wait.done) {
    if (wait.ends_on_termination && thread.terminated()) {
      wait.outcome = {WaitResult::kTerminated};
      break;
    }
    if (!objects.empty() && try_satisfy(wait, scheduler.now())) break;  // a timer came due
    if (options.deadline <= scheduler.now()) {
      wait.outcome = {WaitResult::kTimeout};
      break;
    }
    const sched::WaitReason reason = reason_for(objects, options);
    const sched::Ticks until = std::min(options.deadline, next_timer(objects));
    lock.unlock();
    scheduler.park(until, reason);
    lock.lock();
  }
  finish(wait);
  thread.wait_ = nullptr;
  return wait.outcome;
}

WaitOutcome Dispatcher::wait(Thread& thread, DispatcherHeader& object, const WaitOptions& options) {
  DispatcherHeader* const one[] = {&object};
  return wait_for(thread, one, false, options);
}

WaitOutcome Dispatcher::wait_any(Thread& thread, std::span<DispatcherHeader* const> objects,
                                 const WaitOptions& options) {
  return wait_for(thread, objects, false, options);
}

WaitOutcome Dispatcher::wait_all(Thread& thread, std::span<DispatcherHeader* const> objects,
                                 const WaitOptions& options) {
  return wait_for(thread, objects, true, options);
}

WaitResult Dispatcher::sleep(Thread& thread, const WaitOptions& options) {
  return wait_for(thread, {}, false, options).result;
}

std::int32_t Dispatcher::set(DispatcherHeader& event) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  const std::int32_t before = change_state(event, 1);
  if (before <= 0) wake_waiters(event, waking);
  return before;
}

void Dispatcher::set_kept(DispatcherHeader& event, sched::Waking& waking) {
  const bool first_without_lock = !has_waiters(event);
  if (first_without_lock) {
    change_state(event, 1);
    if (!has_waiters(event)) return;
  }
  const std::lock_guard lock(mutex_);
  if (!first_without_lock) change_state(event, 1);  // once: somebody may have taken it already
  wake_waiters(event, waking);
}

void Dispatcher::reset_kept(DispatcherHeader& event) { change_state(event, 0); }

std::int32_t Dispatcher::reset(DispatcherHeader& event) {
  const std::lock_guard lock(mutex_);
  return change_state(event, 0);
}

std::int32_t Dispatcher::pulse(DispatcherHeader& event) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  const std::int32_t before = change_state(event, 1);
  wake_waiters(event, waking);
  change_state(event, 0);
  return before;
}

bool Dispatcher::initialized(const DispatcherHeader& object) const {
  const std::lock_guard lock(mutex_);
  return object.waiters.next != nullptr && object.type <= DispatcherType::kSynchronizationTimer;
}

std::int32_t Dispatcher::read(const DispatcherHeader& object) const {
  const std::lock_guard lock(mutex_);
  return state_of(object);
}

bool Dispatcher::release(Semaphore& semaphore, std::int32_t adjustment, std::int32_t& before) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  before = semaphore.header.state;
  if (adjustment <= 0 || adjustment > semaphore.limit - before) return false;
  semaphore.header.state += adjustment;
  wake_waiters(semaphore.header, waking);
  return true;
}

Dispatcher::MutantRelease Dispatcher::release(Thread& thread, Mutant& mutant) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  if (mutant.owner != &thread) return MutantRelease::kNotOwner;
  if (++mutant.header.state != 1) return MutantRelease::kStillHeld;
  mutant.owner = nullptr;
  unlink_one(mutant.held);
  wake_waiters(mutant.header, waking);
  return MutantRelease::kReleased;
}

bool Dispatcher::set_timer(Timer& timer, std::uint64_t due, std::uint32_t period_ms, sched::Ticks now) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  refresh(timer.header, now);
  const bool was_armed = timer.armed != 0;
  timer.header.state = 0;
  timer.due = due;
  timer.period_ms = period_ms;
  timer.armed = 1;
  unpark_waiters(timer.header, waking);  // they compute their next look anew
  return was_armed;
}

bool Dispatcher::cancel_timer(Timer& timer, sched::Ticks now) {
  const std::lock_guard lock(mutex_);
  refresh(timer.header, now);
  return std::exchange(timer.armed, 0) != 0;
}

bool Dispatcher::read_timer(Timer& timer, sched::Ticks now) {
  const std::lock_guard lock(mutex_);
  refresh(timer.header, now);
  return timer.header.state > 0;
}

void Dispatcher::end_wait(Thread& thread) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  if (thread.wait_ == nullptr) return;
  Wait& wait = *static_cast<Wait*>(thread.wait_);
  if (wait.ends_on_termination && !wait.done) waking.add(&wait.scheduled);
}

void Dispatcher::abandon(Mutant& mutant, sched::Waking& waking) {
  mutant.owner = nullptr;
  mutant.abandoned = true;
  mutant.header.state = 1;
  unlink_one(mutant.held);
  wake_waiters(mutant.header, waking);
}

std::size_t Dispatcher::abandon_mutants(Thread& thread) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (; thread.mutants_.next != &thread.mutants_; ++count) {
    ListLink* link = thread.mutants_.next;
    abandon(*reinterpret_cast<Mutant*>(reinterpret_cast<std::byte*>(link) - offsetof(Mutant, held)), waking);
  }
  return count;
}

}  // namespace fltsim::nt
