// Questions to the file system below this filter, and the names of all links of a file.
#pragma once

#include <fltKernel.h>

#include <array>

#include "names.hpp"

namespace drmfilter {

// The name of an open by file id: a device name, a backslash, and the bytes of the id.
class IdName {
 public:
  IdName(Text device, const void* id, size_t id_size);
  IdName(const IdName&) = delete;
  IdName& operator=(const IdName&) = delete;

  // Empty when the device name or the id is longer than any is.
  [[nodiscard]] PUNICODE_STRING name() { return &name_; }

 private:
  std::array<WCHAR, 264> units_;
  UNICODE_STRING name_{};
};

// A file that the driver itself has open, below its own instance, so that neither it nor a filter above sees
// the open (CB-50). PASSIVE_LEVEL.
class OpenFile {
 public:
  OpenFile() = default;
  ~OpenFile() { close(); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // For a look at attributes and names: takes no part in sharing and changes nothing. `name` is a full NT
  // name, or with FILE_OPEN_BY_FILE_ID in `options` an IdName.
  [[nodiscard]] NTSTATUS open(PCFLT_RELATED_OBJECTS objects, PUNICODE_STRING name, ULONG options);

  // Opens the directory `name` so that, until this is closed, neither it nor any directory above it can be
  // renamed or deleted: it is not shared for deletion, and what has an open file below it stays where it is.
  // STATUS_SHARING_VIOLATION when somebody has it open to rename or delete it, or for himself alone.
  [[nodiscard]] NTSTATUS pin(PCFLT_RELATED_OBJECTS objects, PUNICODE_STRING name);

  [[nodiscard]] PFILE_OBJECT object() const { return object_; }

  // Hands the file over to the caller, who ends it with FltClose.
  [[nodiscard]] HANDLE detach();

 private:
  [[nodiscard]] NTSTATUS create(PCFLT_RELATED_OBJECTS objects, PUNICODE_STRING name, ACCESS_MASK access,
                                ULONG share, ULONG options, ULONG flags);
  void close();

  HANDLE handle_ = nullptr;
  PFILE_OBJECT object_ = nullptr;
};

// An open failed because the name leads to no file.
[[nodiscard]] inline bool means_no_file(NTSTATUS status) {
  return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND;
}

// All that any policy forbids on the open file `file`, which was opened under `name`, by any of its names:
// who opens a protected file by another of its hard links gets no further than by the protected name.
// PASSIVE_LEVEL or, for a file with one link, APC_LEVEL.
[[nodiscard]] NTSTATUS forbidden_on(PCFLT_RELATED_OBJECTS objects, PFILE_OBJECT file, const FilePath& name,
                                    ProtectionFlags& forbidden);

// The same for a block notice: fills `verdict` with the first policy that forbids any bit of `operation`.
[[nodiscard]] NTSTATUS find_policy(PCFLT_RELATED_OBJECTS objects, PFILE_OBJECT file, const FilePath& name,
                                   ProtectionFlags operation, Verdict& verdict);

}  // namespace drmfilter
