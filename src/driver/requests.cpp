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

// The largest request there is.
constexpr ULONG kRequestSizeMax = FLTLINK_SIGNED_USER_MESSAGE_SIZE;
static_assert(kRequestSizeMax >= FLTLINK_NEGOTIATION_SIZE_MAX &&
              kRequestSizeMax >= FLTLINK_USER_MESSAGE_SIZE);

// Where the answer goes: the client's memory, untouched until a whole answer is ready and fits (W-5).
struct Answer {
  PVOID buffer;
  ULONG room;
  PULONG returned_length;

  [[nodiscard]] bool fits(ULONG size) const { return buffer != nullptr && room >= size; }

  [[nodiscard]] NTSTATUS deliver(Bytes bytes) const {
    const NTSTATUS status = deliver_to_client(buffer, bytes.data(), static_cast<ULONG>(bytes.size()));
    if (NT_SUCCESS(status)) *returned_length = static_cast<ULONG>(bytes.size());
    return status;
  }
};

[[nodiscard]] NTSTATUS status_for(DecodeError error) {
  switch (error) {
    case DecodeError::kTruncated:
    case DecodeError::kWrongSize:
      return STATUS_INVALID_BUFFER_SIZE;
    case DecodeError::kUnknownType:
      return STATUS_NOT_SUPPORTED;
    case DecodeError::kWrongDirection:
      return STATUS_INVALID_DEVICE_REQUEST;
    case DecodeError::kUnsupportedVersion:
      return STATUS_REVISION_MISMATCH;
    case DecodeError::kChecksumMismatch:
      return STATUS_CRC_ERROR;
    case DecodeError::kReplayed:
      return STATUS_ACCESS_DENIED;
    default:
      return STATUS_INVALID_PARAMETER;
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

[[nodiscard]] NTSTATUS update_policy(const fltlink::PolicyUpdate& update) {
  const PolicyUpdateOutcome outcome =
      policies.update(update.path, update.version, static_cast<ProtectionFlags>(update.flags));
  // Counted, not %ws: no terminator is promised (P-11).
  DRMFILTER_LOG(kLogConnections, "policy of %Iu units, version %u, flags 0x%02X: outcome %u\n",
                update.path.size(), update.version, update.flags, static_cast<unsigned>(outcome));
  return status_for(outcome);
}

[[nodiscard]] NTSTATUS change_config(const fltlink::ConfigChange& config) {
  state.monitoring.store(config.enable_monitoring, MemoryOrder::kRelaxed);
  state.blocking.store(config.enable_blocking, MemoryOrder::kRelaxed);
  state.log_level.store(config.log_level, MemoryOrder::kRelaxed);
  return STATUS_SUCCESS;
}

[[nodiscard]] NTSTATUS report_status(const Connection& connection, const Answer& answer) {
  if (!answer.fits(FLTLINK_STATUS_REPLY_SIZE)) return STATUS_BUFFER_TOO_SMALL;
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

[[nodiscard]] NTSTATUS negotiate(const Connection& connection, Bytes request, const Answer& answer) {
  const auto decoded = fltlink::decode_negotiate_request(request);
  if (!decoded.ok()) return status_for(decoded.error());
  if (!answer.fits(FLTLINK_NEGOTIATE_REPLY_SIZE)) return STATUS_BUFFER_TOO_SMALL;
  std::array<uint8_t, FLTLINK_NEGOTIATE_REPLY_SIZE> bytes;
  const auto size = fltlink::encode_negotiate_reply(connection.terms(), bytes);
  FLTLINK_ASSERT(size.ok());
  return answer.deliver(bytes);
}

[[nodiscard]] NTSTATUS report_counters(Bytes request, const Answer& answer) {
  const auto decoded = fltlink::decode_counters_request(request);
  if (!decoded.ok()) return status_for(decoded.error());
  if (!answer.fits(FLTLINK_COUNTERS_REPLY_SIZE)) return STATUS_BUFFER_TOO_SMALL;
  fltlink::CountersReply reply;
  if (!connections.books(decoded->connection_id, reply)) return STATUS_NOT_FOUND;
  std::array<uint8_t, FLTLINK_COUNTERS_REPLY_SIZE> bytes;
  const auto size = fltlink::encode_counters_reply(reply, bytes);
  FLTLINK_ASSERT(size.ok());
  return answer.deliver(bytes);
}

[[nodiscard]] NTSTATUS handle_user_message(const Connection& connection, Bytes bytes, const Answer& answer) {
  const auto message = fltlink::decode_user_message(bytes, connection.terms().version);
  if (!message.ok()) return status_for(message.error());
  switch (message->type) {
    case MSG_TYPE_POLICY_UPDATE:
      return update_policy(message->policy_update);
    case MSG_TYPE_CONFIG_CHANGE:
      return change_config(message->config_change);
    default:
      return report_status(connection, answer);
  }
}

[[nodiscard]] NTSTATUS handle(Connection& connection, Bytes bytes, const Answer& answer) {
  const auto type = fltlink::peek_message_type(bytes);
  if (!type.ok()) return status_for(type.error());
  // What 1.0 does not define, its clients do not send.
  const bool extended = connection.terms().version >= FLTLINK_VERSION_1_1;
  if (extended && *type == FLTLINK_MSG_TYPE_NEGOTIATE) return negotiate(connection, bytes, answer);
  if (extended && *type == FLTLINK_MSG_TYPE_COUNTERS_REQUEST) return report_counters(bytes, answer);
  if (*type != MESSAGE_SIGNATURE) return handle_user_message(connection, bytes, answer);
  const auto opened = connection.open_envelope(bytes);
  return opened.ok() ? handle_user_message(connection, *opened, answer) : status_for(opened.error());
}

}  // namespace

NTSTATUS on_request(PVOID cookie, PVOID input, ULONG input_length, PVOID output, ULONG output_length,
                    PULONG returned_length) {
  *returned_length = 0;
  if (input == nullptr) return STATUS_INVALID_PARAMETER;
  if (input_length > kRequestSizeMax) return STATUS_INVALID_BUFFER_SIZE;
  alignas(8) std::array<uint8_t, kRequestSizeMax> copy;
  const NTSTATUS captured = capture_from_client(copy.data(), input, input_length);
  if (!NT_SUCCESS(captured)) return captured;

  Connection* connection = connections.enter(cookie);
  if (connection == nullptr) return STATUS_PORT_DISCONNECTED;
  const NTSTATUS status =
      handle(*connection, Bytes(copy).first(input_length), Answer{output, output_length, returned_length});
  connections.leave(connection);
  return status;
}

}  // namespace drmfilter
