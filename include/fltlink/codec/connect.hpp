// The connect context, the NEGOTIATE exchange, and the choice of the terms that both sides can live with.
#pragma once

#include <fltlink/wire/connect.h>
#include <fltlink/base/result.hpp>
#include <fltlink/codec/cursor.hpp>
#include <fltlink/codec/errors.hpp>

namespace fltlink {

// What a client asks for. A zero in any but the first three asks for the default.
struct ConnectContext {
  uint32_t version_min = FLTLINK_VERSION_OLDEST;
  uint32_t version_max = FLTLINK_VERSION_NEWEST;
  uint32_t role = FLTLINK_ROLE_SUBSCRIBER;
  uint32_t message_size_max = 0;    // bytes
  uint32_t queue_messages_max = 0;  // messages
  uint32_t queue_size_max = 0;      // bytes
  uint32_t fail_open = 0;           // FLTLINK_FAIL_OPEN_*, of an authorizer
  uint32_t batch_size_max = 0;      // bytes; 0: no batches. 1.2
  uint32_t batch_delay_us = 0;
};

// What was agreed. The defaults are what a client gets that connects without a context.
struct ConnectionTerms {
  uint32_t version = FLTLINK_VERSION_1_0;
  uint32_t role = FLTLINK_ROLE_SUBSCRIBER;
  uint32_t message_size_max = FLTLINK_MESSAGE_SIZE_DEFAULT;
  uint32_t queue_messages_max = FLTLINK_QUEUE_MESSAGES_DEFAULT;
  uint32_t queue_size_max = FLTLINK_QUEUE_SIZE_DEFAULT;
  uint32_t connection_id = 0;
  // Of an authorizer, else 0: how long the driver waits for a verdict, which it alone decides, and what becomes of
  // an operation without one, FLTLINK_FAIL_OPEN_*.
  uint32_t reply_timeout_ms = 0;
  uint32_t fail_open = 0;
  // With a size, whatever owes no reply comes in batches of up to that many bytes, each of them delayed by no more
  // than batch_delay_us.
  uint32_t batch_size_max = 0;
  uint32_t batch_delay_us = 0;
};

// The versions that one side speaks, both ends included.
struct VersionRange {
  uint32_t min = FLTLINK_VERSION_OLDEST;
  uint32_t max = FLTLINK_VERSION_NEWEST;
};

enum class NegotiationError : uint8_t {
  kVersionRangesDoNotMeet,
  kMessageSizeTooSmall,  // below the largest message of 1.0
  kQueueTooSmall,        // below one record of the largest message
  kBatchTooSmall,        // the same
  kRoleNeedsNewerVersion,
};

// The highest version in both ranges. Errors: kVersionRangesDoNotMeet.
[[nodiscard]] inline Result<uint32_t, NegotiationError> select_version(VersionRange a, VersionRange b) {
  const uint32_t max = a.max < b.max ? a.max : b.max;
  if (max < a.min || max < b.min) return NegotiationError::kVersionRangesDoNotMeet;
  return max;
}

// The bytes that a record with a message of `message_size` bytes takes in a queue.
[[nodiscard]] constexpr uint32_t record_size_for(uint32_t message_size) {
  return (FLTLINK_RECORD_HEADER_SIZE + message_size + FLTLINK_RECORD_ALIGNMENT - 1) /
         FLTLINK_RECORD_ALIGNMENT * FLTLINK_RECORD_ALIGNMENT;
}

// Who asks for batches gets none where the agreed version has none, or its role receives no reports.
[[nodiscard]] constexpr bool takes_batches(const ConnectContext& asked, uint32_t version) {
  return asked.batch_size_max != 0 && version >= FLTLINK_VERSION_1_2 && asked.role == FLTLINK_ROLE_SUBSCRIBER;
}

// Grants what `asked` asks for, up to the maximums of limits.h. Any thread, any IRQL.
// Errors: kVersionRangesDoNotMeet, kRoleNeedsNewerVersion, kMessageSizeTooSmall, kQueueTooSmall, kBatchTooSmall:
// the connection is refused.
[[nodiscard]] inline Result<ConnectionTerms, NegotiationError> agree_terms(const ConnectContext& asked,
                                                                           VersionRange spoken,
                                                                           uint32_t connection_id) {
  const auto version = select_version({asked.version_min, asked.version_max}, spoken);
  if (!version.ok()) return version.error();
  const auto grant = [](uint32_t wanted, uint32_t standard, uint32_t max) {
    return wanted == 0 ? standard : wanted < max ? wanted : max;
  };
  const bool authorizes = asked.role == FLTLINK_ROLE_AUTHORIZER;
  if (authorizes && *version < FLTLINK_VERSION_1_1) return NegotiationError::kRoleNeedsNewerVersion;
  ConnectionTerms terms;
  terms.version = *version;
  terms.role = asked.role;
  terms.fail_open = authorizes ? asked.fail_open : 0;
  terms.message_size_max =
      grant(asked.message_size_max, FLTLINK_MESSAGE_SIZE_DEFAULT, FLTLINK_MESSAGE_SIZE_MAX);
  terms.queue_messages_max =
      grant(asked.queue_messages_max, FLTLINK_QUEUE_MESSAGES_DEFAULT, FLTLINK_QUEUE_MESSAGES_MAX);
  terms.queue_size_max = grant(asked.queue_size_max, FLTLINK_QUEUE_SIZE_DEFAULT, FLTLINK_QUEUE_SIZE_MAX);
  terms.connection_id = connection_id;
  if (terms.message_size_max < FLTLINK_MESSAGE_SIZE_MAX_1_0) return NegotiationError::kMessageSizeTooSmall;
  const uint32_t record_size = record_size_for(terms.message_size_max);
  if (terms.queue_size_max < record_size) return NegotiationError::kQueueTooSmall;
  if (!takes_batches(asked, *version)) return terms;
  terms.batch_size_max = grant(asked.batch_size_max, 0, FLTLINK_BATCH_SIZE_MAX);
  terms.batch_delay_us = grant(asked.batch_delay_us, 0, FLTLINK_BATCH_DELAY_US_MAX);
  if (terms.batch_size_max < record_size) return NegotiationError::kBatchTooSmall;
  return terms;
}

[[nodiscard]] constexpr bool is_known_role(uint32_t role) {
  return role >= FLTLINK_ROLE_CONTROL && role <= FLTLINK_ROLE_AUTHORIZER;
}

namespace detail {

// The growth rule: `bytes` hold exactly as many bytes as their size field says, at least those that are
// known, and only zeros beyond them. On success `known` holds the known bytes.
[[nodiscard]] inline Result<Bytes, DecodeError> known_part(Bytes bytes, size_t known_size,
                                                           size_t size_max = FLTLINK_NEGOTIATION_SIZE_MAX) {
  ByteReader reader(bytes);
  uint32_t size = 0;
  if (bytes.size() < known_size) return DecodeError::kTruncated;
  const bool complete = reader.skip(sizeof(uint32_t)) && reader.read_u32_le(size);
  FLTLINK_ASSERT(complete);
  if (size != bytes.size() || size > size_max) return DecodeError::kWrongSize;
  if (!all_zero(bytes.subspan(known_size))) return DecodeError::kUnknownField;
  return bytes.first(known_size);
}

// What 1.2 appended is said by somebody who does not speak it.
template <typename Terms>
[[nodiscard]] constexpr bool has_terms_beyond(const Terms& terms, uint32_t version) {
  return version < FLTLINK_VERSION_1_2 && (terms.batch_size_max != 0 || terms.batch_delay_us != 0);
}

}  // namespace detail

// `bytes` are the whole connection context.
// Errors: kTruncated, kWrongMagic, kWrongSize, kUnknownField, kReservedNotZero, kVersionRangeReversed,
// kUnknownRole, kUnknownFlags.
[[nodiscard]] inline Result<ConnectContext, DecodeError> decode_connect_context(Bytes bytes) {
  uint32_t magic = 0;
  if (!ByteReader(bytes).read_u32_le(magic)) return DecodeError::kTruncated;
  if (magic != FLTLINK_CONNECT_MAGIC) return DecodeError::kWrongMagic;
  const bool oldest = bytes.size() < FLTLINK_CONNECT_CONTEXT_SIZE;
  const auto known =
      detail::known_part(bytes, oldest ? FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST : FLTLINK_CONNECT_CONTEXT_SIZE);
  if (!known.ok()) return known.error();
  ConnectContext context;
  uint32_t reserved = 0;
  ByteReader reader(*known);
  const bool complete =
      reader.skip(offsetof(FltlinkConnectContext, version_min)) && reader.read_u32_le(context.version_min) &&
      reader.read_u32_le(context.version_max) && reader.read_u32_le(context.role) &&
      reader.read_u32_le(context.message_size_max) && reader.read_u32_le(context.queue_messages_max) &&
      reader.read_u32_le(context.queue_size_max) && reader.read_u32_le(context.fail_open) &&
      reader.read_u32_le(reserved) &&
      (oldest || (reader.read_u32_le(context.batch_size_max) && reader.read_u32_le(context.batch_delay_us)));
  FLTLINK_ASSERT(complete);
  if (reserved != 0) return DecodeError::kReservedNotZero;
  if (context.version_min > context.version_max) return DecodeError::kVersionRangeReversed;
  if (!is_known_role(context.role)) return DecodeError::kUnknownRole;
  if ((context.fail_open & ~uint32_t{FLTLINK_FAIL_OPEN_FLAGS_ALL}) != 0) return DecodeError::kUnknownFlags;
  if (detail::has_terms_beyond(context, context.version_max)) return DecodeError::kUnknownField;
  return context;
}

// Writes 48 bytes, or the 40 that say as much where nothing of 1.2 is asked for, and returns their number. Errors:
// kVersionRangeReversed, kUnknownRole, kUnknownFlags, kUnknownField, kBufferTooSmall; nothing is written then.
[[nodiscard]] inline Result<size_t, EncodeError> encode_connect_context(const ConnectContext& context,
                                                                        MutableBytes out) {
  if (context.version_min > context.version_max) return EncodeError::kVersionRangeReversed;
  if (!is_known_role(context.role)) return EncodeError::kUnknownRole;
  if ((context.fail_open & ~uint32_t{FLTLINK_FAIL_OPEN_FLAGS_ALL}) != 0) return EncodeError::kUnknownFlags;
  if (detail::has_terms_beyond(context, context.version_max)) return EncodeError::kUnknownField;
  const bool oldest = context.batch_size_max == 0 && context.batch_delay_us == 0;
  const uint32_t size = oldest ? FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST : FLTLINK_CONNECT_CONTEXT_SIZE;
  if (out.size() < size) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(size));
  const bool fits =
      writer.write_u32_le(FLTLINK_CONNECT_MAGIC) && writer.write_u32_le(size) &&
      writer.write_u32_le(context.version_min) && writer.write_u32_le(context.version_max) &&
      writer.write_u32_le(context.role) && writer.write_u32_le(context.message_size_max) &&
      writer.write_u32_le(context.queue_messages_max) && writer.write_u32_le(context.queue_size_max) &&
      writer.write_u32_le(context.fail_open) && writer.write_u32_le(0) &&
      (oldest ||
       (writer.write_u32_le(context.batch_size_max) && writer.write_u32_le(context.batch_delay_us)));
  FLTLINK_ASSERT(fits && writer.remaining() == 0);
  return writer.written();
}

