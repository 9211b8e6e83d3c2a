#include "fltmgr/callback_checks.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "fltmgr/decode.hpp"
#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/volume_stack.hpp"
#include "io/file_object.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::fltmgr {
namespace {

std::string hex(std::uint32_t value) {
  char text[12];
  std::snprintf(text, sizeof text, "0x%X", value);
  return text;
}

void report_error(const Frame& frame, const char* id, std::string text) {
  report(frame.entry->instance->filter, id, Severity::kError, std::move(text));
}

bool is_read_or_write(UCHAR major) { return major == IRP_MJ_READ || major == IRP_MJ_WRITE; }

// CB-2, CB-10: of the data itself only IoStatus, the dirty flag and the filter's own context are a
// callback's.
bool data_is_intact(const ActiveOperation& operation) {
  const CallbackData& data = operation.data;
  const io::Operation& request = *operation.request;
  return (data.Flags & ~FLTFL_CALLBACK_DATA_DIRTY) == operation.flags &&
         data.Thread == reinterpret_cast<PETHREAD>(request.originator) &&
         data.RequestorMode == request.requestor_mode;
}

void restore_data(ActiveOperation& operation, const Frame& frame) {
  if (data_is_intact(operation)) return;
  report_error(
      frame, "VER-9",
      "the callback changed Flags, Thread or RequestorMode of the callback data, which are the filter "
      "manager's (CB-2, CB-10). To mark a change, call FltSetCallbackDataDirty.");
  CallbackData& data = operation.data;
  data.Flags = operation.flags | (data.Flags & FLTFL_CALLBACK_DATA_DIRTY);
  const_cast<PETHREAD&>(data.Thread) = reinterpret_cast<PETHREAD>(operation.request->originator);
  data.RequestorMode = operation.request->requestor_mode;
}

void mark_handed_back(const ActiveOperation& operation, const Frame& frame) {  // VER-13
  if (frame.completion_context != nullptr)
    operation.volume->system.nt().pool().mark_handed_back(frame.completion_context);
}

// CB-36: another instance of the filter, at its altitude, on another volume.
bool may_redirect_to(const Instance& own, PFLT_INSTANCE target) {
  const Instance* other = Instance::from(target);
  return FilterManager::of(own.system).knows(other) && other->kind == FltObject::Kind::kInstance &&
         &other->filter == &own.filter && other->altitude == own.altitude && &other->volume != &own.volume;
}

// Why a marked change must not be made; null for one that may.
const char* forbidden_change(const FLT_IO_PARAMETER_BLOCK& now, const Frame& frame) {
  const Instance& instance = *frame.entry->instance;
  if (now.TargetInstance != frame.entry->objects.Instance) {
    if (may_redirect_to(instance, now.TargetInstance)) {
      nt::unsupported("changing TargetInstance to an instance on another volume");
    }
    return "the pre callback changed TargetInstance to something else than its own filter's instance at the "
           "same altitude on another volume (CB-36).";
  }
  if (now.TargetFileObject == frame.received->TargetFileObject) return nullptr;
  if (now.TargetFileObject != nullptr &&
      io::FileObject::of(*now.TargetFileObject).filter_stack() == &instance.volume) {
    return nullptr;
  }
  return "the pre callback changed TargetFileObject to a file that is not on the volume of TargetInstance "
         "(CB-36).";
}

void* buffer_of(const FLT_IO_PARAMETER_BLOCK& parameters) {
  return parameters.MajorFunction == IRP_MJ_READ ? parameters.Parameters.Read.ReadBuffer
                                                 : parameters.Parameters.Write.WriteBuffer;
}

// CB-38: the file system moves whole sectors into or out of a buffer of non-cached I/O.
void check_swapped_buffer(const ActiveOperation& operation, const Frame& frame) {
  const FLT_IO_PARAMETER_BLOCK& now = operation.current;
  constexpr ULONG kWholeSectors = IRP_NOCACHE | IRP_PAGING_IO;
  if (!is_read_or_write(now.MajorFunction) || (now.IrpFlags & kWholeSectors) == 0) return;
  void* buffer = buffer_of(now);
  nt::Pool::Allocation allocation{};
  if (buffer == buffer_of(*frame.received) || !operation.volume->system.nt().pool().find(buffer, allocation))
    return;
  const std::size_t length =
      now.MajorFunction == IRP_MJ_READ ? now.Parameters.Read.Length : now.Parameters.Write.Length;
  const std::size_t sector = operation.volume->volume().sector_size();
  const std::size_t whole = (length + sector - 1) / sector * sector;
  if (allocation.size >= whole) return;
  report_error(frame, "VER-35",
               "the pre callback swapped the buffer of non-cached I/O for one of " +
                   std::to_string(allocation.size) + " bytes; the file system moves whole sectors, " +
                   std::to_string(whole) + " bytes. Round the allocation up to the sector size (CB-38).");
}

// The place of the MDL in the parameters; null for operations that have none (CB-38).
PMDL mdl_of(FLT_IO_PARAMETER_BLOCK block) {
  PMDL* const place = decode_parameters(block).mdl;
  return place != nullptr ? *place : nullptr;
}

// Those below see what the callback of `frame` has made of the parameters.
void adopt_change(ActiveOperation& operation, const Frame& frame) {
  ActiveOperation::Extras& extras = operation.make_extras();
  extras.changes.push_front(
      {.parameters = operation.current, .by = &frame, .instance = frame.entry->instance});
  ActiveOperation::Change& change = extras.changes.front();
  operation.parameters = &change.parameters;
  const PMDL now = mdl_of(operation.current);
  if (now != nullptr && now != mdl_of(*frame.received) &&
      std::ranges::find(extras.locked_buffers, now) == extras.locked_buffers.end())
    change.swapped_mdl = now;
}

bool changed(const FLT_IO_PARAMETER_BLOCK& now, const Frame& frame) {
  const FLT_IO_PARAMETER_BLOCK& before = *frame.received;
  constexpr std::size_t kTarget = offsetof(FLT_IO_PARAMETER_BLOCK, TargetInstance);
  return std::memcmp(&now, &before, kTarget) != 0 || now.TargetInstance != frame.entry->objects.Instance ||
         std::memcmp(&now.Parameters, &before.Parameters, sizeof now.Parameters) != 0;
}

// CB-34: a change counts only when it was marked; VER-9 tells who forgot. Nothing has to be taken back: each callback
// is given a copy.
void check_changes(ActiveOperation& operation, const Frame& frame) {
  restore_data(operation, frame);
  const FLT_IO_PARAMETER_BLOCK& now = operation.current;
  if (!changed(now, frame)) return;
  const char* wrong = nullptr;
  if (now.MajorFunction != frame.received->MajorFunction || now.Reserved != frame.received->Reserved) {
    wrong = "the pre callback changed MajorFunction or Reserved, which are fixed (CB-36).";
  } else if ((operation.data.Flags & FLTFL_CALLBACK_DATA_DIRTY) == 0) {
    wrong =
        "the pre callback changed the parameters and did not call FltSetCallbackDataDirty: those below see "
        "the "
        "old values.";
  } else {
    wrong = forbidden_change(now, frame);
  }
  if (wrong == nullptr) {
    check_swapped_buffer(operation, frame);
    adopt_change(operation, frame);
    return;
  }
  report_error(frame, "VER-9", wrong);
}

void check_completion(ActiveOperation& operation, const Frame& frame) {
  IO_STATUS_BLOCK& status = operation.data.IoStatus;
  const UCHAR major = operation.request->parameters.MajorFunction;
  if (status.Status == kUntouched) {
    report_error(
        frame, "VER-7",
        "FLT_PREOP_COMPLETE without a value in IoStatus.Status: the caller gets whatever was there.");
    status.Status = STATUS_FLT_INTERNAL_ERROR;
  } else if (status.Status == STATUS_PENDING || status.Status == STATUS_FLT_DISALLOW_FAST_IO) {
    report_error(frame, "VER-7",
                 "FLT_PREOP_COMPLETE with IoStatus.Status " + hex(static_cast<std::uint32_t>(status.Status)) +
                     ", which completes nothing.");
    status.Status = STATUS_FLT_INTERNAL_ERROR;
  } else if ((major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE) && status.Status != STATUS_SUCCESS) {
    report_error(frame, "VER-7", "cleanup and close cannot fail (CB-14).");
  }
}

// CB-13. Oplock and change-notify requests and byte-range locks, which are no place for it either, do not
// exist here.
void check_synchronize(const ActiveOperation& operation, const Frame& frame) {
  const UCHAR major = operation.request->parameters.MajorFunction;
  if (major == IRP_MJ_CREATE) {
    // Of no consequence, and published drivers do it.
    report(frame.entry->instance->filter, "VER-8", Severity::kWarning,
           "FLT_PREOP_SYNCHRONIZE for a create, which is synchronised already: return "
           "FLT_PREOP_SUCCESS_WITH_CALLBACK (CB-13).");
  } else if (is_read_or_write(major) && !is_synchronous(operation.data)) {
    report_error(
        frame, "VER-8",
        "FLT_PREOP_SYNCHRONIZE for an asynchronous read or write: the caller expects to go on (CB-13).");
  }
}

void check_allows_going_on(nt::Thread& thread, const ActiveOperation& operation, const Frame& frame,
                           bool wants_post) {
  if (wants_post && frame.entry->post == nullptr) {
    nt::bug_check(thread, "VER-2",
                  "the pre callback asked for a post callback and none is registered for this operation "
                  "(bug check 0xF5/0x66). Return FLT_PREOP_SUCCESS_NO_CALLBACK or register one.");
  }
  if (operation.data.IoStatus.Status != kUntouched) {
    report_error(
        frame, "VER-10",
        "the pre callback set IoStatus and let the operation go on: the value is ignored. To fail the "
        "operation, return FLT_PREOP_COMPLETE.");
  }
}

Answer fail(ActiveOperation& operation) {  // CB-19
  operation.data.IoStatus.Status = STATUS_FLT_INTERNAL_ERROR;
  return Answer::kCompleted;
}

// CB-42, CB-43: below, the file is closed, so whoever asked must not get a handle to it. A reparse gives none.
void fail_if_cancelled(ActiveOperation& operation, const Frame& frame) {
  const FILE_OBJECT* file = operation.current.TargetFileObject;
  IO_STATUS_BLOCK& status = operation.data.IoStatus;
  if (operation.request->parameters.MajorFunction != IRP_MJ_CREATE || file == nullptr ||
      (file->Flags & FO_FILE_OPEN_CANCELLED) == 0 || !NT_SUCCESS(status.Status) ||
      status.Status == STATUS_REPARSE) {
    return;
  }
  report_error(frame, "VER-14",
               "the open was cancelled with FltCancelFileOpen and the post-create callback left a success in "
               "IoStatus: a handle to a closed file. Set IoStatus.Status to the reason for the refusal.");
  status = {.Status = STATUS_FLT_INTERNAL_ERROR, .Information = 0};
}

}  // namespace

