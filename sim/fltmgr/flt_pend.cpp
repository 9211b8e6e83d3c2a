// Operations that a filter keeps for a while: pended pre-operations, posts that are not finished, and the
// work items and safe post callbacks that go with them (CB-17 to CB-32, VER-4, VER-11, VER-12, IRQL-4,
// IRQL-5).
#include <atomic>

#include "fltmgr/api.hpp"
#include "fltmgr/callback_checks.hpp"
#include "fltmgr/in_flight.hpp"
#include "fltmgr/walker.hpp"
#include "fltmgr/work_item.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

struct _FLT_DEFERRED_IO_WORKITEM {
  static constexpr ULONG kTag = 0x64577446;  // what is not freed shows as pool with this tag, "FtWd"
  std::atomic<bool> queued;
};

namespace {

bool is_draining(const FLT_CALLBACK_DATA& data) {
  return (data.Flags & FLTFL_CALLBACK_DATA_DRAINING_IO) != 0;
}

// CB-30, CB-32: whether the operation may go on in a worker thread.
bool may_be_posted(const nt::Thread& thread, const FLT_CALLBACK_DATA& data) {
  return FLT_IS_IRP_OPERATION(&data) && (data.Iopb->IrpFlags & IRP_PAGING_IO) == 0 &&
         thread.top_level_irp == nullptr;
}

// The instance whose callback has the operation; a reference keeps its filter until the routine has returned.
Instance* reference_holder(PFLT_CALLBACK_DATA data) {
  const Frame* running = CallbackData::of(data).operation->running;
  if (running == nullptr) return nullptr;
  Instance& instance = *running->entry->instance;
  if (instance.state != Instance::State::kAttached || !instance.rundown.acquire()) return nullptr;
  return &instance;
}

// H-14, VER-1: what FltCompletePendedPreOperation takes (CB-20).
bool accepts(nt::Thread& thread, FLT_PREOP_CALLBACK_STATUS& status) {
  switch (status) {
    case FLT_PREOP_COMPLETE:
    case FLT_PREOP_SUCCESS_NO_CALLBACK:
    case FLT_PREOP_SUCCESS_WITH_CALLBACK:
      return true;
    case FLT_PREOP_SYNCHRONIZE:
      nt::report(
          thread, "VER-8", Severity::kError,
          "FltCompletePendedPreOperation was given FLT_PREOP_SYNCHRONIZE, which belongs to the thread of "
          "the pre callback; it is taken as FLT_PREOP_SUCCESS_WITH_CALLBACK.");
      status = FLT_PREOP_SUCCESS_WITH_CALLBACK;
      return true;
    default:
      nt::report(thread, "VER-1", Severity::kError,
                 "FltCompletePendedPreOperation takes FLT_PREOP_COMPLETE, FLT_PREOP_SUCCESS_NO_CALLBACK or "
                 "FLT_PREOP_SUCCESS_WITH_CALLBACK; it was given " +
                     std::to_string(status) + " and fails the operation.");
      return false;
  }
}

}  // namespace

