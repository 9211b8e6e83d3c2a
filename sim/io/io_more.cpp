// Io routines that need little of the I/O manager: work items, events, share access, stacks, and questions about file
// objects.
#include <ntifs.h>

#include <pthread.h>

#include <cstring>
#include <string>

#include "io/device.hpp"
#include "io/io_manager.hpp"
#include "machine/system.hpp"
#include "nt/driver_call.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/object_attributes.hpp"

namespace io = fltsim::io;
namespace nt = fltsim::nt;

// What a driver holds by PIO_WORKITEM, in pool memory of its own.
struct _IO_WORKITEM {
  void* object;  // the device or driver, referenced while the item is queued
  bool queued;
};

namespace {

constexpr std::uint32_t kWorkTag = 0x206B7257;  // "Wrk "
constexpr ACCESS_MASK kRead = FILE_EXECUTE | FILE_READ_DATA;
constexpr ACCESS_MASK kWrite = FILE_WRITE_DATA | FILE_APPEND_DATA;

// `call` runs the driver's routine in a system worker, with a reference to what the item belongs to.
template <class Call>
void queue(const char* routine, PIO_WORKITEM item, Call call) {
  nt::Thread& thread = nt::enter(routine, nt::kDispatch);
  if (item->queued) {
    nt::bug_check(thread, "VER-44",
                  std::string(routine) +
                      ": the work item is queued already. Windows stops with "
                      "WORKER_THREAD_RETURNED_AT_BAD_IRQL or corrupts its queue");
  }
  item->queued = true;
  nt::reference(item->object);
  thread.system.nt().work().queue(
      [item, object = item->object, driver = thread.driver, call](nt::Thread& worker) {
        // From now on the routine may queue or free it again.
        item->queued = false;
        const auto kept = nt::Ref<void>::adopt(object);
        const nt::DriverScope scope(worker, driver);
        nt::call_driver([&] {
          call(object, item);
          return 0;
        });
      });
}

PKEVENT create_event(const char* routine, PUNICODE_STRING name, PHANDLE handle, EVENT_TYPE type) {
  nt::Thread& thread = nt::enter(routine, nt::kPassive);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE | OBJ_OPENIF,
                             nullptr, nullptr);
  const auto event = nt::Ref<nt::Event>::adopt(nt::create_object<nt::Event>(thread.system, nt::kEventType));
  nt::Dispatcher::initialize(event->header,
                             type == NotificationEvent ? nt::DispatcherType::kNotificationEvent
                                                       : nt::DispatcherType::kSynchronizationEvent,
                             1);
  if (!NT_SUCCESS(nt::insert_object(thread, event.get(), &attributes, EVENT_ALL_ACCESS, handle)))
    return nullptr;
  nt::Ref<void> object;
  if (nt::reference_by_handle(*handle, 0, &nt::kEventType, nt::Mode::kKernel, object) != STATUS_SUCCESS)
    return nullptr;
  // The handle keeps the object; what is handed out is not counted.
  return static_cast<PKEVENT>(object.get());
}

void stack_bounds(ULONG_PTR& low, ULONG_PTR& high) {
  pthread_attr_t attributes;
  void* base = nullptr;
  std::size_t size = 0;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &base, &size);
  pthread_attr_destroy(&attributes);
  low = reinterpret_cast<ULONG_PTR>(base);
  high = low + size;
}

// A device that is attached to another one has a deeper stack than one; nobody keeps the way down.
void refuse_attached(PDEVICE_OBJECT device, const char* routine) {
  if (device->StackSize > 1)
    nt::unsupported((std::string(routine) + " of a device that is attached").c_str());
}

bool shares(const FILE_OBJECT& file) {
  return file.ReadAccess != FALSE || file.WriteAccess != FALSE || file.DeleteAccess != FALSE;
}

