// Zw: sections of files, whole views of them; Mm: what a file system asks about the sections of a stream.
#include <ntifs.h>

#include "io/section.hpp"
#include "io/services.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/object_attributes.hpp"

namespace io = fltsim::io;
namespace nt = fltsim::nt;

namespace {

// A driver knows the state by its first member.
const io::StreamState& stream_of(PSECTION_OBJECT_POINTERS pointers) {
  return *reinterpret_cast<const io::StreamState*>(pointers);
}

// The calling thread's own process is the only one that views are mapped into.
NTSTATUS check_process(nt::Thread& thread, HANDLE process, const char* routine) {
  nt::Ref<void> object;
  const NTSTATUS status = nt::reference_by_handle(process, 0, &nt::kProcessType, nt::Mode::kKernel, object);
  if (status != STATUS_SUCCESS) return status;
  if (object.get() != &thread.process)
    nt::unsupported((std::string(routine) + " for another process").c_str());
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS ZwCreateSection(PHANDLE SectionHandle, ACCESS_MASK, POBJECT_ATTRIBUTES ObjectAttributes,
                         PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes,
                         HANDLE FileHandle) {
  nt::Thread& thread = nt::enter("ZwCreateSection", nt::kPassive);
  const nt::KernelCallScope scope(thread);
  if (FileHandle == nullptr) nt::unsupported("ZwCreateSection without a file");
  if ((AllocationAttributes & SEC_IMAGE) != 0) nt::unsupported("ZwCreateSection with SEC_IMAGE");
  if (ObjectAttributes != nullptr && ObjectAttributes->ObjectName != nullptr) {
    nt::unsupported("ZwCreateSection with a name");
  }
  if (MaximumSize != nullptr && MaximumSize->QuadPart != 0)
    nt::unsupported("ZwCreateSection with a size of its own");
  return io::create_section({thread, nt::Mode::kKernel}, *SectionHandle, FileHandle, SectionPageProtection);
}

NTSTATUS ZwMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID* BaseAddress, ULONG_PTR, SIZE_T,
                            PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT, ULONG, ULONG) {
  nt::Thread& thread = nt::enter("ZwMapViewOfSection", nt::kPassive);
  const nt::KernelCallScope scope(thread);
  if (const NTSTATUS status = check_process(thread, ProcessHandle, "ZwMapViewOfSection");
      status != STATUS_SUCCESS)
    return status;
  if (*BaseAddress != nullptr) nt::unsupported("ZwMapViewOfSection at an address");
  if (SectionOffset != nullptr && SectionOffset->QuadPart != 0)
    nt::unsupported("ZwMapViewOfSection at an offset");
  const SIZE_T wanted = *ViewSize;
  void* base = nullptr;
  std::size_t size = 0;
  const NTSTATUS status = io::map_view({thread, nt::Mode::kKernel}, SectionHandle, base, size);
  if (!NT_SUCCESS(status)) return status;
  if (wanted > ROUND_TO_PAGES(size)) {
    static_cast<void>(io::unmap_view({thread, nt::Mode::kKernel}, base));
    return STATUS_INVALID_VIEW_SIZE;
  }
  *BaseAddress = base;
  *ViewSize = ROUND_TO_PAGES(wanted != 0 ? wanted : size);
  return STATUS_SUCCESS;
}

NTSTATUS ZwUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress) {
  nt::Thread& thread = nt::enter("ZwUnmapViewOfSection", nt::kPassive);
  const nt::KernelCallScope scope(thread);
  if (const NTSTATUS status = check_process(thread, ProcessHandle, "ZwUnmapViewOfSection");
      status != STATUS_SUCCESS)
    return status;
  return io::unmap_view({thread, nt::Mode::kKernel}, BaseAddress);
}

// Nobody maps images here, so that there is never one in the way; what programs have mapped as data is, for a deletion.
BOOLEAN MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, MMFLUSH_TYPE FlushType) {
  nt::enter("MmFlushImageSection", nt::kApc);
  if (SectionObjectPointer == nullptr || FlushType == MmFlushForWrite) return TRUE;
  return stream_of(SectionObjectPointer).sections.load(std::memory_order_acquire) == 0;
}

// A stream that is mapped keeps its size.
BOOLEAN MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER) {
  nt::enter("MmCanFileBeTruncated", nt::kApc);
  if (SectionPointer == nullptr) return TRUE;
  return stream_of(SectionPointer).sections.load(std::memory_order_acquire) == 0;
}

}  // extern "C"
