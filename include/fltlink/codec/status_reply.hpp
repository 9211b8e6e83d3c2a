// The reply to a status request: REPLY_MESSAGE with a DRIVER_STATUS, 40 bytes (W-4, W-5).
#pragma once

#include <fltlink/wire/messages.h>
#include <fltlink/base/result.hpp>
#include <fltlink/codec/cursor.hpp>
#include <fltlink/codec/errors.hpp>

namespace fltlink {

struct StatusReply {
  int32_t status = 0;  // an NTSTATUS
  uint32_t version = FLTLINK_VERSION_1_0;
  uint32_t active_policies = 0;
  int64_t files_scanned = 0;
  int64_t blocked_operations = 0;
  bool is_enabled = false;
};

// Writes all 40 bytes and returns their number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_status_reply(const StatusReply& reply,
                                                                     MutableBytes out) {
  if (out.size() < FLTLINK_STATUS_REPLY_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_STATUS_REPLY_SIZE));
  const bool fits = writer.write_i32_le(reply.status) && writer.write_u32_le(FLTLINK_DRIVER_STATUS_SIZE) &&
                    writer.write_u32_le(reply.version) && writer.write_u32_le(reply.active_policies) &&
                    writer.write_i64_le(reply.files_scanned) &&
                    writer.write_i64_le(reply.blocked_operations) && writer.write_u8(reply.is_enabled) &&
                    writer.write_zeros(sizeof(DRIVER_STATUS::Padding));
  FLTLINK_ASSERT(fits && writer.remaining() == 0);
  return writer.written();
}

// `bytes` are those that FilterSendMessage says it returned, not the buffer. The last seven are padding.
// Errors: kTruncated (less than the 8 bytes in front), kWrongSize (the bytes or DataSize are not those of a
// DRIVER_STATUS), kNotABoolean.
[[nodiscard]] inline Result<StatusReply, DecodeError> decode_status_reply(Bytes bytes) {
  StatusReply reply;
  uint32_t data_size = 0;
  uint8_t is_enabled = 0;
  ByteReader reader(bytes);
  if (!reader.read_i32_le(reply.status) || !reader.read_u32_le(data_size)) return DecodeError::kTruncated;
  if (data_size != FLTLINK_DRIVER_STATUS_SIZE || reader.remaining() != data_size)
    return DecodeError::kWrongSize;
  const bool complete = reader.read_u32_le(reply.version) && reader.read_u32_le(reply.active_policies) &&
                        reader.read_i64_le(reply.files_scanned) &&
                        reader.read_i64_le(reply.blocked_operations) && reader.read_u8(is_enabled);
  FLTLINK_ASSERT(complete);
  if (is_enabled > 1) return DecodeError::kNotABoolean;
  reply.is_enabled = is_enabled == 1;
  return reply;
}

}  // namespace fltlink