bool is_synchronous(const FLT_CALLBACK_DATA& data) {
  if ((data.Flags & FLTFL_CALLBACK_DATA_IRP_OPERATION) == 0) return true;
  const FLT_IO_PARAMETER_BLOCK& parameters = *data.Iopb;
  if ((parameters.IrpFlags & IRP_PAGING_IO) != 0) {
    return (parameters.IrpFlags & IRP_SYNCHRONOUS_PAGING_IO) != 0;
  }
  if (parameters.TargetFileObject != nullptr && (parameters.TargetFileObject->Flags & FO_SYNCHRONOUS_IO) != 0)
    return true;
  return (parameters.IrpFlags & IRP_SYNCHRONOUS_API) != 0;
}

void report_own_create(const Filter& filter) {
  report(
      filter, "VER-33", Severity::kWarning,
      "the filter sees a create of its own. Open with FltCreateFileEx and the instance, so that only those "
      "below see it (CB-50).");
}

bool is_flawless(const ActiveOperation& operation, const Frame& frame, FLT_PREOP_CALLBACK_STATUS status,
                 PVOID completion_context) {
  return data_is_intact(operation) && operation.data.IoStatus.Status == kUntouched &&
         (completion_context == nullptr || status == FLT_PREOP_SUCCESS_WITH_CALLBACK) &&
         !changed(operation.current, frame);
}

