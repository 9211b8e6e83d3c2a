// Io routines of drivers that look at volumes and file objects, and memory descriptor lists.
#include <ntifs.h>

#include <cstring>
#include <string>
#include <string_view>

#include "io/file_object.hpp"
#include "io/operation_text.hpp"
#include "io/volume.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace io = fltsim::io;
namespace nt = fltsim::nt;

namespace {

constexpr std::uint32_t kNameTag = 0x6D4E6F49;  // "IoNm"
constexpr std::uint32_t kMdlTag = 0x206C644D;   // "Mdl "

void* allocate(nt::Thread& thread, const nt::DriverIdentity* owner, nt::Pool::Kind kind, std::size_t size,
               std::uint32_t tag) {
  return thread.system.nt().pool().allocate(owner, kind, nt::Pool::Fill::kPattern, size, tag);
}

// What a driver calls a volume without a drive letter.
std::u16string dos_name(const io::Volume& volume) {
  const io::Volume::Names& names = volume.names();
  if (!names.drive.empty()) return names.drive;
  return u"\\\\?\\" + names.guid.substr(4);
}

void set_text(UNICODE_STRING& string, void* buffer, std::u16string_view text) {
  string.Buffer = static_cast<PWCH>(buffer);
  string.Length = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  string.MaximumLength = string.Length;
  std::memcpy(string.Buffer, text.data(), string.Length);
}

}  // namespace

extern "C" {

PIRP IoGetTopLevelIrp(VOID) {
  return static_cast<PIRP>(nt::enter("IoGetTopLevelIrp", nt::kAnyIrql).top_level_irp);
}

VOID IoSetTopLevelIrp(PIRP Irp) { nt::enter("IoSetTopLevelIrp", nt::kAnyIrql).top_level_irp = Irp; }

PDEVICE_OBJECT IoGetRelatedDeviceObject(PFILE_OBJECT FileObject) {
  nt::enter("IoGetRelatedDeviceObject", nt::kDispatch);
  return FileObject->DeviceObject;
}

struct _GENERIC_MAPPING* IoGetFileObjectGenericMapping(VOID) {
  nt::enter("IoGetFileObjectGenericMapping", nt::kAnyIrql);
  static_assert(sizeof(GENERIC_MAPPING) == sizeof(nt::GenericMapping));
  // Drivers only read it; the WDK's type has no const.
  return reinterpret_cast<GENERIC_MAPPING*>(const_cast<nt::GenericMapping*>(&io::kFileType.mapping));
}

// The way to redirect a create (CB-44): the buffer is the I/O manager's, before and after.
NTSTATUS IoReplaceFileObjectName(PFILE_OBJECT FileObject, PWSTR NewFileName, USHORT FileNameLength) {
  nt::Thread& thread = nt::enter("IoReplaceFileObjectName", nt::kApc);
  if (nt::fails_now(thread, "IoReplaceFileObjectName")) return STATUS_INSUFFICIENT_RESOURCES;
  void* buffer = allocate(thread, nullptr, nt::Pool::Kind::kPaged, FileNameLength, kNameTag);
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const std::u16string_view name(reinterpret_cast<const char16_t*>(NewFileName),
                                 FileNameLength / sizeof(WCHAR));
  void* const before = FileObject->FileName.Buffer;
  set_text(FileObject->FileName, buffer, name);
  if (before != nullptr) thread.system.nt().pool().free(thread, "IoReplaceFileObjectName", before, 0);
  return STATUS_SUCCESS;
}

// The caller frees DosName->Buffer with ExFreePool. The text has a null behind it.
NTSTATUS IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName) {
  nt::Thread& thread = nt::enter("IoVolumeDeviceToDosName", nt::kPassive);
  if (thread.guarded_regions != 0) {
    nt::report(thread, "VER-23", fltsim::Severity::kError,
               "IoVolumeDeviceToDosName was called with all APCs disabled, which it waits for; leave the "
               "guarded region first");
  }
  if (nt::fails_now(thread, "IoVolumeDeviceToDosName")) return STATUS_INSUFFICIENT_RESOURCES;
  auto* volume = nt::as<io::Volume>(VolumeDeviceObject, io::kDeviceType);
  if (volume == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  const std::u16string name = dos_name(*volume);
  const std::size_t size = (name.size() + 1) * sizeof(WCHAR);
  void* buffer = allocate(thread, thread.driver, nt::Pool::Kind::kPaged, size, kNameTag);
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  set_text(*DosName, buffer, name);
  DosName->Buffer[name.size()] = UNICODE_NULL;
  DosName->MaximumLength = static_cast<USHORT>(size);
  return STATUS_SUCCESS;
}

// "C:\dir\file.txt", in one allocation that the caller frees with ExFreePool.
NTSTATUS IoQueryFileDosDeviceName(PFILE_OBJECT FileObject, POBJECT_NAME_INFORMATION* ObjectNameInformation) {
  nt::Thread& thread = nt::enter("IoQueryFileDosDeviceName", nt::kPassive);
  if (nt::fails_now(thread, "IoQueryFileDosDeviceName")) return STATUS_INSUFFICIENT_RESOURCES;
  io::FileObject& file = io::FileObject::of(*FileObject);
  if (!file.opened()) return STATUS_INVALID_PARAMETER;
  std::u16string path;
  const NTSTATUS status = file.file_system().query_name(*file.open, path);
  if (!NT_SUCCESS(status)) return status;
  const std::u16string name = dos_name(*file.volume) + path;
  const std::size_t size = sizeof(OBJECT_NAME_INFORMATION) + name.size() * sizeof(WCHAR);
  auto* information = static_cast<POBJECT_NAME_INFORMATION>(
      allocate(thread, thread.driver, nt::Pool::Kind::kPaged, size, kNameTag));
  if (information == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  set_text(information->Name, information + 1, name);
  *ObjectNameInformation = information;
  return STATUS_SUCCESS;
}

PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN, BOOLEAN, PIRP Irp) {
  nt::Thread& thread = nt::enter("IoAllocateMdl", nt::kDispatch);
  if (Irp != nullptr) nt::unsupported("IoAllocateMdl for an IRP");
  if (nt::fails_now(thread, "IoAllocateMdl")) return nullptr;
  auto* mdl =
      static_cast<PMDL>(allocate(thread, thread.driver, nt::Pool::Kind::kNonPaged, sizeof(MDL), kMdlTag));
  if (mdl == nullptr) return nullptr;
  std::memset(mdl, 0, sizeof(MDL));
  MmInitializeMdl(mdl, VirtualAddress, Length);
  return mdl;
}

VOID IoFreeMdl(PMDL Mdl) {
  nt::Thread& thread = nt::enter("IoFreeMdl", nt::kDispatch);
  thread.system.nt().pool().free(thread, "IoFreeMdl", Mdl, kMdlTag);
}

}  // extern "C"
