// A real directory as a volume. The directory is only ever read, and not even its access times change where
// the system grants O_NOATIME; writes, deletions and new names live in memory and vanish with the volume.
// docs/FILE_SYSTEMS.md says how host names become NT names, and what is not shown.
#pragma once

#include <memory>
#include <string>

#include "fs/memory_file_system.hpp"

namespace fltsim::fs {

enum class HostVolumeError {
  kNone,
  kNotFound,
  kNotADirectory,
  kAccessDenied,
  kOther,  // the text of the system is in HostVolume::message
};

struct HostVolume {
  HostVolumeError error = HostVolumeError::kNone;
  std::string message;                      // for people; empty without an error
  std::unique_ptr<FileSystem> file_system;  // set exactly without an error
};

// Opens the directory `path` and reads nothing yet: listings are read when first needed, bytes at each read.
// The volume keeps one file descriptor, and two more during a call.
[[nodiscard]] HostVolume open_host_volume(const std::string& path, VolumeOptions options);

}  // namespace fltsim::fs
