// The filters of one volume: which instances are attached, in which order, and the walk of an operation
// through them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fltmgr/walk.hpp"
#include "nt/dispatcher.hpp"

namespace fltsim::io {
class Volume;
}

namespace fltsim::nt {
class Thread;
}

namespace fltsim::fltmgr {

class FilterManager;

class VolumeStack final : public FltObject, public io::FilterStack {
 public:
  VolumeStack(FilterManager& manager, io::Volume& volume);
  ~VolumeStack() override;

  static VolumeStack* from(PFLT_VOLUME volume) {
    return static_cast<VolumeStack*>(reinterpret_cast<FltObject*>(volume));
  }
  PFLT_VOLUME handle() { return reinterpret_cast<PFLT_VOLUME>(static_cast<FltObject*>(this)); }

  io::Volume& volume() const { return volume_; }
  const std::string& name() const { return name_; }

  // --- io::FilterStack ---
  void run(io::Operation& operation, const io::FileSystemCall& file_system) override;
  void file_object_deleted(FILE_OBJECT& file_object) override;
  void stream_torn_down(const void* fs_context) override;
  void file_torn_down(const void* file_state) override;

  // --- attaching; the caller holds no lock, PASSIVE_LEVEL ---

  // Adds the instance at its altitude without showing it operations yet.
  //   STATUS_FLT_INSTANCE_NAME_COLLISION, STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, STATUS_FLT_DELETING_OBJECT
  NTSTATUS reserve(Instance& instance);
  // Takes a reserved or attached instance out; operations that begin later do not see it.
  void remove(Instance& instance);
  // Operations that begin from now on see the instance.
  void publish(Instance& instance);
  // After remove(): waits until no callback of the instance runs and none is owed. Owed post callbacks are
  // called here, early, with FLTFL_POST_OPERATION_DRAINING (TEAR-5).
  void drain(Instance& instance);

  std::vector<Instance*> instances() const;  // from the highest altitude down

  // The first create after the mount, or the next filter that starts, lets the filters attach; others wait
  // for that (ATT-1). What an InstanceSetup opens itself goes on.
  void let_filters_attach();

 private:
  void attach_filters();
  void rebuild();  // publishes a snapshot of the attached instances; with mutex_ held
  void free_unused_snapshots();

  FilterManager& manager_;
  io::Volume& volume_;
  const std::string name_;                   // the device's; the record outlives the volume
  std::atomic<nt::Thread*> first_{nullptr};  // who lets the filters attach
  std::atomic<bool> filters_attached_{false};
  nt::DispatcherHeader attached_event_{};

  std::atomic<const Snapshot*> current_;
  mutable std::mutex mutex_;
  std::vector<Instance*> reserved_;  // from the highest altitude down; those set up, and those being set up
  std::vector<Instance*> shown_;     // the part of them that operations see
  std::vector<std::unique_ptr<const Snapshot>> snapshots_;  // the current one and those that may be in use
};

}  // namespace fltsim::fltmgr
