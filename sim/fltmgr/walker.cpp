#include "fltmgr/walker.hpp"

#include <cstdio>
#include <cstring>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/volume_stack.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"

namespace fltsim::fltmgr {
namespace {

// What IoStatus.Status holds before a pre callback: no driver returns it by chance (CB-15).
constexpr NTSTATUS kUntouched = static_cast<NTSTATUS>(0xEBADF00D);

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

FLT_CALLBACK_DATA_FLAGS kind_flag(io::Operation::Kind kind) {
  switch (kind) {
    case io::Operation::Kind::kIrp:
      return FLTFL_CALLBACK_DATA_IRP_OPERATION;
    case io::Operation::Kind::kFastIo:
      return FLTFL_CALLBACK_DATA_FAST_IO_OPERATION;
    case io::Operation::Kind::kFsFilter:
      return FLTFL_CALLBACK_DATA_FS_FILTER_OPERATION;
  }
  return 0;
}

bool renames(const FLT_IO_PARAMETER_BLOCK& parameters) {
  if (parameters.MajorFunction != IRP_MJ_SET_INFORMATION) return false;
  const auto which = parameters.Parameters.SetFileInformation.FileInformationClass;
  return which == FileRenameInformation || which == FileRenameInformationEx;
}

std::string hex(std::uint32_t value) {
  char text[12];
  std::snprintf(text, sizeof text, "0x%X", value);
  return text;
}

bool changed(const FLT_IO_PARAMETER_BLOCK& a, const FLT_IO_PARAMETER_BLOCK& b) {
  return std::memcmp(&a, &b, sizeof a) != 0;
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
      slot_(FilterManager::of(volume.system).slot_of(thread_)) {
  operation_.volume = &volume;
  operation_.request = &request;
  operation_.slot = &slot_;
  operation_.current = request.parameters;
  CallbackData& data = operation_.data;
  data.Flags = kind_flag(request.kind);
  const_cast<PETHREAD&>(data.Thread) = reinterpret_cast<PETHREAD>(request.originator);
  const_cast<PFLT_IO_PARAMETER_BLOCK&>(data.Iopb) = &operation_.current;
  data.RequestorMode = request.requestor_mode;
  data.operation = &operation_;

  slot_.lock();
  operation_.snapshot = current.load(std::memory_order_acquire);
  operation_.outer = slot_.innermost;
  const auto& entries = operation_.snapshot->by_major[request.parameters.MajorFunction];
  if (entries.size() > kInlineFrames) more_frames_ = std::make_unique<Frame[]>(entries.size());
  operation_.frames = {more_frames_ ? more_frames_.get() : inline_frames_.data(), entries.size()};
  for (std::size_t i = 0; i < entries.size(); ++i) operation_.frames[i].entry = &entries[i];
  slot_.innermost = &operation_;
  slot_.unlock();
  below_ = first_frame(entries);
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
  if (down() == Down::kGoOn) call_file_system(file_system);
  up();
  request_.status = operation_.data.IoStatus;
}

Walker::Down Walker::down() {
  for (; below_ < operation_.frames.size(); ++below_) {
    Frame& frame = operation_.frames[below_];
    if (skips(*frame.entry, request_)) continue;
    if (call_pre(frame) == Down::kCompleted) return Down::kCompleted;
  }
  return Down::kGoOn;
}

Walker::Down Walker::call_pre(Frame& frame) {
  frame.received = operation_.current;
  Frame::State expected = Frame::State::kNotCalled;
  // Fails when the instance was detached meanwhile: nothing new reaches it (TEAR-3).
  if (!frame.state.compare_exchange_strong(expected, Frame::State::kInPre)) return Down::kGoOn;
  if (frame.entry->pre == nullptr) {  // only a post callback: it is always owed
    leave(frame, Frame::State::kOwed);
    return Down::kGoOn;
  }
  CallbackData& data = operation_.data;
  data.Flags &= ~FLTFL_CALLBACK_DATA_DIRTY;
  data.IoStatus.Status = kUntouched;
  data.IoStatus.Information = 0;
  operation_.phase = ActiveOperation::Phase::kPre;
  operation_.running = &frame;

  const FLT_RELATED_OBJECTS objects =
      related_objects(*frame.entry->instance, operation_.current.TargetFileObject);
  const Trace::Index node =
      volume_.system.trace().begin(request_.trace, "pre " + frame.entry->instance->filter.utf8_name());
  const auto status = call_filter(thread_, frame.entry->instance->filter, [&] {
    return frame.entry->pre(&data, &objects, &frame.completion_context);
  });
  volume_.system.trace().end(node, "pre", static_cast<std::uint32_t>(status));
  operation_.running = nullptr;
  return act_on(frame, status);
}

Walker::Down Walker::act_on(Frame& frame, FLT_PREOP_CALLBACK_STATUS status) {
  const Filter& filter = frame.entry->instance->filter;
  CallbackData& data = operation_.data;
  check_changes(frame);
  const bool wants_post = status == FLT_PREOP_SUCCESS_WITH_CALLBACK || status == FLT_PREOP_SYNCHRONIZE;
  if (!wants_post && frame.completion_context != nullptr) {
    report(filter, "VER-3", Severity::kError,
           "the pre callback set a CompletionContext and returned status " + hex(status) +
               ": nobody will hand it back. Set it only with SUCCESS_WITH_CALLBACK or SYNCHRONIZE.");
  }
  if (wants_post && frame.entry->post == nullptr) {
    nt::bug_check(thread_, "VER-2",
                  "the pre callback asked for a post callback and none is registered for this operation "
                  "(bug check 0xF5/0x66). Return FLT_PREOP_SUCCESS_NO_CALLBACK or register one.");
  }
  const bool goes_on = wants_post || status == FLT_PREOP_SUCCESS_NO_CALLBACK;
  if (goes_on && data.IoStatus.Status != kUntouched) {
    report(filter, "VER-10", Severity::kError,
           "the pre callback set IoStatus and let the operation go on: the value is ignored. To fail the "
           "operation, return FLT_PREOP_COMPLETE.");
  }
  switch (status) {
    case FLT_PREOP_SYNCHRONIZE:
      if (request_.parameters.MajorFunction == IRP_MJ_CREATE) {
        report(filter, "VER-8", Severity::kError,
               "FLT_PREOP_SYNCHRONIZE for a create, which is synchronised already.");
      }
      [[fallthrough]];
    case FLT_PREOP_SUCCESS_WITH_CALLBACK:
      leave(frame, Frame::State::kOwed);
      return Down::kGoOn;
    case FLT_PREOP_SUCCESS_NO_CALLBACK:
      leave(frame, Frame::State::kDone);
      return Down::kGoOn;
    case FLT_PREOP_COMPLETE:
      check_completion(frame);
      leave(frame, Frame::State::kDone);
      return Down::kCompleted;
    case FLT_PREOP_DISALLOW_FASTIO:
      if (request_.kind != io::Operation::Kind::kFastIo) {
        report(filter, "VER-5", Severity::kError,
               "FLT_PREOP_DISALLOW_FASTIO for an operation that is no fast I/O.");
        data.IoStatus.Status = STATUS_FLT_INTERNAL_ERROR;
      } else {
        data.IoStatus.Status = STATUS_FLT_DISALLOW_FAST_IO;
      }
      leave(frame, Frame::State::kDone);
      return Down::kCompleted;
    case FLT_PREOP_PENDING:
      nt::unsupported("FLT_PREOP_PENDING");
    case FLT_PREOP_DISALLOW_FSFILTER_IO:
      report(filter, "VER-6", Severity::kError, "FLT_PREOP_DISALLOW_FSFILTER_IO outside a query open.");
      break;
    default:
      report(filter, "VER-1", Severity::kError,
             "the pre callback returned " + hex(status) + ", which is no FLT_PREOP_CALLBACK_STATUS.");
      break;
  }
  data.IoStatus.Status = STATUS_FLT_INTERNAL_ERROR;  // CB-19
  leave(frame, Frame::State::kDone);
  return Down::kCompleted;
}

// CB-34: a change counts only when it was marked; VER-9 tells who forgot.
void Walker::check_changes(const Frame& frame) {
  FLT_IO_PARAMETER_BLOCK& now = operation_.current;
  const Filter& filter = frame.entry->instance->filter;
  if (!changed(now, frame.received)) return;
  if (now.MajorFunction != frame.received.MajorFunction) {
    report(filter, "VER-9", Severity::kError,
           "the pre callback changed MajorFunction, which is fixed (CB-36).");
    now = frame.received;
  } else if ((operation_.data.Flags & FLTFL_CALLBACK_DATA_DIRTY) == 0) {
    report(filter, "VER-9", Severity::kError,
           "the pre callback changed the parameters and did not call FltSetCallbackDataDirty: those below "
           "see the old "
           "values.");
    now = frame.received;
  }
}

void Walker::check_completion(const Frame& frame) {
  const Filter& filter = frame.entry->instance->filter;
  IO_STATUS_BLOCK& status = operation_.data.IoStatus;
  const UCHAR major = request_.parameters.MajorFunction;
  if (status.Status == kUntouched) {
    report(filter, "VER-7", Severity::kError,
           "FLT_PREOP_COMPLETE without a value in IoStatus.Status: the caller gets whatever was there.");
    status.Status = STATUS_FLT_INTERNAL_ERROR;
  } else if (status.Status == STATUS_PENDING || status.Status == STATUS_FLT_DISALLOW_FAST_IO) {
    report(filter, "VER-7", Severity::kError,
           "FLT_PREOP_COMPLETE with IoStatus.Status " + hex(static_cast<std::uint32_t>(status.Status)) +
               ", which completes nothing.");
    status.Status = STATUS_FLT_INTERNAL_ERROR;
  } else if ((major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE) && status.Status != STATUS_SUCCESS) {
    report(filter, "VER-7", Severity::kError, "cleanup and close cannot fail (CB-14).");
  }
}

void Walker::call_file_system(const io::FileSystemCall& file_system) {
  CallbackData& data = operation_.data;
  data.IoStatus = {};
  const Trace::Index node = volume_.system.trace().begin(request_.trace, "file system");
  file_system(operation_.current, data.IoStatus);
  if (NT_SUCCESS(data.IoStatus.Status) && renames(operation_.current)) {
    FilterManager::of(volume_.system).names().volume_renamed(volume_);
  }
  volume_.system.trace().end(node, "status", static_cast<std::uint32_t>(data.IoStatus.Status));
}

void Walker::up() {
  operation_.phase = ActiveOperation::Phase::kPost;
  operation_.data.Flags |= FLTFL_CALLBACK_DATA_POST_OPERATION;
  const std::size_t reached = std::min(below_, operation_.frames.size());
  for (std::size_t i = reached; i-- > 0;) call_post(operation_.frames[i]);
}

void Walker::call_post(Frame& frame) {
  Frame::State expected = Frame::State::kOwed;
  if (!frame.state.compare_exchange_strong(expected, Frame::State::kInPost)) {
    // W3, W4: the drainer has it; its frame must stay until it is done.
    frame.walker.store(thread_.scheduled.load());
    while (frame.state.load() == Frame::State::kDraining) {
      static_cast<void>(volume_.system.scheduler().park(
          sched::kForever, {"drained post callback", frame.entry->instance->filter.utf8_name()}));
    }
    return;
  }
  const Filter& filter = frame.entry->instance->filter;
  CallbackData& data = operation_.data;
  operation_.current = frame.received;
  operation_.running = &frame;
  const NTSTATUS before = data.IoStatus.Status;
  const FLT_RELATED_OBJECTS objects =
      related_objects(*frame.entry->instance, operation_.current.TargetFileObject);
  const Trace::Index node = volume_.system.trace().begin(request_.trace, "post " + filter.utf8_name());
  const auto status = call_filter(
      thread_, filter, [&] { return frame.entry->post(&data, &objects, frame.completion_context, 0); });
  volume_.system.trace().end(node, "post", static_cast<std::uint32_t>(status));
  operation_.running = nullptr;
  if (status == FLT_POSTOP_MORE_PROCESSING_REQUIRED) nt::unsupported("FLT_POSTOP_MORE_PROCESSING_REQUIRED");
  if (status != FLT_POSTOP_FINISHED_PROCESSING) {
    report(filter, "VER-1", Severity::kError,
           "the post callback returned " + hex(status) + ", which is no FLT_POSTOP_CALLBACK_STATUS.");
  }
  const PFILE_OBJECT file = objects.FileObject;
  // STATUS_REPARSE is a success, and nothing was opened (CB-41).
  const bool opened = NT_SUCCESS(before) && before != STATUS_REPARSE;
  if (request_.parameters.MajorFunction == IRP_MJ_CREATE && opened && !NT_SUCCESS(data.IoStatus.Status) &&
      file != nullptr && (file->Flags & FO_FILE_OPEN_CANCELLED) == 0) {
    report(filter, "VER-15", Severity::kError,
           "the post-create callback failed an open that had succeeded without FltCancelFileOpen: the file "
           "system keeps "
           "the file open.");
  }
  leave(frame, Frame::State::kDone);
}

// The callback has returned. A drainer that waits for that is told.
void Walker::leave(Frame& frame, Frame::State state) {
  frame.state.store(state);
  if (sched::Thread* drainer = frame.entry->instance->drainer.load())
    volume_.system.scheduler().unpark(*drainer);
}

void call_post_draining(ActiveOperation& operation, Frame& frame) {
  nt::Thread& thread = nt::current_thread("draining");
  FLT_IO_PARAMETER_BLOCK parameters = frame.received;
  // Made from what no longer changes: the walk may be writing to the operation's own data.
  const io::Operation& request = *operation.request;
  CallbackData copy{};
  copy.Flags = kind_flag(request.kind) | FLTFL_CALLBACK_DATA_POST_OPERATION | FLTFL_CALLBACK_DATA_DRAINING_IO;
  const_cast<PETHREAD&>(copy.Thread) = reinterpret_cast<PETHREAD>(request.originator);
  const_cast<PFLT_IO_PARAMETER_BLOCK&>(copy.Iopb) = &parameters;
  copy.RequestorMode = request.requestor_mode;
  copy.operation = &operation;
  Instance& instance = *frame.entry->instance;
  const FLT_RELATED_OBJECTS objects = related_objects(instance, parameters.TargetFileObject);
  const auto status = call_filter(thread, instance.filter, [&] {
    return frame.entry->post(&copy, &objects, frame.completion_context, FLTFL_POST_OPERATION_DRAINING);
  });
  if (status != FLT_POSTOP_FINISHED_PROCESSING) {
    report(instance.filter, "VER-12", Severity::kError,
           "a draining post callback must clean up and return FLT_POSTOP_FINISHED_PROCESSING.");
  }
}

// Collects what the instance owes, then waits for callbacks that run, until a whole round finds neither.
void VolumeStack::drain(Instance& instance) {
  sched::Scheduler& scheduler = system.scheduler();
  instance.drainer.store(sched::Scheduler::current_thread());
  for (;;) {
    ActiveOperation* owing = nullptr;
    Frame* owed = nullptr;
    bool running = false;
    manager_.visit_operations([&](ActiveOperation& operation) {
      for (Frame& frame : operation.frames) {
        if (frame.entry->instance != &instance) continue;
        Frame::State state = Frame::State::kNotCalled;
        if (frame.state.compare_exchange_strong(state, Frame::State::kDone)) continue;
        running |= state == Frame::State::kInPre || state == Frame::State::kInPost;
        if (owed == nullptr && state == Frame::State::kOwed &&
            frame.state.compare_exchange_strong(state, Frame::State::kDraining)) {
          owing = &operation;
          owed = &frame;
        }
      }
    });
    if (owed != nullptr) {
      call_post_draining(*owing, *owed);
      // Under the lock under which the walk pops its operation: the frame is gone soon after (W4).
      owing->slot->lock();
      owed->state.store(Frame::State::kDone);
      sched::Thread* walker = owed->walker.load();
      owing->slot->unlock();
      if (walker != nullptr) scheduler.unpark(*walker);
    } else if (running) {
      static_cast<void>(
          scheduler.park(sched::kForever, {"callbacks of an instance", instance.filter.utf8_name()}));
    } else {
      break;
    }
  }
  instance.drainer.store(nullptr);
}

}  // namespace fltsim::fltmgr
