// Ex: ERESOURCE, the reader-writer lock that is recursive and knows its owners.
//
// Inside the structure: OwnerEntry is the exclusive owner and its count, ActiveCount the number of shared
// holds, Address the structure's own address once initialised, Reserved2 the id of the exclusive owner. The id
// decides: a thread may be born at the address of one that ended as the owner. Who holds it shared is in the threads (held_locks), not in a table.
#include "nt/held_locks.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

enum class Access {
  kExclusive,
  kShared,
  kSharedStarveExclusive,   // does not queue behind exclusive waiters
  kSharedWaitForExclusive,  // queues behind them even as an owner
};

ERESOURCE_THREAD self_of(const Thread& thread) { return reinterpret_cast<ERESOURCE_THREAD>(&thread); }

void set_owner(ERESOURCE& resource, const Thread& thread) {
  resource.OwnerEntry.OwnerThread = self_of(thread);
  resource.Reserved2 = reinterpret_cast<PVOID>(std::uintptr_t{thread.id});
}

bool is_owned_by(const ERESOURCE& resource, const Thread& thread) {
  return resource.Reserved2 == reinterpret_cast<PVOID>(std::uintptr_t{thread.id});
}

void clear_owner(ERESOURCE& resource) {
  resource.OwnerEntry = {};
  resource.Reserved2 = nullptr;
}

void check(Thread& thread, PERESOURCE resource, const char* routine) {
  if (resource->Address != resource) {
    bug_check(thread, "VER-44",
              std::string(routine) + ": the resource was never initialised, or has been deleted");
  }
}

bool may_take(const ERESOURCE& resource, const Thread& thread, Access access, bool is_owner) {
  if (access == Access::kExclusive) {
    return resource.OwnerEntry.OwnerThread == 0 && resource.ActiveCount == 0;
  }
  if (resource.OwnerEntry.OwnerThread != 0) return is_owned_by(resource, thread);
  if (resource.NumberOfExclusiveWaiters == 0 || access == Access::kSharedStarveExclusive) return true;
  return is_owner && access == Access::kShared;
}

void take(ERESOURCE& resource, const Thread& thread, Access access) {
  if (access == Access::kExclusive || is_owned_by(resource, thread)) {
    set_owner(resource, thread);
    ++resource.OwnerEntry.OwnerCount;
  } else {
    ++resource.ActiveCount;
  }
}

bool acquire(PERESOURCE resource, Access access, BOOLEAN wait, const char* routine) {
  Thread& thread = enter(routine, kApc);
  check(thread, resource, routine);
  check_region(thread, routine, "a resource", "FltAcquireResource*");
  LockTable& locks = thread.system.nt().locks();
  const bool is_owner = holds(thread, resource) != 0;
  const bool recursive = locks.look(resource, [&] { return is_owned_by(*resource, thread); });
  if (access == Access::kExclusive && is_owner && !recursive) {
    if (wait == FALSE) return false;
    bug_check(thread, "VER-42",
              std::string(routine) +
                  ": the thread holds the resource shared and waits for it exclusively: it waits "
                  "for itself for ever");
  }
  ULONG& waiters =
      access == Access::kExclusive ? resource->NumberOfExclusiveWaiters : resource->NumberOfSharedWaiters;
  bool waiting = false;
  const auto try_take = [&] {
    if (!recursive && !may_take(*resource, thread, access, is_owner)) {
      if (!waiting && wait != FALSE) ++waiters;
      waiting = true;
      return false;
    }
    if (waiting) --waiters;
    take(*resource, thread, access);
    return true;
  };
  if (wait != FALSE) {
    locks.acquire(resource, try_take, [&] {
      const char* kind = access == Access::kExclusive ? "resource, exclusive" : "resource, shared";
      return waits_for_holder(thread, reinterpret_cast<std::uintptr_t>(resource->Reserved2), kind);
    });
  } else if (!locks.look(resource, try_take)) {
    return false;
  }
  hold(thread, resource, "resource");
  return true;
}

