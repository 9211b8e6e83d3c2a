// PolicyTable: the policies in force, in memory of the caller, and the decision about one operation on one
// path.
//
// Not synchronised: any number of threads may call const members together, a thread that calls update() must
// be alone. Nothing blocks and nothing allocates, so any IRQL will do at which the memory may be touched.
//
// Of the policies that forbid an operation, the one that arrived first is the one that decides; but those with
// kAsk only where there is none without. A replaced policy keeps its turn.
//
// What a question costs grows with the path and with the shapes of the patterns in the directories on its way
// (policy_index.hpp), not with the number of policies. Tried one by one are those alone that the path's own
// stretches lead to; docs/DRMFILTER.md says for which patterns these can be many.
#pragma once

#include <array>

#include <fltlink/policy/policy_index.hpp>

namespace fltlink {

enum class PolicyUpdateOutcome : uint8_t {
  kAdded,
  kReplaced,
  kRemoved,
  kNothingToRemove,      // flags 0 for a path that has no policy
  kRefusedOlderVersion,  // the policy in force has a higher version
  kRefusedFull,          // the memory is used up by the policies in force
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
  // One without room.
  constexpr PolicyTable() = default;

  // `memory`, of which 4 GiB at most are used, belongs to the table as long as it lives; a fifth of it is cleared
  // here. `upcase` is pure.
  PolicyTable(MutableBytes memory, UpcaseFunction upcase) : index_(memory), upcase_(upcase) {}

  // The bytes of memory that hold so many policies with patterns of up to so many units, which begin with so many
  // different directories between them (C:\A\B\*.DOC begins with C:\, C:\A\ and C:\A\B\).
  [[nodiscard]] static constexpr size_t memory_for(size_t policies, size_t units, size_t directories) {
    return detail::PolicyIndex::memory_for(policies, units, directories);
  }

  // Adds a policy, or replaces the one with the same pattern (compared without case), or removes it when
  // `flags` are kNone. A version below that of the policy in force is refused; an equal one replaces, because
  // clients of 1.0 always send 1. A removed policy is forgotten with its version. A refused update changes
  // nothing. Costs what a question does, but for an addition that reaches the end of the memory: that one takes
  // a step for each policy, and makes room for many more. REQUIRES: what is added does not lie in the table.
  [[nodiscard]] PolicyUpdateOutcome update(Text pattern, uint32_t version, ProtectionFlags flags);

  // Whether a policy forbids any of the bits of `operation`, of which kAsk is none, on `path`. This and the other
  // questions take about 1 KiB of stack.
  [[nodiscard]] PolicyDecision decide(const PathName& path, ProtectionFlags operation) const {
    FirstToForbid first(*this, path, operation, &pattern_matches);
    index_.offer_matching(detail::PathHashes(path, upcase_), operation, first);
    return first.decision();
  }

  // Whether a policy forbids any of the bits of `operation` on some path below `directory`, whether or not a
  // file is there: what renaming or deleting the directory would do to them.
  [[nodiscard]] PolicyDecision decide_below(const PathName& directory, ProtectionFlags operation) const {
    FirstToForbid first(*this, directory, operation, &pattern_matches_below);
    index_.offer_below(detail::PathHashes(directory, upcase_), operation, first);
    return first.decision();
  }

  // The flags of all policies that match `path`.
  [[nodiscard]] ProtectionFlags flags_on(const PathName& path) const {
    AllFlags all(*this, path);
    index_.offer_matching(detail::PathHashes(path, upcase_), kEveryFlag, all);
    return all.flags();
  }

  // The flags of all policies.
  [[nodiscard]] ProtectionFlags flags() const {
    uint32_t bits = 0;
    for (size_t bit = 0; bit < flag_counts_.size(); ++bit) bits |= uint32_t{flag_counts_[bit] != 0} << bit;
    return static_cast<ProtectionFlags>(bits);
  }

  [[nodiscard]] size_t count() const { return count_; }

  // What the policies take of the three quarters of the memory that they can fill.
  [[nodiscard]] size_t size() const { return index_.size(); }

  // Calls visit(const Policy&) for each policy, the oldest first.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    index_.for_each([&](detail::RecordAt at) { visit(policy_at(at)); });
  }

 private:
  using RecordAt = detail::RecordAt;
  using Matches = bool (*)(Text pattern, const PathName& path, UpcaseFunction upcase);

