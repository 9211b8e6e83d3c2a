// Attaching, detaching, and what is known of instances and volumes (ATT-*, ALT-*, IRQL-2, IRQL-3).
#include <cstring>

#include "fltmgr/api.hpp"
#include "fs/upcase.hpp"
#include "io/file_object.hpp"
#include "io/volume.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace fltsim::fltmgr {

NTSTATUS copy_to(std::u16string_view text, UNICODE_STRING* string, ULONG* needed) {
  const auto size = static_cast<ULONG>(text.size() * sizeof(WCHAR));
  if (needed != nullptr) *needed = size;
  if (string == nullptr || string->MaximumLength < size) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(string->Buffer, text.data(), size);
  string->Length = static_cast<USHORT>(size);
  return STATUS_SUCCESS;
}

namespace {

// ATT-7: a missing instance name is made of the filter's name and the altitude.
std::u16string default_name(const Filter& filter, const Altitude& altitude) {
  constexpr std::size_t kNameMax = 255;
  return (filter.name + u" - " + altitude.text()).substr(0, kNameMax);
}

NTSTATUS attach(const char* routine, PFLT_FILTER filter_pointer, PFLT_VOLUME volume_pointer,
                const FilterManager::AttachRequest* wanted, PCUNICODE_STRING name, PFLT_INSTANCE* result) {
  nt::Thread& thread = nt::current_thread(routine);
  FilterManager& manager = thread.system.fltmgr();
  if (result != nullptr) *result = nullptr;
  Filter* filter = manager.live(filter_pointer, routine);
  VolumeStack* volume = manager.live(volume_pointer, routine);
  if (filter == nullptr || volume == nullptr) return STATUS_INVALID_PARAMETER;
  FilterManager::AttachRequest request = *wanted;
  request.name = name != nullptr ? std::u16string(text_of(*name)) : default_name(*filter, request.altitude);
  Instance* instance = nullptr;
  const NTSTATUS status = manager.attach(*filter, *volume, request, &instance);
  if (!NT_SUCCESS(status) || result == nullptr) return status;
  if (!instance->reference()) return STATUS_FLT_DELETING_OBJECT;  // ATT-8
  *result = instance->handle();
  return STATUS_SUCCESS;
}

}  // namespace
}  // namespace fltsim::fltmgr

extern "C" {

NTSTATUS FltAttachVolume(PFLT_FILTER Filter, PFLT_VOLUME Volume, PCUNICODE_STRING InstanceName,
                         PFLT_INSTANCE* RetInstance) {
  nt::Thread& thread = nt::enter("FltAttachVolume", nt::kPassive);
  auto* filter = thread.system.fltmgr().live(Filter, "FltAttachVolume");
  if (filter == nullptr) return STATUS_INVALID_PARAMETER;
  const InstanceDefinition* definition = &filter->definitions.front();
  for (const InstanceDefinition& candidate : filter->definitions) {
    if (InstanceName != nullptr && fs::equal_names(candidate.name, text_of(*InstanceName)))
      definition = &candidate;
  }
  constexpr std::uint32_t kNoManualAttach = 2;
  if ((definition->flags & kNoManualAttach) != 0) return STATUS_FLT_DO_NOT_ATTACH;  // ATT-12
  const FilterManager::AttachRequest request{definition->name, definition->altitude,
                                             FLTFL_INSTANCE_SETUP_MANUAL_ATTACHMENT,
                                             STATUS_OBJECT_NAME_COLLISION};
  UNICODE_STRING name{};
  if (InstanceName == nullptr) {
    name.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(definition->name.data()));
    name.Length = name.MaximumLength = static_cast<USHORT>(definition->name.size() * sizeof(WCHAR));
    InstanceName = &name;
  }
  return attach("FltAttachVolume", Filter, Volume, &request, InstanceName, RetInstance);
}

NTSTATUS FltAttachVolumeAtAltitude(PFLT_FILTER Filter, PFLT_VOLUME Volume, PCUNICODE_STRING Altitude,
                                   PCUNICODE_STRING InstanceName, PFLT_INSTANCE* RetInstance) {
  nt::enter("FltAttachVolumeAtAltitude", nt::kPassive);
  const auto altitude = fltmgr::Altitude::parse(text_of(*Altitude));
  if (!altitude) return STATUS_INVALID_PARAMETER;
  const FilterManager::AttachRequest request{{}, *altitude, FLTFL_INSTANCE_SETUP_MANUAL_ATTACHMENT};
  return attach("FltAttachVolumeAtAltitude", Filter, Volume, &request, InstanceName, RetInstance);
}

