#include "fs/memory_file_system.hpp"

#include <utility>

#include "fs/tree.hpp"

namespace fltsim::fs {

std::unique_ptr<FileSystem> make_memory_file_system(VolumeOptions options) {
  return std::make_unique<Tree>(std::move(options), nullptr);
}

}  // namespace fltsim::fs
