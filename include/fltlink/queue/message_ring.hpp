// MessageRing: the queue that driver and service use. Two lock-free lanes, one per class, and a doorbell.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <fltlink/base/assert.hpp>
#include <fltlink/base/atomic.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/base/host.hpp>
#include <fltlink/base/inline.hpp>
#include <fltlink/queue/doorbell.hpp>
#include <fltlink/queue/queue.hpp>
#include <fltlink/queue/record_framing.hpp>
#include <fltlink/queue/ring_lane.hpp>

namespace fltlink {

// The interface, who may call what, and each outcome are those of the concept BoundedQueue (queue.hpp). A producer neither blocks nor
// waits for another one: it makes one compare-exchange, and a second one when the head that producers know has become too old. One
// that fails does so because another producer's has succeeded, and is tried again. The
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
  void release();
  void discard();
  void close(CloseMode mode);
  [[nodiscard]] QueueCounters counters(MessageClass message_class) const;

 private:
  RingLane& lane(MessageClass message_class) { return lanes_[static_cast<size_t>(message_class)]; }
  [[nodiscard]] const RingLane& lane(MessageClass message_class) const {
    return lanes_[static_cast<size_t>(message_class)];
  }
  void settle(Reservation& reservation, uint64_t word);
  void ring(MessageClass message_class);
  RingLane* look(uint64_t& word, PeekOutcome& outcome);
  PeekOutcome wait(Ticks deadline);
  void discard_all();
  RingLane& take_run();
  [[nodiscard]] bool finished() const;

  RingLane lanes_[FLTLINK_CLASS_COUNT];
  Doorbell doorbell_;
  Atomic<uint8_t> close_mode_{0};  // bits of CloseMode; 0 while open
  // How much telemetry a consumer that is parked for more wants to be woken for: the size and the messages of a run.
  Atomic<uint32_t> wanted_size_{0};
  Atomic<uint32_t> wanted_messages_{0};
  // The consumer's own: the lane of the message that the last peek showed, or of the run, and the run.
  RingLane* peeked_ = nullptr;
  RingLane* peeked_run_ = nullptr;
  Extent run_ = {};
};

inline void MessageRing::open(Host& host, MutableBytes memory, const QueueOptions& options) {
  for (MessageClass message_class : {MessageClass::kTelemetry, MessageClass::kCritical})
    lane(message_class).open(lane_terms(memory, options, message_class), options.messages_start);
  close_mode_.store(0, MemoryOrder::kRelaxed);
  peeked_ = peeked_run_ = nullptr;
  doorbell_.open(host, options.polls_before_park);
}

FLTLINK_ALWAYS_INLINE EnqueueOutcome MessageRing::reserve(MessageClass message_class, uint32_t size,
                                                          Reservation& reservation) {
  uint8_t* record = nullptr;
  const EnqueueOutcome outcome = lane(message_class).claim(message_class, size, record);
  if (outcome == EnqueueOutcome::kAccepted) reservation = {message_class, message_of(record, size)};
  return outcome;
}

FLTLINK_ALWAYS_INLINE void MessageRing::commit(Reservation& reservation) {
  const auto size = static_cast<uint32_t>(reservation.message.size());
  settle(reservation, message_word(reservation.message_class, size));
}

inline void MessageRing::abandon(Reservation& reservation) {
  const auto size = static_cast<uint32_t>(reservation.message.size());
  settle(reservation, abandoned_word(reservation.message_class, size));
}

FLTLINK_ALWAYS_INLINE void MessageRing::settle(Reservation& reservation, uint64_t word) {
  FLTLINK_ASSERT(reservation.message.data() != nullptr);
  RingLane::publish(record_of(reservation), word);
  const MessageClass message_class = reservation.message_class;
  reservation = {};
  if (doorbell_.sleep() != Doorbell::Sleep::kNone) ring(message_class);
}

FLTLINK_NEVER_INLINE void MessageRing::ring(MessageClass message_class) {
  // Whoever makes it enough sees that it is: its own claim lies before its look at the tail.
  if (message_class == MessageClass::kTelemetry && doorbell_.sleep() == Doorbell::Sleep::kForMore) {
    const RunLimits wanted = {.size_max = wanted_size_.load(MemoryOrder::kRelaxed),
                              .messages_max = wanted_messages_.load(MemoryOrder::kRelaxed)};
    if (!lane(message_class).holds(wanted)) return;
  }
  doorbell_.ring();
}

inline uint32_t MessageRing::message_size_max(MessageClass message_class) const {
  return lane(message_class).message_size_max();
}

