#include "fltmgr/volume_stack.hpp"

#include <algorithm>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/walker.hpp"
#include "fs/upcase.hpp"
#include "io/file_object.hpp"
#include "io/volume.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/text.hpp"

namespace fltsim::fltmgr {
namespace {

// Operation::below and FileObject::below are the I/O manager's to keep and ours to read.
Instance& instance_of(const void* below) { return *static_cast<Instance*>(const_cast<void*>(below)); }

}  // namespace

VolumeStack::VolumeStack(FilterManager& manager, io::Volume& volume)
    : FltObject(manager.system(), Kind::kVolume),
      manager_(manager),
      volume_(volume),
      name_(nt::to_utf8(volume.names().device)) {
  snapshots_.push_back(std::make_unique<Snapshot>());
  current_ = snapshots_.back().get();
  nt::Dispatcher::initialize(attached_event_, nt::DispatcherType::kNotificationEvent, 0);
}

VolumeStack::~VolumeStack() = default;

NTSTATUS VolumeStack::reserve(Instance& instance) {
  const std::lock_guard lock(mutex_);
  if (rundown.closing()) return STATUS_FLT_DELETING_OBJECT;
  for (const Instance* other : reserved_) {
    if (fs::equal_names(other->name, instance.name)) return STATUS_FLT_INSTANCE_NAME_COLLISION;
    if (other->altitude == instance.altitude) return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
  }
  const auto place = std::find_if(reserved_.begin(), reserved_.end(),
                                  [&](const Instance* other) { return other->altitude < instance.altitude; });
  reserved_.insert(place, &instance);
  return STATUS_SUCCESS;
}

void VolumeStack::publish(Instance& instance) {
  const std::lock_guard lock(mutex_);
  shown_.clear();
  for (Instance* other : reserved_) {
    if (other == &instance || other->state == Instance::State::kAttached) shown_.push_back(other);
  }
  rebuild();
}

void VolumeStack::remove(Instance& instance) {
  const std::lock_guard lock(mutex_);
  std::erase(reserved_, &instance);
  if (std::erase(shown_, &instance) != 0) rebuild();
}

std::vector<Instance*> VolumeStack::instances() const {
  const std::lock_guard lock(mutex_);
  return shown_;
}

void VolumeStack::rebuild() {
  auto next = std::make_unique<Snapshot>();
  for (Instance* instance : shown_) {
    for (const FLT_OPERATION_REGISTRATION& operation : instance->filter.registration.operations) {
      next->by_major[operation.MajorFunction].push_back(
          {instance, operation.PreOperation, operation.PostOperation, operation.Flags,
           instance->filter.identity, related_objects(*instance, nullptr)});
    }
  }
  current_.store(next.get(), std::memory_order_release);
  snapshots_.push_back(std::move(next));
  free_unused_snapshots();
}

void VolumeStack::free_unused_snapshots() {
  std::vector<const Snapshot*> in_use{current_.load(std::memory_order_relaxed)};
  manager_.visit_operations([&](ActiveOperation& operation) { in_use.push_back(operation.snapshot); });
  std::erase_if(snapshots_, [&](const std::unique_ptr<const Snapshot>& snapshot) {
    return std::find(in_use.begin(), in_use.end(), snapshot.get()) == in_use.end();
  });
}

void VolumeStack::attach_filters() {
  nt::Thread& thread = nt::current_thread("letting filters attach to a new volume");
  nt::Dispatcher& dispatcher = system.nt().dispatcher();
  nt::Thread* first = nullptr;
  if (first_.compare_exchange_strong(first, &thread)) {
    manager_.attach_all_to(*this);
    filters_attached_ = true;
    dispatcher.set(attached_event_);
  } else if (first != &thread) {
    dispatcher.wait(thread, attached_event_, {.kind = "filters to attach to a new volume"});
  }
}

void VolumeStack::let_filters_attach() {
  if (!filters_attached_) attach_filters();
}

void VolumeStack::run(io::Operation& operation, const io::FileSystemCall& file_system) {
  if (operation.parameters.MajorFunction == IRP_MJ_CREATE) {
    let_filters_attach();
    if (operation.below != nullptr) ++instance_of(operation.below).own_files;
  }
  Walker walker(manager_, *this, operation);
  walker.walk(current_, file_system);
}

void VolumeStack::file_object_deleted(FILE_OBJECT& file_object) {
  manager_.contexts().delete_on_object(&file_object);
  manager_.names().forget(file_object);
  if (const void* below = io::FileObject::of(file_object).below) --instance_of(below).own_files;
}

void VolumeStack::stream_torn_down(const void* fs_context) {
  manager_.contexts().delete_on_object(fs_context);
}

void VolumeStack::file_torn_down(const void* file_state) { manager_.contexts().delete_on_object(file_state); }

}  // namespace fltsim::fltmgr
