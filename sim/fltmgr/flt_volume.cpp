// What a filter asks of a volume before it knows any file on it (IRQL-3).
#include <cstring>
#include <string_view>

#include "fltmgr/api.hpp"
#include "io/volume.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

// A volume, or that of an instance; null for anything else.
VolumeStack* volume_of(nt::Thread& thread, PVOID object, const char* routine) {
  FilterManager& manager = thread.system.fltmgr();
  auto* known = static_cast<FltObject*>(object);
  if (manager.knows(known) && known->kind == FltObject::Kind::kInstance) {
    Instance* instance = manager.live(static_cast<PFLT_INSTANCE>(object), routine);
    return instance != nullptr ? &instance->volume : nullptr;
  }
  return manager.live(static_cast<PFLT_VOLUME>(object), routine);
}

// Copies `text` to `place` and moves it behind the copy.
void append(std::u16string_view text, UNICODE_STRING& string, std::byte*& place) {
  const std::size_t size = text.size() * sizeof(WCHAR);
  std::memcpy(place, text.data(), size);
  string.Buffer = reinterpret_cast<PWCH>(place);
  string.Length = string.MaximumLength = static_cast<USHORT>(size);
  place += size;
}

}  // namespace

extern "C" {

NTSTATUS FltGetVolumeProperties(PFLT_VOLUME Volume, PFLT_VOLUME_PROPERTIES VolumeProperties,
                                ULONG VolumePropertiesLength, PULONG LengthReturned) {
  nt::Thread& thread = nt::enter("FltGetVolumeProperties", nt::kApc);
  VolumeStack* stack = thread.system.fltmgr().live(Volume, "FltGetVolumeProperties");
  if (stack == nullptr) return STATUS_INVALID_PARAMETER;
  constexpr std::u16string_view kDriver = u"\\FileSystem\\Ntfs";
  constexpr std::u16string_view kDevice = u"\\Ntfs";
  const std::u16string_view real = stack->volume().names().device;
  constexpr ULONG kFixed = sizeof(FLT_VOLUME_PROPERTIES);
  const auto whole =
      static_cast<ULONG>(kFixed + (kDriver.size() + kDevice.size() + real.size()) * sizeof(WCHAR));
  *LengthReturned = whole;
  if (VolumePropertiesLength < kFixed) return STATUS_BUFFER_TOO_SMALL;
  *VolumeProperties = {};
  VolumeProperties->DeviceType = FILE_DEVICE_DISK_FILE_SYSTEM;
  VolumeProperties->AlignmentRequirement = FILE_WORD_ALIGNMENT;
  VolumeProperties->SectorSize = static_cast<USHORT>(stack->volume().sector_size());
  if (VolumePropertiesLength < whole) {
    *LengthReturned = kFixed;
    return STATUS_BUFFER_OVERFLOW;
  }
  auto* place = reinterpret_cast<std::byte*>(VolumeProperties + 1);
  append(kDriver, VolumeProperties->FileSystemDriverName, place);
  append(kDevice, VolumeProperties->FileSystemDeviceName, place);
  append(real, VolumeProperties->RealDeviceName, place);
  return STATUS_SUCCESS;
}

NTSTATUS FltIsVolumeWritable(PVOID FltObject, PBOOLEAN IsWritable) {
  nt::Thread& thread = nt::enter("FltIsVolumeWritable", nt::kPassive);
  if (volume_of(thread, FltObject, "FltIsVolumeWritable") == nullptr) return STATUS_INVALID_PARAMETER;
  *IsWritable = TRUE;  // a host volume, too, takes changes: above the directory
  return STATUS_SUCCESS;
}

NTSTATUS FltGetFileSystemType(PVOID FltObject, FLT_FILESYSTEM_TYPE* FileSystemType) {
  nt::Thread& thread = nt::enter("FltGetFileSystemType", nt::kApc);
  if (volume_of(thread, FltObject, "FltGetFileSystemType") == nullptr) return STATUS_INVALID_PARAMETER;
  *FileSystemType = FLT_FSTYPE_NTFS;
  return STATUS_SUCCESS;
}

}  // extern "C"