void let_go_of(Thread& thread, PERESOURCE resource, const char* routine) {
  check(thread, resource, routine);
  if (!let_go(thread, resource, "resource")) {
    bug_check(thread, "VER-42",
              std::string(routine) +
                  ": the thread does not hold the resource; Windows stops with RESOURCE_NOT_OWNED");
  }
  thread.system.nt().locks().release(resource, [&] {
    if (!is_owned_by(*resource, thread)) {
      --resource->ActiveCount;
    } else if (--resource->OwnerEntry.OwnerCount == 0) {
      clear_owner(*resource);
    }
  });
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::Access;
using nt::enter;

extern "C" {

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource) {
  enter("ExInitializeResourceLite", nt::kDispatch);
  *Resource = {};
  Resource->Address = Resource;
  return STATUS_SUCCESS;
}

NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource) {
  nt::check(enter("ExReinitializeResourceLite", nt::kDispatch), Resource, "ExReinitializeResourceLite");
  return ExInitializeResourceLite(Resource);
}

NTSTATUS ExDeleteResourceLite(PERESOURCE Resource) {
  nt::Thread& thread = enter("ExDeleteResourceLite", nt::kDispatch);
  nt::check(thread, Resource, "ExDeleteResourceLite");
  const bool is_held = thread.system.nt().locks().look(
      Resource, [&] { return Resource->OwnerEntry.OwnerThread != 0 || Resource->ActiveCount != 0; });
  if (is_held) {
    nt::bug_check(thread, "VER-42", "ExDeleteResourceLite: the resource is still held");
  }
  Resource->Address = nullptr;
  return STATUS_SUCCESS;
}

BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) {
  return nt::acquire(Resource, Access::kShared, Wait, "ExAcquireResourceSharedLite");
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) {
  return nt::acquire(Resource, Access::kExclusive, Wait, "ExAcquireResourceExclusiveLite");
}

BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait) {
  return nt::acquire(Resource, Access::kSharedStarveExclusive, Wait, "ExAcquireSharedStarveExclusive");
}

BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait) {
  return nt::acquire(Resource, Access::kSharedWaitForExclusive, Wait, "ExAcquireSharedWaitForExclusive");
}

VOID ExReleaseResourceLite(PERESOURCE Resource) {
  nt::let_go_of(enter("ExReleaseResourceLite", nt::kDispatch), Resource, "ExReleaseResourceLite");
}

VOID ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId) {
  nt::Thread& thread = enter("ExReleaseResourceForThreadLite", nt::kDispatch);
  if (ResourceThreadId != nt::self_of(thread))
    nt::unsupported("ExReleaseResourceForThreadLite for another thread");
  nt::let_go_of(thread, Resource, "ExReleaseResourceForThreadLite");
}

VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource) {
  nt::Thread& thread = enter("ExConvertExclusiveToSharedLite", nt::kDispatch);
  const bool owns =
      thread.system.nt().locks().look(Resource, [&] { return nt::is_owned_by(*Resource, thread); });
  if (!owns) {
    nt::bug_check(thread, "VER-42",
                  "ExConvertExclusiveToSharedLite: the thread does not hold the resource exclusively");
  }
  thread.system.nt().locks().release(Resource, [&] {
    Resource->ActiveCount = static_cast<SHORT>(Resource->ActiveCount + Resource->OwnerEntry.OwnerCount);
    nt::clear_owner(*Resource);
  });
}

BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource) {
  nt::Thread& thread = enter("ExIsResourceAcquiredExclusiveLite", nt::kDispatch);
  return thread.system.nt().locks().look(Resource, [&] { return nt::is_owned_by(*Resource, thread); });
}

ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource) {
  return nt::holds(enter("ExIsResourceAcquiredSharedLite", nt::kDispatch), Resource);
}

ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource) {
  nt::Thread& thread = enter("ExGetExclusiveWaiterCount", nt::kDispatch);
  return thread.system.nt().locks().look(Resource, [&] { return Resource->NumberOfExclusiveWaiters; });
}

ULONG ExGetSharedWaiterCount(PERESOURCE Resource) {
  nt::Thread& thread = enter("ExGetSharedWaiterCount", nt::kDispatch);
  return thread.system.nt().locks().look(Resource, [&] { return Resource->NumberOfSharedWaiters; });
}

PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(Resource, TRUE);
  return nullptr;
}

PVOID ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  ExAcquireResourceSharedLite(Resource, TRUE);
  return nullptr;
}

VOID ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource) {
  ExReleaseResourceLite(Resource);
  KeLeaveCriticalRegion();
}

}  // extern "C"