void count(const FILE_OBJECT& file, SHARE_ACCESS& share, int by) {
  if (!shares(file)) return;
  const auto add = [by](ULONG& counter, BOOLEAN flag) {
    counter += static_cast<ULONG>(flag != FALSE ? by : 0);
  };
  share.OpenCount += static_cast<ULONG>(by);
  add(share.Readers, file.ReadAccess);
  add(share.Writers, file.WriteAccess);
  add(share.Deleters, file.DeleteAccess);
  add(share.SharedRead, file.SharedRead);
  add(share.SharedWrite, file.SharedWrite);
  add(share.SharedDelete, file.SharedDelete);
}

void note_access(FILE_OBJECT& file, ACCESS_MASK access, ULONG share) {
  file.ReadAccess = (access & kRead) != 0;
  file.WriteAccess = (access & kWrite) != 0;
  file.DeleteAccess = (access & DELETE) != 0;
  if (!shares(file)) return;
  file.SharedRead = (share & FILE_SHARE_READ) != 0;
  file.SharedWrite = (share & FILE_SHARE_WRITE) != 0;
  file.SharedDelete = (share & FILE_SHARE_DELETE) != 0;
}

}  // namespace

extern "C" {

// --- work items ---

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
  nt::Thread& thread = nt::enter("IoAllocateWorkItem", nt::kDispatch);
  if (nt::fails_now(thread, "IoAllocateWorkItem")) return nullptr;
  auto* item = static_cast<PIO_WORKITEM>(thread.system.nt().pool().allocate(
      thread.driver, nt::Pool::Kind::kNonPaged, nt::Pool::Fill::kZero, sizeof(_IO_WORKITEM), kWorkTag));
  if (item != nullptr) item->object = DeviceObject;
  return item;
}

VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
  nt::Thread& thread = nt::enter("IoFreeWorkItem", nt::kDispatch);
  if (IoWorkItem->queued) {
    nt::bug_check(thread, "VER-44", "IoFreeWorkItem: the work item is still queued; free it in its routine");
  }
  thread.system.nt().pool().free(thread, "IoFreeWorkItem", IoWorkItem, kWorkTag);
}

VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE,
                     PVOID Context) {
  queue("IoQueueWorkItem", IoWorkItem, [WorkerRoutine, Context](void* object, PIO_WORKITEM) {
    WorkerRoutine(static_cast<PDEVICE_OBJECT>(object), Context);
  });
}

VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE,
                       PVOID Context) {
  queue("IoQueueWorkItemEx", IoWorkItem,
        [WorkerRoutine, Context](void* object, PIO_WORKITEM item) { WorkerRoutine(object, Context, item); });
}

// --- named events ---

PKEVENT IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
  return create_event("IoCreateNotificationEvent", EventName, EventHandle, NotificationEvent);
}

PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
  return create_event("IoCreateSynchronizationEvent", EventName, EventHandle, SynchronizationEvent);
}

// --- stacks ---

VOID IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit) {
  nt::enter("IoGetStackLimits", nt::kAnyIrql);
  stack_bounds(*LowLimit, *HighLimit);
}

ULONG_PTR IoGetRemainingStackSize(VOID) {
  nt::enter("IoGetRemainingStackSize", nt::kAnyIrql);
  ULONG_PTR low = 0;
  ULONG_PTR high = 0;
  stack_bounds(low, high);
  return reinterpret_cast<ULONG_PTR>(&low) - low;
}

ULONG IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize) {
  nt::enter("IoWithinStackLimits", nt::kAnyIrql);
  ULONG_PTR low = 0;
  ULONG_PTR high = 0;
  stack_bounds(low, high);
  return RegionStart >= low && RegionSize <= high - low && RegionStart - low <= high - low - RegionSize;
}

// --- devices and file objects ---

// Nothing is attached to a file system's device but minifilters, which have no device objects.
PDEVICE_OBJECT IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT DeviceObject) {
  nt::enter("IoGetDeviceAttachmentBaseRef", nt::kDispatch);
  refuse_attached(DeviceObject, "IoGetDeviceAttachmentBaseRef");
  nt::reference(DeviceObject);
  return DeviceObject;
}

