// The filter manager's structures and constants. Routines are in flt_routines.h.
#pragma once

#include "../shared/filter_info.h"
#include "exports.h"
#include "tm.h"
#include "zw.h"

WDK_BEGIN

// 64-bit Windows lays some parameters out at the alignment of a pointer, as in IO_STACK_LOCATION.
#define WDK_POINTER_ALIGNED __attribute__((aligned(8)))

typedef struct _FLT_FILTER* PFLT_FILTER;
typedef struct _FLT_VOLUME* PFLT_VOLUME;
typedef struct _FLT_INSTANCE* PFLT_INSTANCE;
typedef struct _FLT_PORT* PFLT_PORT;
typedef struct _FLT_GENERIC_WORKITEM* PFLT_GENERIC_WORKITEM;
typedef struct _FLT_DEFERRED_IO_WORKITEM* PFLT_DEFERRED_IO_WORKITEM;
typedef PVOID PFLT_CONTEXT;
#define NULL_CONTEXT ((PFLT_CONTEXT)0)

#define FLT_MGR_BASELINE ((USHORT)0x0000)
#define FLT_MGR_LONGHORN 1
#define FLT_MGR_WIN8 1

// --- major codes that exist for filters only (CB-3) ---
#define IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION ((UCHAR)-1)
#define IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION ((UCHAR)-2)
#define IRP_MJ_ACQUIRE_FOR_MOD_WRITE ((UCHAR)-3)
#define IRP_MJ_RELEASE_FOR_MOD_WRITE ((UCHAR)-4)
#define IRP_MJ_ACQUIRE_FOR_CC_FLUSH ((UCHAR)-5)
#define IRP_MJ_RELEASE_FOR_CC_FLUSH ((UCHAR)-6)
#define IRP_MJ_QUERY_OPEN ((UCHAR)-7)
#define IRP_MJ_NOTIFY_STREAM_FO_CREATION ((UCHAR)-8)
#define IRP_MJ_FAST_IO_CHECK_IF_POSSIBLE ((UCHAR)-13)
#define IRP_MJ_NETWORK_QUERY_OPEN ((UCHAR)-14)
#define IRP_MJ_MDL_READ ((UCHAR)-15)
#define IRP_MJ_MDL_READ_COMPLETE ((UCHAR)-16)
#define IRP_MJ_PREPARE_MDL_WRITE ((UCHAR)-17)
#define IRP_MJ_MDL_WRITE_COMPLETE ((UCHAR)-18)
#define IRP_MJ_VOLUME_MOUNT ((UCHAR)-19)
#define IRP_MJ_VOLUME_DISMOUNT ((UCHAR)-20)
#define IRP_MJ_OPERATION_END ((UCHAR)0x80)

