// FltRegisterFilter, FltStartFiltering, FltUnregisterFilter, unload, and references (LIFE-*, IRQL-3).
#include "fltmgr/api.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

extern "C" {

NTSTATUS FltRegisterFilter(PDRIVER_OBJECT Driver, CONST FLT_REGISTRATION* Registration,
                           PFLT_FILTER* RetFilter) {
  nt::Thread& thread = nt::enter("FltRegisterFilter", nt::kApc);
  if (nt::fails_now(thread, "FltRegisterFilter")) return STATUS_INSUFFICIENT_RESOURCES;
  *RetFilter = nullptr;
  Filter* filter = nullptr;
  const NTSTATUS status = thread.system.fltmgr().register_filter(Driver, *Registration, filter);
  if (NT_SUCCESS(status)) *RetFilter = filter->handle();
  return status;
}

NTSTATUS FltStartFiltering(PFLT_FILTER Filter) {
  nt::Thread& thread = nt::enter("FltStartFiltering", nt::kApc);
  if (nt::fails_now(thread, "FltStartFiltering")) return STATUS_INSUFFICIENT_RESOURCES;
  auto* filter = thread.system.fltmgr().live(Filter, "FltStartFiltering");
  return filter == nullptr ? STATUS_INVALID_PARAMETER : thread.system.fltmgr().start(*filter);
}

VOID FltUnregisterFilter(PFLT_FILTER Filter) {
  nt::Thread& thread = nt::enter("FltUnregisterFilter", nt::kApc);
  if (auto* filter = thread.system.fltmgr().live(Filter, "FltUnregisterFilter")) {
    thread.system.fltmgr().unregister(*filter);
  }
}

NTSTATUS FltLoadFilter(PCUNICODE_STRING FilterName) {
  nt::Thread& thread = nt::enter("FltLoadFilter", nt::kPassive);
  return thread.system.loader().load(text_of(*FilterName));
}

NTSTATUS FltUnloadFilter(PCUNICODE_STRING FilterName) {
  nt::Thread& thread = nt::enter("FltUnloadFilter", nt::kPassive);
  return thread.system.loader().unload(text_of(*FilterName), false);
}

NTSTATUS FltObjectReference(PVOID FltObject) {
  nt::Thread& thread = nt::enter("FltObjectReference", nt::kDispatch);
  auto* object = static_cast<fltmgr::FltObject*>(FltObject);
  if (!thread.system.fltmgr().knows(object)) {
    nt::bug_check(thread, "VER-20",
                  "FltObjectReference was called with an address that is no filter, instance or volume.");
  }
  report_if_gone(thread, *object, "FltObjectReference");
  return object->reference() ? STATUS_SUCCESS : STATUS_FLT_DELETING_OBJECT;
}

VOID FltObjectDereference(PVOID FltObject) {
  nt::Thread& thread = nt::enter("FltObjectDereference", nt::kDispatch);
  auto* object = static_cast<fltmgr::FltObject*>(FltObject);
  if (!thread.system.fltmgr().knows(object) || !object->dereference()) {
    nt::report(thread, "VER-20", Severity::kError,
               "FltObjectDereference without a reference: every one must match an FltObjectReference or a "
               "routine that "
               "returned the object.");
  }
}

NTSTATUS FltGetFilterFromName(PCUNICODE_STRING FilterName, PFLT_FILTER* RetFilter) {
  nt::Thread& thread = nt::enter("FltGetFilterFromName", nt::kApc);
  auto* filter = thread.system.fltmgr().find(text_of(*FilterName));
  *RetFilter = nullptr;
  if (filter == nullptr) return STATUS_FLT_FILTER_NOT_FOUND;
  if (!filter->reference()) return STATUS_FLT_DELETING_OBJECT;
  *RetFilter = filter->handle();
  return STATUS_SUCCESS;
}

NTSTATUS FltGetFilterFromInstance(PFLT_INSTANCE Instance, PFLT_FILTER* RetFilter) {
  nt::Thread& thread = nt::enter("FltGetFilterFromInstance", nt::kApc);
  auto* instance = thread.system.fltmgr().live(Instance, "FltGetFilterFromInstance");
  *RetFilter = nullptr;
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  if (!instance->filter.reference()) return STATUS_FLT_DELETING_OBJECT;
  *RetFilter = instance->filter.handle();
  return STATUS_SUCCESS;
}

}  // extern "C"
