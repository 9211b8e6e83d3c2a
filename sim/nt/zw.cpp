// Zw: handles, events, processes, symbolic links.
#include <ntifs.h>

#include <algorithm>

#include "nt/handle_callbacks.hpp"
#include "nt/object_attributes.hpp"

using namespace fltsim;
using nt::enter;

namespace fltsim::nt {
namespace {

constexpr ULONG kDuplicateCloseSource = 1;
constexpr ULONG kDuplicateSameAccess = 2;

DispatcherHeader* waitable(void* body) {
  const ObjectType& type = type_of(body);
  return type.waitable != nullptr ? type.waitable(body) : nullptr;
}

Status process_of(HANDLE handle, Ref<void>& process) {
  return reference_by_handle(handle, 0, &kProcessType, Mode::kKernel, process);
}

// Whose table a copy of a handle goes to: a kernel handle belongs to the system process, whatever the target.
Status target_of(HANDLE handle, ULONG attributes, Ref<void>& process) {
  const Status status = process_of(handle, process);
  if (status != STATUS_SUCCESS || (attributes & OBJ_KERNEL_HANDLE) == 0) return status;
  process = Ref<void>::retain(&current_thread("ZwDuplicateObject").system.nt().system_process());
  return STATUS_SUCCESS;
}

}  // namespace
}  // namespace fltsim::nt

extern "C" {

NTSTATUS ZwClose(HANDLE Handle) {
  const nt::KernelCallScope scope(enter("ZwClose", nt::kPassive));
  return nt::close_handle(Handle, nt::Mode::kKernel);
}

NTSTATUS ZwDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
                           PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                           ULONG Options) {
  nt::Thread& thread = enter("ZwDuplicateObject", nt::kPassive);
  nt::Ref<void> source;
  nt::Ref<void> target;
  if (const NTSTATUS status = nt::process_of(SourceProcessHandle, source); status != STATUS_SUCCESS)
    return status;
  nt::HandleTable& from = static_cast<nt::Process*>(source.get())->handles;
  nt::AccessMask access = 0;
  const nt::Ref<void> object = from.find(SourceHandle, &access);
  if (!object) return STATUS_INVALID_HANDLE;
  if (TargetHandle != nullptr) {
    if (const NTSTATUS status = nt::target_of(TargetProcessHandle, HandleAttributes, target);
        status != STATUS_SUCCESS)
      return status;
    const nt::AccessMask granted = (Options & nt::kDuplicateSameAccess) != 0 ? access : DesiredAccess;
    *TargetHandle = nt::duplicate_with_callbacks(
        thread, object.get(), granted, *static_cast<nt::Process*>(source.get()),
        *static_cast<nt::Process*>(target.get()), (HandleAttributes & OBJ_INHERIT) != 0);
    if (*TargetHandle == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  }
  if ((Options & nt::kDuplicateCloseSource) != 0) static_cast<void>(from.close(SourceHandle));
  return STATUS_SUCCESS;
}

NTSTATUS ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                       EVENT_TYPE EventType, BOOLEAN InitialState) {
  nt::Thread& thread = enter("ZwCreateEvent", nt::kPassive);
  if (nt::fails_now(thread, "ZwCreateEvent")) return STATUS_INSUFFICIENT_RESOURCES;
  const auto event = nt::Ref<nt::Event>::adopt(nt::create_object<nt::Event>(thread.system, nt::kEventType));
  nt::Dispatcher::initialize(event->header,
                             EventType == NotificationEvent ? nt::DispatcherType::kNotificationEvent
                                                            : nt::DispatcherType::kSynchronizationEvent,
                             InitialState != FALSE);
  return nt::insert_object(thread, event.get(), ObjectAttributes, DesiredAccess, EventHandle);
}

NTSTATUS ZwOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  nt::Thread& thread = enter("ZwOpenEvent", nt::kPassive);
  return nt::open_object(thread, ObjectAttributes, nt::kEventType, DesiredAccess, EventHandle);
}

NTSTATUS ZwSetEvent(HANDLE EventHandle, PLONG PreviousState) {
  nt::Thread& thread = enter("ZwSetEvent", nt::kPassive);
  nt::Ref<void> event;
  const NTSTATUS status = nt::reference_by_handle(EventHandle, 2, &nt::kEventType, nt::Mode::kKernel, event);
  if (status != STATUS_SUCCESS) return status;
  const LONG before = thread.system.nt().dispatcher().set(static_cast<nt::Event*>(event.get())->header);
  if (PreviousState != nullptr) *PreviousState = before;
  return STATUS_SUCCESS;
}

NTSTATUS ZwWaitForSingleObject(HANDLE Handle, BOOLEAN, PLARGE_INTEGER Timeout) {
  nt::Thread& thread = enter("ZwWaitForSingleObject", nt::kPassive);
  nt::Ref<void> object;
  const NTSTATUS status = nt::reference_by_handle(Handle, 0x00100000, nullptr, nt::Mode::kKernel, object);
  if (status != STATUS_SUCCESS) return status;
  nt::DispatcherHeader* header = nt::waitable(object.get());
  if (header == nullptr) return STATUS_OBJECT_TYPE_MISMATCH;
  const nt::WaitOutcome outcome = thread.system.nt().dispatcher().wait(
      thread, *header,
      {.deadline = nt::deadline_from(nt::ticks_of(Timeout), thread.system.scheduler().now())});
  if (outcome.result == nt::WaitResult::kTimeout) return STATUS_TIMEOUT;
  return outcome.abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_SUCCESS;
}

NTSTATUS ZwOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                       PCLIENT_ID ClientId) {
  nt::Thread& thread = enter("ZwOpenProcess", nt::kPassive);
  if (ClientId == nullptr || ObjectAttributes->ObjectName != nullptr) return STATUS_INVALID_PARAMETER_MIX;
  const nt::Ref<nt::Process> process =
      thread.system.nt().process_by_id(HandleToULong(ClientId->UniqueProcess));
  if (!process) return STATUS_INVALID_CID;
  return nt::open_by_pointer(thread, process.get(), ObjectAttributes->Attributes, DesiredAccess,
                             ProcessHandle);
}

NTSTATUS ZwOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                  POBJECT_ATTRIBUTES ObjectAttributes) {
  nt::Thread& thread = enter("ZwOpenSymbolicLinkObject", nt::kPassive);
  return nt::open_object(thread, ObjectAttributes, nt::kSymbolicLinkType, DesiredAccess, LinkHandle);
}

NTSTATUS ZwQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength) {
  enter("ZwQuerySymbolicLinkObject", nt::kPassive);
  nt::Ref<void> link;
  const NTSTATUS status =
      nt::reference_by_handle(LinkHandle, 1, &nt::kSymbolicLinkType, nt::Mode::kKernel, link);
  if (status != STATUS_SUCCESS) return status;
  const std::u16string& target = static_cast<nt::SymbolicLink*>(link.get())->target;
  const auto bytes = static_cast<ULONG>(target.size() * sizeof(WCHAR));
  if (ReturnedLength != nullptr) *ReturnedLength = bytes;
  if (bytes > LinkTarget->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::copy(target.begin(), target.end(), LinkTarget->Buffer);
  LinkTarget->Length = static_cast<USHORT>(bytes);
  return STATUS_SUCCESS;
}

NTSTATUS ZwOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes) {
  nt::Thread& thread = enter("ZwOpenDirectoryObject", nt::kPassive);
  return nt::open_object(thread, ObjectAttributes, nt::kDirectoryType, DesiredAccess, DirectoryHandle);
}

}  // extern "C"
