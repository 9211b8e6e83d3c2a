// The records of which a table of policies is made, one behind the other in memory of the caller.
//
// R1  A record never moves but in a rebuild of the whole, so its offset is its name, and records that came later
//     have larger offsets: the offset of a policy is its turn of arrival.
// R2  Rings of records (those of one directory, shape, bucket) are in the order of arrival, since new ones join
//     at the end.
#pragma once

#include <fltlink/policy/hash_slots.hpp>
#include <fltlink/policy/pattern_parts.hpp>
#include <fltlink/policy/protection_flags.hpp>

namespace fltlink::detail {

enum class RecordKind : uint16_t {
  kPolicy,
  kRemovedPolicy,
  kDirectory,  // in use or not
};

struct RecordHead {
  RecordKind kind;
  uint16_t units;  // of the pattern behind a policy
};

// A record's neighbours in a ring. Whoever owns the ring knows its first record.
struct RingLinks {
  RecordAt next;
  RecordAt previous;
};

// A directory that some pattern begins with. The root is the empty beginning, which all patterns have.
struct DirectoryRecord {
  RecordHead head;
  uint32_t hash;  // of the whole beginning; the only name of a directory beside its parent
  RecordAt parent;
  RecordAt first_child;
  RecordAt first_shape;  // of its policies; each shape is there with its oldest policy
  RingLinks siblings;
  ProtectionFlags flags;  // all that the policies in it and below it have, or have had
};

// A policy; its pattern, in upper case, follows.
struct PolicyRecord {
  RecordHead head;
  ProtectionFlags flags;
  uint32_t version;
  PatternShape shape;
  RecordAt directory;  // the last one of the pattern's head
  RingLinks peers;     // the policies of the same directory and shape
  RecordAt
      next_shape;    // the oldest one of the directory's next shape; used in the oldest one of a shape alone
  RingLinks bucket;  // the policies with the same hash of head, core and tail; unused in an exact one
};

[[nodiscard]] constexpr size_t policy_record_size(size_t units) {
  return sizeof(PolicyRecord) + (units * 2 + 3) / 4 * 4;
}

class PolicyRecords {
 public:
  constexpr PolicyRecords() = default;
  // `memory` is aligned to 4 bytes. `first` is the offset of the first record; what lies before it is not ours.
  PolicyRecords(MutableBytes memory, RecordAt first) : memory_(memory), first_(first), end_(first) {}

  [[nodiscard]] size_t room() const { return memory_.size() - end_; }
  [[nodiscard]] RecordAt first() const { return first_; }
  [[nodiscard]] RecordAt end() const { return end_; }

  // REQUIRES: size <= room().
  RecordAt append(size_t size) {
    FLTLINK_ASSERT(size <= room());
    const RecordAt at = end_;
    end_ += static_cast<RecordAt>(size);
    return at;
  }
  void forget_all() { end_ = first_; }

  [[nodiscard]] const PolicyRecord& policy(RecordAt at) const { return *get<PolicyRecord>(at); }
  [[nodiscard]] PolicyRecord& policy(RecordAt at) { return *get<PolicyRecord>(at); }
  [[nodiscard]] const DirectoryRecord& directory(RecordAt at) const { return *get<DirectoryRecord>(at); }
  [[nodiscard]] DirectoryRecord& directory(RecordAt at) { return *get<DirectoryRecord>(at); }

  [[nodiscard]] Text pattern(RecordAt at) const {
    return Text(memory_.data() + at + sizeof(PolicyRecord), policy(at).head.units);
  }
  // REQUIRES: the record has room for it.
  void set_unit(RecordAt at, size_t index, char16_t unit) {
    copy_bytes(memory_.data() + at + sizeof(PolicyRecord) + index * 2, &unit, sizeof unit);
  }

  // A record joins the ring that begins with `first`, or makes one.
  template <typename Record>
  void join(RingLinks Record::*ring, RecordAt& first, RecordAt at) {
    if (first == kNoRecord) first = at;
    const RecordAt last = first == at ? at : links(ring, first).previous;
    links(ring, at) = {first, last};
    links(ring, last).next = at;
    links(ring, first).previous = at;
  }

  template <typename Record>
  void leave(RingLinks Record::*ring, RecordAt& first, RecordAt at) {
    const RingLinks around = links(ring, at);
    links(ring, around.previous).next = around.next;
    links(ring, around.next).previous = around.previous;
    if (first == at) first = around.next == at ? kNoRecord : around.next;
  }

  // The record behind `at` in the ring that begins with `first`; none behind the last.
  template <typename Record>
  [[nodiscard]] RecordAt behind(RingLinks Record::*ring, RecordAt first, RecordAt at) const {
    const RecordAt next = links(ring, at).next;
    return next == first ? kNoRecord : next;
  }

 private:
  template <typename Record>
  [[nodiscard]] Record* get(RecordAt at) const {
    return reinterpret_cast<Record*>(memory_.data() + at);
  }

  template <typename Record>
  [[nodiscard]] RingLinks& links(RingLinks Record::*ring, RecordAt at) const {
    return get<Record>(at)->*ring;
  }

  MutableBytes memory_;
  RecordAt first_ = 0;
  RecordAt end_ = 0;
};

}  // namespace fltlink::detail
