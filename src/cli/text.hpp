// UTF-16 for the machine, UTF-8 for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "service/text.hpp"

namespace fltlink::cli {

[[nodiscard]] inline std::u16string decimal(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return {digits.begin(), digits.end()};
}

[[nodiscard]] inline std::string printable(std::u16string_view text) {
  return drmservice::printable(drmservice::as_text(text));
}

}  // namespace fltlink::cli