bool is_flawless(const ActiveOperation& operation, const Frame& frame) {
  if (!data_is_intact(operation)) return false;
  mark_handed_back(operation, frame);
  return true;
}

Answer judge_pre(nt::Thread& thread, ActiveOperation& operation, Frame& frame,
                 FLT_PREOP_CALLBACK_STATUS status) {
  check_changes(operation, frame);
  const bool wants_post = status == FLT_PREOP_SUCCESS_WITH_CALLBACK || status == FLT_PREOP_SYNCHRONIZE;
  if (!wants_post && frame.completion_context != nullptr) {
    report_error(frame, "VER-3",
                 "the pre callback set a CompletionContext and returned status " + hex(status) +
                     ": nobody will hand it back. Set it only with SUCCESS_WITH_CALLBACK or SYNCHRONIZE.");
  }
  switch (status) {
    case FLT_PREOP_SYNCHRONIZE:
      check_synchronize(operation, frame);
      [[fallthrough]];
    case FLT_PREOP_SUCCESS_WITH_CALLBACK:
      check_allows_going_on(thread, operation, frame, true);
      return Answer::kGoOnWithPost;
    case FLT_PREOP_SUCCESS_NO_CALLBACK:
      check_allows_going_on(thread, operation, frame, false);
      return Answer::kGoOn;
    case FLT_PREOP_COMPLETE:
      check_completion(operation, frame);
      return Answer::kCompleted;
    case FLT_PREOP_DISALLOW_FASTIO:
      if (operation.request->kind == io::Operation::Kind::kFastIo) {
        operation.data.IoStatus.Status = STATUS_FLT_DISALLOW_FAST_IO;
        return Answer::kCompleted;
      }
      report_error(frame, "VER-5", "FLT_PREOP_DISALLOW_FASTIO for an operation that is no fast I/O.");
      return fail(operation);
    case FLT_PREOP_DISALLOW_FSFILTER_IO:
      report_error(frame, "VER-6", "FLT_PREOP_DISALLOW_FSFILTER_IO outside a query open.");
      return fail(operation);
    default:
      report_error(frame, "VER-1",
                   "the pre callback returned " + hex(status) + ", which is no FLT_PREOP_CALLBACK_STATUS.");
      return fail(operation);
  }
}

