// What FLTLINK_ASSERT ends in, for a hosted program: one line on stderr, then abort. A program includes this
// header in at least one of its sources; the definition is weak, so any number may, and a strong one
// elsewhere wins.
#pragma once

#include <fltlink/base/assert.hpp>

#include <cstdio>
#include <cstdlib>

extern "C" [[noreturn, gnu::weak]] void fltlink_assertion_failed(const char* expression, const char* file,
                                                                 int line) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}
