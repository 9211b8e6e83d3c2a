#include "capture.h"

// What the messages of the protocol need at their start.
#define MESSAGE_ALIGNMENT 4u

static BOOLEAN is_aligned(const VOID* address) {
  return ((ULONG_PTR)address & (MESSAGE_ALIGNMENT - 1u)) == 0;
}

static NTSTATUS copy_guarded(PVOID to, const VOID* from, ULONG length) {
  __try {
    RtlCopyMemory(to, from, length);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}

NTSTATUS capture_from_client(PVOID to, const VOID* from, ULONG length) {
  return is_aligned(from) ? copy_guarded(to, from, length) : STATUS_DATATYPE_MISALIGNMENT;
}

NTSTATUS deliver_to_client(PVOID to, const VOID* from, ULONG length) {
  return is_aligned(to) ? copy_guarded(to, from, length) : STATUS_DATATYPE_MISALIGNMENT;
}
