// What there is of filters, volumes and instances: FilterFindFirst and its like, handles of filters and instances, and
// FilterGetDosName. Every call answers with one entry.
#include <fltUser.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "client/filter_control.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/volume_stack.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

// What is told of one of them, as it was when the search began.
struct Entry {
  std::u16string filter;
  std::u16string altitude;
  std::u16string instance;
  std::u16string volume;
  ULONG instances = 0;
  FLT_FILESYSTEM_TYPE file_system = FLT_FSTYPE_UNKNOWN;
};

// Behind a find handle, and behind a handle of a filter or an instance, which has one entry.
struct Search {
  std::vector<Entry> entries;
  std::size_t next = 0;
};

const nt::ObjectType kSearchType{.name = u"FilterSearch",
                                 .mapping = {1, 0, 0, 1},
                                 .close = nullptr,
                                 .remove = nullptr,
                                 .waitable = nullptr,
                                 .parses = false,
                                 .report_leaks = false};

constexpr HRESULT kNoMore = static_cast<HRESULT>(0x80070103);       // ERROR_NO_MORE_ITEMS
constexpr HRESULT kTooSmall = static_cast<HRESULT>(0x8007007A);     // ERROR_INSUFFICIENT_BUFFER
constexpr HRESULT kBadHandle = static_cast<HRESULT>(0x80070006);    // ERROR_INVALID_HANDLE
constexpr HRESULT kBadArgument = static_cast<HRESULT>(0x80070057);  // ERROR_INVALID_PARAMETER

// A structure with texts behind it. Offsets count from its begin.
class Record {
 public:
  template <class Fixed>
  explicit Record(const Fixed& fixed, std::size_t size = sizeof(Fixed)) : bytes_(size) {
    std::memcpy(bytes_.data(), &fixed, std::min(size, sizeof fixed));
  }
  // Where the text is and how many bytes it has.
  std::pair<USHORT, USHORT> add(const std::u16string& text) {
    const auto offset = static_cast<USHORT>(bytes_.size());
    const auto length = static_cast<USHORT>(text.size() * sizeof(char16_t));
    bytes_.resize(bytes_.size() + length);
    std::memcpy(bytes_.data() + offset, text.data(), length);
    return {offset, length};
  }
  template <class Fixed>
  Fixed& as() {
    return *reinterpret_cast<Fixed*>(bytes_.data());
  }
  HRESULT put(LPVOID buffer, DWORD size, LPDWORD returned) const {
    if (returned != nullptr) *returned = static_cast<DWORD>(bytes_.size());
    if (size < bytes_.size()) return kTooSmall;
    std::memcpy(buffer, bytes_.data(), bytes_.size());
    return S_OK;
  }

 private:
  std::vector<std::byte> bytes_;
};

// --- one entry in each class ---

template <class Part>
void set_text(Record& record, const std::u16string& text, USHORT Part::*length, USHORT Part::*offset,
              std::size_t part) {
  const auto [at, size] = record.add(text);
  auto& fields = *reinterpret_cast<Part*>(&record.as<std::byte>() + part);
  fields.*length = size;
  fields.*offset = at;
}

std::optional<Record> filter_record(const Entry& entry, FILTER_INFORMATION_CLASS which) {
  if (which == FilterFullInformation) {
    FILTER_FULL_INFORMATION fixed{};
    fixed.NumberOfInstances = entry.instances;
    fixed.FilterNameLength = static_cast<USHORT>(entry.filter.size() * sizeof(WCHAR));
    Record record(fixed, offsetof(FILTER_FULL_INFORMATION, FilterNameBuffer));
    record.add(entry.filter);
    return record;
  }
  const auto describe = [&](auto fixed) {
    using Fixed = decltype(fixed);
    using Mini = decltype(fixed.Type.MiniFilter);
    fixed.Flags = FLTFL_AGGREGATE_INFO_IS_MINIFILTER;
    fixed.Type.MiniFilter.NumberOfInstances = entry.instances;
    Record record(fixed);
    constexpr std::size_t kPart = offsetof(Fixed, Type);
    set_text<Mini>(record, entry.filter, &Mini::FilterNameLength, &Mini::FilterNameBufferOffset, kPart);
    set_text<Mini>(record, entry.altitude, &Mini::FilterAltitudeLength, &Mini::FilterAltitudeBufferOffset,
                   kPart);
    return record;
  };
  if (which == FilterAggregateBasicInformation) return describe(FILTER_AGGREGATE_BASIC_INFORMATION{});
  if (which == FilterAggregateStandardInformation) return describe(FILTER_AGGREGATE_STANDARD_INFORMATION{});
  return std::nullopt;
}

