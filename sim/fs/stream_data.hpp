// The bytes of one stream: pages in memory above the bytes of a file below, if there is one. A page comes
// into being when it is first written; what was never written reads from below, and as zero where there is
// nothing below. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "fs/lower.hpp"

namespace fltsim::fs {

class StreamData {
 public:
  static constexpr std::uint64_t kPageSize = 4096;

  StreamData() = default;
  StreamData(std::shared_ptr<LowerFile> lower, std::uint64_t size);

  std::uint64_t size() const { return size_; }

  // Whether what is still below can be read. SUCCESS when nothing is.
  Status check() const;

  // Fills all of `buffer`. REQUIRES: it lies within size().
  Status read(std::uint64_t offset, std::span<std::byte> buffer) const;

  // All or nothing; grows the stream. Fails only when a page that is written in part cannot be read from
  // below.
  Status write(std::uint64_t offset, std::span<const std::byte> bytes);

  // Bytes that come in read as zero; bytes that are cut off do not return.
  void resize(std::uint64_t size);

 private:
  using Page = std::array<std::byte, kPageSize>;

  Status read_below(std::uint64_t offset, std::span<std::byte> buffer) const;
  Status make_page(std::uint64_t index);

  std::uint64_t size_ = 0;
  std::shared_ptr<LowerFile> lower_;
  std::uint64_t lower_size_ = 0;  // the bytes of the file below that still show; never more than size_
  // Beyond size_ every byte of a page is zero.
  std::map<std::uint64_t, std::unique_ptr<Page>> pages_;
};

}  // namespace fltsim::fs
