// The one upcase table of a machine: the file systems compare names by it, and RtlUpcaseUnicodeChar gives it
// to drivers, so that a driver's matcher and the file system never disagree on whether two names are the
// same. Pure functions of their arguments: any thread, no locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fltsim::fs {

char16_t upcase_beyond_ascii(char16_t unit);

// The upper-case form of one 16-bit unit, or the unit itself. Surrogates map to themselves. Idempotent.
inline char16_t upcase(char16_t unit) {
  if (unit < 0x80) return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 32) : unit;
  return upcase_beyond_ascii(unit);
}

std::u16string upcase(std::u16string_view text);

// Whether two names differ in nothing but case.
bool equal_names(std::u16string_view left, std::u16string_view right);

}  // namespace fltsim::fs
