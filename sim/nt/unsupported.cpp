#include "nt/unsupported.hpp"

#include <algorithm>

#include "nt/enter.hpp"

// This file does not include the WDK's headers: the routines are defined without their parameters. They are
// weak, so that the part of the simulator that takes one up defines it, and only has to take its name off
// this list.
#define FLTSIM_UNSUPPORTED_ROUTINES(X)                                                                     \
                                                                                                           \
  X(KeInitializeDpc)                                                                                       \
  X(KeInsertQueueDpc) X(KeRemoveQueueDpc) X(KeFlushQueuedDpcs) X(ExUuidCreate) X(ExVerifySuite)            \
      X(ExIsProcessorFeaturePresent) X(MmFlushImageSection) X(MmCanFileBeTruncated)                        \
          X(MmDoesFileHaveUserWritableReferences) X(MmIsRecursiveIoFault) X(MmAllocateContiguousMemory)    \
              X(MmFreeContiguousMemory) X(MmGetPhysicalAddress) X(MmPageEntireDriver)                      \
                  X(MmLockPagableDataSection) X(MmUnlockPagableImageSection) X(MmCopyVirtualMemory)        \
                      X(RtlStringFromGUID) X(RtlVerifyVersionInfo) X(RtlQueryRegistryValues)               \
                          X(RtlWriteRegistryValue) X(RtlCheckRegistryKey) X(RtlGetOwnerSecurityDescriptor) \
                              X(RtlInitializeGenericTableAvl) X(RtlInsertElementGenericTableAvl)           \
                                  X(RtlDeleteElementGenericTableAvl) X(RtlLookupElementGenericTableAvl)    \
                                      X(RtlGetElementGenericTableAvl) X(RtlEnumerateGenericTableAvl)       \
                                          X(RtlNumberGenericTableElementsAvl) X(RtlIsGenericTableEmptyAvl) \
                                              X(RtlCaptureStackBackTrace)                                  \
                                                  X(PsGetProcessInheritedFromUniqueProcessId)              \
                                                      X(PsSetCreateProcessNotifyRoutine)                   \
                                                          X(PsSetCreateProcessNotifyRoutineEx)

extern "C" {
#define FLTSIM_DEFINE(name) \
  __attribute__((weak)) void name() { fltsim::nt::unsupported(#name); }
FLTSIM_UNSUPPORTED_ROUTINES(FLTSIM_DEFINE)
#undef FLTSIM_DEFINE
}

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
