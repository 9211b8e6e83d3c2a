// The I/O manager and the object manager, the rarer part: plug-and-play notifications, remove locks, start-io, timers,
// more of work items, and tagged references.
#pragma once

#include "io.h"
#include "ob_callbacks.h"

WDK_BEGIN

// --- requests ---
PIRP IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                   PLARGE_INTEGER StartingOffset, PIO_STATUS_BLOCK IoStatusBlock);
PIRP IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize);
PIRP IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota);
VOID IoInitializeIrpEx(PIRP Irp, PDEVICE_OBJECT DeviceObject, USHORT PacketSize, CCHAR StackSize);
NTSTATUS IoSynchronousCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine,
                                  PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
                                  BOOLEAN InvokeOnCancel);
VOID IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction);
VOID IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable);
VOID IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable);
#define IoRequestDpc(device, irp, context) KeInsertQueueDpc(&(device)->Dpc, (irp), (context))
NTSTATUS IoGetActivityIdIrp(PIRP Irp, LPGUID Guid);
NTSTATUS IoSetActivityIdIrp(PIRP Irp, LPCGUID Guid);
LPCGUID IoSetActivityIdThread(LPCGUID ActivityId);
VOID IoClearActivityIdThread(LPCGUID OriginalId);
IO_PRIORITY_HINT IoGetPagingIoPriority(PIRP Irp);
BOOLEAN IoIsInitiator32bitProcess(PIRP Irp);

// --- devices ---
NTSTATUS IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, CONST GUID* InterfaceClassGuid,
                                   PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName);
NTSTATUS IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable);
NTSTATUS IoGetDeviceInterfaces(CONST GUID* InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags,
                               PWSTR* SymbolicLinkList);
NTSTATUS IoGetDeviceInterfaceAlias(PUNICODE_STRING SymbolicLinkName, CONST GUID* AliasInterfaceClassGuid,
                                   PUNICODE_STRING AliasSymbolicLinkName);
NTSTATUS IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess,
                                          PHANDLE DeviceInterfaceRegKey);
NTSTATUS IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess,
                                 PHANDLE DeviceRegKey);
#define PLUGPLAY_REGKEY_DEVICE 1
#define PLUGPLAY_REGKEY_DRIVER 2
#define DEVICE_INTERFACE_INCLUDE_NONACTIVE 0x00000001u
typedef enum _IO_NOTIFICATION_EVENT_CATEGORY {
  EventCategoryReserved,
  EventCategoryHardwareProfileChange,
  EventCategoryDeviceInterfaceChange,
  EventCategoryTargetDeviceChange,
  EventCategoryKernelSoftRestart
} IO_NOTIFICATION_EVENT_CATEGORY;
#define PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES 0x00000001u
typedef NTSTATUS DRIVER_NOTIFICATION_CALLBACK_ROUTINE(PVOID NotificationStructure, PVOID Context);
typedef DRIVER_NOTIFICATION_CALLBACK_ROUTINE* PDRIVER_NOTIFICATION_CALLBACK_ROUTINE;
typedef struct _PLUGPLAY_NOTIFICATION_HEADER {
  USHORT Version;
  USHORT Size;
  GUID Event;
} PLUGPLAY_NOTIFICATION_HEADER, *PPLUGPLAY_NOTIFICATION_HEADER;
typedef struct _DEVICE_INTERFACE_CHANGE_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
  GUID InterfaceClassGuid;
  PUNICODE_STRING SymbolicLinkName;
} DEVICE_INTERFACE_CHANGE_NOTIFICATION, *PDEVICE_INTERFACE_CHANGE_NOTIFICATION;
typedef struct _TARGET_DEVICE_REMOVAL_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
  PFILE_OBJECT FileObject;
} TARGET_DEVICE_REMOVAL_NOTIFICATION, *PTARGET_DEVICE_REMOVAL_NOTIFICATION;
typedef struct _TARGET_DEVICE_CUSTOM_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
  PFILE_OBJECT FileObject;
  LONG NameBufferOffset;
  UCHAR CustomDataBuffer[1];
} TARGET_DEVICE_CUSTOM_NOTIFICATION, *PTARGET_DEVICE_CUSTOM_NOTIFICATION;
NTSTATUS IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags,
                                        PVOID EventCategoryData, PDRIVER_OBJECT DriverObject,
                                        PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context,
                                        PVOID* NotificationEntry);
