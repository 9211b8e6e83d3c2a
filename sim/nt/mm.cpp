// Mm: probing user memory, descriptor lists, routine addresses.
#include <ntifs.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <climits>
#include <vector>

#include "nt/unsupported.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

UserSpace& user_space(Thread& thread) { return thread.system.nt().user_space(); }

// What ProbeFor* raises; success when the range may be touched.
NTSTATUS probe(Thread& thread, const void* address, SIZE_T length, ULONG alignment, bool touches) {
  if (length == 0) return STATUS_SUCCESS;
  if ((reinterpret_cast<ULONG_PTR>(address) & (alignment - 1)) != 0) return STATUS_DATATYPE_MISALIGNMENT;
  if (!user_space(thread).contains(address, length)) return STATUS_ACCESS_VIOLATION;
  if (touches && !user_space(thread).is_mapped(address, length)) return STATUS_ACCESS_VIOLATION;
  return STATUS_SUCCESS;
}

constexpr NTSTATUS kPartialCopy = static_cast<NTSTATUS>(0x8000000D);  // STATUS_PARTIAL_COPY
constexpr std::uint32_t kContiguousTag = 0x6D436D4D;                  // "MmCm"

void* address_of(PMDL list) { return MmGetMdlVirtualAddress(list); }

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

// The statuses are raised from here, where nothing with a destructor is alive.
VOID ProbeForRead(const volatile VOID* Address, SIZE_T Length, ULONG Alignment) {
  nt::Thread& thread = enter("ProbeForRead", nt::kApc);
  const NTSTATUS status = nt::probe(thread, const_cast<const void*>(Address), Length, Alignment, false);
  if (status != STATUS_SUCCESS) ExRaiseStatus(status);
}

VOID ProbeForWrite(volatile VOID* Address, SIZE_T Length, ULONG Alignment) {
  nt::Thread& thread = enter("ProbeForWrite", nt::kApc);
  const NTSTATUS status = nt::probe(thread, const_cast<void*>(Address), Length, Alignment, true);
  if (status != STATUS_SUCCESS) ExRaiseStatus(status);
}

BOOLEAN MmIsAddressValid(PVOID VirtualAddress) {
  nt::Thread& thread = enter("MmIsAddressValid", nt::kDispatch);
  if (nt::user_space(thread).contains(VirtualAddress, 1))
    return nt::user_space(thread).is_mapped(VirtualAddress, 1);
  unsigned char resident = 0;
  return mincore(PAGE_ALIGN(VirtualAddress), 1, &resident) == 0;
}

VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList) {
  enter("MmBuildMdlForNonPagedPool", nt::kDispatch);
  MemoryDescriptorList->MappedSystemVa = nt::address_of(MemoryDescriptorList);
  MemoryDescriptorList->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) {
  nt::Thread& thread = enter("MmProbeAndLockPages", nt::kApc);
  const NTSTATUS status = AccessMode == UserMode ? nt::probe(thread, nt::address_of(MemoryDescriptorList),
                                                             MemoryDescriptorList->ByteCount, 1, true)
                                                 : STATUS_SUCCESS;
  if (status != STATUS_SUCCESS) ExRaiseStatus(status);
  MemoryDescriptorList->Process = nt::to_wdk(&thread.process);
  MemoryDescriptorList->MdlFlags |= MDL_PAGES_LOCKED;
  if (Operation != IoReadAccess) MemoryDescriptorList->MdlFlags |= MDL_WRITE_OPERATION;
}

VOID MmUnlockPages(PMDL MemoryDescriptorList) {
  nt::Thread& thread = enter("MmUnlockPages", nt::kDispatch);
  if ((MemoryDescriptorList->MdlFlags & MDL_PAGES_LOCKED) == 0) {
    nt::bug_check(thread, "VER-44", "MmUnlockPages: the pages of the list are not locked");
  }
  MemoryDescriptorList->MdlFlags &=
      static_cast<CSHORT>(~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA));
}

// User memory is mapped in every thread of the program: the mapping is the address itself.
PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE, MEMORY_CACHING_TYPE, PVOID,
                                   ULONG, ULONG) {
  nt::Thread& thread = enter("MmMapLockedPagesSpecifyCache", nt::kDispatch);
  if (nt::fails_now(thread, "MmMapLockedPagesSpecifyCache")) return nullptr;
  MemoryDescriptorList->MappedSystemVa = nt::address_of(MemoryDescriptorList);
  MemoryDescriptorList->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
  return MemoryDescriptorList->MappedSystemVa;
}

VOID MmUnmapLockedPages(PVOID, PMDL MemoryDescriptorList) {
  enter("MmUnmapLockedPages", nt::kDispatch);
  MemoryDescriptorList->MdlFlags &= static_cast<CSHORT>(~MDL_MAPPED_TO_SYSTEM_VA);
}

PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode) {
  return MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MmCached, nullptr, TRUE,
                                      HighPagePriority);
}

SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length) {
  return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length);
}