void judge_post(ActiveOperation& operation, const Frame& frame, FLT_POSTOP_CALLBACK_STATUS status) {
  if (status == FLT_POSTOP_DISALLOW_FSFILTER_IO) {
    report_error(frame, "VER-6", "FLT_POSTOP_DISALLOW_FSFILTER_IO outside a query open.");
  } else if (status != FLT_POSTOP_FINISHED_PROCESSING) {
    report_error(frame, "VER-1",
                 "the post callback returned " + hex(status) + ", which is no FLT_POSTOP_CALLBACK_STATUS.");
  }
  restore_data(operation, frame);
  const CallbackData& data = operation.data;
  const PFILE_OBJECT file = operation.current.TargetFileObject;
  // STATUS_REPARSE is a success, and nothing was opened (CB-41).
  const NTSTATUS before = operation.status_before_post;
  const bool opened = NT_SUCCESS(before) && before != STATUS_REPARSE;
  if (operation.request->parameters.MajorFunction == IRP_MJ_CREATE && opened &&
      !NT_SUCCESS(data.IoStatus.Status) && file != nullptr && (file->Flags & FO_FILE_OPEN_CANCELLED) == 0) {
    report_error(frame, "VER-15",
                 "the post-create callback failed an open that had succeeded without FltCancelFileOpen: the "
                 "file system keeps the file open.");
  }
  fail_if_cancelled(operation, frame);
  mark_handed_back(operation, frame);
}

void check_left_behind(nt::Thread& thread, const Filter& filter, const char* callback,
                       const HeldBefore& before) {
  if (thread.held_locks.size() > before.locks) {
    report(filter, "VER-34", Severity::kError,
           std::string("the ") + callback + " callback returned with a " + thread.held_locks.back().kind +
               " held: those below run with it, and may come back here. Release it before returning.");
  }
  if (thread.irql != before.irql) {
    nt::bug_check(thread, "VER-42",
                  std::string("the ") + callback +
                      " callback returned at another IRQL than it was called at. Release the spin lock, or "
                      "lower the IRQL, before returning.");
  }
}

}  // namespace fltsim::fltmgr
