#include "settings.hpp"

#include <array>

namespace drmfilter {
namespace {

constexpr ULONG kImageUnitsMax = 1024;

// The value as the registry hands it out; the text lies inside.
struct ImageValue {
  alignas(8) std::array<UCHAR, sizeof(KEY_VALUE_PARTIAL_INFORMATION) + kImageUnitsMax * sizeof(WCHAR)> bytes;
};
ImageValue image_value;

class Key {
 public:
  ~Key() {
    if (handle_ != nullptr) ZwClose(handle_);
  }
  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  [[nodiscard]] NTSTATUS open(PUNICODE_STRING path, HANDLE parent) {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, parent, NULL);
    return ZwOpenKey(&handle_, KEY_READ, &attributes);
  }

  [[nodiscard]] HANDLE handle() const { return handle_; }

 private:
  HANDLE handle_ = nullptr;
};

[[nodiscard]] Text without_terminators(Text text) { return text.first(text.find(u'\0')); }

// Puts the KEY_VALUE_PARTIAL_INFORMATION of a value below Parameters into `room`.
[[nodiscard]] NTSTATUS read_parameter(PUNICODE_STRING registry_path, PCWSTR name, void* room, ULONG size) {
  UNICODE_STRING parameters_name;
  UNICODE_STRING value_name;
  RtlInitUnicodeString(&parameters_name, L"Parameters");
  RtlInitUnicodeString(&value_name, name);
  Key service;
  Key parameters;
  NTSTATUS status = service.open(registry_path, NULL);
  if (NT_SUCCESS(status)) status = parameters.open(&parameters_name, service.handle());
  if (!NT_SUCCESS(status)) return status;
  ULONG length = 0;
  return ZwQueryValueKey(parameters.handle(), &value_name, KeyValuePartialInformation, room, size, &length);
}

// A REG_DWORD below Parameters, or `otherwise`.
[[nodiscard]] uint32_t read_number(PUNICODE_STRING registry_path, PCWSTR name, uint32_t otherwise,
                                   uint32_t min, uint32_t max) {
  alignas(8) std::array<UCHAR, sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)> room;
  const NTSTATUS status = read_parameter(registry_path, name, room.data(), static_cast<ULONG>(room.size()));
  const auto* value = reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(room.data());
  if (!NT_SUCCESS(status) || value->Type != REG_DWORD || value->DataLength != sizeof(uint32_t))
    return otherwise;
  uint32_t number = 0;
  fltlink::copy_bytes(&number, value->Data, sizeof number);
  if (number < min) return min;
  return number < max ? number : max;
}

[[nodiscard]] NTSTATUS take_key(const KEY_VALUE_PARTIAL_INFORMATION& value, AuthenticationKey& key) {
  if (value.Type != REG_BINARY) return STATUS_OBJECT_TYPE_MISMATCH;
  if (value.DataLength < FLTLINK_KEY_SIZE_MIN || value.DataLength > FLTLINK_KEY_SIZE_MAX)
    return STATUS_INVALID_PARAMETER;
  fltlink::copy_bytes(key.bytes.data(), value.Data, value.DataLength);
  key.size = value.DataLength;
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS read_allowed_image(PUNICODE_STRING registry_path, Text& image) {
  const NTSTATUS status = read_parameter(registry_path, L"AllowedImage", image_value.bytes.data(),
                                         static_cast<ULONG>(image_value.bytes.size()));
  if (!NT_SUCCESS(status)) return status;
  const auto* value = reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(image_value.bytes.data());
  if (value->Type != REG_SZ) return STATUS_OBJECT_TYPE_MISMATCH;
  image = without_terminators(Text(value->Data, value->DataLength / sizeof(WCHAR)));
  return STATUS_SUCCESS;
}

uint32_t read_authorize_timeout_ms(PUNICODE_STRING registry_path) {
  return read_number(registry_path, L"AuthorizeTimeoutMs", kAuthorizeTimeoutMsDefault, kAuthorizeTimeoutMsMin,
                     kAuthorizeTimeoutMsMax);
}

uint32_t read_policy_memory_kib(PUNICODE_STRING registry_path) {
  return read_number(registry_path, L"PolicyMemoryKiB", kPolicyMemoryKiBDefault, kPolicyMemoryKiBMin,
                     kPolicyMemoryKiBMax);
}

NTSTATUS read_authentication_key(PUNICODE_STRING registry_path, AuthenticationKey& key) {
  alignas(8) std::array<UCHAR, sizeof(KEY_VALUE_PARTIAL_INFORMATION) + FLTLINK_KEY_SIZE_MAX> room;
  NTSTATUS status =
      read_parameter(registry_path, L"AuthenticationKey", room.data(), static_cast<ULONG>(room.size()));
  if (status == STATUS_OBJECT_NAME_NOT_FOUND) return STATUS_SUCCESS;
  const auto* value = reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(room.data());
  if (status == STATUS_BUFFER_OVERFLOW) status = STATUS_INVALID_PARAMETER;
  if (NT_SUCCESS(status)) status = take_key(*value, key);
  fltlink::wipe(room);
  return status;
}

}  // namespace drmfilter