PDEVICE_OBJECT IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject) {
  nt::enter("IoGetLowerDeviceObject", nt::kDispatch);
  refuse_attached(DeviceObject, "IoGetLowerDeviceObject");
  return nullptr;
}

// Properties belong to devices that a bus has found, and no driver is given one.
NTSTATUS IoGetDeviceProperty(PDEVICE_OBJECT, DEVICE_REGISTRY_PROPERTY, ULONG, PVOID, PULONG ResultLength) {
  nt::enter("IoGetDeviceProperty", nt::kPassive);
  *ResultLength = 0;
  return STATUS_INVALID_DEVICE_REQUEST;
}

// No file is opened in a transaction here.
PTXN_PARAMETER_BLOCK IoGetTransactionParameterBlock(PFILE_OBJECT) {
  nt::enter("IoGetTransactionParameterBlock", nt::kDispatch);
  return nullptr;
}

BOOLEAN IoIsSystemThread(PETHREAD Thread) { return PsIsSystemThread(Thread); }

// --- share access: the bookkeeping of a file system, in memory of the caller ---

NTSTATUS IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                            PSHARE_ACCESS ShareAccess, BOOLEAN Update) {
  nt::enter("IoCheckShareAccess", nt::kApc);
  note_access(*FileObject, DesiredAccess, DesiredShareAccess);
  if (!shares(*FileObject)) return STATUS_SUCCESS;
  const ULONG open = ShareAccess->OpenCount;
  const bool conflict = (FileObject->ReadAccess && ShareAccess->SharedRead < open) ||
                        (FileObject->WriteAccess && ShareAccess->SharedWrite < open) ||
                        (FileObject->DeleteAccess && ShareAccess->SharedDelete < open) ||
                        (ShareAccess->Readers != 0 && !FileObject->SharedRead) ||
                        (ShareAccess->Writers != 0 && !FileObject->SharedWrite) ||
                        (ShareAccess->Deleters != 0 && !FileObject->SharedDelete);
  if (conflict) return STATUS_SHARING_VIOLATION;
  if (Update) count(*FileObject, *ShareAccess, 1);
  return STATUS_SUCCESS;
}

VOID IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                      PSHARE_ACCESS ShareAccess) {
  nt::enter("IoSetShareAccess", nt::kApc);
  note_access(*FileObject, DesiredAccess, DesiredShareAccess);
  *ShareAccess = {};
  count(*FileObject, *ShareAccess, 1);
}

VOID IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
  nt::enter("IoUpdateShareAccess", nt::kApc);
  count(*FileObject, *ShareAccess, 1);
}

VOID IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
  nt::enter("IoRemoveShareAccess", nt::kApc);
  count(*FileObject, *ShareAccess, -1);
}

// A part of what another list describes; the target has room for it.
VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) {
  nt::Thread& thread = nt::enter("IoBuildPartialMdl", nt::kDispatch);
  const auto* begin = static_cast<const char*>(MmGetMdlVirtualAddress(SourceMdl));
  const auto offset = static_cast<ULONG>(static_cast<const char*>(VirtualAddress) - begin);
  if (offset > SourceMdl->ByteCount || Length > SourceMdl->ByteCount - offset) {
    nt::bug_check(thread, "VER-44",
                  "IoBuildPartialMdl: the part is not within the source's memory. Windows stops with "
                  "TARGET_MDL_TOO_SMALL");
  }
  const ULONG length = Length != 0 ? Length : SourceMdl->ByteCount - offset;
  MmInitializeMdl(TargetMdl, VirtualAddress, length);
  TargetMdl->Process = SourceMdl->Process;
  constexpr CSHORT kInherited = MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_PAGE_READ;
  TargetMdl->MdlFlags = static_cast<CSHORT>((SourceMdl->MdlFlags & kInherited) | MDL_PARTIAL);
  if (SourceMdl->MappedSystemVa != nullptr) {
    TargetMdl->MappedSystemVa = static_cast<char*>(SourceMdl->MappedSystemVa) + offset;
  }
}

}  // extern "C"
