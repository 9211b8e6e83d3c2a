// Reporting an operation after it has happened. There are two ways, because names are pageable and cannot be
// asked for everywhere.
//
// A read or write may end at DISPATCH_LEVEL in any thread, so its post callback first gets to where names may
// be touched, and asks there. A cleanup, a rename or a section has no name afterwards, or another one: the
// name is taken before, and the operation is synchronised, so that its post callback runs at APC_LEVEL or
// below and can release it.
#pragma once

#include <fltKernel.h>

namespace drmfilter {

// Ends of a pre-operation callback that allows its operation; each goes with the post callback of its name.
[[nodiscard]] FLT_PREOP_CALLBACK_STATUS allow_and_report(PFLT_CALLBACK_DATA data);
FLT_POSTOP_CALLBACK_STATUS post_report(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                       PVOID completion, FLT_POST_OPERATION_FLAGS flags);

[[nodiscard]] FLT_PREOP_CALLBACK_STATUS allow_and_report_named(PFLT_CALLBACK_DATA data,
                                                               PCFLT_RELATED_OBJECTS objects,
                                                               PVOID* completion);
FLT_POSTOP_CALLBACK_STATUS post_report_named(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                             PVOID completion, FLT_POST_OPERATION_FLAGS flags);

}  // namespace drmfilter
