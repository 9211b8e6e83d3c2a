// HashSlots: the places of records by hash, in memory of the caller: open addressing with linear probing.
//
// S1  An entry lies at its home, slot hash * count / 2^32, or behind it (the last slot is followed by the first)
//     with no empty slot in between. erase() moves later entries up to keep it so, so that there are no
//     tombstones and a search ends at the first empty slot.
// S2  At most three quarters of the slots are in use, so that there is an empty one near.
// S3  Each slot has four hints, bits that divide the hashes at home there among them. A hint that is clear says
//     that no entry has such a hash. They are so much smaller than the slots that they stay in the
//     cache, and a search for what is not there, as most are, ends with them. erase() leaves them set.
//
// Not synchronised.
#pragma once

#include <fltlink/base/assert.hpp>
#include <fltlink/base/bytes.hpp>

namespace fltlink::detail {

// The offset of a record in its memory, a multiple of 4. 0 is none.
using RecordAt = uint32_t;
inline constexpr RecordAt kNoRecord = 0;

// What a hash was taken of. Entries of two kinds never meet.
enum class SlotKind : uint32_t {
  kPattern = 1,
  kBucket = 2,
  kDirectory = 3,
};

class HashSlots {
  struct Slot {
    uint32_t hash;
    uint32_t tagged;  // record and kind; 0: the slot is empty
  };
  // Two slots and their hints.
  static constexpr size_t kPairSize = 2 * sizeof(Slot) + 1;

 public:
  // The bytes of memory that `entries` need.
  [[nodiscard]] static constexpr size_t memory_for(size_t entries) {
    return (entries + 2) / 3 * 2 * kPairSize;
  }

  constexpr HashSlots() = default;
  // `memory` is aligned to 4 bytes.
  explicit HashSlots(MutableBytes memory)
      : slots_(reinterpret_cast<Slot*>(memory.data())),
        count_(static_cast<uint32_t>(memory.size() / kPairSize * 2)),
        hints_(memory.data() + count_ * sizeof(Slot)) {
    clear();
  }

  [[nodiscard]] bool has_room_for(size_t entries) const { return entries <= count_ / 4 * 3 - used_; }

  void clear() {
    zero_bytes(slots_, count_ / 2 * kPairSize);
    used_ = 0;
  }

  // False when no entry has this hash, and no hint was given for it. REQUIRES: there are slots.
  [[nodiscard]] bool may_have(uint32_t hash) const {
    const uint32_t hint = hint_of(hash);
    return (hints_[hint / 8] >> hint % 8 & 1) != 0;
  }

  // Makes may_have() true of a hash without an entry, until clear().
  void give_hint(uint32_t hash) {
    const uint32_t hint = hint_of(hash);
    hints_[hint / 8] = static_cast<uint8_t>(hints_[hint / 8] | 1u << hint % 8);
  }

  // The first record with this hash and kind that accept(RecordAt) takes. REQUIRES: there are slots.
  template <typename Accept>
  [[nodiscard]] RecordAt find(uint32_t hash, SlotKind kind, Accept&& accept) const {
    if (!may_have(hash)) return kNoRecord;
    for (uint32_t index = home_of(hash); slots_[index].tagged != 0; index = behind(index)) {
      const Slot slot = slots_[index];
      if (slot.hash == hash && kind_of(slot) == kind && accept(record_of(slot))) return record_of(slot);
    }
    return kNoRecord;
  }

  // REQUIRES: has_room_for(1).
  void insert(uint32_t hash, SlotKind kind, RecordAt record) {
    FLTLINK_ASSERT(has_room_for(1));
    uint32_t index = home_of(hash);
    while (slots_[index].tagged != 0) index = behind(index);
    slots_[index] = {hash, tagged(kind, record)};
    give_hint(hash);
    ++used_;
  }

  // REQUIRES: the entry is there.
  void replace(uint32_t hash, SlotKind kind, RecordAt record, RecordAt by) {
    slots_[index_of(hash, tagged(kind, record))].tagged = tagged(kind, by);
  }

  // REQUIRES: the entry is there.
  void erase(uint32_t hash, SlotKind kind, RecordAt record) {
    uint32_t hole = index_of(hash, tagged(kind, record));
    for (uint32_t index = behind(hole); slots_[index].tagged != 0; index = behind(index)) {
      if (distance(home_of(slots_[index].hash), index) < distance(hole, index)) continue;
      slots_[hole] = slots_[index];
      hole = index;
    }
    slots_[hole] = {};
    --used_;
  }

 private:
  [[nodiscard]] static uint32_t tagged(SlotKind kind, RecordAt record) {
    return record | static_cast<uint32_t>(kind);
  }
  [[nodiscard]] static SlotKind kind_of(const Slot& slot) { return static_cast<SlotKind>(slot.tagged & 3); }
  [[nodiscard]] static RecordAt record_of(const Slot& slot) { return slot.tagged & ~uint32_t{3}; }

  [[nodiscard]] uint32_t home_of(uint32_t hash) const {
    return static_cast<uint32_t>(uint64_t{hash} * count_ >> 32);
  }
  [[nodiscard]] uint32_t hint_of(uint32_t hash) const {
    return static_cast<uint32_t>(hash * (uint64_t{count_} * 4) >> 32);
  }
  [[nodiscard]] uint32_t behind(uint32_t index) const { return index + 1 == count_ ? 0 : index + 1; }
  [[nodiscard]] uint32_t distance(uint32_t from, uint32_t to) const {
    return to >= from ? to - from : to + count_ - from;
  }

  [[nodiscard]] uint32_t index_of(uint32_t hash, uint32_t tagged) const {
    uint32_t index = home_of(hash);
    while (slots_[index].tagged != tagged || slots_[index].hash != hash) {
      FLTLINK_ASSERT(slots_[index].tagged != 0);
      index = behind(index);
    }
    return index;
  }

  Slot* slots_ = nullptr;
  uint32_t count_ = 0;  // even
  uint8_t* hints_ = nullptr;
  uint32_t used_ = 0;
};

}  // namespace fltlink::detail
