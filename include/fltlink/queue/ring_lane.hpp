// RingLane: the lock-free half of MessageRing, one message class. docs/QUEUE.md explains it at length.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <bit>

#include <fltlink/base/atomic.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/base/fetch.hpp>
#include <fltlink/base/inline.hpp>
#include <fltlink/queue/queue.hpp>
#include <fltlink/queue/record_framing.hpp>

namespace fltlink {

// A place in a lane, packed into the one word that producers exchange.
//   bits 0-22   granule: how far from the start of the lane
//   bit 23      closed (the tail only)
//   bits 24-63  message number: how many messages were reserved before this place, modulo 2^40
// Two places on the same granule are the same when no message lies between them, else a whole lane apart.
struct LanePosition {
  static constexpr uint64_t kGranuleMask = (uint64_t{1} << 23) - 1;
  static constexpr uint64_t kClosed = uint64_t{1} << 23;
  static constexpr int kMessageShift = 24;
  static constexpr uint64_t kOneMessage = uint64_t{1} << kMessageShift;
  static constexpr uint64_t kMessageMask = ~uint64_t{0} >> kMessageShift;

  static constexpr uint32_t granule_of(uint64_t word) { return static_cast<uint32_t>(word & kGranuleMask); }
  // Of a closed tail more than any lane has, so that nothing fits behind it.
  static constexpr uint32_t granule_or_closed(uint64_t word) {
    return static_cast<uint32_t>(word & (kClosed | kGranuleMask));
  }
  // How many messages lie between two places. Filling the low bits of the later one keeps those of the earlier one
  // from borrowing.
  static constexpr uint64_t messages_between(uint64_t head, uint64_t tail) {
    return ((tail | kClosed | kGranuleMask) - head) >> kMessageShift;
  }
};
static_assert(kLaneGranulesMax <= LanePosition::kGranuleMask);

// A run, from the front of a lane on.
struct Extent {
  size_t size;         // bytes of the lane
  uint32_t messages;   // among them
  uint32_t abandoned;  // reservations between the messages
};

// Many producers claim, one consumer looks and retires. Invariants:
//   1. Only a producer moves tail_, by one compare-exchange from an open value to the next; only the
//      consumer moves head_. head_ <= tail_ <= head_ + lane length, and no more than messages_max messages
//      lie between them.
//   2. The first word of every granule outside head_..tail_ is 0.
//   3. Inside, the first word of a record is 0 until its producer publishes it, once; then it does not
//      change until the consumer retires the record. Other bytes of a record are the producer's before, the
//      consumer's after.
//   4. head_seen_ is head_ or a former value of it, never goes back, and is never more than a lane behind the tail:
//      a producer that needs a later head moves it there before it moves the tail.
//   5. Once tail_ is closed it never changes.
//   6. Whoever sees a head sees the counters that account for every message before it.
class RingLane {
 public:
  // Alone: no other thread is in any call.
  void open(const LaneTerms& terms, uint64_t messages_start);

  // Producers.
  EnqueueOutcome claim(MessageClass message_class, uint32_t message_size, uint8_t*& record);
  static void publish(uint8_t* record, uint64_t word);
  [[nodiscard]] uint32_t message_size_max() const { return message_size_max_; }

  // The consumer. first() is the first word of the record at the front, or 0 when there is none yet. That may be a gap or
  // an abandoned reservation; step_over() gets behind these and returns what is first then.
  [[nodiscard]] uint64_t first() const { return load_word(front_); }
  uint64_t step_over();
  // The message at the front, whose first word is `word`, or the run that begins with it.
  [[nodiscard]] MessageView view(uint64_t word) const;
  Extent view_run(const RunLimits& limits, RunView& run);
  void deliver() { retire(front_extent(), delivered_); }
  void discard() { retire(front_extent(), discarded_); }
  void deliver(const Extent& run) { retire(run, delivered_); }
  void discard(const Extent& run) { retire(run, discarded_); }
  // Nothing is in the lane and nothing will ever be.
  [[nodiscard]] bool finished() const;

  // Any thread.
  void close();
  [[nodiscard]] QueueCounters counters() const;
  // Whether so many bytes or messages lie between head and tail. Roughly: while both move it may be true too early.
  [[nodiscard]] bool holds(const RunLimits& limits) const;
  // What a run of this lane may grow to before producers need it gone.
  [[nodiscard]] RunLimits half() const {
    return {.size_max = granule_count_ * kGranuleSize / 2, .messages_max = (messages_max_ + 1) / 2};
  }

