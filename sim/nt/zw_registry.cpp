// Zw: registry keys and values.
#include <ntifs.h>

#include <algorithm>
#include <optional>

#include "fs/upcase.hpp"
#include "nt/object_attributes.hpp"
#include "nt/registry_callbacks.hpp"

namespace fltsim::nt {
namespace {

constexpr std::u16string_view kRegistryRoot = u"\\REGISTRY";

Registry& registry(Thread& thread) { return thread.system.nt().registry(); }

Status key_of(HANDLE handle, Ref<void>& key) {
  return reference_by_handle(handle, 0, &kKeyType, Mode::kKernel, key);
}

const std::u16string& path_of(const Ref<void>& key) { return static_cast<RegistryKey*>(key.get())->path; }

// The absolute path that the attributes name.
Status path_from(const OBJECT_ATTRIBUTES& attributes, std::u16string& path) {
  path = attributes.ObjectName != nullptr ? std::u16string(view(attributes.ObjectName)) : std::u16string();
  if (attributes.RootDirectory == nullptr) {
    const bool rooted =
        fs::equal_names(std::u16string_view(path).substr(0, kRegistryRoot.size()), kRegistryRoot);
    return rooted ? STATUS_SUCCESS : STATUS_OBJECT_PATH_SYNTAX_BAD;
  }
  Ref<void> root;
  if (const Status status = key_of(attributes.RootDirectory, root); status != STATUS_SUCCESS) return status;
  path = path.empty() ? path_of(root) : path_of(root) + u'\\' + path;
  return STATUS_SUCCESS;
}

Status open_key(Thread& thread, const OBJECT_ATTRIBUTES& attributes, std::u16string path, AccessMask desired,
                PHANDLE handle) {
  const auto key = Ref<RegistryKey>::adopt(
      create_object<RegistryKey>(thread.system, kKeyType, RegistryKey{std::move(path)}));
  return open_by_pointer(thread, key.get(), attributes.Attributes & ~OBJ_FORCE_ACCESS_CHECK, desired, handle);
}

// Copies a structure of a fixed head and a variable rest the way the configuration manager does: nothing when
// the head does not fit, else as much as fits.
Status give(const void* whole, std::size_t size, std::size_t head, PVOID buffer, ULONG length,
            PULONG needed) {
  *needed = static_cast<ULONG>(size);
  if (length < head) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(buffer, whole, std::min<std::size_t>(length, size));
  return length < size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

template <class Head>
std::vector<std::uint8_t> begin_with(const Head& head, std::size_t head_size) {
  std::vector<std::uint8_t> bytes(head_size);
  std::memcpy(bytes.data(), &head, head_size);
  return bytes;
}

void append(std::vector<std::uint8_t>& bytes, const void* data, std::size_t size) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  bytes.insert(bytes.end(), from, from + size);
}

Status give_value(const std::u16string& name, const RegistryValue& value, KEY_VALUE_INFORMATION_CLASS kind,
                  PVOID buffer, ULONG length, PULONG needed) {
  const auto type = static_cast<ULONG>(value.type);
  const auto name_bytes = static_cast<ULONG>(name.size() * sizeof(WCHAR));
  const auto data_bytes = static_cast<ULONG>(value.data.size());
  if (kind == KeyValueBasicInformation) {
    constexpr std::size_t kHead = offsetof(KEY_VALUE_BASIC_INFORMATION, Name);
    auto bytes = begin_with(KEY_VALUE_BASIC_INFORMATION{0, type, name_bytes, {}}, kHead);
    append(bytes, name.data(), name_bytes);
    return give(bytes.data(), bytes.size(), kHead, buffer, length, needed);
  }
  if (kind == KeyValuePartialInformationAlign64) {
    // Without the title index; the data behind the head of 8 bytes is aligned with the buffer.
    const ULONG numbers[2] = {type, data_bytes};
    auto bytes = begin_with(numbers, sizeof numbers);
    append(bytes, value.data.data(), data_bytes);
    return give(bytes.data(), bytes.size(), sizeof numbers, buffer, length, needed);
  }
  if (kind == KeyValuePartialInformation) {
    constexpr std::size_t kHead = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
    auto bytes = begin_with(KEY_VALUE_PARTIAL_INFORMATION{0, type, data_bytes, {}}, kHead);
    append(bytes, value.data.data(), data_bytes);
    return give(bytes.data(), bytes.size(), kHead, buffer, length, needed);
  }
  if (kind == KeyValueFullInformation || kind == KeyValueFullInformationAlign64) {
    const std::size_t alignment = kind == KeyValueFullInformation ? 4 : 8;
    constexpr std::size_t kHead = offsetof(KEY_VALUE_FULL_INFORMATION, Name);
    const auto offset = static_cast<ULONG>((kHead + name_bytes + alignment - 1) & ~(alignment - 1));
    auto bytes = begin_with(KEY_VALUE_FULL_INFORMATION{0, type, offset, data_bytes, name_bytes, {}}, kHead);
    append(bytes, name.data(), name_bytes);
    bytes.resize(offset);
    append(bytes, value.data.data(), data_bytes);
    return give(bytes.data(), bytes.size(), kHead, buffer, length, needed);
  }
  return STATUS_INVALID_PARAMETER;
}

KEY_FULL_INFORMATION describe(const Registry& registry, const std::u16string& path) {
  KEY_FULL_INFORMATION full{};
  full.LastWriteTime.QuadPart = static_cast<LONGLONG>(registry.last_write(path));
  full.ClassOffset = offsetof(KEY_FULL_INFORMATION, Class);
  for (const std::u16string& name : registry.subkeys(path)) {
    ++full.SubKeys;
    full.MaxNameLen = std::max(full.MaxNameLen, static_cast<ULONG>(name.size() * sizeof(WCHAR)));
  }
  for (const std::u16string& name : registry.values(path)) {
    ++full.Values;
    full.MaxValueNameLen = std::max(full.MaxValueNameLen, static_cast<ULONG>(name.size() * sizeof(WCHAR)));
    if (const auto value = registry.get(path, name)) {
      full.MaxValueDataLen = std::max(full.MaxValueDataLen, static_cast<ULONG>(value->data.size()));
    }
  }
  return full;
}

Status give_key(const Registry& registry, const std::u16string& path, KEY_INFORMATION_CLASS kind,
                PVOID buffer, ULONG length, PULONG needed) {
  LARGE_INTEGER written;
  written.QuadPart = static_cast<LONGLONG>(registry.last_write(path));
  if (kind == KeyNodeInformation) {
    const std::u16string name = path.substr(path.find_last_of(u'\\') + 1);
    const auto name_bytes = static_cast<ULONG>(name.size() * sizeof(WCHAR));
    constexpr std::size_t kHead = offsetof(KEY_NODE_INFORMATION, Name);
    // No key has a class here: its offset is -1.
    auto bytes = begin_with(KEY_NODE_INFORMATION{written, 0, ~0u, 0, name_bytes, {}}, kHead);
    append(bytes, name.data(), name_bytes);
    return give(bytes.data(), bytes.size(), kHead, buffer, length, needed);
  }
  if (kind == KeyCachedInformation) unsupported("KeyCachedInformation");
  if (kind == KeyFullInformation) {
    const KEY_FULL_INFORMATION full = describe(registry, path);
    constexpr std::size_t kHead = offsetof(KEY_FULL_INFORMATION, Class);
    return give(&full, kHead, kHead, buffer, length, needed);
  }
  if (kind == KeyBasicInformation) {
    const std::u16string name = path.substr(path.find_last_of(u'\\') + 1);
    constexpr std::size_t kHead = offsetof(KEY_BASIC_INFORMATION, Name);
    auto bytes = begin_with(
        KEY_BASIC_INFORMATION{written, 0, static_cast<ULONG>(name.size() * sizeof(WCHAR)), {}}, kHead);
    append(bytes, name.data(), name.size() * sizeof(WCHAR));
    return give(bytes.data(), bytes.size(), kHead, buffer, length, needed);
  }
  if (kind == KeyNameInformation) {
    const auto bytes = static_cast<ULONG>(path.size() * sizeof(WCHAR));
    std::vector<std::uint8_t> whole = begin_with(bytes, sizeof bytes);
    append(whole, path.data(), bytes);
    return give(whole.data(), whole.size(), sizeof bytes, buffer, length, needed);
  }
  return STATUS_INVALID_PARAMETER;
}

// What a create and an open have in common: the names and rights that a callback is shown.
struct Opening {
  REG_CREATE_KEY_INFORMATION information{};
  UNICODE_STRING name{};
  Ref<void> root;
  PVOID result = nullptr;

