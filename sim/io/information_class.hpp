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

// The roles in which a class can be asked for. The tables are pure; any thread, any IRQL.
//
// Nothing for a class that has no meaning in that role, and for one that is missing here: refuse_class() tells.
std::optional<InformationClassRule> query_information_rule(FILE_INFORMATION_CLASS information_class);
std::optional<InformationClassRule> set_information_rule(FILE_INFORMATION_CLASS information_class);
std::optional<InformationClassRule> query_directory_rule(FILE_INFORMATION_CLASS information_class);
std::optional<InformationClassRule> query_volume_rule(FS_INFORMATION_CLASS information_class);
std::optional<InformationClassRule> set_volume_rule(FS_INFORMATION_CLASS information_class);

enum class ClassRole {
  kQuery,
  kSet,
  kQueryDirectory,
  kQueryVolume,
  kSetVolume,
};

// STATUS_INVALID_INFO_CLASS for a class that Windows refuses in that role. One that Windows answers and this
// machine does not stops the machine with the number of the class.
NTSTATUS refuse_class(ClassRole role, ULONG information_class);

// The classes whose buffer is a FILE_RENAME_INFORMATION: a target name behind a fixed part.
inline bool renames_or_links(FILE_INFORMATION_CLASS which) {
  return which == FileRenameInformation || which == FileRenameInformationEx || which == FileLinkInformation ||
         which == FileLinkInformationEx;
}

}  // namespace fltsim::io
