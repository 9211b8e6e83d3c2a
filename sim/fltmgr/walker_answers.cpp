// Calls that somebody watches (the trace, who counts), and answers that need more than a note.
#include <string>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/volume_stack.hpp"
#include "fltmgr/walker.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"

namespace fltsim::fltmgr {
namespace {

void check_may_hold(const Filter& filter, bool is_irp, const char* status) {
  if (is_irp) return;
  report(filter, "VER-4", Severity::kError,
         std::string(status) + " for an operation that is no IRP: only IRPs can be held (CB-17, CB-26).");
}

}  // namespace

void tell_drainer(Instance& instance) {
  if (sched::Thread* drainer = instance.drainer.load()) instance.system.scheduler().unpark(*drainer);
}

Trace::Handle Walker::begin_watched(const Visit& visit, const char* verb, const CallbackEntry& entry) {
  return volume_.system.trace().begin_lasting(request_.trace, verb, entry.instance->filter.utf8_name(),
                                              visit.boundary);
}

void Walker::end_watched(Visit& visit, Trace::Handle node, const CallbackEntry& entry,
                         FLT_PREOP_CALLBACK_STATUS status) {
  visit.boundary.stamp = volume_.system.trace().end(node, "pre", static_cast<std::uint32_t>(status));
  count_answer(entry.instance->filter, request_.parameters.MajorFunction, status);
}

void Walker::end_watched(Visit& visit, Trace::Handle node, const CallbackEntry& entry,
                         FLT_POSTOP_CALLBACK_STATUS status) {
  visit.boundary.stamp = volume_.system.trace().end(node, "post", static_cast<std::uint32_t>(status));
  count_answer(entry.instance->filter, request_.parameters.MajorFunction, status);
}

void Walker::stop_at_second_answer(nt::Thread& thread) {
  nt::bug_check(thread, "VER-11",
                "a pended operation was completed, and its callback then returned a status other than "
                "FLT_PREOP_PENDING or FLT_POSTOP_MORE_PROCESSING_REQUIRED: it is completed twice.");
}

// The callback has answered by itself: nobody else can any more (W6).
void Walker::answer_once(Visit& visit, Frame& frame, Frame::State in_callback) {
  Section section(slot_, visit.owns_slot);
  const bool first = frame.state == in_callback;
  if (first) frame.state = Frame::State::kAnswered;
  section.unlock();
  if (!first) stop_at_second_answer(visit.thread);
}

bool Walker::take_pre_answer(Visit& visit, Frame& frame, FLT_PREOP_CALLBACK_STATUS status, PVOID context) {
  if (status == FLT_PREOP_PENDING) {
    const Filter& filter = frame.entry->instance->filter;
    check_may_hold(filter, request_.kind == io::Operation::Kind::kIrp, "FLT_PREOP_PENDING");
    if (context != nullptr) {
      report(filter, "VER-3", Severity::kError,
             "the pre callback set a CompletionContext and returned FLT_PREOP_PENDING: pass it to "
             "FltCompletePendedPreOperation instead.");
    }
    give_up(visit, frame, Frame::State::kInPre, Frame::State::kPended);
    return false;
  }
  answer_once(visit, frame, Frame::State::kInPre);
  frame.completion_context = context;
  follow(visit, frame, status);
  return true;
}

// Carries the answer of a pre callback out.
void Walker::follow(Visit& visit, Frame& frame, FLT_PREOP_CALLBACK_STATUS status) {
  const Answer answer = [&] {
    const Judging judging(visit.thread, reinterpret_cast<const void*>(frame.entry->pre));
    return judge_pre(visit.thread, operation_, frame, status);
  }();
  operation_.running = nullptr;
  const bool post_is_here = status == FLT_PREOP_SYNCHRONIZE && request_.kind == io::Operation::Kind::kIrp;
  if (post_is_here && !is_create_) {
    frame.post_thread = &visit.thread;
    bound_posts_ = true;
    ++visit.reasons_to_wait;
  }
  if (answer == Answer::kCompleted) turn_up();
  settle(visit, frame, answer == Answer::kGoOnWithPost ? Frame::State::kOwed : Frame::State::kDone);
}

bool Walker::take_post_answer(Visit& visit, Frame& frame, FLT_POSTOP_CALLBACK_STATUS status) {
  if (status == FLT_POSTOP_MORE_PROCESSING_REQUIRED) {
    check_may_hold(frame.entry->instance->filter, request_.kind == io::Operation::Kind::kIrp,
                   "FLT_POSTOP_MORE_PROCESSING_REQUIRED");
    give_up(visit, frame, Frame::State::kInPost, Frame::State::kHeld);
    return false;
  }
  answer_once(visit, frame, Frame::State::kInPost);
  finish_post(visit, frame, status);
  return true;
}

void Walker::finish_post(Visit& visit, Frame& frame, FLT_POSTOP_CALLBACK_STATUS status) {
  {
    const Judging judging(visit.thread, reinterpret_cast<const void*>(frame.entry->post));
    judge_post(operation_, frame, status);
  }
  operation_.running = nullptr;
  settle(visit, frame, Frame::State::kDone);
}

// What was kAnswered is carried out. That was the manager's own work, so the next callback begins behind it.
void Walker::settle(Visit& visit, Frame& frame, Frame::State to) {
  Section section(slot_, visit.owns_slot);
  frame.state = to;
  section.unlock();
  tell_drainer(*frame.entry->instance);
  if (watched_) visit.boundary = volume_.system.trace().now();
}

}  // namespace fltsim::fltmgr