  Status prepare(const OBJECT_ATTRIBUTES& attributes, AccessMask desired) {
    if (attributes.RootDirectory != nullptr) {
      if (const Status status = key_of(attributes.RootDirectory, root); status != STATUS_SUCCESS)
        return status;
    }
    if (attributes.ObjectName != nullptr) name = *attributes.ObjectName;
    information.CompleteName = &name;
    information.RootObject = root.get();
    information.ObjectType = const_cast<ObjectType*>(&kKeyType);
    information.SecurityDescriptor = attributes.SecurityDescriptor;
    information.SecurityQualityOfService = attributes.SecurityQualityOfService;
    information.DesiredAccess = desired;
    information.GrantedAccess = desired;
    information.ResultObject = &result;
    return STATUS_SUCCESS;
  }
};

// The object behind a new handle, for the callbacks; the handle keeps it.
PVOID object_of(HANDLE handle) {
  Ref<void> object;
  return key_of(handle, object) == STATUS_SUCCESS ? object.get() : nullptr;
}

Status open_existing(Thread& thread, const char* routine, PHANDLE handle, ACCESS_MASK desired,
                     POBJECT_ATTRIBUTES attributes, ULONG options) {
  enter(routine, kPassive);
  std::u16string path;
  if (const Status status = path_from(*attributes, path); status != STATUS_SUCCESS) return status;
  Opening opening;
  if (const Status status = opening.prepare(*attributes, desired); status != STATUS_SUCCESS) return status;
  opening.information.CreateOptions = options;
  RegistryOperation operation(thread, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx, &opening.information,
                              &opening.information.CallContext, nullptr);
  return operation.run(
      [&]() -> Status {
        std::optional<std::u16string> spelled = registry(thread).spelled(path);
        if (!spelled) return STATUS_OBJECT_NAME_NOT_FOUND;
        const Status status = open_key(thread, *attributes, std::move(*spelled), desired, handle);
        if (NT_SUCCESS(status)) opening.result = object_of(*handle);
        return status;
      },
      &opening.result);
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

NTSTATUS ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG,
                     PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition) {
  nt::Thread& thread = enter("ZwCreateKey", nt::kPassive);
  std::u16string path;
  if (const NTSTATUS status = nt::path_from(*ObjectAttributes, path); status != STATUS_SUCCESS) return status;
  if ((CreateOptions & REG_OPTION_CREATE_LINK) != 0) nt::unsupported("ZwCreateKey of a symbolic link");
  nt::Opening opening;
  if (const NTSTATUS status = opening.prepare(*ObjectAttributes, DesiredAccess); status != STATUS_SUCCESS)
    return status;
  ULONG made = 0;
  opening.information.CreateOptions = CreateOptions;
  opening.information.Class = Class;
  opening.information.Disposition = &made;
  nt::RegistryOperation operation(thread, RegNtPreCreateKeyEx, RegNtPostCreateKeyEx, &opening.information,
                                  &opening.information.CallContext, nullptr);
  const NTSTATUS status = operation.run(
      [&]() -> NTSTATUS {
        // Only the last component may be new.
        if (!nt::registry(thread).exists(path.substr(0, path.find_last_of(u'\\'))))
          return STATUS_OBJECT_NAME_NOT_FOUND;
        made = nt::registry(thread).create(path) ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
        path = nt::registry(thread).spelled(path).value_or(path);
        const NTSTATUS opened = nt::open_key(thread, *ObjectAttributes, path, DesiredAccess, KeyHandle);
        if (NT_SUCCESS(opened)) opening.result = nt::object_of(*KeyHandle);
        return opened;
      },
      &opening.result);
  if (NT_SUCCESS(status) && Disposition != nullptr) *Disposition = made;
  return status;
}

NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return nt::open_existing(nt::current_thread("ZwOpenKey"), "ZwOpenKey", KeyHandle, DesiredAccess,
                           ObjectAttributes, 0);
}

NTSTATUS ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                     ULONG OpenOptions) {
  return nt::open_existing(nt::current_thread("ZwOpenKeyEx"), "ZwOpenKeyEx", KeyHandle, DesiredAccess,
                           ObjectAttributes, OpenOptions);
}

