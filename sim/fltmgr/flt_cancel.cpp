// Cancelling what a filter holds: cancel-safe queues of callback data and single cancel routines (CB-58,
// IRQL-6).
//
// An operation is cancelled when the thread that asked for it is terminated, and only while a filter that
// holds it has armed a cancel routine. Whoever disarms first decides: the one that takes the operation out of
// the queue, or the cancellation (in_flight.hpp). The queue's own list and lock are the driver's, in its
// callbacks.
#include "fltmgr/api.hpp"
#include "fltmgr/in_flight.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

// The driver's callbacks are called in its own thread: no exception boundary lies between.
class QueueLock {
 public:
  explicit QueueLock(FLT_CALLBACK_DATA_QUEUE& queue) : queue_(queue) { queue_.Acquire(&queue_, &irql_); }
  ~QueueLock() { queue_.Release(&queue_, irql_); }
  QueueLock(const QueueLock&) = delete;
  QueueLock& operator=(const QueueLock&) = delete;

 private:
  FLT_CALLBACK_DATA_QUEUE& queue_;
  KIRQL irql_ = 0;
};

// Opaque to drivers, as the rest of the structure: set while the queue takes nothing.
bool is_disabled(const FLT_CALLBACK_DATA_QUEUE& queue) { return queue.Csq.ReservePointer != nullptr; }

void set_disabled(FLT_CALLBACK_DATA_QUEUE& queue, bool disabled) {
  const QueueLock lock(queue);
  queue.Csq.ReservePointer = disabled ? &queue : nullptr;
}

// Out of the driver's list, with the lock held; the operation is the caller's from here on.
void take_out(FLT_CALLBACK_DATA_QUEUE& queue, PFLT_CALLBACK_DATA data) {
  Cancel& cancel = CallbackData::of(data).operation->cancel;
  if (cancel.context != nullptr) cancel.context->Irp = nullptr;
  queue.RemoveIo(&queue, data);
}

}  // namespace

