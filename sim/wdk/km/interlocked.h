// Interlocked operations, and loads and stores with an order, which the WDK also has as inline code or as the compiler's
// intrinsics. Acquire, Release and NoFence weaken the order on other processors; on x86-64 each is a full barrier.
#pragma once

#include "list.h"

#define WDK_INTERLOCKED_VARIANTS(verb, width, type, builtin)                                         \
  FORCEINLINE type verb##width(type volatile* Target, type Value) {                                  \
    return builtin(Target, Value, __ATOMIC_SEQ_CST);                                                 \
  }                                                                                                  \
  FORCEINLINE type verb##Acquire##width(type volatile* Target, type Value) {                         \
    return builtin(Target, Value, __ATOMIC_SEQ_CST);                                                 \
  }                                                                                                  \
  FORCEINLINE type verb##Release##width(type volatile* Target, type Value) {                         \
    return builtin(Target, Value, __ATOMIC_SEQ_CST);                                                 \
  }                                                                                                  \
  FORCEINLINE type verb##NoFence##width(type volatile* Target, type Value) {                         \
    return builtin(Target, Value, __ATOMIC_SEQ_CST);                                                 \
  }
#define WDK_INTERLOCKED_STEP(verb, order, width, type, builtin)              \
  FORCEINLINE type verb##order##width(type volatile* Target) {               \
    return builtin(Target, 1, __ATOMIC_SEQ_CST);                             \
  }
#define WDK_INTERLOCKED_STEPS(verb, width, type, builtin)   \
  WDK_INTERLOCKED_STEP(verb, , width, type, builtin)        \
  WDK_INTERLOCKED_STEP(verb, Acquire, width, type, builtin) \
  WDK_INTERLOCKED_STEP(verb, Release, width, type, builtin) \
  WDK_INTERLOCKED_STEP(verb, NoFence, width, type, builtin)
#define WDK_INTERLOCKED_COMPARE(order, width, type)                                                              \
  FORCEINLINE type InterlockedCompareExchange##order##width(type volatile* Target, type Exchange, type Comparand) { \
    __atomic_compare_exchange_n(Target, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);            \
    return Comparand;                                                                                            \
  }
#define WDK_INTERLOCKED_FAMILY(width, type)                                              \
  WDK_INTERLOCKED_VARIANTS(InterlockedExchange, width, type, __atomic_exchange_n)        \
  WDK_INTERLOCKED_VARIANTS(InterlockedExchangeAdd, width, type, __atomic_fetch_add)      \
  WDK_INTERLOCKED_VARIANTS(InterlockedAdd, width, type, __atomic_add_fetch)              \
  WDK_INTERLOCKED_VARIANTS(InterlockedOr, width, type, __atomic_fetch_or)                \
  WDK_INTERLOCKED_VARIANTS(InterlockedAnd, width, type, __atomic_fetch_and)              \
  WDK_INTERLOCKED_VARIANTS(InterlockedXor, width, type, __atomic_fetch_xor)              \
  WDK_INTERLOCKED_STEPS(InterlockedIncrement, width, type, __atomic_add_fetch)           \
  WDK_INTERLOCKED_STEPS(InterlockedDecrement, width, type, __atomic_sub_fetch)           \
  WDK_INTERLOCKED_COMPARE(, width, type)                                                 \
  WDK_INTERLOCKED_COMPARE(Acquire, width, type)                                          \
  WDK_INTERLOCKED_COMPARE(Release, width, type)                                          \
  WDK_INTERLOCKED_COMPARE(NoFence, width, type)

WDK_INTERLOCKED_FAMILY(8, CHAR)
WDK_INTERLOCKED_FAMILY(16, SHORT)
WDK_INTERLOCKED_FAMILY(, LONG)
WDK_INTERLOCKED_FAMILY(64, LONG64)
#undef WDK_INTERLOCKED_FAMILY
#undef WDK_INTERLOCKED_COMPARE
#undef WDK_INTERLOCKED_STEPS
#undef WDK_INTERLOCKED_STEP
#undef WDK_INTERLOCKED_VARIANTS

#define WDK_INTERLOCKED_POINTER(order)                                                                        \
  FORCEINLINE PVOID InterlockedExchangePointer##order(PVOID volatile* Target, PVOID Value) {                  \
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);                                              \
  }                                                                                                           \
  FORCEINLINE PVOID InterlockedCompareExchangePointer##order(PVOID volatile* Target, PVOID Exchange,          \
                                                             PVOID Comparand) {                               \
    __atomic_compare_exchange_n(Target, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);         \
    return Comparand;                                                                                         \
  }
