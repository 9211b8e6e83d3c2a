// What the driver tells its subscribers: file events after operations, and block notices. IRQL <= APC_LEVEL;
// nothing blocks, and nothing is allocated but for a long path.
#pragma once

#include <fltKernel.h>

#include "file_message.hpp"

namespace drmfilter {

// An operation on `file` has ended with the status in `data`. Sent while monitoring is on; what a connected
// client does itself is not reported, or its log of an event would be the next event.
void send_file_event(PFLT_CALLBACK_DATA data, const FilePath& file);

// Whether send_file_event() would send anything: asked before a name is fetched for it.
[[nodiscard]] bool wants_file_event(PFLT_CALLBACK_DATA data);

// A policy forbids an operation. `status` is what the caller gets: STATUS_ACCESS_DENIED, or STATUS_SUCCESS
// when blocking is switched off and the operation goes on.
void send_block_notice(PFLT_CALLBACK_DATA data, const FilePath& file, NTSTATUS status, Text reason);

}  // namespace drmfilter
