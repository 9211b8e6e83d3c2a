// RingLane: the lock-free half of MessageRing, one message class. docs/QUEUE.md explains it at length.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <bit>

#include <fltlink/base/assert.hpp>
#include <fltlink/base/atomic.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/queue/queue.hpp>
#include <fltlink/queue/record_framing.hpp>

namespace fltlink {

// A place in a lane, packed into the one word that producers exchange.
//   bits 0-22   granule: runs over twice the lane's length, so that a distance of up to that is unambiguous
//   bits 23-62  message number: how many messages were reserved before this place, modulo 2^40
//   bit 63      closed (the tail only)
struct LanePosition {
  static constexpr int kGranuleBits = 23;
  static constexpr int kMessageBits = 40;
  static constexpr uint64_t kMessageMask = (uint64_t{1} << kMessageBits) - 1;
  static constexpr uint64_t kClosed = uint64_t{1} << 63;

  uint32_t granule;
  uint64_t messages;

  static constexpr LanePosition unpack(uint64_t word) {
    return {static_cast<uint32_t>(word & ((1u << kGranuleBits) - 1)), word >> kGranuleBits & kMessageMask};
  }
  [[nodiscard]] constexpr uint64_t pack() const {
    return (messages & kMessageMask) << kGranuleBits | granule;
  }
};
static_assert(uint64_t{2} * kLaneGranulesMax <= uint64_t{1} << LanePosition::kGranuleBits);

// Many producers claim, one consumer looks and retires. Invariants:
//   1. Only a producer moves tail_, by one compare-exchange from an open value to the next; only the
//      consumer moves head_. head_ <= tail_ <= head_ + lane length, and no more than messages_max messages
//      lie between them.
//   2. The first word of every granule outside head_..tail_ is 0.
//   3. Inside, the first word of a record is 0 until its producer publishes it, once; then it does not
//      change until the consumer retires the record. Other bytes of a record are the producer's before, the
//      consumer's after.
//   4. head_seen_ <= head_, at most an eighth of the lane behind, and never goes back.
//   5. Once tail_ is closed it never changes.
//   6. Whoever sees a head sees the counters that account for every message before it.
class RingLane {
 public:
  // Alone: no other thread is in any call.
  void open(const LaneTerms& terms, uint64_t messages_start);

  // Producers.
  EnqueueOutcome claim(MessageClass message_class, uint32_t message_size, uint8_t*& record);
  static void publish(uint8_t* record, uint64_t word);
  [[nodiscard]] uint32_t message_size_max() const { return message_size_max_for(granule_count_); }

  // The consumer. front() returns the first published message or nullptr, and steps over gaps and abandoned
  // reservations; deliver() and discard() retire the message that front() returned.
  uint8_t* front();
  void deliver() { retire(delivered_); }
  void discard() { retire(discarded_); }
  // The run that begins with `first`, which front() returned, but for its class.
  void view_run(uint8_t* first, const RunLimits& limits, RunView& run) const;
  // Nothing is in the lane and nothing will ever be.
  [[nodiscard]] bool finished() const;

  // Any thread.
  void close();
  [[nodiscard]] QueueCounters counters() const;

  static RecordWord word_of(uint8_t* record);

 private:
  static Atomic<uint64_t>& first_word(uint8_t* granule) {
    return *reinterpret_cast<Atomic<uint64_t>*>(granule);
  }
  [[nodiscard]] uint8_t* granule_at(uint32_t granule) const {
    const uint32_t index = granule < granule_count_ ? granule : granule - granule_count_;
    return memory_ + size_t{index} * kGranuleSize;
  }
  [[nodiscard]] uint32_t advanced(uint32_t granule, uint32_t by) const {
    const uint32_t sum = granule + by;
    return sum < 2 * granule_count_ ? sum : sum - 2 * granule_count_;
  }
  [[nodiscard]] uint32_t gap_before(LanePosition tail, uint32_t granules) const;
  [[nodiscard]] bool has_room(LanePosition tail, uint64_t head_word, uint32_t granules) const;
  void retire(Atomic<uint64_t>& fate);
  void advance(uint32_t granules, uint32_t messages);

  // Set by open(), then read only.
  uint8_t* memory_ = nullptr;
  uint32_t granule_count_ = 0;
  uint32_t messages_max_ = 0;
  uint64_t messages_start_ = 0;

  // Written by producers for every message.
  alignas(64) Atomic<uint64_t> tail_{LanePosition::kClosed};

  // Read by producers for every message, written by the consumer now and then: the line stays shared.
  alignas(64) Atomic<uint64_t> head_seen_{0};

  // Written by producers, for what is refused.
  alignas(64) Atomic<uint64_t> refused_full_{0};
  Atomic<uint64_t> refused_closed_{0};
  Atomic<uint64_t> refused_too_large_{0};