// --- the parameters of an operation: 48 bytes ---
typedef union _FLT_PARAMETERS {
  struct {
    PIO_SECURITY_CONTEXT SecurityContext;
    ULONG Options;  // disposition in the upper 8 bits
    USHORT WDK_POINTER_ALIGNED FileAttributes;
    USHORT ShareAccess;
    ULONG WDK_POINTER_ALIGNED EaLength;
    PVOID EaBuffer;
    LARGE_INTEGER AllocationSize;
  } Create;

  struct {
    PIO_SECURITY_CONTEXT SecurityContext;
    ULONG Options;
    USHORT WDK_POINTER_ALIGNED Reserved;
    USHORT ShareAccess;
    PVOID Parameters;
  } CreatePipe;

  struct {
    PIO_SECURITY_CONTEXT SecurityContext;
    ULONG Options;
    USHORT WDK_POINTER_ALIGNED Reserved;
    USHORT ShareAccess;
    PVOID Parameters;
  } CreateMailslot;

  struct {
    ULONG Length;
    ULONG WDK_POINTER_ALIGNED Key;
    LARGE_INTEGER ByteOffset;
    PVOID ReadBuffer;
    PMDL MdlAddress;
  } Read;

  struct {
    ULONG Length;
    ULONG WDK_POINTER_ALIGNED Key;
    LARGE_INTEGER ByteOffset;
    PVOID WriteBuffer;
    PMDL MdlAddress;
  } Write;

  struct {
    ULONG Length;
    FILE_INFORMATION_CLASS WDK_POINTER_ALIGNED FileInformationClass;
    PVOID InfoBuffer;
  } QueryFileInformation;

  struct {
    ULONG Length;
    FILE_INFORMATION_CLASS WDK_POINTER_ALIGNED FileInformationClass;
    PFILE_OBJECT ParentOfTarget;
    union {
      struct {
        BOOLEAN ReplaceIfExists;
        BOOLEAN AdvanceOnly;
      };
      ULONG ClusterCount;
      HANDLE DeleteHandle;
    };
    PVOID InfoBuffer;
  } SetFileInformation;

  struct {
    ULONG Length;
    PVOID EaList;
    ULONG WDK_POINTER_ALIGNED EaListLength;
    ULONG WDK_POINTER_ALIGNED EaIndex;
    PVOID EaBuffer;
    PMDL MdlAddress;
  } QueryEa;

  struct {
    ULONG Length;
    PVOID EaBuffer;
    PMDL MdlAddress;
  } SetEa;

  struct {
    ULONG Length;
    FS_INFORMATION_CLASS WDK_POINTER_ALIGNED FsInformationClass;
    PVOID VolumeBuffer;
  } QueryVolumeInformation;

  struct {
    ULONG Length;
    FS_INFORMATION_CLASS WDK_POINTER_ALIGNED FsInformationClass;
    PVOID VolumeBuffer;
  } SetVolumeInformation;

  union {
    struct {
      ULONG Length;
      PUNICODE_STRING FileName;
      FILE_INFORMATION_CLASS WDK_POINTER_ALIGNED FileInformationClass;
      ULONG WDK_POINTER_ALIGNED FileIndex;
      PVOID DirectoryBuffer;
      PMDL MdlAddress;
    } QueryDirectory;
    struct {
      ULONG Length;
      ULONG WDK_POINTER_ALIGNED CompletionFilter;
      ULONG WDK_POINTER_ALIGNED Spare1;
      ULONG WDK_POINTER_ALIGNED Spare2;
      PVOID DirectoryBuffer;
      PMDL MdlAddress;
    } NotifyDirectory;
  } DirectoryControl;

  union {
    struct {
      PVPB Vpb;
      PDEVICE_OBJECT DeviceObject;
    } VerifyVolume;
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED FsControlCode;
    } Common;
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED FsControlCode;
      PVOID InputBuffer;
      PVOID OutputBuffer;
      PMDL OutputMdlAddress;
    } Neither;
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED FsControlCode;
      PVOID SystemBuffer;
    } Buffered;
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED FsControlCode;
      PVOID InputSystemBuffer;
      PVOID OutputBuffer;
      PMDL OutputMdlAddress;
    } Direct;
  } FileSystemControl;

  union {
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED IoControlCode;
    } Common;
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED IoControlCode;
      PVOID InputBuffer;
      PVOID OutputBuffer;
      PMDL OutputMdlAddress;
    } Neither;
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED IoControlCode;
      PVOID SystemBuffer;
    } Buffered;
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED IoControlCode;
      PVOID InputSystemBuffer;
      PVOID OutputBuffer;
      PMDL OutputMdlAddress;
    } Direct;
    struct {
      ULONG OutputBufferLength;
      ULONG WDK_POINTER_ALIGNED InputBufferLength;
      ULONG WDK_POINTER_ALIGNED IoControlCode;
      PVOID InputBuffer;
      PVOID OutputBuffer;
    } FastIo;
  } DeviceIoControl;

  struct {
    PLARGE_INTEGER Length;
    ULONG WDK_POINTER_ALIGNED Key;
    LARGE_INTEGER ByteOffset;
    PEPROCESS ProcessId;
    BOOLEAN FailImmediately;
    BOOLEAN ExclusiveLock;
  } LockControl;

  struct {
    SECURITY_INFORMATION SecurityInformation;
    ULONG WDK_POINTER_ALIGNED Length;
    PVOID SecurityBuffer;
    PMDL MdlAddress;
  } QuerySecurity;

  struct {
    SECURITY_INFORMATION SecurityInformation;
    PSECURITY_DESCRIPTOR SecurityDescriptor;
  } SetSecurity;

  struct {
    ULONG_PTR ProviderId;
    PVOID DataPath;
    ULONG WDK_POINTER_ALIGNED BufferSize;
    PVOID Buffer;
  } WMI;

  struct {
    ULONG Length;
    PSID StartSid;
    PVOID SidList;
    ULONG SidListLength;
    PVOID QuotaBuffer;
    PMDL MdlAddress;
  } QueryQuota;

  struct {
    ULONG Length;
    PVOID QuotaBuffer;
    PMDL MdlAddress;
  } SetQuota;

  struct {
    PVOID AllocatedResources;
    PVOID AllocatedResourcesTranslated;
  } Pnp;

  struct {
    FS_FILTER_SECTION_SYNC_TYPE SyncType;
    ULONG PageProtection;
    PVOID OutputInformation;
  } AcquireForSectionSynchronization;

  struct {
    PLARGE_INTEGER EndingOffset;
    PERESOURCE* ResourceToRelease;
  } AcquireForModifiedPageWriter;

  struct {
    PERESOURCE ResourceToRelease;
  } ReleaseForModifiedPageWriter;

  struct {
    PIRP Irp;
    PVOID FileInformation;
    PULONG Length;
    FILE_INFORMATION_CLASS WDK_POINTER_ALIGNED FileInformationClass;
  } QueryOpen;

  struct {
    LARGE_INTEGER FileOffset;
    ULONG WDK_POINTER_ALIGNED Length;
    ULONG WDK_POINTER_ALIGNED LockKey;
    BOOLEAN WDK_POINTER_ALIGNED CheckForReadOperation;
  } FastIoCheckIfPossible;

  struct {
    PIRP Irp;
    PFILE_NETWORK_OPEN_INFORMATION NetworkInformation;
  } NetworkQueryOpen;

  struct {
    LARGE_INTEGER FileOffset;
    ULONG WDK_POINTER_ALIGNED Length;
    ULONG WDK_POINTER_ALIGNED Key;
    PMDL* MdlChain;
  } MdlRead;

  struct {
    PMDL MdlChain;
  } MdlReadComplete;

  struct {
    LARGE_INTEGER FileOffset;
    ULONG WDK_POINTER_ALIGNED Length;
    ULONG WDK_POINTER_ALIGNED Key;
    PMDL* MdlChain;
  } PrepareMdlWrite;

  struct {
    LARGE_INTEGER FileOffset;
    PMDL MdlChain;
  } MdlWriteComplete;

  struct {
    ULONG DeviceType;
  } MountVolume;

  struct {
    PVOID Argument1;
    PVOID Argument2;
    PVOID Argument3;
    PVOID Argument4;
    PVOID Argument5;
    LARGE_INTEGER Argument6;
  } Others;
} FLT_PARAMETERS, *PFLT_PARAMETERS;

