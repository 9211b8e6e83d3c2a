#include "fltmgr/in_flight.hpp"

#include <string>
#include <utility>
#include <vector>

#include "fltmgr/callback_checks.hpp"
#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/walker.hpp"
#include "io/operation_text.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/user_memory.hpp"

namespace fltsim::fltmgr {
namespace {

// Wins the frame for who completes it.
bool win(Frame& frame, HeldIn where) {
  const bool pre = where == HeldIn::kPre;
  const bool in_callback = frame.state == (pre ? Frame::State::kInPre : Frame::State::kInPost);
  const bool held = frame.state == (pre ? Frame::State::kPended : Frame::State::kHeld);
  if (!in_callback && !held) return false;
  frame.state = Frame::State::kAnswered;
  if (in_callback) ++frame.late_returns;
  return true;
}

// Runs the post callback of `frame` early, on a copy of the data (TEAR-5).
void call_post_draining(ActiveOperation& operation, const Frame& frame, FLT_IO_PARAMETER_BLOCK parameters) {
  nt::Thread& thread = nt::current_thread("draining");
  // Made from what no longer changes: the walk may be writing to the operation's own data.
  const io::Operation& request = *operation.request;
  CallbackData copy{};
  copy.Flags = fixed_flags(request) | FLTFL_CALLBACK_DATA_POST_OPERATION | FLTFL_CALLBACK_DATA_DRAINING_IO;
  const_cast<PETHREAD&>(copy.Thread) = reinterpret_cast<PETHREAD>(request.originator);
  const_cast<PFLT_IO_PARAMETER_BLOCK&>(copy.Iopb) = &parameters;
  copy.RequestorMode = request.requestor_mode;
  copy.operation = &operation;
  Instance& instance = *frame.entry->instance;
  const FLT_RELATED_OBJECTS objects = related_objects(instance, parameters.TargetFileObject);
  const HeldBefore before{thread.held_locks.size(), thread.irql};
  const auto status = call_filter(thread, instance.filter, [&] {
    return frame.entry->post(&copy, &objects, frame.completion_context, FLTFL_POST_OPERATION_DRAINING);
  });
  count_answer(instance.filter, parameters.MajorFunction, status);
  const Judging judging(thread, reinterpret_cast<const void*>(frame.entry->post));
  check_left_behind(thread, instance.filter, "post", before);
  if (frame.completion_context != nullptr) {
    instance.system.nt().pool().mark_handed_back(frame.completion_context);
  }
  if (status != FLT_POSTOP_FINISHED_PROCESSING) {
    report(instance.filter, "VER-12", Severity::kError,
           "a draining post callback must clean up and return FLT_POSTOP_FINISHED_PROCESSING.");
  }
}

// What the drainer of an instance finds in one round.
struct Round {
  ActiveOperation* owing = nullptr;
  Frame* owed = nullptr;  // now kDraining, so that the operation stays (W4)
  FLT_IO_PARAMETER_BLOCK received{};
  bool busy = false;
};

// With the lock of the operation's slot.
void look_for_work(const Instance& instance, ActiveOperation& operation, Round& round) {
  if (operation.volume != &instance.volume) return;
  operation.drained = true;  // W7
  for (Frame& frame : operation.frames()) {
    if (frame.entry->instance != &instance) continue;
    round.busy |= frame.busy();
    if (round.owed == nullptr && frame.state == Frame::State::kOwed) {
      frame.state = Frame::State::kDraining;
      round.owing = &operation;
      round.owed = &frame;
      round.received = *frame.received;
      round.received.TargetInstance = frame.entry->objects.Instance;
    }
  }
}

// Wins a frame of the operation of `data`, with the lock of the slot that it is in.
Held win_in(const WalkSlot& slot, const FLT_CALLBACK_DATA* data, HeldIn where,
            const nt::DriverIdentity* driver) {
  for (ActiveOperation* operation = slot.innermost; operation != nullptr; operation = operation->outer) {
    if (&operation->data != data) continue;
    for (Frame& frame : operation->frames()) {
      if (driver != nullptr && frame.entry->instance->filter.identity != driver) continue;
      if (win(frame, where)) return {operation, &frame};
    }
  }
  return {};
}

struct HeldOperation {
  const Instance* holder;
  std::string text;
};

// Of one holder, or of all. Reported behind the visit: the owners of the slots spin during that.
std::vector<HeldOperation> held_operations(FilterManager& manager, const Instance* holder = nullptr) {
  std::vector<HeldOperation> all;
  manager.visit_operations([&](ActiveOperation& operation) {
    for (const Frame& frame : operation.frames()) {
      const Instance* const instance = frame.entry->instance;
      if (frame.held_by_filter() && (holder == nullptr || holder == instance))
        all.push_back({instance, describe(operation)});
    }
  });
  return all;
}

}  // namespace

std::string describe(const ActiveOperation& operation) {
  const std::string what = io::operation_text(*operation.request);
  for (const Frame& frame : operation.frames()) {
    if (frame.held_by_filter()) return what + ", held by " + frame.entry->instance->filter.utf8_name();
  }
  return what + ", in another thread";
}

Held claim(FilterManager& manager, const FLT_CALLBACK_DATA* data, HeldIn where) {
  const nt::Thread& thread = nt::current_thread("completing a pended operation");
  // A driver may name anything. What it names says no more than in which slot to look for such an operation.
  CallbackData named{};
  if (!nt::peek(&named, data, sizeof named) || !manager.is_slot(named.slot)) return {};
  const bool owns_slot = thread.walk_slot == named.slot;
  const SlotVisit visit(*named.slot, owns_slot);
  const Held held = win_in(*named.slot, data, where, thread.driver);
  if (held.frame != nullptr && !owns_slot && !std::exchange(held.operation->revoked, true))
    named.slot->revoke();  // W8
  return held;
}

void complete_held_post(nt::Thread& thread, PFLT_CALLBACK_DATA data) {
  const Held held = claim(thread.system.fltmgr(), data, HeldIn::kPost);
  if (held.frame == nullptr) {
    nt::bug_check(
        thread, "VER-11",
        "FltCompletePendedPostOperation was called for an operation that the filter does not hold: no "
        "post callback returned FLT_POSTOP_MORE_PROCESSING_REQUIRED for it, or it was completed "
        "before.");
  }
  held.operation->walker->complete_post(*held.frame);
}

void report_held_at_teardown(FilterManager& manager, const Instance& instance) {
  for (HeldOperation& held : held_operations(manager, &instance)) {
    report(instance.filter, "VER-32", Severity::kError,
           "InstanceTeardownStart has returned with an operation pended: the teardown waits for it. Complete "
           "what is pended there (TEAR-4).",
           std::move(held.text));
  }
}

void report_held_for_ever(FilterManager& manager) {
  for (HeldOperation& held : held_operations(manager)) {
    report(held.holder->filter, "VER-11", Severity::kError,
           "a pended operation is never completed: call FltCompletePendedPreOperation or "
           "FltCompletePendedPostOperation for it.",
           std::move(held.text));
  }
}

// Collects what the instance owes, then waits for callbacks that run and for operations that the filter has,
// until a whole round finds neither.
void VolumeStack::drain(Instance& instance) {
  const nt::Thread& thread = nt::current_thread("draining");
  sched::Scheduler& scheduler = system.scheduler();
  instance.drainer.store(sched::Scheduler::current_thread());
  instance.detached.store(true);
  for (;;) {
    Round round;
    manager_.visit_operations([&](ActiveOperation& operation) { look_for_work(instance, operation, round); });
    if (round.owed != nullptr) {
      sched::Thread& caller = *round.owing->caller->scheduled.load();
      call_post_draining(*round.owing, *round.owed, round.received);
      {
        WalkSlot& slot = *round.owing->data.slot;
        const SlotVisit visit(slot, thread.walk_slot == &slot);
        round.owed->state = Frame::State::kDone;
      }
      scheduler.unpark(caller);  // the operation may be gone (W4)
    } else if (round.busy) {
      static_cast<void>(scheduler.park(
          sched::kForever, {"callbacks and pended operations of an instance", instance.filter.utf8_name()}));
    } else {
      break;
    }
  }
  instance.drainer.store(nullptr);
}

}  // namespace fltsim::fltmgr
