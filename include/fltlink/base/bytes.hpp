// Counted bytes, and the three memory operations that the driver tier needs without a hosted <string.h>.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <span>

#if defined(_MSC_VER) && !defined(__clang__)
extern "C" void* __cdecl memmove(void* to, const void* from, size_t size);
extern "C" void* __cdecl memset(void* to, int value, size_t size);
extern "C" int __cdecl memcmp(const void* a, const void* b, size_t size);
#define FLTLINK_MEMMOVE memmove
#define FLTLINK_MEMSET memset
#define FLTLINK_MEMCMP memcmp
#else
#define FLTLINK_MEMMOVE __builtin_memmove
#define FLTLINK_MEMSET __builtin_memset
#define FLTLINK_MEMCMP __builtin_memcmp
#endif

namespace fltlink {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// The memory may overlap. A null pointer is fine when `size` is zero.
inline void copy_bytes(void* to, const void* from, size_t size) {
  if (size != 0) FLTLINK_MEMMOVE(to, from, size);
}

inline void zero_bytes(void* to, size_t size) {
  if (size != 0) FLTLINK_MEMSET(to, 0, size);
}

[[nodiscard]] inline bool equal_bytes(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || FLTLINK_MEMCMP(a.data(), b.data(), a.size()) == 0);
}

[[nodiscard]] inline bool all_zero(Bytes bytes) {
  for (const uint8_t byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

}  // namespace fltlink