NTSTATUS ZwDeleteKey(HANDLE KeyHandle) {
  nt::Thread& thread = enter("ZwDeleteKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  REG_DELETE_KEY_INFORMATION information{};
  information.Object = key.get();
  nt::RegistryOperation operation(thread, RegNtPreDeleteKey, RegNtPostDeleteKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([&]() -> NTSTATUS {
    return nt::registry(thread).remove(nt::path_of(key)) ? STATUS_SUCCESS : STATUS_CANNOT_DELETE;
  });
}

NTSTATUS ZwRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName) {
  nt::Thread& thread = enter("ZwRenameKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  const std::u16string_view name = nt::view(NewName);
  if (name.empty() || name.find(u'\\') != std::u16string_view::npos) return STATUS_INVALID_PARAMETER;
  REG_RENAME_KEY_INFORMATION information{};
  information.Object = key.get();
  information.NewName = NewName;
  nt::RegistryOperation operation(thread, RegNtPreRenameKey, RegNtPostRenameKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([&]() -> NTSTATUS {
    auto& path = static_cast<nt::RegistryKey*>(key.get())->path;
    if (!nt::registry(thread).exists(path)) return STATUS_KEY_DELETED;
    if (!nt::registry(thread).rename(path, name)) return STATUS_CANNOT_DELETE;
    path = path.substr(0, path.find_last_of(u'\\') + 1) + std::u16string(name);
    return STATUS_SUCCESS;
  });
}

NTSTATUS ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                    ULONG Length, PULONG ResultLength) {
  nt::Thread& thread = enter("ZwQueryKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  REG_QUERY_KEY_INFORMATION information{};
  information.Object = key.get();
  information.KeyInformationClass = KeyInformationClass;
  information.KeyInformation = KeyInformation;
  information.Length = Length;
  information.ResultLength = ResultLength;
  nt::RegistryOperation operation(thread, RegNtPreQueryKey, RegNtPostQueryKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([&]() -> NTSTATUS {
    if (!nt::registry(thread).exists(nt::path_of(key))) return STATUS_KEY_DELETED;
    return nt::give_key(nt::registry(thread), nt::path_of(key), KeyInformationClass, KeyInformation, Length,
                        ResultLength);
  });
}

NTSTATUS ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                        PVOID KeyInformation, ULONG Length, PULONG ResultLength) {
  nt::Thread& thread = enter("ZwEnumerateKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  REG_ENUMERATE_KEY_INFORMATION information{};
  information.Object = key.get();
  information.Index = Index;
  information.KeyInformationClass = KeyInformationClass;
  information.KeyInformation = KeyInformation;
  information.Length = Length;
  information.ResultLength = ResultLength;
  nt::RegistryOperation operation(thread, RegNtPreEnumerateKey, RegNtPostEnumerateKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([&]() -> NTSTATUS {
    const auto names = nt::registry(thread).subkeys(nt::path_of(key));
    if (Index >= names.size()) return STATUS_NO_MORE_ENTRIES;
    return nt::give_key(nt::registry(thread), nt::path_of(key) + u'\\' + names[Index], KeyInformationClass,
                        KeyInformation, Length, ResultLength);
  });
}

NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
                         KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                         ULONG Length, PULONG ResultLength) {
  nt::Thread& thread = enter("ZwQueryValueKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  REG_QUERY_VALUE_KEY_INFORMATION information{};
  information.Object = key.get();
  information.ValueName = ValueName;
  information.KeyValueInformationClass = KeyValueInformationClass;
  information.KeyValueInformation = KeyValueInformation;
  information.Length = Length;
  information.ResultLength = ResultLength;
  nt::RegistryOperation operation(thread, RegNtPreQueryValueKey, RegNtPostQueryValueKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([&]() -> NTSTATUS {
    const auto value = nt::registry(thread).get(nt::path_of(key), nt::view(ValueName));
    if (!value) return STATUS_OBJECT_NAME_NOT_FOUND;
    return nt::give_value(value->name, *value, KeyValueInformationClass, KeyValueInformation, Length,
                          ResultLength);
  });
}

NTSTATUS ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
                             KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                             ULONG Length, PULONG ResultLength) {
  nt::Thread& thread = enter("ZwEnumerateValueKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  REG_ENUMERATE_VALUE_KEY_INFORMATION information{};
  information.Object = key.get();
  information.Index = Index;
  information.KeyValueInformationClass = KeyValueInformationClass;
  information.KeyValueInformation = KeyValueInformation;
  information.Length = Length;
  information.ResultLength = ResultLength;
  nt::RegistryOperation operation(thread, RegNtPreEnumerateValueKey, RegNtPostEnumerateValueKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([&]() -> NTSTATUS {
    const auto names = nt::registry(thread).values(nt::path_of(key));
    if (Index >= names.size()) return STATUS_NO_MORE_ENTRIES;
    const auto value = nt::registry(thread).get(nt::path_of(key), names[Index]);
    if (!value) return STATUS_NO_MORE_ENTRIES;  // removed meanwhile
    return nt::give_value(value->name, *value, KeyValueInformationClass, KeyValueInformation, Length,
                          ResultLength);
  });
}

NTSTATUS ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
                       ULONG DataSize) {
  nt::Thread& thread = enter("ZwSetValueKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  REG_SET_VALUE_KEY_INFORMATION information{};
  information.Object = key.get();
  information.ValueName = ValueName;
  information.TitleIndex = TitleIndex;
  information.Type = Type;
  information.Data = Data;
  information.DataSize = DataSize;
  nt::RegistryOperation operation(thread, RegNtPreSetValueKey, RegNtPostSetValueKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([&]() -> NTSTATUS {
    const auto* bytes = static_cast<const std::uint8_t*>(Data);
    nt::RegistryValue value{static_cast<nt::ValueType>(Type), {}, {}};
    if (DataSize != 0) value.data.assign(bytes, bytes + DataSize);
    return nt::registry(thread).set(nt::path_of(key), nt::view(ValueName), std::move(value))
               ? STATUS_SUCCESS
               : STATUS_KEY_DELETED;
  });
}

NTSTATUS ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName) {
  nt::Thread& thread = enter("ZwDeleteValueKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  REG_DELETE_VALUE_KEY_INFORMATION information{};
  information.Object = key.get();
  information.ValueName = ValueName;
  nt::RegistryOperation operation(thread, RegNtPreDeleteValueKey, RegNtPostDeleteValueKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([&]() -> NTSTATUS {
    return nt::registry(thread).remove_value(nt::path_of(key), nt::view(ValueName))
               ? STATUS_SUCCESS
               : STATUS_OBJECT_NAME_NOT_FOUND;
  });
}

NTSTATUS ZwFlushKey(HANDLE KeyHandle) {
  nt::Thread& thread = enter("ZwFlushKey", nt::kPassive);
  nt::Ref<void> key;
  if (const NTSTATUS status = nt::key_of(KeyHandle, key); status != STATUS_SUCCESS) return status;
  REG_FLUSH_KEY_INFORMATION information{};
  information.Object = key.get();
  nt::RegistryOperation operation(thread, RegNtPreFlushKey, RegNtPostFlushKey, &information,
                                  &information.CallContext, key.get());
  return operation.run([]() -> NTSTATUS { return STATUS_SUCCESS; });
}

}  // extern "C"
