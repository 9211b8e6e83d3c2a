#include "fltmgr/altitude.hpp"

namespace fltsim::fltmgr {
namespace {

bool all_digits(std::u16string_view text) {
  return text.find_first_not_of(u"0123456789") == std::u16string_view::npos;
}

}  // namespace

std::optional<Altitude> Altitude::parse(std::u16string_view text) {
  const std::size_t point = text.find(u'.');
  std::u16string_view whole = text.substr(0, point);
  std::u16string_view fraction = point == std::u16string_view::npos ? u"" : text.substr(point + 1);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (!all_digits(whole) || !all_digits(fraction)) return std::nullopt;

  const std::size_t first = whole.find_first_not_of(u'0');
  whole.remove_prefix(first == std::u16string_view::npos ? whole.size() : first);
  fraction = fraction.substr(0, fraction.find_last_not_of(u'0') + 1);
  Altitude altitude;
  altitude.text_.value = text;
  altitude.whole_ = whole;
  altitude.fraction_ = fraction;
  return altitude;
}

std::strong_ordering Altitude::operator<=>(const Altitude& other) const {
  if (const auto order = whole_.size() <=> other.whole_.size(); order != 0) return order;
  if (const int order = whole_.compare(other.whole_); order != 0) return order <=> 0;
  // Digits are in order of their codes, and a fraction that goes on is greater than its prefix.
  return fraction_.compare(other.fraction_) <=> 0;
}

}  // namespace fltsim::fltmgr
