// What NT demands of a caller before an information class reaches the driver stack: a buffer of at least the
// fixed part, and the access that the handle must have been granted.
#pragma once

#include <fltKernel.h>

#include <optional>

namespace fltsim::io {

struct InformationClassRule {
  ULONG length_min;    // bytes; a shorter buffer is STATUS_INFO_LENGTH_MISMATCH
  ACCESS_MASK access;  // 0: any handle will do
};

// Nothing for a class that NT does not know in that role, or that is not simulated:
// STATUS_INVALID_INFO_CLASS. The four tables are pure; any thread, any IRQL.
std::optional<InformationClassRule> query_information_rule(FILE_INFORMATION_CLASS information_class);
std::optional<InformationClassRule> set_information_rule(FILE_INFORMATION_CLASS information_class);
std::optional<InformationClassRule> query_directory_rule(FILE_INFORMATION_CLASS information_class);
std::optional<InformationClassRule> query_volume_rule(FS_INFORMATION_CLASS information_class);

// The classes whose buffer is a FILE_RENAME_INFORMATION: a target name behind a fixed part.
inline bool renames_or_links(FILE_INFORMATION_CLASS which) {
  return which == FileRenameInformation || which == FileRenameInformationEx || which == FileLinkInformation;
}

}  // namespace fltsim::io
