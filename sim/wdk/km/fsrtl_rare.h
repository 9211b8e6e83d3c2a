// What file systems use of their run-time library and of the cache manager, and few filters do: change notification,
// contexts on a stream, fast locks and MDL reads, legal names, tunnels, pinned data.
#pragma once

#include "fsrtl.h"
#include "se.h"

WDK_BEGIN

// --- change notification ---
typedef struct _REAL_NOTIFY_SYNC* PNOTIFY_SYNC;
typedef BOOLEAN (*PCHECK_FOR_TRAVERSE_ACCESS)(PVOID NotifyContext, PVOID TargetContext,
                                              struct _SECURITY_SUBJECT_CONTEXT* SubjectContext);
typedef BOOLEAN (*PFILTER_REPORT_CHANGE)(PVOID NotifyContext, PVOID FilterContext);
VOID FsRtlNotifyInitializeSync(PNOTIFY_SYNC* NotifySync);
VOID FsRtlNotifyUninitializeSync(PNOTIFY_SYNC* NotifySync);
VOID FsRtlNotifyFullChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext,
                                    PSTRING FullDirectoryName, BOOLEAN WatchTree, BOOLEAN IgnoreBuffer,
                                    ULONG CompletionFilter, PIRP NotifyIrp,
                                    PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                    struct _SECURITY_SUBJECT_CONTEXT* SubjectContext);
VOID FsRtlNotifyFilterChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext,
                                      PSTRING FullDirectoryName, BOOLEAN WatchTree, BOOLEAN IgnoreBuffer,
                                      ULONG CompletionFilter, PIRP NotifyIrp,
                                      PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                      struct _SECURITY_SUBJECT_CONTEXT* SubjectContext,
                                      PFILTER_REPORT_CHANGE FilterCallback);
VOID FsRtlNotifyFullReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PSTRING FullTargetName,
                                 USHORT TargetNameOffset, PSTRING StreamName, PSTRING NormalizedParentName,
                                 ULONG FilterMatch, ULONG Action, PVOID TargetContext);
VOID FsRtlNotifyCleanup(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext);
VOID FsRtlNotifyCleanupAll(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList);
NTSTATUS FsRtlNotifyVolumeEvent(PFILE_OBJECT FileObject, ULONG EventCode);
NTSTATUS FsRtlNotifyVolumeEventEx(PFILE_OBJECT FileObject, ULONG EventCode, PVOID Event);
#define FSRTL_VOLUME_DISMOUNT 1
#define FSRTL_VOLUME_DISMOUNT_FAILED 2
#define FSRTL_VOLUME_LOCK 3
#define FSRTL_VOLUME_LOCK_FAILED 4
#define FSRTL_VOLUME_UNLOCK 5
#define FSRTL_VOLUME_MOUNT 6
#define FSRTL_VOLUME_NEEDS_CHKDSK 7
#define FSRTL_VOLUME_WORM_NEAR_FULL 8
#define FSRTL_VOLUME_WEARING_OUT 9
#define FSRTL_VOLUME_FORCED_CLOSED 10
#define FSRTL_VOLUME_INFO_MAKE_COMPAT 11
#define FSRTL_VOLUME_PREPARING_EJECT 12
#define FSRTL_VOLUME_CHANGE_SIZE 13
#define FSRTL_VOLUME_BACKGROUND_FORMAT 14

// --- contexts on streams and files ---
typedef struct _FSRTL_PER_STREAM_CONTEXT {
  LIST_ENTRY Links;
  PVOID OwnerId;
  PVOID InstanceId;
  PFREE_FUNCTION FreeCallback;
} FSRTL_PER_STREAM_CONTEXT, *PFSRTL_PER_STREAM_CONTEXT;
typedef struct _FSRTL_PER_FILEOBJECT_CONTEXT {
  LIST_ENTRY Links;
  PVOID OwnerId;
  PVOID InstanceId;
} FSRTL_PER_FILEOBJECT_CONTEXT, *PFSRTL_PER_FILEOBJECT_CONTEXT;
#define FsRtlGetPerStreamContextPointer(file_object) ((PFSRTL_ADVANCED_FCB_HEADER)((file_object)->FsContext))
#define FsRtlInitPerStreamContext(context, owner, instance, callback) \
  ((context)->OwnerId = (owner), (context)->InstanceId = (instance), (context)->FreeCallback = (callback))
#define FsRtlSupportsPerStreamContexts(file_object)                   \
  (FsRtlGetPerStreamContextPointer(file_object) != NULL &&            \
   (FsRtlGetPerStreamContextPointer(file_object)->Flags2 & FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS) != 0)