std::optional<Record> volume_record(const Entry& entry, FILTER_VOLUME_INFORMATION_CLASS which) {
  const auto length = static_cast<USHORT>(entry.volume.size() * sizeof(WCHAR));
  if (which == FilterVolumeBasicInformation) {
    FILTER_VOLUME_BASIC_INFORMATION fixed{};
    fixed.FilterVolumeNameLength = length;
    Record record(fixed, offsetof(FILTER_VOLUME_BASIC_INFORMATION, FilterVolumeName));
    record.add(entry.volume);
    return record;
  }
  if (which != FilterVolumeStandardInformation) return std::nullopt;
  FILTER_VOLUME_STANDARD_INFORMATION fixed{};
  fixed.FileSystemType = entry.file_system;
  fixed.FilterVolumeNameLength = length;
  Record record(fixed, offsetof(FILTER_VOLUME_STANDARD_INFORMATION, FilterVolumeName));
  record.add(entry.volume);
  return record;
}

std::optional<Record> instance_record(const Entry& entry, INSTANCE_INFORMATION_CLASS which) {
  if (which == InstanceBasicInformation) {
    using Fixed = INSTANCE_BASIC_INFORMATION;
    Record record(Fixed{});
    set_text<Fixed>(record, entry.instance, &Fixed::InstanceNameLength, &Fixed::InstanceNameBufferOffset, 0);
    return record;
  }
  if (which == InstancePartialInformation) {
    using Fixed = INSTANCE_PARTIAL_INFORMATION;
    Record record(Fixed{});
    set_text<Fixed>(record, entry.instance, &Fixed::InstanceNameLength, &Fixed::InstanceNameBufferOffset, 0);
    set_text<Fixed>(record, entry.altitude, &Fixed::AltitudeLength, &Fixed::AltitudeBufferOffset, 0);
    return record;
  }
  const auto fill = [&]<class Part>(Record& record, std::size_t part, Part*) {
    set_text<Part>(record, entry.instance, &Part::InstanceNameLength, &Part::InstanceNameBufferOffset, part);
    set_text<Part>(record, entry.altitude, &Part::AltitudeLength, &Part::AltitudeBufferOffset, part);
    set_text<Part>(record, entry.volume, &Part::VolumeNameLength, &Part::VolumeNameBufferOffset, part);
    set_text<Part>(record, entry.filter, &Part::FilterNameLength, &Part::FilterNameBufferOffset, part);
  };
  if (which == InstanceFullInformation) {
    Record record(INSTANCE_FULL_INFORMATION{});
    fill(record, 0, static_cast<INSTANCE_FULL_INFORMATION*>(nullptr));
    return record;
  }
  if (which != InstanceAggregateStandardInformation) return std::nullopt;
  using Fixed = INSTANCE_AGGREGATE_STANDARD_INFORMATION;
  Fixed fixed{};
  fixed.Flags = FLTFL_IASI_IS_MINIFILTER;
  fixed.Type.MiniFilter.VolumeFileSystemType = entry.file_system;
  Record record(fixed);
  fill(record, offsetof(Fixed, Type), static_cast<decltype(fixed.Type.MiniFilter)*>(nullptr));
  return record;
}

// --- what there is ---

Entry entry_of(const fltmgr::Instance& instance) {
  return {instance.filter.name,
          std::u16string(instance.altitude.text()),
          instance.name,
          nt::from_utf8(instance.volume.name()),
          0,
          FLT_FSTYPE_NTFS};
}

std::vector<Entry> filters(nt::Thread& thread) {
  std::vector<Entry> found;
  const auto all = thread.system.fltmgr().volumes();
  for (const fltmgr::Filter* filter : thread.system.fltmgr().filters()) {
    Entry entry;
    entry.filter = filter->name;
    if (!filter->definitions.empty()) entry.altitude = filter->definitions.front().altitude.text();
    for (fltmgr::VolumeStack* volume : all) {
      for (const fltmgr::Instance* instance : volume->instances())
        entry.instances += &instance->filter == filter ? 1 : 0;
    }
    found.push_back(std::move(entry));
  }
  return found;
}

