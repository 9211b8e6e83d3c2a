// What filters and instances say of themselves, and who stands above and below whom (ALT-7, IRQL-3).
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "fltmgr/api.hpp"
#include "fs/upcase.hpp"
#include "io/volume.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

// A fixed part with texts behind it, whose offsets and lengths in bytes the fixed part tells. BUFFER_TOO_SMALL when not
// even the fixed part fits, BUFFER_OVERFLOW when the texts do not; both tell the size wanted.
class TextAnswer {
 public:
  TextAnswer(PVOID buffer, ULONG size, PULONG needed) : buffer_(buffer), size_(size), needed_(needed) {}

  void text(USHORT& length, USHORT* offset, std::u16string_view text) {
    if (texts_.empty()) end_ = fixed_;
    if (offset != nullptr) *offset = static_cast<USHORT>(end_);
    length = static_cast<USHORT>(text.size() * sizeof(WCHAR));
    texts_.emplace_back(text);
    end_ += length;
  }
  template <class Structure>
  NTSTATUS finish(const Structure& structure) const {
    *needed_ = static_cast<ULONG>(end_);
    if (size_ < fixed_) return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(buffer_, &structure, fixed_);
    if (size_ < end_) return STATUS_BUFFER_OVERFLOW;
    auto* place = static_cast<std::byte*>(buffer_) + fixed_;
    for (const std::u16string& text : texts_) {
      std::memcpy(place, text.data(), text.size() * sizeof(WCHAR));
      place += text.size() * sizeof(WCHAR);
    }
    return STATUS_SUCCESS;
  }
  void fixed(std::size_t size) { fixed_ = end_ = size; }

 private:
  PVOID buffer_;
  std::size_t size_;
  PULONG needed_;
  std::size_t fixed_ = 0;
  std::size_t end_ = 0;
  std::vector<std::u16string> texts_;
};

ULONG instance_count(FilterManager& manager, const Filter& filter) {
  ULONG count = 0;
  for (VolumeStack* stack : manager.volumes()) {
    for (const Instance* instance : stack->instances()) count += &instance->filter == &filter;
  }
  return count;
}

NTSTATUS tell_filter(FilterManager& manager, const Filter& filter, FILTER_INFORMATION_CLASS which,
                     TextAnswer answer) {
  const std::u16string altitude = filter.definitions.front().altitude.text();
  const ULONG instances = instance_count(manager, filter);
  if (which == FilterFullInformation) {
    FILTER_FULL_INFORMATION information{};
    answer.fixed(offsetof(FILTER_FULL_INFORMATION, FilterNameBuffer));
    information.NumberOfInstances = instances;
    answer.text(information.FilterNameLength, nullptr, filter.name);
    return answer.finish(information);
  }
  const auto fill = [&](auto& information, auto& mini, std::size_t fixed) {
    answer.fixed(fixed);
    information.Flags = FLTFL_AGGREGATE_INFO_IS_MINIFILTER;
    mini.NumberOfInstances = instances;
    answer.text(mini.FilterNameLength, &mini.FilterNameBufferOffset, filter.name);
    answer.text(mini.FilterAltitudeLength, &mini.FilterAltitudeBufferOffset, altitude);
    return answer.finish(information);
  };
  if (which == FilterAggregateBasicInformation) {
    FILTER_AGGREGATE_BASIC_INFORMATION information{};
    return fill(information, information.Type.MiniFilter, sizeof information);
  }
  if (which == FilterAggregateStandardInformation) {
    FILTER_AGGREGATE_STANDARD_INFORMATION information{};
    return fill(information, information.Type.MiniFilter, sizeof information);
  }
  return STATUS_INVALID_PARAMETER;
}

