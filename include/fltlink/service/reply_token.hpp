// ReplyToken: the one answer that a sender in the driver waits for. A handler is given a token only when a
// reply is owed. When it returns without having used it, and when the sender would soon wait in vain, the
// loop answers by the fail policy, so a sender never runs into its time-out because a handler forgot or took
// long.
#pragma once

#include <array>
#include <tuple>
#include <type_traits>

#include <fltlink/base/atomic.hpp>
#include <fltlink/base/text.hpp>
#include <fltlink/codec/port_headers.hpp>
#include <fltlink/port/port.hpp>
#include <fltlink/service/counters.hpp>
#include <fltlink/service/loop_actions.hpp>

namespace fltlink {

enum class ReplyTokenOutcome {
  kReplied,
  kAlreadyReplied,  // refused here; nothing was sent
  kTooLate,         // refused here: the loop has answered in the handler's place; nothing was sent
  kOversized,       // refused here: more than payload_max(); the reply is still owed
  kNoWaiter,        // sent too late: the sender has given up
  kDisconnected,    // the connection that the message came over is gone
  kFailed,          // the port refused it
};

// Shows bytes that lie elsewhere, as a span or a string view does: sending it as it is would send its
// pointer.
template <typename T>
concept ViewOfOtherBytes = std::is_same_v<T, Text> ||(
    requires(const T& view) { view.data(); } && !requires { std::tuple_size<T>::value; });

// A payload without padding: its size is the sum of its fields, and no stray byte goes out (WIRE-7, BAD-3). A
// struct that wraps the reply header fails this, because it counts the header twice.
template <typename T>
concept ReplyPayload =
    std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T> && !std::is_pointer_v<T> &&
    !ViewOfOtherBytes<T> && !std::is_same_v<T, FltlinkReplyHeader>;

// What the loop does about each outcome of a reply: it counts it and goes on. None ends a worker or leaves
// the connection; whether the port is dead, the receives tell (BAD-10).
struct ReplyActionRule {
  ReplyOutcome outcome;
  LoopAction action;
  LoopCounter counter;
  ReplyTokenOutcome told;  // to the handler
};

inline constexpr ReplyActionRule kReplyActions[] = {
    {ReplyOutcome::kReplied, LoopAction::kDeliver, LoopCounter::kReplied, ReplyTokenOutcome::kReplied},
    {ReplyOutcome::kNoWaiter, LoopAction::kDrop, LoopCounter::kRepliesLate, ReplyTokenOutcome::kNoWaiter},
    {ReplyOutcome::kTooLong, LoopAction::kDrop, LoopCounter::kRepliesTooLong, ReplyTokenOutcome::kFailed},
    {ReplyOutcome::kDisconnected, LoopAction::kDrop, LoopCounter::kRepliesDisconnected,
     ReplyTokenOutcome::kDisconnected},
    {ReplyOutcome::kFailed, LoopAction::kDrop, LoopCounter::kRepliesFailed, ReplyTokenOutcome::kFailed},
};

// Where a reply goes, and how much payload its sender has room for.
struct ReplyAddress {
  ConnectionNumber connection;
  uint64_t message_id;
  size_t payload_max;  // bytes
};

// No sender of protocol 1.x has room for more.
inline constexpr size_t kReplyPayloadMax = 1024;

namespace detail {

inline ReplyTokenOutcome count_reply(LoopCounters& counters, ReplyOutcome outcome) {
  for (const ReplyActionRule& rule : kReplyActions) {
    if (rule.outcome != outcome) continue;
    counters.add(rule.counter);
    return rule.told;
  }
  FLTLINK_ASSERT(false && "an outcome of a reply without a rule");
  return ReplyTokenOutcome::kFailed;
}

// REQUIRES: the right to answer this message, which exactly one caller gets from its token, and
// payload.size() <= address.payload_max.
inline ReplyTokenOutcome send_reply(Port& port, LoopCounters& counters, const ReplyAddress& address,
                                    int32_t status, Bytes payload) {
  // Aligned as the header is: the filter manager refuses another address (REPLY-8).
  alignas(8) std::array<uint8_t, FLTLINK_REPLY_HEADER_SIZE + kReplyPayloadMax> buffer;
  const auto header =
      encode_reply_header({.status = status, .message_id = address.message_id}, MutableBytes(buffer));
  FLTLINK_ASSERT(header.ok() && payload.size() <= address.payload_max);
  copy_bytes(buffer.data() + *header, payload.data(), payload.size());
  const Bytes reply = Bytes(buffer).first(*header + payload.size());
  return count_reply(counters, port.reply(address.connection, reply).outcome);
}

}  // namespace detail

// Lives with the message in the loop, and is dead when the handler has returned. The handler's thread uses
// it, one at a time; take_over() is the loop's and may come from another thread.
//
// Invariant: of all who want to answer, exactly one gets the right to. The right is one compare-exchange of
// state_ from kOwed. Its order is relaxed, for it hands no data over: the rest of the token is constant, and
// whoever calls take_over() has come to the token through the desk's mutex (detail/desk.hpp).
class ReplyToken {
 public:
  explicit ReplyToken(Port& port, LoopCounters& counters, const ReplyAddress& address)
      : port_(port), counters_(counters), address_(clamped(address)) {}
  ReplyToken(const ReplyToken&) = delete;
  ReplyToken& operator=(const ReplyToken&) = delete;

