// The 16-byte headers of the filter manager, as the service's end of the port reads and writes them.
#pragma once

#include <fltlink/wire/port_headers.h>
#include <fltlink/base/result.hpp>
#include <fltlink/codec/cursor.hpp>
#include <fltlink/codec/errors.hpp>

namespace fltlink {

struct MessageHeader {
  // 0 when no reply is wanted, else 16 + the sender's room for payload (WIRE-4).
  uint32_t reply_length = 0;
  uint64_t message_id = 0;
};

struct ReplyHeader {
  int32_t status = 0;  // an NTSTATUS: the sender gets it as the result of its FltSendMessage (REPLY-5)
  uint64_t message_id = 0;
};

// Reads the header in front of a message; the message is bytes.subspan(16). Errors: kTruncated.
[[nodiscard]] inline Result<MessageHeader, DecodeError> decode_message_header(Bytes bytes) {
  MessageHeader header;
  ByteReader reader(bytes);
  if (!reader.read_u32_le(header.reply_length) || !reader.skip(sizeof(FltlinkMessageHeader::padding)) ||
      !reader.read_u64_le(header.message_id)) {
    return DecodeError::kTruncated;
  }
  return header;
}

// Writes 16 bytes and returns their number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_message_header(const MessageHeader& header,
                                                                       MutableBytes out) {
  if (out.size() < FLTLINK_MESSAGE_HEADER_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_MESSAGE_HEADER_SIZE));
  const bool fits = writer.write_u32_le(header.reply_length) &&
                    writer.write_zeros(sizeof(FltlinkMessageHeader::padding)) &&
                    writer.write_u64_le(header.message_id);
  FLTLINK_ASSERT(fits);
  return writer.written();
}

// Reads the header in front of a reply. Errors: kTruncated.
[[nodiscard]] inline Result<ReplyHeader, DecodeError> decode_reply_header(Bytes bytes) {
  ReplyHeader header;
  ByteReader reader(bytes);
  if (!reader.read_i32_le(header.status) || !reader.skip(sizeof(FltlinkReplyHeader::padding)) ||
      !reader.read_u64_le(header.message_id)) {
    return DecodeError::kTruncated;
  }
  return header;
}

// Writes 16 bytes and returns their number; a reply's payload follows directly, and its size is 16 + the
// payload (WIRE-7). Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_reply_header(const ReplyHeader& header,
                                                                     MutableBytes out) {
  if (out.size() < FLTLINK_REPLY_HEADER_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_REPLY_HEADER_SIZE));
  const bool fits = writer.write_i32_le(header.status) &&
                    writer.write_zeros(sizeof(FltlinkReplyHeader::padding)) &&
                    writer.write_u64_le(header.message_id);
  FLTLINK_ASSERT(fits);
  return writer.written();
}

}  // namespace fltlink