NTSTATUS tell_instance(Instance& instance, INSTANCE_INFORMATION_CLASS which, TextAnswer answer) {
  const std::u16string altitude = instance.altitude.text();
  const std::u16string& volume = instance.volume.volume().names().device;
  const auto texts = [&](auto& information) {
    answer.text(information.InstanceNameLength, &information.InstanceNameBufferOffset, instance.name);
    answer.text(information.AltitudeLength, &information.AltitudeBufferOffset, altitude);
    answer.text(information.VolumeNameLength, &information.VolumeNameBufferOffset, volume);
    answer.text(information.FilterNameLength, &information.FilterNameBufferOffset, instance.filter.name);
  };
  switch (which) {
    case InstanceBasicInformation: {
      INSTANCE_BASIC_INFORMATION information{};
      answer.fixed(sizeof information);
      answer.text(information.InstanceNameLength, &information.InstanceNameBufferOffset, instance.name);
      return answer.finish(information);
    }
    case InstancePartialInformation: {
      INSTANCE_PARTIAL_INFORMATION information{};
      answer.fixed(sizeof information);
      answer.text(information.InstanceNameLength, &information.InstanceNameBufferOffset, instance.name);
      answer.text(information.AltitudeLength, &information.AltitudeBufferOffset, altitude);
      return answer.finish(information);
    }
    case InstanceFullInformation: {
      INSTANCE_FULL_INFORMATION information{};
      answer.fixed(sizeof information);
      texts(information);
      return answer.finish(information);
    }
    case InstanceAggregateStandardInformation: {
      INSTANCE_AGGREGATE_STANDARD_INFORMATION information{};
      answer.fixed(sizeof information);
      information.Flags = FLTFL_IASI_IS_MINIFILTER;
      information.Type.MiniFilter.VolumeFileSystemType = FLT_FSTYPE_NTFS;
      texts(information.Type.MiniFilter);
      return answer.finish(information);
    }
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

// The attached instances of the volume, from the highest altitude down.
NTSTATUS give(Instance* found, PFLT_INSTANCE* result) {
  *result = nullptr;
  if (found == nullptr) return STATUS_NO_MORE_ENTRIES;
  if (!found->reference()) return STATUS_FLT_DELETING_OBJECT;
  *result = found->handle();
  return STATUS_SUCCESS;
}

NTSTATUS neighbour(const char* routine, PFLT_INSTANCE current, int step, PFLT_INSTANCE* result) {
  nt::Thread& thread = nt::enter(routine, nt::kApc);
  *result = nullptr;
  Instance* instance = thread.system.fltmgr().live(current, routine);
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  const std::vector<Instance*> instances = instance->volume.instances();
  const auto place = std::ranges::find(instances, instance) - instances.begin() + step;
  const bool exists = place >= 0 && place < static_cast<std::ptrdiff_t>(instances.size());
  return give(exists ? instances[static_cast<std::size_t>(place)] : nullptr, result);
}

NTSTATUS end_of_stack(const char* routine, PFLT_VOLUME volume, bool top, PFLT_INSTANCE* result) {
  nt::Thread& thread = nt::enter(routine, nt::kApc);
  *result = nullptr;
  VolumeStack* stack = thread.system.fltmgr().live(volume, routine);
  if (stack == nullptr) return STATUS_INVALID_PARAMETER;
  const std::vector<Instance*> instances = stack->instances();
  if (instances.empty()) return STATUS_NO_MORE_ENTRIES;
  return give(top ? instances.front() : instances.back(), result);
}

}  // namespace

extern "C" {

NTSTATUS FltGetFilterInformation(PFLT_FILTER Filter, FILTER_INFORMATION_CLASS InformationClass, PVOID Buffer,
                                 ULONG BufferSize, PULONG BytesReturned) {
  nt::Thread& thread = nt::enter("FltGetFilterInformation", nt::kApc);
  FilterManager& manager = thread.system.fltmgr();
  auto* filter = manager.live(Filter, "FltGetFilterInformation");
  if (filter == nullptr) return STATUS_INVALID_PARAMETER;
  return tell_filter(manager, *filter, InformationClass, {Buffer, BufferSize, BytesReturned});
}

NTSTATUS FltGetInstanceInformation(PFLT_INSTANCE Instance, INSTANCE_INFORMATION_CLASS InformationClass,
                                   PVOID Buffer, ULONG BufferSize, PULONG BytesReturned) {
  nt::Thread& thread = nt::enter("FltGetInstanceInformation", nt::kApc);
  auto* instance = thread.system.fltmgr().live(Instance, "FltGetInstanceInformation");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  return tell_instance(*instance, InformationClass, {Buffer, BufferSize, BytesReturned});
}

NTSTATUS FltEnumerateFilters(PFLT_FILTER* FilterList, ULONG FilterListSize, PULONG NumberFiltersReturned) {
  nt::Thread& thread = nt::enter("FltEnumerateFilters", nt::kApc);
  const std::vector<fltmgr::Filter*> filters = thread.system.fltmgr().filters();
  *NumberFiltersReturned = static_cast<ULONG>(filters.size());
  if (filters.size() > FilterListSize) return STATUS_BUFFER_TOO_SMALL;
  ULONG count = 0;
  for (fltmgr::Filter* filter : filters) {
    if (filter->reference()) FilterList[count++] = filter->handle();  // else it has begun to go
  }
  *NumberFiltersReturned = count;
  return STATUS_SUCCESS;
}

// Both Filter and InstanceName may be NULL: any will do.
NTSTATUS FltGetVolumeInstanceFromName(PFLT_FILTER Filter, PFLT_VOLUME Volume, PCUNICODE_STRING InstanceName,
                                      PFLT_INSTANCE* RetInstance) {
  nt::Thread& thread = nt::enter("FltGetVolumeInstanceFromName", nt::kApc);
  *RetInstance = nullptr;
  FilterManager& manager = thread.system.fltmgr();
  auto* filter = Filter == nullptr ? nullptr : manager.live(Filter, "FltGetVolumeInstanceFromName");
  auto* volume = manager.live(Volume, "FltGetVolumeInstanceFromName");
  if (volume == nullptr || (Filter != nullptr && filter == nullptr)) return STATUS_INVALID_PARAMETER;
  for (fltmgr::Instance* instance : volume->instances()) {
    const bool named = InstanceName == nullptr || fs::equal_names(instance->name, text_of(*InstanceName));
    if (named && (filter == nullptr || &instance->filter == filter)) return give(instance, RetInstance);
  }
  return STATUS_FLT_INSTANCE_NOT_FOUND;
}

NTSTATUS FltGetTopInstance(PFLT_VOLUME Volume, PFLT_INSTANCE* Instance) {
  return end_of_stack("FltGetTopInstance", Volume, true, Instance);
}

NTSTATUS FltGetBottomInstance(PFLT_VOLUME Volume, PFLT_INSTANCE* Instance) {
  return end_of_stack("FltGetBottomInstance", Volume, false, Instance);
}

NTSTATUS FltGetUpperInstance(PFLT_INSTANCE CurrentInstance, PFLT_INSTANCE* UpperInstance) {
  return neighbour("FltGetUpperInstance", CurrentInstance, -1, UpperInstance);
}

NTSTATUS FltGetLowerInstance(PFLT_INSTANCE CurrentInstance, PFLT_INSTANCE* LowerInstance) {
  return neighbour("FltGetLowerInstance", CurrentInstance, 1, LowerInstance);
}

}  // extern "C"
