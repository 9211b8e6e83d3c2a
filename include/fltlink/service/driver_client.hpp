// DriverClient: the requests that a service makes of the driver, typed. Each is one FilterSendMessage; what
// comes back is checked to the byte before it is believed (W-4).
#pragma once

#include <array>

#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/counters.hpp>
#include <fltlink/codec/status_reply.hpp>
#include <fltlink/codec/user_message.hpp>
#include <fltlink/port/port.hpp>

namespace fltlink {

enum class RequestOutcome {
  kDone,
  kRefused,          // the driver said no; the code is the HRESULT or NTSTATUS that it gave
  kDisconnected,     // no connection, or it went away
  kMalformedAnswer,  // the driver answered with something else; the code is the DecodeError
  kNotSendable,      // the request cannot be written down; the code is the EncodeError; nothing was sent
  kFailed,           // the port failed; the code is its HRESULT
};

struct RequestResult {
  RequestOutcome outcome;
  uint32_t code;
};

template <typename T>
struct Answered {
  RequestResult result;
  T value;  // meaningful when result.outcome is kDone
};

// Buffers are aligned to 8, because the driver sees them where they lie and checks that (MSG-4).
//
// Any thread, several at once (MSG-12). Every call blocks while the driver's callback runs, and takes no
// memory.
class DriverClient {
 public:
  explicit DriverClient(Port& port) : port_(port) {}

  // Adds a policy, or replaces the one with this path. The driver refuses a lower version than it has for the
  // path. REQUIRES: flags != 0; remove_policy says what 0 means.
  [[nodiscard]] RequestResult set_policy(const PolicyUpdate& policy) {
    FLTLINK_ASSERT(policy.flags != 0);
    return request({.type = MSG_TYPE_POLICY_UPDATE, .policy_update = policy, .config_change = {}});
  }

  [[nodiscard]] RequestResult remove_policy(Text path, uint32_t version) {
    const PolicyUpdate removal{.version = version, .flags = 0, .path = path};
    return request({.type = MSG_TYPE_POLICY_UPDATE, .policy_update = removal, .config_change = {}});
  }

  [[nodiscard]] RequestResult set_config(const ConfigChange& config) {
    return request({.type = MSG_TYPE_CONFIG_CHANGE, .policy_update = {}, .config_change = config});
  }

  [[nodiscard]] Answered<StatusReply> status() {
    alignas(8) std::array<uint8_t, FLTLINK_STATUS_REPLY_SIZE> answer;
    const SendResult sent =
        send({.type = MSG_TYPE_STATUS_REQUEST, .policy_update = {}, .config_change = {}}, answer);
    if (sent.outcome != SendOutcome::kAnswered) return {result_of(sent), {}};
    const auto reply = decode_status_reply(Bytes(answer).first(sent.size));
    if (!reply.ok()) return {malformed(reply.error()), {}};
    if (reply->status < 0) return {{RequestOutcome::kRefused, static_cast<uint32_t>(reply->status)}, {}};
    return {{RequestOutcome::kDone, 0}, *reply};
  }

  // The agreed terms of this connection. The first request after a connect with a context; not otherwise.
  [[nodiscard]] Answered<ConnectionTerms> negotiate() {
    alignas(8) std::array<uint8_t, FLTLINK_NEGOTIATE_REQUEST_SIZE> request;
    alignas(8) std::array<uint8_t, FLTLINK_NEGOTIATE_REPLY_SIZE> answer;
    const auto size = encode_negotiate_request(request);
    FLTLINK_ASSERT(size.ok());
    const SendResult sent = checked(port_.send(request, answer), answer.size());
    if (sent.outcome != SendOutcome::kAnswered) return {result_of(sent), {}};
    const auto terms = decode_negotiate_reply(Bytes(answer).first(sent.size));
    if (!terms.ok()) return {malformed(terms.error()), {}};
    return {{RequestOutcome::kDone, 0}, *terms};
  }

  // The books of one connection, or with 0 of the whole driver. On a connection that agreed to 1.1 or later.
  [[nodiscard]] Answered<CountersReply> counters(uint32_t connection_id) {
    alignas(8) std::array<uint8_t, FLTLINK_COUNTERS_REQUEST_SIZE> request;
    alignas(8) std::array<uint8_t, FLTLINK_COUNTERS_REPLY_SIZE> answer;
    const auto size = encode_counters_request({.connection_id = connection_id}, request);
    FLTLINK_ASSERT(size.ok());
    const SendResult sent = checked(port_.send(request, answer), answer.size());
    if (sent.outcome != SendOutcome::kAnswered) return {result_of(sent), {}};
    const auto reply = decode_counters_reply(Bytes(answer).first(sent.size));
    if (!reply.ok()) return {malformed(reply.error()), {}};
    return {{RequestOutcome::kDone, 0}, *reply};
  }

 private:
  static RequestResult malformed(DecodeError error) {
    return {RequestOutcome::kMalformedAnswer, static_cast<uint32_t>(error)};
  }

  static RequestResult result_of(const SendResult& sent) {
    switch (sent.outcome) {
      case SendOutcome::kAnswered:
        return {RequestOutcome::kDone, sent.code};
      case SendOutcome::kRefused:
        return {RequestOutcome::kRefused, sent.code};
      case SendOutcome::kDisconnected:
        return {RequestOutcome::kDisconnected, sent.code};
      case SendOutcome::kFailed:
        break;
    }
    return {RequestOutcome::kFailed, sent.code};
  }

  // A driver that claims to have written more than there is room for is clamped (MSG-10).
  static SendResult checked(SendResult sent, size_t room) {
    if (sent.size > room) sent.size = room;
    return sent;
  }

  SendResult send(const UserMessage& message, MutableBytes answer) {
    alignas(8) std::array<uint8_t, FLTLINK_USER_MESSAGE_SIZE> bytes;
    const auto size = encode_user_message(message, bytes);
    FLTLINK_ASSERT(size.ok());
    return checked(port_.send(bytes, answer), answer.size());
  }

  RequestResult request(const UserMessage& message) {
    alignas(8) std::array<uint8_t, FLTLINK_USER_MESSAGE_SIZE> bytes;
    const auto size = encode_user_message(message, bytes);
    if (!size.ok()) return {RequestOutcome::kNotSendable, static_cast<uint32_t>(size.error())};
    return result_of(port_.send(bytes, {}));
  }

  Port& port_;
};

}  // namespace fltlink
