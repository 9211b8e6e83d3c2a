// The filter manager of one machine: which filters there are, on which volumes, and the operations in flight.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fltmgr/context.hpp"
#include "fltmgr/name.hpp"
#include "fltmgr/objects.hpp"
#include "fltmgr/port.hpp"
#include "fltmgr/volume_stack.hpp"
#include "fltmgr/walk.hpp"
#include "fltsim/options.hpp"
#include "io/io_manager.hpp"
#include "nt/thread.hpp"

namespace fltsim::fltmgr {

// Who looks at each callback; fixed for a machine (fltsim::Options).
struct Watched {
  const bool verifier;
  const bool counts;
  const bool trace;
};

class FilterManager final : public io::MountObserver {
 public:
  explicit FilterManager(System& system);
  ~FilterManager() override;
  FilterManager(const FilterManager&) = delete;
  FilterManager& operator=(const FilterManager&) = delete;

  static FilterManager& of(System& system);
  System& system() { return system_; }
  Contexts& contexts() { return contexts_; }
  Names& names() { return names_; }
  Ports& ports() { return ports_; }
  const Watched& watched() const { return watched_; }

  // --- filters; simulated threads at PASSIVE_LEVEL unless it says otherwise ---

  // FltRegisterFilter: STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_NOT_FOUND (no service key or no
  // instance), STATUS_FLT_DUPLICATE_ENTRY, STATUS_FLT_INVALID_CONTEXT_REGISTRATION (LIFE-1..LIFE-9).
  NTSTATUS register_filter(PDRIVER_OBJECT driver, const FLT_REGISTRATION& registration, Filter*& filter);
  // FltStartFiltering: attaches to the volumes that are there (LIFE-10, ATT-1).
  NTSTATUS start(Filter& filter);
  // FltUnregisterFilter: see unregister.cpp for the order (LIFE-21, H-10). Blocks until nothing refers to the
  // filter.
  void unregister(Filter& filter);
  // Asks the FilterUnload callback (LIFE-16..LIFE-20): STATUS_FLT_DO_NOT_DETACH, STATUS_FLT_DELETING_OBJECT,
  // or what the callback returned.
  NTSTATUS unload(Filter& filter, bool mandatory);

  // Any thread. Null when there is none, or it is going.
  Filter* find(std::u16string_view name) const;
  std::vector<Filter*> filters() const;  // that are registered, in order of registration
  Filter* filter_of(PDRIVER_OBJECT driver) const;
  Filter* filter_of(const nt::DriverIdentity& driver) const;
  // Null, and a finding, for a pointer that is no filter of this machine or one that has gone (LIFE-23).
  Filter* live(PFLT_FILTER filter, const char* routine);
  Instance* live(PFLT_INSTANCE instance, const char* routine);
  VolumeStack* live(PFLT_VOLUME volume, const char* routine);
  // Whether the address is a filter's, an instance's or a volume's, be it gone: any thread, any pointer. A thread that
  // asks again for one of the last few takes no lock.
  bool knows(const FltObject* object) const;
  // What all filters' callbacks have answered so far, those that have gone included; in order of registration.
  std::vector<CallbackCount> callback_counts() const;

  // --- volumes ---

  // At the end of the machine: references on volumes that no filter is left to give back (VER-20).
  void report_leaked_volumes() const;
  void volume_mounted(io::Volume& volume) override;          // filters attach at the first create (ATT-1)
  void volume_dismounted(io::Volume& volume) override;       // tears its instances down (VOLUME_DISMOUNT)
  std::vector<VolumeStack*> volumes() const;                 // in order of mount
  VolumeStack* find_volume(std::u16string_view name) const;  // device, "C:", or GUID name

  // --- instances ---
  struct AttachRequest {
    std::u16string name;
    Altitude altitude;
    FLT_INSTANCE_SETUP_FLAGS flags;
    NTSTATUS altitude_collision = STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
  };
  // Runs InstanceSetup. A refusal is returned as the callback gave it (ATT-3, ATT-4).
  NTSTATUS attach(Filter& filter, VolumeStack& volume, const AttachRequest& request, Instance** attached);
  // FltDetachVolume: asks InstanceQueryTeardown (ATT-10, ATT-11).
  NTSTATUS detach(Filter& filter, VolumeStack& volume, std::u16string_view name);
  void attach_all_to(VolumeStack& volume);
  // TeardownStart, drain, TeardownComplete, contexts (TEAR-2). False, at once, when somebody else does it or
  // has done it.
  bool tear_down(Instance& instance, FLT_INSTANCE_TEARDOWN_FLAGS reason);

  // The same in two steps, for somebody who has something to do in between. The second follows a first that is true.
  bool start_tear_down(Instance& instance, FLT_INSTANCE_TEARDOWN_FLAGS reason);
  void finish_tear_down(Instance& instance, FLT_INSTANCE_TEARDOWN_FLAGS reason);

  // --- operations in flight ---
  WalkSlot& slot_of(nt::Thread& thread) {
    if (thread.walk_slot != nullptr) return *static_cast<WalkSlot*>(thread.walk_slot);
    return give_slot(thread);
  }
  // Whether a slot of this machine's is there: any thread, any pointer.
  bool is_slot(const WalkSlot* slot);
  // Visits every operation in flight under its slot's lock (W2); `visit` must not block.
  void visit_operations(const std::function<void(ActiveOperation&)>& visit);

 private:
  WalkSlot& give_slot(nt::Thread& thread);
  NTSTATUS read_definitions(Filter& filter) const;
  NTSTATUS ask_and_unload(Filter& filter, bool mandatory);
  // The end of an instance: references of the driver delay it, and so the end of the filter (LIFE-22, TEAR-7).
  static void wait_for_references(Instance& instance);
  static void call_teardown(Instance& instance, PFLT_INSTANCE_TEARDOWN_CALLBACK callback,
                            FLT_INSTANCE_TEARDOWN_FLAGS reason);
  Instance* find_instance(const Filter& filter, const VolumeStack& volume, std::u16string_view name) const;
  void report_leaks(Filter& filter);

  System& system_;
  const Watched watched_;
  Contexts contexts_;
  Names names_;
  Ports ports_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Filter>> filters_;      // in order of registration; kept (objects.hpp)
  std::vector<std::unique_ptr<Instance>> instances_;  // likewise
  std::vector<std::unique_ptr<VolumeStack>> volumes_;
  std::unordered_set<const FltObject*> known_;  // all of these by address; looked up only
  std::mutex slots_mutex_;
  std::vector<std::unique_ptr<WalkSlot>> slots_;     // kept
  std::unordered_set<const WalkSlot*> known_slots_;  // the same by address; looked up only
  std::vector<WalkSlot*> free_slots_;
};

// One answer of a callback, for Machine::callbacks().
template <class Status>
void count_answer(Filter& filter, UCHAR major, Status status) {
  if (FilterManager::of(filter.system).watched().counts) filter.callback_counts.add(major, status);
}

// For routines that take a filter or an instance: a finding for one that has gone (LIFE-23).
void report_if_gone(nt::Thread& thread, const FltObject& object, const char* routine);

}  // namespace fltsim::fltmgr
