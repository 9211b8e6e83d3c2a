#include "requests.hpp"

#include <array>

#include <fltlink/codec/status_reply.hpp>
#include <fltlink/codec/user_message.hpp>

#include "capture.h"
#include "connections.hpp"
#include "policies.hpp"

namespace drmfilter {
namespace {

using fltlink::Bytes;
using fltlink::DecodeError;
using fltlink::MutableBytes;

// The largest request there is.
constexpr ULONG kRequestSizeMax = FLTLINK_SIGNED_USER_MESSAGE_SIZE;
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
  if (!answer.fits(FLTLINK_NEGOTIATE_REPLY_SIZE)) return kNoRoom;
  std::array<uint8_t, FLTLINK_NEGOTIATE_REPLY_SIZE> bytes;
  const auto size = fltlink::encode_negotiate_reply(connection.terms(), bytes);
  FLTLINK_ASSERT(size.ok());
  return answer.deliver(bytes);
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

// A plain message, or the content of an envelope.
[[nodiscard]] NTSTATUS handle_message(Connection& connection, Bytes bytes, const Answer& answer,
                                      bool from_envelope) {
  const auto type = fltlink::peek_message_type(bytes);
  const RequestKind kind = type.ok() ? kind_of(*type, connection.terms().version) : RequestKind::kOther;
  return counted(connection, kind, [&] {
    if (!from_envelope && kind == RequestKind::kNegotiate) return negotiate(connection, bytes, answer);
    if (!from_envelope && kind == RequestKind::kCounters) return report_counters(bytes, answer);
    return handle_user_message(connection, bytes, answer);
  });
}

[[nodiscard]] NTSTATUS handle(Connection& connection, Bytes bytes, const Answer& answer) {
  const auto type = fltlink::peek_message_type(bytes);
  if (!type.ok() || *type != MESSAGE_SIGNATURE) return handle_message(connection, bytes, answer, false);
  const auto opened = connection.open_envelope(bytes);
  if (opened.ok()) return handle_message(connection, *opened, answer, true);
  return counted(connection, RequestKind::kOther, [&] { return refused(opened.error()); });
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
  const Handled captured = capture(copy, input, input_length);
  const NTSTATUS status =
      NT_SUCCESS(captured.status)
          ? handle(*connection, Bytes(copy).first(input_length), {output, output_length, returned_length})
          : counted(*connection, RequestKind::kOther, [&] { return captured; });
  connections.leave(connection);
  return status;
}

}  // namespace drmfilter
