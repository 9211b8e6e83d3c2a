#include "fltmgr/manager.hpp"

#include <algorithm>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/in_flight.hpp"
#include "fs/upcase.hpp"
#include "io/volume.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/text.hpp"

namespace fltsim::fltmgr {

void report(const Filter& filter, std::string id, Severity severity, std::string text, std::string object) {
  filter.system.verifier().report(
      {std::move(id), severity, std::move(text), filter.utf8_name(), std::move(object), {}});
}

FLT_RELATED_OBJECTS related_objects(Instance& instance, PFILE_OBJECT file) {
  FLT_RELATED_OBJECTS objects{};
  const_cast<USHORT&>(objects.Size) = sizeof objects;
  const_cast<PFLT_FILTER&>(objects.Filter) = instance.filter.handle();
  const_cast<PFLT_VOLUME&>(objects.Volume) = instance.volume.handle();
  const_cast<PFLT_INSTANCE&>(objects.Instance) = instance.handle();
  const_cast<PFILE_OBJECT&>(objects.FileObject) = file;
  return objects;
}

bool FltObject::reference() {
  if (!rundown.acquire()) return false;
  ++driver_references;
  return true;
}

bool FltObject::dereference() {
  std::uint64_t owned = driver_references.load();
  do {
    if (owned == 0) return false;
  } while (!driver_references.compare_exchange_weak(owned, owned - 1));
  rundown.release();
  return true;
}

const std::string& Filter::utf8_name() const { return identity->name; }

FilterManager::FilterManager(System& system)
    : system_(system),
      watched_{system.options().verifier, system.options().count_callbacks, system.options().trace},
      contexts_(system),
      ports_(system) {
  system.io().set_mount_observer(this);
}
FilterManager::~FilterManager() = default;
FilterManager& FilterManager::of(System& system) { return system.fltmgr(); }

// --- looking up ---

Filter* FilterManager::find(std::u16string_view name) const {
  const std::lock_guard lock(mutex_);
  for (const auto& filter : filters_) {
    if (filter->state < Filter::State::kDeleting && fs::equal_names(filter->name, name)) return filter.get();
  }
  return nullptr;
}

std::vector<Filter*> FilterManager::filters() const {
  const std::lock_guard lock(mutex_);
  std::vector<Filter*> found;
  for (const auto& filter : filters_) {
    if (filter->state < Filter::State::kDeleting) found.push_back(filter.get());
  }
  return found;
}

Filter* FilterManager::filter_of(PDRIVER_OBJECT driver) const {
  const std::lock_guard lock(mutex_);
  for (const auto& filter : filters_) {
    if (filter->driver == driver && filter->state != Filter::State::kGone) return filter.get();
  }
  return nullptr;
}

Filter* FilterManager::filter_of(const nt::DriverIdentity& driver) const {
  const std::lock_guard lock(mutex_);
  for (const auto& filter : filters_) {
    if (filter->identity == &driver && filter->state != Filter::State::kGone) return filter.get();
  }
  return nullptr;
}

bool FilterManager::knows(const FltObject* object) const {
  // What was one of them is one until the machine ends (objects.hpp), so a thread may remember it.
  nt::Thread* const thread = nt::current_thread_or_null();
  if (object == nullptr) return false;
  if (thread != nullptr && std::ranges::find(thread->known_flt_objects, static_cast<const void*>(object)) !=
                               thread->known_flt_objects.end()) {
    return true;
  }
  {
    const std::lock_guard lock(mutex_);
    if (!known_.contains(object)) return false;
  }
  if (thread != nullptr) {
    thread->known_flt_objects[thread->next_known_flt_object++ % thread->known_flt_objects.size()] = object;
  }
  return true;
}

void report_if_gone(nt::Thread& thread, const FltObject& object, const char* routine) {
  const bool filter_gone = object.kind == FltObject::Kind::kFilter &&
                           static_cast<const Filter&>(object).state == Filter::State::kGone;
  const bool instance_gone = object.kind == FltObject::Kind::kInstance &&
                             static_cast<const Instance&>(object).state == Instance::State::kGone;
  if (!filter_gone && !instance_gone) return;
  nt::report(thread, "VER-30", Severity::kError,
             std::string(routine) +
                 " was called with a filter or an instance that has gone: who uses it later "
                 "takes a reference before it can go.");
}

std::vector<CallbackCount> FilterManager::callback_counts() const {
  const std::lock_guard lock(mutex_);
  std::vector<CallbackCount> counts;
  for (const auto& filter : filters_) filter->callback_counts.append_to(counts, filter->utf8_name());
  return counts;
}

Filter* FilterManager::live(PFLT_FILTER pointer, const char* routine) {
  Filter* filter = Filter::from(pointer);
  if (!knows(filter) || filter->kind != FltObject::Kind::kFilter || filter->state == Filter::State::kGone) {
    nt::report(nt::current_thread(routine), "VER-30", Severity::kError,
               std::string(routine) +
                   " was called with a filter pointer that is not, or no longer, a registered filter.");
    return nullptr;
  }
  return filter;
}

Instance* FilterManager::live(PFLT_INSTANCE pointer, const char* routine) {
  Instance* instance = Instance::from(pointer);
  if (!knows(instance) || instance->kind != FltObject::Kind::kInstance ||
      instance->state == Instance::State::kGone) {
    nt::report(nt::current_thread(routine), "VER-30", Severity::kError,
               std::string(routine) +
                   " was called with an instance pointer that is not, or no longer, an instance.");
    return nullptr;
  }
  return instance;
}

VolumeStack* FilterManager::live(PFLT_VOLUME pointer, const char* routine) {
  const auto* object = reinterpret_cast<FltObject*>(pointer);
  if (!knows(object) || object->kind != FltObject::Kind::kVolume) {
    nt::report(nt::current_thread(routine), "VER-30", Severity::kError,
               std::string(routine) + " was called with a volume pointer that is no volume.");
    return nullptr;
  }
  return VolumeStack::from(pointer);
}

// --- starting ---

NTSTATUS FilterManager::start(Filter& filter) {
  // Every volume is mounted for a filter that starts, opened or not. Those that were here first come first.
  if (filter.state == Filter::State::kRegistered) {
    for (VolumeStack* volume : volumes()) volume->let_filters_attach();
  }
  Filter::State expected = Filter::State::kRegistered;
  if (!filter.state.compare_exchange_strong(expected, Filter::State::kFiltering))
    return STATUS_INVALID_PARAMETER;
  for (VolumeStack* volume : volumes()) {
    for (const InstanceDefinition& definition : filter.definitions) {
      if ((definition.flags & 1) != 0) continue;
      static_cast<void>(
          attach(filter, *volume,
                 {definition.name, definition.altitude, FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT}, nullptr));
    }
  }
  return STATUS_SUCCESS;
}

// --- volumes ---

void FilterManager::volume_mounted(io::Volume& volume) {
  auto stack = std::make_unique<VolumeStack>(*this, volume);
  volume.set_filter_stack(stack.get());
  const std::lock_guard lock(mutex_);
  known_.insert(stack.get());
  volumes_.push_back(std::move(stack));
}

std::vector<VolumeStack*> FilterManager::volumes() const {
  const std::lock_guard lock(mutex_);
  std::vector<VolumeStack*> all;
  for (const auto& volume : volumes_) {
    if (!volume->rundown.closing()) all.push_back(volume.get());
  }
  return all;
}

void FilterManager::volume_dismounted(io::Volume& volume) {
  nt::reference(&volume);  // the record asks it for its names, and both stay until the machine ends
  for (VolumeStack* stack : volumes()) {
    if (&stack->volume() != &volume) continue;
    stack->rundown.close();
    for (Instance* instance : stack->instances()) {
      static_cast<void>(tear_down(*instance, FLTFL_INSTANCE_TEARDOWN_VOLUME_DISMOUNT));
    }
    contexts_.delete_on_object(static_cast<const FltObject*>(stack));
  }
}

VolumeStack* FilterManager::find_volume(std::u16string_view name) const {
  for (VolumeStack* volume : volumes()) {
    const io::Volume::Names& names = volume->volume().names();
    for (const std::u16string* known : {&names.device, &names.drive, &names.guid}) {
      if (!known->empty() && fs::equal_names(*known, name)) return volume;
    }
  }
  return nullptr;
}

// --- instances ---

void FilterManager::attach_all_to(VolumeStack& volume) {
  std::vector<Filter*> filtering;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& filter : filters_) {
      if (filter->state == Filter::State::kFiltering) filtering.push_back(filter.get());
    }
  }
  for (Filter* filter : filtering) {
    for (const InstanceDefinition& definition : filter->definitions) {
      if ((definition.flags & 1) != 0) continue;
      static_cast<void>(
          attach(*filter, volume,
                 {definition.name, definition.altitude,
                  FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT | FLTFL_INSTANCE_SETUP_NEWLY_MOUNTED_VOLUME},
                 nullptr));
    }
  }
}

