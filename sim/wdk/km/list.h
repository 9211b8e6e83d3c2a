// Doubly and singly linked lists. A list that is not whole stops the driver, as on Windows 8 and later.
#pragma once

#include "../shared/types.h"

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
