#include "requests.hpp"

#include <array>

#include <fltlink/codec/status_reply.hpp>
#include <fltlink/codec/user_message.hpp>

#include "authority.hpp"
#include "capture.h"
#include "connections.hpp"
#include "policies.hpp"

namespace drmfilter {
namespace {

using fltlink::Bytes;
using fltlink::DecodeError;
using fltlink::MutableBytes;

// The largest request there is.
constexpr ULONG kRequestSizeMax = FLTLINK_SEALED_USER_MESSAGE_SIZE;
static_assert(kRequestSizeMax >= FLTLINK_NEGOTIATION_SIZE_MAX &&
              kRequestSizeMax >= FLTLINK_USER_MESSAGE_SIZE);

// What became of a request: what its client is told, and, where that is a failure, what it is counted as.
struct Handled {
  NTSTATUS status = STATUS_SUCCESS;
  Refusal refusal = Refusal::kMalformed;
};

// Where the answer goes: the client's memory, untouched until a whole answer is ready and fits (W-5).
struct Answer {
  PVOID buffer;
  ULONG room;
  PULONG returned_length;

  [[nodiscard]] bool fits(ULONG size) const { return buffer != nullptr && room >= size; }

  [[nodiscard]] Handled deliver(Bytes bytes) const {
    const NTSTATUS status = deliver_to_client(buffer, bytes.data(), static_cast<ULONG>(bytes.size()));
    if (NT_SUCCESS(status)) *returned_length = static_cast<ULONG>(bytes.size());
    return {status, Refusal::kBadMemory};
  }
};

constexpr Handled kNoRoom{STATUS_BUFFER_TOO_SMALL, Refusal::kNoRoom};

[[nodiscard]] Handled refused(DecodeError error) {
  switch (error) {
    case DecodeError::kTruncated:
    case DecodeError::kWrongSize:
      return {STATUS_INVALID_BUFFER_SIZE, Refusal::kWrongSize};
    case DecodeError::kUnknownType:
      return {STATUS_NOT_SUPPORTED, Refusal::kUnknownType};
    case DecodeError::kWrongDirection:
      return {STATUS_INVALID_DEVICE_REQUEST, Refusal::kWrongDirection};
    case DecodeError::kUnsupportedVersion:
      return {STATUS_REVISION_MISMATCH, Refusal::kWrongVersion};
    case DecodeError::kChecksumMismatch:
      return {STATUS_CRC_ERROR, Refusal::kChecksum};
    case DecodeError::kReplayed:
      return {STATUS_ACCESS_DENIED, Refusal::kReplayed};
    case DecodeError::kWrongMac:
      return {STATUS_ACCESS_DENIED, Refusal::kWrongSender};
    case DecodeError::kHashFailed:
      return {STATUS_NO_MEMORY, Refusal::kNotAuthenticated};
    default:
      return {STATUS_INVALID_PARAMETER, Refusal::kMalformed};
  }
}

[[nodiscard]] NTSTATUS status_for(PolicyUpdateOutcome outcome) {
  switch (outcome) {
    case PolicyUpdateOutcome::kAdded:
    case PolicyUpdateOutcome::kReplaced:
    case PolicyUpdateOutcome::kRemoved:
    case PolicyUpdateOutcome::kNothingToRemove:
      return STATUS_SUCCESS;  // what was asked for is so
    case PolicyUpdateOutcome::kRefusedOlderVersion:
      return STATUS_REVISION_MISMATCH;
    case PolicyUpdateOutcome::kRefusedFull:
      // Not STATUS_INSUFFICIENT_RESOURCES: to a client, that is a request which never arrived (SEND-15).
      return STATUS_QUOTA_EXCEEDED;
    case PolicyUpdateOutcome::kRefusedBadPattern:
      return STATUS_OBJECT_NAME_INVALID;
  }
  return STATUS_INVALID_PARAMETER;
}

[[nodiscard]] Handled update_policy(const fltlink::PolicyUpdate& update) {
  const PolicyUpdateOutcome outcome =
      policies.update(update.path, update.version, static_cast<ProtectionFlags>(update.flags));
  // Counted, not %ws: no terminator is promised (P-11).
  DRMFILTER_LOG(kLogConnections, "policy of %Iu units, version %u, flags 0x%02X: outcome %u\n",
                update.path.size(), update.version, update.flags, static_cast<unsigned>(outcome));
  return {status_for(outcome), Refusal::kByPolicyTable};
}

[[nodiscard]] Handled change_config(const fltlink::ConfigChange& config) {
  state.monitoring.store(config.enable_monitoring, MemoryOrder::kRelaxed);
  state.blocking.store(config.enable_blocking, MemoryOrder::kRelaxed);
  state.log_level.store(config.log_level, MemoryOrder::kRelaxed);
  return {};
}

[[nodiscard]] Handled report_status(const Connection& connection, const Answer& answer) {
  if (!answer.fits(FLTLINK_STATUS_REPLY_SIZE)) return kNoRoom;
  fltlink::StatusReply reply;
  reply.version = connection.terms().version;
  reply.active_policies = policies.count();
  reply.files_scanned = static_cast<int64_t>(state.files_scanned.load(MemoryOrder::kRelaxed));
  reply.blocked_operations = static_cast<int64_t>(state.blocked_operations.load(MemoryOrder::kRelaxed));
  reply.is_enabled = is_blocking();
  std::array<uint8_t, FLTLINK_STATUS_REPLY_SIZE> bytes;
  const auto size = fltlink::encode_status_reply(reply, bytes);
  FLTLINK_ASSERT(size.ok());
  return answer.deliver(bytes);
}

[[nodiscard]] Handled negotiate(const Connection& connection, Bytes request, const Answer& answer) {
  const auto decoded = fltlink::decode_negotiate_request(request);
  if (!decoded.ok()) return refused(decoded.error());
  std::array<uint8_t, FLTLINK_NEGOTIATE_REPLY_SIZE> bytes;
  const auto size = fltlink::encode_negotiate_reply(connection.terms(), bytes);
  FLTLINK_ASSERT(size.ok());
  if (!answer.fits(static_cast<ULONG>(*size))) return kNoRoom;
  return answer.deliver(Bytes(bytes).first(*size));
}

[[nodiscard]] Handled report_counters(Bytes request, const Answer& answer) {
  const auto decoded = fltlink::decode_counters_request(request);
  if (!decoded.ok()) return refused(decoded.error());
  if (!answer.fits(FLTLINK_COUNTERS_REPLY_SIZE_OLDEST)) return kNoRoom;
  fltlink::CountersReply reply;
  if (!connections.books(decoded->connection_id, reply)) return {STATUS_NOT_FOUND, Refusal::kNotFound};
  std::array<uint8_t, FLTLINK_COUNTERS_REPLY_SIZE> bytes;
  // As much of it as the client has room for, and so knows.
  const auto size = fltlink::encode_counters_reply(
      reply, MutableBytes(bytes).first(answer.room < bytes.size() ? answer.room : bytes.size()));
  FLTLINK_ASSERT(size.ok());
  return answer.deliver(Bytes(bytes).first(*size));
}

[[nodiscard]] Handled give_nonce(Connection& connection, Bytes request, const Answer& answer) {
  const auto decoded = fltlink::decode_nonce_request(request);
  if (!decoded.ok()) return refused(decoded.error());
  if (!answer.fits(FLTLINK_NONCE_REPLY_SIZE)) return kNoRoom;
  fltlink::NonceReply reply;
  const NTSTATUS status = connection.peer().give_nonce(reply);
  if (!NT_SUCCESS(status)) return {status, Refusal::kNotAuthenticated};
  std::array<uint8_t, FLTLINK_NONCE_REPLY_SIZE> bytes;
  const auto size = fltlink::encode_nonce_reply(reply, bytes);
  FLTLINK_ASSERT(size.ok());
  return answer.deliver(bytes);
}

[[nodiscard]] Handled authenticate(Connection& connection, Bytes request) {
  const auto proof = fltlink::decode_authenticate(request);
  if (!proof.ok()) return refused(proof.error());
  const NTSTATUS status = connection.peer().check_proof(*proof);
  if (!NT_SUCCESS(status))
    DRMFILTER_LOG(kLogErrors, "connection %u: no proof: 0x%08X\n", connection.terms().connection_id, status);
  return {status, Refusal::kWrongSender};
}

[[nodiscard]] Handled handle_user_message(const Connection& connection, Bytes bytes, const Answer& answer) {
  const auto message = fltlink::decode_user_message(bytes, connection.terms().version);
  if (!message.ok()) return refused(message.error());
  switch (message->type) {
    case MSG_TYPE_POLICY_UPDATE:
      return update_policy(message->policy_update);
    case MSG_TYPE_CONFIG_CHANGE:
      return change_config(message->config_change);
    default:
      return report_status(connection, answer);
  }
}

// What a request is counted as. What 1.0 does not define, its clients do not send.
[[nodiscard]] RequestKind kind_of(MESSAGE_TYPE type, uint32_t version) {
  switch (type) {
    case MSG_TYPE_POLICY_UPDATE:
      return RequestKind::kPolicyUpdate;
    case MSG_TYPE_STATUS_REQUEST:
      return RequestKind::kStatus;
    case MSG_TYPE_CONFIG_CHANGE:
      return RequestKind::kConfigChange;
    default:
      break;
  }
  if (version < FLTLINK_VERSION_1_1) return RequestKind::kOther;
  switch (type) {
    case FLTLINK_MSG_TYPE_NEGOTIATE:
      return RequestKind::kNegotiate;
    case FLTLINK_MSG_TYPE_COUNTERS_REQUEST:
      return RequestKind::kCounters;
    case FLTLINK_MSG_TYPE_GET_NONCE:
      return RequestKind::kGetNonce;
    case FLTLINK_MSG_TYPE_AUTHENTICATE:
      return RequestKind::kAuthenticate;
    default:
      return RequestKind::kOther;
  }
}

// Counts the request, and what became of it.
template <typename Handle>
[[nodiscard]] NTSTATUS counted(Connection& connection, RequestKind kind, Handle&& handle) {
  LiveRequests& books = connection.books().of(kind);
  books.begin();
  const Handled handled = handle();
  if (NT_SUCCESS(handled.status))
    books.accept();
  else
    books.refuse(handled.refusal);
  return handled.status;
}

// How a message came.
enum class Envelope {
  kNone,
  kSigned,  // 1.0: a checksum
  kSealed,  // 1.1: a MAC under the connection's key
};

constexpr Handled kNotAuthenticated{STATUS_ACCESS_DENIED, Refusal::kNotAuthenticated};
constexpr Handled kNoKey{STATUS_NOT_SUPPORTED, Refusal::kUnknownType};

// In a driver that has a key: nothing but the exchange itself before the proof, and behind it no change without
// the key's MAC.
[[nodiscard]] bool is_trusted(const Connection& connection, RequestKind kind, Envelope envelope) {
  if (!authority.demands_proof()) return true;
  if (!connection.peer().is_authenticated()) return false;
  const bool changes = kind == RequestKind::kPolicyUpdate || kind == RequestKind::kConfigChange;
  return !changes || envelope == Envelope::kSealed;
}

[[nodiscard]] Handled handle_kind(Connection& connection, RequestKind kind, Bytes bytes, const Answer& answer,
                                  Envelope envelope) {
  const bool plain = envelope == Envelope::kNone;
  const bool proves = plain && (kind == RequestKind::kGetNonce || kind == RequestKind::kAuthenticate);
  if (proves && !authority.demands_proof()) return kNoKey;
  if (proves && kind == RequestKind::kGetNonce) return give_nonce(connection, bytes, answer);
  if (proves) return authenticate(connection, bytes);
  if (!is_trusted(connection, kind, envelope)) return kNotAuthenticated;
  if (plain && kind == RequestKind::kNegotiate) return negotiate(connection, bytes, answer);
  if (plain && kind == RequestKind::kCounters) return report_counters(bytes, answer);
  return handle_user_message(connection, bytes, answer);
}

// A plain message, or the content of an envelope.
[[nodiscard]] NTSTATUS handle_message(Connection& connection, Bytes bytes, const Answer& answer,
                                      Envelope envelope) {
  const auto type = fltlink::peek_message_type(bytes);
  const RequestKind kind = type.ok() ? kind_of(*type, connection.terms().version) : RequestKind::kOther;
  return counted(connection, kind, [&] { return handle_kind(connection, kind, bytes, answer, envelope); });
}

// An envelope is opened for those alone who may have sent it: opening one moves its window.
[[nodiscard]] NTSTATUS handle_envelope(Connection& connection, Bytes bytes, const Answer& answer,
                                       Envelope envelope) {
  const auto refuse = [&](Handled handled) {
    return counted(connection, RequestKind::kOther, [&] { return handled; });
  };
  if (!connection.peer().is_authenticated()) return refuse(kNotAuthenticated);
  if (envelope == Envelope::kSealed && !authority.demands_proof()) return refuse(kNoKey);
  const auto opened =
      envelope == Envelope::kSealed ? connection.peer().open_seal(bytes) : connection.open_envelope(bytes);
  return opened.ok() ? handle_message(connection, *opened, answer, envelope)
                     : refuse(refused(opened.error()));
}

[[nodiscard]] NTSTATUS handle(Connection& connection, Bytes bytes, const Answer& answer) {
  const auto type = fltlink::peek_message_type(bytes);
  const bool extended = connection.terms().version >= FLTLINK_VERSION_1_1;
  if (type.ok() && *type == MESSAGE_SIGNATURE)
    return handle_envelope(connection, bytes, answer, Envelope::kSigned);
  if (type.ok() && *type == FLTLINK_SEAL_SIGNATURE && extended)
    return handle_envelope(connection, bytes, answer, Envelope::kSealed);
  return handle_message(connection, bytes, answer, Envelope::kNone);
}

// A request of another process than the one that connected came through a handle that was inherited or duplicated.
// Nobody let that process in, and nothing that it sends is looked at.
[[nodiscard]] Handled check_sender(const Connection& connection) {
  if (connection.peer().is_sender()) return {};
  DRMFILTER_LOG(kLogErrors, "connection %u: a request of process %u, which did not connect\n",
                connection.terms().connection_id, HandleToULong(PsGetCurrentProcessId()));
  return {STATUS_ACCESS_DENIED, Refusal::kWrongSender};
}

// Reads the client's memory once, into the driver's own (P-10).
[[nodiscard]] Handled capture(MutableBytes copy, PVOID input, ULONG length) {
  if (input == nullptr) return {STATUS_INVALID_PARAMETER, Refusal::kWrongSize};
  if (length > copy.size()) return {STATUS_INVALID_BUFFER_SIZE, Refusal::kWrongSize};
  return {capture_from_client(copy.data(), input, length), Refusal::kBadMemory};
}

}  // namespace

NTSTATUS on_request(PVOID cookie, PVOID input, ULONG input_length, PVOID output, ULONG output_length,
                    PULONG returned_length) {
  *returned_length = 0;
  Connection* connection = connections.enter(cookie);
  if (connection == nullptr) {
    connections.count_late_request();
    return STATUS_PORT_DISCONNECTED;
  }
  alignas(8) std::array<uint8_t, kRequestSizeMax> copy;
  Handled received = check_sender(*connection);
  if (NT_SUCCESS(received.status)) received = capture(copy, input, input_length);
  const NTSTATUS status =
      NT_SUCCESS(received.status)
          ? handle(*connection, Bytes(copy).first(input_length), {output, output_length, returned_length})
          : counted(*connection, RequestKind::kOther, [&] { return received; });
  const bool is_given_up = connection->peer().is_given_up();
  connections.leave(connection);
  if (is_given_up) connections.wake_gatekeeper();
  return status;
}

}  // namespace drmfilter