WDK_INTERLOCKED_POINTER()
WDK_INTERLOCKED_POINTER(Acquire)
WDK_INTERLOCKED_POINTER(Release)
WDK_INTERLOCKED_POINTER(NoFence)
#undef WDK_INTERLOCKED_POINTER

// A bit's number may lie outside the word, as for the processor's instruction.
#define WDK_INTERLOCKED_BIT(order, width, type, shift)                                                          \
  FORCEINLINE UCHAR InterlockedBitTestAndSet##width##order(type volatile* Base, type Bit) {                     \
    const type mask = (type)(1ull << (Bit & ((1 << shift) - 1)));                                \
    return (UCHAR)((__atomic_fetch_or(Base + (Bit >> shift), mask, __ATOMIC_SEQ_CST) & mask) != 0);             \
  }                                                                                                             \
  FORCEINLINE UCHAR InterlockedBitTestAndReset##width##order(type volatile* Base, type Bit) {                   \
    const type mask = (type)(1ull << (Bit & ((1 << shift) - 1)));                                \
    return (UCHAR)((__atomic_fetch_and(Base + (Bit >> shift), (type)~mask, __ATOMIC_SEQ_CST) & mask) != 0);     \
  }                                                                                                             \
  FORCEINLINE UCHAR InterlockedBitTestAndComplement##width##order(type volatile* Base, type Bit) {              \
    const type mask = (type)(1ull << (Bit & ((1 << shift) - 1)));                                \
    return (UCHAR)((__atomic_fetch_xor(Base + (Bit >> shift), mask, __ATOMIC_SEQ_CST) & mask) != 0);            \
  }
#define WDK_INTERLOCKED_BITS(width, type, shift)         \
  WDK_INTERLOCKED_BIT(, width, type, shift)              \
  WDK_INTERLOCKED_BIT(Acquire, width, type, shift)       \
  WDK_INTERLOCKED_BIT(Release, width, type, shift)       \
  WDK_INTERLOCKED_BIT(NoFence, width, type, shift)
WDK_INTERLOCKED_BITS(, LONG, 5)
WDK_INTERLOCKED_BITS(64, LONG64, 6)
#undef WDK_INTERLOCKED_BITS
#undef WDK_INTERLOCKED_BIT

#define InterlockedIncrementSizeT(target) ((SIZE_T)InterlockedIncrement64((LONG64 volatile*)(target)))
#define InterlockedIncrementSizeTAcquire InterlockedIncrementSizeT
#define InterlockedIncrementSizeTRelease InterlockedIncrementSizeT
#define InterlockedIncrementSizeTNoFence InterlockedIncrementSizeT
#define InterlockedDecrementSizeT(target) ((SIZE_T)InterlockedDecrement64((LONG64 volatile*)(target)))
#define InterlockedDecrementSizeTAcquire InterlockedDecrementSizeT
#define InterlockedDecrementSizeTRelease InterlockedDecrementSizeT
#define InterlockedDecrementSizeTNoFence InterlockedDecrementSizeT
#define InterlockedExchangeAddSizeT(target, value) \
  ((SIZE_T)InterlockedExchangeAdd64((LONG64 volatile*)(target), (LONG64)(value)))
#define InterlockedExchangeAddSizeTNoFence InterlockedExchangeAddSizeT
#define InterlockedExchangeSubtract(target, value) InterlockedExchangeAdd((LONG volatile*)(target), -(LONG)(value))
#define InterlockedAddULong(target, value) ((ULONG)InterlockedAdd((LONG volatile*)(target), (LONG)(value)))

// The compiler's intrinsics go by the same names with an underscore.
#define _InterlockedIncrement(target) InterlockedIncrement((LONG volatile*)(target))
#define _InterlockedDecrement(target) InterlockedDecrement((LONG volatile*)(target))
#define _InterlockedExchange(target, value) InterlockedExchange((LONG volatile*)(target), (LONG)(value))
#define _InterlockedExchangeAdd(target, value) InterlockedExchangeAdd((LONG volatile*)(target), (LONG)(value))
#define _InterlockedCompareExchange(target, exchange, comparand) \
  InterlockedCompareExchange((LONG volatile*)(target), (LONG)(exchange), (LONG)(comparand))
