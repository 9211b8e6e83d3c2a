// What MessageQueue and MessageRing have in common: the terms, the interface, and the verbs built on it.
//
// A queue carries messages of two classes from many producers to one consumer. Each class has a lane of its
// own, with its own part of the caller's memory and its own bound: telemetry cannot take what is kept for
// critical messages, and a telemetry message that the consumer cannot digest does not stand in the way
// of a critical one. The consumer sees critical messages first. Within a class, messages come out in the
// order in which their space was reserved, so one producer's messages of one class never overtake each other.
//
// The bound is exact, whatever the number of producers: a lane never holds more than its count of messages,
// reserved ones included, nor more bytes than its part of the memory. It also never refuses earlier than
// that. Bytes are counted in granules of 64: a record takes its header, its message and the rest of the last
// granule, and a record that does not fit between the tail and the end of the lane takes that remainder too.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <concepts>

#include <fltlink/wire/record.h>
#include <fltlink/base/assert.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/base/host.hpp>
#include <fltlink/queue/outcome.hpp>

namespace fltlink {

enum class MessageClass : uint8_t {
  kTelemetry = FLTLINK_CLASS_TELEMETRY,
  kCritical = FLTLINK_CLASS_CRITICAL,
};

struct QueueOptions {
  // The bound of the whole queue, and the part of it that is kept for critical messages. Telemetry is bounded
  // by the difference. Both classes get at least one.
  uint32_t messages_max = FLTLINK_QUEUE_MESSAGES_DEFAULT;
  uint32_t critical_messages = FLTLINK_QUEUE_MESSAGES_DEFAULT / 4;

  // How many bytes of the memory are the critical lane; telemetry has the rest. A multiple of 64.
  uint32_t critical_size = FLTLINK_QUEUE_SIZE_DEFAULT / 4;

  // How often a waiting consumer looks again, 64 pauses apart, before it parks. Looking at every pause slows the producers
  // down, and looking for longer than a wake takes keeps a producer from running that has no processor of its own. On
  // processors whose pause takes 40 ns the four take about as long as a wake. 0 parks at once.
  uint32_t polls_before_park = 4;