// 72 bytes.
typedef struct _FLT_IO_PARAMETER_BLOCK {
  ULONG IrpFlags;
  UCHAR MajorFunction;
  UCHAR MinorFunction;
  UCHAR OperationFlags;
  UCHAR Reserved;
  PFILE_OBJECT TargetFileObject;
  PFLT_INSTANCE TargetInstance;
  FLT_PARAMETERS Parameters;
} FLT_IO_PARAMETER_BLOCK, *PFLT_IO_PARAMETER_BLOCK;

typedef ULONG FLT_CALLBACK_DATA_FLAGS;
#define FLTFL_CALLBACK_DATA_REISSUE_MASK 0x0000FFFFu
#define FLTFL_CALLBACK_DATA_IRP_OPERATION 0x00000001u
#define FLTFL_CALLBACK_DATA_FAST_IO_OPERATION 0x00000002u
#define FLTFL_CALLBACK_DATA_FS_FILTER_OPERATION 0x00000004u
#define FLTFL_CALLBACK_DATA_SYSTEM_BUFFER 0x00000008u
#define FLTFL_CALLBACK_DATA_GENERATED_IO 0x00010000u
#define FLTFL_CALLBACK_DATA_REISSUED_IO 0x00020000u
#define FLTFL_CALLBACK_DATA_DRAINING_IO 0x00040000u
#define FLTFL_CALLBACK_DATA_POST_OPERATION 0x00080000u
#define FLTFL_CALLBACK_DATA_NEW_SYSTEM_BUFFER 0x00100000u
#define FLTFL_CALLBACK_DATA_DIRTY 0x80000000u

#define FLT_IS_IRP_OPERATION(data) FlagOn((data)->Flags, FLTFL_CALLBACK_DATA_IRP_OPERATION)
#define FLT_IS_FASTIO_OPERATION(data) FlagOn((data)->Flags, FLTFL_CALLBACK_DATA_FAST_IO_OPERATION)
#define FLT_IS_FS_FILTER_OPERATION(data) FlagOn((data)->Flags, FLTFL_CALLBACK_DATA_FS_FILTER_OPERATION)
#define FLT_IS_REISSUED_IO(data) FlagOn((data)->Flags, FLTFL_CALLBACK_DATA_REISSUED_IO)
#define FLT_IS_SYSTEM_BUFFER(data) FlagOn((data)->Flags, FLTFL_CALLBACK_DATA_SYSTEM_BUFFER)

