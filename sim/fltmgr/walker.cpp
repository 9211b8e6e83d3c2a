#include "fltmgr/walker.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "fltmgr/decode.hpp"
#include "fltmgr/ecp.hpp"
#include "fltmgr/filter_call.hpp"
#include "fltmgr/in_flight.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/volume_stack.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::fltmgr {
namespace {

bool is_read_or_write(UCHAR major) { return major == IRP_MJ_READ || major == IRP_MJ_WRITE; }

// CB-7: registration flags that keep an instance out of an operation.
bool skips(const CallbackEntry& entry, const io::Operation& request) {
  const FLT_IO_PARAMETER_BLOCK& parameters = request.parameters;
  if (entry.flags == 0) return false;
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

bool renames(const FLT_IO_PARAMETER_BLOCK& parameters) {
  if (parameters.MajorFunction != IRP_MJ_SET_INFORMATION) return false;
  const auto which = parameters.Parameters.SetFileInformation.FileInformationClass;
  return which == FileRenameInformation || which == FileRenameInformationEx;
}

// What happened to a frame; a drainer that waits for its instance is told.
void tell_drainer(Instance& instance) {
  if (sched::Thread* drainer = instance.drainer.load()) instance.system.scheduler().unpark(*drainer);
}

[[noreturn]] void stop_at_second_answer(nt::Thread& thread) {
  nt::bug_check(thread, "VER-11",
                "a pended operation was completed, and its callback then returned a status other than "
                "FLT_PREOP_PENDING or FLT_POSTOP_MORE_PROCESSING_REQUIRED: it is completed twice.");
}

// The callback has answered by itself. If the operation was completed from outside as well, somebody else has
// the walk (W6).
void check_sole_answer(nt::Thread& thread, const Frame& frame, Frame::State in_callback) {
  if (frame.state.load() != in_callback) stop_at_second_answer(thread);
}

// The way of a frame to its next state; fails only for a second answer that crossed the first.
void settle(nt::Thread& thread, Frame& frame, Frame::State from, Frame::State to) {
  if (!frame.state.compare_exchange_strong(from, to)) stop_at_second_answer(thread);
  tell_drainer(*frame.entry->instance);
}

// The place of the MDL in the parameters; null for operations that have none (CB-38).
PMDL mdl_of(FLT_IO_PARAMETER_BLOCK block) {
  PMDL* const place = decode_parameters(block).mdl;
  return place != nullptr ? *place : nullptr;
}

void note_swapped_mdl(const ActiveOperation& operation, Frame& frame) {
  PMDL now = mdl_of(operation.current);
  if (now == nullptr || now == mdl_of(frame.received)) return;
  const auto& made = operation.locked_buffers;
  if (std::find(made.begin(), made.end(), now) == made.end()) frame.swapped_mdl = now;
}

void check_may_hold(const Filter& filter, bool is_irp, const char* status) {
  if (is_irp) return;
  report(filter, "VER-4", Severity::kError,
         std::string(status) + " for an operation that is no IRP: only IRPs can be held (CB-17, CB-26).");
}

}  // namespace

void WalkSlot::lock() {
  while (locked_.exchange(true, std::memory_order_acquire)) {
  }
}

void WalkSlot::unlock() { locked_.store(false, std::memory_order_release); }

Walker::Walker(VolumeStack& volume, const std::atomic<const Snapshot*>& current, io::Operation& request)
    : volume_(volume),
      thread_(nt::current_thread("an I/O")),
      request_(request),
      issuer_(thread_.driver),
      slot_(FilterManager::of(volume.system).slot_of(thread_)) {
  operation_.volume = &volume;
  operation_.request = &request;
  operation_.walker = this;
  operation_.caller = &thread_;
  operation_.current = request.parameters;
  CallbackData& data = operation_.data;
  data.Flags = fixed_flags(request);
  const_cast<PETHREAD&>(data.Thread) = reinterpret_cast<PETHREAD>(request.originator);
  const_cast<PFLT_IO_PARAMETER_BLOCK&>(data.Iopb) = &operation_.current;
  data.RequestorMode = request.requestor_mode;
  data.operation = &operation_;
  request.about_to_wait = [this] { tell_status(STATUS_PENDING); };

  slot_.lock();
  operation_.snapshot = current.load(std::memory_order_acquire);
  operation_.outer = slot_.innermost;
  const auto& entries = operation_.snapshot->by_major[request.parameters.MajorFunction];
  if (entries.size() > kInlineFrames) more_frames_ = std::make_unique<Frame[]>(entries.size());
  operation_.frames = {more_frames_ ? more_frames_.get() : inline_frames_.data(), entries.size()};
  for (std::size_t i = 0; i < entries.size(); ++i) operation_.frames[i].entry = &entries[i];
  slot_.innermost = &operation_;
  slot_.unlock();
  next_ = first_frame(entries);
}

Walker::~Walker() {
  slot_.lock();
  slot_.innermost = operation_.outer;
  slot_.unlock();
}

std::size_t Walker::first_frame(const std::vector<CallbackEntry>& entries) const {
  if (request_.below == nullptr) return 0;
  const auto& start = static_cast<const Instance*>(request_.below)->altitude;
  std::size_t first = 0;
  while (first < entries.size() && entries[first].instance->altitude >= start) ++first;
  return first;
}

void Walker::walk(const io::FileSystemCall& file_system) {
  file_system_ = &file_system;
  Visit visit{thread_, 1};
  carry_on(visit);
  if (stragglers_) wait_for_stragglers();
  tell_status(lower_status_);
  free_descriptors();
  if (operation_.own_ecp_list != nullptr) {
    request_.extra_create_parameters = nullptr;
    free_ecp_list(thread_, operation_.own_ecp_list);
  }
  request_.status = operation_.data.IoStatus;
}

// CB-56: in the thread that asked for the operation, and once for each request.
void Walker::tell_status(NTSTATUS status) {
  for (ActiveOperation::StatusRequest& request : std::exchange(operation_.status_requests, {})) {
    Instance& instance = *request.instance;
    const FLT_RELATED_OBJECTS objects = related_objects(instance, request.snapshot.TargetFileObject);
    call_filter(thread_, instance.filter, [&] {
      request.routine(&objects, &request.snapshot, status, request.context);
      return 0;
    });
    instance.rundown.release();
  }
}

void Walker::free_descriptors() {
  nt::Pool& pool = volume_.system.nt().pool();
  for (PMDL descriptor : operation_.locked_buffers) pool.free(thread_, "the filter manager", descriptor, 0);
  for (const Frame& frame : operation_.frames) {
    if (frame.swapped_mdl == nullptr || frame.retains_swapped_mdl) continue;
    nt::Pool::Allocation known{};
    if (pool.find(frame.swapped_mdl, known)) {
      pool.free(thread_, "the filter manager", frame.swapped_mdl, 0);
    } else {
      report(
          frame.entry->instance->filter, "VER-44", Severity::kError,
          "an MDL that a pre callback had swapped in was gone, or never came from IoAllocateMdl, when the "
          "operation "
          "ended: the filter manager frees it. To keep it, call FltRetainSwappedBufferMdlAddress in the post "
          "callback.");
    }
  }
}

void Walker::carry_on(Visit& visit) {
  for (;;) {
    if (step(visit)) {
      if (over_) return;
    } else {
      if (visit.reasons_to_wait == 0) return;
      wait_for_turn(visit.thread);
      if (over_) return;
    }
  }
}

bool Walker::step(Visit& visit) {
  if (heading_ == Heading::kDown) {
    if (next_ < operation_.frames.size()) return call_pre(visit, operation_.frames[next_]);
    call_file_system();
    turn_up();
    return true;
  }
  nt::Thread* wanted = wanted_thread();
  if (wanted != nullptr && wanted != &visit.thread) {
    sched::Scheduler& scheduler = volume_.system.scheduler();
    sched::Thread& scheduled = *wanted->scheduled.load();
    called_.store(wanted);
    scheduler.unpark(scheduled);
    return false;
  }
  if (next_ == 0) {
    over_ = true;
    return true;
  }
  return call_post(visit, operation_.frames[next_ - 1]);
}

// On the way up: the thread that the next step belongs to; null for any.
nt::Thread* Walker::wanted_thread() const {
  if (next_ == 0 || request_.parameters.MajorFunction == IRP_MJ_CREATE) return &thread_;
  return operation_.frames[next_ - 1].post_thread;
}

bool Walker::call_pre(Visit& visit, Frame& frame) {
  if (skips(*frame.entry, request_)) {
    ++next_;
    return true;
  }
  operation_.current.TargetInstance = frame.entry->instance->handle();
  frame.received = operation_.current;
  Frame::State expected = Frame::State::kNotCalled;
  // Fails when the instance was detached meanwhile: nothing new reaches it (TEAR-3).
  if (!frame.state.compare_exchange_strong(expected, Frame::State::kInPre)) {
    ++next_;
    return true;
  }
  if (frame.entry->pre == nullptr) {  // only a post callback: it is always owed
    settle(visit.thread, frame, Frame::State::kInPre, Frame::State::kOwed);
    ++next_;
    return true;
  }
  const Filter& filter = frame.entry->instance->filter;
  const bool is_irp = request_.kind == io::Operation::Kind::kIrp;
  PVOID context = nullptr;
  const FLT_PREOP_CALLBACK_STATUS status = run_pre(visit.thread, frame, context);
  if (status == FLT_PREOP_PENDING) {
    check_may_hold(filter, is_irp, "FLT_PREOP_PENDING");
    if (context != nullptr) {
      report(filter, "VER-3", Severity::kError,
             "the pre callback set a CompletionContext and returned FLT_PREOP_PENDING: pass it to "
             "FltCompletePendedPreOperation instead.");
    }
    give_up(visit, frame, Frame::State::kInPre, Frame::State::kPended);
    return false;
  }
  check_sole_answer(visit.thread, frame, Frame::State::kInPre);
  frame.completion_context = context;
  follow(visit, frame, status, Frame::State::kInPre);
  return true;
}

// The callback has left the operation with its filter, which may have completed it before: then somebody else
// has the walk already, and waits for no more than to be told that the callback is over (W4, W6).
void Walker::give_up(Visit& visit, Frame& frame, Frame::State from, Frame::State to) {
  // What is used after the exchange is taken before it: the walker may be gone.
  sched::Scheduler& scheduler = volume_.system.scheduler();
  sched::Thread* caller = &visit.thread == &thread_ ? nullptr : thread_.scheduled.load();
  Instance& instance = *frame.entry->instance;
  if (!frame.state.compare_exchange_strong(from, to)) frame.late_returns.fetch_sub(1);
  if (caller != nullptr) scheduler.unpark(*caller);
  tell_drainer(instance);
}

FLT_PREOP_CALLBACK_STATUS Walker::run_pre(nt::Thread& thread, Frame& frame, PVOID& context) {
  Instance& instance = *frame.entry->instance;
  CallbackData& data = operation_.data;
  data.Flags &= ~FLTFL_CALLBACK_DATA_DIRTY;
  data.IoStatus.Status = kUntouched;
  data.IoStatus.Information = 0;
  operation_.running = &frame;
  if (issuer_ == instance.filter.identity && request_.parameters.MajorFunction == IRP_MJ_CREATE) {
    report(
        instance.filter, "VER-33", Severity::kWarning,
        "the filter sees a create of its own. Open with FltCreateFileEx and the instance, so that only those "
        "below see it (CB-50).");
  }
  Trace& trace = volume_.system.trace();
  const FLT_RELATED_OBJECTS objects = related_objects(instance, operation_.current.TargetFileObject);
  const Trace::Index node = trace.begin(request_.trace, "pre ", instance.filter.utf8_name());
  const HeldBefore before(thread);
  const auto status =
      call_filter(thread, instance.filter, [&] { return frame.entry->pre(&data, &objects, &context); });
  trace.end(node, "pre", static_cast<std::uint32_t>(status));
  instance.filter.callback_counts.add(request_.parameters.MajorFunction, status);
  const Judging judging(thread, reinterpret_cast<const void*>(frame.entry->pre));
  check_left_behind(thread, instance.filter, "pre", before);
  return status;
}

// Carries the answer of a pre callback out. One that was given twice is found behind the checks, which costs
// an honest callback nothing.
void Walker::follow(Visit& visit, Frame& frame, FLT_PREOP_CALLBACK_STATUS status, Frame::State from) {
  const Answer answer = [&] {
    const Judging judging(visit.thread, reinterpret_cast<const void*>(frame.entry->pre));
    return judge_pre(visit.thread, operation_, frame, status);
  }();
  note_swapped_mdl(operation_, frame);
  operation_.running = nullptr;
  const bool post_is_here = status == FLT_PREOP_SYNCHRONIZE && request_.kind == io::Operation::Kind::kIrp;
  if (post_is_here && request_.parameters.MajorFunction != IRP_MJ_CREATE) {
    frame.post_thread = &visit.thread;
    ++visit.reasons_to_wait;
  }
  if (answer == Answer::kCompleted) {
    turn_up();
  } else {
    ++next_;
  }
  settle(visit.thread, frame, from,
         answer == Answer::kGoOnWithPost ? Frame::State::kOwed : Frame::State::kDone);
}

void Walker::call_file_system() {
  CallbackData& data = operation_.data;
  data.IoStatus = {};
  const Trace::Index node = volume_.system.trace().begin(request_.trace, "file system");
  (*file_system_)(operation_.current, data.IoStatus);
  if (!request_.tag_data.empty())
    data.TagData = reinterpret_cast<FLT_TAG_DATA_BUFFER*>(request_.tag_data.data());
  if (NT_SUCCESS(data.IoStatus.Status) && renames(operation_.current)) {
    FilterManager::of(volume_.system).names().renamed(volume_, operation_.current);
  }
  volume_.system.trace().end(node, "status", static_cast<std::uint32_t>(data.IoStatus.Status));
}

void Walker::turn_up() {
  heading_ = Heading::kUp;
  operation_.phase = ActiveOperation::Phase::kPost;
  lower_status_ = operation_.data.IoStatus.Status;
  operation_.data.Flags &= ~FLTFL_CALLBACK_DATA_DIRTY;
  operation_.data.Flags |= FLTFL_CALLBACK_DATA_POST_OPERATION;
}

bool Walker::call_post(Visit& visit, Frame& frame) {
  if (frame.post_thread == &visit.thread) --visit.reasons_to_wait;
  Frame::State expected = Frame::State::kOwed;
  if (!frame.state.compare_exchange_strong(expected, Frame::State::kInPost)) {
    stragglers_ |= expected == Frame::State::kDraining;  // W3: the drainer has it
    --next_;
    return true;
  }
  const bool is_irp = request_.kind == io::Operation::Kind::kIrp;
  const FLT_POSTOP_CALLBACK_STATUS status = run_post(visit.thread, frame);
  if (status == FLT_POSTOP_MORE_PROCESSING_REQUIRED) {
    check_may_hold(frame.entry->instance->filter, is_irp, "FLT_POSTOP_MORE_PROCESSING_REQUIRED");
    give_up(visit, frame, Frame::State::kInPost, Frame::State::kHeld);
    return false;
  }
  check_sole_answer(visit.thread, frame, Frame::State::kInPost);
  finish_post(visit.thread, frame, status, Frame::State::kInPost);
  return true;
}

FLT_POSTOP_CALLBACK_STATUS Walker::run_post(nt::Thread& thread, Frame& frame) {
  Instance& instance = *frame.entry->instance;
  CallbackData& data = operation_.data;
  operation_.current = frame.received;
  operation_.running = &frame;
  data.Flags &= ~FLTFL_CALLBACK_DATA_DIRTY;
  frame.status_before_post = data.IoStatus.Status;
  Trace& trace = volume_.system.trace();
  const FLT_RELATED_OBJECTS objects = related_objects(instance, operation_.current.TargetFileObject);
  const Trace::Index node = trace.begin(request_.trace, "post ", instance.filter.utf8_name());
  const HeldBefore before(thread);
  const auto status = call_filter(thread, instance.filter, [&] {
    return frame.entry->post(&data, &objects, frame.completion_context, 0);
  });
  trace.end(node, "post", static_cast<std::uint32_t>(status));
  instance.filter.callback_counts.add(request_.parameters.MajorFunction, status);
  const Judging judging(thread, reinterpret_cast<const void*>(frame.entry->post));
  check_left_behind(thread, instance.filter, "post", before);
  return status;
}

void Walker::finish_post(nt::Thread& thread, Frame& frame, FLT_POSTOP_CALLBACK_STATUS status,
                         Frame::State from) {
  {
    const Judging judging(thread, reinterpret_cast<const void*>(frame.entry->post));
    judge_post(operation_, frame, status);
  }
  operation_.running = nullptr;
  --next_;
  settle(thread, frame, from, Frame::State::kDone);
}

namespace {

// The calling thread does the filter manager's work, not its driver's, and what it does belongs to the
// operation.
class AtWork {
 public:
  AtWork(nt::Thread& thread, Trace::Index node)
      : driver_(thread, nullptr), thread_(thread), before_(thread.trace_node) {
    thread.trace_node = node;
  }
  ~AtWork() { thread_.trace_node = before_; }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  const nt::DriverScope driver_;
  nt::Thread& thread_;
  const std::uint32_t before_;
};

}  // namespace

void Walker::complete_pre(Frame& frame, FLT_PREOP_CALLBACK_STATUS status, PVOID context) {
  Visit visit{nt::current_thread("FltCompletePendedPreOperation")};
  const AtWork at_work(visit.thread, request_.trace);
  volume_.system.trace().event(request_.trace, "resume ", frame.entry->instance->filter.utf8_name());
  stragglers_ = true;
  operation_.cancel.disarm();
  frame.completion_context = context;
  follow(visit, frame, status, Frame::State::kAnswered);
  carry_on(visit);
}

void Walker::complete_post(Frame& frame) {
  Visit visit{nt::current_thread("FltCompletePendedPostOperation")};
  const AtWork at_work(visit.thread, request_.trace);
  volume_.system.trace().event(request_.trace, "resume ", frame.entry->instance->filter.utf8_name());
  stragglers_ = true;
  operation_.cancel.disarm();
  finish_post(visit.thread, frame, FLT_POSTOP_FINISHED_PROCESSING, Frame::State::kAnswered);
  carry_on(visit);
}

void Walker::wait_for_turn(nt::Thread& thread) {
  std::optional<nt::InterruptibleWait> interruptible;
  if (&thread == &thread_) interruptible.emplace(thread);
  while (!over_ && called_.load() != &thread) {
    if (interruptible && thread.terminated() && !operation_.cancel.requested()) {
      cancel(thread, operation_);
      continue;
    }
    static_cast<void>(volume_.system.scheduler().park(sched::kForever, {"operation", describe(operation_)}));
  }
  called_.store(nullptr);
}

void Walker::wait_for_stragglers() {
  for (Frame& frame : operation_.frames) {
    while (frame.state.load() == Frame::State::kDraining || frame.late_returns.load() != 0) {
      static_cast<void>(volume_.system.scheduler().park(
          sched::kForever, {"callback", frame.entry->instance->filter.utf8_name()}));
    }
  }
}

}  // namespace fltsim::fltmgr
