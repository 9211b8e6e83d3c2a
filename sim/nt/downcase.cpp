#include "nt/downcase.hpp"

#include <array>
#include <cstddef>

#include "fs/upcase.hpp"

namespace fltsim::nt {
namespace {

constexpr std::size_t kUnits = 0x10000;

std::array<char16_t, kUnits> inverse_of_upcase() {
  std::array<char16_t, kUnits> table;
  for (std::size_t i = 0; i < kUnits; ++i) table[i] = static_cast<char16_t>(i);
  for (std::size_t i = kUnits; i-- > 0;) {
    const auto unit = static_cast<char16_t>(i);
    const char16_t upper = fs::upcase(unit);
    if (upper != unit) table[upper] = unit;
  }
  return table;
}

}  // namespace

char16_t downcase(char16_t unit) {
  if (unit < 0x80) return unit >= u'A' && unit <= u'Z' ? static_cast<char16_t>(unit + 32) : unit;
  static const std::array<char16_t, kUnits> table = inverse_of_upcase();
  return table[unit];
}

}  // namespace fltsim::nt
