// Files whose name is being changed. A rename is judged by where the file is; another rename of the same file between
// that and the file system would carry it away, and this one would then end in another directory than the one that
// was judged. So at most one rename or link of a file is under way from the judgement to its end.
#pragma once

#include <fltKernel.h>

#include <array>

#include "lock.hpp"

namespace drmfilter {

// PASSIVE_LEVEL, as the operations are. Nobody waits here but for the lock, under which nothing is called.
class NameChanges {
 public:
  constexpr NameChanges() = default;

  // Before any other call, and after the last one.
  void start() { FltInitializePushLock(&lock_); }
  void stop() { FltDeletePushLock(&lock_); }

  // STATUS_SHARING_VIOLATION: another one is under way for this file. STATUS_INSUFFICIENT_RESOURCES: as many as are kept
  // are under way. `file` is FileObject->FsContext, the same for every open of a stream.
  [[nodiscard]] NTSTATUS begin(const void* file) {
    const ExclusiveLock lock(lock_);
    const void** free = nullptr;
    for (const void*& entry : files_) {
      if (entry == file) return STATUS_SHARING_VIOLATION;
      if (entry == nullptr && free == nullptr) free = &entry;
    }
    if (free == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    *free = file;
    return STATUS_SUCCESS;
  }

  // REQUIRES: begin() was STATUS_SUCCESS.
  void end(const void* file) {
    const ExclusiveLock lock(lock_);
    for (const void*& entry : files_) {
      if (entry == file) entry = nullptr;
    }
  }

 private:
  EX_PUSH_LOCK lock_ = 0;
  std::array<const void*, 64> files_{};
};

extern NameChanges name_changes;

}  // namespace drmfilter
