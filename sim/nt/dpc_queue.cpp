#include "nt/dpc_queue.hpp"

#include <algorithm>

#include "nt/driver_call.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

void* const kQueued = reinterpret_cast<void*>(1);

}  // namespace

DpcQueue::DpcQueue(System& system) : system_(system) {
  Dispatcher::initialize(wake_, DispatcherType::kSynchronizationEvent, 0);
  Dispatcher::initialize(idle_, DispatcherType::kNotificationEvent, 1);
}

void DpcQueue::wake() {
  bool start = false;
  {
    const std::lock_guard lock(mutex_);
    start = !std::exchange(started_, true);
  }
  Executive& nt = system_.nt();
  if (start) {
    nt.start_thread(nt.system_process(), "DPC processor", [this] { run(current_thread("a DPC")); });
  }
  nt.dispatcher().set(wake_);
}

bool DpcQueue::queue(Thread& thread, _KDPC& dpc, void* argument1, void* argument2) {
  {
    const std::lock_guard lock(mutex_);
    if (dpc.DpcData != nullptr) return false;
    dpc.DpcData = kQueued;
    dpc.SystemArgument1 = argument1;
    dpc.SystemArgument2 = argument2;
    queue_.push_back({&dpc, thread.driver});
  }
  system_.nt().dispatcher().reset(idle_);
  wake();
  return true;
}

bool DpcQueue::remove(_KDPC& dpc) {
  const std::lock_guard lock(mutex_);
  if (dpc.DpcData == nullptr) return false;
  dpc.DpcData = nullptr;
  std::erase_if(queue_, [&](const Queued& queued) { return queued.dpc == &dpc; });
  return true;
}

void DpcQueue::flush(Thread& thread) {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty() && !busy_) return;
    }
    system_.nt().dispatcher().wait(thread, idle_, {.kind = "queued DPCs to run"});
  }
}

void DpcQueue::arm(Thread& thread, const Timer& timer, sched::Ticks due, std::uint32_t period_ms,
                   _KDPC& dpc) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(armed_, [&](const Armed& armed) { return armed.timer == &timer; });
    armed_.push_back({&timer, due, period_ms, &dpc, thread.driver});
  }
  wake();
}

void DpcQueue::disarm(const Timer& timer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(armed_, [&](const Armed& armed) { return armed.timer == &timer; });
}

// REQUIRES: mutex_ held. Those due first come first, and of two at once the one that was armed first.
void DpcQueue::queue_due(sched::Ticks now) {
  for (;;) {
    const auto next = std::min_element(armed_.begin(), armed_.end(),
                                       [](const Armed& a, const Armed& b) { return a.due < b.due; });
    if (next == armed_.end() || next->due > now) return;
    if (next->dpc->DpcData == nullptr) {
      next->dpc->DpcData = kQueued;
      next->dpc->SystemArgument1 = nullptr;
      next->dpc->SystemArgument2 = nullptr;
      queue_.push_back({next->dpc, next->driver});
    }
    if (next->period_ms == 0) {
      armed_.erase(next);
      continue;
    }
    const std::uint64_t period = next->period_ms * sched::kTicksPerMillisecond;
    next->due += period * ((now - next->due) / period + 1);
  }
}

void DpcQueue::run(Thread& processor) {
  Dispatcher& dispatcher = system_.nt().dispatcher();
  for (;;) {
    Queued next{};
    sched::Ticks until = sched::kForever;
    bool idle = false;
    {
      const std::lock_guard lock(mutex_);
      queue_due(system_.scheduler().now());
      busy_ = !queue_.empty();
      running_ = nullptr;
      if (busy_) {
        next = queue_.front();
        queue_.pop_front();
        next.dpc->DpcData = nullptr;
        running_ = next.driver;
      } else if (closing_) {
        started_ = false;
        return;
      } else {
        idle = true;
        for (const Armed& armed : armed_) until = std::min(until, armed.due);
      }
    }
    if (!idle) {
      call(processor, next);
      continue;
    }
    dispatcher.set(idle_);
    dispatcher.wait(processor, wake_, {.deadline = until, .kind = "a DPC to run"});
  }
}

void DpcQueue::call(Thread& processor, const Queued& next) {
  // As it is when the routine is called: the routine may free or queue the object again.
  const _KDPC dpc = *next.dpc;
  const DriverScope scope(processor, next.driver);
  processor.irql = kDispatch;
  call_driver([&] {
    dpc.DeferredRoutine(next.dpc, dpc.DeferredContext, dpc.SystemArgument1, dpc.SystemArgument2);
    return 0;
  });
  if (processor.irql != kDispatch) {
    bug_check(processor, "VER-42", "a DPC routine returned at another IRQL than DISPATCH_LEVEL");
  }
  processor.irql = kPassive;
}

bool DpcQueue::end_driver(const DriverIdentity& driver) {
  const auto report_left = [&](const char* text) {
    system_.verifier().report({.id = "VER-20",
                               .severity = Severity::kError,
                               .text = text,
                               .driver = driver.name,
                               .object = {},
                               .allocated_at = {}});
  };
  const std::lock_guard lock(mutex_);
  const auto is_own = [&](const auto& entry) { return entry.driver == &driver; };
  if (std::erase_if(armed_, is_own) != 0) {
    report_left(
        "a timer of the driver is still set, and its DPC would run code that is gone. Call KeCancelTimer, "
        "then "
        "KeFlushQueuedDpcs, before the driver unloads.");
  }
  if (std::erase_if(queue_, is_own) != 0 || running_ == &driver) {
    report_left(
        "a DPC of the driver is still queued or runs: Windows would run code that is gone. Call "
        "KeFlushQueuedDpcs "
        "before the driver unloads.");
  }
  return running_ == &driver;
}

void DpcQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    armed_.clear();
    if (!started_) return;
  }
  system_.nt().dispatcher().set(wake_);
}

}  // namespace fltsim::nt