NTSTATUS IoUnregisterPlugPlayNotification(PVOID NotificationEntry);
NTSTATUS IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry);
NTSTATUS IoReportTargetDeviceChange(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure);
VOID IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type);
VOID IoRequestDeviceEject(PDEVICE_OBJECT PhysicalDeviceObject);
VOID IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject);
VOID IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject);
NTSTATUS IoRegisterFsRegistrationChangeMountAware(PDRIVER_OBJECT DriverObject,
                                                  PDRIVER_FS_NOTIFICATION DriverNotificationRoutine,
                                                  BOOLEAN SynchronizeWithMounts);
NTSTATUS IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount);
PDEVICE_OBJECT IoGetDeviceToVerify(PETHREAD Thread);
VOID IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject);
NTSTATUS IoAttachDevice(PDEVICE_OBJECT SourceDevice, PUNICODE_STRING TargetDevice, PDEVICE_OBJECT* AttachedDevice);
typedef VOID IO_TIMER_ROUTINE(PDEVICE_OBJECT DeviceObject, PVOID Context);
typedef IO_TIMER_ROUTINE* PIO_TIMER_ROUTINE;
NTSTATUS IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context);
VOID IoStartTimer(PDEVICE_OBJECT DeviceObject);
VOID IoStopTimer(PDEVICE_OBJECT DeviceObject);
VOID IoRaiseHardError(PIRP Irp, PVPB Vpb, PDEVICE_OBJECT RealDeviceObject);

// --- remove locks ---
typedef struct _IO_REMOVE_LOCK_COMMON_BLOCK {
  BOOLEAN Removed;
  BOOLEAN Reserved[3];
  volatile LONG IoCount;
  KEVENT RemoveEvent;
} IO_REMOVE_LOCK_COMMON_BLOCK;
typedef struct _IO_REMOVE_LOCK {
  IO_REMOVE_LOCK_COMMON_BLOCK Common;
} IO_REMOVE_LOCK, *PIO_REMOVE_LOCK;
VOID IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes, ULONG HighWatermark,
                              ULONG RemlockSize);
NTSTATUS IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line, ULONG RemlockSize);
VOID IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize);
VOID IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize);
#define IoInitializeRemoveLock(lock, tag, minutes, mark) \
  IoInitializeRemoveLockEx(lock, tag, minutes, mark, sizeof(IO_REMOVE_LOCK))
#define IoAcquireRemoveLock(lock, tag) IoAcquireRemoveLockEx(lock, tag, "", 1, sizeof(IO_REMOVE_LOCK))
#define IoReleaseRemoveLock(lock, tag) IoReleaseRemoveLockEx(lock, tag, sizeof(IO_REMOVE_LOCK))
#define IoReleaseRemoveLockAndWait(lock, tag) IoReleaseRemoveLockAndWaitEx(lock, tag, sizeof(IO_REMOVE_LOCK))

// --- work items ---
ULONG IoSizeofWorkItem(VOID);
VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem);
VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem);
BOOLEAN IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                           WORK_QUEUE_TYPE QueueType, PVOID Context);

// --- files ---
VOID IoSetShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                        PSHARE_ACCESS ShareAccess, PBOOLEAN WritePermission);
NTSTATUS IoCheckQuerySetFileInformation(FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                        BOOLEAN SetOperation);
NTSTATUS IoCheckQuerySetVolumeInformation(FS_INFORMATION_CLASS FsInformationClass, ULONG Length,
                                          BOOLEAN SetOperation);
