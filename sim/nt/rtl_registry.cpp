// Rtl: the registry helpers of drivers.
#include <ntifs.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "nt/driver_call.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

constexpr ULONG kValueTag = 0x52716552;  // "ReqR"
constexpr ULONG kOptional = RTL_REGISTRY_OPTIONAL;
constexpr ULONG kHandle = RTL_REGISTRY_HANDLE;
constexpr ULONG kTypeShift = RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;

// The key that a path relative to one of the well-known places means; empty for an unknown place.
std::u16string path_of(ULONG relative_to, PCWSTR path) {
  static constexpr const char16_t* kPlaces[] = {
      u"",
      u"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
      u"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
      u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
      u"\\Registry\\Machine\\Hardware\\DeviceMap",
      u"\\Registry\\User\\.Default",
  };
  const ULONG place = relative_to & ~(kOptional | kHandle);
  if (place >= std::size(kPlaces)) return {};
  std::u16string full = kPlaces[place];
  const std::u16string_view rest = path != nullptr ? std::u16string_view(path) : std::u16string_view();
  if (rest.empty()) return full;
  if (!full.empty() && rest.front() != u'\\') full += u'\\';
  return full + std::u16string(rest);
}

// The key as a handle: the caller's own with RTL_REGISTRY_HANDLE.
class Key {
 public:
  Key(ULONG relative_to, PCWSTR path, ACCESS_MASK access, bool create) {
    if ((relative_to & kHandle) != 0) {
      handle_ = const_cast<PWSTR>(path);
      return;
    }
    std::u16string full = path_of(relative_to, path);
    if (full.empty()) {
      status_ = STATUS_INVALID_PARAMETER;
      return;
    }
    open(full, nullptr, access, create);
    owned_ = NT_SUCCESS(status_);
  }
  Key(const Key& parent, PCWSTR name, ACCESS_MASK access) {
    std::u16string text = name;
    open(text, parent.handle_, access, false);
    owned_ = NT_SUCCESS(status_);
  }
  ~Key() {
    if (owned_) ZwClose(handle_);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  NTSTATUS status() const { return status_; }
  HANDLE handle() const { return handle_; }

 private:
  void open(std::u16string& path, HANDLE root, ACCESS_MASK access, bool create) {
    const auto size = static_cast<USHORT>(path.size() * sizeof(WCHAR));
    UNICODE_STRING name{size, size, path.data()};
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, nullptr);
    status_ = create ? ZwCreateKey(&handle_, access, &attributes, 0, nullptr, 0, nullptr)
                     : ZwOpenKey(&handle_, access, &attributes);
  }
  NTSTATUS status_ = STATUS_SUCCESS;
  HANDLE handle_ = nullptr;
  bool owned_ = false;
};

struct Value {
  std::u16string name;
  ULONG type = REG_NONE;
  std::vector<std::uint8_t> data;
};

bool is_text(ULONG type) { return type == REG_SZ || type == REG_EXPAND_SZ; }

std::u16string text_in(const std::vector<std::uint8_t>& data) {
  std::u16string text(data.size() / sizeof(WCHAR), u'\0');
  std::memcpy(text.data(), data.data(), text.size() * sizeof(WCHAR));
  return text;
}

// %SystemRoot% is the one variable that a kernel without an environment knows; others stay as they are.
void expand(Value& value) {
  std::u16string text = text_in(value.data);
  constexpr std::u16string_view kVariable = u"%systemroot%";
  const auto lower = [](char16_t unit) { return unit >= u'A' && unit <= u'Z' ? char16_t(unit + 32) : unit; };
  for (std::size_t at = 0; at + kVariable.size() <= text.size(); ++at) {
    const bool same =
        std::equal(kVariable.begin(), kVariable.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                   [&](char16_t a, char16_t b) { return a == lower(b); });
    if (same) text.replace(at, kVariable.size(), u"C:\\Windows");
  }
  value.data.resize(text.size() * sizeof(WCHAR));
  std::memcpy(value.data.data(), text.data(), value.data.size());
  value.type = REG_SZ;
}

NTSTATUS store_text(const Value& value, PVOID target) {
  auto& string = *static_cast<PUNICODE_STRING>(target);
  const std::size_t size = value.data.size();
  if (size > 0xFFFF) return STATUS_BUFFER_TOO_SMALL;
  if (string.Buffer == nullptr) {
    string.Buffer = static_cast<PWCH>(ExAllocatePoolWithTag(PagedPool, size != 0 ? size : 2, kValueTag));
    if (string.Buffer == nullptr) return STATUS_NO_MEMORY;
    string.MaximumLength = static_cast<USHORT>(size);
  } else if (size > string.MaximumLength) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  std::memcpy(string.Buffer, value.data.data(), size);
  // Without the terminator, if it is there.
  const bool terminated = size >= sizeof(WCHAR) && string.Buffer[size / sizeof(WCHAR) - 1] == u'\0';
  string.Length = static_cast<USHORT>(terminated ? size - sizeof(WCHAR) : size);
  return STATUS_SUCCESS;
}