// What a valid request says beyond being one: nothing yet. A type of its own, so that a Result can carry it.
struct NegotiateRequest {};

// Errors: kTruncated, kUnknownType, kWrongSize, kUnknownField, kReservedNotZero.
[[nodiscard]] inline Result<NegotiateRequest, DecodeError> decode_negotiate_request(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_NEGOTIATE) return DecodeError::kUnknownType;
  const auto known = detail::known_part(bytes, FLTLINK_NEGOTIATE_REQUEST_SIZE);
  if (!known.ok()) return known.error();
  if (!all_zero(known->subspan(offsetof(FltlinkNegotiateRequest, reserved0))))
    return DecodeError::kReservedNotZero;
  return NegotiateRequest{};
}

// Writes 16 bytes and returns their number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_negotiate_request(MutableBytes out) {
  if (out.size() < FLTLINK_NEGOTIATE_REQUEST_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_NEGOTIATE_REQUEST_SIZE));
  const bool fits = writer.write_u32_le(FLTLINK_MSG_TYPE_NEGOTIATE) &&
                    writer.write_u32_le(FLTLINK_NEGOTIATE_REQUEST_SIZE) &&
                    writer.write_zeros(writer.remaining());
  FLTLINK_ASSERT(fits);
  return writer.written();
}

