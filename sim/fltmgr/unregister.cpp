// The end of a filter: FltUnregisterFilter and unload (LIFE-16..LIFE-24, PUNL-1..PUNL-4).
//
// Order inside FltUnregisterFilter: refuse new references; TeardownStart of each instance, in the order in which
// they were attached (TEAR-8); client connections with their DisconnectNotify; the rest of each instance's teardown;
// wait for references; contexts; leak report. Semantics::unregister_order lets the connections end before the first
// TeardownStart (H-10).
//
// The connections end before anything is drained in either case: a callback may be inside FltSendMessage, and only the
// end of its connection is sure to wake it (PUNL-4).
#include <algorithm>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/port.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"

namespace fltsim::fltmgr {

void FilterManager::unregister(Filter& filter) {
  Filter::State state = filter.state.load();
  do {
    if (state >= Filter::State::kDeleting) {
      report(filter, "VER-30", Severity::kError, "FltUnregisterFilter was called twice.");
      return;
    }
  } while (!filter.state.compare_exchange_weak(state, Filter::State::kDeleting));
  for (const std::string& name : open_server_ports(filter)) {
    report(filter, "VER-29", Severity::kError,
           "the server port is open while the filter is unregistered: FltUnregisterFilter waits for it for "
           "ever. Call "
           "FltCloseCommunicationPort first (PUNL-1).",
           "port " + name);
  }
  filter.rundown.close();
  const bool instances_first =
      system_.options().semantics.unregister_order == Semantics::UnregisterOrder::kInstancesFirst;
  if (!instances_first) disconnect_all(filter);
  std::vector<Instance*> instances;
  {
    const std::lock_guard lock(mutex_);
    instances = filter.instances;
  }
  // Of those that somebody else detaches meanwhile the references are waited for below.
  std::erase_if(instances,
                [&](Instance* instance) { return !start_tear_down(*instance, filter.teardown_reason); });
  if (instances_first) disconnect_all(filter);
  for (Instance* instance : instances) finish_tear_down(*instance, filter.teardown_reason);
  filter.rundown.wait("references on filter " + filter.utf8_name());
  report_open_connections(filter);
  contexts_.delete_of_filter(filter);
  filter.rundown.wait("contexts of filter " + filter.utf8_name());  // that went with their object meanwhile
  report_leaks(filter);
  filter.state = Filter::State::kGone;
}

void FilterManager::report_leaks(Filter& filter) {
  for (const Context* context : contexts_.live(filter)) {
    report(filter, "VER-16", Severity::kError,
           "a context of type " + std::to_string(context->type) + " (number " +
               std::to_string(context->number) + ") still has " + std::to_string(context->references.load()) +
               " reference(s): release what FltAllocateContext, FltGetXxxContext and FltReferenceContext "
               "gave (CTX-27).");
  }
  names_.informations().report_leaks(filter);
}

void FilterManager::report_leaked_volumes() const {
  const std::lock_guard lock(mutex_);
  const auto gone = [](const auto& filter) { return filter->state == Filter::State::kGone; };
  if (!std::ranges::all_of(filters_, gone)) return;  // one that cannot be unloaded may own them
  for (const auto& volume : volumes_) {
    const std::uint64_t references = volume->driver_references;
    if (references == 0) continue;
    system_.verifier().report(
        {.id = "VER-20",
         .severity = Severity::kError,
         .text =
             std::to_string(references) +
             " reference(s) on a volume were never given back: call FltObjectDereference once for each "
             "FltGetVolumeFromXxx, for each volume of FltEnumerateVolumes, and for each FltObjectReference.",
         .driver = {},
         .object = volume->name(),
         .allocated_at = {}});
  }
}

NTSTATUS FilterManager::unload(Filter& filter, bool mandatory) {
  if (filter.state >= Filter::State::kDeleting || filter.unloading.exchange(true)) {
    return STATUS_FLT_DELETING_OBJECT;
  }
  const NTSTATUS status = ask_and_unload(filter, mandatory);
  if (!NT_SUCCESS(status)) filter.unloading = false;
  return status;
}

NTSTATUS FilterManager::ask_and_unload(Filter& filter, bool mandatory) {
  const auto callback = filter.registration.callbacks.FilterUnloadCallback;
  if (callback == nullptr) return STATUS_FLT_DO_NOT_DETACH;  // LIFE-16
  if (mandatory &&
      (filter.registration.callbacks.Flags & FLTFL_REGISTRATION_DO_NOT_SUPPORT_SERVICE_STOP) != 0) {
    return STATUS_FLT_DO_NOT_DETACH;  // LIFE-18
  }
  nt::Thread& thread = nt::current_thread("FltUnloadFilter");
  const FLT_FILTER_UNLOAD_FLAGS flags = mandatory ? FLTFL_FILTER_UNLOAD_MANDATORY : 0;
  if (mandatory) filter.teardown_reason = FLTFL_INSTANCE_TEARDOWN_MANDATORY_FILTER_UNLOAD;
  const bool had_server_port = !open_server_ports(filter).empty();
  const NTSTATUS status = call_filter(thread, filter, [&] { return callback(flags); });
  const bool refused = !NT_SUCCESS(status) && !mandatory;
  const bool unregistered = filter.state >= Filter::State::kDeleting;
  if (refused && unregistered) {
    report(filter, "VER-31", Severity::kError,
           "FilterUnload unregistered the filter and then refused to unload.");
  }
  if (refused && !unregistered) {
    if (had_server_port && open_server_ports(filter).empty()) {
      report(
          filter, "VER-31", Severity::kError,
          "FilterUnload closed the server port and then refused: the filter goes on without one (PUNL-6).");
    }
    return status;
  }
  if (!unregistered) {
    report(
        filter, "VER-31", Severity::kError,
        "FilterUnload returned without FltUnregisterFilter; the simulator completes the teardown (LIFE-24).");
    unregister(filter);
  }
  return STATUS_SUCCESS;
}

}  // namespace fltsim::fltmgr
