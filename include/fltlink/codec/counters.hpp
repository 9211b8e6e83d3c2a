// The COUNTERS exchange: the request, and in the reply the books of messages, requests and questions.
#pragma once

#include <array>

#include <fltlink/wire/counters.h>
#include <fltlink/codec/connect.hpp>

namespace fltlink {

enum class DropReason : uint8_t {
  kNoSubscriber = FLTLINK_DROP_NO_SUBSCRIBER,
  kQueueFull = FLTLINK_DROP_QUEUE_FULL,
  kTooLarge = FLTLINK_DROP_TOO_LARGE,
  kTimedOut = FLTLINK_DROP_TIMED_OUT,
  kDisconnected = FLTLINK_DROP_DISCONNECTED,
  kShutdown = FLTLINK_DROP_SHUTDOWN,
  kNoResources = FLTLINK_DROP_NO_RESOURCES,
  kSendFailed = FLTLINK_DROP_SEND_FAILED,
};
inline constexpr size_t kDropReasonCount = FLTLINK_DROP_REASON_COUNT;

enum class RequestKind : uint8_t {
  kOther = FLTLINK_REQUEST_OTHER,
  kPolicyUpdate = FLTLINK_REQUEST_POLICY_UPDATE,
  kStatus = FLTLINK_REQUEST_STATUS,
  kConfigChange = FLTLINK_REQUEST_CONFIG_CHANGE,
  kNegotiate = FLTLINK_REQUEST_NEGOTIATE,
  kCounters = FLTLINK_REQUEST_COUNTERS,
  kGetNonce = FLTLINK_REQUEST_GET_NONCE,
  kAuthenticate = FLTLINK_REQUEST_AUTHENTICATE,
};
inline constexpr size_t kRequestKindCount = FLTLINK_REQUEST_KIND_COUNT;

enum class Refusal : uint8_t {
  kMalformed = FLTLINK_REFUSED_MALFORMED,
  kWrongSize = FLTLINK_REFUSED_WRONG_SIZE,
  kWrongDirection = FLTLINK_REFUSED_WRONG_DIRECTION,
  kUnknownType = FLTLINK_REFUSED_UNKNOWN_TYPE,
  kWrongVersion = FLTLINK_REFUSED_WRONG_VERSION,
  kChecksum = FLTLINK_REFUSED_CHECKSUM,
  kReplayed = FLTLINK_REFUSED_REPLAYED,
  kNotAuthenticated = FLTLINK_REFUSED_NOT_AUTHENTICATED,
  kWrongSender = FLTLINK_REFUSED_WRONG_SENDER,
  kNoRoom = FLTLINK_REFUSED_NO_ROOM,
  kByPolicyTable = FLTLINK_REFUSED_BY_POLICY_TABLE,
  kBadMemory = FLTLINK_REFUSED_BAD_MEMORY,
  kNotFound = FLTLINK_REFUSED_NOT_FOUND,
  kDisconnected = FLTLINK_REFUSED_DISCONNECTED,
};
inline constexpr size_t kRefusalCount = FLTLINK_REFUSAL_COUNT;

enum class NoVerdict : uint8_t {
  kTimedOut = FLTLINK_NO_VERDICT_TIMED_OUT,
  kDisconnected = FLTLINK_NO_VERDICT_DISCONNECTED,
  kOverloaded = FLTLINK_NO_VERDICT_OVERLOADED,
  kProtocolError = FLTLINK_NO_VERDICT_PROTOCOL_ERROR,
  kAbandoned = FLTLINK_NO_VERDICT_ABANDONED,
  kNobody = FLTLINK_NO_VERDICT_NOBODY,
};
inline constexpr size_t kNoVerdictCount = FLTLINK_NO_VERDICT_COUNT;

namespace detail {

template <size_t kCount>
[[nodiscard]] constexpr uint64_t sum_of(const std::array<uint64_t, kCount>& counts) {
  uint64_t sum = 0;
  for (const uint64_t count : counts) sum += count;
  return sum;
}

}  // namespace detail

// The books of one message type.
struct MessageCounters {
  uint64_t produced = 0;
  uint64_t delivered = 0;
  uint64_t pending = 0;
  uint64_t paths_cut = 0;
  std::array<uint64_t, kDropReasonCount> dropped{};  // by DropReason

  [[nodiscard]] uint64_t dropped_total() const { return detail::sum_of(dropped); }
  [[nodiscard]] bool balanced() const { return produced == delivered + dropped_total() + pending; }
};

inline void add(MessageCounters& sum, const MessageCounters& more) {
  sum.produced += more.produced;
  sum.delivered += more.delivered;
  sum.pending += more.pending;
  sum.paths_cut += more.paths_cut;
  for (size_t reason = 0; reason < kDropReasonCount; ++reason) sum.dropped[reason] += more.dropped[reason];
}

// The books of one kind of request.
struct RequestCounters {
  uint64_t received = 0;
  uint64_t accepted = 0;
  uint64_t pending = 0;
  std::array<uint64_t, kRefusalCount> refused{};  // by Refusal

