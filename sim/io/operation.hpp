// One I/O request on its way through a volume's stack: what an IRP, a fast-I/O call or a file-system-filter
// callback is on Windows. The I/O manager makes it, the filter stack shows it to the instances, the file
// system carries it out.
#pragma once

#include <fltKernel.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "fltsim/trace.hpp"

namespace fltsim::nt {
class Thread;
}

namespace fltsim::io {

struct Operation {
  enum class Kind {
    kIrp,
    kFastIo,    // may be refused with STATUS_FLT_DISALLOW_FAST_IO; the I/O manager then sends an IRP (CB-16)
    kFsFilter,  // section and cache-manager notifications; no IRP exists
  };

  Kind kind = Kind::kIrp;
  // What the top of the stack sees. An instance that changes its copy and marks it dirty changes what those
  // below see (CB-34); this one stays as it is.
  FLT_IO_PARAMETER_BLOCK parameters{};
  // The result, valid when the stack has run.
  IO_STATUS_BLOCK status{};
  // STATUS_REPARSE from the file system: the reparse point that was met, as FLT_TAG_DATA_BUFFER, whose
  // UnparsedNameLength counts the bytes of the name behind it. Callback data shows it to post callbacks.
  std::vector<std::byte> tag_data{};
  KPROCESSOR_MODE requestor_mode = UserMode;
  bool reissued = false;  // FltReissueSynchronousIo
  bool synchronous = true;
  // Who asked. Never null: the I/O manager stands in with the current thread.
  nt::Thread* originator = nullptr;
  // Where the walk starts: null at the top; else only instances below this one see the operation (CB-50). The
  // token is the filter manager's own and opaque here. A file object that was opened below an instance keeps it
  // for every later operation on it (CB-51), so it stays comparable until file_object_deleted().
  const void* below = nullptr;
  // Called by the file system in the thread that carries the operation out, before it waits: here a driver would have
  // returned STATUS_PENDING. May be empty.
  std::function<void()> about_to_wait{};
  // The extra create parameters that a create carries (fltmgr/ecp.hpp); opaque here, null for none.
  void* extra_create_parameters = nullptr;
  // The node of this operation in the machine's trace; callbacks hang below it.
  Trace::Handle trace = nullptr;
};

}  // namespace fltsim::io
