// What may lie below a tree: a hierarchy that is read when it is first needed and never written. A memory
// file system has none. All functions are called with the tree's mutex held.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fs/file_system.hpp"

namespace fltsim::fs {

// The bytes of one file below.
class LowerFile {
 public:
  virtual ~LowerFile() = default;

  // Whether the bytes can be read and are those that the listing saw: SUCCESS, ACCESS_DENIED, FILE_INVALID or
  // another failure of the host.
  virtual Status check() = 0;

  // Fills all of `buffer`, which lies within the size that the listing told. Results as check().
  virtual Status read(std::uint64_t offset, std::span<std::byte> buffer) = 0;
};

class LowerDirectory;

struct LowerEntry {
  std::u16string name;  // one that NT allows
  Ticks time = 0;       // stands for all four times
  std::uint64_t size = 0;
  std::shared_ptr<LowerFile> file;  // exactly one of the two is set
  std::unique_ptr<LowerDirectory> directory;
};

class LowerDirectory {
 public:
  virtual ~LowerDirectory() = default;

  // All entries, no two of which differ in nothing but case, in an order that does not depend on the host.
  virtual Status list(std::vector<LowerEntry>& entries) = 0;
};

class Lower {
 public:
  virtual ~Lower() = default;
  virtual std::unique_ptr<LowerDirectory> root() = 0;
  virtual LowerCounts counts() const = 0;
};

}  // namespace fltsim::fs
