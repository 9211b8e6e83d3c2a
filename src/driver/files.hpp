// Questions to the file system below this filter, and the names of all links of a file.
#pragma once

#include <fltKernel.h>

#include "names.hpp"

namespace drmfilter {

// A file that the driver itself has open, below its own instance, so that neither it nor a filter above sees
// the open (CB-50). For a look at attributes only: it takes no part in sharing and changes nothing.
// PASSIVE_LEVEL.
class OpenFile {
 public:
  OpenFile() = default;
  ~OpenFile() { close(); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // `name` is a full NT name, or with FILE_OPEN_BY_FILE_ID in `options` a device name and the 8 bytes of an
  // id.
  [[nodiscard]] NTSTATUS open(PCFLT_RELATED_OBJECTS objects, PUNICODE_STRING name, ULONG options);

  [[nodiscard]] PFILE_OBJECT object() const { return object_; }

 private:
  void close();

  HANDLE handle_ = nullptr;
  PFILE_OBJECT object_ = nullptr;
};

// All that any policy forbids on the open file `file`, which was opened under `name`, by any of its names:
// who opens a protected file by another of its hard links gets no further than by the protected name.
// PASSIVE_LEVEL or, for a file with one link, APC_LEVEL.
[[nodiscard]] NTSTATUS forbidden_on(PCFLT_RELATED_OBJECTS objects, PFILE_OBJECT file, const FilePath& name,
                                    ProtectionFlags& forbidden);

// The same for a block notice: fills `verdict` with the first policy that forbids any bit of `operation`.
[[nodiscard]] NTSTATUS find_policy(PCFLT_RELATED_OBJECTS objects, PFILE_OBJECT file, const FilePath& name,
                                   ProtectionFlags operation, Verdict& verdict);

}  // namespace drmfilter