// The copy is the kernel's own, which does not fault: what is not there ends it early.
NTSTATUS MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes, ULONG Flags,
                      PSIZE_T NumberOfBytesTransferred) {
  enter("MmCopyMemory", nt::kApc);
  *NumberOfBytesTransferred = 0;
  if (Flags == MM_COPY_MEMORY_PHYSICAL) nt::unsupported("MmCopyMemory from a physical address");
  if (Flags != MM_COPY_MEMORY_VIRTUAL) return STATUS_INVALID_PARAMETER;
  const iovec to{TargetAddress, NumberOfBytes};
  // A page at a time, for the call moves whole elements or nothing of them.
  std::vector<iovec> from;
  auto* at = static_cast<char*>(SourceAddress.VirtualAddress);
  for (SIZE_T left = NumberOfBytes; left != 0 && from.size() < IOV_MAX;) {
    const SIZE_T room = PAGE_SIZE - BYTE_OFFSET(at);
    const SIZE_T size = left < room ? left : room;
    from.push_back({at, size});
    at += size;
    left -= size;
  }
  const ssize_t moved = process_vm_readv(getpid(), &to, 1, from.data(), from.size(), 0);
  if (moved > 0) *NumberOfBytesTransferred = static_cast<SIZE_T>(moved);
  if (*NumberOfBytesTransferred == NumberOfBytes) return STATUS_SUCCESS;
  return *NumberOfBytesTransferred != 0 ? nt::kPartialCopy : STATUS_INVALID_ADDRESS;
}

// One address range holds the memory of all processes, so that only the addresses matter.
NTSTATUS MmCopyVirtualMemory(PEPROCESS, PVOID SourceAddress, PEPROCESS, PVOID TargetAddress,
                             SIZE_T BufferSize, KPROCESSOR_MODE PreviousMode, PSIZE_T ReturnSize) {
  nt::Thread& thread = enter("MmCopyVirtualMemory", nt::kApc);
  *ReturnSize = 0;
  if (PreviousMode == UserMode && (!nt::user_space(thread).contains(SourceAddress, BufferSize) ||
                                   !nt::user_space(thread).contains(TargetAddress, BufferSize))) {
    return STATUS_ACCESS_VIOLATION;
  }
  MM_COPY_ADDRESS source;
  source.VirtualAddress = SourceAddress;
  const NTSTATUS status = MmCopyMemory(TargetAddress, source, BufferSize, MM_COPY_MEMORY_VIRTUAL, ReturnSize);
  return status == STATUS_INVALID_ADDRESS ? nt::kPartialCopy : status;
}

VOID MmProbeAndLockProcessPages(PMDL MemoryDescriptorList, PEPROCESS Process, KPROCESSOR_MODE AccessMode,
                                LOCK_OPERATION Operation) {
  MmProbeAndLockPages(MemoryDescriptorList, AccessMode, Operation);
  MemoryDescriptorList->Process = Process;
}

// --- contiguous memory: physical addresses are nowhere to be seen, and so it is pool ---

PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS) {
  nt::Thread& thread = enter("MmAllocateContiguousMemory", nt::kDispatch);
  if (nt::fails_now(thread, "MmAllocateContiguousMemory")) return nullptr;
  return thread.system.nt().pool().allocate(thread.driver, nt::Pool::Kind::kNonPaged,
                                            nt::Pool::Fill::kPattern, ROUND_TO_PAGES(NumberOfBytes),
                                            nt::kContiguousTag);
}

VOID MmFreeContiguousMemory(PVOID BaseAddress) {
  nt::Thread& thread = enter("MmFreeContiguousMemory", nt::kDispatch);
  thread.system.nt().pool().free(thread, "MmFreeContiguousMemory", BaseAddress, nt::kContiguousTag);
}

// --- paging of drivers: their code and data are always there ---

PVOID MmPageEntireDriver(PVOID AddressWithinSection) {
  enter("MmPageEntireDriver", nt::kApc);
  return AddressWithinSection;
}

VOID MmResetDriverPaging(PVOID) { enter("MmResetDriverPaging", nt::kApc); }

// The handle is the address, which nobody looks into.
PVOID MmLockPagableDataSection(PVOID AddressWithinSection) {
  enter("MmLockPagableDataSection", nt::kApc);
  return AddressWithinSection;
}

VOID MmLockPagableSectionByHandle(PVOID) { enter("MmLockPagableSectionByHandle", nt::kApc); }
VOID MmUnlockPagableImageSection(PVOID) { enter("MmUnlockPagableImageSection", nt::kApc); }

BOOLEAN MmIsRecursiveIoFault(VOID) { return enter("MmIsRecursiveIoFault", nt::kDispatch), FALSE; }
BOOLEAN MmIsThisAnNtAsSystem(VOID) { return enter("MmIsThisAnNtAsSystem", nt::kDispatch), FALSE; }
MM_SYSTEMSIZE MmQuerySystemSize(VOID) { return enter("MmQuerySystemSize", nt::kDispatch), MmLargeSystem; }

// A routine that is declared but not simulated is not offered, so that a driver takes its other way.
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) {
  enter("MmGetSystemRoutineAddress", nt::kPassive);
  std::string name;
  for (const WCHAR unit : nt::view(SystemRoutineName)) name += unit < 0x80 ? static_cast<char>(unit) : '?';
  return nt::routine_address(name);
}

}  // extern "C"