  [[nodiscard]] uint64_t refused_total() const { return detail::sum_of(refused); }
  [[nodiscard]] bool balanced() const { return received == accepted + refused_total() + pending; }
};

inline void add(RequestCounters& sum, const RequestCounters& more) {
  sum.received += more.received;
  sum.accepted += more.accepted;
  sum.pending += more.pending;
  for (size_t reason = 0; reason < kRefusalCount; ++reason) sum.refused[reason] += more.refused[reason];
}

// The books of what an authorizer was asked.
struct QuestionCounters {
  uint64_t asked = 0;
  uint64_t allowed = 0;
  uint64_t denied = 0;
  uint64_t pending = 0;
  std::array<uint64_t, kNoVerdictCount> unanswered{};  // by NoVerdict

  [[nodiscard]] uint64_t unanswered_total() const { return detail::sum_of(unanswered); }
  [[nodiscard]] bool balanced() const { return asked == allowed + denied + pending + unanswered_total(); }
};

inline void add(QuestionCounters& sum, const QuestionCounters& more) {
  sum.asked += more.asked;
  sum.allowed += more.allowed;
  sum.denied += more.denied;
  sum.pending += more.pending;
  for (size_t why = 0; why < kNoVerdictCount; ++why) sum.unanswered[why] += more.unanswered[why];
}

struct CountersReply {
  uint32_t connection_id = 0;
  uint32_t connections = 0;
  uint32_t queue_messages_max = 0;
  uint32_t queue_high_water = 0;
  MessageCounters file_events;
  MessageCounters block_notices;
  std::array<RequestCounters, kRequestKindCount> requests{};  // by RequestKind; all zero from an older driver
  QuestionCounters questions;                                 // so is this

  [[nodiscard]] const RequestCounters& of(RequestKind kind) const {
    return requests[static_cast<size_t>(kind)];
  }
};

struct CountersRequest {
  uint32_t connection_id = 0;  // 0: the whole driver
};

namespace detail {

[[nodiscard]] inline bool read_message_counters(ByteReader& reader, MessageCounters& counters) {
  bool complete = reader.read_u64_le(counters.produced) && reader.read_u64_le(counters.delivered) &&
                  reader.read_u64_le(counters.pending) && reader.read_u64_le(counters.paths_cut);
  for (uint64_t& count : counters.dropped) complete = complete && reader.read_u64_le(count);
  return complete;
}

[[nodiscard]] inline bool write_message_counters(ByteWriter& writer, const MessageCounters& counters) {
  bool fits = writer.write_u64_le(counters.produced) && writer.write_u64_le(counters.delivered) &&
              writer.write_u64_le(counters.pending) && writer.write_u64_le(counters.paths_cut);
  for (const uint64_t count : counters.dropped) fits = fits && writer.write_u64_le(count);
  return fits;
}

[[nodiscard]] inline bool read_request_counters(ByteReader& reader, RequestCounters& counters) {
  bool complete = reader.read_u64_le(counters.received) && reader.read_u64_le(counters.accepted) &&
                  reader.read_u64_le(counters.pending);
  for (uint64_t& count : counters.refused) complete = complete && reader.read_u64_le(count);
  return complete;
}

[[nodiscard]] inline bool write_request_counters(ByteWriter& writer, const RequestCounters& counters) {
  bool fits = writer.write_u64_le(counters.received) && writer.write_u64_le(counters.accepted) &&
              writer.write_u64_le(counters.pending);
  for (const uint64_t count : counters.refused) fits = fits && writer.write_u64_le(count);
  return fits;
}

[[nodiscard]] inline bool read_question_counters(ByteReader& reader, QuestionCounters& counters) {
  bool complete = reader.read_u64_le(counters.asked) && reader.read_u64_le(counters.allowed) &&
                  reader.read_u64_le(counters.denied) && reader.read_u64_le(counters.pending);
  for (uint64_t& count : counters.unanswered) complete = complete && reader.read_u64_le(count);
  return complete;
}

[[nodiscard]] inline bool write_question_counters(ByteWriter& writer, const QuestionCounters& counters) {
  bool fits = writer.write_u64_le(counters.asked) && writer.write_u64_le(counters.allowed) &&
              writer.write_u64_le(counters.denied) && writer.write_u64_le(counters.pending);
  for (const uint64_t count : counters.unanswered) fits = fits && writer.write_u64_le(count);
  return fits;
}

}  // namespace detail

// Errors: kTruncated, kUnknownType, kWrongSize, kUnknownField, kReservedNotZero.
[[nodiscard]] inline Result<CountersRequest, DecodeError> decode_counters_request(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_COUNTERS_REQUEST) return DecodeError::kUnknownType;
  const auto known = detail::known_part(bytes, FLTLINK_COUNTERS_REQUEST_SIZE);
  if (!known.ok()) return known.error();
  CountersRequest request;
  ByteReader reader(*known);
  const bool complete = reader.skip(offsetof(FltlinkCountersRequest, connection_id)) &&
                        reader.read_u32_le(request.connection_id);
  FLTLINK_ASSERT(complete);
  if (!all_zero(reader.rest())) return DecodeError::kReservedNotZero;
  return request;
}

