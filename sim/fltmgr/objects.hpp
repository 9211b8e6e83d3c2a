// Filters, instances and volumes as the filter manager keeps them. Drivers hold them as PFLT_FILTER,
// PFLT_INSTANCE and PFLT_VOLUME: opaque pointers to the classes here.
//
// Life. A filter is made by FltRegisterFilter, works from FltStartFiltering on, and ends with
// FltUnregisterFilter. An instance is one filter on one volume at one altitude. The records themselves stay
// in memory until the machine ends, so that a driver that uses one too late is told so (LIFE-23) instead of
// crashing the simulator.
#pragma once

#include <fltKernel.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "fltmgr/altitude.hpp"
#include "fltmgr/callback_counts.hpp"
#include "fltmgr/rundown.hpp"

namespace fltsim {
class System;
}

namespace fltsim::nt {
struct DriverIdentity;
}

namespace fltsim::fltmgr {

class VolumeStack;
struct Instance;
struct Filter;

// What PFLT_FILTER, PFLT_INSTANCE and PFLT_VOLUME point to first; FltObjectReference takes any of the three
// (LIFE-22).
struct FltObject {
  enum class Kind : std::uint32_t {
    kFilter = 0x464C5446,
    kInstance = 0x464C5449,
    kVolume = 0x464C5456,
  };

  FltObject(System& owner, Kind what) : system(owner), kind(what) {}

  // A reference that a driver owns (LIFE-22). False once the object has begun to go.
  [[nodiscard]] bool reference();
  // False when no driver owns one: the rest of the rundown's count is the filter manager's (VER-20).
  [[nodiscard]] bool dereference();

  System& system;
  const Kind kind;
  Rundown rundown;
  // How many of the rundown's references are drivers'.
  std::atomic<std::uint64_t> driver_references{0};
};

// A copy of what the driver registered, so that its tables may live on the stack (LIFE-1..LIFE-9).
struct Registration {
  FLT_REGISTRATION callbacks{};
  std::vector<FLT_OPERATION_REGISTRATION> operations;
  std::vector<FLT_CONTEXT_REGISTRATION> contexts;
};

// One entry below the service key's Instances.
struct InstanceDefinition {
  std::u16string name;
  Altitude altitude;
  std::uint32_t flags = 0;  // 1: no automatic attach, 2: no manual attach (ATT-12)
};

struct Filter : FltObject {
  enum class State {
    kRegistered,
    kFiltering,
    kDeleting,  // FltUnregisterFilter has begun
    kGone,
  };

  explicit Filter(System& owner) : FltObject(owner, Kind::kFilter) {}

  static Filter* from(PFLT_FILTER filter) { return reinterpret_cast<Filter*>(filter); }
  PFLT_FILTER handle() { return reinterpret_cast<PFLT_FILTER>(this); }

  std::u16string name;  // the service's
  PDRIVER_OBJECT driver = nullptr;
  const nt::DriverIdentity* identity = nullptr;
  void* extension = nullptr;  // a driver made of lambdas: the loader's record of it
  Registration registration;
  std::vector<InstanceDefinition> definitions;  // the default one first
  std::atomic<State> state{State::kRegistered};
  std::atomic<bool> unloading{false};  // somebody is in unload()
  std::vector<Instance*> instances;    // in order of attach; guarded by FilterManager
  // What the instances' teardown callbacks are told; set by unload.
  std::atomic<FLT_INSTANCE_TEARDOWN_FLAGS> teardown_reason{FLTFL_INSTANCE_TEARDOWN_FILTER_UNLOAD};

  CallbackCounts callback_counts;

  const std::string& utf8_name() const;  // identity->name
};

struct Instance : FltObject {
  enum class State {
    kSettingUp,
    kAttached,
    kTearingDown,
    kGone,
  };

  Instance(System& owner, Filter& its_filter, VolumeStack& its_volume)
      : FltObject(owner, Kind::kInstance), filter(its_filter), volume(its_volume) {}

  static Instance* from(PFLT_INSTANCE instance) { return reinterpret_cast<Instance*>(instance); }
  PFLT_INSTANCE handle() { return reinterpret_cast<PFLT_INSTANCE>(this); }

  Filter& filter;
  VolumeStack& volume;
  std::u16string name;
  Altitude altitude = *Altitude::parse(u"0");
  std::atomic<State> state{State::kSettingUp};
  // The thread that drains this instance, while it does (walk.hpp).
  std::atomic<sched::Thread*> drainer{nullptr};
  std::atomic<bool> detached{false};  // draining has begun, or is over: no pre callback any more (W7)
  // Requests that the filter itself has under way below this instance (CB-55).
  Rundown own_requests;
  // File objects that were opened below this instance and are not gone (VER-32).
  std::atomic<std::uint32_t> own_files{0};
};

}  // namespace fltsim::fltmgr
