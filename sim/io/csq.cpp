// Cancel-safe queues: the locking protocol that drivers would have to write themselves.
//
// A queued request has the queue's cancel routine, and who takes that routine away owns the request: the queue when it
// removes it, or the cancellation. DriverContext[3] leads from the request to its queue or its context.
#include <ntifs.h>

#include "io/device.hpp"
#include "nt/driver_call.hpp"
#include "nt/enter.hpp"

namespace nt = fltsim::nt;

namespace {

PVOID& place_of(PIRP irp) { return irp->Tail.Overlay.DriverContext[3]; }

// Both kinds begin with a type.
PIO_CSQ queue_of(PVOID place) {
  if (*static_cast<PULONG>(place) == IO_TYPE_CSQ_IRP_CONTEXT)
    return static_cast<PIO_CSQ_IRP_CONTEXT>(place)->Csq;
  return static_cast<PIO_CSQ>(place);
}

VOID cancel_queued(PDEVICE_OBJECT, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  PVOID const place = place_of(irp);
  PIO_CSQ const csq = queue_of(place);
  KIRQL irql = 0;
  csq->CsqAcquireLock(csq, &irql);
  csq->CsqRemoveIrp(csq, irp);
  if (place != csq) {
    static_cast<PIO_CSQ_IRP_CONTEXT>(place)->Irp = nullptr;
    place_of(irp) = nullptr;
  }
  csq->CsqReleaseLock(csq, irql);
  csq->CsqCompleteCanceledIrp(csq, irp);
}

NTSTATUS insert(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context, PVOID insert_context) {
  if (context != nullptr) {
    place_of(irp) = context;
    *context = {IO_TYPE_CSQ_IRP_CONTEXT, irp, csq};
  } else {
    place_of(irp) = csq;
  }
  csq->ReservePointer = nullptr;
  KIRQL irql = 0;
  csq->CsqAcquireLock(csq, &irql);
  if (csq->Type == IO_TYPE_CSQ_EX) {
    const auto insert_ex =
        reinterpret_cast<PIO_CSQ_INSERT_IRP_EX>(reinterpret_cast<void (*)()>(csq->CsqInsertIrp));
    const NTSTATUS status = insert_ex(csq, irp, insert_context);
    if (!NT_SUCCESS(status)) {
      csq->CsqReleaseLock(csq, irql);
      return status;
    }
  } else {
    csq->CsqInsertIrp(csq, irp);
  }
  IoMarkIrpPending(irp);
  IoSetCancelRoutine(irp, cancel_queued);
  // Cancelled before there was a routine: nobody else will take it out.
  if (irp->Cancel && IoSetCancelRoutine(irp, nullptr) != nullptr) {
    csq->CsqRemoveIrp(csq, irp);
    if (context != nullptr) context->Irp = nullptr;
    place_of(irp) = nullptr;
    csq->CsqReleaseLock(csq, irql);
    csq->CsqCompleteCanceledIrp(csq, irp);
    return STATUS_SUCCESS;
  }
  csq->CsqReleaseLock(csq, irql);
  return STATUS_SUCCESS;
}

void initialize(PIO_CSQ csq, ULONG type, PIO_CSQ_INSERT_IRP insert_irp, PIO_CSQ_REMOVE_IRP remove,
                PIO_CSQ_PEEK_NEXT_IRP peek, PIO_CSQ_ACQUIRE_LOCK acquire, PIO_CSQ_RELEASE_LOCK release,
                PIO_CSQ_COMPLETE_CANCELED_IRP complete) {
  *csq = {type, insert_irp, remove, peek, acquire, release, complete, nullptr};
}

}  // namespace

extern "C" {

NTSTATUS IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                         PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                         PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                         PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  nt::enter("IoCsqInitialize", nt::kDispatch);
  initialize(Csq, IO_TYPE_CSQ, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
             CsqCompleteCanceledIrp);
  return STATUS_SUCCESS;
}

NTSTATUS IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                           PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                           PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                           PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  nt::enter("IoCsqInitializeEx", nt::kDispatch);
  initialize(Csq, IO_TYPE_CSQ_EX,
             reinterpret_cast<PIO_CSQ_INSERT_IRP>(reinterpret_cast<void (*)()>(CsqInsertIrp)), CsqRemoveIrp,
             CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
  return STATUS_SUCCESS;
}

VOID IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context) {
  nt::enter("IoCsqInsertIrp", nt::kDispatch);
  static_cast<void>(nt::call_driver([&] { return insert(Csq, Irp, Context, nullptr); }));
}

NTSTATUS IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext) {
  nt::enter("IoCsqInsertIrpEx", nt::kDispatch);
  return nt::call_driver([&] { return insert(Csq, Irp, Context, InsertContext); });
}

PIRP IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext) {
  nt::enter("IoCsqRemoveNextIrp", nt::kDispatch);
  return nt::call_driver([&]() -> PIRP {
    KIRQL irql = 0;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Csq->CsqPeekNextIrp(Csq, nullptr, PeekContext);
    // One whose routine is gone is being cancelled.
    while (irp != nullptr && IoSetCancelRoutine(irp, nullptr) == nullptr)
      irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext);
    if (irp != nullptr) {
      Csq->CsqRemoveIrp(Csq, irp);
      PVOID const place = place_of(irp);
      if (place != Csq) static_cast<PIO_CSQ_IRP_CONTEXT>(place)->Irp = nullptr;
      place_of(irp) = nullptr;
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
  });
}

PIRP IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context) {
  nt::enter("IoCsqRemoveIrp", nt::kDispatch);
  return nt::call_driver([&]() -> PIRP {
    KIRQL irql = 0;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Context->Irp;
    if (irp != nullptr && IoSetCancelRoutine(irp, nullptr) == nullptr) irp = nullptr;
    if (irp != nullptr) {
      Csq->CsqRemoveIrp(Csq, irp);
      Context->Irp = nullptr;
      place_of(irp) = nullptr;
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
  });
}

}  // extern "C"