  // The number of the first message. A test puts it just below a wrap of the counters.
  uint64_t messages_start = 0;
};

// One class since open(). At every moment accepted = delivered + discarded + abandoned + pending.
struct QueueCounters {
  uint64_t accepted;   // reservations granted
  uint64_t delivered;  // released by the consumer
  uint64_t discarded;  // given up by the consumer, or pending when the queue was closed with kDiscard
  uint64_t abandoned;  // given up by their producer
  uint64_t pending;    // in the queue now, reserved ones included; never above the bound
  uint64_t refused_full;
  uint64_t refused_closed;
  uint64_t refused_too_large;
};

// Space for one message. Write `message`, then commit or abandon the reservation, once; the queue clears it.
struct Reservation {
  MessageClass message_class = MessageClass::kTelemetry;
  MutableBytes message;  // starts on a multiple of 16 bytes
};

// A message where it lies in the queue. Valid until the consumer's next call.
struct MessageView {
  MessageClass message_class = MessageClass::kTelemetry;
  Bytes message;
};

// How much a run may hold. Its first message is in it whatever its size.
struct RunLimits {
  uint32_t size_max = UINT32_MAX;  // bytes
  uint32_t messages_max = UINT32_MAX;
};

constexpr RunLimits smaller_of(const RunLimits& a, const RunLimits& b) {
  return {.size_max = a.size_max < b.size_max ? a.size_max : b.size_max,
          .messages_max = a.messages_max < b.messages_max ? a.messages_max : b.messages_max};
}

// Messages of one class that lie behind each other, as they lie: a run of records (wire/record.h), from the header of
// the first message to the end of the last one and its padding. SKIP records may lie in between. Valid until the
// consumer's next call.
struct RunView {
  MessageClass message_class = MessageClass::kTelemetry;
  Bytes bytes;
  uint32_t messages = 0;
  // Whoever waits for more to join waits for nothing: it is as large as the limits allow, the memory of its class ends
  // behind it, or it takes half of what its class has of messages or of bytes, so that producers need it gone.
  bool complete = false;
};

// Producers may be any number of threads at any IRQL up to DISPATCH_LEVEL; the consumer is one thread at a
// time.
template <typename Q>
concept BoundedQueue = requires(Q queue, const Q& constant, Host& host, MutableBytes memory,
                                const QueueOptions& options, MessageClass message_class, uint32_t size,
                                Reservation& reservation, MessageView& view, RunView& run,
                                const RunLimits& limits, Ticks deadline, CloseMode mode) {
  // Starts an empty queue in `memory`, which stays the caller's and must outlive the queue's use. Alone: no
  // other thread may be in any call. A closed queue may be opened again.
  { queue.open(host, memory, options) } -> std::same_as<void>;

  // Any producer. Never blocks, except that MessageQueue takes its lock.
  { queue.reserve(message_class, size, reservation) } -> std::same_as<EnqueueOutcome>;
  { queue.commit(reservation) } -> std::same_as<void>;
  { queue.abandon(reservation) } -> std::same_as<void>;
  // The largest message that can ever be reserved, in bytes. Any thread.
  { constant.message_size_max(message_class) } -> std::same_as<uint32_t>;

  // The consumer. What was peeked at, a message or a run, stays in the queue until release() (it was delivered) or
  // discard() (it could not be); both speak of all that the last peek returned.
  { queue.try_peek(view) } -> std::same_as<PeekOutcome>;
  { queue.peek(view, deadline) } -> std::same_as<PeekOutcome>;  // blocks up to the point `deadline`
  { queue.try_peek_run(run, limits) } -> std::same_as<PeekOutcome>;
  { queue.peek_run(run, limits, deadline) } -> std::same_as<PeekOutcome>;  // blocks as peek() does
  // For a consumer to which try_peek_run() has shown a run. Blocks up to the point `deadline`, and no longer than until
  // try_peek_run() shows one that is complete or critical, or the queue is closed. Producers that add to the run do not
  // wake it for less. It peeks: what was shown before is valid no more.
  { queue.await_complete_run(limits, deadline) } -> std::same_as<void>;
  { queue.release() } -> std::same_as<void>;
  { queue.discard() } -> std::same_as<void>;

  // Any thread, any number of times. From its return on nothing is accepted; what was reserved before may
  // still be committed. Wakes the consumer.
  { queue.close(mode) } -> std::same_as<void>;

  // Any thread.
  { constant.counters(message_class) } -> std::same_as<QueueCounters>;
};

// Adds a copy of `message`.
template <BoundedQueue Q>
EnqueueOutcome push(Q& queue, MessageClass message_class, Bytes message) {
  FLTLINK_ASSERT(message.size() <= UINT32_MAX);
  Reservation reservation;
  const EnqueueOutcome outcome =
      queue.reserve(message_class, static_cast<uint32_t>(message.size()), reservation);
  if (outcome == EnqueueOutcome::kAccepted) {
    copy_bytes(reservation.message.data(), message.data(), message.size());
    queue.commit(reservation);
  }
  return outcome;
}

// Moves the next message into `buffer` and lets `view` point at it there. A message that does not fit stays
// the next of its class; `view` then shows it where it lies, and discard() is the way past it.
template <BoundedQueue Q>
TakeOutcome try_take(Q& queue, MutableBytes buffer, MessageView& view) {
  switch (queue.try_peek(view)) {
    case PeekOutcome::kEmpty:
      return TakeOutcome::kEmpty;
    case PeekOutcome::kClosed:
      return TakeOutcome::kClosed;
    case PeekOutcome::kMessage:
      break;
  }
  if (view.message.size() > buffer.size()) return TakeOutcome::kBufferTooSmall;
  const MutableBytes copy = buffer.first(view.message.size());
  copy_bytes(copy.data(), view.message.data(), copy.size());
  view.message = copy;
  queue.release();
  return TakeOutcome::kTaken;
}

}  // namespace fltlink
