// MessageRing: the queue that driver and service use. Two lock-free lanes, one per class, and a doorbell.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <fltlink/base/assert.hpp>
#include <fltlink/base/atomic.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/base/host.hpp>
#include <fltlink/queue/doorbell.hpp>
#include <fltlink/queue/queue.hpp>
#include <fltlink/queue/record_framing.hpp>
#include <fltlink/queue/ring_lane.hpp>

namespace fltlink {

// The interface, who may call what, and each outcome are those of the concept BoundedQueue (queue.hpp). A producer neither blocks nor waits for another one:
// it makes one compare-exchange, which fails only when another producer's has succeeded, and one store. The
// consumer waits for a reservation that is still being written, parked, as it waits for an empty queue.
//
// Aligned to 64 bytes: where an allocator promises less, make it a static or a member of one.
class MessageRing {
 public:
  MessageRing() = default;
  MessageRing(const MessageRing&) = delete;
  MessageRing& operator=(const MessageRing&) = delete;

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
  void release() { retire_peeked(&RingLane::deliver); }
  void discard() { retire_peeked(&RingLane::discard); }
  void close(CloseMode mode);
  [[nodiscard]] QueueCounters counters(MessageClass message_class) const;

 private:
  RingLane& lane(MessageClass message_class) { return lanes_[static_cast<size_t>(message_class)]; }
  [[nodiscard]] const RingLane& lane(MessageClass message_class) const {
    return lanes_[static_cast<size_t>(message_class)];
  }
  void settle(Reservation& reservation, uint64_t word);
  [[nodiscard]] bool finished() const;
  PeekOutcome look(MessageClass& found, uint8_t*& record);
  void retire_peeked(void (RingLane::*retire)());

  RingLane lanes_[FLTLINK_CLASS_COUNT];
  Doorbell doorbell_;
  Atomic<uint8_t> close_mode_{0};  // bits of CloseMode; 0 while open
  // The consumer's own: what the last peek showed.
  RingLane* peeked_ = nullptr;
  uint32_t peeked_messages_ = 0;
};

inline void MessageRing::open(Host& host, MutableBytes memory, const QueueOptions& options) {
  for (MessageClass message_class : {MessageClass::kTelemetry, MessageClass::kCritical})
    lane(message_class).open(lane_terms(memory, options, message_class), options.messages_start);
  close_mode_.store(0, MemoryOrder::kRelaxed);
  peeked_ = nullptr;
  doorbell_.open(host, options.polls_before_park);
}

inline EnqueueOutcome MessageRing::reserve(MessageClass message_class, uint32_t size,
                                           Reservation& reservation) {
  uint8_t* record = nullptr;
  const EnqueueOutcome outcome = lane(message_class).claim(message_class, size, record);
  if (outcome == EnqueueOutcome::kAccepted) reservation = {message_class, message_of(record, size)};
  return outcome;
}

inline void MessageRing::commit(Reservation& reservation) {
  const auto size = static_cast<uint32_t>(reservation.message.size());
  settle(reservation, message_word(reservation.message_class, size));
}

inline void MessageRing::abandon(Reservation& reservation) {
  const auto size = static_cast<uint32_t>(reservation.message.size());
  settle(reservation, abandoned_word(reservation.message_class, size));
}

inline void MessageRing::settle(Reservation& reservation, uint64_t word) {
  FLTLINK_ASSERT(reservation.message.data() != nullptr);
  uint8_t* record = record_of(reservation);
  frame_message(record, reservation.message_class, static_cast<uint32_t>(reservation.message.size()));
  RingLane::publish(record, word);
  reservation = {};
  doorbell_.ring();
}

inline uint32_t MessageRing::message_size_max(MessageClass message_class) const {
  return lane(message_class).message_size_max();
}

inline PeekOutcome MessageRing::look(MessageClass& found, uint8_t*& record) {
  peeked_ = nullptr;
  const uint8_t close_mode = close_mode_.load(MemoryOrder::kSeqCst);
  const bool discarding = close_mode == static_cast<uint8_t>(CloseMode::kDiscard);
  for (MessageClass message_class : {MessageClass::kCritical, MessageClass::kTelemetry}) {
    RingLane& lane = this->lane(message_class);
    record = lane.front();
    for (; record != nullptr && discarding; record = lane.front()) lane.discard();
    if (record != nullptr) {
      peeked_ = &lane;
      found = message_class;
      return PeekOutcome::kMessage;
    }
  }
  return close_mode != 0 && finished() ? PeekOutcome::kClosed : PeekOutcome::kEmpty;
}

inline PeekOutcome MessageRing::try_peek(MessageView& view) {
  uint8_t* record = nullptr;
  const PeekOutcome outcome = look(view.message_class, record);
  if (outcome != PeekOutcome::kMessage) return outcome;
  view.message = message_of(record, RingLane::word_of(record).size - FLTLINK_RECORD_HEADER_SIZE);
  peeked_messages_ = 1;
  return outcome;
}

inline PeekOutcome MessageRing::try_peek_run(RunView& run, const RunLimits& limits) {
  uint8_t* record = nullptr;
  const PeekOutcome outcome = look(run.message_class, record);
  if (outcome != PeekOutcome::kMessage) return outcome;
  peeked_->view_run(record, limits, run);
  peeked_messages_ = run.messages;
  return outcome;
}

inline PeekOutcome MessageRing::peek_run(RunView& run, const RunLimits& limits, Ticks deadline) {
  return doorbell_.wait(deadline, [&] { return try_peek_run(run, limits); });
}

inline void MessageRing::await_complete_run(const RunLimits& limits, Ticks deadline) {
  static_cast<void>(doorbell_.wait(deadline, [&] {
    if (close_mode_.load(MemoryOrder::kSeqCst) != 0) return PeekOutcome::kClosed;
    RunView run;
    if (try_peek_run(run, limits) != PeekOutcome::kMessage) return PeekOutcome::kEmpty;
    const bool waits = !run.complete && run.message_class == MessageClass::kTelemetry;
    return waits ? PeekOutcome::kEmpty : PeekOutcome::kMessage;
  }));
}

inline PeekOutcome MessageRing::peek(MessageView& view, Ticks deadline) {
  return doorbell_.wait(deadline, [&] { return try_peek(view); });
}

inline bool MessageRing::finished() const {
  return lane(MessageClass::kCritical).finished() && lane(MessageClass::kTelemetry).finished();
}

inline void MessageRing::retire_peeked(void (RingLane::*retire)()) {
  FLTLINK_ASSERT(peeked_ != nullptr);
  RingLane& lane = *peeked_;
  peeked_ = nullptr;
  for (uint32_t message = 0; message < peeked_messages_; ++message) {
    lane.front();  // past what lies between the messages
    (lane.*retire)();
  }
}

inline void MessageRing::close(CloseMode mode) {
  // First the mode, then the lanes: a consumer that finds the lanes finished knows the mode.
  close_mode_.fetch_or(static_cast<uint8_t>(mode), MemoryOrder::kSeqCst);
  for (RingLane& lane : lanes_) lane.close();
  doorbell_.ring();
}

inline QueueCounters MessageRing::counters(MessageClass message_class) const {
  return lane(message_class).counters();
}

}  // namespace fltlink