NTSTATUS FilterManager::attach(Filter& filter, VolumeStack& volume, const AttachRequest& request,
                               Instance** attached) {
  if (filter.state == Filter::State::kRegistered) return STATUS_FLT_FILTER_NOT_READY;  // LIFE-14
  if (!filter.rundown.acquire()) return STATUS_FLT_DELETING_OBJECT;
  auto owned = std::make_unique<Instance>(system_, filter, volume);
  Instance& instance = *owned;
  instance.name = request.name;
  instance.altitude = request.altitude;
  NTSTATUS status = volume.reserve(instance);
  if (status == STATUS_FLT_INSTANCE_ALTITUDE_COLLISION) status = request.altitude_collision;
  if (NT_SUCCESS(status)) {
    const std::lock_guard lock(mutex_);
    known_.insert(owned.get());
    instances_.push_back(std::move(owned));
  }
  if (NT_SUCCESS(status) && filter.registration.callbacks.InstanceSetupCallback != nullptr) {
    nt::Thread& thread = nt::current_thread("FltAttachVolume");
    const FLT_RELATED_OBJECTS objects = related_objects(instance, nullptr);
    const bool nested = std::exchange(thread.sets_up_instance, true);
    status = call_filter(thread, filter, [&] {
      return filter.registration.callbacks.InstanceSetupCallback(
          &objects, request.flags, FILE_DEVICE_DISK_FILE_SYSTEM, FLT_FSTYPE_NTFS);
    });
    thread.sets_up_instance = nested;
    if (status != STATUS_SUCCESS && NT_SUCCESS(status) && !NT_WARNING(status)) status = STATUS_SUCCESS;
    if (status != STATUS_SUCCESS) {  // ATT-3, ATT-4
      volume.remove(instance);
      contexts_.delete_of_instance(instance);
      wait_for_references(instance);
    }
  }
  if (status == STATUS_SUCCESS) {
    {
      const std::lock_guard lock(mutex_);
      filter.instances.push_back(&instance);
    }
    instance.state = Instance::State::kAttached;
    volume.publish(instance);
    // Who unregisters the filter or dismounts the volume either saw this instance attached, or is seen here.
    if (filter.rundown.closing() || volume.rundown.closing()) {
      static_cast<void>(tear_down(instance, filter.rundown.closing()
                                                ? filter.teardown_reason.load()
                                                : FLTFL_INSTANCE_TEARDOWN_VOLUME_DISMOUNT));
      status = STATUS_FLT_DELETING_OBJECT;
    } else if (attached != nullptr) {
      *attached = &instance;
    }
  }
  filter.rundown.release();
  return status;
}