NTSTATUS FsRtlInsertPerStreamContext(PFSRTL_ADVANCED_FCB_HEADER PerStreamContext, PFSRTL_PER_STREAM_CONTEXT Ptr);
PFSRTL_PER_STREAM_CONTEXT FsRtlLookupPerStreamContextInternal(PFSRTL_ADVANCED_FCB_HEADER StreamContext, PVOID OwnerId,
                                                              PVOID InstanceId);
#define FsRtlLookupPerStreamContext FsRtlLookupPerStreamContextInternal
PFSRTL_PER_STREAM_CONTEXT FsRtlRemovePerStreamContext(PFSRTL_ADVANCED_FCB_HEADER StreamContext, PVOID OwnerId,
                                                      PVOID InstanceId);
NTSTATUS FsRtlInsertPerFileObjectContext(PFILE_OBJECT FileObject, PFSRTL_PER_FILEOBJECT_CONTEXT Ptr);
PFSRTL_PER_FILEOBJECT_CONTEXT FsRtlLookupPerFileObjectContext(PFILE_OBJECT FileObject, PVOID OwnerId,
                                                              PVOID InstanceId);
PFSRTL_PER_FILEOBJECT_CONTEXT FsRtlRemovePerFileObjectContext(PFILE_OBJECT FileObject, PVOID OwnerId,
                                                              PVOID InstanceId);

// --- locks and oplocks ---
PFILE_LOCK_INFO FsRtlGetNextFileLock(PFILE_LOCK FileLock, BOOLEAN Restart);
BOOLEAN FsRtlCheckLockForReadAccess(PFILE_LOCK FileLock, PIRP Irp);
BOOLEAN FsRtlCheckLockForWriteAccess(PFILE_LOCK FileLock, PIRP Irp);
BOOLEAN FsRtlPrivateLock(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                         PLARGE_INTEGER Length, PEPROCESS ProcessId, ULONG Key, BOOLEAN FailImmediately,
                         BOOLEAN ExclusiveLock, PIO_STATUS_BLOCK Iosb, PIRP Irp, PVOID Context,
                         BOOLEAN AlreadySynchronized);
NTSTATUS FsRtlFastUnlockSingle(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                               PLARGE_INTEGER Length, PEPROCESS Process, ULONG Key, PVOID Context,
                               BOOLEAN AlreadySynchronized);
NTSTATUS FsRtlFastUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process, PVOID Context);
NTSTATUS FsRtlFastUnlockAllByKey(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process, ULONG Key,
                                 PVOID Context);
#define FsRtlFastLock(lock, file_object, offset, length, process, key, fail, exclusive, iosb, context, synchronized) \
  FsRtlPrivateLock(lock, file_object, offset, length, process, key, fail, exclusive, iosb, NULL, context, synchronized)
