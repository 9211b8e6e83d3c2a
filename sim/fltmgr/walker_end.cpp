// What few operations gather on their way, and what becomes of it at their end.
#include <utility>

#include "fltmgr/ecp.hpp"
#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/volume_stack.hpp"
#include "fltmgr/walker.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim::fltmgr {
namespace {

// CB-37, CB-38.
void free_descriptors(nt::Thread& thread, const ActiveOperation::Extras& extras) {
  nt::Pool& pool = thread.system.nt().pool();
  for (PMDL descriptor : extras.locked_buffers) pool.free(thread, "the filter manager", descriptor, 0);
  for (const ActiveOperation::Change& change : extras.changes) {
    if (change.swapped_mdl == nullptr || change.retains_swapped_mdl) continue;
    nt::Pool::Allocation known{};
    if (pool.find(change.swapped_mdl, known)) {
      pool.free(thread, "the filter manager", change.swapped_mdl, 0);
    } else {
      report(
          change.instance->filter, "VER-44", Severity::kError,
          "an MDL that a pre callback had swapped in was gone, or never came from IoAllocateMdl, when the "
          "operation "
          "ended: the filter manager frees it. To keep it, call FltRetainSwappedBufferMdlAddress in the post "
          "callback.");
    }
  }
}

}  // namespace

void Walker::tell_status(NTSTATUS status) {
  for (ActiveOperation::StatusRequest& request : std::exchange(operation_.extras->status_requests, {})) {
    Instance& instance = *request.instance;
    const FLT_RELATED_OBJECTS objects = related_objects(instance, request.snapshot.TargetFileObject);
    call_filter(thread_, instance.filter, [&] {
      request.routine(&objects, &request.snapshot, status, request.context);
      return 0;
    });
    instance.rundown.release();
  }
}

// The operation is popped: no entry of the snapshot may be looked at any more (W5).
void Walker::end_extras() {
  tell_status(lower_status_);
  request_.about_to_wait = nullptr;
  ActiveOperation::Extras& extras = *operation_.extras;
  free_descriptors(thread_, extras);
  if (extras.own_ecp_list != nullptr) {
    request_.extra_create_parameters = nullptr;
    free_ecp_list(thread_, extras.own_ecp_list);
  }
}

}  // namespace fltsim::fltmgr