// The highest one that matches; one that is going only if there is no other (ATT-10).
Instance* FilterManager::find_instance(const Filter& filter, const VolumeStack& volume,
                                       std::u16string_view name) const {
  const std::lock_guard lock(mutex_);
  Instance* found = nullptr;
  for (Instance* instance : filter.instances) {
    if (&instance->volume != &volume) continue;
    if (!name.empty() && !fs::equal_names(instance->name, name)) continue;
    const bool going = instance->state >= Instance::State::kTearingDown;
    const bool found_is_going = found != nullptr && found->state >= Instance::State::kTearingDown;
    const bool better =
        found == nullptr || (going == found_is_going ? found->altitude < instance->altitude : found_is_going);
    if (better) found = instance;
  }
  return found;
}

NTSTATUS FilterManager::detach(Filter& filter, VolumeStack& volume, std::u16string_view name) {
  Instance* found = find_instance(filter, volume, name);
  if (found == nullptr) return STATUS_FLT_INSTANCE_NOT_FOUND;
  if (found->state >= Instance::State::kTearingDown) return STATUS_FLT_DELETING_OBJECT;
  const auto query = filter.registration.callbacks.InstanceQueryTeardownCallback;
  if (query == nullptr) return STATUS_FLT_DO_NOT_DETACH;  // ATT-11
  const FLT_RELATED_OBJECTS objects = related_objects(*found, nullptr);
  // Unregistering waits until this is over.
  if (!filter.rundown.acquire()) return STATUS_FLT_DELETING_OBJECT;
  NTSTATUS status =
      call_filter(nt::current_thread("FltDetachVolume"), filter, [&] { return query(&objects, 0); });
  if (NT_SUCCESS(status)) {
    status = tear_down(*found, FLTFL_INSTANCE_TEARDOWN_MANUAL) ? STATUS_SUCCESS : STATUS_FLT_DELETING_OBJECT;
  }
  filter.rundown.release();
  return status;
}