// 88 bytes: Iopb 16, IoStatus 24, RequestorMode 80.
typedef struct _FLT_CALLBACK_DATA {
  FLT_CALLBACK_DATA_FLAGS Flags;
  PETHREAD CONST Thread;
  PFLT_IO_PARAMETER_BLOCK CONST Iopb;
  IO_STATUS_BLOCK IoStatus;
  struct _FLT_TAG_DATA_BUFFER* TagData;
  union {
    struct {
      LIST_ENTRY QueueLinks;
      PVOID QueueContext[2];
    };
    PVOID FilterContext[4];
  };
  KPROCESSOR_MODE RequestorMode;
} FLT_CALLBACK_DATA, *PFLT_CALLBACK_DATA;

// 64 bytes.
typedef struct _FLT_RELATED_OBJECTS {
  USHORT CONST Size;
  USHORT CONST TransactionContext;
  PFLT_FILTER CONST Filter;
  PFLT_VOLUME CONST Volume;
  PFLT_INSTANCE CONST Instance;
  PFILE_OBJECT CONST FileObject;
  PKTRANSACTION CONST Transaction;
} FLT_RELATED_OBJECTS, *PFLT_RELATED_OBJECTS;
typedef CONST struct _FLT_RELATED_OBJECTS* PCFLT_RELATED_OBJECTS;

// --- callbacks ---
typedef enum _FLT_PREOP_CALLBACK_STATUS {
  FLT_PREOP_SUCCESS_WITH_CALLBACK,
  FLT_PREOP_SUCCESS_NO_CALLBACK,
  FLT_PREOP_PENDING,
  FLT_PREOP_DISALLOW_FASTIO,
  FLT_PREOP_COMPLETE,
  FLT_PREOP_SYNCHRONIZE,
  FLT_PREOP_DISALLOW_FSFILTER_IO
} FLT_PREOP_CALLBACK_STATUS, *PFLT_PREOP_CALLBACK_STATUS;

typedef enum _FLT_POSTOP_CALLBACK_STATUS {
  FLT_POSTOP_FINISHED_PROCESSING,
  FLT_POSTOP_MORE_PROCESSING_REQUIRED,
  FLT_POSTOP_DISALLOW_FSFILTER_IO
} FLT_POSTOP_CALLBACK_STATUS, *PFLT_POSTOP_CALLBACK_STATUS;

typedef ULONG FLT_POST_OPERATION_FLAGS;
#define FLTFL_POST_OPERATION_DRAINING 0x00000001u

typedef FLT_PREOP_CALLBACK_STATUS (*PFLT_PRE_OPERATION_CALLBACK)(PFLT_CALLBACK_DATA Data,
                                                                 PCFLT_RELATED_OBJECTS FltObjects,
                                                                 PVOID* CompletionContext);
typedef FLT_POSTOP_CALLBACK_STATUS (*PFLT_POST_OPERATION_CALLBACK)(PFLT_CALLBACK_DATA Data,
                                                                   PCFLT_RELATED_OBJECTS FltObjects,
                                                                   PVOID CompletionContext,
                                                                   FLT_POST_OPERATION_FLAGS Flags);

typedef ULONG FLT_OPERATION_REGISTRATION_FLAGS;
#define FLTFL_OPERATION_REGISTRATION_SKIP_PAGING_IO 0x00000001u
#define FLTFL_OPERATION_REGISTRATION_SKIP_CACHED_IO 0x00000002u
#define FLTFL_OPERATION_REGISTRATION_SKIP_NON_DASD_IO 0x00000004u
#define FLTFL_OPERATION_REGISTRATION_SKIP_NON_CACHED_NON_PAGING_IO 0x00000008u

typedef struct _FLT_OPERATION_REGISTRATION {
  UCHAR MajorFunction;
  FLT_OPERATION_REGISTRATION_FLAGS Flags;
  PFLT_PRE_OPERATION_CALLBACK PreOperation;
  PFLT_POST_OPERATION_CALLBACK PostOperation;
  PVOID Reserved1;
} FLT_OPERATION_REGISTRATION, *PFLT_OPERATION_REGISTRATION;

// --- contexts ---
typedef USHORT FLT_CONTEXT_TYPE;
#define FLT_VOLUME_CONTEXT 0x0001
#define FLT_INSTANCE_CONTEXT 0x0002
#define FLT_FILE_CONTEXT 0x0004
#define FLT_STREAM_CONTEXT 0x0008
#define FLT_STREAMHANDLE_CONTEXT 0x0010
#define FLT_TRANSACTION_CONTEXT 0x0020
#define FLT_SECTION_CONTEXT 0x0040
#define FLT_ALL_CONTEXTS                                                                                     \
  (FLT_VOLUME_CONTEXT | FLT_INSTANCE_CONTEXT | FLT_FILE_CONTEXT | FLT_STREAM_CONTEXT | FLT_STREAMHANDLE_CONTEXT | \
   FLT_TRANSACTION_CONTEXT)
