// The books: what became of every message that the driver produced, of every request that it was sent and of every
// question that it asked. These are the counters themselves, the one set there is; COUNTERS reads them, and so does
// a debugger or a test, through the module's symbol DrmFilterBooks.
//
// A message is produced once for each subscriber that is connected, or once if there is none. A request is received
// once its kind is known. For each class of message, produced = delivered + the sum of dropped + pending; for each
// kind of request, received = accepted + the sum of refused + pending; for questions, asked = allowed + denied +
// the sum of unanswered + pending. All hold in every ConnectionBooks, and so in any sum of them, whenever every
// thread stands in a call of the system, and for anybody at rest:
//   B1  A counter of an identity changes only in a member function below. Each of these keeps the identity and calls nothing.
//   B2  What is pending in a connection's books lies in its ring: a message becomes pending before its commit, so
//       that the worker never ends one that is not; the worker ends it, by deliver() or drop(), when it has taken
//       it out. Nothing else leaves the ring, since the ring is closed to be drained. No call stands between a
//       change of the ring and that of the books either.
//   B3  A request is pending while its client's thread is in MessageNotify under rundown protection.
//       A question is pending while the asking thread holds it too.
//   B4  When a connection has been closed, nobody holds its protection and its worker has ended: nothing is pending
//       and nobody counts. Then its books are moved to `rest`, in one piece.
//   B5  What belongs to no connection is counted in `rest` directly.
// On several processors a reader may come between two additions of another thread: there the identity is claimed
// at rest only, and relaxed accesses do.
//
// Nothing here includes a header of the WDK, so that a test can include it.
#pragma once

#include <array>

#include <fltlink/wire/messages.h>
#include <fltlink/base/atomic.hpp>
#include <fltlink/codec/counters.hpp>
#include <fltlink/queue/message_ring.hpp>

namespace drmfilter {

using fltlink::DropReason;
using fltlink::MessageClass;
using fltlink::MessageCounters;
using fltlink::NoVerdict;
using fltlink::QuestionCounters;
using fltlink::Refusal;
using fltlink::RequestCounters;
using fltlink::RequestKind;

// A type travels in one class: file events are telemetry, block notices critical.
inline constexpr size_t kClassCount = FLTLINK_CLASS_COUNT;

[[nodiscard]] constexpr MessageClass class_of(MESSAGE_TYPE type) {
  return type == MSG_TYPE_BLOCK_NOTIFICATION ? MessageClass::kCritical : MessageClass::kTelemetry;
}

class LiveCount {
 public:
  [[nodiscard]] uint64_t value() const { return value_.load(fltlink::MemoryOrder::kRelaxed); }
  void add(uint64_t more) { value_.fetch_add(more, fltlink::MemoryOrder::kRelaxed); }
  void take(uint64_t less) { value_.fetch_sub(less, fltlink::MemoryOrder::kRelaxed); }
  // Adds one unless that would make more than `most`: exact, whoever counts at once.
  [[nodiscard]] bool add_below(uint64_t most) {
    uint64_t now = value();
    while (now < most) {
      if (value_.compare_exchange_weak(now, now + 1, fltlink::MemoryOrder::kRelaxed,
                                       fltlink::MemoryOrder::kRelaxed))
        return true;
    }
    return false;
  }
  // Alone. What was counted goes to `sum`.
  void move_to(LiveCount& sum) {
    sum.add(value());
    value_.store(0, fltlink::MemoryOrder::kRelaxed);
  }

 private:
  fltlink::Atomic<uint64_t> value_{0};
};

// One class of message. Laid out as FltlinkMessageCounters.
struct LiveMessages {
  LiveCount produced;
  LiveCount delivered;
  LiveCount pending;
  LiveCount paths_cut;
  std::array<LiveCount, fltlink::kDropReasonCount> dropped;  // by DropReason

