#include "cc/charset.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>

namespace fltsim::cc {
namespace {

using Byte = unsigned char;

Byte byte_at(std::string_view bytes, std::size_t index) {
  return index < bytes.size() ? static_cast<Byte>(bytes[index]) : Byte{0};
}
bool is_between(Byte value, Byte low, Byte high) { return value >= low && value <= high; }

bool is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const Byte first = byte_at(bytes, i);
    const std::size_t size = first < 0x80                    ? 1
                             : is_between(first, 0xc2, 0xdf) ? 2
                             : is_between(first, 0xe0, 0xef) ? 3
                             : is_between(first, 0xf0, 0xf4) ? 4
                                                             : 0;
    if (size == 0 || i + size > bytes.size()) return false;
    for (std::size_t k = 1; k < size; ++k) {
      if (!is_between(byte_at(bytes, i + k), 0x80, 0xbf)) return false;
    }
    const Byte second = byte_at(bytes, i + 1);
    const bool is_overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool is_no_character = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    if (size > 2 && (is_overlong || is_no_character)) return false;
    i += size;
  }
  return true;
}

std::optional<std::string> convert(std::string_view bytes, const char* charset) {
  const iconv_t converter = iconv_open("UTF-8", charset);
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string text(bytes.size() * 4 + 16, '\0');
  char* from = const_cast<char*>(bytes.data());
  std::size_t left = bytes.size();
  char* to = text.data();
  std::size_t room = text.size();
  const bool is_good = iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1) &&
                       iconv(converter, nullptr, nullptr, &to, &room) != static_cast<std::size_t>(-1);
  iconv_close(converter);
  if (!is_good || left != 0) return std::nullopt;
  text.resize(text.size() - room);
  return text;
}

// UTF-16 without a mark: most of a source is ASCII, so every other byte is zero.
const char* utf16_by_zeros(std::string_view bytes) {
  const std::size_t pairs = std::min<std::size_t>(bytes.size(), 8192) / 2;
  std::size_t even = 0;
  std::size_t odd = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    even += bytes[2 * i] == 0;
    odd += bytes[2 * i + 1] == 0;
  }
  if (pairs == 0) return nullptr;
  if (odd * 10 > pairs * 4 && even * 20 < pairs) return "UTF-16LE";
  if (even * 10 > pairs * 4 && odd * 20 < pairs) return "UTF-16BE";
  return nullptr;
}

// --- how well bytes read as a text of a language: points for each byte above ASCII, on average ---

struct Points {
  double sum = 0;
  std::size_t bytes = 0;

  void add(double points, std::size_t count) {
    sum += points;
    bytes += count;
  }
  double average() const { return bytes == 0 ? 0 : sum / static_cast<double>(bytes); }
};

template <std::size_t Size>
bool is_one_of(const std::array<std::uint16_t, Size>& list, unsigned pair) {
  return std::find(list.begin(), list.end(), pair) != list.end();
}

// Pairs of bytes, each scored by `score`.
template <class Score>
double score_pairs(std::string_view bytes, Score score) {
  Points points;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const Byte lead = byte_at(bytes, i);
    if (lead < 0x80) continue;
    points.add(score(lead, byte_at(bytes, i + 1)), 2);
    ++i;
  }
  return points.average();
}

// The everyday characters are the rows B0 to D7. The list has some of the most frequent ones.
double score_chinese(Byte lead, Byte trail) {
  constexpr std::array<std::uint16_t, 32> kFrequent{
      0xb5c4, 0xcac7, 0xb2bb, 0xcec4, 0xbcfe, 0xcafd, 0xbedd, 0xbdf8, 0xb3cc, 0xc3fb, 0xd7d6,
      0xc8a1, 0xbbf1, 0xb7b5, 0xbbd8, 0xc9e8, 0xd6c3, 0xb9fd, 0xc2cb, 0xc7fd, 0xb6af, 0xd4da,
      0xd3d0, 0xced2, 0xd2bb, 0xc1cb, 0xd5e2, 0xd6d0, 0xb4a6, 0xc0ed, 0xb2d9, 0xd7f7};
  if (trail < 0xa1) return -2;
  if (is_one_of(kFrequent, lead << 8 | trail)) return 3;
  if (is_between(lead, 0xb0, 0xd7)) return 2;
  if (is_between(lead, 0xa1, 0xa3)) return 1;
  return is_between(lead, 0xd8, 0xf7) ? 0 : -2;
}

// Syllables are the rows B0 to C8; the rows behind are Chinese characters, which programs hardly use.
double score_korean(Byte lead, Byte trail) {
  constexpr std::array<std::uint16_t, 28> kFrequent{0xc0cc, 0xb4d9, 0xb4c2, 0xc0bb, 0xb8a6, 0xbfa1, 0xc0c7,
                                                    0xc7cf, 0xb0ed, 0xb7ce, 0xb1e2, 0xc1f6, 0xbbe7, 0xbdba,
                                                    0xc6c4, 0xc0cf, 0xb0a1, 0xb5e5, 0xb6f3, 0xc7d1, 0xc0fa,
                                                    0xc0e5, 0xbcad, 0xbdc3, 0xb8ae, 0xbeee, 0xc0d6, 0xbcba};
  if (trail < 0xa1) return -1;
  if (is_one_of(kFrequent, lead << 8 | trail)) return 3;
  if (is_between(lead, 0xb0, 0xc8)) return 2;
  if (is_between(lead, 0xa1, 0xa3)) return 1;
  return -1;
}

