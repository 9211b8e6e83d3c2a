// MessageQueue: the reference. Everything happens under one lock, in the plainest way; the tests compare
// MessageRing with it. `Lock` has lock() and unlock(): std::mutex in a program, a spin lock in a driver.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <bit>

#include <fltlink/base/assert.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/base/host.hpp>
#include <fltlink/queue/doorbell.hpp>
#include <fltlink/queue/queue.hpp>
#include <fltlink/queue/record_framing.hpp>

namespace fltlink {

// The interface and its rules are those of BoundedQueue. Invariants, under the lock:
//   1. head <= tail <= head + lane size, in bytes; the records from head to tail follow each other without a
//      hole, and a record whose size is 0 is reserved and not yet committed.
//   2. pending is the number of reserved and committed messages between head and tail: gaps are none.
template <typename Lock>
class MessageQueue {
 public:
  MessageQueue() = default;
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;

  void open(Host& host, MutableBytes memory, const QueueOptions& options);
  EnqueueOutcome reserve(MessageClass message_class, uint32_t size, Reservation& reservation);
  void commit(Reservation& reservation);
  void abandon(Reservation& reservation);
  [[nodiscard]] uint32_t message_size_max(MessageClass message_class) const;
  PeekOutcome try_peek(MessageView& view);
  PeekOutcome peek(MessageView& view, Ticks deadline);
  PeekOutcome try_peek_run(RunView& run, const RunLimits& limits);
  PeekOutcome peek_run(RunView& run, const RunLimits& limits, Ticks deadline);
  void await_complete_run(const RunLimits& limits, Ticks deadline);
  void release() { retire_peeked(&QueueCounters::delivered); }
  void discard() { retire_peeked(&QueueCounters::discarded); }
  void close(CloseMode mode);
  [[nodiscard]] QueueCounters counters(MessageClass message_class) const;

 private:
  struct Lane {
    MutableBytes memory;
    uint32_t messages_max = 0;
    uint64_t head = 0;  // bytes since open(); the place is the remainder by the lane's size
    uint64_t tail = 0;
    QueueCounters counters = {};

    [[nodiscard]] uint8_t* at(uint64_t position) const { return memory.data() + position % memory.size(); }
    // What a run may grow to before producers need it gone.
    [[nodiscard]] RunLimits half() const {
      return {.size_max = static_cast<uint32_t>(memory.size() / 2), .messages_max = (messages_max + 1) / 2};
    }
  };