// Writes 16 bytes and returns their number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_counters_request(const CountersRequest& request,
                                                                         MutableBytes out) {
  if (out.size() < FLTLINK_COUNTERS_REQUEST_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_COUNTERS_REQUEST_SIZE));
  const bool fits = writer.write_u32_le(FLTLINK_MSG_TYPE_COUNTERS_REQUEST) &&
                    writer.write_u32_le(FLTLINK_COUNTERS_REQUEST_SIZE) &&
                    writer.write_u32_le(request.connection_id) && writer.write_zeros(writer.remaining());
  FLTLINK_ASSERT(fits);
  return writer.written();
}

// `bytes` are those that FilterSendMessage says it returned: 224 of them from a driver that does not count
// requests, or 1392 and what a newer one appends. Whether the books balance is the reader's to judge. Errors:
// kTruncated, kUnknownType, kWrongSize, kUnknownField, kReservedNotZero.
[[nodiscard]] inline Result<CountersReply, DecodeError> decode_counters_reply(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_COUNTERS) return DecodeError::kUnknownType;
  const bool oldest = bytes.size() == FLTLINK_COUNTERS_REPLY_SIZE_OLDEST;
  const auto known =
      detail::known_part(bytes, oldest ? FLTLINK_COUNTERS_REPLY_SIZE_OLDEST : FLTLINK_COUNTERS_REPLY_SIZE,
                         FLTLINK_COUNTERS_REPLY_SIZE_MAX);
  if (!known.ok()) return known.error();
  CountersReply reply;
  Bytes reserved;
  ByteReader reader(*known);
  bool complete =
      reader.skip(offsetof(FltlinkCountersReply, connection_id)) && reader.read_u32_le(reply.connection_id) &&
      reader.read_u32_le(reply.connections) && reader.read_u32_le(reply.queue_messages_max) &&
      reader.read_u32_le(reply.queue_high_water) && reader.read_bytes(2 * sizeof(uint32_t), reserved) &&
      detail::read_message_counters(reader, reply.file_events) &&
      detail::read_message_counters(reader, reply.block_notices);
  for (RequestCounters& counters : reply.requests)
    complete = complete && (oldest || detail::read_request_counters(reader, counters));
  complete = complete && (oldest || detail::read_question_counters(reader, reply.questions));
  FLTLINK_ASSERT(complete);
  if (!all_zero(reserved)) return DecodeError::kReservedNotZero;
  return reply;
}

// Writes 1392 bytes where there is room for them, else the 224 that an older reader asks for, and returns their
// number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_counters_reply(const CountersReply& reply,
                                                                       MutableBytes out) {
  if (out.size() < FLTLINK_COUNTERS_REPLY_SIZE_OLDEST) return EncodeError::kBufferTooSmall;
  const bool whole = out.size() >= FLTLINK_COUNTERS_REPLY_SIZE;
  const uint32_t size = whole ? FLTLINK_COUNTERS_REPLY_SIZE : FLTLINK_COUNTERS_REPLY_SIZE_OLDEST;
  ByteWriter writer(out.first(size));
  bool fits = writer.write_u32_le(FLTLINK_MSG_TYPE_COUNTERS) && writer.write_u32_le(size) &&
              writer.write_u32_le(reply.connection_id) && writer.write_u32_le(reply.connections) &&
              writer.write_u32_le(reply.queue_messages_max) && writer.write_u32_le(reply.queue_high_water) &&
              writer.write_zeros(2 * sizeof(uint32_t)) &&
              detail::write_message_counters(writer, reply.file_events) &&
              detail::write_message_counters(writer, reply.block_notices);
  for (const RequestCounters& counters : reply.requests)
    fits = fits && (!whole || detail::write_request_counters(writer, counters));
  fits = fits && (!whole || detail::write_question_counters(writer, reply.questions));
  FLTLINK_ASSERT(fits && writer.remaining() == 0);
  return writer.written();
}

}  // namespace fltlink