BOOLEAN IoFastQueryNetworkAttributes(POBJECT_ATTRIBUTES ObjectAttributes, ACCESS_MASK DesiredAccess,
                                     ULONG OpenOptions, PIO_STATUS_BLOCK IoStatus,
                                     PFILE_NETWORK_OPEN_INFORMATION Buffer);
PFILE_OBJECT IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject,
                                        PHANDLE FileObjectHandle);
NTSTATUS IoPageRead(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event,
                    PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS IoSynchronousPageWrite(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER FileOffset, PKEVENT Event,
                                PIO_STATUS_BLOCK IoStatusBlock);

#define IO_CD_ROM_INCREMENT 1
#define IO_KEYBOARD_INCREMENT 6
#define IO_MAILSLOT_INCREMENT 2
#define IO_MOUSE_INCREMENT 6
#define IO_NAMED_PIPE_INCREMENT 2
#define IO_NETWORK_INCREMENT 2
#define IO_PARALLEL_INCREMENT 1
#define IO_SERIAL_INCREMENT 2
#define IO_SOUND_INCREMENT 8
#define IO_VIDEO_INCREMENT 1
#define FILE_PIPE_BYTE_STREAM_TYPE 0x00000000u
#define FILE_PIPE_MESSAGE_TYPE 0x00000001u
#define FILE_PIPE_ACCEPT_REMOTE_CLIENTS 0x00000000u
#define FILE_PIPE_REJECT_REMOTE_CLIENTS 0x00000002u
#define FILE_PIPE_QUEUE_OPERATION 0x00000000u
#define FILE_PIPE_COMPLETE_OPERATION 0x00000001u
#define FILE_PIPE_BYTE_STREAM_MODE 0x00000000u
#define FILE_PIPE_MESSAGE_MODE 0x00000001u
#define FILE_PIPE_INBOUND 0x00000000u
#define FILE_PIPE_OUTBOUND 0x00000001u
#define FILE_PIPE_FULL_DUPLEX 0x00000002u
#define FILE_PIPE_DISCONNECTED_STATE 0x00000001u
#define FILE_PIPE_LISTENING_STATE 0x00000002u
#define FILE_PIPE_CONNECTED_STATE 0x00000003u
#define FILE_PIPE_CLOSING_STATE 0x00000004u
#define FILE_PIPE_CLIENT_END 0x00000000u
#define FILE_PIPE_SERVER_END 0x00000001u

// --- objects ---
LONG_PTR ObReferenceObjectSafe(PVOID Object);
VOID ObDereferenceObjectDeferDelete(PVOID Object);
VOID ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag);
NTSTATUS ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                          KPROCESSOR_MODE AccessMode, ULONG Tag, PVOID* Object,
                                          POBJECT_HANDLE_INFORMATION HandleInformation);
NTSTATUS ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                           KPROCESSOR_MODE AccessMode, ULONG Tag);
NTSTATUS ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes, struct _ACCESS_STATE* PassedAccessState,
                                      ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                      KPROCESSOR_MODE AccessMode, ULONG Tag, PHANDLE Handle);
NTSTATUS ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR* SecurityDescriptor, PBOOLEAN MemoryAllocated);
VOID ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated);
NTSTATUS ObInsertObject(PVOID Object, struct _ACCESS_STATE* PassedAccessState, ACCESS_MASK DesiredAccess,
                        ULONG ObjectPointerBias, PVOID* NewObject, PHANDLE Handle);
VOID ObMakeTemporaryObject(PVOID Object);
BOOLEAN ObIsKernelHandle(HANDLE Handle);
NTSTATUS ObIsDosDeviceLocallyMapped(ULONG Index, PBOOLEAN LocallyMapped);
NTSTATUS ObQueryObjectAuditingByHandle(HANDLE Handle, PBOOLEAN GenerateOnClose);

WDK_END