#define FLT_CONTEXT_END 0xFFFF
#define FLT_VARIABLE_SIZED_CONTEXTS ((SIZE_T)-1)

typedef USHORT FLT_CONTEXT_REGISTRATION_FLAGS;
#define FLTFL_CONTEXT_REGISTRATION_NO_EXACT_SIZE_MATCH 0x0001

typedef enum _FLT_SET_CONTEXT_OPERATION {
  FLT_SET_CONTEXT_REPLACE_IF_EXISTS,
  FLT_SET_CONTEXT_KEEP_IF_EXISTS
} FLT_SET_CONTEXT_OPERATION, *PFLT_SET_CONTEXT_OPERATION;

typedef VOID (*PFLT_CONTEXT_CLEANUP_CALLBACK)(PFLT_CONTEXT Context, FLT_CONTEXT_TYPE ContextType);
typedef PVOID (*PFLT_CONTEXT_ALLOCATE_CALLBACK)(POOL_TYPE PoolType, SIZE_T Size, FLT_CONTEXT_TYPE ContextType);
typedef VOID (*PFLT_CONTEXT_FREE_CALLBACK)(PVOID Pool, FLT_CONTEXT_TYPE ContextType);

typedef struct _FLT_CONTEXT_REGISTRATION {
  FLT_CONTEXT_TYPE ContextType;
  FLT_CONTEXT_REGISTRATION_FLAGS Flags;
  PFLT_CONTEXT_CLEANUP_CALLBACK ContextCleanupCallback;
  SIZE_T Size;
  ULONG PoolTag;
  PFLT_CONTEXT_ALLOCATE_CALLBACK ContextAllocateCallback;
  PFLT_CONTEXT_FREE_CALLBACK ContextFreeCallback;
  PVOID Reserved1;
} FLT_CONTEXT_REGISTRATION, *PFLT_CONTEXT_REGISTRATION;
typedef const FLT_CONTEXT_REGISTRATION* PCFLT_CONTEXT_REGISTRATION;

typedef struct _FLT_RELATED_CONTEXTS {
  PFLT_CONTEXT VolumeContext;
  PFLT_CONTEXT InstanceContext;
  PFLT_CONTEXT FileContext;
  PFLT_CONTEXT StreamContext;
  PFLT_CONTEXT StreamHandleContext;
  PFLT_CONTEXT TransactionContext;
} FLT_RELATED_CONTEXTS, *PFLT_RELATED_CONTEXTS;

// --- registration ---
typedef ULONG FLT_INSTANCE_SETUP_FLAGS;
#define FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT 0x00000001u
#define FLTFL_INSTANCE_SETUP_MANUAL_ATTACHMENT 0x00000002u
#define FLTFL_INSTANCE_SETUP_NEWLY_MOUNTED_VOLUME 0x00000004u
#define FLTFL_INSTANCE_SETUP_DETACHED_VOLUME 0x00000008u
#define FLTFL_INSTANCE_SETUP_DEV_VOLUME 0x00000010u
#define FLTFL_INSTANCE_SETUP_TRUSTED_VOLUME 0x00000020u
typedef ULONG FLT_INSTANCE_QUERY_TEARDOWN_FLAGS;
typedef ULONG FLT_INSTANCE_TEARDOWN_FLAGS;
#define FLTFL_INSTANCE_TEARDOWN_MANUAL 0x00000001u
#define FLTFL_INSTANCE_TEARDOWN_FILTER_UNLOAD 0x00000002u
#define FLTFL_INSTANCE_TEARDOWN_MANDATORY_FILTER_UNLOAD 0x00000004u
#define FLTFL_INSTANCE_TEARDOWN_VOLUME_DISMOUNT 0x00000008u
#define FLTFL_INSTANCE_TEARDOWN_INTERNAL_ERROR 0x00000010u
typedef ULONG FLT_FILTER_UNLOAD_FLAGS;
#define FLTFL_FILTER_UNLOAD_MANDATORY 0x00000001u
typedef ULONG FLT_REGISTRATION_FLAGS;
#define FLTFL_REGISTRATION_DO_NOT_SUPPORT_SERVICE_STOP 0x00000001u
#define FLTFL_REGISTRATION_SUPPORT_NPFS_MSFS 0x00000002u
#define FLTFL_REGISTRATION_SUPPORT_DAX_VOLUME 0x00000004u
typedef ULONG FLT_NORMALIZE_NAME_FLAGS;
typedef ULONG FLT_FILE_NAME_OPTIONS, *PFLT_FILE_NAME_OPTIONS;

