// PolicyIndex: policies in the order of their arrival, and the few of them that a path can concern.
//
// Policies hang in the tree of the directories that their patterns begin with (pattern_parts.hpp has the words).
// A path walks down that tree as far as it goes. In each directory on its way it meets shapes, and the hashes of
// its own stretches of that shape lead to a bucket: the policies with equal hashes of head, core and tail. So a
// path costs its units, its directories, and the shapes in them; not the policies. An exact pattern is found by
// the hash of the whole path.
//
// I1  A search offers every policy that can match, and maybe others: whoever takes an offer matches the pattern.
//     So a hash that two stretches share makes a search slower and never wrong. A directory is known by its
//     parent and its hash; two with the same are one here. Of one shape a search offers no policy more than twice,
//     however often the path repeats a core.
// I2  A bucket, and the policies of a shape, are offered in the order of arrival. A directory is made right before
//     the first policy that needs it, so whatever is in it or below it has a larger offset, and of two
//     directories in one the later has later policies only.
// I3  Whether a policy fits depends on the policies in force alone: they never take more than 15/16 of the room.
//     What removed ones leave is given back by a rebuild, when the end of the room is reached. So that frees a
//     sixteenth of the room at least: its cost, a step for each policy, is spread over what fits there.
//
// Not synchronised: const members may run together.
#pragma once

#include <fltlink/policy/core_starts.hpp>
#include <fltlink/policy/policy_records.hpp>

namespace fltlink::detail {

class PolicyIndex {
 public:
  constexpr PolicyIndex() = default;

  explicit PolicyIndex(MutableBytes memory) {
    memory = aligned(memory);
    const size_t slot_bytes = memory.size() / kSlotShare / 4 * 4;
    slots_ = HashSlots(memory.first(slot_bytes));
    if (!slots_.has_room_for(1)) return;
    records_ = PolicyRecords(memory, static_cast<RecordAt>(slot_bytes));
    capacity_ = records_.room() - records_.room() / 16;
    plant_root();
  }

  // The bytes of memory that surely hold this many policies of so many units, below so many directories.
  [[nodiscard]] static constexpr size_t memory_for(size_t policies, size_t units, size_t directories) {
    const size_t records = policies * policy_record_size(units) + (directories + 1) * sizeof(DirectoryRecord);
    const size_t slots = HashSlots::memory_for(policies * 2 + directories);
    const size_t for_records = (records + records / 15 + 16) / (kSlotShare - 1) * kSlotShare + 64;
    const size_t for_slots = (slots + 4) * kSlotShare;
    return for_records > for_slots ? for_records : for_slots;
  }

  // The policy with this very pattern.
  [[nodiscard]] RecordAt find(const PathHashes& pattern) const {
    if (root_ == kNoRecord) return kNoRecord;
    return slots_.find(slot_hash(pattern.whole()), SlotKind::kPattern,
                       [&](RecordAt at) { return is_same_pattern(records_.pattern(at), pattern); });
  }

  // False, and nothing has changed, when it does not fit. REQUIRES: find(pattern) is none.
  [[nodiscard]] bool add(const PathHashes& pattern, uint32_t version, ProtectionFlags flags) {
    if (root_ == kNoRecord) return false;
    const PatternParts parts = parts_of(pattern);
    const size_t directories = missing_directories(pattern, parts.directory);
    const size_t size = policy_record_size(pattern.size()) + directories * sizeof(DirectoryRecord);
    if (live_ + size > capacity_ || !slots_.has_room_for(directories + 2)) return false;
    if (records_.room() < size) rebuild();
    insert(pattern, parts, version, flags);
    return true;
  }

  void replace(RecordAt at, uint32_t version, ProtectionFlags flags) {
    PolicyRecord& record = records_.policy(at);
    record.version = version;
    record.flags = flags;
    add_flags(record.directory, flags);
  }

  // REQUIRES: `pattern` is that of the policy at `at`.
  void remove(RecordAt at, const PathHashes& pattern) {
    PolicyRecord& record = records_.policy(at);
    slots_.erase(slot_hash(pattern.whole()), SlotKind::kPattern, at);
    if (!record.shape.exact()) leave_bucket(at, bucket_hash(pattern, parts_of(pattern)));
    leave_shape(at);
    record.head.kind = RecordKind::kRemovedPolicy;
    live_ -= policy_record_size(pattern.size());
    remove_empty_directories(record.directory);
  }

  // Of the records in use.
  [[nodiscard]] size_t size() const { return live_; }

  [[nodiscard]] const PolicyRecord& policy(RecordAt at) const { return records_.policy(at); }
  [[nodiscard]] Text pattern(RecordAt at) const { return records_.pattern(at); }

