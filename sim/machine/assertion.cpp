// What FLTLINK_ASSERT ends in for the simulator itself: one line on stderr, then abort. Weak, so that a
// program that brings its own keeps it.
#include <cstdio>
#include <cstdlib>
#include <fltlink/base/assert.hpp>

extern "C" [[noreturn, gnu::weak]] void fltlink_assertion_failed(const char* expression, const char* file,
                                                                 int line) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}