NTSTATUS FltDetachVolume(PFLT_FILTER Filter, PFLT_VOLUME Volume, PCUNICODE_STRING InstanceName) {
  nt::Thread& thread = nt::enter("FltDetachVolume", nt::kApc);
  FilterManager& manager = thread.system.fltmgr();
  auto* filter = manager.live(Filter, "FltDetachVolume");
  auto* volume = manager.live(Volume, "FltDetachVolume");
  if (filter == nullptr || volume == nullptr) return STATUS_INVALID_PARAMETER;
  return manager.detach(*filter, *volume, InstanceName != nullptr ? text_of(*InstanceName) : u"");
}

LONG FltCompareInstanceAltitudes(PFLT_INSTANCE Instance1, PFLT_INSTANCE Instance2) {
  nt::Thread& thread = nt::enter("FltCompareInstanceAltitudes", nt::kDispatch);
  auto* first = thread.system.fltmgr().live(Instance1, "FltCompareInstanceAltitudes");
  auto* second = thread.system.fltmgr().live(Instance2, "FltCompareInstanceAltitudes");
  if (first == nullptr || second == nullptr || &first->volume != &second->volume) return 0;  // ALT-5
  if (first->altitude == second->altitude) return 0;
  return first->altitude < second->altitude ? -1 : 1;
}

NTSTATUS FltGetVolumeFromName(PFLT_FILTER Filter, PCUNICODE_STRING VolumeName, PFLT_VOLUME* RetVolume) {
  nt::Thread& thread = nt::enter("FltGetVolumeFromName", nt::kPassive);
  *RetVolume = nullptr;
  if (thread.system.fltmgr().live(Filter, "FltGetVolumeFromName") == nullptr) return STATUS_INVALID_PARAMETER;
  auto* volume = thread.system.fltmgr().find_volume(text_of(*VolumeName));
  if (volume == nullptr) return STATUS_FLT_VOLUME_NOT_FOUND;
  if (!volume->reference()) return STATUS_FLT_DELETING_OBJECT;
  *RetVolume = volume->handle();
  return STATUS_SUCCESS;
}

NTSTATUS FltGetVolumeFromFileObject(PFLT_FILTER Filter, PFILE_OBJECT FileObject, PFLT_VOLUME* RetVolume) {
  nt::Thread& thread = nt::enter("FltGetVolumeFromFileObject", nt::kApc);
  *RetVolume = nullptr;
  if (thread.system.fltmgr().live(Filter, "FltGetVolumeFromFileObject") == nullptr)
    return STATUS_INVALID_PARAMETER;
  auto* volume = static_cast<VolumeStack*>(io::FileObject::of(*FileObject).filter_stack());
  if (volume == nullptr) return STATUS_FLT_VOLUME_NOT_FOUND;
  if (!volume->reference()) return STATUS_FLT_DELETING_OBJECT;
  *RetVolume = volume->handle();
  return STATUS_SUCCESS;
}

NTSTATUS FltGetVolumeFromInstance(PFLT_INSTANCE Instance, PFLT_VOLUME* RetVolume) {
  nt::Thread& thread = nt::enter("FltGetVolumeFromInstance", nt::kApc);
  *RetVolume = nullptr;
  auto* instance = thread.system.fltmgr().live(Instance, "FltGetVolumeFromInstance");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  if (!instance->volume.reference()) return STATUS_FLT_DELETING_OBJECT;
  *RetVolume = instance->volume.handle();
  return STATUS_SUCCESS;
}

NTSTATUS FltGetVolumeName(PFLT_VOLUME Volume, PUNICODE_STRING VolumeName, PULONG BufferSizeNeeded) {
  nt::Thread& thread = nt::enter("FltGetVolumeName", nt::kApc);
  auto* volume = thread.system.fltmgr().live(Volume, "FltGetVolumeName");
  if (volume == nullptr) return STATUS_INVALID_PARAMETER;
  return copy_to(volume->volume().names().device, VolumeName, BufferSizeNeeded);
}