#define _InterlockedOr(target, value) InterlockedOr((LONG volatile*)(target), (LONG)(value))
#define _InterlockedAnd(target, value) InterlockedAnd((LONG volatile*)(target), (LONG)(value))
#define _InterlockedXor(target, value) InterlockedXor((LONG volatile*)(target), (LONG)(value))
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedExchange16 InterlockedExchange16
#define _InterlockedCompareExchange16 InterlockedCompareExchange16
#define _InterlockedExchange8 InterlockedExchange8
#define _InterlockedCompareExchange8 InterlockedCompareExchange8
#define _InterlockedIncrement64(target) InterlockedIncrement64((LONG64 volatile*)(target))
#define _InterlockedDecrement64(target) InterlockedDecrement64((LONG64 volatile*)(target))
#define _InterlockedExchange64(target, value) InterlockedExchange64((LONG64 volatile*)(target), (LONG64)(value))
#define _InterlockedExchangeAdd64(target, value) InterlockedExchangeAdd64((LONG64 volatile*)(target), (LONG64)(value))
#define _InterlockedCompareExchange64(target, exchange, comparand) \
  InterlockedCompareExchange64((LONG64 volatile*)(target), (LONG64)(exchange), (LONG64)(comparand))
#define _InterlockedOr64(target, value) InterlockedOr64((LONG64 volatile*)(target), (LONG64)(value))
#define _InterlockedAnd64(target, value) InterlockedAnd64((LONG64 volatile*)(target), (LONG64)(value))
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _interlockedbittestandset(base, bit) InterlockedBitTestAndSet((LONG volatile*)(base), (LONG)(bit))
#define _interlockedbittestandreset(base, bit) InterlockedBitTestAndReset((LONG volatile*)(base), (LONG)(bit))

// --- loads and stores ---
#define WDK_ORDERED_ACCESS(suffix, width, type)                                              \
  FORCEINLINE type Read##suffix##Acquire##width(type const volatile* Source) {               \
    return __atomic_load_n(Source, __ATOMIC_ACQUIRE);                                        \
  }                                                                                          \
  FORCEINLINE type Read##suffix##NoFence##width(type const volatile* Source) {               \
    return __atomic_load_n(Source, __ATOMIC_RELAXED);                                        \
  }                                                                                          \
  FORCEINLINE type Read##suffix##Raw##width(type const volatile* Source) {                   \
    return __atomic_load_n(Source, __ATOMIC_RELAXED);                                        \
  }                                                                                          \
  FORCEINLINE VOID Write##suffix##Release##width(type volatile* Target, type Value) {        \
    __atomic_store_n(Target, Value, __ATOMIC_RELEASE);                                       \
  }                                                                                          \
  FORCEINLINE VOID Write##suffix##NoFence##width(type volatile* Target, type Value) {        \
    __atomic_store_n(Target, Value, __ATOMIC_RELAXED);                                       \
  }                                                                                          \
  FORCEINLINE VOID Write##suffix##Raw##width(type volatile* Target, type Value) {            \
    __atomic_store_n(Target, Value, __ATOMIC_RELAXED);                                       \
  }
WDK_ORDERED_ACCESS(, 8, CHAR)
WDK_ORDERED_ACCESS(, 16, SHORT)
WDK_ORDERED_ACCESS(, , LONG)
WDK_ORDERED_ACCESS(, 64, LONG64)
WDK_ORDERED_ACCESS(Boolean, , BOOLEAN)
WDK_ORDERED_ACCESS(UChar, , UCHAR)
WDK_ORDERED_ACCESS(UShort, , USHORT)
WDK_ORDERED_ACCESS(ULong, , ULONG)
WDK_ORDERED_ACCESS(ULongPtr, , ULONG_PTR)
#undef WDK_ORDERED_ACCESS

FORCEINLINE PVOID ReadPointerAcquire(PVOID const volatile* Source) { return __atomic_load_n(Source, __ATOMIC_ACQUIRE); }
FORCEINLINE PVOID ReadPointerNoFence(PVOID const volatile* Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }
FORCEINLINE VOID WritePointerRelease(PVOID volatile* Target, PVOID Value) {
  __atomic_store_n(Target, Value, __ATOMIC_RELEASE);
}
FORCEINLINE VOID WritePointerNoFence(PVOID volatile* Target, PVOID Value) {
  __atomic_store_n(Target, Value, __ATOMIC_RELAXED);
}
#define ReadULong64Acquire(source) ((ULONG64)ReadAcquire64((LONG64 const volatile*)(source)))
#define ReadULong64NoFence(source) ((ULONG64)ReadNoFence64((LONG64 const volatile*)(source)))
#define WriteULong64Release(target, value) WriteRelease64((LONG64 volatile*)(target), (LONG64)(value))
#define WriteULong64NoFence(target, value) WriteNoFence64((LONG64 volatile*)(target), (LONG64)(value))
