// A file system in memory that behaves as NTFS does. Nothing outlives it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fs/file_system.hpp"

namespace fltsim::fs {

struct VolumeOptions {
  Clock clock;  // required
  std::u16string label{};
  std::uint32_t serial_number = 0x5EED'F117;
  // What may be allocated above what a host directory already holds, in bytes; DISK_FULL beyond.
  std::uint64_t capacity = std::uint64_t{64} << 30;
};

[[nodiscard]] std::unique_ptr<FileSystem> make_memory_file_system(VolumeOptions options);

}  // namespace fltsim::fs
