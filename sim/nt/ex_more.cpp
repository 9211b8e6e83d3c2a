// Ex: the later pool routines, lookaside lists of either pool, callback objects, lists under a spin lock, and what the
// machine is.
#include <ntifs.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "nt/driver_call.hpp"
#include "nt/identity.hpp"
#include "nt/object_attributes.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

// The body of kCallbackType (ExCreateCallback).
struct CallbackObject {
  struct Registration {
    CallbackObject* object;
    PCALLBACK_FUNCTION function;
    PVOID context;
    const DriverIdentity* driver;
    std::uint32_t running = 0;
  };
  explicit CallbackObject(bool several) : allows_several(several) {}

  const bool allows_several;
  std::mutex mutex;
  std::vector<std::shared_ptr<Registration>> registrations;
};

const ObjectType kCallbackType = {
    .name = u"Callback",
    .mapping = {0x00020000, 0x00020001, 0x00120000, 0x001F0001},
    .close = nullptr,
    .remove = nullptr,
    .waitable = nullptr,
    .parses = false,
    .report_leaks = true,
};

// The parameters of ExAllocatePool3: one that may be ignored never fails the call.
bool understood(const POOL_EXTENDED_PARAMETER& parameter) {
  const bool known =
      parameter.Type == PoolExtendedParameterPriority || parameter.Type == PoolExtendedParameterNumaNode;
  return known || parameter.Optional != 0;
}

PVOID lookaside_allocate(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX) {
  return ExAllocatePoolWithTag(type, size, tag);
}

VOID lookaside_free(PVOID buffer, PLOOKASIDE_LIST_EX) { ExFreePool(buffer); }

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

// --- pool ---

PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                      PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount) {
  for (ULONG i = 0; i < ExtendedParametersCount; ++i) {
    if (ExtendedParameters[i].Type == PoolExtendedParameterSecurePool)
      nt::unsupported("ExAllocatePool3 from a secure pool");
    if (nt::understood(ExtendedParameters[i])) continue;
    if ((Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0) ExRaiseStatus(STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  return ExAllocatePool2(Flags, NumberOfBytes, Tag);
}

VOID ExFreePool2(PVOID Memory, ULONG Tag, PCPOOL_EXTENDED_PARAMETER, ULONG) {
  ExFreePoolWithTag(Memory, Tag);
}

PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, 0x656E6F4E);  // "None"
}

// These raise instead of returning null, unless the type says otherwise.
PVOID ExAllocatePoolQuotaUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
}

PVOID ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  PVOID memory = ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
  if (memory != nullptr) std::memset(memory, 0, NumberOfBytes);
  return memory;
}

PVOID ExAllocatePoolPriorityUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                          EX_POOL_PRIORITY) {
  return ExAllocatePoolUninitialized(PoolType, NumberOfBytes, Tag);
}

PVOID ExAllocatePoolPriorityZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY) {
  return ExAllocatePoolZero(PoolType, NumberOfBytes, Tag);
}

// --- lookaside lists; every entry is an allocation of its own, as in ex_pool.cpp ---

NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
                                     PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags, SIZE_T Size,
                                     ULONG Tag, USHORT) {
  enter("ExInitializeLookasideListEx", nt::kDispatch);
  constexpr ULONG kKnown =
      EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE;
  if ((Flags & ~kKnown) != 0 || Flags == kKnown) return STATUS_INVALID_PARAMETER_5;
  *Lookaside = {};
  Lookaside->L.Type = PoolType;
  Lookaside->L.Size = static_cast<ULONG>(Size);
  Lookaside->L.Tag = Tag;
  Lookaside->L.Future[0] = Flags;
  Lookaside->L.AllocateEx = Allocate != nullptr ? Allocate : &nt::lookaside_allocate;
  Lookaside->L.FreeEx = Free != nullptr ? Free : &nt::lookaside_free;
  return STATUS_SUCCESS;
}

PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
  GENERAL_LOOKASIDE_POOL& list = Lookaside->L;
  PVOID entry = list.AllocateEx(list.Type, list.Size, list.Tag, Lookaside);
  if (entry != nullptr) {
    __atomic_add_fetch(&list.TotalAllocates, 1, __ATOMIC_RELAXED);
  } else if ((list.Future[0] & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL) != 0) {
    ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  }
  return entry;
}

VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry) {
  __atomic_add_fetch(&Lookaside->L.TotalFrees, 1, __ATOMIC_RELAXED);
  Lookaside->L.FreeEx(Entry, Lookaside);
}

// Nothing is kept that could be flushed.
VOID ExFlushLookasideListEx(PLOOKASIDE_LIST_EX) { enter("ExFlushLookasideListEx", nt::kDispatch); }

VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
  nt::Thread& thread = enter("ExDeleteLookasideListEx", nt::kDispatch);
  const GENERAL_LOOKASIDE_POOL& list = Lookaside->L;
  const ULONG out = __atomic_load_n(&list.TotalAllocates, __ATOMIC_RELAXED) -
                    __atomic_load_n(&list.TotalFrees, __ATOMIC_RELAXED);
  if (out == 0) return;
  nt::report(thread, "VER-40", Severity::kError,
             "ExDeleteLookasideListEx: " + std::to_string(out) + " entries with the tag '" +
                 nt::tag_text(list.Tag) + "' were not given back to the list");
}

// --- lists and numbers under a spin lock ---

PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead) {
  nt::Thread& thread = enter("ExInterlockedFlushSList", nt::kDispatch);
  return thread.system.nt().locks().look(ListHead, [&] {
    auto* first = reinterpret_cast<PSLIST_ENTRY>(ListHead->Header.Alignment);
    *ListHead = {};
    return first;
  });
}

ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock) {
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
  const ULONG before = *Addend;
  *Addend += Increment;
  KeReleaseSpinLock(Lock, irql);
  return before;
}

LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock) {
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
  const LARGE_INTEGER before = *Addend;
  Addend->QuadPart += Increment.QuadPart;
  KeReleaseSpinLock(Lock, irql);
  return before;
}

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                              PKSPIN_LOCK Lock) {
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
  PSINGLE_LIST_ENTRY first = ListHead->Next;
  ListEntry->Next = first;
  ListHead->Next = ListEntry;
  KeReleaseSpinLock(Lock, irql);
  return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
  PSINGLE_LIST_ENTRY first = ListHead->Next;
  if (first != nullptr) ListHead->Next = first->Next;
  KeReleaseSpinLock(Lock, irql);
  return first;
}

// --- callback objects ---

NTSTATUS ExCreateCallback(PCALLBACK_OBJECT* CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes,
                          BOOLEAN Create, BOOLEAN AllowMultipleCallbacks) {
  nt::Thread& thread = enter("ExCreateCallback", nt::kPassive);
  const PUNICODE_STRING name = ObjectAttributes->ObjectName;
  nt::Namespace& names = thread.system.nt().names();
  nt::Ref<void> known;
  if (name != nullptr && NT_SUCCESS(names.lookup(nt::view(name), true, nt::kCallbackType, known))) {
    *CallbackObject = static_cast<PCALLBACK_OBJECT>(known.detach());
    return STATUS_SUCCESS;
  }
  if (!Create) return STATUS_OBJECT_NAME_NOT_FOUND;
  auto made = nt::Ref<nt::CallbackObject>::adopt(nt::create_object<nt::CallbackObject>(
      thread.system, nt::kCallbackType, AllowMultipleCallbacks != FALSE));
  if (name != nullptr) {
    // \Callback is where Windows keeps them.
    static_cast<void>(names.create_directory(u"\\Callback"));
    const NTSTATUS status =
        names.insert(made.get(), nt::view(name), true, (ObjectAttributes->Attributes & OBJ_PERMANENT) != 0);
    if (!NT_SUCCESS(status)) return status;
  }
  *CallbackObject = reinterpret_cast<PCALLBACK_OBJECT>(made.detach());
  return STATUS_SUCCESS;
}

PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                         PVOID CallbackContext) {
  nt::Thread& thread = enter("ExRegisterCallback", nt::kApc);
  auto& object = *reinterpret_cast<nt::CallbackObject*>(CallbackObject);
  auto made = std::make_shared<nt::CallbackObject::Registration>(
      nt::CallbackObject::Registration{&object, CallbackFunction, CallbackContext, thread.driver});
  const std::lock_guard lock(object.mutex);
  if (!object.allows_several && !object.registrations.empty()) return nullptr;
  nt::reference(&object);
  object.registrations.push_back(made);
  return made.get();
}

VOID ExUnregisterCallback(PVOID CallbackRegistration) {
  nt::Thread& thread = enter("ExUnregisterCallback", nt::kApc);
  nt::CallbackObject& object = *static_cast<nt::CallbackObject::Registration*>(CallbackRegistration)->object;
  std::shared_ptr<nt::CallbackObject::Registration> gone;
  {
    const std::lock_guard lock(object.mutex);
    const auto found = std::find_if(object.registrations.begin(), object.registrations.end(),
                                    [&](const auto& known) { return known.get() == CallbackRegistration; });
    gone = *found;
    object.registrations.erase(found);
  }
  thread.system.nt().locks().acquire(
      gone.get(),
      [&] {
        const std::lock_guard lock(object.mutex);
        return gone->running == 0;
      },
      [] {
        return sched::WaitReason{"the end of a callback", {}, nullptr};
      });
  nt::release(&object);
}

VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2) {
  nt::Thread& thread = enter("ExNotifyCallback", nt::kDispatch);
  auto& object = *static_cast<nt::CallbackObject*>(CallbackObject);
  std::vector<std::shared_ptr<nt::CallbackObject::Registration>> heard;
  {
    const std::lock_guard lock(object.mutex);
    heard = object.registrations;
    for (const auto& registration : heard) ++registration->running;
  }
  for (const auto& registration : heard) {
    {
      const nt::DriverScope scope(thread, registration->driver);
      nt::call_driver([&] {
        registration->function(registration->context, Argument1, Argument2);
        return 0;
      });
    }
    thread.system.nt().locks().release(registration.get(), [&] {
      const std::lock_guard lock(object.mutex);
      --registration->running;
    });
  }
}

// --- what the machine is ---

// A random one, of version 4; in a seeded machine it follows from the seed.
NTSTATUS ExUuidCreate(UUID* Uuid) {
  nt::Thread& thread = enter("ExUuidCreate", nt::kApc);
  std::uint8_t bytes[16];
  if (!thread.system.nt().crypto().random(bytes)) return STATUS_RETRY;
  std::memcpy(Uuid, bytes, sizeof bytes);
  Uuid->Data3 = static_cast<USHORT>((Uuid->Data3 & 0x0FFF) | 0x4000);
  Uuid->Data4[0] = static_cast<UCHAR>((Uuid->Data4[0] & 0x3F) | 0x80);
  return STATUS_SUCCESS;
}

BOOLEAN ExVerifySuite(ULONG SuiteType) {
  enter("ExVerifySuite", nt::kPassive);
  RTL_OSVERSIONINFOEXW version{};
  version.dwOSVersionInfoSize = sizeof version;
  RtlGetVersion(reinterpret_cast<PRTL_OSVERSIONINFOW>(&version));
  return SuiteType < 16 && (version.wSuiteMask >> SuiteType & 1) != 0;
}

// What every 64-bit processor that runs this Windows has; others are asked of the processor itself by nobody here.
BOOLEAN ExIsProcessorFeaturePresent(ULONG ProcessorFeature) {
  enter("ExIsProcessorFeaturePresent", nt::kAnyIrql);
  constexpr ULONG kPresent[] = {
      2,   // compare exchange of 8 bytes
      3,   // MMX
      6,   // SSE
      8,   // time-stamp counter
      9,   // physical address extension
      10,  // SSE2
      12,  // no-execute
      13,  // SSE3
      14,  // compare exchange of 16 bytes
  };
  return std::find(std::begin(kPresent), std::end(kPresent), ProcessorFeature) != std::end(kPresent);
}

}  // extern "C"