namespace detail {

[[nodiscard]] inline bool has_all_terms(const ConnectionTerms& terms) {
  return terms.version != 0 && terms.message_size_max != 0 && terms.queue_messages_max != 0 &&
         terms.queue_size_max != 0;
}

}  // namespace detail

// `bytes` are those that FilterSendMessage says it returned.
// Errors: kTruncated, kUnknownType, kWrongSize, kUnknownField, kUnknownRole, kTermMissing, kUnknownFlags.
[[nodiscard]] inline Result<ConnectionTerms, DecodeError> decode_negotiate_reply(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_TERMS) return DecodeError::kUnknownType;
  const bool oldest = bytes.size() < FLTLINK_NEGOTIATE_REPLY_SIZE;
  const auto known =
      detail::known_part(bytes, oldest ? FLTLINK_NEGOTIATE_REPLY_SIZE_OLDEST : FLTLINK_NEGOTIATE_REPLY_SIZE);
  if (!known.ok()) return known.error();
  ConnectionTerms terms;
  ByteReader reader(*known);
  const bool complete =
      reader.skip(offsetof(FltlinkNegotiateReply, version)) && reader.read_u32_le(terms.version) &&
      reader.read_u32_le(terms.role) && reader.read_u32_le(terms.message_size_max) &&
      reader.read_u32_le(terms.queue_messages_max) && reader.read_u32_le(terms.queue_size_max) &&
      reader.read_u32_le(terms.connection_id) && reader.read_u32_le(terms.reply_timeout_ms) &&
      reader.read_u32_le(terms.fail_open) &&
      (oldest || (reader.read_u32_le(terms.batch_size_max) && reader.read_u32_le(terms.batch_delay_us)));
  FLTLINK_ASSERT(complete);
  if (!is_known_role(terms.role)) return DecodeError::kUnknownRole;
  if (!detail::has_all_terms(terms)) return DecodeError::kTermMissing;
  if ((terms.fail_open & ~uint32_t{FLTLINK_FAIL_OPEN_FLAGS_ALL}) != 0) return DecodeError::kUnknownFlags;
  if (detail::has_terms_beyond(terms, terms.version)) return DecodeError::kUnknownField;
  return terms;
}