std::vector<Entry> instances(nt::Thread& thread, const std::function<bool(const fltmgr::Instance&)>& which) {
  std::vector<Entry> found;
  for (fltmgr::VolumeStack* volume : thread.system.fltmgr().volumes()) {
    for (const fltmgr::Instance* instance : volume->instances()) {
      if (which(*instance)) found.push_back(entry_of(*instance));
    }
  }
  return found;
}

std::u16string volume_name(LPCWSTR given) {
  std::u16string name = text_of(given);
  if (name.ends_with(u'\\')) name.pop_back();
  if (name.starts_with(u"\\\\?\\")) name[1] = u'?';
  return name;
}

HRESULT open_search(nt::Thread& thread, std::vector<Entry> entries, HANDLE& handle, std::size_t next) {
  const auto search = nt::Ref<Search>::adopt(nt::create_object<Search>(thread.system, kSearchType));
  search->entries = std::move(entries);
  search->next = next;
  handle = nt::make_handle(search.get(), kSearchType.mapping.all, false);
  return handle != nullptr ? S_OK : E_FAIL;
}

template <class Class>
using Describe = std::optional<Record> (*)(const Entry&, Class);

// The first entry, and a handle for those behind it.
template <class Class>
HRESULT find_first(nt::Thread& thread, std::vector<Entry> entries, Describe<Class> describe, Class which,
                   LPVOID buffer, DWORD size, LPDWORD returned, LPHANDLE handle) {
  if (entries.empty()) return kNoMore;
  const auto record = describe(entries.front(), which);
  if (!record) return kBadArgument;
  const HRESULT result = record->put(buffer, size, returned);
  return result == S_OK ? open_search(thread, std::move(entries), *handle, 1) : result;
}

template <class Class>
HRESULT find_next(HANDLE handle, Describe<Class> describe, Class which, LPVOID buffer, DWORD size,
                  LPDWORD returned) {
  nt::Ref<Search> search;
  if (open_handle(handle, kSearchType, search) != STATUS_SUCCESS) return kBadHandle;
  if (search->next >= search->entries.size()) return kNoMore;
  const auto record = describe(search->entries[search->next], which);
  if (!record) return kBadArgument;
  const HRESULT result = record->put(buffer, size, returned);
  if (result == S_OK) ++search->next;
  return result;
}

template <class Class>
HRESULT get_information(HANDLE handle, Describe<Class> describe, Class which, LPVOID buffer, DWORD size,
                        LPDWORD returned) {
  nt::Ref<Search> search;
  if (open_handle(handle, kSearchType, search) != STATUS_SUCCESS) return kBadHandle;
  const auto record = describe(search->entries.front(), which);
  return record ? record->put(buffer, size, returned) : kBadArgument;
}

HRESULT close(const char* routine, HANDLE handle) {
  return nt::client_release(routine, E_FAIL, [&](nt::Thread&) -> HRESULT {
    return nt::close_handle(handle, nt::Mode::kUser) == STATUS_SUCCESS ? S_OK : kBadHandle;
  });
}

template <class Body>
HRESULT call(const char* routine, LPVOID buffer, DWORD size, LPDWORD returned, Body body) {
  touch_output(buffer, size);
  if (returned != nullptr) touch_output(returned);
  return nt::client_call(routine, E_FAIL, [&](nt::Thread& thread) -> HRESULT { return body(thread); });
}

// Of the instances of a filter, and of those on a volume.
HRESULT next_instance(const char* routine, HANDLE find, INSTANCE_INFORMATION_CLASS which, LPVOID buffer,
                      DWORD size, LPDWORD returned) {
  return call(routine, buffer, size, returned,
              [&](nt::Thread&) { return find_next(find, &instance_record, which, buffer, size, returned); });
}

}  // namespace