  // It was produced, and lies in the ring or is about to.
  void accept() {
    produced.add(1);
    pending.add(1);
  }
  // It was produced, and got no further.
  void refuse(DropReason reason) {
    produced.add(1);
    dropped[static_cast<size_t>(reason)].add(1);
  }
  // So many that lay in the ring: a batch is its messages.
  void deliver(uint64_t messages) {
    pending.take(messages);
    delivered.add(messages);
  }
  void drop(DropReason reason, uint64_t messages) {
    pending.take(messages);
    dropped[static_cast<size_t>(reason)].add(messages);
  }
  void move_to(LiveMessages& sum);
  [[nodiscard]] MessageCounters read() const;
  [[nodiscard]] bool balanced() const;
};

// One kind of request. Laid out as FltlinkRequestCounters.
struct LiveRequests {
  LiveCount received;
  LiveCount accepted;
  LiveCount pending;
  std::array<LiveCount, fltlink::kRefusalCount> refused;  // by Refusal

  void begin() {
    received.add(1);
    pending.add(1);
  }
  void accept() {
    pending.take(1);
    accepted.add(1);
  }
  void refuse(Refusal reason) {
    pending.take(1);
    refused[static_cast<size_t>(reason)].add(1);
  }
  void move_to(LiveRequests& sum);
  [[nodiscard]] RequestCounters read() const;
  [[nodiscard]] bool balanced() const;
};

// Laid out as FltlinkQuestionCounters.
struct LiveQuestions {
  LiveCount asked;
  LiveCount allowed;
  LiveCount denied;
  LiveCount pending;
  std::array<LiveCount, fltlink::kNoVerdictCount> unanswered;  // by NoVerdict

  // False, and over, when `most` are pending already.
  [[nodiscard]] bool begin(uint64_t most) {
    asked.add(1);
    if (pending.add_below(most)) return true;
    unanswered[static_cast<size_t>(NoVerdict::kOverloaded)].add(1);
    return false;
  }
  void allow() {
    pending.take(1);
    allowed.add(1);
  }
  void deny() {
    pending.take(1);
    denied.add(1);
  }
  void fail(NoVerdict why) {
    pending.take(1);
    unanswered[static_cast<size_t>(why)].add(1);
  }
  // It came to nothing before it was asked.
  void refuse(NoVerdict why) {
    asked.add(1);
    unanswered[static_cast<size_t>(why)].add(1);
  }
  void move_to(LiveQuestions& sum);
  [[nodiscard]] QuestionCounters read() const;
  [[nodiscard]] bool balanced() const;
};

static_assert(sizeof(LiveMessages) == sizeof(FltlinkMessageCounters));
static_assert(sizeof(LiveRequests) == sizeof(FltlinkRequestCounters));
static_assert(sizeof(LiveQuestions) == sizeof(FltlinkQuestionCounters));

struct ConnectionBooks {
  fltlink::Atomic<uint32_t> connection_id{0};                     // 0: of no connection
  std::array<LiveMessages, kClassCount> messages;                 // by MessageClass
  std::array<LiveRequests, fltlink::kRequestKindCount> requests;  // by RequestKind
  LiveQuestions questions;

  [[nodiscard]] LiveMessages& of(MessageClass message_class) {
    return messages[static_cast<size_t>(message_class)];
  }
  [[nodiscard]] LiveRequests& of(RequestKind kind) { return requests[static_cast<size_t>(kind)]; }
  // What B2 speaks of; null without one. For who looks: nothing is counted from it.
  fltlink::Atomic<const fltlink::MessageRing*> ring{nullptr};

  // Alone (B4).
  void move_to(ConnectionBooks& sum);
  // The identities, and B2.
  [[nodiscard]] bool balanced() const;
  [[nodiscard]] bool ring_agrees() const;
};

struct DriverBooks {
  std::array<ConnectionBooks, FLTLINK_CONNECTIONS_MAX> connections;  // by slot
  ConnectionBooks rest;  // of connections that are gone, and what belongs to none (B4, B5)