#define FsRtlAreThereCurrentFileLocks(lock) ((lock)->FastIoIsQuestionable)
NTSTATUS FsRtlOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount);
NTSTATUS FsRtlOplockFsctrlEx(POPLOCK Oplock, PIRP Irp, ULONG OpenCount, ULONG Flags);
NTSTATUS FsRtlCheckOplockEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                            POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine, POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTSTATUS FsRtlOplockBreakH(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                           POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine, POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTSTATUS FsRtlOplockBreakToNone(POPLOCK Oplock, PIO_STACK_LOCATION IrpSp, PIRP Irp, PVOID Context,
                                POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
BOOLEAN FsRtlCurrentOplock(POPLOCK Oplock);
BOOLEAN FsRtlCurrentOplockH(POPLOCK Oplock);
BOOLEAN FsRtlOplockIsSharedRequest(PIRP Irp);
BOOLEAN FsRtlOplockKeysEqual(PFILE_OBJECT Fo1, PFILE_OBJECT Fo2);

// --- reads and writes ---
BOOLEAN FsRtlMdlReadDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey,
                        PMDL* MdlChain, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlMdlReadCompleteDev(PFILE_OBJECT FileObject, PMDL MdlChain, PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlPrepareMdlWriteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey,
                                PMDL* MdlChain, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlMdlWriteCompleteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain,
                                 PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlAcquireFileExclusive(PFILE_OBJECT FileObject);
VOID FsRtlReleaseFile(PFILE_OBJECT FileObject);
VOID FsRtlIncrementCcFastReadNoWait(VOID);
VOID FsRtlIncrementCcFastReadWait(VOID);
NTSTATUS FsRtlRegisterFileSystemFilterCallbacks(PDRIVER_OBJECT FilterDriverObject, PVOID Callbacks);
NTSTATUS FsRtlRegisterUncProvider(PHANDLE MupHandle, PCUNICODE_STRING RedirDevName, BOOLEAN MailslotsSupported);
VOID FsRtlDeregisterUncProvider(HANDLE Handle);
NTSTATUS FsRtlValidateReparsePointBuffer(ULONG BufferLength, PREPARSE_DATA_BUFFER ReparseBuffer);
PVOID FsRtlAllocatePool(POOL_TYPE PoolType, ULONG NumberOfBytes);
PVOID FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag);
PVOID FsRtlAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag);
PERESOURCE FsRtlAllocateResource(VOID);
NTSTATUS FsRtlCancellableWaitForSingleObject(PVOID Object, PLARGE_INTEGER Timeout, PIRP Irp);
NTSTATUS FsRtlCancellableWaitForMultipleObjects(ULONG Count, PVOID ObjectArray[], WAIT_TYPE WaitType,
                                                PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray, PIRP Irp);
VOID FsRtlInitExtraCreateParameterLookasideList(PVOID Lookaside, FSRTL_ECP_LOOKASIDE_FLAGS Flags, SIZE_T Size,
                                                ULONG Tag);
VOID FsRtlDeleteExtraCreateParameterLookasideList(PVOID Lookaside, FSRTL_ECP_LOOKASIDE_FLAGS Flags);
NTSTATUS FsRtlAllocateExtraCreateParameterFromLookasideList(
    LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, PVOID LookasideList, PVOID* EcpContext);

// --- names ---
BOOLEAN FsRtlIsDbcsInExpression(PANSI_STRING Expression, PANSI_STRING Name);
BOOLEAN FsRtlIsFatDbcsLegal(ANSI_STRING DbcsName, BOOLEAN WildCardsPermissible, BOOLEAN PathNamePermissible,
                            BOOLEAN LeadingBackslashPermissible);
BOOLEAN FsRtlIsHpfsDbcsLegal(ANSI_STRING DbcsName, BOOLEAN WildCardsPermissible, BOOLEAN PathNamePermissible,
                             BOOLEAN LeadingBackslashPermissible);
VOID FsRtlDissectDbcs(ANSI_STRING Path, PANSI_STRING FirstName, PANSI_STRING RemainingName);
BOOLEAN FsRtlDoesDbcsContainWildCards(PANSI_STRING Name);

// --- tunnels ---
typedef struct {
  FAST_MUTEX Mutex;
  PVOID Cache;
  LIST_ENTRY TimerQueue;
  USHORT NumEntries;
} TUNNEL, *PTUNNEL;
VOID FsRtlInitializeTunnelCache(PTUNNEL Cache);
VOID FsRtlAddToTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey, PUNICODE_STRING ShortName,
                           PUNICODE_STRING LongName, BOOLEAN KeyByShortName, ULONG DataLength, PVOID Data);
BOOLEAN FsRtlFindInTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey, PUNICODE_STRING Name, PUNICODE_STRING ShortName,
                               PUNICODE_STRING LongName, PULONG DataLength, PVOID Data);
VOID FsRtlDeleteKeyFromTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey);
VOID FsRtlDeleteTunnelCache(PTUNNEL Cache);

// --- maps of runs ---
typedef struct _BASE_MCB {
  ULONG MaximumPairCount;
  ULONG PairCount;
  USHORT PoolType;
  USHORT Flags;
  PVOID Mapping;
} BASE_MCB, *PBASE_MCB;
typedef struct _LARGE_MCB {
  PKGUARDED_MUTEX GuardedMutex;
  BASE_MCB BaseMcb;
} LARGE_MCB, *PLARGE_MCB;
VOID FsRtlInitializeLargeMcb(PLARGE_MCB Mcb, POOL_TYPE PoolType);
VOID FsRtlUninitializeLargeMcb(PLARGE_MCB Mcb);
BOOLEAN FsRtlAddLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG Lbn, LONGLONG SectorCount);
VOID FsRtlRemoveLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG SectorCount);
BOOLEAN FsRtlLookupLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, PLONGLONG Lbn, PLONGLONG SectorCountFromLbn,
                                 PLONGLONG StartingLbn, PLONGLONG SectorCountFromStartingLbn, PULONG Index);
BOOLEAN FsRtlGetNextLargeMcbEntry(PLARGE_MCB Mcb, ULONG RunIndex, PLONGLONG Vbn, PLONGLONG Lbn,
                                  PLONGLONG SectorCount);