extern "C" {

HRESULT FilterFindFirst(FILTER_INFORMATION_CLASS InformationClass, LPVOID Buffer, DWORD BufferSize,
                        LPDWORD BytesReturned, LPHANDLE FilterFind) {
  touch_output(FilterFind);
  return call("FilterFindFirst", Buffer, BufferSize, BytesReturned, [&](nt::Thread& thread) {
    return find_first(thread, filters(thread), &filter_record, InformationClass, Buffer, BufferSize,
                      BytesReturned, FilterFind);
  });
}

HRESULT FilterFindNext(HANDLE FilterFind, FILTER_INFORMATION_CLASS InformationClass, LPVOID Buffer,
                       DWORD BufferSize, LPDWORD BytesReturned) {
  return call("FilterFindNext", Buffer, BufferSize, BytesReturned, [&](nt::Thread&) {
    return find_next(FilterFind, &filter_record, InformationClass, Buffer, BufferSize, BytesReturned);
  });
}

HRESULT FilterFindClose(HANDLE FilterFind) { return close("FilterFindClose", FilterFind); }

HRESULT FilterVolumeFindFirst(FILTER_VOLUME_INFORMATION_CLASS InformationClass, LPVOID Buffer,
                              DWORD BufferSize, LPDWORD BytesReturned, PHANDLE VolumeFind) {
  touch_output(VolumeFind);
  return call("FilterVolumeFindFirst", Buffer, BufferSize, BytesReturned, [&](nt::Thread& thread) {
    std::vector<Entry> entries;
    for (const fltmgr::VolumeStack* volume : thread.system.fltmgr().volumes())
      entries.push_back({{}, {}, {}, nt::from_utf8(volume->name()), 0, FLT_FSTYPE_NTFS});
    return find_first(thread, std::move(entries), &volume_record, InformationClass, Buffer, BufferSize,
                      BytesReturned, VolumeFind);
  });
}

HRESULT FilterVolumeFindNext(HANDLE VolumeFind, FILTER_VOLUME_INFORMATION_CLASS InformationClass,
                             LPVOID Buffer, DWORD BufferSize, LPDWORD BytesReturned) {
  return call("FilterVolumeFindNext", Buffer, BufferSize, BytesReturned, [&](nt::Thread&) {
    return find_next(VolumeFind, &volume_record, InformationClass, Buffer, BufferSize, BytesReturned);
  });
}

HRESULT FilterVolumeFindClose(HANDLE VolumeFind) { return close("FilterVolumeFindClose", VolumeFind); }

HRESULT FilterInstanceFindFirst(LPCWSTR FilterName, INSTANCE_INFORMATION_CLASS InformationClass,
                                LPVOID Buffer, DWORD BufferSize, LPDWORD BytesReturned,
                                LPHANDLE FilterInstanceFind) {
  touch_text(FilterName);
  touch_output(FilterInstanceFind);
  return call(
      "FilterInstanceFindFirst", Buffer, BufferSize, BytesReturned, [&](nt::Thread& thread) -> HRESULT {
        const fltmgr::Filter* filter = thread.system.fltmgr().find(text_of(FilterName));
        if (filter == nullptr) return ERROR_FLT_FILTER_NOT_FOUND;
        return find_first(
            thread, instances(thread, [&](const fltmgr::Instance& i) { return &i.filter == filter; }),
            &instance_record, InformationClass, Buffer, BufferSize, BytesReturned, FilterInstanceFind);
      });
}

HRESULT FilterInstanceFindNext(HANDLE FilterInstanceFind, INSTANCE_INFORMATION_CLASS InformationClass,
                               LPVOID Buffer, DWORD BufferSize, LPDWORD BytesReturned) {
  return next_instance("FilterInstanceFindNext", FilterInstanceFind, InformationClass, Buffer, BufferSize,
                       BytesReturned);
}

HRESULT FilterInstanceFindClose(HANDLE FilterInstanceFind) {
  return close("FilterInstanceFindClose", FilterInstanceFind);
}

HRESULT FilterVolumeInstanceFindFirst(LPCWSTR VolumeName, INSTANCE_INFORMATION_CLASS InformationClass,
                                      LPVOID Buffer, DWORD BufferSize, LPDWORD BytesReturned,
                                      LPHANDLE VolumeInstanceFind) {
  touch_text(VolumeName);
  touch_output(VolumeInstanceFind);
  return call(
      "FilterVolumeInstanceFindFirst", Buffer, BufferSize, BytesReturned, [&](nt::Thread& thread) -> HRESULT {
        const fltmgr::VolumeStack* volume = thread.system.fltmgr().find_volume(volume_name(VolumeName));
        if (volume == nullptr) return ERROR_FLT_VOLUME_NOT_FOUND;
        return find_first(
            thread, instances(thread, [&](const fltmgr::Instance& i) { return &i.volume == volume; }),
            &instance_record, InformationClass, Buffer, BufferSize, BytesReturned, VolumeInstanceFind);
      });
}

HRESULT FilterVolumeInstanceFindNext(HANDLE VolumeInstanceFind, INSTANCE_INFORMATION_CLASS InformationClass,
                                     LPVOID Buffer, DWORD BufferSize, LPDWORD BytesReturned) {
  return next_instance("FilterVolumeInstanceFindNext", VolumeInstanceFind, InformationClass, Buffer,
                       BufferSize, BytesReturned);
}

HRESULT FilterVolumeInstanceFindClose(HANDLE VolumeInstanceFind) {
  return close("FilterVolumeInstanceFindClose", VolumeInstanceFind);
}

// --- handles of a filter or an instance: what they are asked for is what was true when they were opened ---

HRESULT FilterCreate(LPCWSTR FilterName, HFILTER* Filter) {
  touch_text(FilterName);
  touch_output(Filter);
  return nt::client_call("FilterCreate", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    const fltmgr::Filter* filter = thread.system.fltmgr().find(text_of(FilterName));
    if (filter == nullptr) return ERROR_FLT_FILTER_NOT_FOUND;
    std::vector<Entry> all = filters(thread);
    std::erase_if(all, [&](const Entry& entry) { return entry.filter != filter->name; });
    return all.empty() ? ERROR_FLT_FILTER_NOT_FOUND : open_search(thread, std::move(all), *Filter, 0);
  });
}

