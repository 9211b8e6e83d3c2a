// Flt routines that are declared and not simulated.
#include "nt/unsupported.hpp"

// clang-format off
#define FLTSIM_UNSUPPORTED_ROUTINES(X) \
  X(FltGetFilterInformation) X(FltEnumerateFilters) X(FltGetRoutineAddress) X(FltGetInstanceInformation) \
  X(FltGetVolumeInstanceFromName) \
  X(FltGetDeviceObject) X(FltQueryVolumeInformation) \
  X(FltGetRequestorSessionId) X(FltIs32bitProcess) \
  X(FltRequestOperationStatusCallback) X(FltLockUserBuffer) \
  X(FltDecodeParameters) X(FltGetSwappedBufferMdlAddress) X(FltAllocateCallbackData) \
  X(FltFreeCallbackData) X(FltReuseCallbackData) X(FltPerformSynchronousIo) X(FltPerformAsynchronousIo) \
  X(FltReissueSynchronousIo) X(FltCancelIo) \
  X(FltQuerySecurityObject) X(FltSetSecurityObject) X(FltFsControlFile) \
  X(FltDeviceIoControlFile) X(FltTagFile) X(FltUntagFile) \
  X(FltAllocatePoolAlignedWithTag) \
  X(FltFreePoolAlignedWithTag) X(FltCancellableWaitForSingleObject) X(FltCheckAndGrowNameControl) \
  X(FltPurgeFileNameInformationCache) X(FltQueryDirectoryFile) X(FltCreateFileEx2) \
  X(FltGetRequestorProcessIdEx) X(FltGetNewSystemBufferAddress) X(FltCreateSystemVolumeInformationFolder) \
  X(FltGetTopInstance) X(FltGetBottomInstance) X(FltGetUpperInstance) X(FltGetLowerInstance) \
  X(FltEnlistInTransaction) X(FltSetTransactionContext) X(FltGetTransactionContext) \
  X(FltDeleteTransactionContext) X(FltRollbackEnlistment) X(FltPrePrepareComplete) X(FltPrepareComplete) \
  X(FltCommitComplete) X(FltCommitFinalizeComplete) X(FltRollbackComplete) \
  X(FltAllocateExtraCreateParameterList) X(FltFreeExtraCreateParameterList) \
  X(FltAllocateExtraCreateParameter) X(FltFreeExtraCreateParameter) X(FltInsertExtraCreateParameter) \
  X(FltFindExtraCreateParameter) X(FltRemoveExtraCreateParameter) X(FltGetNextExtraCreateParameter) \
  X(FltGetEcpListFromCallbackData) X(FltSetEcpListIntoCallbackData) X(FltAcknowledgeEcp) \
  X(FltIsEcpAcknowledged) X(FltIsEcpFromUserMode) X(FltInitializeOplock) X(FltUninitializeOplock) \
  X(FltOplockFsctrl) X(FltCheckOplock) X(FltCheckOplockEx) X(FltOplockBreakH) X(FltOplockIsFastIoPossible) \
  X(FltCurrentBatchOplock) X(FltCurrentOplock) X(FltCurrentOplockH) X(FltAllocateFileLock) \
  X(FltFreeFileLock) X(FltInitializeFileLock) X(FltUninitializeFileLock) X(FltProcessFileLock) \
  X(FltCheckLockForReadAccess) X(FltCheckLockForWriteAccess) X(FltRegisterForDataScan) \
  X(FltCreateSectionForDataScan) X(FltCloseSectionForDataScan)
// clang-format on

FLTSIM_UNSUPPORTED_ROUTINES(FLTSIM_DEFINE_UNSUPPORTED)