// Shift-JIS: hiragana and katakana tell it from everything else. A1 to DF stand alone.
double score_japanese(std::string_view bytes) {
  Points points;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const Byte lead = byte_at(bytes, i);
    if (lead < 0x80) continue;
    if (is_between(lead, 0xa1, 0xdf)) {
      points.add(-1, 1);
      continue;
    }
    const Byte trail = byte_at(bytes, ++i);
    const bool is_kana =
        (lead == 0x82 && is_between(trail, 0x9f, 0xf1)) || (lead == 0x83 && is_between(trail, 0x40, 0x96));
    const bool is_kanji = is_between(lead, 0x88, 0x97);
    points.add(is_kana ? 3 : is_kanji ? 2 : lead == 0x81 ? 1 : 0, 2);
  }
  return points.average();
}

bool is_cyrillic(Byte value) { return value >= 0xc0 || value == 0xa8 || value == 0xb8; }
bool is_ascii_letter(Byte value) { return is_between(value, 'a', 'z') || is_between(value, 'A', 'Z'); }

// Whole words of high bytes, small letters behind capital ones.
double score_cyrillic(std::string_view bytes) {
  Points points;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const Byte value = byte_at(bytes, i);
    if (value < 0x80) continue;
    const Byte before = i == 0 ? Byte{0} : byte_at(bytes, i - 1);
    const Byte behind = byte_at(bytes, i + 1);
    if (!is_cyrillic(value)) {
      points.add(
          is_between(value, 0x91, 0x97) || value == 0xab || value == 0xbb || value == 0xb9 || value == 0xa0
              ? 0
              : -1,
          1);
    } else if (is_between(value, 0xc0, 0xdf) && is_between(before, 0xe0, 0xff)) {
      points.add(-1, 1);
    } else {
      points.add(is_cyrillic(before) || is_cyrillic(behind) ? 1 : -1, 1);
    }
  }
  return points.average();
}

// Single letters with a mark in words of ASCII, and typographic signs.
double score_western(std::string_view bytes) {
  Points points;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const Byte value = byte_at(bytes, i);
    if (value < 0x80) continue;
    const Byte before = i == 0 ? Byte{0} : byte_at(bytes, i - 1);
    const Byte behind = byte_at(bytes, i + 1);
    const bool is_alone = before < 0x80 && behind < 0x80;
    const bool is_in_word = value >= 0xc0 && (is_ascii_letter(before) || is_ascii_letter(behind));
    const bool is_sign =
        is_between(value, 0x91, 0x97) || is_between(value, 0xa0, 0xbf) || value == 0x80 || value == 0x85;
    points.add(is_alone && is_in_word ? 1
               : is_alone && is_sign  ? 0.9
               : is_alone             ? 0
               : is_in_word           ? 0.2
                                      : -1,
               1);
  }
  return points.average();
}

SourceText decode_legacy(std::string_view bytes) {
  struct Candidate {
    const char* charset;
    double score;
  };
  std::array<Candidate, 5> candidates{{{"GB18030", score_pairs(bytes, score_chinese)},
                                       {"CP949", score_pairs(bytes, score_korean)},
                                       {"CP932", score_japanese(bytes)},
                                       {"CP1251", score_cyrillic(bytes)},
                                       {"CP1252", score_western(bytes)}}};
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& left, const Candidate& right) { return left.score > right.score; });
  for (const Candidate& candidate : candidates) {
    if (auto text = convert(bytes, candidate.charset)) return {std::move(*text), candidate.charset, ""};
  }
  // Bytes that are no character in any of them: Latin-1 has all.
  return {convert(bytes, "ISO-8859-1").value_or(std::string(bytes)), "ISO-8859-1", ""};
}

SourceText decode_as(std::string_view bytes, const std::string& charset) {
  if (auto text = convert(bytes, charset.c_str())) return {std::move(*text), charset, ""};
  return {std::string(bytes), charset, "cannot be read as " + charset};
}

}  // namespace

SourceText decode_source(std::string_view bytes, const std::string& forced) {
  if (bytes.starts_with("\xef\xbb\xbf")) return {std::string(bytes.substr(3)), "UTF-8", ""};
  if (bytes.starts_with("\xff\xfe")) return decode_as(bytes.substr(2), "UTF-16LE");
  if (bytes.starts_with("\xfe\xff")) return decode_as(bytes.substr(2), "UTF-16BE");
  if (!forced.empty()) return decode_as(bytes, forced);
  if (const char* const charset = utf16_by_zeros(bytes)) return decode_as(bytes, charset);
  if (is_utf8(bytes)) return {std::string(bytes), "UTF-8", ""};
  return decode_legacy(bytes);
}

}  // namespace fltsim::cc
