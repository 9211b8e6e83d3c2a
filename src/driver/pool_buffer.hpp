// Pool memory of one scope.
#pragma once

#include <fltKernel.h>

#include <fltlink/base/bytes.hpp>

#include "state.hpp"

namespace drmfilter {

// Paged, so that it may be touched at APC_LEVEL and below.
class PoolBuffer {
 public:
  explicit PoolBuffer(ULONG size) : memory_(ExAllocatePool2(POOL_FLAG_PAGED, size, kPoolTag)), size_(size) {}
  ~PoolBuffer() {
    if (memory_ != nullptr) ExFreePoolWithTag(memory_, kPoolTag);
  }
  PoolBuffer(const PoolBuffer&) = delete;
  PoolBuffer& operator=(const PoolBuffer&) = delete;

  // Null when there was no memory.
  [[nodiscard]] void* get() const { return memory_; }
  [[nodiscard]] ULONG size() const { return size_; }
  // REQUIRES: get() is not null.
  [[nodiscard]] fltlink::MutableBytes bytes() const { return {static_cast<uint8_t*>(memory_), size_}; }

 private:
  void* memory_;
  ULONG size_;
};

}  // namespace drmfilter