  // Nobody has answered yet.
  [[nodiscard]] bool owed() const { return state_.load(MemoryOrder::kRelaxed) == kOwed; }

  // In bytes.
  [[nodiscard]] size_t payload_max() const { return address_.payload_max; }

  // Answers. `status` is an NTSTATUS, never an HRESULT: the driver's FltSendMessage returns it (REPLY-5,
  // BAD-24). Whatever the port says to it, the reply is no longer owed. Does not block.
  ReplyTokenOutcome reply(int32_t status, Bytes payload = {}) {
    if (owed() && payload.size() > payload_max()) {
      counters_.add(LoopCounter::kOversizedReplies);
      return ReplyTokenOutcome::kOversized;
    }
    uint32_t before = kOwed;
    if (!state_.compare_exchange_strong(before, kAnswered, MemoryOrder::kRelaxed, MemoryOrder::kRelaxed)) {
      return refuse(before);
    }
    return detail::send_reply(port_, counters_, address_, status, payload);
  }

  template <ReplyPayload T>
  ReplyTokenOutcome reply(int32_t status, const T& payload) {
    static_assert(sizeof(T) <= kReplyPayloadMax, "no sender has room for this");
    return reply(status, Bytes(reinterpret_cast<const uint8_t*>(&payload), sizeof payload));
  }

  // --- the loop's side ---

  // Gives the caller the right to answer, if nobody has had it. What the token's handler says from then on is
  // too late.
  [[nodiscard]] bool take_over() {
    uint32_t before = kOwed;
    return state_.compare_exchange_strong(before, kTakenOver, MemoryOrder::kRelaxed, MemoryOrder::kRelaxed);
  }
  [[nodiscard]] bool taken_over() const { return state_.load(MemoryOrder::kRelaxed) == kTakenOver; }

  // To be copied before the token dies.
  [[nodiscard]] const ReplyAddress& address() const { return address_; }

 private:
  static constexpr uint32_t kOwed = 0;
  static constexpr uint32_t kAnswered = 1;
  static constexpr uint32_t kTakenOver = 2;

  static ReplyAddress clamped(ReplyAddress address) {
    if (address.payload_max > kReplyPayloadMax) address.payload_max = kReplyPayloadMax;
    return address;
  }

  ReplyTokenOutcome refuse(uint32_t state) {
    const bool too_late = state == kTakenOver;
    counters_.add(too_late ? LoopCounter::kTooLateReplies : LoopCounter::kSecondReplies);
    return too_late ? ReplyTokenOutcome::kTooLate : ReplyTokenOutcome::kAlreadyReplied;
  }

  Port& port_;
  LoopCounters& counters_;
  const ReplyAddress address_;
  Atomic<uint32_t> state_{kOwed};
};

}  // namespace fltlink
