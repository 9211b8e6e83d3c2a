// Work items that belong to no operation (LIFE-21, LIFE-22, VER-20, IRQL-4).
#include <atomic>

#include "fltmgr/api.hpp"
#include "fltmgr/work_item.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

struct _FLT_GENERIC_WORKITEM {
  static constexpr ULONG kTag = 0x6B577446;  // what is not freed shows as pool with this tag, "FtWk"
  std::atomic<bool> queued;
};

namespace {

const Filter& filter_of(fltmgr::FltObject& object) {
  return object.kind == fltmgr::FltObject::Kind::kFilter ? static_cast<Filter&>(object)
                                                         : static_cast<Instance&>(object).filter;
}

}  // namespace

extern "C" {

PFLT_GENERIC_WORKITEM FltAllocateGenericWorkItem(VOID) {
  return allocate_work_item<_FLT_GENERIC_WORKITEM>("FltAllocateGenericWorkItem");
}

VOID FltFreeGenericWorkItem(PFLT_GENERIC_WORKITEM FltWorkItem) {
  free_work_item("FltFreeGenericWorkItem", FltWorkItem);
}

// The reference on the object keeps FltUnregisterFilter waiting until the routine has returned.
NTSTATUS FltQueueGenericWorkItem(PFLT_GENERIC_WORKITEM FltWorkItem, PVOID FltObject,
                                 PFLT_GENERIC_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE,
                                 PVOID Context) {
  nt::Thread& thread = nt::enter("FltQueueGenericWorkItem", nt::kDispatch);
  auto* object = static_cast<fltmgr::FltObject*>(FltObject);
  if (!thread.system.fltmgr().knows(object) || object->kind == fltmgr::FltObject::Kind::kVolume) {
    nt::bug_check(thread, "VER-20", "FltQueueGenericWorkItem takes a filter or an instance.");
  }
  if (FltWorkItem->queued) {
    nt::bug_check(thread, "VER-20", "FltQueueGenericWorkItem for a work item that is queued already.");
  }
  report_if_gone(thread, *object, "FltQueueGenericWorkItem");
  if (!object->rundown.acquire()) return STATUS_FLT_DELETING_OBJECT;
  FltWorkItem->queued = true;
  thread.system.nt().work().queue([=](nt::Thread& worker) {
    FltWorkItem->queued = false;  // the routine may queue or free it
    call_filter(worker, filter_of(*object), [&] {
      WorkerRoutine(FltWorkItem, FltObject, Context);
      return 0;
    });
    object->rundown.release();
  });
  return STATUS_SUCCESS;
}

}  // extern "C"