  class Guard {
   public:
    explicit Guard(Lock& lock) : lock_(lock) { lock_.lock(); }
    ~Guard() { lock_.unlock(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Lock& lock_;
  };

  Lane& lane(MessageClass message_class) { return lanes_[static_cast<size_t>(message_class)]; }
  [[nodiscard]] const Lane& lane(MessageClass message_class) const {
    return lanes_[static_cast<size_t>(message_class)];
  }
  uint8_t* claim(Lane& lane, MessageClass message_class, uint32_t size);
  void settle(Reservation& reservation, uint64_t word);
  static uint8_t* front(Lane& lane);
  static void pop(Lane& lane, uint64_t& fate);
  PeekOutcome look(MessageClass& found, uint8_t*& record);
  static void view_run(const Lane& lane, const RunLimits& limits, RunView& run);
  void retire_peeked(uint64_t QueueCounters::*fate);

  static RecordWord word_at(const uint8_t* record);

  mutable Lock lock_;
  Lane lanes_[FLTLINK_CLASS_COUNT];
  uint8_t close_mode_ = static_cast<uint8_t>(CloseMode::kDrain);  // bits of CloseMode; 0 while open
  RunLimits wanted_;  // what telemetry a consumer that is parked for more wants to be woken for
  // The consumer's own: what the last peek showed.
  Lane* peeked_ = nullptr;
  uint32_t peeked_messages_ = 0;
  Doorbell doorbell_;
};

template <typename Lock>
void MessageQueue<Lock>::open(Host& host, MutableBytes memory, const QueueOptions& options) {
  Guard guard(lock_);
  for (MessageClass message_class : {MessageClass::kTelemetry, MessageClass::kCritical}) {
    const LaneTerms terms = lane_terms(memory, options, message_class);
    lane(message_class) = Lane{terms.memory, terms.messages_max};
  }
  close_mode_ = 0;
  peeked_ = nullptr;
  doorbell_.open(host, options.polls_before_park);
}

template <typename Lock>
EnqueueOutcome MessageQueue<Lock>::reserve(MessageClass message_class, uint32_t size,
                                           Reservation& reservation) {
  Guard guard(lock_);
  Lane& lane = this->lane(message_class);
  if (size > message_size_max(message_class)) {
    ++lane.counters.refused_too_large;
    return EnqueueOutcome::kTooLarge;
  }
  if (close_mode_ != 0) {
    ++lane.counters.refused_closed;
    return EnqueueOutcome::kClosed;
  }
  uint8_t* record = claim(lane, message_class, size);
  if (record == nullptr) {
    ++lane.counters.refused_full;
    return EnqueueOutcome::kFull;
  }
  reservation = {message_class, message_of(record, size)};
  return EnqueueOutcome::kAccepted;
}

// Returns nullptr when the lane is full.
template <typename Lock>
uint8_t* MessageQueue<Lock>::claim(Lane& lane, MessageClass message_class, uint32_t size) {
  const uint64_t lane_size = lane.memory.size();
  const uint64_t needed = uint64_t{granules_for(size)} * kGranuleSize;
  const uint64_t to_end = lane_size - lane.tail % lane_size;
  const uint64_t gap = to_end < needed ? to_end : 0;
  if (lane.counters.pending == lane.messages_max) return nullptr;
  if (lane.tail - lane.head + gap + needed > lane_size) return nullptr;
  if (gap != 0) write_word(lane.at(lane.tail), gap_word(message_class, static_cast<uint32_t>(gap)));
  uint8_t* record = lane.at(lane.tail + gap);
  write_word(record, 0);
  lane.tail += gap + needed;
  ++lane.counters.accepted;
  ++lane.counters.pending;
  return record;
}

template <typename Lock>
void MessageQueue<Lock>::commit(Reservation& reservation) {
  const auto size = static_cast<uint32_t>(reservation.message.size());
  settle(reservation, message_word(reservation.message_class, size));
}

template <typename Lock>
void MessageQueue<Lock>::abandon(Reservation& reservation) {
  const auto size = static_cast<uint32_t>(reservation.message.size());
  settle(reservation, abandoned_word(reservation.message_class, size));
}

template <typename Lock>
void MessageQueue<Lock>::settle(Reservation& reservation, uint64_t word) {
  FLTLINK_ASSERT(reservation.message.data() != nullptr);
  bool is_enough = false;
  {
    Guard guard(lock_);
    write_word(record_of(reservation), word);
    const Lane& lane = this->lane(reservation.message_class);
    is_enough = reservation.message_class == MessageClass::kCritical ||
                lane.counters.pending >= wanted_.messages_max || lane.tail - lane.head >= wanted_.size_max;
  }
  reservation = {};
  if (is_enough || doorbell_.sleep() != Doorbell::Sleep::kForMore) doorbell_.ring();
}

template <typename Lock>
uint32_t MessageQueue<Lock>::message_size_max(MessageClass message_class) const {
  return message_size_max_for(static_cast<uint32_t>(lane(message_class).memory.size() / kGranuleSize));
}

template <typename Lock>
RecordWord MessageQueue<Lock>::word_at(const uint8_t* record) {
  uint64_t word = 0;
  copy_bytes(&word, record, sizeof word);
  return std::bit_cast<RecordWord>(word);
}

// The first committed message, or nullptr. Steps over gaps and abandoned reservations.
template <typename Lock>
uint8_t* MessageQueue<Lock>::front(Lane& lane) {
  while (lane.head != lane.tail) {
    uint8_t* record = lane.at(lane.head);
    const RecordWord word = word_at(record);
    if (word.size == 0) return nullptr;
    if (is_gap(word))
      lane.head += word.size;
    else if (is_abandoned(word))
      pop(lane, lane.counters.abandoned);
    else
      return record;
  }
  return nullptr;
}

template <typename Lock>
void MessageQueue<Lock>::pop(Lane& lane, uint64_t& fate) {
  lane.head += uint64_t{granules_of(word_at(lane.at(lane.head)))} * kGranuleSize;
  --lane.counters.pending;
  ++fate;
}

// Under the lock.
template <typename Lock>
PeekOutcome MessageQueue<Lock>::look(MessageClass& found, uint8_t*& record) {
  peeked_ = nullptr;
  const bool discarding = close_mode_ == static_cast<uint8_t>(CloseMode::kDiscard);
  bool drained = true;
  for (MessageClass message_class : {MessageClass::kCritical, MessageClass::kTelemetry}) {
    Lane& lane = this->lane(message_class);
    record = front(lane);
    for (; record != nullptr && discarding; record = front(lane)) pop(lane, lane.counters.discarded);
    if (record != nullptr) {
      peeked_ = &lane;
      found = message_class;
      return PeekOutcome::kMessage;
    }
    drained = drained && lane.counters.pending == 0;
  }
  return close_mode_ != 0 && drained ? PeekOutcome::kClosed : PeekOutcome::kEmpty;
}

template <typename Lock>
PeekOutcome MessageQueue<Lock>::try_peek(MessageView& view) {
  Guard guard(lock_);
  uint8_t* record = nullptr;
  const PeekOutcome outcome = look(view.message_class, record);
  if (outcome != PeekOutcome::kMessage) return outcome;
  view.message = message_of(record, word_at(record).size - FLTLINK_RECORD_HEADER_SIZE);
  peeked_messages_ = 1;
  return outcome;
}

template <typename Lock>
PeekOutcome MessageQueue<Lock>::peek(MessageView& view, Ticks deadline) {
  return doorbell_.wait(deadline, [&] { return try_peek(view); });
}

template <typename Lock>
PeekOutcome MessageQueue<Lock>::try_peek_run(RunView& run, const RunLimits& limits) {
  Guard guard(lock_);
  uint8_t* record = nullptr;
  const PeekOutcome outcome = look(run.message_class, record);
  if (outcome != PeekOutcome::kMessage) return outcome;
  view_run(*peeked_, limits, run);
  peeked_messages_ = run.messages;
  return outcome;
}

template <typename Lock>
PeekOutcome MessageQueue<Lock>::peek_run(RunView& run, const RunLimits& limits, Ticks deadline) {
  return doorbell_.wait(deadline, [&] { return try_peek_run(run, limits); });
}

// The run at the head of the lane. It ends at the tail, at a record that is not yet committed, or where the lane's
// memory does.
template <typename Lock>
void MessageQueue<Lock>::view_run(const Lane& lane, const RunLimits& limits, RunView& run) {
  const uint64_t lane_end = (lane.head / lane.memory.size() + 1) * lane.memory.size();
  run.messages = 0;
  run.complete = false;
  const RunLimits enough = smaller_of(limits, lane.half());
  uint64_t position = lane.head;
  uint32_t abandoned = 0;
  while (position != lane_end) {
    const RecordWord word = position == lane.tail ? RecordWord{} : word_at(lane.at(position));
    if (word.size == 0) {
      // What was given up behind the last message takes room as well.
      run.complete =
          position - lane.head >= enough.size_max || run.messages + abandoned >= enough.messages_max;
      return;
    }
    if (!is_gap(word)) frame_message(lane.at(position), word);
    if (is_abandoned(word)) {
      ++abandoned;
    } else if (!is_gap(word)) {
      const uint64_t size = position - lane.head + align_to_record(word.size);
      if (run.messages > 0 && (size > limits.size_max || run.messages == limits.messages_max)) break;
      run.bytes = Bytes(lane.at(lane.head), static_cast<size_t>(size));
      ++run.messages;
    }
    position += uint64_t{granules_of(word)} * kGranuleSize;
  }
  run.complete = true;
}

template <typename Lock>
void MessageQueue<Lock>::await_complete_run(const RunLimits& limits, Ticks deadline) {
  {
    Guard guard(lock_);
    wanted_ = smaller_of(limits, lane(MessageClass::kTelemetry).half());
  }
  const auto attempt = [&] {
    {
      Guard guard(lock_);
      if (close_mode_ != 0) return PeekOutcome::kClosed;
    }
    RunView run;
    if (try_peek_run(run, limits) != PeekOutcome::kMessage) return PeekOutcome::kEmpty;
    const bool waits = !run.complete && run.message_class == MessageClass::kTelemetry;
    return waits ? PeekOutcome::kEmpty : PeekOutcome::kMessage;
  };
  static_cast<void>(doorbell_.wait(deadline, attempt, Doorbell::Sleep::kForMore));
}

template <typename Lock>
void MessageQueue<Lock>::retire_peeked(uint64_t QueueCounters::*fate) {
  Guard guard(lock_);
  FLTLINK_ASSERT(peeked_ != nullptr);
  Lane& lane = *peeked_;
  peeked_ = nullptr;
  for (uint32_t message = 0; message < peeked_messages_; ++message) {
    front(lane);  // past what lies between the messages
    pop(lane, lane.counters.*fate);
  }
}

template <typename Lock>
void MessageQueue<Lock>::close(CloseMode mode) {
  {
    Guard guard(lock_);
    close_mode_ |= static_cast<uint8_t>(mode);
  }
  doorbell_.ring();
}

template <typename Lock>
QueueCounters MessageQueue<Lock>::counters(MessageClass message_class) const {
  Guard guard(lock_);
  return lane(message_class).counters;
}

}  // namespace fltlink