  // Written by the consumer for every message.
  alignas(64) Atomic<uint64_t> head_{0};
  Atomic<uint64_t> delivered_{0};
  Atomic<uint64_t> discarded_{0};
  Atomic<uint64_t> abandoned_{0};
  LanePosition front_ = {0, 0};  // head_, unpacked
  LanePosition seen_ = {0, 0};   // head_seen_, unpacked
};

inline void RingLane::open(const LaneTerms& terms, uint64_t messages_start) {
  memory_ = terms.memory.data();
  granule_count_ = static_cast<uint32_t>(terms.memory.size() / kGranuleSize);
  messages_max_ = terms.messages_max;
  messages_start_ = messages_start;
  zero_bytes(terms.memory.data(), terms.memory.size());
  front_ = seen_ = {0, messages_start & LanePosition::kMessageMask};
  head_.store(front_.pack(), MemoryOrder::kRelaxed);
  head_seen_.store(front_.pack(), MemoryOrder::kRelaxed);
  tail_.store(front_.pack(), MemoryOrder::kRelaxed);
  for (Atomic<uint64_t>* counter :
       {&delivered_, &discarded_, &abandoned_, &refused_full_, &refused_closed_, &refused_too_large_})
    counter->store(0, MemoryOrder::kRelaxed);
}

// How many granules at the end of the lane a record of `granules` has to leave out, because it cannot wrap.
inline uint32_t RingLane::gap_before(LanePosition tail, uint32_t granules) const {
  const uint32_t index = tail.granule < granule_count_ ? tail.granule : tail.granule - granule_count_;
  const uint32_t to_end = granule_count_ - index;
  return to_end < granules ? to_end : 0;
}

inline bool RingLane::has_room(LanePosition tail, uint64_t head_word, uint32_t granules) const {
  const LanePosition head = LanePosition::unpack(head_word);
  const uint32_t used = tail.granule >= head.granule ? tail.granule - head.granule
                                                     : tail.granule + 2 * granule_count_ - head.granule;
  const uint64_t pending = (tail.messages - head.messages) & LanePosition::kMessageMask;
  return pending < messages_max_ && used + granules <= granule_count_;
}

inline EnqueueOutcome RingLane::claim(MessageClass message_class, uint32_t message_size, uint8_t*& record) {
  if (message_size > message_size_max()) {
    refused_too_large_.fetch_add(1, MemoryOrder::kRelaxed);
    return EnqueueOutcome::kTooLarge;
  }
  const uint32_t granules = granules_for(message_size);
  uint64_t tail_word = tail_.load(MemoryOrder::kRelaxed);
  for (;;) {
    if ((tail_word & LanePosition::kClosed) != 0) {
      refused_closed_.fetch_add(1, MemoryOrder::kRelaxed);
      return EnqueueOutcome::kClosed;
    }
    const LanePosition tail = LanePosition::unpack(tail_word);
    const uint32_t gap = gap_before(tail, granules);
    // SYNC POINT ROOM: pairs with the release stores in advance(); the granules that it freed are zero, and
    // ours.
    if (!has_room(tail, head_seen_.load(MemoryOrder::kAcquire), gap + granules) &&
        !has_room(tail, head_.load(MemoryOrder::kAcquire), gap + granules)) {
      // Full only if the tail has stood still: an old tail and a new head do not compare.
      const uint64_t tail_now = tail_.load(MemoryOrder::kRelaxed);
      if (tail_now == tail_word) {
        refused_full_.fetch_add(1, MemoryOrder::kRelaxed);
        return EnqueueOutcome::kFull;
      }
      tail_word = tail_now;
      continue;
    }
    const LanePosition next = {advanced(tail.granule, gap + granules), tail.messages + 1};
    // SYNC POINT BOOKS: pairs with the acquire loads in counters().
    if (tail_.compare_exchange_weak(tail_word, next.pack(), MemoryOrder::kRelease, MemoryOrder::kRelaxed)) {
      if (gap != 0) publish(granule_at(tail.granule), gap_word(message_class, gap * kGranuleSize));
      record = granule_at(advanced(tail.granule, gap));
      return EnqueueOutcome::kAccepted;
    }
  }
}

inline void RingLane::publish(uint8_t* record, uint64_t word) {
  // SYNC POINT RECORD: pairs with the load in word_of(). Sequentially consistent for the doorbell's sake.
  first_word(record).store(word, MemoryOrder::kSeqCst);
}

inline RecordWord RingLane::word_of(uint8_t* record) {
  // SYNC POINT RECORD: pairs with the store in publish(). Sequentially consistent for the doorbell's sake.
  return std::bit_cast<RecordWord>(first_word(record).load(MemoryOrder::kSeqCst));
}

inline uint8_t* RingLane::front() {
  for (;;) {
    uint8_t* record = granule_at(front_.granule);
    const RecordWord word = word_of(record);
    if (word.size == 0) return nullptr;
    if (is_gap(word))
      advance(granules_of(word), 0);
    else if (is_abandoned(word))
      retire(abandoned_);
    else
      return record;
  }
}

// Ends at the end of the lane, or at the first word that is 0: at or before the tail (invariant 2).
inline void RingLane::view_run(uint8_t* first, const RunLimits& limits, RunView& run) const {
  const uint8_t* const lane_end = memory_ + size_t{granule_count_} * kGranuleSize;
  run.messages = 0;
  run.complete = false;
  for (uint8_t* record = first; record != lane_end;) {
    const RecordWord word = word_of(record);
    if (word.size == 0) return;
    if ((word.flags & FLTLINK_RECORD_SKIP) == 0) {
      const size_t size = static_cast<size_t>(record - first) + align_to_record(word.size);
      if (run.messages != 0 && (size > limits.size_max || run.messages == limits.messages_max)) break;
      run.bytes = Bytes(first, size);
      ++run.messages;
    }
    record += size_t{granules_of(word)} * kGranuleSize;
  }
  run.complete = true;
}

inline void RingLane::retire(Atomic<uint64_t>& fate) {
  // SYNC POINT BOOKS: before the head, so that nobody sees room for a message whose end is not yet counted.
  fate.store(fate.load(MemoryOrder::kRelaxed) + 1, MemoryOrder::kRelease);
  advance(granules_of(word_of(granule_at(front_.granule))), 1);
}

inline void RingLane::advance(uint32_t granules, uint32_t messages) {
  // Invariant 2. One store into every line that the consumer has read also makes the lines its own, which
  // hands them back to the producers several times faster than if they had stayed shared
  // (docs/BENCHMARKS.md).
  uint8_t* freed = granule_at(front_.granule);
  for (uint32_t i = 0; i < granules; ++i)
    first_word(freed + size_t{i} * kGranuleSize).store(0, MemoryOrder::kRelaxed);
  front_ = {advanced(front_.granule, granules), (front_.messages + messages) & LanePosition::kMessageMask};
  // SYNC POINT ROOM: pairs with the acquire loads in claim().
  head_.store(front_.pack(), MemoryOrder::kRelease);

  const uint32_t unseen_granules = front_.granule >= seen_.granule
                                       ? front_.granule - seen_.granule
                                       : front_.granule + 2 * granule_count_ - seen_.granule;
  const uint64_t unseen_messages = (front_.messages - seen_.messages) & LanePosition::kMessageMask;
  if (unseen_granules >= granule_count_ / 8 || unseen_messages >= messages_max_ / 8) {
    seen_ = front_;
    head_seen_.store(seen_.pack(), MemoryOrder::kRelease);
  }
}

inline bool RingLane::finished() const {
  const uint64_t tail = tail_.load(MemoryOrder::kSeqCst);
  return (tail & LanePosition::kClosed) != 0 && LanePosition::unpack(tail).messages == front_.messages;
}

inline void RingLane::close() {
  // Sequentially consistent for the doorbell's sake.
  tail_.fetch_or(LanePosition::kClosed, MemoryOrder::kSeqCst);
}

inline QueueCounters RingLane::counters() const {
  QueueCounters counters = {};
  uint64_t tail = tail_.load(MemoryOrder::kAcquire);
  for (;;) {
    // SYNC POINT BOOKS: pairs with claim() and, through it and SYNC POINT ROOM, with retire(). With the tail
    // unchanged around them, the counters are not older than the room that the tail has used, so pending is
    // within the bound.
    counters.delivered = delivered_.load(MemoryOrder::kAcquire);
    counters.discarded = discarded_.load(MemoryOrder::kAcquire);
    counters.abandoned = abandoned_.load(MemoryOrder::kAcquire);
    const uint64_t tail_now = tail_.load(MemoryOrder::kAcquire);
    if (tail_now == tail) break;
    tail = tail_now;
  }
  const uint64_t retired = counters.delivered + counters.discarded + counters.abandoned;
  counters.pending =
      (LanePosition::unpack(tail).messages - messages_start_ - retired) & LanePosition::kMessageMask;
  counters.accepted = retired + counters.pending;
  counters.refused_full = refused_full_.load(MemoryOrder::kRelaxed);
  counters.refused_closed = refused_closed_.load(MemoryOrder::kRelaxed);
  counters.refused_too_large = refused_too_large_.load(MemoryOrder::kRelaxed);
  return counters;
}

}  // namespace fltlink