 private:
  static uint64_t load_word(uint8_t* record);
  static Atomic<uint64_t>& first_word(uint8_t* granule) {
    return *reinterpret_cast<Atomic<uint64_t>*>(granule);
  }
  [[nodiscard]] uint8_t* granule_at(uint32_t granule) const {
    return memory_ + size_t{granule} * kGranuleSize;
  }
  [[nodiscard]] uint32_t surely_free_to(uint64_t head, uint64_t tail) const;
  [[nodiscard]] uint64_t see_head();
  [[nodiscard]] uint32_t room(uint64_t head, uint64_t tail, uint32_t granules) const;
  EnqueueOutcome claim_at(uint64_t tail, MessageClass message_class, uint32_t granules, uint8_t*& record);
  EnqueueOutcome refuse(EnqueueOutcome outcome, Atomic<uint64_t>& counter);
  [[nodiscard]] Extent front_extent() const;
  void retire(const Extent& extent, Atomic<uint64_t>& fate);

  // Set by open(), then read only.
  uint8_t* memory_ = nullptr;
  uint8_t* end_ = nullptr;
  uint32_t granule_count_ = 0;
  uint32_t messages_max_ = 0;
  uint32_t message_size_max_ = UINT32_MAX;
  uint64_t messages_start_ = 0;

  // Written by producers: the tail for every message, the head that they have seen when it has become too old.
  alignas(64) Atomic<uint64_t> tail_{LanePosition::kClosed};
  Atomic<uint64_t> head_seen_{0};

  // Written by producers, for what is refused.
  alignas(64) Atomic<uint64_t> refused_full_{0};
  Atomic<uint64_t> refused_closed_{0};
  Atomic<uint64_t> refused_too_large_{0};