// RTL_QUERY_REGISTRY_DIRECT: small values go to the target itself; larger ones where it says how much room there is, as a
// negative or positive number, with type and length in front for the latter.
NTSTATUS store(const Value& value, const RTL_QUERY_REGISTRY_TABLE& entry) {
  if ((entry.Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0) {
    const ULONG wanted = entry.DefaultType >> kTypeShift;
    const bool same = wanted == value.type || (wanted == REG_SZ && value.type == REG_EXPAND_SZ);
    if (wanted != REG_NONE && !same) return STATUS_OBJECT_TYPE_MISMATCH;
  }
  PVOID const target = entry.EntryContext;
  if (is_text(value.type) || value.type == REG_MULTI_SZ) return store_text(value, target);
  const auto size = static_cast<ULONG>(value.data.size());
  if (size <= sizeof(ULONG)) {
    std::memcpy(target, value.data.data(), size);
    return STATUS_SUCCESS;
  }
  LONG room = 0;
  std::memcpy(&room, target, sizeof room);
  auto* bytes = static_cast<std::uint8_t*>(target);
  if (room < 0) {
    if (size > static_cast<ULONG>(-room)) return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(bytes, value.data.data(), size);
    return STATUS_SUCCESS;
  }
  if (size + 2 * sizeof(ULONG) > static_cast<ULONG>(room)) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(bytes, &size, sizeof size);
  std::memcpy(bytes + sizeof size, &value.type, sizeof value.type);
  std::memcpy(bytes + 2 * sizeof size, value.data.data(), size);
  return STATUS_SUCCESS;
}

NTSTATUS call(const RTL_QUERY_REGISTRY_TABLE& entry, Value& value, PVOID context) {
  if (value.type == REG_EXPAND_SZ && (entry.Flags & RTL_QUERY_REGISTRY_NOEXPAND) == 0) expand(value);
  const auto once = [&](PWSTR name, ULONG type, void* data, std::size_t size) {
    return call_driver([&] {
      return entry.QueryRoutine(name, type, data, static_cast<ULONG>(size), context, entry.EntryContext);
    });
  };
  if (value.type != REG_MULTI_SZ || (entry.Flags & RTL_QUERY_REGISTRY_NOEXPAND) != 0) {
    return once(value.name.data(), value.type, value.data.data(), value.data.size());
  }
  // Each string of the list by itself.
  std::u16string all = text_in(value.data);
  for (std::size_t at = 0; at < all.size() && all[at] != u'\0';) {
    const std::size_t length = std::min(all.find(u'\0', at), all.size()) - at;
    std::u16string one = all.substr(at, length);
    const NTSTATUS status = once(value.name.data(), REG_SZ, one.data(), (length + 1) * sizeof(WCHAR));
    if (!NT_SUCCESS(status)) return status;
    at += length + 1;
  }
  return STATUS_SUCCESS;
}

NTSTATUS hand_out(const RTL_QUERY_REGISTRY_TABLE& entry, Value value, PVOID context) {
  if ((entry.Flags & RTL_QUERY_REGISTRY_DIRECT) == 0) {
    const NTSTATUS status = call(entry, value, context);
    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
  }
  if (value.type == REG_EXPAND_SZ && (entry.Flags & RTL_QUERY_REGISTRY_NOEXPAND) == 0) expand(value);
  return store(value, entry);
}

// What stands for a value that is not there.
NTSTATUS use_default(const RTL_QUERY_REGISTRY_TABLE& entry, PVOID context) {
  const ULONG type = entry.DefaultType & ((1u << kTypeShift) - 1);
  if ((entry.Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (type == REG_NONE) return STATUS_SUCCESS;
  Value value;
  value.name = entry.Name != nullptr ? entry.Name : u"";
  value.type = type;
  const auto* data = static_cast<const std::uint8_t*>(entry.DefaultData);
  std::size_t size = entry.DefaultLength;
  if (data != nullptr && size == 0 && is_text(type)) {
    size = (std::u16string_view(static_cast<PCWSTR>(entry.DefaultData)).size() + 1) * sizeof(WCHAR);
  }
  if (data != nullptr) value.data.assign(data, data + size);
  RTL_QUERY_REGISTRY_TABLE unchecked = entry;
  unchecked.Flags &= ~static_cast<ULONG>(RTL_QUERY_REGISTRY_TYPECHECK);  // the driver's own
  return hand_out(unchecked, std::move(value), context);
}

NTSTATUS read(HANDLE key, PCWSTR name, Value& value) {
  UNICODE_STRING wanted;
  RtlInitUnicodeString(&wanted, name);
  std::vector<std::uint8_t> buffer(256);
  ULONG needed = 0;
  NTSTATUS status = ZwQueryValueKey(key, &wanted, KeyValuePartialInformation, buffer.data(),
                                    static_cast<ULONG>(buffer.size()), &needed);
  if (status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL) {
    buffer.resize(needed);
    status = ZwQueryValueKey(key, &wanted, KeyValuePartialInformation, buffer.data(), needed, &needed);
  }
  if (!NT_SUCCESS(status)) return status;
  const auto* found = reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(buffer.data());
  value.name = name != nullptr ? name : u"";
  value.type = found->Type;
  value.data.assign(found->Data, found->Data + found->DataLength);
  return STATUS_SUCCESS;
}

std::vector<Value> read_all(HANDLE key) {
  std::vector<Value> all;
  std::vector<std::uint8_t> buffer(0x10000);
  ULONG needed = 0;
  for (ULONG i = 0; NT_SUCCESS(ZwEnumerateValueKey(key, i, KeyValueFullInformation, buffer.data(),
                                                   static_cast<ULONG>(buffer.size()), &needed));
       ++i) {
    const auto* found = reinterpret_cast<const KEY_VALUE_FULL_INFORMATION*>(buffer.data());
    Value value;
    value.name.assign(found->Name, found->NameLength / sizeof(WCHAR));
    value.type = found->Type;
    value.data.assign(buffer.begin() + found->DataOffset,
                      buffer.begin() + found->DataOffset + found->DataLength);
    all.push_back(std::move(value));
  }
  return all;
}

NTSTATUS query_entry(const Key& key, const RTL_QUERY_REGISTRY_TABLE& entry, PVOID context) {
  const bool direct = (entry.Flags & RTL_QUERY_REGISTRY_DIRECT) != 0;
  if (direct && (entry.Name == nullptr || entry.QueryRoutine != nullptr ||
                 (entry.Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0))
    return STATUS_INVALID_PARAMETER;
  if ((entry.Flags & RTL_QUERY_REGISTRY_NOVALUE) != 0) {
    Value none;
    return call(entry, none, context);
  }
  if (entry.Name == nullptr) {
    const std::vector<Value> values = read_all(key.handle());
    if (values.empty() && (entry.Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0)
      return STATUS_OBJECT_NAME_NOT_FOUND;
    for (const Value& value : values) {
      if (const NTSTATUS status = hand_out(entry, value, context); !NT_SUCCESS(status)) return status;
    }
    return STATUS_SUCCESS;
  }
  Value value;
  const NTSTATUS found = read(key.handle(), entry.Name, value);
  if (found == STATUS_OBJECT_NAME_NOT_FOUND) return use_default(entry, context);
  if (!NT_SUCCESS(found)) return found;
  const NTSTATUS status = hand_out(entry, std::move(value), context);
  if (NT_SUCCESS(status) && (entry.Flags & RTL_QUERY_REGISTRY_DELETE) != 0) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, entry.Name);
    ZwDeleteValueKey(key.handle(), &name);
  }
  return status;
}

NTSTATUS query_table(const Key& top, PRTL_QUERY_REGISTRY_TABLE table, PVOID context) {
  const Key* key = &top;
  std::unique_ptr<Key> below;
  for (; table->QueryRoutine != nullptr ||
         (table->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)) != 0;
       ++table) {
    if ((table->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) != 0) {
      key = &top;
      below.reset();
    }
    if ((table->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0) {
      if (table->Name == nullptr) return STATUS_INVALID_PARAMETER;
      below = std::make_unique<Key>(top, table->Name, KEY_READ);
      if (!NT_SUCCESS(below->status())) return below->status();
      key = below.get();
      if (table->QueryRoutine == nullptr) continue;
      // Every value of the subkey.
      RTL_QUERY_REGISTRY_TABLE every = *table;
      every.Name = nullptr;
      every.Flags &= ~static_cast<ULONG>(RTL_QUERY_REGISTRY_SUBKEY);
      if (const NTSTATUS status = query_entry(*key, every, context); !NT_SUCCESS(status)) return status;
      continue;
    }
    if (const NTSTATUS status = query_entry(*key, *table, context); !NT_SUCCESS(status)) return status;
  }
  return STATUS_SUCCESS;
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
                                PVOID Context, PVOID) {
  enter("RtlQueryRegistryValues", nt::kPassive);
  const nt::Key key(RelativeTo, Path, KEY_READ, false);
  if (!NT_SUCCESS(key.status())) return key.status();
  return nt::query_table(key, QueryTable, Context);
}

NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
                               PVOID ValueData, ULONG ValueLength) {
  enter("RtlWriteRegistryValue", nt::kPassive);
  const nt::Key key(RelativeTo, Path, KEY_SET_VALUE, true);
  if (!NT_SUCCESS(key.status())) return key.status();
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, ValueName);
  return ZwSetValueKey(key.handle(), &name, 0, ValueType, ValueData, ValueLength);
}

NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
  enter("RtlCheckRegistryKey", nt::kPassive);
  return nt::Key(RelativeTo, Path, KEY_READ, false).status();
}

NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
  enter("RtlCreateRegistryKey", nt::kPassive);
  return nt::Key(RelativeTo, Path, KEY_ALL_ACCESS, true).status();
}

NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
  enter("RtlDeleteRegistryValue", nt::kPassive);
  const nt::Key key(RelativeTo, Path, KEY_SET_VALUE, false);
  if (!NT_SUCCESS(key.status())) return key.status();
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, ValueName);
  return ZwDeleteValueKey(key.handle(), &name);
}

}  // extern "C"