extern "C" {

NTSTATUS FltCbdqInitialize(PFLT_INSTANCE Instance, PFLT_CALLBACK_DATA_QUEUE Cbdq,
                           PFLT_CALLBACK_DATA_QUEUE_INSERT_IO CbdqInsertIo,
                           PFLT_CALLBACK_DATA_QUEUE_REMOVE_IO CbdqRemoveIo,
                           PFLT_CALLBACK_DATA_QUEUE_PEEK_NEXT_IO CbdqPeekNextIo,
                           PFLT_CALLBACK_DATA_QUEUE_ACQUIRE CbdqAcquire,
                           PFLT_CALLBACK_DATA_QUEUE_RELEASE CbdqRelease,
                           PFLT_CALLBACK_DATA_QUEUE_COMPLETE_CANCELED_IO CbdqCompleteCanceledIo) {
  nt::Thread& thread = nt::enter("FltCbdqInitialize", nt::kAnyIrql);
  auto* instance = thread.system.fltmgr().live(Instance, "FltCbdqInitialize");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  *Cbdq = {};
  Cbdq->Csq.Type = IO_TYPE_CSQ;
  Cbdq->Instance = Instance;
  Cbdq->InsertIo = CbdqInsertIo;
  Cbdq->RemoveIo = CbdqRemoveIo;
  Cbdq->PeekNextIo = CbdqPeekNextIo;
  Cbdq->Acquire = CbdqAcquire;
  Cbdq->Release = CbdqRelease;
  Cbdq->CompleteCanceledIo = CbdqCompleteCanceledIo;
  return STATUS_SUCCESS;
}

VOID FltCbdqEnable(PFLT_CALLBACK_DATA_QUEUE Cbdq) {
  nt::enter("FltCbdqEnable", nt::kDispatch);
  set_disabled(*Cbdq, false);
}

VOID FltCbdqDisable(PFLT_CALLBACK_DATA_QUEUE Cbdq) {
  nt::enter("FltCbdqDisable", nt::kDispatch);
  set_disabled(*Cbdq, true);
}

NTSTATUS FltCbdqInsertIo(PFLT_CALLBACK_DATA_QUEUE Cbdq, PFLT_CALLBACK_DATA Cbd, PIO_CSQ_IRP_CONTEXT Context,
                         PVOID InsertContext) {
  nt::Thread& thread = nt::enter("FltCbdqInsertIo", nt::kDispatch);
  if (!FLT_IS_IRP_OPERATION(Cbd)) {
    nt::report(thread, "VER-4", Severity::kError,
               "FltCbdqInsertIo for an operation that is no IRP: only IRPs can be queued (CB-58).");
    return STATUS_INVALID_PARAMETER;
  }
  ActiveOperation& operation = *CallbackData::of(Cbd).operation;
  NTSTATUS status = STATUS_SUCCESS;
  bool cancelled = false;
  {
    const QueueLock lock(*Cbdq);
    if (is_disabled(*Cbdq)) return STATUS_FLT_CBDQ_DISABLED;
    if (Context != nullptr) {
      *Context = {};
      Context->Type = IO_TYPE_CSQ_IRP_CONTEXT;
      Context->Csq = &Cbdq->Csq;
      Context->Irp = reinterpret_cast<PIRP>(Cbd);
    }
    status = Cbdq->InsertIo(Cbdq, Cbd, InsertContext);
    if (!NT_SUCCESS(status)) return status;
    operation.cancel.queue = Cbdq;
    operation.cancel.context = Context;
    // The operation is the queue's now: after this it may be anywhere.
    cancelled = !operation.cancel.arm();
    if (cancelled) take_out(*Cbdq, Cbd);
  }
  if (cancelled) Cbdq->CompleteCanceledIo(Cbdq, Cbd);
  return status;
}

PFLT_CALLBACK_DATA FltCbdqRemoveIo(PFLT_CALLBACK_DATA_QUEUE Cbdq, PIO_CSQ_IRP_CONTEXT Context) {
  nt::enter("FltCbdqRemoveIo", nt::kDispatch);
  const QueueLock lock(*Cbdq);
  auto* data = reinterpret_cast<PFLT_CALLBACK_DATA>(Context->Irp);
  if (data == nullptr || !CallbackData::of(data).operation->cancel.disarm()) return nullptr;
  take_out(*Cbdq, data);
  return data;
}

PFLT_CALLBACK_DATA FltCbdqRemoveNextIo(PFLT_CALLBACK_DATA_QUEUE Cbdq, PVOID PeekContext) {
  nt::enter("FltCbdqRemoveNextIo", nt::kDispatch);
  const QueueLock lock(*Cbdq);
  PFLT_CALLBACK_DATA data = nullptr;
  do {
    data = Cbdq->PeekNextIo(Cbdq, data, PeekContext);
    if (data == nullptr) return nullptr;
  } while (!CallbackData::of(data).operation->cancel.disarm());  // else it is being cancelled
  take_out(*Cbdq, data);
  return data;
}

BOOLEAN FltIsIoCanceled(PFLT_CALLBACK_DATA CallbackData) {
  nt::enter("FltIsIoCanceled", nt::kAnyIrql);
  return FLT_IS_IRP_OPERATION(CallbackData) &&
         fltmgr::CallbackData::of(CallbackData).operation->cancel.requested();
}

NTSTATUS FltSetCancelCompletion(PFLT_CALLBACK_DATA CallbackData,
                                PFLT_COMPLETE_CANCELED_CALLBACK CanceledCallback) {
  nt::enter("FltSetCancelCompletion", nt::kDispatch);
  if (!FLT_IS_IRP_OPERATION(CallbackData) || (CallbackData->Iopb->IrpFlags & IRP_PAGING_IO) != 0)
    return STATUS_INVALID_PARAMETER;
  Cancel& cancel = fltmgr::CallbackData::of(CallbackData).operation->cancel;
  cancel.queue = nullptr;
  cancel.callback = CanceledCallback;
  return cancel.arm() ? STATUS_SUCCESS : STATUS_CANCELLED;
}

NTSTATUS FltClearCancelCompletion(PFLT_CALLBACK_DATA CallbackData) {
  nt::enter("FltClearCancelCompletion", nt::kAnyIrql);
  return fltmgr::CallbackData::of(CallbackData).operation->cancel.disarm() ? STATUS_SUCCESS
                                                                           : STATUS_CANCELLED;
}

}  // extern "C"

namespace fltsim::fltmgr {

void cancel(nt::Thread& thread, ActiveOperation& operation) {
  if (!operation.cancel.request()) return;
  PFLT_CALLBACK_DATA data = &operation.data;
  FLT_CALLBACK_DATA_QUEUE* queue = operation.cancel.queue;
  call_filter(thread, operation.running->entry->instance->filter, [&] {
    if (queue != nullptr) {
      {
        const QueueLock lock(*queue);
        take_out(*queue, data);
      }
      queue->CompleteCanceledIo(queue, data);
    } else {
      operation.cancel.callback(data);
    }
    return 0;
  });
}

}  // namespace fltsim::fltmgr
