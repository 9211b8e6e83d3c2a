// Ke: deferred procedure calls.
#include <ntifs.h>

#include "nt/dpc_queue.hpp"
#include "nt/identity.hpp"
#include "nt/wdk.hpp"

using namespace fltsim;
using nt::enter;

namespace {

constexpr UCHAR kDpcObject = 0x13;
constexpr UCHAR kThreadedDpcObject = 0x18;

void initialize(PRKDPC dpc, UCHAR type, PKDEFERRED_ROUTINE routine, PVOID context) {
  *dpc = {};
  dpc->Type = type;
  dpc->Importance = MediumImportance;
  dpc->DeferredRoutine = routine;
  dpc->DeferredContext = context;
}

void check_initialized(nt::Thread& thread, const char* routine, const KDPC* dpc) {
  if (dpc->Type == kDpcObject || dpc->Type == kThreadedDpcObject) return;
  nt::bug_check(thread, "VER-44", std::string(routine) + ": the DPC was never initialised (KeInitializeDpc)");
}

}  // namespace

extern "C" {

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  nt::touch("KeInitializeDpc", nt::kAnyIrql);
  initialize(Dpc, kDpcObject, DeferredRoutine, DeferredContext);
}

// Windows may run it at PASSIVE_LEVEL or at DISPATCH_LEVEL, as the administrator wants; here it is the latter.
VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  nt::touch("KeInitializeThreadedDpc", nt::kAnyIrql);
  initialize(Dpc, kThreadedDpcObject, DeferredRoutine, DeferredContext);
}

BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
  nt::Thread& thread = enter("KeInsertQueueDpc", nt::kAnyIrql);
  check_initialized(thread, "KeInsertQueueDpc", Dpc);
  return thread.system.nt().dpcs().queue(thread, *Dpc, SystemArgument1, SystemArgument2);
}

BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) {
  nt::Thread& thread = enter("KeRemoveQueueDpc", nt::kAnyIrql);
  return thread.system.nt().dpcs().remove(*Dpc);
}

VOID KeFlushQueuedDpcs(VOID) {
  nt::Thread& thread = enter("KeFlushQueuedDpcs", nt::kPassive);
  thread.system.nt().dpcs().flush(thread);
}

VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance) {
  enter("KeSetImportanceDpc", nt::kAnyIrql);
  Dpc->Importance = static_cast<UCHAR>(Importance);
}

// All DPCs run on one processor; the choice is kept, as drivers may look at it.
VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) {
  enter("KeSetTargetProcessorDpc", nt::kAnyIrql);
  Dpc->Number = static_cast<USHORT>(Number);
}

NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber) {
  enter("KeSetTargetProcessorDpcEx", nt::kAnyIrql);
  if (ProcNumber->Group != 0 || ProcNumber->Number >= nt::kProcessors) return STATUS_INVALID_PARAMETER;
  Dpc->Number = ProcNumber->Number;
  return STATUS_SUCCESS;
}

}  // extern "C"
