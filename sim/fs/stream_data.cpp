#include "fs/stream_data.hpp"

#include <ntifs.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace fltsim::fs {

StreamData::StreamData(std::shared_ptr<LowerFile> lower, std::uint64_t size)
    : size_(size), lower_(std::move(lower)), lower_size_(size) {}

Status StreamData::check() const { return lower_size_ > 0 ? lower_->check() : STATUS_SUCCESS; }

Status StreamData::read_below(std::uint64_t offset, std::span<std::byte> buffer) const {
  std::uint64_t end = std::min<std::uint64_t>(offset + buffer.size(), lower_size_);
  std::size_t count = end > offset ? static_cast<std::size_t>(end - offset) : 0;
  std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(count), buffer.end(), std::byte{0});
  return count > 0 ? lower_->read(offset, buffer.first(count)) : STATUS_SUCCESS;
}

Status StreamData::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  while (!buffer.empty()) {
    auto page = pages_.lower_bound(offset / kPageSize);
    std::uint64_t page_start = page == pages_.end() ? UINT64_MAX : page->first * kPageSize;
    std::size_t count;
    if (page_start > offset) {
      count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), page_start - offset));
      if (Status status = read_below(offset, buffer.first(count)); status != STATUS_SUCCESS) return status;
    } else {
      std::uint64_t within = offset - page_start;
      count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), kPageSize - within));
      std::memcpy(buffer.data(), page->second->data() + within, count);
    }
    offset += count;
    buffer = buffer.subspan(count);
  }
  return STATUS_SUCCESS;
}

Status StreamData::make_page(std::uint64_t index) {
  if (pages_.contains(index)) return STATUS_SUCCESS;
  auto page = std::make_unique<Page>();
  if (Status status = read_below(index * kPageSize, *page); status != STATUS_SUCCESS) return status;
  pages_.emplace(index, std::move(page));
  return STATUS_SUCCESS;
}

Status StreamData::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (bytes.empty()) return STATUS_SUCCESS;
  // Only the first and the last page can be written in part; once both are there, nothing can fail any more.
  std::uint64_t end = offset + bytes.size();
  for (std::uint64_t edge : {offset / kPageSize, (end - 1) / kPageSize}) {
    if (Status status = make_page(edge); status != STATUS_SUCCESS) return status;
  }
  size_ = std::max(size_, end);
  while (!bytes.empty()) {
    std::unique_ptr<Page>& page = pages_[offset / kPageSize];
    if (!page) page = std::make_unique<Page>();
    std::uint64_t within = offset % kPageSize;
    std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), kPageSize - within));
    std::memcpy(page->data() + within, bytes.data(), count);
    offset += count;
    bytes = bytes.subspan(count);
  }
  return STATUS_SUCCESS;
}

void StreamData::resize(std::uint64_t size) {
  size_ = size;
  lower_size_ = std::min(lower_size_, size);
  pages_.erase(pages_.lower_bound((size + kPageSize - 1) / kPageSize), pages_.end());
  auto last = pages_.find(size / kPageSize);
  if (last != pages_.end()) {
    std::fill(last->second->begin() + static_cast<std::ptrdiff_t>(size % kPageSize), last->second->end(),
              std::byte{0});
  }
}

}  // namespace fltsim::fs