  [[nodiscard]] bool balanced() const;
};

inline void LiveMessages::move_to(LiveMessages& sum) {
  produced.move_to(sum.produced);
  delivered.move_to(sum.delivered);
  pending.move_to(sum.pending);
  paths_cut.move_to(sum.paths_cut);
  for (size_t reason = 0; reason < dropped.size(); ++reason) dropped[reason].move_to(sum.dropped[reason]);
}

inline MessageCounters LiveMessages::read() const {
  MessageCounters counters;
  counters.produced = produced.value();
  counters.delivered = delivered.value();
  counters.pending = pending.value();
  counters.paths_cut = paths_cut.value();
  for (size_t reason = 0; reason < dropped.size(); ++reason)
    counters.dropped[reason] = dropped[reason].value();
  return counters;
}

inline void LiveRequests::move_to(LiveRequests& sum) {
  received.move_to(sum.received);
  accepted.move_to(sum.accepted);
  pending.move_to(sum.pending);
  for (size_t reason = 0; reason < refused.size(); ++reason) refused[reason].move_to(sum.refused[reason]);
}

inline RequestCounters LiveRequests::read() const {
  RequestCounters counters;
  counters.received = received.value();
  counters.accepted = accepted.value();
  counters.pending = pending.value();
  for (size_t reason = 0; reason < refused.size(); ++reason)
    counters.refused[reason] = refused[reason].value();
  return counters;
}

inline void LiveQuestions::move_to(LiveQuestions& sum) {
  asked.move_to(sum.asked);
  allowed.move_to(sum.allowed);
  denied.move_to(sum.denied);
  pending.move_to(sum.pending);
  for (size_t why = 0; why < unanswered.size(); ++why) unanswered[why].move_to(sum.unanswered[why]);
}

inline QuestionCounters LiveQuestions::read() const {
  QuestionCounters counters;
  counters.asked = asked.value();
  counters.allowed = allowed.value();
  counters.denied = denied.value();
  counters.pending = pending.value();
  for (size_t why = 0; why < unanswered.size(); ++why) counters.unanswered[why] = unanswered[why].value();
  return counters;
}

inline void ConnectionBooks::move_to(ConnectionBooks& sum) {
  for (const LiveMessages& live : messages) FLTLINK_ASSERT(live.pending.value() == 0);
  for (const LiveRequests& live : requests) FLTLINK_ASSERT(live.pending.value() == 0);
  FLTLINK_ASSERT(questions.pending.value() == 0);
  for (size_t index = 0; index < messages.size(); ++index) messages[index].move_to(sum.messages[index]);
  for (size_t index = 0; index < requests.size(); ++index) requests[index].move_to(sum.requests[index]);
  questions.move_to(sum.questions);
  connection_id.store(0, fltlink::MemoryOrder::kRelaxed);
}

// Plain loops, since a check asks this at every switch point of a test.
inline bool LiveMessages::balanced() const {
  uint64_t ended = delivered.value() + pending.value();
  for (const LiveCount& count : dropped) ended += count.value();
  return produced.value() == ended;
}

inline bool LiveRequests::balanced() const {
  uint64_t ended = accepted.value() + pending.value();
  for (const LiveCount& count : refused) ended += count.value();
  return received.value() == ended;
}

inline bool LiveQuestions::balanced() const {
  uint64_t ended = allowed.value() + denied.value() + pending.value();
  for (const LiveCount& count : unanswered) ended += count.value();
  return asked.value() == ended;
}

inline bool ConnectionBooks::ring_agrees() const {
  const fltlink::MessageRing* const lanes = ring.load(fltlink::MemoryOrder::kAcquire);
  for (const MessageClass message_class : {MessageClass::kTelemetry, MessageClass::kCritical}) {
    const uint64_t pending = messages[static_cast<size_t>(message_class)].pending.value();
    if (pending != (lanes == nullptr ? 0 : lanes->counters(message_class).pending)) return false;
  }
  return true;
}

inline bool ConnectionBooks::balanced() const {
  if (!ring_agrees()) return false;
  for (const LiveMessages& live : messages) {
    if (!live.balanced()) return false;
  }
  for (const LiveRequests& live : requests) {
    if (!live.balanced()) return false;
  }
  return questions.balanced();
}

inline bool DriverBooks::balanced() const {
  for (const ConnectionBooks& books : connections) {
    const bool in_use = books.connection_id.load(fltlink::MemoryOrder::kRelaxed) != 0;
    if (in_use && !books.balanced()) return false;
  }
  return rest.balanced();
}

// Into the driver's log, which is part of a machine's trace, if its level is at least `level`. PASSIVE_LEVEL.
void print_books(const ConnectionBooks& books, uint32_t level);

}  // namespace drmfilter

// Exported, for debuggers: nothing else of the driver is called by this name.
extern "C" [[gnu::visibility("default")]] constinit drmfilter::DriverBooks DrmFilterBooks;