// The lane of the next message and its first word, or nullptr.
FLTLINK_ALWAYS_INLINE RingLane* MessageRing::look(uint64_t& word, PeekOutcome& outcome) {
  for (;;) {
    const uint8_t close_mode = close_mode_.load(MemoryOrder::kSeqCst);
    if (close_mode == static_cast<uint8_t>(CloseMode::kDiscard)) discard_all();
    RingLane* lane = &this->lane(MessageClass::kCritical);
    word = lane->first();
    if (word == 0) {
      lane = &this->lane(MessageClass::kTelemetry);
      word = lane->first();
    }
    if (word == 0) {
      outcome = close_mode != 0 && finished() ? PeekOutcome::kClosed : PeekOutcome::kEmpty;
      return nullptr;
    }
    outcome = PeekOutcome::kMessage;
    if (!is_skip(word)) return lane;
    lane->step_over();
  }
}

FLTLINK_ALWAYS_INLINE PeekOutcome MessageRing::try_peek(MessageView& view) {
  uint64_t word = 0;
  PeekOutcome outcome;
  peeked_run_ = nullptr;
  peeked_ = look(word, outcome);
  if (peeked_ != nullptr) view = peeked_->view(word);
  return outcome;
}

FLTLINK_ALWAYS_INLINE PeekOutcome MessageRing::peek(MessageView& view, Ticks deadline) {
  PeekOutcome outcome = try_peek(view);
  while (outcome == PeekOutcome::kEmpty) {
    outcome = wait(deadline);
    if (outcome != PeekOutcome::kMessage) break;
    outcome = try_peek(view);  // empty again when a close has discarded the message meanwhile
  }
  return outcome;
}

// Until there is something to peek at. The view stays the caller's, which then need not have it in memory.
FLTLINK_NEVER_INLINE PeekOutcome MessageRing::wait(Ticks deadline) {
  return doorbell_.wait(deadline, [&] {
    uint64_t word = 0;
    PeekOutcome outcome;
    static_cast<void>(look(word, outcome));
    return outcome;
  });
}

inline PeekOutcome MessageRing::try_peek_run(RunView& run, const RunLimits& limits) {
  uint64_t word = 0;
  PeekOutcome outcome;
  peeked_ = nullptr;
  peeked_run_ = look(word, outcome);
  if (peeked_run_ != nullptr) run_ = peeked_run_->view_run(limits, run);
  return outcome;
}

inline PeekOutcome MessageRing::peek_run(RunView& run, const RunLimits& limits, Ticks deadline) {
  return doorbell_.wait(deadline, [&] { return try_peek_run(run, limits); });
}

inline void MessageRing::await_complete_run(const RunLimits& limits, Ticks deadline) {
  const RunLimits wanted = smaller_of(limits, lane(MessageClass::kTelemetry).half());
  wanted_size_.store(wanted.size_max, MemoryOrder::kRelaxed);
  wanted_messages_.store(wanted.messages_max, MemoryOrder::kRelaxed);
  const auto attempt = [&] {
    if (close_mode_.load(MemoryOrder::kSeqCst) != 0) return PeekOutcome::kClosed;
    RunView run;
    if (try_peek_run(run, limits) != PeekOutcome::kMessage) return PeekOutcome::kEmpty;
    const bool waits = !run.complete && run.message_class == MessageClass::kTelemetry;
    return waits ? PeekOutcome::kEmpty : PeekOutcome::kMessage;
  };
  static_cast<void>(doorbell_.wait(deadline, attempt, Doorbell::Sleep::kForMore));
}

FLTLINK_ALWAYS_INLINE void MessageRing::release() {
  if (peeked_ != nullptr) {
    peeked_->deliver();
    peeked_ = nullptr;
  } else {
    take_run().deliver(run_);
  }
}

inline void MessageRing::discard() {
  if (peeked_ != nullptr) {
    peeked_->discard();
    peeked_ = nullptr;
  } else {
    take_run().discard(run_);
  }
}

FLTLINK_NEVER_INLINE RingLane& MessageRing::take_run() {
  FLTLINK_ASSERT(peeked_run_ != nullptr);
  RingLane& lane = *peeked_run_;
  peeked_run_ = nullptr;
  return lane;
}

FLTLINK_NEVER_INLINE void MessageRing::discard_all() {
  for (RingLane& lane : lanes_) {
    while (lane.step_over() != 0) lane.discard();
  }
}

inline bool MessageRing::finished() const {
  return lane(MessageClass::kCritical).finished() && lane(MessageClass::kTelemetry).finished();
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
