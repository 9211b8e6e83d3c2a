#include "capture.h"

// The one function with a __try: a client's buffer may vanish at any moment.
NTSTATUS copy_guarded(void* to, const void* from, ULONG size) {
  __try {
    RtlCopyMemory(to, from, size);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}
