// What a receive loop has seen, as numbers. At rest (no handler running) these identities hold:
//
//   kReceived   = kFileEvents + kBlockNotices + kMalformed + kUnknownTypes
//   kMalformed  = the sum of malformed(reason) over all reasons
//   kRepliesOwed = kReplied + kRepliesLate + kRepliesTooLong + kRepliesDisconnected + kRepliesFailed
//
// and kRepliesDefaulted of the owed replies were the loop's own answer.
#pragma once

#include <cstddef>
#include <cstdint>

#include <fltlink/base/atomic.hpp>
#include <fltlink/codec/errors.hpp>

namespace fltlink {

enum class LoopCounter : size_t {
  kReceived,      // messages that came over the port
  kFileEvents,    // given to on_file_event
  kBlockNotices,  // given to on_block
  kMalformed,     // refused by the decoder
  kUnknownTypes,  // of a type that is not for a service

  kRepliesOwed,          // messages whose sender waited for a reply
  kReplied,              // taken by the sender
  kRepliesLate,          // the sender had given up
  kRepliesTooLong,       // refused by the port: longer than the sender's buffer
  kRepliesDisconnected,  // the connection was gone
  kRepliesFailed,        // anything else
  kRepliesDefaulted,     // nobody answered, so the loop did
  kSecondReplies,        // refused by the token: already answered
  kOversizedReplies,     // refused by the token: more than the sender has room for

  kReceivesAborted,   // cancelled without being asked for
  kReceivesTooSmall,  // the message at the head was larger than the buffer
  kReceivesFailed,    // ended with a code that is in no table
  kBuffersGrown,

  kConnected,
  kConnectsFailed,
  kNegotiationsFailed,
  kConnectionsLost,

  kReceivesExhausted,  // times that no receive was left outstanding: senders wait
  kWorkersExhausted,   // times that the last idle worker took a message
  kSlowHandlers,       // handlers that took longer than LoopOptions::slow_handler_after
  kCount
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

  [[nodiscard]] uint64_t operator[](LoopCounter counter) const {
    return values_[static_cast<size_t>(counter)].load(MemoryOrder::kRelaxed);
  }
  [[nodiscard]] uint64_t malformed(DecodeError reason) const {
    return malformed_[static_cast<size_t>(reason)].load(MemoryOrder::kRelaxed);
  }

 private:
  static constexpr size_t kReasons = static_cast<size_t>(DecodeError::kUnknownClass) + 1;

  Atomic<uint64_t> values_[static_cast<size_t>(LoopCounter::kCount)];
  Atomic<uint64_t> malformed_[kReasons];
};

}  // namespace fltlink
