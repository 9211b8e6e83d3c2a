// The COUNTERS exchange: the request and the books in the reply.
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

// The books of one message type.
struct MessageCounters {
  uint64_t produced = 0;
  uint64_t delivered = 0;
  uint64_t pending = 0;
  uint64_t paths_cut = 0;
  std::array<uint64_t, kDropReasonCount> dropped{};  // by DropReason

  [[nodiscard]] uint64_t dropped_total() const {
    uint64_t total = 0;
    for (const uint64_t count : dropped) total += count;
    return total;
  }
  [[nodiscard]] bool balanced() const { return produced == delivered + dropped_total() + pending; }
};

inline void add(MessageCounters& sum, const MessageCounters& more) {
  sum.produced += more.produced;
  sum.delivered += more.delivered;
  sum.pending += more.pending;
  sum.paths_cut += more.paths_cut;
  for (size_t reason = 0; reason < kDropReasonCount; ++reason) sum.dropped[reason] += more.dropped[reason];
}

struct CountersReply {
  uint32_t connection_id = 0;
  uint32_t connections = 0;
  uint32_t queue_messages_max = 0;
  uint32_t queue_high_water = 0;
  MessageCounters file_events;
  MessageCounters block_notices;
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

// `bytes` are those that FilterSendMessage says it returned. Whether the books balance is the reader's to
// judge. Errors: kTruncated, kUnknownType, kWrongSize, kUnknownField, kReservedNotZero.
[[nodiscard]] inline Result<CountersReply, DecodeError> decode_counters_reply(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_COUNTERS) return DecodeError::kUnknownType;
  const auto known = detail::known_part(bytes, FLTLINK_COUNTERS_REPLY_SIZE);
  if (!known.ok()) return known.error();
  CountersReply reply;
  Bytes reserved;
  ByteReader reader(*known);
  const bool complete =
      reader.skip(offsetof(FltlinkCountersReply, connection_id)) && reader.read_u32_le(reply.connection_id) &&
      reader.read_u32_le(reply.connections) && reader.read_u32_le(reply.queue_messages_max) &&
      reader.read_u32_le(reply.queue_high_water) && reader.read_bytes(2 * sizeof(uint32_t), reserved) &&
      detail::read_message_counters(reader, reply.file_events) &&
      detail::read_message_counters(reader, reply.block_notices);
  FLTLINK_ASSERT(complete);
  if (!all_zero(reserved)) return DecodeError::kReservedNotZero;
  return reply;
}

// Writes 224 bytes and returns their number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_counters_reply(const CountersReply& reply,
                                                                       MutableBytes out) {
  if (out.size() < FLTLINK_COUNTERS_REPLY_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_COUNTERS_REPLY_SIZE));
  const bool fits =
      writer.write_u32_le(FLTLINK_MSG_TYPE_COUNTERS) && writer.write_u32_le(FLTLINK_COUNTERS_REPLY_SIZE) &&
      writer.write_u32_le(reply.connection_id) && writer.write_u32_le(reply.connections) &&
      writer.write_u32_le(reply.queue_messages_max) && writer.write_u32_le(reply.queue_high_water) &&
      writer.write_zeros(2 * sizeof(uint32_t)) && detail::write_message_counters(writer, reply.file_events) &&
      detail::write_message_counters(writer, reply.block_notices);
  FLTLINK_ASSERT(fits && writer.remaining() == 0);
  return writer.written();
}

}  // namespace fltlink
