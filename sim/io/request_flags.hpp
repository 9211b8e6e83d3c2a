// What the I/O manager's own requests share: their flags, and the attempt at fast I/O before an IRP.
#pragma once

#include "io/io_manager.hpp"

namespace fltsim::io {

// Fast I/O exists for cached data of files opened for synchronous use; paging I/O and uncached transfers are
// IRPs always (CB-4).
inline bool may_go_fast(const FileObject& file, ULONG irp_flags) {
  constexpr ULONG kNeedsIrp = IRP_PAGING_IO | IRP_NOCACHE;
  return file.fast_io && file.is_cached() && file.is_synchronous() && (irp_flags & kNeedsIrp) == 0;
}

// Tries fast I/O where allowed; what a filter disallows is asked again as an IRP, from the top (CB-16).
inline void submit_fast_or_irp(IoManager& manager, const Operation& asked, bool fast,
                               IO_STATUS_BLOCK& status) {
  if (fast) {
    Operation attempt = asked;
    attempt.kind = Operation::Kind::kFastIo;
    attempt.parameters.IrpFlags = 0;
    manager.submit(attempt);
    status = attempt.status;
    if (status.Status != STATUS_FLT_DISALLOW_FAST_IO) return;
  }
  Operation irp = asked;
  manager.submit(irp);
  status = irp.status;
}

// A buffered request of a class: the buffer is the system's; on an asynchronous file the call is synchronous
// all the same.
inline ULONG buffered_flags(const FileObject& file) {
  ULONG flags = IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_DEFER_IO_COMPLETION;
  if (!file.is_synchronous()) flags |= IRP_SYNCHRONOUS_API;
  return flags;
}

}  // namespace fltsim::io
