// Ex: pool and lookaside lists.
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

using PoolKind = Pool::Kind;
using Fill = Pool::Fill;

constexpr POOL_FLAGS kPlaces = POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED;
constexpr ULONG kNoTag = 0x656E6F4E;  // 'None', what ExAllocatePool uses

PoolKind kind_of(int type) { return (type & 1) != 0 ? PoolKind::kPaged : PoolKind::kNonPaged; }

Irql limit_of(PoolKind kind) { return kind == PoolKind::kPaged ? kApc : kDispatch; }

void check_request(Thread& thread, const char* routine, SIZE_T size, ULONG tag) {
  if (tag == 0) {
    report(thread, "VER-37", Severity::kError,
           std::string(routine) + ": the pool tag is zero; give every allocation a tag of its own");
  }
  if (size == 0) {
    report(
        thread, "VER-41", Severity::kError,
        std::string(routine) + ": zero bytes were asked for; the memory that comes back may not be touched");
  }
}

// Memory for the calling driver, or null when the test asked for that.
void* pool_memory(Thread& thread, const char* routine, PoolKind kind, Fill fill, SIZE_T size, ULONG tag) {
  if (fails_now(thread, routine)) return nullptr;
  return thread.system.nt().pool().allocate(thread.driver, kind, fill, size, tag);
}

void* allocate(const char* routine, PoolKind kind, Fill fill, SIZE_T size, ULONG tag) {
  Thread& thread = enter(routine, limit_of(kind));
  check_request(thread, routine, size, tag);
  return pool_memory(thread, routine, kind, fill, size, tag);
}

void free_pool(const char* routine, PVOID memory, ULONG tag) {
  Thread& thread = enter(routine, kDispatch);
  thread.system.nt().pool().free(thread, routine, memory, tag);
}

PVOID default_allocate(POOL_TYPE type, SIZE_T size, ULONG tag) {
  return allocate("ExAllocateFromLookasideList", kind_of(type), Fill::kPattern, size, tag);
}

VOID default_free(PVOID memory) { free_pool("ExFreeToLookasideList", memory, 0); }

void initialize_list(GENERAL_LOOKASIDE& list, PALLOCATE_FUNCTION allocate_function,
                     PFREE_FUNCTION free_function, POOL_TYPE type, SIZE_T size, ULONG tag) {
  list = {};
  list.Type = type;
  list.Size = static_cast<ULONG>(size);
  list.Tag = tag;
  list.Allocate = allocate_function != nullptr ? allocate_function : &default_allocate;
  list.Free = free_function != nullptr ? free_function : &default_free;
}

// Every entry is an allocation of its own, so that the address sanitizer and the leak report see it.
PVOID allocate_entry(GENERAL_LOOKASIDE& list) {
  PVOID entry = list.Allocate(list.Type, list.Size, list.Tag);
  if (entry != nullptr) __atomic_add_fetch(&list.TotalAllocates, 1, __ATOMIC_RELAXED);
  return entry;
}

void free_entry(GENERAL_LOOKASIDE& list, PVOID entry) {
  __atomic_add_fetch(&list.TotalFrees, 1, __ATOMIC_RELAXED);
  list.Free(entry);
}

void delete_list(const char* routine, const GENERAL_LOOKASIDE& list) {
  Thread& thread = enter(routine, kDispatch);
  const ULONG out = __atomic_load_n(&list.TotalAllocates, __ATOMIC_RELAXED) -
                    __atomic_load_n(&list.TotalFrees, __ATOMIC_RELAXED);
  if (out == 0) return;
  report(thread, "VER-40", Severity::kError,
         std::string(routine) + ": " + std::to_string(out) + " entries with the tag '" + tag_text(list.Tag) +
             "' were not given back to the list");
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::Fill;

extern "C" {

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
  const POOL_FLAGS place = Flags & nt::kPlaces;
  const bool one_place = place != 0 && (place & (place - 1)) == 0;
  const nt::PoolKind kind = place == POOL_FLAG_PAGED ? nt::PoolKind::kPaged : nt::PoolKind::kNonPaged;
  const Fill fill = (Flags & POOL_FLAG_UNINITIALIZED) != 0 ? Fill::kPattern : Fill::kZero;
  nt::Thread& thread = nt::enter("ExAllocatePool2", nt::limit_of(kind));
  nt::check_request(thread, "ExAllocatePool2", NumberOfBytes, Tag);
  if (!one_place) {
    nt::report(thread, "VER-41", Severity::kError,
               "ExAllocatePool2: give exactly one of POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE and "
               "POOL_FLAG_PAGED");
  }
  const bool valid = one_place && Tag != 0;
  PVOID memory = valid ? nt::pool_memory(thread, "ExAllocatePool2", kind, fill, NumberOfBytes, Tag) : nullptr;
  if (memory == nullptr && (Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0) {
    ExRaiseStatus(valid ? STATUS_INSUFFICIENT_RESOURCES : STATUS_INVALID_PARAMETER);
  }
  return memory;
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  PVOID memory =
      nt::allocate("ExAllocatePoolWithTag", nt::kind_of(PoolType), Fill::kPattern, NumberOfBytes, Tag);
  if (memory == nullptr && (PoolType & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0) {
    ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  }
  return memory;
}

PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  return ExAllocatePoolWithTag(PoolType, NumberOfBytes, nt::kNoTag);
}

PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY) {
  return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  PVOID memory =
      nt::allocate("ExAllocatePoolWithQuotaTag", nt::kind_of(PoolType), Fill::kPattern, NumberOfBytes, Tag);
  if (memory == nullptr && (PoolType & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0) {
    ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  }
  return memory;
}

PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return nt::allocate("ExAllocatePoolZero", nt::kind_of(PoolType), Fill::kZero, NumberOfBytes, Tag);
}

PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return nt::allocate("ExAllocatePoolUninitialized", nt::kind_of(PoolType), Fill::kPattern, NumberOfBytes,
                      Tag);
}

VOID ExFreePool(PVOID Memory) { nt::free_pool("ExFreePool", Memory, 0); }

VOID ExFreePoolWithTag(PVOID Memory, ULONG Tag) { nt::free_pool("ExFreePoolWithTag", Memory, Tag); }

// All pool is no-execute here.
VOID ExInitializeDriverRuntime(ULONG) { nt::enter("ExInitializeDriverRuntime", nt::kPassive); }

VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                     PFREE_FUNCTION Free, ULONG, SIZE_T Size, ULONG Tag, USHORT) {
  nt::enter("ExInitializeNPagedLookasideList", nt::kDispatch);
  nt::initialize_list(Lookaside->L, Allocate, Free, NonPagedPoolNx, Size, Tag);
}

VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) {
  nt::delete_list("ExDeleteNPagedLookasideList", Lookaside->L);
}

PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) {
  return nt::allocate_entry(Lookaside->L);
}

VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) {
  nt::free_entry(Lookaside->L, Entry);
}

VOID ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                    PFREE_FUNCTION Free, ULONG, SIZE_T Size, ULONG Tag, USHORT) {
  nt::enter("ExInitializePagedLookasideList", nt::kApc);
  nt::initialize_list(Lookaside->L, Allocate, Free, PagedPool, Size, Tag);
}

VOID ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) {
  nt::delete_list("ExDeletePagedLookasideList", Lookaside->L);
}

PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) {
  return nt::allocate_entry(Lookaside->L);
}

VOID ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) {
  nt::free_entry(Lookaside->L, Entry);
}

}  // extern "C"
