// The stretches of a pattern that stand for themselves, by which it can be found.
//
//   C:\Users\jo*\Documents\*.xls
//   |------||-|                     head: before the first wildcard; it begins with whole directories
//              |----------|         core: the longest stretch between two wildcards; of several the first
//                           |--|    tail: behind the last wildcard
//
// A path that the pattern matches begins with its head, ends with its tail, and has its core somewhere between,
// because each unit of a stretch is matched by just one unit, and units beside each other by units beside
// each other.
#pragma once

#include <fltlink/policy/path_hashes.hpp>

namespace fltlink::detail {

// How a stretch is found in a path. Where it begins with a separator, only those need to be tried; where it ends
// with the same one, or with the path, counting them tells its end too: then stretches of all lengths are found
// in one go.
enum class Anchor : uint8_t {
  kUnits,          // anywhere; so many units
  kFromBackslash,  // from a backslash on; so many units
  kFromDot,
  kBackslashes,  // from a backslash on, so many backslashes, to the last of them or to the end of the path
  kDots,
  kWholePath,  // the pattern has no wildcard
};

// Where to look for the stretches of a pattern. Patterns of one directory that have the same shape are looked up
// in one go.
struct PatternShape {
  uint16_t partial = 0;  // units of the head behind its last backslash; 0 for kWholePath
  uint16_t core = 0;     // in what its anchor counts; 0: there is none
  uint16_t tail = 0;
  Anchor core_anchor = Anchor::kUnits;
  Anchor tail_anchor = Anchor::kUnits;

  [[nodiscard]] bool exact() const { return tail_anchor == Anchor::kWholePath; }
  friend bool operator==(const PatternShape&, const PatternShape&) = default;
};

// The same in units of one pattern.
struct PatternParts {
  size_t directory = 0;  // the head up to and with its last backslash
  size_t head = 0;
  size_t core_begin = 0;
  size_t core_end = 0;
  size_t tail_begin = 0;
  PatternShape shape;
};

[[nodiscard]] constexpr char16_t separator_of(Anchor anchor) {
  if (anchor == Anchor::kBackslashes || anchor == Anchor::kFromBackslash) return u'\\';
  return anchor == Anchor::kDots || anchor == Anchor::kFromDot ? u'.' : u'\0';
}

[[nodiscard]] constexpr bool counts_separators(Anchor anchor) {
  return anchor == Anchor::kBackslashes || anchor == Anchor::kDots;
}

// The anchor of a stretch of a pattern.
[[nodiscard]] inline Anchor anchor_of(const PathHashes& pattern, size_t begin, size_t end) {
  if (begin == end) return Anchor::kUnits;
  const char16_t first = pattern.unit(begin);
  const bool closed = end == pattern.size() || pattern.unit(end - 1) == first;
  if (first == u'\\') return closed ? Anchor::kBackslashes : Anchor::kFromBackslash;
  if (first == u'.') return closed ? Anchor::kDots : Anchor::kFromDot;
  return Anchor::kUnits;
}

[[nodiscard]] inline uint16_t count_of(const PathHashes& pattern, size_t begin, size_t end, Anchor anchor) {
  if (!counts_separators(anchor)) return static_cast<uint16_t>(end - begin);
  uint16_t count = 0;
  for (; (begin = pattern.find(separator_of(anchor), begin)) < end; ++begin) ++count;
  return count;
}

// `pattern` is one, and no path.
[[nodiscard]] inline PatternParts parts_of(const PathHashes& pattern) {
  PatternParts parts;
  const size_t size = pattern.size();
  while (parts.head < size && !is_wildcard(pattern.unit(parts.head))) {
    if (pattern.unit(parts.head++) == u'\\') parts.directory = parts.head;
  }
  parts.tail_begin = size;
  if (parts.head == size) {
    parts.shape.tail_anchor = Anchor::kWholePath;
    return parts;
  }
  size_t begin = parts.head + 1;  // of the stretch behind the last wildcard seen
  for (size_t index = begin; index < size; ++index) {
    if (!is_wildcard(pattern.unit(index))) continue;
    if (index - begin > parts.core_end - parts.core_begin) {
      parts.core_begin = begin;
      parts.core_end = index;
    }
    begin = index + 1;
  }
  parts.tail_begin = begin;

  PatternShape& shape = parts.shape;
  shape.partial = static_cast<uint16_t>(parts.head - parts.directory);
  shape.core_anchor = anchor_of(pattern, parts.core_begin, parts.core_end);
  shape.core = count_of(pattern, parts.core_begin, parts.core_end, shape.core_anchor);
  shape.tail_anchor = anchor_of(pattern, parts.tail_begin, size);
  shape.tail = count_of(pattern, parts.tail_begin, size, shape.tail_anchor);
  return parts;
}

// Where a tail of this shape would begin in `path`; kNowhere when it has none.
inline constexpr size_t kNowhere = SIZE_MAX;
[[nodiscard]] inline size_t tail_in(const PathHashes& path, const PatternShape& shape) {
  if (counts_separators(shape.tail_anchor))
    return path.find_last(separator_of(shape.tail_anchor), shape.tail);
  return shape.tail <= path.size() ? path.size() - shape.tail : kNowhere;
}

// Where a core of this shape would end in `path` if it began at `begin`; kNowhere when the path ends before.
[[nodiscard]] inline size_t core_end_in(const PathHashes& path, const PatternShape& shape, size_t begin) {
  if (!counts_separators(shape.core_anchor)) return begin + shape.core;
  const char16_t separator = separator_of(shape.core_anchor);
  size_t end = begin;
  for (unsigned count = 0; count < shape.core; ++count) {
    end = path.find(separator, end) + 1;
    if (end > path.size()) return kNowhere;
  }
  return end;
}

}  // namespace fltlink::detail
