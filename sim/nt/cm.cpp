// Cm: callbacks on the registry.
#include <ntifs.h>

#include "nt/registry_callbacks.hpp"
#include "nt/wdk.hpp"

using namespace fltsim;
using nt::enter;

namespace {

constexpr ULONG kNameTag = 0x4E626D43;  // "CmbN"

}  // namespace

extern "C" {

NTSTATUS CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context, PLARGE_INTEGER Cookie) {
  nt::Thread& thread = enter("CmRegisterCallback", nt::kApc);
  if (nt::fails_now(thread, "CmRegisterCallback")) return STATUS_INSUFFICIENT_RESOURCES;
  return thread.system.nt().registry_callbacks().add(thread, Function, std::nullopt, Context, *Cookie);
}

NTSTATUS CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID, PVOID Context,
                              PLARGE_INTEGER Cookie, PVOID) {
  nt::Thread& thread = enter("CmRegisterCallbackEx", nt::kApc);
  if (nt::fails_now(thread, "CmRegisterCallbackEx")) return STATUS_INSUFFICIENT_RESOURCES;
  return thread.system.nt().registry_callbacks().add(thread, Function, nt::view(Altitude), Context, *Cookie);
}

NTSTATUS CmUnRegisterCallback(LARGE_INTEGER Cookie) {
  nt::Thread& thread = enter("CmUnRegisterCallback", nt::kApc);
  return thread.system.nt().registry_callbacks().remove(thread, Cookie);
}

VOID CmGetCallbackVersion(PULONG Major, PULONG Minor) {
  enter("CmGetCallbackVersion", nt::kApc);
  if (Major != nullptr) *Major = 1;
  if (Minor != nullptr) *Minor = 1;
}

// The name belongs to the key object and is good while that is referenced.
NTSTATUS CmCallbackGetKeyObjectID(PLARGE_INTEGER, PVOID Object, PULONG_PTR ObjectID,
                                  PCUNICODE_STRING* ObjectName) {
  enter("CmCallbackGetKeyObjectID", nt::kApc);
  auto* key = nt::as<nt::RegistryKey>(Object, nt::kKeyType);
  if (key == nullptr) return STATUS_INVALID_PARAMETER;
  if (ObjectID != nullptr) *ObjectID = reinterpret_cast<ULONG_PTR>(key);
  if (ObjectName == nullptr) return STATUS_SUCCESS;
  const auto size = static_cast<USHORT>(key->path.size() * sizeof(WCHAR));
  key->name = {size, size, key->path.data()};
  static_assert(sizeof key->name == sizeof(UNICODE_STRING));
  *ObjectName = reinterpret_cast<PCUNICODE_STRING>(&key->name);
  return STATUS_SUCCESS;
}

// The caller gives it back with CmCallbackReleaseKeyObjectIDEx.
NTSTATUS CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                    PCUNICODE_STRING* ObjectName, ULONG Flags) {
  if (Flags != 0) return STATUS_INVALID_PARAMETER;
  PCUNICODE_STRING name = nullptr;
  const NTSTATUS status = CmCallbackGetKeyObjectID(Cookie, Object, ObjectID, &name);
  if (!NT_SUCCESS(status) || ObjectName == nullptr) return status;
  auto* copy = static_cast<PUNICODE_STRING>(
      ExAllocatePoolWithTag(PagedPool, sizeof(UNICODE_STRING) + name->Length, kNameTag));
  if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  copy->Length = copy->MaximumLength = name->Length;
  copy->Buffer = reinterpret_cast<PWCH>(copy + 1);
  std::memcpy(copy->Buffer, name->Buffer, name->Length);
  *ObjectName = copy;
  return STATUS_SUCCESS;
}

VOID CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName) {
  ExFreePoolWithTag(const_cast<PUNICODE_STRING>(ObjectName), kNameTag);
}

// Nobody makes transactions on the registry here.
PVOID CmGetBoundTransaction(PLARGE_INTEGER, PVOID) {
  enter("CmGetBoundTransaction", nt::kApc);
  return nullptr;
}

}  // extern "C"