typedef struct _FLT_NAME_CONTROL {
  UNICODE_STRING Name;
} FLT_NAME_CONTROL, *PFLT_NAME_CONTROL;

typedef NTSTATUS (*PFLT_FILTER_UNLOAD_CALLBACK)(FLT_FILTER_UNLOAD_FLAGS Flags);
typedef NTSTATUS (*PFLT_INSTANCE_SETUP_CALLBACK)(PCFLT_RELATED_OBJECTS FltObjects, FLT_INSTANCE_SETUP_FLAGS Flags,
                                                 DEVICE_TYPE VolumeDeviceType,
                                                 FLT_FILESYSTEM_TYPE VolumeFilesystemType);
typedef NTSTATUS (*PFLT_INSTANCE_QUERY_TEARDOWN_CALLBACK)(PCFLT_RELATED_OBJECTS FltObjects,
                                                          FLT_INSTANCE_QUERY_TEARDOWN_FLAGS Flags);
typedef VOID (*PFLT_INSTANCE_TEARDOWN_CALLBACK)(PCFLT_RELATED_OBJECTS FltObjects,
                                                FLT_INSTANCE_TEARDOWN_FLAGS Reason);
typedef NTSTATUS (*PFLT_GENERATE_FILE_NAME)(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PFLT_CALLBACK_DATA Data,
                                            FLT_FILE_NAME_OPTIONS NameOptions, PBOOLEAN CacheFileNameInformation,
                                            PFLT_NAME_CONTROL FileName);
typedef NTSTATUS (*PFLT_NORMALIZE_NAME_COMPONENT)(PFLT_INSTANCE Instance, PCUNICODE_STRING ParentDirectory,
                                                  USHORT VolumeNameLength, PCUNICODE_STRING Component,
                                                  PFILE_NAMES_INFORMATION ExpandComponentName,
                                                  ULONG ExpandComponentNameLength, FLT_NORMALIZE_NAME_FLAGS Flags,
                                                  PVOID* NormalizationContext);
typedef NTSTATUS (*PFLT_NORMALIZE_NAME_COMPONENT_EX)(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject,
                                                     PCUNICODE_STRING ParentDirectory, USHORT VolumeNameLength,
                                                     PCUNICODE_STRING Component,
                                                     PFILE_NAMES_INFORMATION ExpandComponentName,
                                                     ULONG ExpandComponentNameLength, FLT_NORMALIZE_NAME_FLAGS Flags,
                                                     PVOID* NormalizationContext);
typedef VOID (*PFLT_NORMALIZE_CONTEXT_CLEANUP)(PVOID* NormalizationContext);
typedef NTSTATUS (*PFLT_TRANSACTION_NOTIFICATION_CALLBACK)(PCFLT_RELATED_OBJECTS FltObjects,
                                                           PFLT_CONTEXT TransactionContext, ULONG NotificationMask);
typedef NTSTATUS (*PFLT_SECTION_CONFLICT_NOTIFICATION_CALLBACK)(PFLT_INSTANCE Instance, PFLT_CONTEXT SectionContext,
                                                                PFLT_CALLBACK_DATA Data);

#define FLT_REGISTRATION_VERSION_0200 0x0200
#define FLT_REGISTRATION_VERSION_0201 0x0201
#define FLT_REGISTRATION_VERSION_0202 0x0202
#define FLT_REGISTRATION_VERSION_0203 0x0203
#define FLT_REGISTRATION_VERSION FLT_REGISTRATION_VERSION_0203

// 112 bytes.
typedef struct _FLT_REGISTRATION {
  USHORT Size;
  USHORT Version;
  FLT_REGISTRATION_FLAGS Flags;
  CONST FLT_CONTEXT_REGISTRATION* ContextRegistration;
  CONST FLT_OPERATION_REGISTRATION* OperationRegistration;
  PFLT_FILTER_UNLOAD_CALLBACK FilterUnloadCallback;
  PFLT_INSTANCE_SETUP_CALLBACK InstanceSetupCallback;
  PFLT_INSTANCE_QUERY_TEARDOWN_CALLBACK InstanceQueryTeardownCallback;
  PFLT_INSTANCE_TEARDOWN_CALLBACK InstanceTeardownStartCallback;
  PFLT_INSTANCE_TEARDOWN_CALLBACK InstanceTeardownCompleteCallback;
  PFLT_GENERATE_FILE_NAME GenerateFileNameCallback;
  PFLT_NORMALIZE_NAME_COMPONENT NormalizeNameComponentCallback;
  PFLT_NORMALIZE_CONTEXT_CLEANUP NormalizeContextCleanupCallback;
  PFLT_TRANSACTION_NOTIFICATION_CALLBACK TransactionNotificationCallback;
  PFLT_NORMALIZE_NAME_COMPONENT_EX NormalizeNameComponentExCallback;
  PFLT_SECTION_CONFLICT_NOTIFICATION_CALLBACK SectionNotificationCallback;
} FLT_REGISTRATION, *PFLT_REGISTRATION;

