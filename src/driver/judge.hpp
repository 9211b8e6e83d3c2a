// The decision about one operation on one file.
#pragma once

#include <fltKernel.h>

#include "files.hpp"

namespace drmfilter {

// What was found out about a handle's file, in a stream-handle context, so that a read or write of a file
// that no policy protects needs no name. One word: the generation it was found in, and what is forbidden.
struct HandleContext {
  Atomic<uint64_t> known;
};

// What a callback does about an operation.
enum class Decision {
  kAllow,
  kDeny,  // complete with `status`; a block notice has been sent if a policy was the reason
};

struct Judgement {
  Decision decision = Decision::kAllow;
  NTSTATUS status = STATUS_SUCCESS;

  [[nodiscard]] bool denied() const { return decision == Decision::kDeny; }
};

// Whether `operation` may be done to the open file that `data` works on. Takes the handle's context into
// account and keeps what it finds there. Reports a violation. IRQL <= APC_LEVEL.
[[nodiscard]] Judgement judge_open_file(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                        ProtectionFlags operation);

// The same for another file that the driver has open, under all of its names.
[[nodiscard]] Judgement judge_other_file(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                         const OpenFile& file, ProtectionFlags operation);

// The same for a name that need not be that of a file: the target of a rename, a file that is about to be
// made; with `kBelow`, anything below it.
[[nodiscard]] Judgement judge_name(PFLT_CALLBACK_DATA data, const FilePath& name, ProtectionFlags operation,
                                   Policies::Where where);

// What becomes of an operation that `verdict` forbids: a block notice, and a denial unless blocking is
// switched off.
[[nodiscard]] Judgement report_violation(PFLT_CALLBACK_DATA data, const FilePath& name,
                                         const Verdict& verdict);

// The operation's file has no name that can be had: nothing is known about it, so it is denied while any
// policy forbids such an operation anywhere, and blocking is on. A block notice says so, unless `status` is one
// with which the operation ends without this driver too.
[[nodiscard]] Judgement deny_unnamed(PFLT_CALLBACK_DATA data, NTSTATUS status);

// Ends an operation that was denied in a pre-operation callback.
[[nodiscard]] FLT_PREOP_CALLBACK_STATUS complete_denied(PFLT_CALLBACK_DATA data, NTSTATUS status);

}  // namespace drmfilter
