// Memory manager, the rarer part: pages without a mapping, system mappings, sections, copying from foreign memory.
#pragma once

#include "mm.h"

WDK_BEGIN

struct _DRIVER_OBJECT;
struct _FILE_OBJECT;

#define MM_COPY_MEMORY_PHYSICAL 0x1u
#define MM_COPY_MEMORY_VIRTUAL 0x2u
typedef struct _MM_COPY_ADDRESS {
  __extension__ union {
    PVOID VirtualAddress;
    PHYSICAL_ADDRESS PhysicalAddress;
  };
} MM_COPY_ADDRESS, *PMMCOPY_ADDRESS;
NTSTATUS MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes, ULONG Flags,
                      PSIZE_T NumberOfBytesTransferred);

VOID MmProbeAndLockProcessPages(PMDL MemoryDescriptorList, PEPROCESS Process, KPROCESSOR_MODE AccessMode,
                                LOCK_OPERATION Operation);
VOID MmProbeAndLockSelectedPages(PMDL MemoryDescriptorList, PLARGE_INTEGER SegmentArray, KPROCESSOR_MODE AccessMode,
                                 LOCK_OPERATION Operation);
PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode);
NTSTATUS MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect);
NTSTATUS MmProtectDriverSection(PVOID AddressWithinSection, SIZE_T Size, ULONG Flags);
#define MM_PROTECT_DRIVER_SECTION_ALLOW_UNLOAD 0x1u
#define MmLockPagableCodeSection(address) MmLockPagableDataSection(address)
#define MmGetSystemAddressForMdl(mdl)                                          \
  (((mdl)->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) \
       ? (mdl)->MappedSystemVa                                                 \
       : MmMapLockedPages((mdl), KernelMode))
#define MmGetMdlPfnArray(mdl) ((PPFN_NUMBER)((mdl) + 1))
#define MmGetMdlBaseVa(mdl) ((mdl)->StartVa)
SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length);
#define MmPrepareMdlForReuse(mdl)                                                       \
  do {                                                                                  \
    if (((mdl)->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0)                           \
      MmUnmapLockedPages((mdl)->MappedSystemVa, (mdl));                                 \
  } while (0)
NTSTATUS MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes);
#define MM_DONT_ZERO_ALLOCATION 0x00000001u
#define MM_ALLOCATE_FROM_LOCAL_NODE_ONLY 0x00000002u
#define MM_ALLOCATE_FULLY_REQUIRED 0x00000004u
#define MM_ALLOCATE_NO_WAIT 0x00000008u
#define MM_ALLOCATE_PREFER_CONTIGUOUS 0x00000010u
#define MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS 0x00000020u
PMDL MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes,
                           SIZE_T TotalBytes);
PMDL MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes,
                             SIZE_T TotalBytes, MEMORY_CACHING_TYPE CacheType, ULONG Flags);
VOID MmFreePagesFromMdl(PMDL MemoryDescriptorList);
PVOID MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag);
VOID MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag);
PVOID MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag, PMDL MemoryDescriptorList,
                                          MEMORY_CACHING_TYPE CacheType);
VOID MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList);
PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes);
VOID MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes);
PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                             PHYSICAL_ADDRESS HighestAcceptableAddress,
                                             PHYSICAL_ADDRESS BoundaryAddressMultiple, MEMORY_CACHING_TYPE CacheType);
VOID MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType);
PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType);
PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect);
VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes);
PVOID MmGetVirtualForPhysical(PHYSICAL_ADDRESS PhysicalAddress);
typedef struct _PHYSICAL_MEMORY_RANGE {
  PHYSICAL_ADDRESS BaseAddress;
  LARGE_INTEGER NumberOfBytes;
} PHYSICAL_MEMORY_RANGE, *PPHYSICAL_MEMORY_RANGE;
PPHYSICAL_MEMORY_RANGE MmGetPhysicalMemoryRanges(VOID);

NTSTATUS MmMapViewInSystemSpace(PVOID Section, PVOID* MappedBase, PSIZE_T ViewSize);
NTSTATUS MmUnmapViewInSystemSpace(PVOID MappedBase);
HANDLE MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode);
VOID MmUnsecureVirtualMemory(HANDLE SecureHandle);
VOID MmLockPagableSectionByHandle(PVOID ImageSectionHandle);
VOID MmResetDriverPaging(PVOID AddressWithinSection);
BOOLEAN MmIsThisAnNtAsSystem(VOID);
typedef enum _MM_SYSTEM_SIZE { MmSmallSystem, MmMediumSystem, MmLargeSystem } MM_SYSTEMSIZE;
MM_SYSTEMSIZE MmQuerySystemSize(VOID);
BOOLEAN MmIsDriverVerifying(struct _DRIVER_OBJECT* DriverObject);
LOGICAL MmIsDriverVerifyingByAddress(PVOID AddressWithinSection);
LOGICAL MmIsDriverSuspectForVerifier(struct _DRIVER_OBJECT* DriverObject);
BOOLEAN MmSetAddressRangeModified(PVOID Address, SIZE_T Length);
BOOLEAN MmIsNonPagedSystemAddressValid(PVOID VirtualAddress);
BOOLEAN MmForceSectionClosed(struct _SECTION_OBJECT_POINTERS* SectionObjectPointer, BOOLEAN DelayClose);
typedef union _FILE_SEGMENT_ELEMENT {
  PVOID Buffer;
  ULONGLONG Alignment;
} FILE_SEGMENT_ELEMENT, *PFILE_SEGMENT_ELEMENT;
typedef struct _READ_LIST {
  struct _FILE_OBJECT* FileObject;
  ULONG NumberOfEntries;
  LOGICAL IsImage;
  FILE_SEGMENT_ELEMENT List[ANYSIZE_ARRAY];
} READ_LIST, *PREAD_LIST;
NTSTATUS MmPrefetchPages(ULONG NumberOfLists, PREAD_LIST* ReadLists);

WDK_END