NTSTATUS FltGetVolumeGuidName(PFLT_VOLUME Volume, PUNICODE_STRING VolumeGuidName, PULONG BufferSizeNeeded) {
  nt::Thread& thread = nt::enter("FltGetVolumeGuidName", nt::kPassive);
  auto* volume = thread.system.fltmgr().live(Volume, "FltGetVolumeGuidName");
  if (volume == nullptr) return STATUS_INVALID_PARAMETER;
  return copy_to(volume->volume().names().guid, VolumeGuidName, BufferSizeNeeded);
}

// The device that IRPs of the volume go to: here the volume's own.
NTSTATUS FltGetDeviceObject(PFLT_VOLUME Volume, PDEVICE_OBJECT* DeviceObject) {
  nt::Thread& thread = nt::enter("FltGetDeviceObject", nt::kApc);
  *DeviceObject = nullptr;
  auto* volume = thread.system.fltmgr().live(Volume, "FltGetDeviceObject");
  if (volume == nullptr) return STATUS_INVALID_PARAMETER;
  io::Volume& device = volume->volume();
  if (!device.mounted()) return STATUS_FLT_NO_DEVICE_OBJECT;
  nt::reference(&device);
  *DeviceObject = &device;
  return STATUS_SUCCESS;
}

NTSTATUS FltGetDiskDeviceObject(PFLT_VOLUME Volume, PDEVICE_OBJECT* DiskDeviceObject) {
  nt::Thread& thread = nt::enter("FltGetDiskDeviceObject", nt::kApc);
  *DiskDeviceObject = nullptr;
  auto* volume = thread.system.fltmgr().live(Volume, "FltGetDiskDeviceObject");
  if (volume == nullptr) return STATUS_INVALID_PARAMETER;
  io::Volume& device = volume->volume();
  nt::reference(&device);
  *DiskDeviceObject = &device;
  return STATUS_SUCCESS;
}

}  // extern "C"

namespace {

// Fills the list with what was found, each with a reference. With a list that is too small nothing is
// returned but the number.
template <class Object, class Handle>
NTSTATUS return_list(const std::vector<Object*>& found, Handle* list, ULONG size, ULONG* returned) {
  *returned = static_cast<ULONG>(found.size());
  if (found.size() > size) return STATUS_BUFFER_TOO_SMALL;
  ULONG count = 0;
  for (Object* object : found) {
    if (object->reference()) list[count++] = object->handle();  // else it has begun to go
  }
  *returned = count;
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS FltEnumerateVolumes(PFLT_FILTER Filter, PFLT_VOLUME* VolumeList, ULONG VolumeListSize,
                             PULONG NumberVolumesReturned) {
  nt::Thread& thread = nt::enter("FltEnumerateVolumes", nt::kApc);
  FilterManager& manager = thread.system.fltmgr();
  if (manager.live(Filter, "FltEnumerateVolumes") == nullptr) return STATUS_INVALID_PARAMETER;
  return return_list(manager.volumes(), VolumeList, VolumeListSize, NumberVolumesReturned);
}

// Both Volume and Filter narrow the search, and may be NULL.
NTSTATUS FltEnumerateInstances(PFLT_VOLUME Volume, PFLT_FILTER Filter, PFLT_INSTANCE* InstanceList,
                               ULONG InstanceListSize, PULONG NumberInstancesReturned) {
  nt::Thread& thread = nt::enter("FltEnumerateInstances", nt::kApc);
  FilterManager& manager = thread.system.fltmgr();
  auto* volume = Volume == nullptr ? nullptr : manager.live(Volume, "FltEnumerateInstances");
  auto* filter = Filter == nullptr ? nullptr : manager.live(Filter, "FltEnumerateInstances");
  if ((Volume != nullptr && volume == nullptr) || (Filter != nullptr && filter == nullptr))
    return STATUS_INVALID_PARAMETER;
  std::vector<Instance*> found;
  for (VolumeStack* stack : manager.volumes()) {
    if (volume != nullptr && stack != volume) continue;
    for (Instance* instance : stack->instances()) {
      if (filter == nullptr || &instance->filter == filter) found.push_back(instance);
    }
  }
  return return_list(found, InstanceList, InstanceListSize, NumberInstancesReturned);
}

}  // extern "C"
