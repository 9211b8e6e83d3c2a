// Text between the machine's 16-bit units and the UTF-8 of findings, traces and the host.
#pragma once

#include <string>
#include <string_view>

namespace fltsim::nt {

// A unit that is no half of a pair becomes U+FFFD.
std::string to_utf8(std::u16string_view text);
// What is no UTF-8 becomes U+FFFD, one for each byte.
std::u16string from_utf8(std::string_view text);

}  // namespace fltsim::nt