  static constexpr auto kEveryFlag = static_cast<ProtectionFlags>(UINT32_MAX);

  // Takes the offers of the index and keeps the policy that decides.
  class FirstToForbid {
   public:
    FirstToForbid(const PolicyTable& table, const PathName& path, ProtectionFlags operation, Matches matches)
        : table_(table), path_(path), operation_(operation), matches_(matches) {}

    // Whether a policy that arrived at `at` or later can still be the one.
    [[nodiscard]] bool wants(RecordAt at) const { return at < turn_; }

    bool take(RecordAt at) {
      if (!wants(at)) return false;
      const detail::PolicyRecord& policy = table_.index_.policy(at);
      const bool asks = overlap(policy.flags, ProtectionFlags::kAsk);
      const uint64_t turn = asks ? at | kAfterAllOthers : at;
      if (overlap(policy.flags, operation_) && turn < turn_ &&
          matches_(table_.index_.pattern(at), path_, table_.upcase_)) {
        turn_ = turn;
        first_ = at;
      }
      return true;
    }

    [[nodiscard]] PolicyDecision decision() const {
      if (first_ == detail::kNoRecord) return {};
      return {true, table_.policy_at(first_)};
    }

   private:
    static constexpr uint64_t kAfterAllOthers = uint64_t{1} << 32;

    const PolicyTable& table_;
    const PathName& path_;
    ProtectionFlags operation_;
    Matches matches_;
    uint64_t turn_ = UINT64_MAX;  // of first_: its arrival, but whoever asks comes after all who do not
    RecordAt first_ = detail::kNoRecord;
  };

  // Takes the offers of the index and adds up the flags.
  class AllFlags {
   public:
    AllFlags(const PolicyTable& table, const PathName& path) : table_(table), path_(path) {}

    bool take(RecordAt at) {
      const ProtectionFlags flags = table_.index_.policy(at).flags;
      const bool news = (flags_ | flags) != flags_;
      if (news && pattern_matches(table_.index_.pattern(at), path_, table_.upcase_)) flags_ |= flags;
      return true;
    }

    [[nodiscard]] ProtectionFlags flags() const { return flags_; }

   private:
    const PolicyTable& table_;
    const PathName& path_;
    ProtectionFlags flags_ = ProtectionFlags::kNone;
  };

  [[nodiscard]] Policy policy_at(RecordAt at) const {
    const detail::PolicyRecord& record = index_.policy(at);
    return {index_.pattern(at), record.version, record.flags};
  }

  void count_flags(ProtectionFlags flags, uint32_t by) {
    for (size_t bit = 0; bit < flag_counts_.size(); ++bit) {
      if ((static_cast<uint32_t>(flags) >> bit & 1) != 0) flag_counts_[bit] += by;
    }
  }

  detail::PolicyIndex index_;
  UpcaseFunction upcase_ = nullptr;
  size_t count_ = 0;
  std::array<uint32_t, 32> flag_counts_{};  // how many policies have each bit
};

inline PolicyUpdateOutcome PolicyTable::update(Text pattern, uint32_t version, ProtectionFlags flags) {
  if (pattern.empty() || pattern.size() > kPatternUnitsMax) return PolicyUpdateOutcome::kRefusedBadPattern;
  constexpr uint32_t kOneLess = UINT32_MAX;
  const detail::PathHashes hashes(pattern, upcase_);
  const RecordAt at = index_.find(hashes);
  if (at == detail::kNoRecord) {
    if (flags == ProtectionFlags::kNone) return PolicyUpdateOutcome::kNothingToRemove;
    if (!index_.add(hashes, version, flags)) return PolicyUpdateOutcome::kRefusedFull;
    count_flags(flags, 1);
    ++count_;
    return PolicyUpdateOutcome::kAdded;
  }
  const detail::PolicyRecord& policy = index_.policy(at);
  if (version < policy.version) return PolicyUpdateOutcome::kRefusedOlderVersion;
  count_flags(policy.flags, kOneLess);
  if (flags == ProtectionFlags::kNone) {
    index_.remove(at, hashes);
    --count_;
    return PolicyUpdateOutcome::kRemoved;
  }
  index_.replace(at, version, flags);
  count_flags(flags, 1);
  return PolicyUpdateOutcome::kReplaced;
}

}  // namespace fltlink
