// FLTLINK_ASSERT stops the program on a mistake of our own, in every build. Bytes from the other side never reach it:
// they are refused with a status (docs/adr/0008).
#pragma once

// The one function that the driver tier imports beside the mem* family. A hosted program gets it from os/assert.hpp,
// a driver from its own support file (KeBugCheckEx). It does not return.
extern "C" [[noreturn]] void fltlink_assertion_failed(const char* expression, const char* file,
                                                      int line) noexcept;

#define FLTLINK_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : fltlink_assertion_failed(#expression, __FILE__, __LINE__))
