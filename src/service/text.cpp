#include "service/text.hpp"

#include <cstdint>

namespace drmservice {

namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kSurrogateFirst = 0xD800;
constexpr char32_t kLowSurrogateFirst = 0xDC00;
constexpr char32_t kSurrogateLast = 0xDFFF;
constexpr char32_t kSupplementaryFirst = 0x10000;
constexpr char32_t kCodePointLast = 0x10FFFF;

constexpr bool is_surrogate(char32_t unit) { return unit >= kSurrogateFirst && unit <= kSurrogateLast; }

void append_utf8(std::string& out, char32_t point) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else {
    if (point < kSupplementaryFirst) {
      put(0xE0 | point >> 12);
    } else {
      put(0xF0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3F));
    }
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

// The code point that begins at `index`, which moves behind it; or the lone surrogate that is there.
char32_t next_point(fltlink::Text text, size_t& index) {
  const char32_t first = text[index++];
  if (!is_surrogate(first) || first >= kLowSurrogateFirst || index == text.size()) return first;
  const char32_t second = text[index];
  if (second < kLowSurrogateFirst || second > kSurrogateLast) return first;
  ++index;
  return kSupplementaryFirst + ((first - kSurrogateFirst) << 10) + (second - kLowSurrogateFirst);
}

// What a lead byte says: how many bytes follow, its own bits, and the least point of that length (a smaller
// one is overlong).
struct Lead {
  int following;
  char32_t bits;
  char32_t least;
};

std::optional<Lead> read_lead(uint8_t byte) {
  if (byte < 0x80) return Lead{0, byte, 0};
  if (byte >> 5 == 0x06) return Lead{1, byte & 0x1Fu, 0x80};
  if (byte >> 4 == 0x0E) return Lead{2, byte & 0x0Fu, 0x800};
  if (byte >> 3 == 0x1E) return Lead{3, byte & 0x07u, kSupplementaryFirst};
  return std::nullopt;
}

std::optional<char32_t> read_point(std::string_view utf8, size_t& index) {
  const auto lead = read_lead(static_cast<uint8_t>(utf8[index++]));
  if (!lead) return std::nullopt;
  char32_t point = lead->bits;
  for (int i = 0; i < lead->following; ++i, ++index) {
    if (index == utf8.size()) return std::nullopt;
    const auto byte = static_cast<uint8_t>(utf8[index]);
    if (byte >> 6 != 0x02) return std::nullopt;
    point = point << 6 | (byte & 0x3Fu);
  }
  if (point < lead->least || point > kCodePointLast || is_surrogate(point)) return std::nullopt;
  return point;
}

}  // namespace

std::optional<std::u16string> utf16_from_utf8(std::string_view utf8) {
  std::u16string utf16;
  for (size_t index = 0; index < utf8.size();) {
    const auto point = read_point(utf8, index);
    if (!point) return std::nullopt;
    if (*point < kSupplementaryFirst) {
      utf16 += static_cast<char16_t>(*point);
    } else {
      utf16 += static_cast<char16_t>(kSurrogateFirst + ((*point - kSupplementaryFirst) >> 10));
      utf16 += static_cast<char16_t>(kLowSurrogateFirst + ((*point - kSupplementaryFirst) & 0x3FF));
    }
  }
  return utf16;
}

std::optional<std::string> utf8_from_utf16(std::u16string_view utf16) {
  std::string utf8;
  for (size_t index = 0; index < utf16.size();) {
    const char32_t point = next_point(as_text(utf16), index);
    if (is_surrogate(point)) return std::nullopt;
    append_utf8(utf8, point);
  }
  return utf8;
}

std::string printable(fltlink::Text text) {
  std::string utf8;
  for (size_t index = 0; index < text.size();) {
    const char32_t point = next_point(text, index);
    append_utf8(utf8, is_surrogate(point) ? kReplacement : point);
  }
  return utf8;
}

}  // namespace drmservice
