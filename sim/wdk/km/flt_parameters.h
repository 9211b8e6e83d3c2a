// The parameters of an operation as a filter sees them: FLT_PARAMETERS, 48 bytes, in the parameter block.
#pragma once

#include "flt_types.h"

WDK_BEGIN

// 64-bit Windows lays some parameters out at the alignment of a pointer, as in IO_STACK_LOCATION.
#define WDK_POINTER_ALIGNED __attribute__((aligned(8)))

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
    struct {
      ULONG Length;
      ULONG WDK_POINTER_ALIGNED CompletionFilter;
      DIRECTORY_NOTIFY_INFORMATION_CLASS WDK_POINTER_ALIGNED DirectoryNotifyInformationClass;
      ULONG WDK_POINTER_ALIGNED Spare2;
      PVOID DirectoryBuffer;
      PMDL MdlAddress;
    } NotifyDirectoryEx;
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

  union {
    WDK_PNP_PARAMETERS;
  } Pnp;

  struct {
    FS_FILTER_SECTION_SYNC_TYPE SyncType;
    ULONG PageProtection;
    PVOID OutputInformation;
    ULONG Flags;
    ULONG AllocationAttributes;
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

WDK_END
