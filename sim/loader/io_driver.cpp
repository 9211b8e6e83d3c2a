// Io routines about driver objects: their keys, extensions and second starts.
#include <ntifs.h>

#include <cstring>
#include <memory>
#include <string>

#include "loader/loader.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/object_attributes.hpp"

namespace loader = fltsim::loader;
namespace nt = fltsim::nt;

namespace {

constexpr std::uint32_t kPathTag = 0x50766972;  // "rivP"

loader::DriverObject& of(PDRIVER_OBJECT driver) { return *static_cast<loader::DriverObject*>(driver); }

void add_reinitialization(const char* routine, PDRIVER_OBJECT driver, PDRIVER_REINITIALIZE again,
                          PVOID context) {
  nt::enter(routine, nt::kPassive);
  of(driver).reinitializations.push_back({again, context});
}

}  // namespace

extern "C" {

// Keys of the driver's service. The persistent state of Windows 11 lies elsewhere and is not simulated.
NTSTATUS IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
                                 ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey) {
  nt::enter("IoOpenDriverRegistryKey", nt::kPassive);
  if (Flags != 0) return STATUS_INVALID_PARAMETER;
  if (RegKeyType != DriverRegKeyParameters)
    nt::unsupported("IoOpenDriverRegistryKey for the persistent state");
  std::u16string path = of(DriverObject).registry_path + u"\\Parameters";
  const auto size = static_cast<USHORT>(path.size() * sizeof(WCHAR));
  UNICODE_STRING name{size, size, path.data()};
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  return ZwCreateKey(DriverRegKey, DesiredAccess, &attributes, 0, nullptr, REG_OPTION_NON_VOLATILE, nullptr);
}

NTSTATUS IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress,
                                         ULONG DriverObjectExtensionSize, PVOID* DriverObjectExtension) {
  nt::Thread& thread = nt::enter("IoAllocateDriverObjectExtension", nt::kApc);
  *DriverObjectExtension = nullptr;
  if (nt::fails_now(thread, "IoAllocateDriverObjectExtension")) return STATUS_INSUFFICIENT_RESOURCES;
  auto& extensions = of(DriverObject).extensions;
  if (extensions.contains(ClientIdentificationAddress)) return STATUS_OBJECT_NAME_COLLISION;
  auto& bytes = extensions[ClientIdentificationAddress];
  bytes = std::make_unique<std::byte[]>(DriverObjectExtensionSize);  // goes with the driver object
  *DriverObjectExtension = bytes.get();
  return STATUS_SUCCESS;
}

PVOID IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress) {
  nt::enter("IoGetDriverObjectExtension", nt::kDispatch);
  const auto& extensions = of(DriverObject).extensions;
  const auto found = extensions.find(ClientIdentificationAddress);
  return found == extensions.end() ? nullptr : found->second.get();
}

// Where the image would be on Windows; the caller frees the buffer.
NTSTATUS IoQueryFullDriverPath(PDRIVER_OBJECT DriverObject, PUNICODE_STRING FullPath) {
  nt::Thread& thread = nt::enter("IoQueryFullDriverPath", nt::kPassive);
  const std::u16string path = u"\\SystemRoot\\System32\\drivers\\" + of(DriverObject).service_name + u".sys";
  const std::size_t size = (path.size() + 1) * sizeof(WCHAR);
  auto* buffer = static_cast<PWCH>(thread.system.nt().pool().allocate(thread.driver, nt::Pool::Kind::kPaged,
                                                                      nt::Pool::Fill::kZero, size, kPathTag));
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, path.c_str(), size);
  *FullPath = {static_cast<USHORT>(size - sizeof(WCHAR)), static_cast<USHORT>(size), buffer};
  return STATUS_SUCCESS;
}

VOID IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                      PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context) {
  add_reinitialization("IoRegisterDriverReinitialization", DriverObject, DriverReinitializationRoutine,
                       Context);
}

// The machine has booted long before a driver is loaded.
VOID IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                          PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context) {
  add_reinitialization("IoRegisterBootDriverReinitialization", DriverObject, DriverReinitializationRoutine,
                       Context);
}

}  // extern "C"