bool FilterManager::tear_down(Instance& instance, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
  if (!start_tear_down(instance, reason)) return false;
  finish_tear_down(instance, reason);
  return true;
}

bool FilterManager::start_tear_down(Instance& instance, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
  Filter& filter = instance.filter;
  filter.rundown.hold();  // who unregisters the filter meanwhile waits
  Instance::State expected = Instance::State::kAttached;
  if (!instance.state.compare_exchange_strong(expected, Instance::State::kTearingDown)) {
    filter.rundown.release();
    return false;
  }
  instance.volume.remove(instance);
  call_teardown(instance, filter.registration.callbacks.InstanceTeardownStartCallback, reason);
  report_held_at_teardown(*this, instance);
  return true;
}

void FilterManager::call_teardown(Instance& instance, PFLT_INSTANCE_TEARDOWN_CALLBACK callback,
                                  FLT_INSTANCE_TEARDOWN_FLAGS reason) {
  if (callback == nullptr) return;
  const FLT_RELATED_OBJECTS objects = related_objects(instance, nullptr);
  call_filter(nt::current_thread("instance teardown"), instance.filter, [&] {
    callback(&objects, reason);
    return 0;
  });
}

void FilterManager::finish_tear_down(Instance& instance, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
  Filter& filter = instance.filter;
  instance.volume.drain(instance);
  instance.own_requests.close();
  instance.own_requests.wait("requests of instance " + nt::to_utf8(instance.name) + " of " +
                             filter.utf8_name());
  call_teardown(instance, filter.registration.callbacks.InstanceTeardownCompleteCallback, reason);
  if (const std::uint32_t files = instance.own_files.load(); files != 0) {
    report(filter, "VER-32", Severity::kError,
           "InstanceTeardownComplete has returned and left " + std::to_string(files) +
               " file(s) open that were opened below the instance: close them there (TEAR-6).");
  }
  contexts_.delete_of_instance(instance);
  {
    const std::lock_guard lock(mutex_);
    std::erase(filter.instances, &instance);
  }
  wait_for_references(instance);
  filter.rundown.release();
}

void FilterManager::wait_for_references(Instance& instance) {
  instance.rundown.close();
  instance.rundown.wait("references on instance " + nt::to_utf8(instance.name) + " of " +
                        instance.filter.utf8_name());
  instance.state = Instance::State::kGone;
}

// --- operations in flight ---

WalkSlot& FilterManager::give_slot(nt::Thread& thread) {
  const std::lock_guard lock(slots_mutex_);
  if (free_slots_.empty()) {
    slots_.push_back(std::make_unique<WalkSlot>());
    known_slots_.insert(slots_.back().get());
    free_slots_.push_back(slots_.back().get());
  }
  WalkSlot* slot = free_slots_.back();
  free_slots_.pop_back();
  thread.walk_slot = slot;
  thread.at_end.push_back([this, slot](nt::Thread& ending) {
    ending.walk_slot = nullptr;
    const std::lock_guard end_lock(slots_mutex_);
    free_slots_.push_back(slot);
  });
  return *slot;
}

bool FilterManager::is_slot(const WalkSlot* slot) {
  const std::lock_guard lock(slots_mutex_);
  return known_slots_.contains(slot);
}

void FilterManager::visit_operations(const std::function<void(ActiveOperation&)>& visit) {
  const std::lock_guard lock(slots_mutex_);
  for (const auto& slot : slots_) slot->revoke();
  BiasedLock::let_owners_pass();
  for (const auto& slot : slots_) {
    slot->wait_for_owner();
    slot->lock_spin();
    for (ActiveOperation* operation = slot->innermost; operation != nullptr; operation = operation->outer)
      visit(*operation);
    slot->unlock_spin();
    slot->restore();
  }
}

}  // namespace fltsim::fltmgr
