// MessageNotify: what a client asks of the driver with FilterSendMessage.
#pragma once

#include <fltKernel.h>

namespace drmfilter {

// The statuses are in docs/DRMFILTER.md. PASSIVE_LEVEL, in the client's context; several at once, also of one
// client (MSG-12), and at the same time as its disconnect (H-26).
NTSTATUS on_request(PVOID cookie, PVOID input, ULONG input_length, PVOID output, ULONG output_length,
                    PULONG returned_length);

}  // namespace drmfilter
