// Ob: references, handles and names as a driver asks for them.
#include <ntifs.h>

#include "nt/handle_callbacks.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

const ObjectType* type_from(POBJECT_TYPE type) { return reinterpret_cast<const ObjectType*>(type); }

Mode mode_from(KPROCESSOR_MODE mode) { return mode == UserMode ? Mode::kUser : Mode::kKernel; }

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                   KPROCESSOR_MODE AccessMode, PVOID* Object,
                                   POBJECT_HANDLE_INFORMATION HandleInformation) {
  enter("ObReferenceObjectByHandle", nt::kPassive);
  nt::Ref<void> object;
  nt::AccessMask granted = 0;
  const NTSTATUS status = nt::reference_by_handle(Handle, DesiredAccess, nt::type_from(ObjectType),
                                                  nt::mode_from(AccessMode), object, &granted);
  *Object = object.detach();
  if (status == STATUS_SUCCESS && HandleInformation != nullptr) *HandleInformation = {0, granted};
  return status;
}

NTSTATUS ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK, POBJECT_TYPE ObjectType, KPROCESSOR_MODE) {
  enter("ObReferenceObjectByPointer", nt::kDispatch);
  const nt::ObjectType* type = nt::type_from(ObjectType);
  if (type != nullptr && !nt::type_of(Object).is(*type)) return STATUS_OBJECT_TYPE_MISMATCH;
  nt::reference(Object);
  return STATUS_SUCCESS;
}

LONG_PTR ObfReferenceObject(PVOID Object) {
  enter("ObReferenceObject", nt::kDispatch);
  nt::reference(Object);
  return nt::ObjectHeader::of(Object).references.load(std::memory_order_relaxed);
}

LONG_PTR ObfDereferenceObject(PVOID Object) {
  enter("ObDereferenceObject", nt::kDispatch);
  const LONG_PTR left = nt::ObjectHeader::of(Object).references.load(std::memory_order_relaxed) - 1;
  nt::release(Object);
  return left;
}

NTSTATUS ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, struct _ACCESS_STATE*,
                               ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                               PHANDLE Handle) {
  nt::Thread& thread = enter("ObOpenObjectByPointer", nt::kPassive);
  const nt::ObjectHeader& header = nt::ObjectHeader::of(Object);
  const nt::ObjectType* type = nt::type_from(ObjectType);
  if (type != nullptr && !header.type->is(*type)) return STATUS_OBJECT_TYPE_MISMATCH;
  nt::AccessMask granted = 0;
  const void* descriptor =
      AccessMode == UserMode && !header.security.empty() ? header.security.data() : nullptr;
  const NTSTATUS status = nt::check_access(descriptor, *nt::current_process(thread).token, DesiredAccess,
                                           header.type->mapping, granted);
  if (status != STATUS_SUCCESS) return status;
  *Handle =
      nt::make_handle_with_callbacks(thread, Object, granted, (HandleAttributes & OBJ_KERNEL_HANDLE) != 0,
                                     (HandleAttributes & OBJ_INHERIT) != 0);
  return *Handle != nullptr ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING;
}

NTSTATUS ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length,
                           PULONG ReturnLength) {
  enter("ObQueryNameString", nt::kPassive);
  const std::u16string name = nt::name_of(Object);
  const std::size_t text = name.empty() ? 0 : (name.size() + 1) * sizeof(WCHAR);
  *ReturnLength = static_cast<ULONG>(sizeof(OBJECT_NAME_INFORMATION) + text);
  if (Length < *ReturnLength) return STATUS_INFO_LENGTH_MISMATCH;
  ObjectNameInfo->Name = {};
  if (name.empty()) return STATUS_SUCCESS;
  auto* buffer = reinterpret_cast<PWCH>(ObjectNameInfo + 1);
  std::memcpy(buffer, name.c_str(), text);
  ObjectNameInfo->Name = {static_cast<USHORT>(text - sizeof(WCHAR)), static_cast<USHORT>(text), buffer};
  return STATUS_SUCCESS;
}

NTSTATUS ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration, PVOID* RegistrationHandle) {
  nt::Thread& thread = enter("ObRegisterCallbacks", nt::kApc);
  if (nt::fails_now(thread, "ObRegisterCallbacks")) return STATUS_INSUFFICIENT_RESOURCES;
  return thread.system.nt().handle_callbacks().add(thread, *CallbackRegistration, *RegistrationHandle);
}

VOID ObUnRegisterCallbacks(PVOID RegistrationHandle) {
  nt::Thread& thread = enter("ObUnRegisterCallbacks", nt::kApc);
  thread.system.nt().handle_callbacks().remove(thread, RegistrationHandle);
}

USHORT ObGetFilterVersion(VOID) { return OB_FLT_REGISTRATION_VERSION; }

// Drivers compare it with what the variables of the kernel hold.
POBJECT_TYPE ObGetObjectType(PVOID Object) {
  enter("ObGetObjectType", nt::kDispatch);
  const nt::ObjectType& type = nt::type_of(Object);
  return reinterpret_cast<POBJECT_TYPE>(
      const_cast<nt::ObjectType*>(type.known_as != nullptr ? type.known_as : &type));
}

NTSTATUS ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes, PACCESS_STATE, ACCESS_MASK,
                                 POBJECT_TYPE ObjectType, KPROCESSOR_MODE, PVOID, PVOID* Object) {
  nt::Thread& thread = enter("ObReferenceObjectByName", nt::kPassive);
  nt::Found found;
  const NTSTATUS status = thread.system.nt().names().lookup(nt::view(ObjectName),
                                                            (Attributes & OBJ_CASE_INSENSITIVE) != 0, found);
  if (status != STATUS_SUCCESS) return status;
  const nt::ObjectType* type = nt::type_from(ObjectType);
  if (!found.rest.empty() || (type != nullptr && !nt::type_of(found.object.get()).is(*type)))
    return STATUS_OBJECT_TYPE_MISMATCH;
  *Object = found.object.detach();
  return STATUS_SUCCESS;
}

VOID ObMakeTemporaryObject(PVOID Object) {
  enter("ObMakeTemporaryObject", nt::kApc);
  nt::ObjectHeader& header = nt::ObjectHeader::of(Object);
  header.permanent = false;
  if (header.handles.load(std::memory_order_acquire) == 0) header.system->nt().names().remove(Object);
}

LONG_PTR ObfReferenceObjectWithTag(PVOID Object, ULONG) { return ObfReferenceObject(Object); }
LONG_PTR ObfDereferenceObjectWithTag(PVOID Object, ULONG) { return ObfDereferenceObject(Object); }

NTSTATUS ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode) {
  enter("ObCloseHandle", nt::kPassive);
  return nt::close_handle(Handle, nt::mode_from(PreviousMode));
}

}  // extern "C"
