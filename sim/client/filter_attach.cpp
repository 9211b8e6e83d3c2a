// FilterAttach, FilterAttachAtAltitude and FilterDetach: FltAttachVolume and its like by name (ATT-6..ATT-11).
#include <fltUser.h>

#include <cstring>
#include <string>

#include "client/filter_control.hpp"
#include "fltmgr/manager.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

UNICODE_STRING counted(const std::u16string& text) {
  UNICODE_STRING string{};
  string.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(text.data()));
  string.Length = string.MaximumLength = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return string;
}

// As programs write volumes: C:\, \\?\Volume{...}\, with or without the last backslash.
std::u16string volume_name(LPCWSTR given) {
  std::u16string name = text_of(given);
  if (name.ends_with(u'\\')) name.pop_back();
  if (name.starts_with(u"\\\\?\\")) name[1] = u'?';
  return name;
}

// A filter and a volume by name, referenced until the end of the scope.
class Target {
 public:
  Target(const std::u16string& filter_name, const std::u16string& volume_name) {
    UNICODE_STRING name = counted(filter_name);
    status_ = FltGetFilterFromName(&name, &filter_);
    name = counted(volume_name);
    if (NT_SUCCESS(status_)) status_ = FltGetVolumeFromName(filter_, &name, &volume_);
  }
  ~Target() {
    if (volume_ != nullptr) FltObjectDereference(volume_);
    if (filter_ != nullptr) FltObjectDereference(filter_);
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  NTSTATUS status() const { return status_; }
  PFLT_FILTER filter() const { return filter_; }
  PFLT_VOLUME volume() const { return volume_; }

 private:
  NTSTATUS status_ = STATUS_SUCCESS;
  PFLT_FILTER filter_ = nullptr;
  PFLT_VOLUME volume_ = nullptr;
};

struct AttachCall {
  std::u16string filter;
  std::u16string volume;
  std::u16string altitude;  // empty: the instance's own
  std::u16string instance;  // empty: the default one
};

NTSTATUS attach(const AttachCall& call, std::u16string& created) {
  const Target target(call.filter, call.volume);
  if (!NT_SUCCESS(target.status())) return target.status();
  UNICODE_STRING name = counted(call.instance);
  UNICODE_STRING altitude = counted(call.altitude);
  const PCUNICODE_STRING wanted = call.instance.empty() ? nullptr : &name;
  PFLT_INSTANCE instance = nullptr;
  const NTSTATUS status =
      call.altitude.empty()
          ? FltAttachVolume(target.filter(), target.volume(), wanted, &instance)
          : FltAttachVolumeAtAltitude(target.filter(), target.volume(), &altitude, wanted, &instance);
  if (!NT_SUCCESS(status)) return status;
  created = fltmgr::Instance::from(instance)->name;
  FltObjectDereference(instance);
  return status;
}

// The created name goes to the caller in the caller's own thread, as far as the buffer reaches.
void hand_over(const std::u16string& created, DWORD room, LPWSTR buffer) {
  if (buffer == nullptr || room < sizeof(WCHAR)) return;
  const std::size_t units = std::min<std::size_t>(created.size(), room / sizeof(WCHAR) - 1);
  std::memcpy(buffer, created.data(), units * sizeof(WCHAR));
  buffer[units] = 0;
}

HRESULT attach_for(nt::Thread& thread, const char* routine, AttachCall call, DWORD room, LPWSTR buffer) {
  auto created = std::make_shared<std::u16string>();
  const HRESULT result = in_system_thread(
      thread, routine, [call = std::move(call), created](System&) { return attach(call, *created); });
  if (result == S_OK) hand_over(*created, room, buffer);
  return result;
}

std::u16string optional_text(LPCWSTR text) { return text != nullptr ? text_of(text) : std::u16string(); }

}  // namespace

extern "C" {

HRESULT FilterAttach(LPCWSTR FilterName, LPCWSTR VolumeName, LPCWSTR InstanceName,
                     DWORD CreatedInstanceNameLength, LPWSTR CreatedInstanceName) {
  return nt::client_call("FilterAttach", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    return attach_for(thread, "FilterAttach",
                      {text_of(FilterName), volume_name(VolumeName), {}, optional_text(InstanceName)},
                      CreatedInstanceNameLength, CreatedInstanceName);
  });
}

HRESULT FilterAttachAtAltitude(LPCWSTR FilterName, LPCWSTR VolumeName, LPCWSTR Altitude, LPCWSTR InstanceName,
                               DWORD CreatedInstanceNameLength, LPWSTR CreatedInstanceName) {
  return nt::client_call("FilterAttachAtAltitude", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    if (text_of(Altitude).empty()) return hresult_from_status(STATUS_INVALID_PARAMETER);
    return attach_for(
        thread, "FilterAttachAtAltitude",
        {text_of(FilterName), volume_name(VolumeName), text_of(Altitude), optional_text(InstanceName)},
        CreatedInstanceNameLength, CreatedInstanceName);
  });
}

HRESULT FilterDetach(LPCWSTR FilterName, LPCWSTR VolumeName, LPCWSTR InstanceName) {
  return nt::client_call("FilterDetach", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    return in_system_thread(thread, "FilterDetach",
                            [filter = text_of(FilterName), volume = volume_name(VolumeName),
                             instance = optional_text(InstanceName)](System&) -> NTSTATUS {
                              const Target target(filter, volume);
                              if (!NT_SUCCESS(target.status())) return target.status();
                              UNICODE_STRING name = counted(instance);
                              return FltDetachVolume(target.filter(), target.volume(),
                                                     instance.empty() ? nullptr : &name);
                            });
  });
}

}  // extern "C"