// --- names (NAME-1) ---
#define FLT_VALID_FILE_NAME_FORMATS 0x000000FFu
#define FLT_FILE_NAME_NORMALIZED 0x00000001u
#define FLT_FILE_NAME_OPENED 0x00000002u
#define FLT_FILE_NAME_SHORT 0x00000003u
#define FLT_VALID_FILE_NAME_QUERY_METHODS 0x0000FF00u
#define FLT_FILE_NAME_QUERY_DEFAULT 0x00000100u
#define FLT_FILE_NAME_QUERY_CACHE_ONLY 0x00000200u
#define FLT_FILE_NAME_QUERY_FILESYSTEM_ONLY 0x00000300u
#define FLT_FILE_NAME_QUERY_ALWAYS_ALLOW_CACHE_LOOKUP 0x00000400u
#define FLT_VALID_FILE_NAME_FLAGS 0xFF000000u
#define FLT_FILE_NAME_REQUEST_FROM_CURRENT_PROVIDER 0x01000000u
#define FLT_FILE_NAME_DO_NOT_CACHE 0x02000000u
#define FLT_FILE_NAME_ALLOW_QUERY_ON_REPARSE 0x04000000u
#define FltGetFileNameFormat(options) ((options) & FLT_VALID_FILE_NAME_FORMATS)
#define FltGetFileNameQueryMethod(options) ((options) & FLT_VALID_FILE_NAME_QUERY_METHODS)

typedef USHORT FLT_FILE_NAME_PARSED_FLAGS;
#define FLTFL_FILE_NAME_PARSED_FINAL_COMPONENT 0x0001
#define FLTFL_FILE_NAME_PARSED_EXTENSION 0x0002
#define FLTFL_FILE_NAME_PARSED_STREAM 0x0004
#define FLTFL_FILE_NAME_PARSED_PARENT_DIR 0x0008

typedef struct _FLT_FILE_NAME_INFORMATION {
  USHORT Size;
  FLT_FILE_NAME_PARSED_FLAGS NamesParsed;
  FLT_FILE_NAME_OPTIONS Format;
  UNICODE_STRING Name;
  UNICODE_STRING Volume;
  UNICODE_STRING Share;
  UNICODE_STRING Extension;
  UNICODE_STRING Stream;
  UNICODE_STRING FinalComponent;
  UNICODE_STRING ParentDir;
} FLT_FILE_NAME_INFORMATION, *PFLT_FILE_NAME_INFORMATION;

// --- volumes ---
typedef struct _FLT_VOLUME_PROPERTIES {
  DEVICE_TYPE DeviceType;
  ULONG DeviceCharacteristics;
  ULONG DeviceObjectFlags;
  ULONG AlignmentRequirement;
  USHORT SectorSize;
  USHORT Flags;
  UNICODE_STRING FileSystemDriverName;
  UNICODE_STRING FileSystemDeviceName;
  UNICODE_STRING RealDeviceName;
} FLT_VOLUME_PROPERTIES, *PFLT_VOLUME_PROPERTIES;

// --- tags of reparse points ---
typedef struct _FLT_TAG_DATA_BUFFER {
  ULONG FileTag;
  USHORT TagDataLength;
  USHORT UnparsedNameLength;
  union {
    struct {
      GUID TagGuid;
      UCHAR DataBuffer[1];
    } GUIDReparseBuffer;
    struct {
      UCHAR DataBuffer[1];
    } GenericReparseBuffer;
  };
} FLT_TAG_DATA_BUFFER, *PFLT_TAG_DATA_BUFFER;

// --- communication ports ---
typedef NTSTATUS (*PFLT_CONNECT_NOTIFY)(PFLT_PORT ClientPort, PVOID ServerPortCookie, PVOID ConnectionContext,
                                        ULONG SizeOfContext, PVOID* ConnectionPortCookie);
typedef VOID (*PFLT_DISCONNECT_NOTIFY)(PVOID ConnectionCookie);
typedef NTSTATUS (*PFLT_MESSAGE_NOTIFY)(PVOID PortCookie, PVOID InputBuffer, ULONG InputBufferLength,
                                        PVOID OutputBuffer, ULONG OutputBufferLength,
                                        PULONG ReturnOutputBufferLength);

