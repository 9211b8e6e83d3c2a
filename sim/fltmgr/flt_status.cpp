// What became of an operation below (CB-56), and the addresses of routines.
#include <string>

#include "fltmgr/api.hpp"
#include "fltmgr/walker.hpp"
#include "nt/unsupported.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

extern "C" {

NTSTATUS FltRequestOperationStatusCallback(PFLT_CALLBACK_DATA Data,
                                           PFLT_GET_OPERATION_STATUS_CALLBACK CallbackRoutine,
                                           PVOID RequesterContext) {
  nt::Thread& thread = nt::enter("FltRequestOperationStatusCallback", nt::kApc);
  ActiveOperation& operation = *fltmgr::CallbackData::of(Data).operation;
  const bool in_pre = operation.phase == ActiveOperation::Phase::kPre && operation.running != nullptr;
  if (!in_pre || !FLT_IS_IRP_OPERATION(Data) || Data->Iopb->MajorFunction == IRP_MJ_CLOSE) {
    return STATUS_INVALID_PARAMETER;
  }
  if (nt::fails_now(thread, "FltRequestOperationStatusCallback")) return STATUS_INSUFFICIENT_RESOURCES;
  Instance& instance = *operation.running->entry->instance;
  if (!instance.rundown.acquire()) return STATUS_FLT_DELETING_OBJECT;
  operation.make_extras().status_requests.push_back(
      {&instance, CallbackRoutine, RequesterContext, *Data->Iopb});
  operation.request->about_to_wait = [&operation] { operation.walker->tell_status(STATUS_PENDING); };
  return STATUS_SUCCESS;
}

// A routine that is declared and not simulated is not offered, so that a driver takes its other way.
PVOID FltGetRoutineAddress(PCSTR FltMgrRoutineName) {
  nt::enter("FltGetRoutineAddress", nt::kPassive);
  const std::string name = FltMgrRoutineName;
  return name.starts_with("Flt") ? nt::routine_address(name) : nullptr;
}

}  // extern "C"
