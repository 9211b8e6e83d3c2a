// ReplyToken: the one answer that a sender in the driver waits for. A handler is given a token only when a
// reply is owed, and the loop answers with its default when the handler returns without having used it, so a
// sender never waits for its time-out because a handler forgot.
#pragma once

#include <array>
#include <tuple>
#include <type_traits>

#include <fltlink/base/text.hpp>
#include <fltlink/codec/port_headers.hpp>
#include <fltlink/port/port.hpp>
#include <fltlink/service/counters.hpp>

namespace fltlink {

enum class ReplyTokenOutcome {
  kReplied,
  kAlreadyReplied,  // refused here; nothing was sent
  kOversized,       // refused here: more than payload_max(); the reply is still owed
  kNoWaiter,        // sent too late: the sender has given up
  kDisconnected,    // the connection that the message came over is gone
  kFailed,          // the port refused it
};

// Shows bytes that lie elsewhere, as a span or a string view does: sending it as it is would send its pointer.
template <typename T>
concept ViewOfOtherBytes = std::is_same_v<T, Text> ||(
    requires(const T& view) { view.data(); } && !requires { std::tuple_size<T>::value; });

// A payload without padding: its size is the sum of its fields, and no stray byte goes out (WIRE-7, BAD-3). A
// struct that wraps the reply header fails this, because it counts the header twice.
template <typename T>
concept ReplyPayload =
    std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T> && !std::is_pointer_v<T> &&
    !ViewOfOtherBytes<T> && !std::is_same_v<T, FltlinkReplyHeader>;

// Lives on the stack of the worker that calls the handler, and dies when the handler has returned. One thread
// at a time.
class ReplyToken {
 public:
  // No sender of protocol 1.x has room for more.
  static constexpr size_t kPayloadSizeMax = 1024;

  // `room` is the payload that the sender has room for, in bytes.
  ReplyToken(Port& port, LoopCounters& counters, ConnectionNumber connection, uint64_t message_id,
             size_t room)
      : port_(port),
        counters_(counters),
        connection_(connection),
        message_id_(message_id),
        payload_max_(room < kPayloadSizeMax ? room : kPayloadSizeMax) {}
  ReplyToken(const ReplyToken&) = delete;
  ReplyToken& operator=(const ReplyToken&) = delete;

  [[nodiscard]] bool owed() const { return owed_; }

  // In bytes.
  [[nodiscard]] size_t payload_max() const { return payload_max_; }

  // Answers. `status` is an NTSTATUS, never an HRESULT: the driver's FltSendMessage returns it (REPLY-5,
  // BAD-24). Whatever the port says to it, the reply is no longer owed. Does not block.
  ReplyTokenOutcome reply(int32_t status, Bytes payload = {}) {
    if (!owed_) {
      counters_.add(LoopCounter::kSecondReplies);
      return ReplyTokenOutcome::kAlreadyReplied;
    }
    if (payload.size() > payload_max_) {
      counters_.add(LoopCounter::kOversizedReplies);
      return ReplyTokenOutcome::kOversized;
    }
    owed_ = false;
    return send(status, payload);
  }

  template <ReplyPayload T>
  ReplyTokenOutcome reply(int32_t status, const T& payload) {
    static_assert(sizeof(T) <= kPayloadSizeMax, "no sender has room for this");
    return reply(status, Bytes(reinterpret_cast<const uint8_t*>(&payload), sizeof payload));
  }

 private:
  ReplyTokenOutcome send(int32_t status, Bytes payload) {
    // Aligned as the header is: the filter manager refuses another address (REPLY-8).
    alignas(8) std::array<uint8_t, FLTLINK_REPLY_HEADER_SIZE + kPayloadSizeMax> buffer;
    const auto header = encode_reply_header({.status = status, .message_id = message_id_}, buffer);
    FLTLINK_ASSERT(header.ok());
    copy_bytes(buffer.data() + *header, payload.data(), payload.size());
    return count(port_.reply(connection_, Bytes(buffer).first(*header + payload.size())).outcome);
  }

  ReplyTokenOutcome count(ReplyOutcome outcome) {
    switch (outcome) {
      case ReplyOutcome::kReplied:
        counters_.add(LoopCounter::kReplied);
        return ReplyTokenOutcome::kReplied;
      case ReplyOutcome::kNoWaiter:
        counters_.add(LoopCounter::kRepliesLate);
        return ReplyTokenOutcome::kNoWaiter;
      case ReplyOutcome::kTooLong:
        counters_.add(LoopCounter::kRepliesTooLong);
        return ReplyTokenOutcome::kFailed;
      case ReplyOutcome::kDisconnected:
        counters_.add(LoopCounter::kRepliesDisconnected);
        return ReplyTokenOutcome::kDisconnected;
      case ReplyOutcome::kFailed:
        break;
    }
    counters_.add(LoopCounter::kRepliesFailed);
    return ReplyTokenOutcome::kFailed;
  }

  Port& port_;
  LoopCounters& counters_;
  const ConnectionNumber connection_;
  const uint64_t message_id_;
  const size_t payload_max_;
  bool owed_ = true;
};

}  // namespace fltlink