extern "C" {

VOID FltCompletePendedPreOperation(PFLT_CALLBACK_DATA CallbackData, FLT_PREOP_CALLBACK_STATUS CallbackStatus,
                                   PVOID Context) {
  nt::Thread& thread = nt::enter("FltCompletePendedPreOperation",
                                 CallbackStatus == FLT_PREOP_COMPLETE ? nt::kDispatch : nt::kApc);
  const Held held = claim(thread.system.fltmgr(), CallbackData, HeldIn::kPre);
  if (held.frame == nullptr) {
    nt::bug_check(
        thread, "VER-11",
        "FltCompletePendedPreOperation was called for an operation that the filter does not hold: its "
        "pre callback did not pend it, or it was completed before (CB-21).");
  }
  if (!accepts(thread, CallbackStatus)) {
    CallbackData->IoStatus.Status = STATUS_FLT_INTERNAL_ERROR;
    CallbackStatus = FLT_PREOP_COMPLETE;
  }
  held.operation->walker->complete_pre(*held.frame, CallbackStatus, Context);
}

VOID FltCompletePendedPostOperation(PFLT_CALLBACK_DATA CallbackData) {
  complete_held_post(nt::enter("FltCompletePendedPostOperation", nt::kDispatch), CallbackData);
}

BOOLEAN FltDoCompletionProcessingWhenSafe(PFLT_CALLBACK_DATA Data, PCFLT_RELATED_OBJECTS FltObjects,
                                          PVOID CompletionContext, FLT_POST_OPERATION_FLAGS Flags,
                                          PFLT_POST_OPERATION_CALLBACK SafePostCallback,
                                          PFLT_POSTOP_CALLBACK_STATUS RetPostOperationStatus) {
  nt::Thread& thread = nt::enter("FltDoCompletionProcessingWhenSafe", nt::kAnyIrql);
  *RetPostOperationStatus = FLT_POSTOP_FINISHED_PROCESSING;
  if ((Flags & FLTFL_POST_OPERATION_DRAINING) != 0) {
    nt::report(thread, "VER-12", Severity::kError,
               "FltDoCompletionProcessingWhenSafe while draining: only clean up (CB-29).");
    return FALSE;
  }
  if (!FLT_IS_IRP_OPERATION(Data)) {
    nt::report(thread, "VER-4", Severity::kError,
               "FltDoCompletionProcessingWhenSafe for an operation that is no IRP (CB-30).");
    return FALSE;
  }
  if (thread.irql <= nt::kApc) {
    *RetPostOperationStatus = SafePostCallback(Data, FltObjects, CompletionContext, Flags);
    return TRUE;
  }
  Instance* instance = may_be_posted(thread, *Data) ? reference_holder(Data) : nullptr;
  if (instance == nullptr) return FALSE;
  PFILE_OBJECT file = FltObjects->FileObject;
  thread.system.nt().work().queue([=](nt::Thread& worker) {
    // FltObjects is gone with the post callback.
    const FLT_RELATED_OBJECTS objects = related_objects(*instance, file);
    const auto status = call_filter(
        worker, instance->filter, [&] { return SafePostCallback(Data, &objects, CompletionContext, Flags); });
    if (status != FLT_POSTOP_MORE_PROCESSING_REQUIRED) {  // CB-31
      const nt::DriverScope scope(worker, instance->filter.identity);
      complete_held_post(worker, Data);
    }
    instance->rundown.release();
  });
  *RetPostOperationStatus = FLT_POSTOP_MORE_PROCESSING_REQUIRED;
  return TRUE;
}

PFLT_DEFERRED_IO_WORKITEM FltAllocateDeferredIoWorkItem(VOID) {
  return allocate_work_item<_FLT_DEFERRED_IO_WORKITEM>("FltAllocateDeferredIoWorkItem");
}

VOID FltFreeDeferredIoWorkItem(PFLT_DEFERRED_IO_WORKITEM FltWorkItem) {
  free_work_item("FltFreeDeferredIoWorkItem", FltWorkItem);
}

NTSTATUS FltQueueDeferredIoWorkItem(PFLT_DEFERRED_IO_WORKITEM FltWorkItem, PFLT_CALLBACK_DATA Data,
                                    PFLT_DEFERRED_IO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE,
                                    PVOID Context) {
  nt::Thread& thread = nt::enter("FltQueueDeferredIoWorkItem", nt::kDispatch);
  if (FltWorkItem->queued) {
    nt::bug_check(thread, "VER-20", "FltQueueDeferredIoWorkItem for a work item that is queued already.");
  }
  if (is_draining(*Data)) {
    nt::report(thread, "VER-12", Severity::kError,
               "FltQueueDeferredIoWorkItem while draining: only clean up (CB-29).");
    return STATUS_FLT_NOT_SAFE_TO_POST_OPERATION;
  }
  if (!may_be_posted(thread, *Data)) return STATUS_FLT_NOT_SAFE_TO_POST_OPERATION;
  Instance* instance = reference_holder(Data);
  if (instance == nullptr) return STATUS_FLT_DELETING_OBJECT;
  FltWorkItem->queued = true;
  thread.system.nt().work().queue([=](nt::Thread& worker) {
    FltWorkItem->queued = false;  // the routine may queue or free it
    call_filter(worker, instance->filter, [&] {
      WorkerRoutine(FltWorkItem, Data, Context);
      return 0;
    });
    instance->rundown.release();
  });
  return STATUS_SUCCESS;
}

}  // extern "C"
