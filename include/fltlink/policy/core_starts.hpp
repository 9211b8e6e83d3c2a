// CoreStarts: where in a path a core may begin that can be anywhere (Anchor::kUnits). The cores of all lengths share
// one look at the path: it asks the slots' hints whether any core begins with the four units that are there.
#pragma once

#include <fltlink/policy/hash_slots.hpp>
#include <fltlink/policy/pattern_parts.hpp>

namespace fltlink::detail {

class CoreStarts {
 public:
  // The look is taken when it is first needed. Both outlive this object.
  CoreStarts(const HashSlots& slots, const PathHashes& path) : slots_(slots), path_(path) {}

  // Lets the core of a pattern be found.
  static void give_hint(HashSlots& slots, const PathHashes& pattern, const PatternParts& parts) {
    if (!has_start(parts.shape)) return;
    const uint32_t start = pattern.of(parts.core_begin, parts.core_begin + kStartUnits);
    slots.give_hint(first_hash(start));
    slots.give_hint(second_hash(start));
  }

  // The first place at `from` or behind it where a core of this shape may begin; kNowhere when there is none.
  [[nodiscard]] size_t next(const PatternShape& shape, size_t from) {
    if (!has_start(shape)) return from;
    if (!looked_) look();
    const size_t place = places_.at_or_after(path_.place_of(from));
    if (place == PositionSet::kNone) return kNowhere;
    const size_t begin = path_.place_begin(place);
    return begin > from ? begin : from;
  }

 private:
  static constexpr size_t kStartUnits = 4;

  // Shorter cores are looked for everywhere.
  [[nodiscard]] static bool has_start(const PatternShape& shape) {
    return shape.core_anchor == Anchor::kUnits && shape.core >= kStartUnits;
  }

  [[nodiscard]] static uint32_t first_hash(uint32_t start) { return slot_hash(start, 0, 1); }
  [[nodiscard]] static uint32_t second_hash(uint32_t start) { return slot_hash(start, 0, 2); }

  void look() {
    looked_ = true;
    for (size_t end = kStartUnits; end <= path_.size(); ++end) {
      const uint32_t start = path_.of(end - kStartUnits, end);
      if (slots_.may_have(first_hash(start)) && slots_.may_have(second_hash(start)))
        places_.add(path_.place_of(end - kStartUnits));
    }
  }

  const HashSlots& slots_;
  const PathHashes& path_;
  PositionSet places_{PathHashes::kPlaces - 1};
  bool looked_ = false;
};

}  // namespace fltlink::detail
