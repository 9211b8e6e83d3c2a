// Zw: named objects, waiting for several.
#include <ntifs.h>

#include <cstring>
#include <vector>

#include "nt/object_attributes.hpp"

using namespace fltsim;
using nt::enter;

namespace {

nt::Status event_by(HANDLE handle, nt::Ref<void>& event) {
  return nt::reference_by_handle(handle, 2, &nt::kEventType, nt::Mode::kKernel, event);
}

NTSTATUS reset(const char* routine, HANDLE handle, PLONG before) {
  nt::Thread& thread = enter(routine, nt::kPassive);
  nt::Ref<void> event;
  if (const NTSTATUS status = event_by(handle, event); status != STATUS_SUCCESS) return status;
  const LONG was = thread.system.nt().dispatcher().reset(static_cast<nt::Event*>(event.get())->header);
  if (before != nullptr) *before = was;
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS ZwClearEvent(HANDLE EventHandle) { return reset("ZwClearEvent", EventHandle, nullptr); }

NTSTATUS ZwResetEvent(HANDLE EventHandle, PLONG PreviousState) {
  return reset("ZwResetEvent", EventHandle, PreviousState);
}

NTSTATUS ZwWaitForMultipleObjects(ULONG Count, HANDLE Handles[], WAIT_TYPE WaitType, BOOLEAN,
                                  PLARGE_INTEGER Timeout) {
  nt::Thread& thread = enter("ZwWaitForMultipleObjects", nt::kPassive);
  if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS) return STATUS_INVALID_PARAMETER_1;
  std::vector<nt::Ref<void>> objects(Count);
  std::vector<nt::DispatcherHeader*> headers;
  for (ULONG i = 0; i < Count; ++i) {
    const NTSTATUS status =
        nt::reference_by_handle(Handles[i], SYNCHRONIZE, nullptr, nt::Mode::kKernel, objects[i]);
    if (status != STATUS_SUCCESS) return status;
    const nt::ObjectType& type = nt::type_of(objects[i].get());
    nt::DispatcherHeader* header = type.waitable != nullptr ? type.waitable(objects[i].get()) : nullptr;
    if (header == nullptr) return STATUS_OBJECT_TYPE_MISMATCH;
    headers.push_back(header);
  }
  const nt::WaitOptions options{
      .deadline = nt::deadline_from(nt::ticks_of(Timeout), thread.system.scheduler().now())};
  nt::Dispatcher& dispatcher = thread.system.nt().dispatcher();
  const nt::WaitOutcome outcome = WaitType == WaitAll ? dispatcher.wait_all(thread, headers, options)
                                                      : dispatcher.wait_any(thread, headers, options);
  if (outcome.result == nt::WaitResult::kTimeout) return STATUS_TIMEOUT;
  return (outcome.abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0) +
         static_cast<NTSTATUS>(WaitType == WaitAll ? 0 : outcome.index);
}

// In the mode of the caller's previous mode, which for a driver in a program's thread is the program's.
NTSTATUS NtClose(HANDLE Handle) {
  const nt::Thread& thread = enter("NtClose", nt::kPassive);
  return nt::close_handle(Handle, thread.called_by_kernel ? nt::Mode::kKernel : nt::Mode::kUser);
}

NTSTATUS ZwQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                       PVOID ObjectInformation, ULONG ObjectInformationLength, PULONG ReturnLength) {
  enter("ZwQueryObject", nt::kPassive);
  nt::Ref<void> object;
  nt::AccessMask granted = 0;
  const NTSTATUS status = nt::reference_by_handle(Handle, 0, nullptr, nt::Mode::kKernel, object, &granted);
  if (status != STATUS_SUCCESS) return status;
  ULONG needed = 0;
  PULONG const length = ReturnLength != nullptr ? ReturnLength : &needed;
  const nt::ObjectHeader& header = nt::ObjectHeader::of(object.get());
  switch (static_cast<int>(ObjectInformationClass)) {
    case 0: {  // ObjectBasicInformation
      PUBLIC_OBJECT_BASIC_INFORMATION basic{};
      basic.GrantedAccess = granted;
      basic.HandleCount = static_cast<ULONG>(header.handles.load());
      basic.PointerCount = static_cast<ULONG>(header.references.load());
      *length = sizeof basic;
      if (ObjectInformationLength != sizeof basic) return STATUS_INFO_LENGTH_MISMATCH;
      std::memcpy(ObjectInformation, &basic, sizeof basic);
      return STATUS_SUCCESS;
    }
    case 1:  // ObjectNameInformation
      return ObQueryNameString(object.get(), static_cast<POBJECT_NAME_INFORMATION>(ObjectInformation),
                               ObjectInformationLength, length);
    case 2: {  // ObjectTypeInformation
      const std::u16string_view name = header.type->name;
      const auto size = static_cast<USHORT>(name.size() * sizeof(WCHAR));
      *length = static_cast<ULONG>(sizeof(PUBLIC_OBJECT_TYPE_INFORMATION) + size + sizeof(WCHAR));
      if (ObjectInformationLength < *length) return STATUS_INFO_LENGTH_MISMATCH;
      auto* type = static_cast<PPUBLIC_OBJECT_TYPE_INFORMATION>(ObjectInformation);
      *type = {};
      auto* units = reinterpret_cast<PWCH>(type + 1);
      std::memcpy(units, name.data(), size + sizeof(WCHAR));
      type->TypeName = {size, static_cast<USHORT>(size + sizeof(WCHAR)), units};
      return STATUS_SUCCESS;
    }
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS ZwYieldExecution(VOID) {
  enter("ZwYieldExecution", nt::kPassive);
  return STATUS_SUCCESS;
}

NTSTATUS ZwCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
                                 POBJECT_ATTRIBUTES ObjectAttributes) {
  nt::Thread& thread = enter("ZwCreateDirectoryObject", nt::kPassive);
  const auto directory =
      nt::Ref<nt::Directory>::adopt(nt::create_object<nt::Directory>(thread.system, nt::kDirectoryType));
  return nt::insert_object(thread, directory.get(), ObjectAttributes, DesiredAccess, DirectoryHandle);
}

NTSTATUS ZwCreateSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, PUNICODE_STRING LinkTarget) {
  nt::Thread& thread = enter("ZwCreateSymbolicLinkObject", nt::kPassive);
  if (LinkTarget->Length == 0) return STATUS_INVALID_PARAMETER;
  const auto link = nt::Ref<nt::SymbolicLink>::adopt(nt::create_object<nt::SymbolicLink>(
      thread.system, nt::kSymbolicLinkType, nt::SymbolicLink{std::u16string(nt::view(LinkTarget))}));
  return nt::insert_object(thread, link.get(), ObjectAttributes, DesiredAccess, LinkHandle);
}

// The object goes from the namespace with its last handle.
NTSTATUS ZwMakeTemporaryObject(HANDLE Handle) {
  enter("ZwMakeTemporaryObject", nt::kPassive);
  nt::Ref<void> object;
  const NTSTATUS status = nt::reference_by_handle(Handle, 0, nullptr, nt::Mode::kKernel, object);
  if (status != STATUS_SUCCESS) return status;
  nt::ObjectHeader::of(object.get()).permanent = false;
  return STATUS_SUCCESS;
}

}  // extern "C"
