#include "fltmgr/walker.hpp"

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/volume_stack.hpp"
#include "machine/system.hpp"

namespace fltsim::fltmgr {
namespace {

bool is_read_or_write(UCHAR major) { return major == IRP_MJ_READ || major == IRP_MJ_WRITE; }

bool renames(const FLT_IO_PARAMETER_BLOCK& parameters) {
  if (parameters.MajorFunction != IRP_MJ_SET_INFORMATION) return false;
  const auto which = parameters.Parameters.SetFileInformation.FileInformationClass;
  return which == FileRenameInformation || which == FileRenameInformationEx;
}

FLT_RELATED_OBJECTS objects_for(const Frame& frame, PFILE_OBJECT file) {
  FLT_RELATED_OBJECTS objects = frame.entry->objects;
  const_cast<PFILE_OBJECT&>(objects.FileObject) = file;
  return objects;
}

}  // namespace

bool skips(const CallbackEntry& entry, const io::Operation& request) {
  const FLT_IO_PARAMETER_BLOCK& parameters = request.parameters;
  const bool irp = request.kind == io::Operation::Kind::kIrp;
  if ((entry.flags & FLTFL_OPERATION_REGISTRATION_SKIP_NON_DASD_IO) != 0 &&
      parameters.TargetFileObject != nullptr && (parameters.TargetFileObject->Flags & FO_VOLUME_OPEN) == 0) {
    return true;
  }
  if (!is_read_or_write(parameters.MajorFunction)) return false;
  const bool paging = (parameters.IrpFlags & IRP_PAGING_IO) != 0;
  const bool cached = !irp || (parameters.IrpFlags & (IRP_NOCACHE | IRP_PAGING_IO)) == 0;
  if ((entry.flags & FLTFL_OPERATION_REGISTRATION_SKIP_PAGING_IO) != 0 && irp && paging) return true;
  if ((entry.flags & FLTFL_OPERATION_REGISTRATION_SKIP_CACHED_IO) != 0 && cached) return true;
  return (entry.flags & FLTFL_OPERATION_REGISTRATION_SKIP_NON_CACHED_NON_PAGING_IO) != 0 && !cached &&
         !paging;
}

Walker::Walker(FilterManager& manager, VolumeStack& volume, io::Operation& request)
    : volume_(volume),
      thread_(nt::current_thread("an I/O")),
      request_(request),
      issuer_(thread_.driver),
      slot_(manager.slot_of(thread_)),
      is_create_(request.parameters.MajorFunction == IRP_MJ_CREATE),
      watched_(manager.watched().trace || manager.watched().counts),
      verifier_(manager.watched().verifier) {
  operation_.walker = this;
  operation_.caller = &thread_;
  operation_.volume = &volume;
  operation_.request = &request;
  operation_.parameters = &request.parameters;
  operation_.flags = fixed_flags(request);
  CallbackData& data = operation_.data;
  const_cast<PETHREAD&>(data.Thread) = reinterpret_cast<PETHREAD>(request.originator);
  const_cast<PFLT_IO_PARAMETER_BLOCK&>(data.Iopb) = &operation_.current;
  data.RequestorMode = request.requestor_mode;
  data.operation = &operation_;
  data.slot = &slot_;
}

void Walker::walk(const std::atomic<const Snapshot*>& current, const io::FileSystemCall& file_system) {
  push(current);
  file_system_ = &file_system;
  Visit visit(thread_, true, 1);
  if (watched_) {
    const Trace& trace = volume_.system.trace();
    visit.boundary =
        is_create_ ? trace.now() : trace.begun(request_.trace);  // filters attach before a create's walk
  }
  carry_on(visit);
  if (stragglers_) [[unlikely]]
    pop_behind_stragglers();
  if (operation_.extras) [[unlikely]]
    end_extras();
  request_.status = operation_.data.IoStatus;
}

void Walker::push(const std::atomic<const Snapshot*>& current) {
  slot_.lock();
  operation_.snapshot = current.load(std::memory_order_acquire);  // W2: release by VolumeStack::rebuild
  operation_.outer = slot_.innermost;
  slot_.innermost = &operation_;
  slot_.unlock();
  const auto& entries = operation_.snapshot->by_major[request_.parameters.MajorFunction];
  next_ = entries.data();
  end_ = next_ + entries.size();
  operation_.first_frame = inline_frames_;
  if (entries.size() > kInlineFrames) {
    more_frames_.reset(new Frame[entries.size()]);
    operation_.first_frame = more_frames_.get();
  }
  if (request_.below != nullptr) skip_those_above();
}

void Walker::skip_those_above() {
  const Altitude& start = static_cast<const Instance*>(request_.below)->altitude;
  while (next_ != end_ && next_->instance->altitude >= start) ++next_;
}

// With the slot's lock.
inline Frame& Walker::next_frame(const CallbackEntry& entry) {
  Frame& frame = operation_.first_frame[operation_.frame_count++];
  frame = {.entry = &entry,
           .received = operation_.parameters,
           .completion_context = nullptr,
           .post_thread = nullptr,
           .state = Frame::State::kOwed,
           .late_returns = 0};
  return frame;
}

// What a callback is given: all that another one may have written to is new.
inline void Walker::show(Frame& frame) {
  operation_.current = *frame.received;
  operation_.current.TargetInstance = frame.entry->objects.Instance;
  operation_.data.Flags = operation_.flags;
  operation_.running = &frame;
}

// VER-42 is fatal, and looked for whoever watches; VER-34 is the verifier's.
template <bool kWatched, class Call>
[[gnu::always_inline]] inline auto Walker::check_call(const Visit& visit, const CallbackEntry& entry,
                                                      const Routine& routine, Call&& call) {
  nt::Thread& thread = visit.thread;
  const bool verifies = kWatched && verifier_;
  const std::size_t locks = verifies ? thread.held_locks.size() : 0;
  const auto status = call();
  if (thread.irql != visit.irql || (verifies && thread.held_locks.size() > locks)) [[unlikely]] {
    const Judging judging(thread, routine.code);
    check_left_behind(thread, entry.instance->filter, routine.kind, {locks, visit.irql});
  }
  return status;
}

template <bool kWatched>
[[gnu::always_inline]] inline FLT_PREOP_CALLBACK_STATUS Walker::run_pre(Visit& visit, Frame& frame,
                                                                        PVOID& context) {
  const CallbackEntry& entry = *frame.entry;
  show(frame);
  CallbackData& data = operation_.data;
  data.IoStatus.Status = kUntouched;
  data.IoStatus.Information = 0;
  const FLT_RELATED_OBJECTS objects = objects_for(frame, operation_.current.TargetFileObject);
  const auto call = [&] {
    return visit.drivers(entry.driver, [&] { return entry.pre(&data, &objects, &context); });
  };
  if (kWatched && is_create_ && issuer_ == entry.driver) report_own_create(entry.instance->filter);
  const Trace::Handle node = kWatched && watched_ ? begin_watched(visit, "pre ", entry) : nullptr;
  const auto status =
      check_call<kWatched>(visit, entry, {"pre", reinterpret_cast<const void*>(entry.pre)}, call);
  if (kWatched && watched_) end_watched(visit, node, entry, status);
  return status;
}

template <bool kWatched>
[[gnu::always_inline]] inline FLT_POSTOP_CALLBACK_STATUS Walker::run_post(Visit& visit, Frame& frame) {
  const CallbackEntry& entry = *frame.entry;
  show(frame);
  CallbackData& data = operation_.data;
  operation_.status_before_post = data.IoStatus.Status;
  const FLT_RELATED_OBJECTS objects = objects_for(frame, operation_.current.TargetFileObject);
  const auto call = [&] {
    return visit.drivers(entry.driver,
                         [&] { return entry.post(&data, &objects, frame.completion_context, 0); });
  };
  const Trace::Handle node = kWatched && watched_ ? begin_watched(visit, "post ", entry) : nullptr;
  const auto status =
      check_call<kWatched>(visit, entry, {"post", reinterpret_cast<const void*>(entry.post)}, call);
  if (kWatched && watched_) end_watched(visit, node, entry, status);
  return status;
}

template <bool kOwnsSlot, bool kWatched>
bool Walker::go_down(Visit& visit) {
  {
    nt::Thread& thread = visit.thread;
    Section section(slot_, kOwnsSlot);
    const CallbackEntry* const end = end_;
    for (const CallbackEntry* entry = next_; entry != end; ++entry) {
      if (entry->flags != 0 && skips(*entry, request_)) continue;
      if (operation_.drained && entry->instance->detached.load()) continue;  // W7
      Frame& frame = next_frame(*entry);
      if (entry->pre == nullptr) continue;  // only a post callback: it is always owed
      frame.state = Frame::State::kInPre;
      section.unlock();
      next_ = entry + 1;
      PVOID context = nullptr;
      const FLT_PREOP_CALLBACK_STATUS status = run_pre<kWatched>(visit, frame, context);
      // Of one that does not go on somebody else may have the walk already (W6): its data are not looked at.
      const bool goes_on = status == FLT_PREOP_SUCCESS_NO_CALLBACK ||
                           (status == FLT_PREOP_SUCCESS_WITH_CALLBACK && entry->post != nullptr);
      if (!goes_on || (operation_.data.Flags & FLTFL_CALLBACK_DATA_DIRTY) != 0 ||
          (kWatched && verifier_ && !is_flawless(operation_, frame, status, context))) [[unlikely]] {
        if (!take_pre_answer(visit, frame, status, context)) return false;
        if (heading_ == Heading::kUp) return true;
        section.lock();
        continue;
      }
      section.lock();
      if (frame.state != Frame::State::kInPre) [[unlikely]] {
        section.unlock();
        stop_at_second_answer(thread);
      }
      frame.completion_context = context;
      frame.state = status == FLT_PREOP_SUCCESS_WITH_CALLBACK ? Frame::State::kOwed : Frame::State::kDone;
      if (operation_.drained) [[unlikely]]
        tell_drainer(*entry->instance);
    }
    section.unlock();
  }
  operation_.running = nullptr;
  call_file_system(visit);
  turn_up();
  return true;
}

template <bool kOwnsSlot, bool kWatched>
bool Walker::go_up(Visit& visit) {
  nt::Thread& thread = visit.thread;
  Section section(slot_, kOwnsSlot);
  for (;;) {
    if (!kOwnsSlot || bound_posts_) {
      nt::Thread* const wanted = wanted_thread();
      if (wanted != nullptr && wanted != &thread) {
        section.unlock();
        hand_over(*wanted);
        return false;
      }
    }
    if (above_ == 0) break;
    Frame& frame = operation_.first_frame[--above_];
    if (frame.post_thread == &thread) --visit.reasons_to_wait;
    if (frame.state != Frame::State::kOwed) {
      stragglers_ |= frame.state == Frame::State::kDraining;  // W3: the drainer has it
      continue;
    }
    frame.state = Frame::State::kInPost;
    section.unlock();
    const FLT_POSTOP_CALLBACK_STATUS status = run_post<kWatched>(visit, frame);
    if (status != FLT_POSTOP_FINISHED_PROCESSING || is_create_ ||
        (kWatched && verifier_ && !is_flawless(operation_, frame))) [[unlikely]] {
      if (!take_post_answer(visit, frame, status)) return false;
      section.lock();
      continue;
    }
    section.lock();
    if (frame.state != Frame::State::kInPost) [[unlikely]] {
      section.unlock();
      stop_at_second_answer(thread);
    }
    frame.state = Frame::State::kDone;
    if (operation_.drained) [[unlikely]]
      tell_drainer(*frame.entry->instance);
  }
  operation_.running = nullptr;
  over_ = true;
  if (!stragglers_) pop();
  section.unlock();
  return true;
}

void Walker::call_file_system(Visit& visit) {
  CallbackData& data = operation_.data;
  const FLT_IO_PARAMETER_BLOCK& parameters = *operation_.parameters;
  data.IoStatus = {};
  Trace& trace = volume_.system.trace();
  const Trace::Handle node =
      watched_ ? trace.begin_lasting(request_.trace, "file system", Trace::kNobody, visit.boundary) : nullptr;
  (*file_system_)(parameters, data.IoStatus);
  if (!request_.tag_data.empty())
    data.TagData = reinterpret_cast<FLT_TAG_DATA_BUFFER*>(request_.tag_data.data());
  if (renames(parameters) && NT_SUCCESS(data.IoStatus.Status)) {
    FilterManager::of(volume_.system).names().renamed(volume_, parameters);
  }
  if (watched_)
    visit.boundary.stamp = trace.end(node, "status", static_cast<std::uint32_t>(data.IoStatus.Status));
}

void Walker::turn_up() {
  heading_ = Heading::kUp;
  above_ = operation_.frame_count;
  operation_.phase = ActiveOperation::Phase::kPost;
  lower_status_ = operation_.data.IoStatus.Status;
  operation_.flags |= FLTFL_CALLBACK_DATA_POST_OPERATION;
}

// With the slot's lock.
void Walker::pop() {
  slot_.innermost = operation_.outer;
  if (operation_.revoked) slot_.restore();  // W8
}

// On the way up: the thread that the next step belongs to; null for any.
nt::Thread* Walker::wanted_thread() const {
  if (above_ == 0 || is_create_) return &thread_;
  return operation_.first_frame[above_ - 1].post_thread;
}

template <bool kOwnsSlot, bool kWatched>
bool Walker::go(Visit& visit) {
  return heading_ == Heading::kDown ? go_down<kOwnsSlot, kWatched>(visit) : go_up<kOwnsSlot, kWatched>(visit);
}

void Walker::carry_on(Visit& visit) {
  for (;;) {
    const bool watched = watched_ || verifier_;
    const bool has_walk = visit.owns_slot ? (watched ? go<true, true>(visit) : go<true, false>(visit))
                                          : (watched ? go<false, true>(visit) : go<false, false>(visit));
    if (!has_walk) {
      if (visit.reasons_to_wait == 0) return;
      wait_for_turn(visit.thread);
      visit.boundary = volume_.system.trace().now();
    }
    if (over_) return;
  }
}

}  // namespace fltsim::fltmgr
