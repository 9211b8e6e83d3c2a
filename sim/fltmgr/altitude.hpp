// Altitudes: exact decimals of unlimited length, never floating point (ALT-1..ALT-3).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace fltsim::fltmgr {

class Altitude {
 public:
  // Digits with at most one decimal point. Nothing for "", ".", a sign, a space, an exponent, a second point
  // or a character that is no ASCII digit.
  static std::optional<Altitude> parse(std::u16string_view text);

  // Compares values: "0100.50" equals "100.5".
  std::strong_ordering operator<=>(const Altitude& other) const;
  bool operator==(const Altitude& other) const = default;

  // As written.
  const std::u16string& text() const { return text_.value; }

 private:
  // The spelling does not take part in comparisons.
  struct Spelling {
    std::u16string value;
    bool operator==(const Spelling&) const { return true; }
  };
  Spelling text_;
  std::u16string whole_;     // without leading zeros
  std::u16string fraction_;  // without trailing zeros
};

}  // namespace fltsim::fltmgr
