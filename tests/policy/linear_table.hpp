// The oracle of PolicyTable: a list of policies in the order of their arrival, every one of which is asked.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "policy/support.hpp"

namespace fltlink::policy_test {

class LinearTable {
 public:
  struct Entry {
    std::u16string pattern;
    uint32_t version;
    ProtectionFlags flags;

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  // As a table that is never full.
  PolicyUpdateOutcome update(std::u16string pattern, uint32_t version, ProtectionFlags flags) {
    for (char16_t& unit : pattern) unit = upcase_ascii(unit);
    if (pattern.empty() || pattern.size() > kPatternUnitsMax) return PolicyUpdateOutcome::kRefusedBadPattern;
    const auto at = std::find_if(list_.begin(), list_.end(),
                                 [&](const Entry& entry) { return entry.pattern == pattern; });
    if (at == list_.end()) {
      if (flags == ProtectionFlags::kNone) return PolicyUpdateOutcome::kNothingToRemove;
      list_.push_back({pattern, version, flags});
      return PolicyUpdateOutcome::kAdded;
    }
    if (version < at->version) return PolicyUpdateOutcome::kRefusedOlderVersion;
    if (flags == ProtectionFlags::kNone) {
      list_.erase(at);
      return PolicyUpdateOutcome::kRemoved;
    }
    *at = {pattern, version, flags};
    return PolicyUpdateOutcome::kReplaced;
  }

  // Null when nothing is forbidden.
  [[nodiscard]] const Entry* decide(std::u16string_view path, ProtectionFlags operation) const {
    return first_to_forbid(operation, [&](std::u16string_view pattern) {
      return pattern_matches(text(pattern), text(path), &upcase_ascii);
    });
  }
  [[nodiscard]] const Entry* decide_below(std::u16string_view directory, ProtectionFlags operation) const {
    return first_to_forbid(operation, [&](std::u16string_view pattern) {
      return pattern_matches_below(text(pattern), text(directory), &upcase_ascii);
    });
  }

  [[nodiscard]] ProtectionFlags flags_on(std::u16string_view path) const {
    ProtectionFlags flags = ProtectionFlags::kNone;
    for (const Entry& entry : list_) {
      if (pattern_matches(text(entry.pattern), text(path), &upcase_ascii)) flags |= entry.flags;
    }
    return flags;
  }

  [[nodiscard]] ProtectionFlags flags() const {
    ProtectionFlags flags = ProtectionFlags::kNone;
    for (const Entry& entry : list_) flags |= entry.flags;
    return flags;
  }

  [[nodiscard]] const std::vector<Entry>& list() const { return list_; }

 private:
  template <typename Matches>
  [[nodiscard]] const Entry* first_to_forbid(ProtectionFlags operation, Matches&& matches) const {
    const Entry* first_that_asks = nullptr;
    for (const Entry& entry : list_) {
      if (!overlap(entry.flags, operation) || !matches(entry.pattern)) continue;
      if (!overlap(entry.flags, ProtectionFlags::kAsk)) return &entry;
      if (first_that_asks == nullptr) first_that_asks = &entry;
    }
    return first_that_asks;
  }

  std::vector<Entry> list_;
};

}  // namespace fltlink::policy_test