ULONG FsRtlNumberOfRunsInLargeMcb(PLARGE_MCB Mcb);
VOID FsRtlTruncateLargeMcb(PLARGE_MCB Mcb, LONGLONG Vbn);

// --- the cache manager ---
#define PIN_WAIT 1
#define PIN_EXCLUSIVE 2
#define PIN_NO_READ 4
#define PIN_IF_BCB 8
#define MAP_WAIT 1
#define MAP_NO_READ 16
#define VACB_MAPPING_GRANULARITY 0x40000
#define CC_FLUSH_AND_PURGE_NO_PURGE 0x1u
#define UNINITIALIZE_CACHE_MAPS 0x1u
#define DO_NOT_RETRY_PURGE 0x2u
#define DO_NOT_PURGE_DIRTY_PAGES 0x4u
typedef VOID (*PDIRTY_PAGE_ROUTINE)(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                    PLARGE_INTEGER OldestLsn, PLARGE_INTEGER NewestLsn, PVOID Context1,
                                    PVOID Context2);
typedef VOID (*PCC_POST_DEFERRED_WRITE)(PVOID Context1, PVOID Context2);
BOOLEAN CcMapData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID* Bcb,
                  PVOID* Buffer);
BOOLEAN CcPinRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID* Bcb,
                  PVOID* Buffer);
BOOLEAN CcPinMappedData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID* Bcb);
BOOLEAN CcPreparePinWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Zero,
                          ULONG Flags, PVOID* Bcb, PVOID* Buffer);
VOID CcSetDirtyPinnedData(PVOID BcbVoid, PLARGE_INTEGER Lsn);
VOID CcUnpinData(PVOID Bcb);
VOID CcUnpinDataForThread(PVOID Bcb, ERESOURCE_THREAD ResourceThreadId);
VOID CcRepinBcb(PVOID Bcb);
VOID CcUnpinRepinnedBcb(PVOID Bcb, BOOLEAN WriteThrough, PIO_STATUS_BLOCK IoStatus);
PVOID CcRemapBcb(PVOID Bcb);
VOID CcSetBcbOwnerPointer(PVOID Bcb, PVOID OwnerPointer);
PFILE_OBJECT CcGetFileObjectFromBcb(PVOID Bcb);
BOOLEAN CcZeroData(PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset, PLARGE_INTEGER EndOffset, BOOLEAN Wait);
BOOLEAN CcCanIWrite(PFILE_OBJECT FileObject, ULONG BytesToWrite, BOOLEAN Wait, UCHAR Retrying);
VOID CcDeferWrite(PFILE_OBJECT FileObject, PCC_POST_DEFERRED_WRITE PostRoutine, PVOID Context1, PVOID Context2,
                  ULONG BytesToWrite, BOOLEAN Retrying);
VOID CcPrepareMdlWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL* MdlChain,
                       PIO_STATUS_BLOCK IoStatus);
VOID CcMdlWriteAbort(PFILE_OBJECT FileObject, PMDL MdlChain);
VOID CcFastCopyRead(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, ULONG PageCount, PVOID Buffer,
                    PIO_STATUS_BLOCK IoStatus);
VOID CcFastCopyWrite(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, PVOID Buffer);
BOOLEAN CcCopyReadEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer,
                     PIO_STATUS_BLOCK IoStatus, PETHREAD IoIssuerThread);
BOOLEAN CcCopyWriteEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer,
                      PETHREAD IoIssuerThread);
NTSTATUS CcSetFileSizesEx(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes);
VOID CcCoherencyFlushAndPurgeCache(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset,
                                   ULONG Length, PIO_STATUS_BLOCK IoStatus, ULONG Flags);
VOID CcScheduleReadAhead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length);
VOID CcSetAdditionalCacheAttributes(PFILE_OBJECT FileObject, BOOLEAN DisableReadAhead, BOOLEAN DisableWriteBehind);
VOID CcSetDirtyPageThreshold(PFILE_OBJECT FileObject, ULONG DirtyPageThreshold);
BOOLEAN CcIsThereDirtyData(PVPB Vpb);
BOOLEAN CcIsThereDirtyDataEx(PVPB Vpb, PULONG NumberOfDirtyPages);
NTSTATUS CcWaitForCurrentLazyWriterActivity(VOID);
LARGE_INTEGER CcGetFlushedValidData(PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN BcbListHeld);
LARGE_INTEGER CcGetDirtyPages(PVOID LogHandle, PDIRTY_PAGE_ROUTINE DirtyPageRoutine, PVOID Context1, PVOID Context2);

WDK_END
