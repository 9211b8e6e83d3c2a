// How often a test repeats what it does.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdlib>

namespace fltlink::test {

// `count`, divided by the environment's FLTLINK_TEST_SCALE where the run is to be a short one, but never less
// than `least`.
template <std::integral Count>
Count scaled(Count count, Count least = 1) {
  const char* text = std::getenv("FLTLINK_TEST_SCALE");
  const auto divisor = static_cast<Count>(text != nullptr ? std::strtoull(text, nullptr, 10) : 1);
  return std::max<Count>(least, count / std::max<Count>(1, divisor));
}

}  // namespace fltlink::test
