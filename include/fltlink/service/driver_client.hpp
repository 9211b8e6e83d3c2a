// DriverClient: the requests that a service makes of the driver, typed. Each is one FilterSendMessage; what
// comes back is checked to the byte before it is believed (W-4).
#pragma once

#include <array>

#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/counters.hpp>
#include <fltlink/codec/sealed_message.hpp>
#include <fltlink/codec/status_reply.hpp>
#include <fltlink/codec/user_message.hpp>
#include <fltlink/port/port.hpp>
#include <fltlink/service/authenticator.hpp>

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
// memory. With an authenticator, what changes something is sealed for one connection and numbered: those calls
// come from one thread at a time, behind authenticate().
class DriverClient {
 public:
  // `authenticator` is null where the driver has no key; it outlives the client.
  explicit DriverClient(Port& port, const Authenticator* authenticator = nullptr)
      : port_(port), authenticator_(authenticator) {}
  ~DriverClient() { wipe(sealing_key_); }
  DriverClient(const DriverClient&) = delete;
  DriverClient& operator=(const DriverClient&) = delete;

  // Proves to the driver that this is who holds its key. The first request after each connect; `context` is what
  // the connect was made with. A driver without a key refuses: its client was told to expect one. REQUIRES: an
  // authenticator.
  [[nodiscard]] RequestResult authenticate(const ConnectContext& context) {
    FLTLINK_ASSERT(authenticator_ != nullptr);
    sequence_ = 0;
    const Answered<NonceReply> nonce = get_nonce();
    if (nonce.result.outcome != RequestOutcome::kDone) return nonce.result;
    const Binding binding{.nonce = nonce.value.nonce,
                          .connection_id = nonce.value.connection_id,
                          .process_id = authenticator_->process_id(),
                          .context = context};
    Mac proof;
    const bool computed =
        authenticator_->mac(encode_binding(MacPurpose::kProof, binding).bytes(), proof) &&
        authenticator_->mac(encode_binding(MacPurpose::kSeal, binding).bytes(), sealing_key_);
    if (!computed) return unsealed();
    alignas(8) std::array<uint8_t, FLTLINK_AUTHENTICATE_SIZE> request;
    const auto size = encode_authenticate(proof, request);
    FLTLINK_ASSERT(size.ok());
    return result_of(port_.send(request, {}));
  }

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
  Answered<NonceReply> get_nonce() {
    alignas(8) std::array<uint8_t, FLTLINK_NONCE_REQUEST_SIZE> request;
    alignas(8) std::array<uint8_t, FLTLINK_NONCE_REPLY_SIZE> answer;
    const auto size = encode_nonce_request(request);
    FLTLINK_ASSERT(size.ok());
    const SendResult sent = checked(port_.send(request, answer), answer.size());
    if (sent.outcome != SendOutcome::kAnswered) return {result_of(sent), {}};
    const auto reply = decode_nonce_reply(Bytes(answer).first(sent.size));
    if (!reply.ok()) return {malformed(reply.error()), {}};
    return {{RequestOutcome::kDone, 0}, *reply};
  }

  static RequestResult unsealed() {
    return {RequestOutcome::kNotSendable, static_cast<uint32_t>(EncodeError::kHashFailed)};
  }

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
    return authenticator_ != nullptr ? request_sealed(bytes) : result_of(port_.send(bytes, {}));
  }

  RequestResult request_sealed(Bytes message) {
    const auto hash = [this](Bytes, Bytes covered, Mac& mac) {
      return authenticator_->mac_under(sealing_key_, covered, mac);
    };
    alignas(8) std::array<uint8_t, FLTLINK_SEALED_USER_MESSAGE_SIZE> sealed;
    const auto size = seal_message(message, ++sequence_, sealing_key_, hash, sealed);
    return size.ok() ? result_of(port_.send(sealed, {})) : unsealed();
  }

  Port& port_;
  const Authenticator* const authenticator_;
  Mac sealing_key_{};
  uint32_t sequence_ = 0;
};

}  // namespace fltlink
