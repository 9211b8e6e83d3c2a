// The seam between the I/O manager and the filter manager: what stands between a request and the file system
// of one volume. sim/fltmgr implements it; a volume without one calls its file system directly.
#pragma once

#include <functional>

#include "io/operation.hpp"

namespace fltsim::io {

// Carries the operation out with the parameters given (the ones that the lowest instance left behind), in the
// calling thread, and fills in the status block. Made by the I/O manager, called by the stack at most once
// per pass.
using FileSystemCall = std::function<void(const FLT_IO_PARAMETER_BLOCK& parameters, IO_STATUS_BLOCK& status)>;

class FilterStack {
 public:
  virtual ~FilterStack() = default;

  // Pre callbacks from the highest altitude down, the file system, post callbacks up (CB-8). Blocks until the
  // operation is complete when it is synchronous. The result is in operation.status.
  virtual void run(Operation& operation, const FileSystemCall& file_system) = 0;

  // The file object is about to be deleted: its handle contexts go (CTX-20), and whatever else is kept by its
  // address. Called once for every file object that a create went through the stack with: after IRP_MJ_CLOSE
  // has been carried out, or after the create failed, was cancelled, or asked for a reparse. PASSIVE_LEVEL.
  virtual void file_object_deleted(FILE_OBJECT& file_object) = 0;

  // The file system has torn down the stream, or the file with its last stream: contexts on it go (CTX-20).
  // The argument is the FsContext that file objects on that stream carried. PASSIVE_LEVEL.
  virtual void stream_torn_down(const void* fs_context) = 0;

  // No stream of the file is open any more: file contexts go. The argument is the FileState. PASSIVE_LEVEL.
  virtual void file_torn_down(const void* file_state) { static_cast<void>(file_state); }
};

}  // namespace fltsim::io
