// The filter manager's rarer routines: transactions, extra create parameters, oplocks, byte-range locks, data
// scan.
#pragma once

#include "flt_routines.h"
#include "fsrtl.h"
#include "tm.h"

WDK_BEGIN

// --- names and directories ---
#define FLTFL_NORMALIZE_NAME_CASE_SENSITIVE 0x01u
#define FLTFL_NORMALIZE_NAME_DESTINATION_FILE_NAME 0x02u
#define FLT_TAG_DATA_BUFFER_HEADER_SIZE FIELD_OFFSET(FLT_TAG_DATA_BUFFER, GenericReparseBuffer)
typedef IO_CSQ_IRP_CONTEXT FLT_CALLBACK_DATA_QUEUE_IO_CONTEXT, *PFLT_CALLBACK_DATA_QUEUE_IO_CONTEXT;

NTSTATUS FltCheckAndGrowNameControl(PFLT_NAME_CONTROL NameCtrl, USHORT NewSize);
NTSTATUS FltPurgeFileNameInformationCache(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject);
NTSTATUS FltQueryDirectoryFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID FileInformation,
                               ULONG Length, FILE_INFORMATION_CLASS FileInformationClass,
                               BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName, BOOLEAN RestartScan,
                               PULONG LengthReturned);
NTSTATUS FltQueryEaFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID ReturnedEaData, ULONG Length,
                        BOOLEAN ReturnSingleEntry, PVOID EaList, ULONG EaListLength, PULONG EaIndex,
                        BOOLEAN RestartScan, PULONG LengthReturned);
NTSTATUS FltSetEaFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID EaBuffer, ULONG Length);
NTSTATUS FltCreateFileEx2(PFLT_FILTER Filter, PFLT_INSTANCE Instance, PHANDLE FileHandle,
                          PFILE_OBJECT* FileObject, ACCESS_MASK DesiredAccess,
                          POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                          PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                          ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                          ULONG Flags, PIO_DRIVER_CREATE_CONTEXT DriverContext);
HANDLE FltGetRequestorProcessIdEx(PFLT_CALLBACK_DATA CallbackData);
VOID FltRetainSwappedBufferMdlAddress(PFLT_CALLBACK_DATA CallbackData);
PVOID FltGetNewSystemBufferAddress(PFLT_CALLBACK_DATA CallbackData);
NTSTATUS FltCreateSystemVolumeInformationFolder(PFLT_INSTANCE Instance);
NTSTATUS FltGetTopInstance(PFLT_VOLUME Volume, PFLT_INSTANCE* Instance);
NTSTATUS FltGetBottomInstance(PFLT_VOLUME Volume, PFLT_INSTANCE* Instance);
NTSTATUS FltGetUpperInstance(PFLT_INSTANCE CurrentInstance, PFLT_INSTANCE* UpperInstance);
NTSTATUS FltGetLowerInstance(PFLT_INSTANCE CurrentInstance, PFLT_INSTANCE* LowerInstance);

// --- transactions ---
#define FLT_MAX_TRANSACTION_NOTIFICATIONS                                                   \
  (TRANSACTION_NOTIFY_PREPREPARE | TRANSACTION_NOTIFY_PREPARE | TRANSACTION_NOTIFY_COMMIT | \
   TRANSACTION_NOTIFY_ROLLBACK | TRANSACTION_NOTIFY_COMMIT_FINALIZE)
NTSTATUS FltEnlistInTransaction(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                                PFLT_CONTEXT TransactionContext, NOTIFICATION_MASK NotificationMask);
NTSTATUS FltSetTransactionContext(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                                  FLT_SET_CONTEXT_OPERATION Operation, PFLT_CONTEXT NewContext,
                                  PFLT_CONTEXT* OldContext);
NTSTATUS FltGetTransactionContext(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT* Context);
NTSTATUS FltDeleteTransactionContext(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                                     PFLT_CONTEXT* OldContext);
NTSTATUS FltRollbackEnlistment(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                               PFLT_CONTEXT TransactionContext);
NTSTATUS FltPrePrepareComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                               PFLT_CONTEXT TransactionContext);
NTSTATUS FltPrepareComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                            PFLT_CONTEXT TransactionContext);
NTSTATUS FltCommitComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                           PFLT_CONTEXT TransactionContext);
NTSTATUS FltCommitFinalizeComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                                   PFLT_CONTEXT TransactionContext);
NTSTATUS FltRollbackComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                             PFLT_CONTEXT TransactionContext);

// --- extra create parameters ---
NTSTATUS FltAllocateExtraCreateParameterList(PFLT_FILTER Filter, FSRTL_ALLOCATE_ECPLIST_FLAGS Flags,
                                             PECP_LIST* EcpList);
VOID FltFreeExtraCreateParameterList(PFLT_FILTER Filter, PECP_LIST EcpList);
NTSTATUS FltAllocateExtraCreateParameter(PFLT_FILTER Filter, LPCGUID EcpType, ULONG SizeOfContext,
                                         FSRTL_ALLOCATE_ECP_FLAGS Flags,
                                         PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback,
                                         ULONG PoolTag, PVOID* EcpContext);
VOID FltFreeExtraCreateParameter(PFLT_FILTER Filter, PVOID EcpContext);
NTSTATUS FltInsertExtraCreateParameter(PFLT_FILTER Filter, PECP_LIST EcpList, PVOID EcpContext);
NTSTATUS FltFindExtraCreateParameter(PFLT_FILTER Filter, PECP_LIST EcpList, LPCGUID EcpType,
                                     PVOID* EcpContext, ULONG* EcpContextSize);