// --- cancel-safe queues ---
struct _FLT_CALLBACK_DATA_QUEUE;
typedef enum _FLT_CALLBACK_DATA_QUEUE_FLAGS { FLT_CALLBACK_DATA_QUEUE_FLAGS_NONE } FLT_CALLBACK_DATA_QUEUE_FLAGS;
typedef NTSTATUS (*PFLT_CALLBACK_DATA_QUEUE_INSERT_IO)(struct _FLT_CALLBACK_DATA_QUEUE* Cbdq, PFLT_CALLBACK_DATA Cbd,
                                                       PVOID InsertContext);
typedef VOID (*PFLT_CALLBACK_DATA_QUEUE_REMOVE_IO)(struct _FLT_CALLBACK_DATA_QUEUE* Cbdq, PFLT_CALLBACK_DATA Cbd);
typedef PFLT_CALLBACK_DATA (*PFLT_CALLBACK_DATA_QUEUE_PEEK_NEXT_IO)(struct _FLT_CALLBACK_DATA_QUEUE* Cbdq,
                                                                    PFLT_CALLBACK_DATA Cbd, PVOID PeekContext);
typedef VOID (*PFLT_CALLBACK_DATA_QUEUE_ACQUIRE)(struct _FLT_CALLBACK_DATA_QUEUE* Cbdq, PKIRQL Irql);
typedef VOID (*PFLT_CALLBACK_DATA_QUEUE_RELEASE)(struct _FLT_CALLBACK_DATA_QUEUE* Cbdq, KIRQL Irql);
typedef VOID (*PFLT_CALLBACK_DATA_QUEUE_COMPLETE_CANCELED_IO)(struct _FLT_CALLBACK_DATA_QUEUE* Cbdq,
                                                              PFLT_CALLBACK_DATA Cbd);

typedef struct _FLT_CALLBACK_DATA_QUEUE {
  IO_CSQ Csq;
  FLT_CALLBACK_DATA_QUEUE_FLAGS Flags;
  PFLT_INSTANCE Instance;
  PFLT_CALLBACK_DATA_QUEUE_INSERT_IO InsertIo;
  PFLT_CALLBACK_DATA_QUEUE_REMOVE_IO RemoveIo;
  PFLT_CALLBACK_DATA_QUEUE_PEEK_NEXT_IO PeekNextIo;
  PFLT_CALLBACK_DATA_QUEUE_ACQUIRE Acquire;
  PFLT_CALLBACK_DATA_QUEUE_RELEASE Release;
  PFLT_CALLBACK_DATA_QUEUE_COMPLETE_CANCELED_IO CompleteCanceledIo;
} FLT_CALLBACK_DATA_QUEUE, *PFLT_CALLBACK_DATA_QUEUE;

// --- work items and asynchronous I/O ---
typedef VOID (*PFLT_GENERIC_WORKITEM_ROUTINE)(PFLT_GENERIC_WORKITEM FltWorkItem, PVOID FltObject, PVOID Context);
typedef VOID (*PFLT_DEFERRED_IO_WORKITEM_ROUTINE)(PFLT_DEFERRED_IO_WORKITEM FltWorkItem,
                                                  PFLT_CALLBACK_DATA CallbackData, PVOID Context);
typedef VOID (*PFLT_COMPLETED_ASYNC_IO_CALLBACK)(PFLT_CALLBACK_DATA CallbackData, PFLT_CONTEXT Context);
typedef VOID (*PFLT_GET_OPERATION_STATUS_CALLBACK)(PCFLT_RELATED_OBJECTS FltObjects,
                                                   PFLT_IO_PARAMETER_BLOCK IopbSnapshot, NTSTATUS OperationStatus,
                                                   PVOID RequesterContext);
typedef VOID (*PFLT_COMPLETE_CANCELED_CALLBACK)(PFLT_CALLBACK_DATA CallbackData);
typedef ULONG FLT_IO_OPERATION_FLAGS;
#define FLTFL_IO_OPERATION_NON_CACHED 0x00000001u
#define FLTFL_IO_OPERATION_PAGING 0x00000002u
#define FLTFL_IO_OPERATION_DO_NOT_UPDATE_BYTE_OFFSET 0x00000004u
#define FLTFL_IO_OPERATION_SYNCHRONOUS_PAGING 0x00000008u

#if defined(DBG) && DBG
#define FLT_ASSERT(expression) NT_ASSERT(expression)
#define FLT_ASSERTMSG(message, expression) NT_ASSERT(expression)
#else
#define FLT_ASSERT(expression) ((void)0)
#define FLT_ASSERTMSG(message, expression) ((void)0)
#endif

WDK_END