  // Written by the consumer for every message.
  alignas(64) Atomic<uint64_t> head_{0};
  Atomic<uint64_t> delivered_{0};
  Atomic<uint64_t> discarded_{0};
  Atomic<uint64_t> abandoned_{0};
  uint8_t* front_ = nullptr;  // the granule at head_
};

inline void RingLane::open(const LaneTerms& terms, uint64_t messages_start) {
  memory_ = terms.memory.data();
  end_ = memory_ + terms.memory.size();
  granule_count_ = static_cast<uint32_t>(terms.memory.size() / kGranuleSize);
  messages_max_ = terms.messages_max;
  message_size_max_ = message_size_max_for(granule_count_);
  messages_start_ = messages_start;
  zero_bytes(terms.memory.data(), terms.memory.size());
  front_ = memory_;
  for (Atomic<uint64_t>* position : {&head_, &head_seen_, &tail_})
    position->store(messages_start << LanePosition::kMessageShift, MemoryOrder::kRelaxed);
  for (Atomic<uint64_t>* counter :
       {&delivered_, &discarded_, &abandoned_, &refused_full_, &refused_closed_, &refused_too_large_})
    counter->store(0, MemoryOrder::kRelaxed);
}

FLTLINK_NEVER_INLINE EnqueueOutcome RingLane::refuse(EnqueueOutcome outcome, Atomic<uint64_t>& counter) {
  counter.fetch_add(1, MemoryOrder::kRelaxed);
  return outcome;
}

// Up to which granule the lane is free from `tail` on, as far as `head` tells. 0 where only a closer look can tell an empty
// lane from a full one.
FLTLINK_ALWAYS_INLINE uint32_t RingLane::surely_free_to(uint64_t head, uint64_t tail) const {
  if (LanePosition::messages_between(head, tail) >= messages_max_) return 0;
  const uint32_t from = LanePosition::granule_or_closed(tail);
  const uint32_t to = LanePosition::granule_of(head);
  if (from == to) return 0;
  return from < to ? to : granule_count_;
}

// The head, which head_seen_ is on return, or a later one.
inline uint64_t RingLane::see_head() {
  // SYNC POINT SEEN: pairs with the exchange below in other producers, so that the head is no older than what is replaced.
  uint64_t seen = head_seen_.load(MemoryOrder::kAcquire);
  for (;;) {
    // SYNC POINT ROOM: pairs with the release store in retire(); the exchange hands what that published on to claim().
    const uint64_t head = head_.load(MemoryOrder::kAcquire);
    if (seen == head ||
        head_seen_.compare_exchange_strong(seen, head, MemoryOrder::kRelease, MemoryOrder::kAcquire))
      return head;
  }
}

// The closer look: what a claim of `granules` takes at `tail`. That is more when it leaves the end of the lane out,
// because a record cannot wrap, and 0 when there is no room.
inline uint32_t RingLane::room(uint64_t head, uint64_t tail, uint32_t granules) const {
  const uint64_t pending = LanePosition::messages_between(head, tail);
  if (pending >= messages_max_) return 0;
  const uint32_t from = LanePosition::granule_of(tail);
  const uint32_t to = LanePosition::granule_of(head);
  const bool wrapped = from < to || (from == to && pending != 0);
  if (from + granules <= (wrapped ? to : granule_count_)) return granules;
  return !wrapped && granules <= to ? granule_count_ - from + granules : 0;
}

FLTLINK_ALWAYS_INLINE EnqueueOutcome RingLane::claim(MessageClass message_class, uint32_t message_size,
                                                     uint8_t*& record) {
  if (message_size > message_size_max_) return refuse(EnqueueOutcome::kTooLarge, refused_too_large_);
  const uint32_t granules = granules_for(message_size);
  uint64_t tail = tail_.load(MemoryOrder::kRelaxed);
  for (;;) {
    // SYNC POINT ROOM: pairs with the exchange in see_head(); the granules that were freed are zero, and ours.
    const uint32_t limit = surely_free_to(head_seen_.load(MemoryOrder::kAcquire), tail);
    const uint32_t from = LanePosition::granule_or_closed(tail);
    const uint32_t end = from + granules;
    if (end > limit) return claim_at(tail, message_class, granules, record);
    uint64_t next = tail + LanePosition::kOneMessage + granules;
    if (end == granule_count_) next -= granule_count_;
    // SYNC POINT BOOKS: pairs with the acquire loads in counters().
    if (!tail_.compare_exchange_weak(tail, next, MemoryOrder::kRelease, MemoryOrder::kRelaxed)) continue;
    record = granule_at(from);
    // While this record is written, the lines of the next one can come, which the consumer had last. Only what is
    // surely free: the consumer is not to lose a line that it is reading.
    if (end + granules <= limit) fetch_for_writing(granule_at(end), granules * kGranuleSize);
    return EnqueueOutcome::kAccepted;
  }
}

// The same with the closer look, which is taken where the lane ends, and when the head that was seen has become too old.
FLTLINK_NEVER_INLINE EnqueueOutcome RingLane::claim_at(uint64_t tail, MessageClass message_class,
                                                       uint32_t granules, uint8_t*& record) {
  for (;;) {
    if ((tail & LanePosition::kClosed) != 0) return refuse(EnqueueOutcome::kClosed, refused_closed_);
    const uint32_t taken = room(see_head(), tail, granules);
    if (taken == 0) {
      // Full only if the tail has stood still: an old tail and a new head do not compare.
      const uint64_t tail_now = tail_.load(MemoryOrder::kRelaxed);
      if (tail_now == tail) return refuse(EnqueueOutcome::kFull, refused_full_);
      tail = tail_now;
      continue;
    }
    const uint32_t from = LanePosition::granule_of(tail);
    uint64_t next = tail + LanePosition::kOneMessage + taken;
    if (from + taken >= granule_count_) next -= granule_count_;
    // SYNC POINT BOOKS: pairs with the acquire loads in counters().
    if (!tail_.compare_exchange_weak(tail, next, MemoryOrder::kRelease, MemoryOrder::kRelaxed)) continue;
    const uint32_t gap = taken - granules;
    if (gap != 0) publish(granule_at(from), gap_word(message_class, gap * kGranuleSize));
    record = granule_at(gap != 0 ? 0 : from);
    return EnqueueOutcome::kAccepted;
  }
}

FLTLINK_ALWAYS_INLINE void RingLane::publish(uint8_t* record, uint64_t word) {
  // SYNC POINT RECORD: pairs with the load in load_word(). Sequentially consistent for the doorbell's sake.
  first_word(record).store(word, MemoryOrder::kSeqCst);
}

FLTLINK_ALWAYS_INLINE uint64_t RingLane::load_word(uint8_t* record) {
  // SYNC POINT RECORD: pairs with the store in publish(). Sequentially consistent for the doorbell's sake.
  return first_word(record).load(MemoryOrder::kSeqCst);
}

FLTLINK_NEVER_INLINE uint64_t RingLane::step_over() {
  for (;;) {
    const uint64_t word = first();
    if (!is_skip(word)) return word;
    const uint32_t abandoned = is_gap(std::bit_cast<RecordWord>(word)) ? 0 : 1;
    retire({.size = taken_by(word), .messages = 0, .abandoned = abandoned}, delivered_);
  }
}

FLTLINK_ALWAYS_INLINE MessageView RingLane::view(uint64_t word) const {
  const auto header = std::bit_cast<RecordWord>(word);
  return {header.message_class, message_of(front_, header.size - FLTLINK_RECORD_HEADER_SIZE)};
}

// Of the message at the front alone.
FLTLINK_ALWAYS_INLINE Extent RingLane::front_extent() const {
  return {taken_by(first_word(front_).load(MemoryOrder::kRelaxed)), 1, 0};
}

// Ends at the end of the lane, or at the first word that is 0: at or before the tail (invariant 2).
inline Extent RingLane::view_run(const RunLimits& limits, RunView& run) {
  const RunLimits enough = smaller_of(limits, half());
  Extent shown = {};
  uint32_t abandoned = 0;
  run.messages = 0;
  run.complete = false;
  for (uint8_t* record = front_; record != end_;) {
    const uint64_t word = load_word(record);
    if (word == 0) {
      // What was given up behind the last message takes room as well.
      run.complete = static_cast<size_t>(record - front_) >= enough.size_max ||
                     run.messages + abandoned >= enough.messages_max;
      return shown;
    }
    const auto header = std::bit_cast<RecordWord>(word);
    const size_t taken = taken_by(word);
    if (!is_gap(header)) frame_message(record, header);
    if (is_skip(word)) {
      abandoned += is_gap(header) ? 0 : 1;
    } else {
      const auto offset = static_cast<size_t>(record - front_);
      const size_t size = offset + align_to_record(header.size);
      if (run.messages != 0 && (size > limits.size_max || run.messages == limits.messages_max)) break;
      ++run.messages;
      run.message_class = header.message_class;
      run.bytes = Bytes(front_, size);
      shown = {.size = offset + taken, .messages = run.messages, .abandoned = abandoned};
    }
    record += taken;
  }
  run.complete = true;
  return shown;
}

FLTLINK_ALWAYS_INLINE void RingLane::retire(const Extent& extent, Atomic<uint64_t>& fate) {
  // SYNC POINT BOOKS: before the head, so that nobody sees room for a message whose end is not yet counted.
  fate.store(fate.load(MemoryOrder::kRelaxed) + extent.messages, MemoryOrder::kRelease);
  if (extent.abandoned != 0)
    abandoned_.store(abandoned_.load(MemoryOrder::kRelaxed) + extent.abandoned, MemoryOrder::kRelease);
  // Invariant 2. One store into every line that the consumer has read also makes the lines its own, which
  // hands them back to the producers several times faster than if they had stayed shared
  // (docs/BENCHMARKS.md).
  uint8_t* next = front_;
  size_t left = extent.size;
  for (; left >= 2 * kGranuleSize; left -= 2 * kGranuleSize, next += 2 * kGranuleSize) {
    first_word(next).store(0, MemoryOrder::kRelaxed);
    first_word(next + kGranuleSize).store(0, MemoryOrder::kRelaxed);
  }
  if (left != 0) {
    first_word(next).store(0, MemoryOrder::kRelaxed);
    next += kGranuleSize;
  }
  uint64_t head = head_.load(MemoryOrder::kRelaxed) + extent.size / kGranuleSize +
                  LanePosition::kOneMessage * (extent.messages + extent.abandoned);
  if (next == end_) {
    next = memory_;
    head -= granule_count_;
  }
  front_ = next;
  // SYNC POINT ROOM: pairs with the acquire load in see_head().
  head_.store(head, MemoryOrder::kRelease);
}

inline bool RingLane::finished() const {
  const uint64_t tail = tail_.load(MemoryOrder::kSeqCst);
  return (tail & LanePosition::kClosed) != 0 &&
         LanePosition::messages_between(head_.load(MemoryOrder::kRelaxed), tail) == 0;
}

inline void RingLane::close() {
  // Sequentially consistent for the doorbell's sake.
  tail_.fetch_or(LanePosition::kClosed, MemoryOrder::kSeqCst);
}

inline bool RingLane::holds(const RunLimits& limits) const {
  const uint64_t head = head_.load(MemoryOrder::kRelaxed);
  const uint64_t tail = tail_.load(MemoryOrder::kRelaxed);
  const uint64_t messages = LanePosition::messages_between(head, tail);
  const uint32_t from = LanePosition::granule_of(head);
  const uint32_t to = LanePosition::granule_of(tail);
  const uint32_t granules = from < to || messages == 0 ? to - from : granule_count_ - from + to;
  return messages >= limits.messages_max || uint64_t{granules} * kGranuleSize >= limits.size_max;
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
      ((tail >> LanePosition::kMessageShift) - messages_start_ - retired) & LanePosition::kMessageMask;
  counters.accepted = retired + counters.pending;
  counters.refused_full = refused_full_.load(MemoryOrder::kRelaxed);
  counters.refused_closed = refused_closed_.load(MemoryOrder::kRelaxed);
  counters.refused_too_large = refused_too_large_.load(MemoryOrder::kRelaxed);
  return counters;
}

}  // namespace fltlink
