// PathHashes: a path or a pattern in upper case, and a hash of any stretch of it, which costs nothing that grows
// with the stretch. The index of policies looks literal stretches up by their hashes.
#pragma once

#include <array>

#include <fltlink/base/assert.hpp>
#include <fltlink/base/inline.hpp>
#include <fltlink/policy/pattern.hpp>

namespace fltlink::detail {

// The hash of units u0 .. un is the sum of ui * kBase^(n-i), modulo 2^32. It is a filter: equal stretches have
// equal hashes, and whoever finds an equal hash compares the units.
inline constexpr uint32_t kHashBase = 0x9E3779B1;

inline constexpr auto kHashPowers = [] {
  std::array<uint32_t, kPatternUnitsMax + 1> powers{1};
  for (size_t index = 1; index < powers.size(); ++index) powers[index] = powers[index - 1] * kHashBase;
  return powers;
}();

// Where the hash of a stretch is looked up: all of its bits count in the high ones.
[[nodiscard]] constexpr uint32_t slot_hash(uint32_t a, uint32_t b = 0, uint32_t c = 0) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  return static_cast<uint32_t>((((a * kOdd + b) * kOdd + c) * kOdd) >> 32);
}

// Takes about 600 bytes of stack: the hashes of the path up to each unit, or up to each 2nd, 4th, 8th ... of a
// longer one; between them it goes on from the one before. The path outlives it.
class PathHashes {
 public:
  PathHashes(const PathName& path, UpcaseFunction upcase) : path_(path), upcase_(upcase) {
    while (path.size() >> shift_ >= kept_.size()) ++shift_;
    const size_t step_mask = (size_t{1} << shift_) - 1;
    uint32_t hash = 0;
    for (size_t index = 0; index < path.size(); ++index) {
      if ((index & step_mask) == 0) kept_[index >> shift_] = hash;
      hash = hash * kHashBase + unit(index);
    }
    if ((path.size() & step_mask) == 0) kept_[path.size() >> shift_] = hash;
    whole_ = hash;
  }

  // In units.
  [[nodiscard]] size_t size() const { return path_.size(); }

  // In upper case. REQUIRES: index < size().
  [[nodiscard]] char16_t unit(size_t index) const { return upcase_(path_[index]); }

  // The first `separator`, a backslash or a dot, at `from` or behind it, or size().
  [[nodiscard]] size_t find(char16_t separator, size_t from) const {
    while (from < path_.size() && path_[from] != separator) ++from;
    return from;
  }

  // The `count`-th `separator` from the end, or SIZE_MAX. REQUIRES: count is not 0.
  [[nodiscard]] size_t find_last(char16_t separator, size_t count) const {
    for (size_t index = path_.size(); index > 0; --index) {
      if (path_[index - 1] == separator && --count == 0) return index - 1;
    }
    return SIZE_MAX;
  }

  // The path in places, one unit each in a path that is not long: which one a unit is in, and where it begins.
  static constexpr size_t kPlaces = 128;
  [[nodiscard]] size_t place_of(size_t index) const { return index >> shift_; }
  [[nodiscard]] size_t place_begin(size_t place) const { return place << shift_; }

  [[nodiscard]] uint32_t whole() const { return whole_; }

  // The hash of the first `end` units. REQUIRES: end <= size().
  [[nodiscard]] FLTLINK_ALWAYS_INLINE uint32_t before(size_t end) const {
    const size_t place = place_of(end);
    return shift_ == 0 ? kept_[place] : go_on(kept_[place], place_begin(place), end);
  }

  // The hash of the units [begin, end). REQUIRES: begin <= end <= size(), end - begin <= kPatternUnitsMax.
  [[nodiscard]] FLTLINK_ALWAYS_INLINE uint32_t of(size_t begin, size_t end) const {
    if (end - begin < size_t{1} << shift_) return go_on(0, begin, end);  // fewer steps than from those kept
    return before(end) - before(begin) * kHashPowers[end - begin];
  }

  // The hash of all of it and one backslash more.
  [[nodiscard]] uint32_t whole_with_backslash() const { return whole_ * kHashBase + u'\\'; }

 private:
  [[nodiscard]] FLTLINK_NEVER_INLINE uint32_t go_on(uint32_t hash, size_t begin, size_t end) const {
    for (size_t index = begin; index < end; ++index) hash = hash * kHashBase + unit(index);
    return hash;
  }

  PathName path_;
  UpcaseFunction upcase_;
  std::array<uint32_t, kPlaces> kept_;  // [n]: the hash of what is before place n; those behind stay unset
  unsigned shift_ = 0;
  uint32_t whole_ = 0;
};

}  // namespace fltlink::detail
