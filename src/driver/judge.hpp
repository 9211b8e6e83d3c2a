// The decision about one operation on one file.
#pragma once

#include <fltKernel.h>

#include "files.hpp"

namespace drmfilter {

// What was found out about a handle's file, in a stream-handle context, so that a read or write of a file
// that no policy protects needs no name.
struct HandleContext {
  Atomic<uint64_t> known;    // one word: the generation it was found in, and what is forbidden
  Atomic<uint32_t> allowed;  // what the handle was opened for, and an authorizer has allowed: ProtectionFlags
};

// What a callback does about an operation.
enum class Decision {
  kAllow,
  kDeny,  // complete with `status`; a block notice has been sent if a policy was the reason
};

struct Judgement {
  Decision decision = Decision::kAllow;
  NTSTATUS status = STATUS_SUCCESS;
  // What an authorizer was asked about and has allowed.
  ProtectionFlags allowed = ProtectionFlags::kNone;

  [[nodiscard]] bool denied() const { return decision == Decision::kDeny; }
};

// Whether `operation` may be done to the open file that `data` works on. Takes the handle's context into
// account and keeps what it finds there. Reports a violation. IRQL <= APC_LEVEL. All of these may put an
// operation to the authorizer, so nothing is locked that he may need (asking.hpp).
[[nodiscard]] Judgement judge_open_file(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                        ProtectionFlags operation);

// The same for another file that the driver has open, under all of its names.
[[nodiscard]] Judgement judge_other_file(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                         const OpenFile& file, ProtectionFlags operation);

// The same for a name that need not be that of a file: the target of a rename, a file that is about to be
// made; with `kBelow`, anything below it.
[[nodiscard]] Judgement judge_name(PFLT_CALLBACK_DATA data, const FilePath& name, ProtectionFlags operation,
                                   Policies::Where where);

// The handle that an open makes may be used for `allowed` without asking again. In its post callback.
void allow_handle(PCFLT_RELATED_OBJECTS objects, ProtectionFlags allowed);

// The operation's file has no name that can be had: nothing is known about it, so it is denied while any
// policy forbids such an operation anywhere, and blocking is on. A block notice says so, unless `status` is one
// with which the operation ends without this driver too.
[[nodiscard]] Judgement deny_unnamed(PFLT_CALLBACK_DATA data, NTSTATUS status);

// Ends an operation that was denied in a pre-operation callback.
[[nodiscard]] FLT_PREOP_CALLBACK_STATUS complete_denied(PFLT_CALLBACK_DATA data, NTSTATUS status);

}  // namespace drmfilter
