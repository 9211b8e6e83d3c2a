// What a filter holds: the walk is given up, taken up elsewhere, and waited for (CB-22, CB-24, CB-26, W6, W8).
#include <optional>
#include <string>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/in_flight.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/volume_stack.hpp"
#include "fltmgr/walker.hpp"
#include "machine/system.hpp"

namespace fltsim::fltmgr {
namespace {

// The calling thread does the filter manager's work, not its driver's, and what it does belongs to the
// operation.
class AtWork {
 public:
  AtWork(nt::Thread& thread, Trace::Handle node)
      : driver_(thread, nullptr), thread_(thread), before_(thread.trace_node) {
    thread.trace_node = node;
  }
  ~AtWork() { thread_.trace_node = before_; }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  const nt::DriverScope driver_;
  nt::Thread& thread_;
  const Trace::Handle before_;
};

}  // namespace

// The callback has left the operation with its filter, which may have completed it before: then somebody else
// has the walk already, and waits for no more than to be told that the callback is over (W4, W6).
void Walker::give_up(Visit& visit, Frame& frame, Frame::State from, Frame::State to) {
  // What is used behind the section is taken before it: the walker may be gone.
  sched::Scheduler& scheduler = volume_.system.scheduler();
  sched::Thread* caller = &visit.thread == &thread_ ? nullptr : thread_.scheduled.load();
  Instance& instance = *frame.entry->instance;
  Section section(slot_, visit.owns_slot);
  if (frame.state == from) {
    frame.state = to;
  } else {
    --frame.late_returns;
  }
  section.unlock();
  if (caller != nullptr) scheduler.unpark(*caller);
  tell_drainer(instance);
}

template <class Answer>
void Walker::resume(nt::Thread& thread, Frame& frame, Answer&& answer) {
  const AtWork at_work(thread, request_.trace);
  Visit visit(thread, &thread == &thread_, 0);
  volume_.system.trace().event(request_.trace, "resume ", frame.entry->instance->filter.utf8_name());
  stragglers_ = true;
  operation_.cancel.disarm();
  answer(visit);
  carry_on(visit);
}

void Walker::complete_pre(Frame& frame, FLT_PREOP_CALLBACK_STATUS status, PVOID context) {
  resume(nt::current_thread("FltCompletePendedPreOperation"), frame, [&](Visit& visit) {
    frame.completion_context = context;
    follow(visit, frame, status);
  });
}

void Walker::complete_post(Frame& frame) {
  resume(nt::current_thread("FltCompletePendedPostOperation"), frame,
         [&](Visit& visit) { finish_post(visit, frame, FLT_POSTOP_FINISHED_PROCESSING); });
}

void Walker::hand_over(nt::Thread& wanted) {
  sched::Scheduler& scheduler = volume_.system.scheduler();
  sched::Thread& scheduled = *wanted.scheduled.load();
  called_.store(&wanted);  // the walker may be gone behind this
  scheduler.unpark(scheduled);
}

void Walker::wait_for_turn(nt::Thread& thread) {
  const bool owns_slot = &thread == &thread_;
  std::optional<nt::InterruptibleWait> interruptible;
  if (owns_slot) interruptible.emplace(thread);
  while (!over_ && called_.load() != &thread) {
    if (interruptible && thread.terminated() && !operation_.cancel.requested()) {
      cancel(thread, operation_);
      continue;
    }
    Section section(slot_, owns_slot);
    std::string what = describe(operation_);
    section.unlock();
    static_cast<void>(volume_.system.scheduler().park(sched::kForever, {"operation", std::move(what)}));
  }
  called_.store(nullptr);
}

// W4. In the caller's thread, behind its last visit.
void Walker::pop_behind_stragglers() {
  for (;;) {
    const Instance* straggler = nullptr;
    slot_.lock();
    for (const Frame& frame : operation_.frames()) {
      if (frame.state == Frame::State::kDraining || frame.late_returns != 0)
        straggler = frame.entry->instance;
    }
    if (straggler == nullptr) pop();
    slot_.unlock();
    if (straggler == nullptr) return;
    static_cast<void>(
        volume_.system.scheduler().park(sched::kForever, {"callback", straggler->filter.utf8_name()}));
  }
}

}  // namespace fltsim::fltmgr
