// Mm: probing user memory, descriptor lists, routine addresses.
#include <km/mm.h>

#include <sys/mman.h>

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

// A routine that is declared but not simulated is not offered, so that a driver takes its other way.
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) {
  enter("MmGetSystemRoutineAddress", nt::kPassive);
  std::string name;
  for (const WCHAR unit : nt::view(SystemRoutineName)) name += unit < 0x80 ? static_cast<char>(unit) : '?';
  return nt::routine_address(name);
}

}  // extern "C"
