// What a receive loop has seen, as numbers. At rest (no handler running) these identities hold:
//
//   kReceived    = kFileEvents + kBlockNotices + kQuestions + kMalformed + kUnknownTypes + kNoRoomForVerdict
//                  + kTurnedAway + kExpired
//   kMalformed   = the sum of malformed(reason) over all reasons
//   kRepliesOwed = kReplied + kRepliesLate + kRepliesTooLong + kRepliesDisconnected + kRepliesFailed
//   kRepliesDefaulted = the sum of defaulted(cause) over all causes
//   kTurnedAway  = defaulted(FailCause::kOverload)
//
// and kRepliesDefaulted of the owed replies were the loop's own answer, kFailedOpen of these an allowing one.
#pragma once

#include <cstddef>
#include <cstdint>

#include <fltlink/base/atomic.hpp>
#include <fltlink/codec/errors.hpp>
#include <fltlink/service/fail_policy.hpp>

namespace fltlink {

enum class LoopCounter : size_t {
  kReceived,          // messages that came over the port, each one of a batch too
  kFileEvents,        // given to on_file_event
  kBlockNotices,      // given to on_block
  kQuestions,         // given to on_authorize
  kMalformed,         // refused by the decoder
  kUnknownTypes,      // of a type that is not for a service
  kNoRoomForVerdict,  // questions whose sender could not take a verdict
  kTurnedAway,        // answered at once, because too many waited
  kExpired,           // answered while they waited for a worker

  kRepliesOwed,          // messages whose sender waited for a reply
  kReplied,              // taken by the sender
  kRepliesLate,          // the sender had given up
  kRepliesTooLong,       // refused by the port: longer than the sender's buffer
  kRepliesDisconnected,  // the connection was gone
  kRepliesFailed,        // anything else
  kRepliesDefaulted,     // nobody answered, so the loop did
  kFailedOpen,           // of these, answers that allow
  kUnanswered,           // of these, handlers that returned without an answer
  kSecondReplies,        // refused by the token: already answered
  kTooLateReplies,       // refused by the token: the loop had answered in the handler's place
  kOversizedReplies,     // refused by the token: more than the sender has room for

  kBatches,           // receives that held a batch
  kReceivesAborted,   // cancelled without being asked for
  kReceivesTooSmall,  // the message at the head was larger than the buffer
  kReceivesFailed,    // ended with a code that is in no table
  kBuffersGrown,

  kConnected,
  kConnectsFailed,
  kAuthenticationsFailed,
  kNegotiationsFailed,
  kConnectionsLost,

  kReceivesExhausted,  // times that no receive was left outstanding: senders wait
  kWorkersExhausted,   // times that the last idle worker took a message
  kWaited,             // messages that had to wait for a worker
  kRepliesDueSoon,     // not answered when LoopOptions::warn_percent of the sender's wait was over
  kHandlersLate,       // handlers in whose place the loop answered before they returned
  kSlowHandlers,       // other handlers that took longer than they should (LoopOptions::slow_handler_after)
  kCount
};

// The most that there were at one time.
struct LoopPeaks {
  size_t busy_workers = 0;
  size_t waiting_messages = 0;   // for a worker
  size_t waiting_questions = 0;  // of these, the ones that owed an answer
  size_t held_messages = 0;      // with a worker or waiting: that many receives were not outstanding
};

// Any thread; never blocks.
class LoopCounters {
 public:
  // Relaxed throughout: the numbers guard nothing.
  void add(LoopCounter counter) { values_[static_cast<size_t>(counter)].fetch_add(1, MemoryOrder::kRelaxed); }
  void add_malformed(DecodeError reason) {
    add(LoopCounter::kMalformed);
    malformed_[static_cast<size_t>(reason)].fetch_add(1, MemoryOrder::kRelaxed);
  }

  void add_defaulted(FailCause cause) {
    add(LoopCounter::kRepliesDefaulted);
    defaulted_[static_cast<size_t>(cause)].fetch_add(1, MemoryOrder::kRelaxed);
  }

  [[nodiscard]] uint64_t operator[](LoopCounter counter) const {
    return values_[static_cast<size_t>(counter)].load(MemoryOrder::kRelaxed);
  }
  [[nodiscard]] uint64_t malformed(DecodeError reason) const {
    return malformed_[static_cast<size_t>(reason)].load(MemoryOrder::kRelaxed);
  }
  [[nodiscard]] uint64_t defaulted(FailCause cause) const {
    return defaulted_[static_cast<size_t>(cause)].load(MemoryOrder::kRelaxed);
  }

 private:
  static constexpr size_t kReasons = static_cast<size_t>(DecodeError::kUnknownClass) + 1;

  Atomic<uint64_t> values_[static_cast<size_t>(LoopCounter::kCount)];
  Atomic<uint64_t> malformed_[kReasons];
  Atomic<uint64_t> defaulted_[kFailCauses];
};

}  // namespace fltlink
