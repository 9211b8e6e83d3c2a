// Asking the processor for memory before it is needed. A hint: it changes nothing but the time, and any address will do.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <fltlink/base/inline.hpp>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

namespace fltlink {

// Has the `size` bytes from `start`, which begins a line of 64, come to this processor as its own, to be written.
FLTLINK_ALWAYS_INLINE void fetch_for_writing(const uint8_t* start, size_t size) {
  for (size_t at = 0; at < size; at += 64) {
#if defined(_MSC_VER) && !defined(__clang__)
    _m_prefetchw(const_cast<uint8_t*>(start) + at);
#elif defined(__x86_64__)
    // The builtin asks for a copy to be read instead, unless the compiler may leave processors of before 2014 behind.
    asm volatile("prefetchw %0" : : "m"(start[at]));
#else
    __builtin_prefetch(start + at, 1);
#endif
  }
}

}  // namespace fltlink