NTSTATUS FltRemoveExtraCreateParameter(PFLT_FILTER Filter, PECP_LIST EcpList, LPCGUID EcpType,
                                       PVOID* EcpContext, ULONG* EcpContextSize);
NTSTATUS FltGetNextExtraCreateParameter(PFLT_FILTER Filter, PECP_LIST EcpList, PVOID CurrentEcpContext,
                                        LPGUID NextEcpType, PVOID* NextEcpContext, ULONG* NextEcpContextSize);
NTSTATUS FltGetEcpListFromCallbackData(PFLT_FILTER Filter, PFLT_CALLBACK_DATA CallbackData,
                                       PECP_LIST* EcpList);
NTSTATUS FltSetEcpListIntoCallbackData(PFLT_FILTER Filter, PFLT_CALLBACK_DATA CallbackData,
                                       PECP_LIST EcpList);
VOID FltAcknowledgeEcp(PFLT_FILTER Filter, PVOID EcpContext);
BOOLEAN FltIsEcpAcknowledged(PFLT_FILTER Filter, PVOID EcpContext);
BOOLEAN FltIsEcpFromUserMode(PFLT_FILTER Filter, PVOID EcpContext);

// --- oplocks ---
typedef VOID (*PFLTOPLOCK_WAIT_COMPLETE_ROUTINE)(PFLT_CALLBACK_DATA CallbackData, PVOID Context);
typedef VOID (*PFLTOPLOCK_PREPOST_CALLBACKDATA_ROUTINE)(PFLT_CALLBACK_DATA CallbackData, PVOID Context);
VOID FltInitializeOplock(POPLOCK Oplock);
VOID FltUninitializeOplock(POPLOCK Oplock);
FLT_PREOP_CALLBACK_STATUS FltOplockFsctrl(POPLOCK Oplock, PFLT_CALLBACK_DATA CallbackData, ULONG OpenCount);
FLT_PREOP_CALLBACK_STATUS FltCheckOplock(POPLOCK Oplock, PFLT_CALLBACK_DATA CallbackData, PVOID Context,
                                         PFLTOPLOCK_WAIT_COMPLETE_ROUTINE WaitCompletionRoutine,
                                         PFLTOPLOCK_PREPOST_CALLBACKDATA_ROUTINE PrePostCallbackDataRoutine);
FLT_PREOP_CALLBACK_STATUS FltCheckOplockEx(
    POPLOCK Oplock, PFLT_CALLBACK_DATA CallbackData, ULONG Flags, PVOID Context,
    PFLTOPLOCK_WAIT_COMPLETE_ROUTINE WaitCompletionRoutine,
    PFLTOPLOCK_PREPOST_CALLBACKDATA_ROUTINE PrePostCallbackDataRoutine);
FLT_PREOP_CALLBACK_STATUS FltOplockBreakH(POPLOCK Oplock, PFLT_CALLBACK_DATA CallbackData, ULONG Flags,
                                          PVOID Context,
                                          PFLTOPLOCK_WAIT_COMPLETE_ROUTINE WaitCompletionRoutine,
                                          PFLTOPLOCK_PREPOST_CALLBACKDATA_ROUTINE PrePostCallbackDataRoutine);
BOOLEAN FltOplockIsFastIoPossible(POPLOCK Oplock);
BOOLEAN FltCurrentBatchOplock(POPLOCK Oplock);
BOOLEAN FltCurrentOplock(POPLOCK Oplock);
BOOLEAN FltCurrentOplockH(POPLOCK Oplock);

// --- byte-range locks ---
typedef NTSTATUS (*PFLT_COMPLETE_LOCK_CALLBACK_DATA_ROUTINE)(PVOID Context, PFLT_CALLBACK_DATA CallbackData);
PFILE_LOCK FltAllocateFileLock(PFLT_COMPLETE_LOCK_CALLBACK_DATA_ROUTINE CompleteLockCallbackDataRoutine,
                               PUNLOCK_ROUTINE UnlockRoutine);
VOID FltFreeFileLock(PFILE_LOCK FileLock);
VOID FltInitializeFileLock(PFILE_LOCK FileLock);
VOID FltUninitializeFileLock(PFILE_LOCK FileLock);
FLT_PREOP_CALLBACK_STATUS FltProcessFileLock(PFILE_LOCK FileLock, PFLT_CALLBACK_DATA CallbackData,
                                             PVOID Context);
BOOLEAN FltCheckLockForReadAccess(PFILE_LOCK FileLock, PFLT_CALLBACK_DATA CallbackData);
BOOLEAN FltCheckLockForWriteAccess(PFILE_LOCK FileLock, PFLT_CALLBACK_DATA CallbackData);

// --- sections for scanning ---
NTSTATUS FltRegisterForDataScan(PFLT_INSTANCE Instance);
NTSTATUS FltCreateSectionForDataScan(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject,
                                     PFLT_CONTEXT SectionContext, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                                     ULONG SectionPageProtection, ULONG AllocationAttributes, ULONG Flags,
                                     PHANDLE SectionHandle, PVOID* SectionObject,
                                     PLARGE_INTEGER SectionFileSize);
NTSTATUS FltCloseSectionForDataScan(PFLT_CONTEXT SectionContext);

WDK_END
