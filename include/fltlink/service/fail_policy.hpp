// FailPolicy: what becomes of a message whose sender waits for an answer when its handler gives none. A
// service states it once, per type of message, in LoopOptions::fail: the receive loop answers by it, and
// tells the driver what only the driver can act on.
#pragma once

#include <fltlink/codec/message_type.hpp>

namespace fltlink {

enum class FailAction : uint8_t {
  kDeny,
  kAllow,
};

enum class FailCause : uint8_t {
  kTimeout,        // the sender's wait is nearly over, and no handler has answered
  kDisconnect,     // the service is gone while it is asked
  kOverload,       // every worker is busy, and as many questions wait as may
  kProtocolError,  // the message is malformed, or its handler returned without an answer
};
inline constexpr size_t kFailCauses = 4;

// By itself it denies everything.
struct FailPolicy {
  FailAction timeout = FailAction::kDeny;
  // No answer of the loop's: it travels to the driver with the connect context. Only AUTHORIZE has a field
  // there, so with other types it says nothing to anybody.
  FailAction disconnect = FailAction::kDeny;
  FailAction overload = FailAction::kDeny;
  FailAction protocol_error = FailAction::kDeny;

  [[nodiscard]] constexpr FailAction on(FailCause cause) const {
    switch (cause) {
      case FailCause::kTimeout:
        return timeout;
      case FailCause::kDisconnect:
        return disconnect;
      case FailCause::kOverload:
        return overload;
      case FailCause::kProtocolError:
        break;
    }
    return protocol_error;
  }
};

// The same as the bits of ConnectContext::fail_open.
[[nodiscard]] constexpr uint32_t fail_open_flags(const FailPolicy& policy) {
  const auto bit = [](FailAction action, uint32_t flag) { return action == FailAction::kAllow ? flag : 0u; };
  return bit(policy.timeout, FLTLINK_FAIL_OPEN_TIMEOUT) |
         bit(policy.disconnect, FLTLINK_FAIL_OPEN_DISCONNECT) |
         bit(policy.overload, FLTLINK_FAIL_OPEN_OVERLOAD) |
         bit(policy.protocol_error, FLTLINK_FAIL_OPEN_PROTOCOL_ERROR);
}

struct FailPolicies {
  FailPolicy file_event;
  FailPolicy block_notice;
  FailPolicy authorize;

  // A type that nobody knows is denied.
  [[nodiscard]] constexpr FailPolicy of(MESSAGE_TYPE type) const {
    switch (type) {
      case MSG_TYPE_FILE_EVENT:
        return file_event;
      case MSG_TYPE_BLOCK_NOTIFICATION:
        return block_notice;
      case FLTLINK_MSG_TYPE_AUTHORIZE:
        return authorize;
      default:
        return FailPolicy{};
    }
  }
};

}  // namespace fltlink
