// Literals and an upper-case function for the tests of policies.
#pragma once

#include <fltlink/policy/policy_table.hpp>

#include <string>
#include <string_view>

namespace fltlink::policy_test {

// ASCII is enough here: the function is a parameter, and the real table belongs to the driver and the file
// system.
inline char16_t upcase_ascii(char16_t unit) {
  return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - u'a' + u'A') : unit;
}

inline Text text(std::u16string_view units) { return Text(units.data(), units.size()); }

inline std::u16string units(Text text) {
  std::u16string result;
  for (size_t index = 0; index < text.size(); ++index) result.push_back(text[index]);
  return result;
}

// `pattern` in any case.
inline bool matches(std::u16string_view pattern, std::u16string_view path) {
  std::u16string upper(pattern);
  for (char16_t& unit : upper) unit = upcase_ascii(unit);
  return pattern_matches(text(upper), text(path), &upcase_ascii);
}

}  // namespace fltlink::policy_test