  // Calls visit(RecordAt) for each policy, the oldest first.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (RecordAt at = records_.first(); at < records_.end(); at += size_of(at)) {
      if (records_.policy(at).head.kind == RecordKind::kPolicy) visit(at);
    }
  }

  // Offers the policies that can match `path` and may have one of `flags`: Offers::take(RecordAt) is false when it
  // wants none that arrived later.
  template <typename Offers>
  void offer_matching(const PathHashes& path, ProtectionFlags flags, Offers&& offers) const {
    if (root_ == kNoRecord) return;
    static_cast<void>(slots_.find(slot_hash(path.whole()), SlotKind::kPattern, [&](RecordAt at) {
      offers.take(at);
      return false;
    }));
    CoreStarts starts(slots_, path);
    static_cast<void>(walk(path, [&](RecordAt directory, size_t units) {
      if (!overlap(records_.directory(directory).flags, flags)) return false;
      for_each_shape(directory, [&](RecordAt oldest) { offer_shape(path, units, oldest, starts, offers); });
      return true;
    }));
  }

  // Offers the policies that can match a path below `path` and may have one of `flags`.
  template <typename Offers>
  void offer_below(const PathHashes& path, ProtectionFlags flags, Offers&& offers) const {
    if (root_ == kNoRecord) return;
    // Those whose heads end above: the wildcards behind may lead here.
    RecordAt top = walk(path, [&](RecordAt directory, size_t) {
      if (!overlap(records_.directory(directory).flags, flags)) return false;
      for_each_shape(directory, [&](RecordAt oldest) {
        if (!records_.policy(oldest).shape.exact()) offer_peers(oldest, offers);
      });
      return true;
    });
    // Those whose heads go on from here.
    const bool has_backslash = path.size() != 0 && path.unit(path.size() - 1) == u'\\';
    if (top != kNoRecord && !has_backslash) top = child(top, path.whole_with_backslash());
    if (top != kNoRecord) offer_tree(top, flags, offers);
  }

 private:
  static constexpr size_t kSlotShare = 5;  // one byte in so many is for the slots

  static constexpr auto kPeers = &PolicyRecord::peers;
  static constexpr auto kBucket = &PolicyRecord::bucket;
  static constexpr auto kSiblings = &DirectoryRecord::siblings;

  [[nodiscard]] static MutableBytes aligned(MutableBytes memory) {
    const size_t skip = (0 - reinterpret_cast<uintptr_t>(memory.data())) % 4;
    if (memory.size() < skip) return {};
    memory = memory.subspan(skip);
    constexpr size_t kLargest = UINT32_MAX / 4 * 4;
    return memory.first(memory.size() < kLargest ? memory.size() / 4 * 4 : kLargest);
  }

  [[nodiscard]] static bool is_same_pattern(Text stored, const PathHashes& pattern) {
    if (stored.size() != pattern.size()) return false;
    for (size_t index = 0; index < stored.size(); ++index) {
      if (stored[index] != pattern.unit(index)) return false;
    }
    return true;
  }

  [[nodiscard]] size_t size_of(RecordAt at) const {
    const RecordHead head = records_.policy(at).head;
    return head.kind == RecordKind::kDirectory ? sizeof(DirectoryRecord) : policy_record_size(head.units);
  }

  // ---- searching

  [[nodiscard]] RecordAt child(RecordAt parent, uint32_t hash) const {
    return slots_.find(slot_hash(hash), SlotKind::kDirectory,
                       [&](RecordAt at) { return records_.directory(at).parent == parent; });
  }

  // Calls visit(directory, its units) for the root and each directory of `path` that is there, until it says no.
  // Returns the last directory of `path` if all were visited.
  template <typename Visit>
  [[nodiscard]] RecordAt walk(const PathHashes& path, Visit&& visit) const {
    RecordAt directory = root_;
    size_t units = 0;
    while (directory != kNoRecord && visit(directory, units)) {
      units = path.find(u'\\', units) + 1;
      if (units > path.size()) return directory;
      directory = child(directory, path.before(units));
    }
    return kNoRecord;
  }

  template <typename Visit>
  void for_each_shape(RecordAt directory, Visit&& visit) const {
    RecordAt oldest = records_.directory(directory).first_shape;
    for (; oldest != kNoRecord; oldest = records_.policy(oldest).next_shape) visit(oldest);
  }

  [[nodiscard]] static uint32_t bucket_hash(const PathHashes& pattern, const PatternParts& parts) {
    return slot_hash(pattern.before(parts.head), pattern.of(parts.tail_begin, pattern.size()),
                     pattern.of(parts.core_begin, parts.core_end));
  }

  template <typename Offers>
  void offer_shape(const PathHashes& path, size_t directory_units, RecordAt oldest, CoreStarts& starts,
                   Offers& offers) const {
    const PatternShape shape = records_.policy(oldest).shape;
    if (shape.exact()) return;
    const size_t head = directory_units + shape.partial;
    const size_t tail = tail_in(path, shape);
    if (tail == kNowhere || tail < head || path.size() - tail > kPatternUnitsMax) return;
    const uint32_t head_hash = path.before(head);
    const uint32_t tail_hash = path.of(tail, path.size());
    if (shape.core == 0) return offer_bucket(first_in_bucket(slot_hash(head_hash, tail_hash)), offers);
    MetBuckets met;
    const char16_t separator = separator_of(shape.core_anchor);
    for (size_t core = head;; ++core) {
      core = separator != 0 ? path.find(separator, core) : starts.next(shape, core);
      if (core >= tail) return;
      const size_t end = core_end_in(path, shape, core);
      if (end > tail) return;
      if (end - core > kPatternUnitsMax) continue;
      const RecordAt first = first_in_bucket(slot_hash(head_hash, tail_hash, path.of(core, end)));
      if (first == kNoRecord || met.has(first)) continue;
      if (!met.note(first)) return offer_peers(oldest, offers);
      offer_bucket(first, offers);
    }
  }

  // The buckets that a path has met already: it may have the same core many times.
  class MetBuckets {
   public:
    [[nodiscard]] bool has(RecordAt first) const {
      for (size_t index = 0; index < count_; ++index) {
        if (met_[index] == first) return true;
      }
      return false;
    }
    // False when there are too many.
    [[nodiscard]] bool note(RecordAt first) {
      if (count_ == kMax) return false;
      met_[count_++] = first;
      return true;
    }

   private:
    static constexpr size_t kMax = 64;
    RecordAt met_[kMax];
    size_t count_ = 0;
  };

  // kNoRecord: there is no such bucket.
  [[nodiscard]] RecordAt first_in_bucket(uint32_t hash) const {
    return slots_.find(hash, SlotKind::kBucket, [](RecordAt) { return true; });
  }

  template <typename Offers>
  void offer_bucket(RecordAt first, Offers& offers) const {
    for (RecordAt at = first; at != kNoRecord; at = records_.behind(kBucket, first, at)) {
      if (!offers.take(at)) return;
    }
  }

  template <typename Offers>
  void offer_peers(RecordAt oldest, Offers& offers) const {
    for (RecordAt at = oldest; at != kNoRecord; at = records_.behind(kPeers, oldest, at)) {
      if (!offers.take(at)) return;
    }
  }

  // All policies in `top` and below it, a directory before those in it. By I2, one that is too late for `offers`
  // is followed by later ones only.
  template <typename Offers>
  void offer_tree(RecordAt top, ProtectionFlags flags, Offers& offers) const {
    RecordAt at = top;
    while (true) {
      const DirectoryRecord& directory = records_.directory(at);
      const bool in_time = offers.wants(at);
      const bool visited = in_time && overlap(directory.flags, flags);
      if (visited) for_each_shape(at, [&](RecordAt oldest) { offer_peers(oldest, offers); });
      RecordAt next = visited ? directory.first_child : kNoRecord;
      while (next == kNoRecord) {
        if (at == top) return;
        const RecordAt parent = records_.directory(at).parent;
        if (offers.wants(at)) next = records_.behind(kSiblings, records_.directory(parent).first_child, at);
        if (next == kNoRecord) at = parent;
      }
      at = next;
    }
  }

  // ---- changing

  void plant_root() {
    root_ = records_.append(sizeof(DirectoryRecord));
    DirectoryRecord root{};
    root.head.kind = RecordKind::kDirectory;
    records_.directory(root_) = root;
    live_ = sizeof(DirectoryRecord);
  }

  // How many of the directories that the first `units` units of `pattern` name are not there.
  [[nodiscard]] size_t missing_directories(const PathHashes& pattern, size_t units) const {
    size_t missing = 0;
    RecordAt directory = root_;
    for (size_t end = 0; end < units;) {
      end = pattern.find(u'\\', end) + 1;
      if (directory != kNoRecord) directory = child(directory, pattern.before(end));
      if (directory == kNoRecord) ++missing;
    }
    return missing;
  }

  RecordAt make_directories(const PathHashes& pattern, size_t units) {
    RecordAt directory = root_;
    for (size_t end = 0; end < units;) {
      end = pattern.find(u'\\', end) + 1;
      const uint32_t hash = pattern.before(end);
      const RecordAt parent = directory;
      directory = child(parent, hash);
      if (directory != kNoRecord) continue;
      directory = records_.append(sizeof(DirectoryRecord));
      DirectoryRecord made{};
      made.head.kind = RecordKind::kDirectory;
      made.hash = hash;
      made.parent = parent;
      records_.directory(directory) = made;
      live_ += sizeof(DirectoryRecord);
      records_.join(kSiblings, records_.directory(parent).first_child, directory);
      slots_.insert(slot_hash(hash), SlotKind::kDirectory, directory);
    }
    return directory;
  }

  // `pattern` may lie where the record will, or behind: then it is moved down, and of no use afterwards.
  void insert(const PathHashes& pattern, const PatternParts& parts, uint32_t version, ProtectionFlags flags) {
    const uint32_t whole = pattern.whole();
    const uint32_t bucket = bucket_hash(pattern, parts);
    CoreStarts::give_hint(slots_, pattern, parts);
    const RecordAt directory = make_directories(pattern, parts.directory);
    const auto units = static_cast<uint16_t>(pattern.size());
    const RecordAt at = records_.append(policy_record_size(units));
    for (size_t index = 0; index < units; ++index) records_.set_unit(at, index, pattern.unit(index));
    PolicyRecord made{};
    made.head = {RecordKind::kPolicy, units};
    made.flags = flags;
    made.version = version;
    made.shape = parts.shape;
    made.directory = directory;
    records_.policy(at) = made;
    live_ += policy_record_size(units);
    slots_.insert(slot_hash(whole), SlotKind::kPattern, at);
    if (!parts.shape.exact()) join_bucket(at, bucket);
    join_shape(at);
    add_flags(directory, flags);
  }

  void add_flags(RecordAt directory, ProtectionFlags flags) {
    for (; directory != kNoRecord; directory = records_.directory(directory).parent)
      records_.directory(directory).flags |= flags;
  }

  void join_bucket(RecordAt at, uint32_t hash) {
    RecordAt first = first_in_bucket(hash);
    if (first == kNoRecord) slots_.insert(hash, SlotKind::kBucket, at);
    records_.join(kBucket, first, at);
  }

  void leave_bucket(RecordAt at, uint32_t hash) {
    const RecordAt first = first_in_bucket(hash);
    RecordAt rest = first;
    records_.leave(kBucket, rest, at);
    if (rest == kNoRecord) return slots_.erase(hash, SlotKind::kBucket, first);
    if (rest != first) slots_.replace(hash, SlotKind::kBucket, first, rest);
  }

  void join_shape(RecordAt at) {
    const PolicyRecord& record = records_.policy(at);
    RecordAt* oldest = &records_.directory(record.directory).first_shape;
    while (*oldest != kNoRecord && records_.policy(*oldest).shape != record.shape)
      oldest = &records_.policy(*oldest).next_shape;
    records_.join(kPeers, *oldest, at);
  }

  void leave_shape(RecordAt at) {
    const PolicyRecord& record = records_.policy(at);
    RecordAt* oldest = &records_.directory(record.directory).first_shape;
    while (records_.policy(*oldest).shape != record.shape) oldest = &records_.policy(*oldest).next_shape;
    const RecordAt next_shape = records_.policy(*oldest).next_shape;
    records_.leave(kPeers, *oldest, at);
    if (*oldest == kNoRecord)
      *oldest = next_shape;
    else
      records_.policy(*oldest).next_shape = next_shape;
  }

  void remove_empty_directories(RecordAt directory) {
    while (directory != root_) {
      const DirectoryRecord& record = records_.directory(directory);
      if (record.first_child != kNoRecord || record.first_shape != kNoRecord) return;
      records_.leave(kSiblings, records_.directory(record.parent).first_child, directory);
      slots_.erase(slot_hash(record.hash), SlotKind::kDirectory, directory);
      live_ -= sizeof(DirectoryRecord);
      directory = record.parent;
    }
  }

  // Forgets everything but the policies themselves, and inserts them again in the order of their arrival, from the
  // first byte on. What is written never passes what is read: each directory that is made again had a record
  // before the policy that needs it, or before one that needed it earlier.
  void rebuild() {
    const RecordAt end = records_.end();
    RecordAt at = records_.first();
    slots_.clear();
    records_.forget_all();
    plant_root();
    while (at < end) {
      const RecordAt next = at + static_cast<RecordAt>(size_of(at));
      const PolicyRecord record = records_.policy(at);
      if (record.head.kind == RecordKind::kPolicy) {
        const PathHashes pattern(records_.pattern(at), [](char16_t unit) { return unit; });
        insert(pattern, parts_of(pattern), record.version, record.flags);
      }
      at = next;
    }
  }

  HashSlots slots_;
  PolicyRecords records_;
  RecordAt root_ = kNoRecord;
  size_t capacity_ = 0;  // bytes of records
  size_t live_ = 0;      // bytes of the root, the directories and the policies in force
};

}  // namespace fltlink::detail