// Writes the 40 bytes of 1.1 or the 48 of 1.2, by the agreed version, and returns their number. Errors: kUnknownRole,
// kTermMissing, kUnknownFlags, kUnknownField, kBufferTooSmall; nothing is written then.
[[nodiscard]] inline Result<size_t, EncodeError> encode_negotiate_reply(const ConnectionTerms& terms,
                                                                        MutableBytes out) {
  if (!is_known_role(terms.role)) return EncodeError::kUnknownRole;
  if (!detail::has_all_terms(terms)) return EncodeError::kTermMissing;
  if ((terms.fail_open & ~uint32_t{FLTLINK_FAIL_OPEN_FLAGS_ALL}) != 0) return EncodeError::kUnknownFlags;
  if (detail::has_terms_beyond(terms, terms.version)) return EncodeError::kUnknownField;
  const bool oldest = terms.version < FLTLINK_VERSION_1_2;
  const uint32_t size = oldest ? FLTLINK_NEGOTIATE_REPLY_SIZE_OLDEST : FLTLINK_NEGOTIATE_REPLY_SIZE;
  if (out.size() < size) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(size));
  const bool fits =
      writer.write_u32_le(FLTLINK_MSG_TYPE_TERMS) && writer.write_u32_le(size) &&
      writer.write_u32_le(terms.version) && writer.write_u32_le(terms.role) &&
      writer.write_u32_le(terms.message_size_max) && writer.write_u32_le(terms.queue_messages_max) &&
      writer.write_u32_le(terms.queue_size_max) && writer.write_u32_le(terms.connection_id) &&
      writer.write_u32_le(terms.reply_timeout_ms) && writer.write_u32_le(terms.fail_open) &&
      (oldest || (writer.write_u32_le(terms.batch_size_max) && writer.write_u32_le(terms.batch_delay_us)));
  FLTLINK_ASSERT(fits && writer.remaining() == 0);
  return writer.written();
}

}  // namespace fltlink
