// PolicyTable: the policies in force, in memory of the caller, and the decision about one operation on one
// path.
//
// Not synchronised: any number of threads may call const members together, a thread that calls update() must
// be alone. Nothing blocks and nothing allocates, so any IRQL will do at which the memory may be touched.
//
// The policies lie one behind the other in the order of their arrival, each as a header and its pattern in
// upper case, and a question asks them all in that order. The interface promises less than that, so that an
// index can be put behind it: of the policies that forbid an operation, the one that arrived first is the one
// that decides; but those with kAsk only where there is none without.
#pragma once

#include <fltlink/policy/pattern.hpp>
#include <fltlink/policy/protection_flags.hpp>

namespace fltlink {

enum class PolicyUpdateOutcome : uint8_t {
  kAdded,
  kReplaced,
  kRemoved,
  kNothingToRemove,      // flags 0 for a path that has no policy
  kRefusedOlderVersion,  // the policy in force has a higher version
  kRefusedFull,          // the memory is used up
  kRefusedBadPattern,    // no units, or more than kPatternUnitsMax
};

// One policy in force. The pattern, in upper case, points into the table and lives until the next update.
struct Policy {
  Text pattern;
  uint32_t version = 0;
  ProtectionFlags flags = ProtectionFlags::kNone;
};

// Whether something is forbidden and, if so, by which policy.
struct PolicyDecision {
  bool forbidden = false;
  Policy policy;

  // It is forbidden, but by policies alone that let somebody be asked.
  [[nodiscard]] bool asks() const { return forbidden && overlap(policy.flags, ProtectionFlags::kAsk); }
};

class PolicyTable {
 public:
  // `memory` belongs to the table as long as it lives; `upcase` is pure.
  constexpr PolicyTable(MutableBytes memory, UpcaseFunction upcase) : memory_(memory), upcase_(upcase) {}

  // The bytes that a policy with a pattern of `units` units takes.
  [[nodiscard]] static constexpr size_t size_of_policy(size_t units) { return sizeof(Header) + units * 2; }

  // Adds a policy, or replaces the one with the same pattern (compared without case), or removes it when
  // `flags` are kNone. A version below that of the policy in force is refused; an equal one replaces, because
  // clients of 1.0 always send 1. A removed policy is forgotten with its version. A refused update changes
  // nothing.
  [[nodiscard]] PolicyUpdateOutcome update(Text pattern, uint32_t version, ProtectionFlags flags);

  // Whether a policy forbids any of the bits of `operation`, of which kAsk is none, on `path`.
  [[nodiscard]] PolicyDecision decide(const PathName& path, ProtectionFlags operation) const {
    return find(operation, [&](Text pattern) { return pattern_matches(pattern, path, upcase_); });
  }

  // Whether a policy forbids any of the bits of `operation` on some path below `directory`, whether or not a
  // file is there: what renaming or deleting the directory would do to them.
  [[nodiscard]] PolicyDecision decide_below(const PathName& directory, ProtectionFlags operation) const {
    return find(operation, [&](Text pattern) { return pattern_matches_below(pattern, directory, upcase_); });
  }

  [[nodiscard]] size_t count() const { return count_; }

  // Calls visit(const Policy&) for each policy, the oldest first.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (size_t at = 0; at < used_; at += size_of_policy(header_at(at).units)) visit(policy_at(at));
  }

 private:
  struct Header {
    uint32_t version;
    ProtectionFlags flags;
    uint32_t units;
  };

  [[nodiscard]] Header header_at(size_t at) const {
    Header header{};
    copy_bytes(&header, memory_.data() + at, sizeof header);
    return header;
  }

  [[nodiscard]] Policy policy_at(size_t at) const {
    const Header header = header_at(at);
    return {Text(memory_.data() + at + sizeof header, header.units), header.version, header.flags};
  }

  template <typename Matches>
  [[nodiscard]] PolicyDecision find(ProtectionFlags operation, Matches&& matches) const {
    PolicyDecision decision;
    for (size_t at = 0; at < used_; at += size_of_policy(header_at(at).units)) {
      const Policy policy = policy_at(at);
      const bool asks = overlap(policy.flags, ProtectionFlags::kAsk);
      if (!overlap(policy.flags, operation) || (asks && decision.forbidden)) continue;
      if (!matches(policy.pattern)) continue;
      decision = {true, policy};
      if (!asks) break;
    }
    return decision;
  }

  // Where the policy with this very pattern lies, or used_.
  [[nodiscard]] size_t position_of(Text pattern) const {
    size_t at = 0;
    while (at < used_ && !is_same_pattern(policy_at(at).pattern, pattern))
      at += size_of_policy(header_at(at).units);
    return at;
  }

  [[nodiscard]] bool is_same_pattern(Text stored, Text pattern) const {
    if (stored.size() != pattern.size()) return false;
    for (size_t index = 0; index < pattern.size(); ++index) {
      if (stored[index] != upcase_(pattern[index])) return false;
    }
    return true;
  }

  [[nodiscard]] PolicyUpdateOutcome append(Text pattern, const Header& header);
  void erase(size_t at);

  MutableBytes memory_;
  UpcaseFunction upcase_;
  size_t used_ = 0;   // bytes of memory_
  size_t count_ = 0;  // policies
};

inline PolicyUpdateOutcome PolicyTable::update(Text pattern, uint32_t version, ProtectionFlags flags) {
  if (pattern.empty() || pattern.size() > kPatternUnitsMax) return PolicyUpdateOutcome::kRefusedBadPattern;
  const Header header{version, flags, static_cast<uint32_t>(pattern.size())};
  const size_t at = position_of(pattern);
  if (at == used_) {
    return flags == ProtectionFlags::kNone ? PolicyUpdateOutcome::kNothingToRemove : append(pattern, header);
  }
  if (version < header_at(at).version) return PolicyUpdateOutcome::kRefusedOlderVersion;
  if (flags == ProtectionFlags::kNone) {
    erase(at);
    return PolicyUpdateOutcome::kRemoved;
  }
  copy_bytes(memory_.data() + at, &header, sizeof header);
  return PolicyUpdateOutcome::kReplaced;
}

inline PolicyUpdateOutcome PolicyTable::append(Text pattern, const Header& header) {
  if (memory_.size() - used_ < size_of_policy(pattern.size())) return PolicyUpdateOutcome::kRefusedFull;
  uint8_t* out = memory_.data() + used_;
  copy_bytes(out, &header, sizeof header);
  out += sizeof header;
  for (size_t index = 0; index < pattern.size(); ++index, out += 2) {
    const char16_t unit = upcase_(pattern[index]);
    copy_bytes(out, &unit, sizeof unit);
  }
  used_ += size_of_policy(pattern.size());
  ++count_;
  return PolicyUpdateOutcome::kAdded;
}

inline void PolicyTable::erase(size_t at) {
  const size_t behind = at + size_of_policy(header_at(at).units);
  copy_bytes(memory_.data() + at, memory_.data() + behind, used_ - behind);
  used_ -= behind - at;
  --count_;
}

}  // namespace fltlink
