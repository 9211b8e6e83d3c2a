#include "nt/unsupported.hpp"

#include <algorithm>

// clang-format off
#define FLTSIM_UNSUPPORTED_ROUTINES(X) \
  X(KeInitializeDpc) X(KeInsertQueueDpc) X(KeRemoveQueueDpc) X(KeFlushQueuedDpcs) X(ExUuidCreate) \
  X(ExVerifySuite) X(ExIsProcessorFeaturePresent) X(MmFlushImageSection) X(MmCanFileBeTruncated) \
  X(MmDoesFileHaveUserWritableReferences) X(MmIsRecursiveIoFault) X(MmAllocateContiguousMemory) \
  X(MmFreeContiguousMemory) X(MmGetPhysicalAddress) X(MmPageEntireDriver) X(MmLockPagableDataSection) \
  X(MmUnlockPagableImageSection) X(MmCopyVirtualMemory) X(RtlStringFromGUID) X(RtlVerifyVersionInfo) \
  X(RtlQueryRegistryValues) X(RtlWriteRegistryValue) X(RtlCheckRegistryKey) \
  X(RtlGetOwnerSecurityDescriptor) X(RtlInitializeGenericTableAvl) X(RtlInsertElementGenericTableAvl) \
  X(RtlDeleteElementGenericTableAvl) X(RtlLookupElementGenericTableAvl) X(RtlGetElementGenericTableAvl) \
  X(RtlEnumerateGenericTableAvl) X(RtlNumberGenericTableElementsAvl) X(RtlIsGenericTableEmptyAvl) \
  X(RtlCaptureStackBackTrace) X(PsGetProcessInheritedFromUniqueProcessId) \
  X(PsSetCreateProcessNotifyRoutine) X(PsSetCreateProcessNotifyRoutineEx) X(BCryptSetProperty) \
  X(BCryptGenerateSymmetricKey) X(BCryptDestroyKey) X(BCryptEncrypt) X(BCryptDecrypt)
// clang-format on

FLTSIM_UNSUPPORTED_ROUTINES(FLTSIM_DEFINE_UNSUPPORTED)

namespace fltsim::nt {
namespace {

constexpr std::string_view kNames[] = {
#define FLTSIM_NAME(name) #name,
    FLTSIM_UNSUPPORTED_ROUTINES(FLTSIM_NAME)
#undef FLTSIM_NAME
};

}  // namespace

bool is_unsupported(std::string_view routine) {
  return std::find(std::begin(kNames), std::end(kNames), routine) != std::end(kNames);
}

}  // namespace fltsim::nt
