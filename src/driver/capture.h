// The two copies between the driver and the memory of a client. capture.c is the only unit of the driver that
// holds a __try: the client may unmap or change its memory at any moment (MSG-2, MSG-3), so it is read once, into
// memory of the driver, and written once.
#pragma once

#include <fltKernel.h>

#ifdef __cplusplus
extern "C" {
#endif

// Copies `length` bytes from the client's `from`, which the filter manager has probed. PASSIVE_LEVEL, in the
// client's context. STATUS_SUCCESS; STATUS_DATATYPE_MISALIGNMENT when `from` is no multiple of 4 (MSG-4); or
// the exception that the memory raised. `to` may be half written then.
NTSTATUS capture_from_client(PVOID to, const VOID* from, ULONG length);

// Copies `length` bytes to the client's `to`. The same statuses.
NTSTATUS deliver_to_client(PVOID to, const VOID* from, ULONG length);

#ifdef __cplusplus
}
#endif