HRESULT FilterClose(HFILTER Filter) { return close("FilterClose", Filter); }

HRESULT FilterGetInformation(HFILTER Filter, FILTER_INFORMATION_CLASS InformationClass, LPVOID Buffer,
                             DWORD BufferSize, LPDWORD BytesReturned) {
  return call("FilterGetInformation", Buffer, BufferSize, BytesReturned, [&](nt::Thread&) {
    return get_information(Filter, &filter_record, InformationClass, Buffer, BufferSize, BytesReturned);
  });
}

HRESULT FilterInstanceCreate(LPCWSTR FilterName, LPCWSTR VolumeName, LPCWSTR InstanceName,
                             HFILTER_INSTANCE* Instance) {
  touch_text(FilterName);
  touch_text(VolumeName);
  touch_text(InstanceName);
  touch_output(Instance);
  return nt::client_call("FilterInstanceCreate", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    const fltmgr::Filter* filter = thread.system.fltmgr().find(text_of(FilterName));
    if (filter == nullptr) return ERROR_FLT_FILTER_NOT_FOUND;
    const fltmgr::VolumeStack* volume = thread.system.fltmgr().find_volume(volume_name(VolumeName));
    if (volume == nullptr) return ERROR_FLT_VOLUME_NOT_FOUND;
    std::vector<Entry> found = instances(thread, [&](const fltmgr::Instance& i) {
      return &i.filter == filter && &i.volume == volume &&
             (InstanceName == nullptr || i.name == view_of(InstanceName));
    });
    return found.empty() ? ERROR_FLT_INSTANCE_NOT_FOUND : open_search(thread, std::move(found), *Instance, 0);
  });
}

HRESULT FilterInstanceClose(HFILTER_INSTANCE Instance) { return close("FilterInstanceClose", Instance); }

HRESULT FilterInstanceGetInformation(HFILTER_INSTANCE Instance, INSTANCE_INFORMATION_CLASS InformationClass,
                                     LPVOID Buffer, DWORD BufferSize, LPDWORD BytesReturned) {
  return call("FilterInstanceGetInformation", Buffer, BufferSize, BytesReturned, [&](nt::Thread&) {
    return get_information(Instance, &instance_record, InformationClass, Buffer, BufferSize, BytesReturned);
  });
}

// C: for \Device\HarddiskVolume1; the room counts characters.
HRESULT FilterGetDosName(LPCWSTR VolumeName, LPWSTR DosName, DWORD DosNameBufferSize) {
  touch_text(VolumeName);
  touch_output(DosName, DosNameBufferSize * sizeof(WCHAR));
  return nt::client_call("FilterGetDosName", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    const fltmgr::VolumeStack* volume = thread.system.fltmgr().find_volume(volume_name(VolumeName));
    if (volume == nullptr) return ERROR_FLT_VOLUME_NOT_FOUND;
    for (char16_t letter = u'A'; letter <= u'Z'; ++letter) {
      const std::u16string drive{letter, u':'};
      if (thread.system.nt().names().link_target(u"\\??\\" + drive) != nt::from_utf8(volume->name()))
        continue;
      return put_text(drive, DosName, DosNameBufferSize) < DosNameBufferSize ? S_OK : kTooSmall;
    }
    return static_cast<HRESULT>(0x80070002);
  });
}

}  // extern "C"
