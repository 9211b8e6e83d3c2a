// Interlocked operations and the double-linked list, which the WDK also has as inline code.
#pragma once

#include "../shared/types.h"

#define WDK_INTERLOCKED(name, type, argument, expression)                   \
  FORCEINLINE type name(type volatile* Target, argument Value) { return expression; }

WDK_INTERLOCKED(InterlockedExchange, LONG, LONG, __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedExchangeAdd, LONG, LONG, __atomic_fetch_add(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedAdd, LONG, LONG, __atomic_add_fetch(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedOr, LONG, LONG, __atomic_fetch_or(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedAnd, LONG, LONG, __atomic_fetch_and(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedXor, LONG, LONG, __atomic_fetch_xor(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedExchange64, LONG64, LONG64, __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedExchangeAdd64, LONG64, LONG64, __atomic_fetch_add(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedAdd64, LONG64, LONG64, __atomic_add_fetch(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedOr64, LONG64, LONG64, __atomic_fetch_or(Target, Value, __ATOMIC_SEQ_CST))
WDK_INTERLOCKED(InterlockedAnd64, LONG64, LONG64, __atomic_fetch_and(Target, Value, __ATOMIC_SEQ_CST))
#undef WDK_INTERLOCKED

FORCEINLINE LONG InterlockedIncrement(LONG volatile* Target) { return __atomic_add_fetch(Target, 1, __ATOMIC_SEQ_CST); }
FORCEINLINE LONG InterlockedDecrement(LONG volatile* Target) { return __atomic_sub_fetch(Target, 1, __ATOMIC_SEQ_CST); }
FORCEINLINE SHORT InterlockedIncrement16(SHORT volatile* Target) {
  return __atomic_add_fetch(Target, 1, __ATOMIC_SEQ_CST);
}
FORCEINLINE SHORT InterlockedDecrement16(SHORT volatile* Target) {
  return __atomic_sub_fetch(Target, 1, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG64 InterlockedIncrement64(LONG64 volatile* Target) {
  return __atomic_add_fetch(Target, 1, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG64 InterlockedDecrement64(LONG64 volatile* Target) {
  return __atomic_sub_fetch(Target, 1, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG InterlockedCompareExchange(LONG volatile* Target, LONG Exchange, LONG Comparand) {
  __atomic_compare_exchange_n(Target, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return Comparand;
}
FORCEINLINE LONG64 InterlockedCompareExchange64(LONG64 volatile* Target, LONG64 Exchange, LONG64 Comparand) {
  __atomic_compare_exchange_n(Target, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return Comparand;
}
FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile* Target, PVOID Value) {
  return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}
FORCEINLINE PVOID InterlockedCompareExchangePointer(PVOID volatile* Target, PVOID Exchange, PVOID Comparand) {
  __atomic_compare_exchange_n(Target, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return Comparand;
}
FORCEINLINE UCHAR InterlockedBitTestAndSet(LONG volatile* Target, LONG Bit) {
  return (UCHAR)((__atomic_fetch_or(Target, (LONG)(1u << (Bit & 31)), __ATOMIC_SEQ_CST) >> (Bit & 31)) & 1);
}
FORCEINLINE UCHAR InterlockedBitTestAndReset(LONG volatile* Target, LONG Bit) {
  return (UCHAR)((__atomic_fetch_and(Target, (LONG) ~(1u << (Bit & 31)), __ATOMIC_SEQ_CST) >> (Bit & 31)) & 1);
}
FORCEINLINE LONG ReadAcquire(LONG const volatile* Source) { return __atomic_load_n(Source, __ATOMIC_ACQUIRE); }
FORCEINLINE LONG ReadNoFence(LONG const volatile* Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }
FORCEINLINE VOID WriteRelease(LONG volatile* Target, LONG Value) { __atomic_store_n(Target, Value, __ATOMIC_RELEASE); }
FORCEINLINE VOID WriteNoFence(LONG volatile* Target, LONG Value) { __atomic_store_n(Target, Value, __ATOMIC_RELAXED); }
FORCEINLINE LONG64 ReadAcquire64(LONG64 const volatile* Source) { return __atomic_load_n(Source, __ATOMIC_ACQUIRE); }
FORCEINLINE LONG64 ReadNoFence64(LONG64 const volatile* Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }
FORCEINLINE PVOID ReadPointerAcquire(PVOID const volatile* Source) { return __atomic_load_n(Source, __ATOMIC_ACQUIRE); }
FORCEINLINE PVOID ReadPointerNoFence(PVOID const volatile* Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }
FORCEINLINE VOID WritePointerRelease(PVOID volatile* Target, PVOID Value) {
  __atomic_store_n(Target, Value, __ATOMIC_RELEASE);
}

FORCEINLINE VOID InitializeListHead(PLIST_ENTRY Head) { Head->Flink = Head->Blink = Head; }
FORCEINLINE BOOLEAN IsListEmpty(const LIST_ENTRY* Head) { return (BOOLEAN)(Head->Flink == Head); }
FORCEINLINE BOOLEAN RemoveEntryList(PLIST_ENTRY Entry) {
  PLIST_ENTRY next = Entry->Flink;
  PLIST_ENTRY previous = Entry->Blink;
  if (next->Blink != Entry || previous->Flink != Entry) __builtin_trap();
  previous->Flink = next;
  next->Blink = previous;
  return (BOOLEAN)(next == previous);
}
FORCEINLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY Head) {
  PLIST_ENTRY entry = Head->Flink;
  RemoveEntryList(entry);
  return entry;
}
FORCEINLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY Head) {
  PLIST_ENTRY entry = Head->Blink;
  RemoveEntryList(entry);
  return entry;
}
FORCEINLINE VOID InsertHeadList(PLIST_ENTRY Head, PLIST_ENTRY Entry) {
  PLIST_ENTRY next = Head->Flink;
  if (next->Blink != Head) __builtin_trap();
  Entry->Flink = next;
  Entry->Blink = Head;
  next->Blink = Entry;
  Head->Flink = Entry;
}
FORCEINLINE VOID InsertTailList(PLIST_ENTRY Head, PLIST_ENTRY Entry) {
  PLIST_ENTRY previous = Head->Blink;
  if (previous->Flink != Head) __builtin_trap();
  Entry->Flink = Head;
  Entry->Blink = previous;
  previous->Flink = Entry;
  Head->Blink = Entry;
}
FORCEINLINE VOID AppendTailList(PLIST_ENTRY Head, PLIST_ENTRY Appended) {
  PLIST_ENTRY tail = Head->Blink;
  Head->Blink->Flink = Appended;
  Head->Blink = Appended->Blink;
  Appended->Blink->Flink = Head;
  Appended->Blink = tail;
}
FORCEINLINE VOID PushEntryList(PSINGLE_LIST_ENTRY Head, PSINGLE_LIST_ENTRY Entry) {
  Entry->Next = Head->Next;
  Head->Next = Entry;
}
FORCEINLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY Head) {
  PSINGLE_LIST_ENTRY entry = Head->Next;
  if (entry != NULL) Head->Next = entry->Next;
  return entry;
}
