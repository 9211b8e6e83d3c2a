// DRIVER_MESSAGE and its additional data, driver to service: encode in place and decode into a view.
#pragma once

#include <fltlink/codec/message_type.hpp>

namespace fltlink {

// A file event, a block notice or a question to the authorizer. Encoding reads it, decoding returns it; the texts point into memory of the
// caller (encode) or into the decoded bytes (decode) and live as long as that does.
struct DriverMessage {
  MESSAGE_TYPE type = MSG_TYPE_FILE_EVENT;  // or MSG_TYPE_BLOCK_NOTIFICATION, FLTLINK_MSG_TYPE_AUTHORIZE
  uint32_t process_id = 0;
  uint32_t thread_id = 0;
  int64_t timestamp = 0;  // 100 ns since 1601-01-01 UTC
  Text path;              // at most FLTLINK_PATH_UNITS_MAX units
  // `path` is the beginning of a longer path that is not at hand.
  bool path_cut = false;
  uint32_t operation = 0;     // an IRP_MJ_ number
  int32_t result_status = 0;  // an NTSTATUS
  // Why a block notice was sent or a question is asked; empty for a file event. Encoding keeps its first
  // FLTLINK_REASON_UNITS_MAX units.
  Text reason;
};

// What the receiver of a message understands and has room for; agreed when it connected. The default is a
// client that connected without a context.
struct DriverMessageTerms {
  uint32_t version = FLTLINK_VERSION_1_0;
  uint32_t message_size_max = FLTLINK_MESSAGE_SIZE_DEFAULT;
};

namespace detail {

// The units of `path` that a reader of the terminated field sees.
[[nodiscard]] inline size_t visible_path_units(Text path) {
  const size_t field_max = FLTLINK_PATH_FIELD_TEXT_UNITS_MAX;
  return path.first(path.size() < field_max ? path.size() : field_max).find(u'\0');
}

}  // namespace detail

// How one message will lie in memory. `size` bytes are needed for it.
struct DriverMessagePlan {
  size_t size = 0;
  size_t field_units = 0;   // of the path, that go into FilePath
  size_t reason_size = 0;   // bytes
  uint32_t flags = 0;       // FLTLINK_MESSAGE_*, as they go on the wire
  bool path_lost = false;   // the receiver gets less than the whole path: to be counted (W-6)
  bool reason_cut = false;  // the receiver gets less than the whole reason: to be counted
};

// Decides how `message` is laid out under `terms`. Never fails; any thread, any IRQL that may touch the path.
// REQUIRES: message.path.size() <= FLTLINK_PATH_UNITS_MAX, terms.message_size_max >=
// FLTLINK_MESSAGE_SIZE_MAX_1_0, and a type that the driver sends under terms.version.
[[nodiscard]] inline DriverMessagePlan plan_driver_message(const DriverMessage& message,
                                                           const DriverMessageTerms& terms) {
  FLTLINK_ASSERT(message.path.size() <= FLTLINK_PATH_UNITS_MAX);
  FLTLINK_ASSERT(terms.message_size_max >= FLTLINK_MESSAGE_SIZE_MAX_1_0);
  FLTLINK_ASSERT(is_driver_message(message.type, terms.version));
  DriverMessagePlan plan;
  plan.field_units = detail::visible_path_units(message.path);
  const size_t reason_size = has_reason(message.type) ? message.reason.bytes().size() : 0;
  plan.reason_size = reason_size < FLTLINK_REASON_SIZE_MAX ? reason_size : FLTLINK_REASON_SIZE_MAX;
  plan.reason_cut = plan.reason_size < reason_size;
  plan.size = FLTLINK_ADDITIONAL_DATA_OFFSET + plan.reason_size;

  const bool field_cut = plan.field_units < message.path.size();
  plan.path_lost = field_cut || message.path_cut;
  if (!plan.path_lost || terms.version < FLTLINK_VERSION_1_1) return plan;
  plan.flags = FLTLINK_MESSAGE_PATH_CUT;
  const size_t whole_size = plan.size + FLTLINK_FULL_PATH_PREFIX_SIZE + message.path.bytes().size();
  if (!message.path_cut && whole_size <= terms.message_size_max) {
    plan.flags |= FLTLINK_MESSAGE_FULL_PATH;
    plan.size = whole_size;
    plan.path_lost = false;
  }
  return plan;
}

// Writes the message that `plan` (made from this very `message`) describes into the first plan.size bytes of
// `out`, every byte of them, and nothing beyond. Never blocks, takes no memory. Errors: kBufferTooSmall, and
// nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_driver_message(const DriverMessage& message,
                                                                       const DriverMessagePlan& plan,
                                                                       MutableBytes out) {
  if (out.size() < plan.size) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(plan.size));
  bool fits = writer.write_u32_le(message.type) && writer.write_u32_le(message.process_id) &&
              writer.write_u32_le(message.thread_id) && writer.write_u32_le(plan.flags) &&
              writer.write_i64_le(message.timestamp) &&
              writer.write_text_field(message.path.first(plan.field_units), FLTLINK_PATH_FIELD_UNITS) &&
              writer.write_u32_le(message.operation) && writer.write_i32_le(message.result_status) &&
              writer.write_u32_le(static_cast<uint32_t>(plan.size - FLTLINK_ADDITIONAL_DATA_OFFSET)) &&
              writer.write_zeros(FLTLINK_ADDITIONAL_DATA_OFFSET - offsetof(DRIVER_MESSAGE, AdditionalData));
  if ((plan.flags & FLTLINK_MESSAGE_FULL_PATH) != 0) {
    const Bytes path = message.path.bytes();
    fits = fits && writer.write_u32_le(static_cast<uint32_t>(path.size())) && writer.write_bytes(path);
  }
  fits = fits && writer.write_bytes(message.reason.bytes().first(plan.reason_size));
  FLTLINK_ASSERT(fits && writer.remaining() == 0);
  return plan.size;
}

// Plans and writes in one step, for callers that do not reserve space first.
[[nodiscard]] inline Result<size_t, EncodeError> encode_driver_message(const DriverMessage& message,
                                                                       const DriverMessageTerms& terms,
                                                                       MutableBytes out) {
  return encode_driver_message(message, plan_driver_message(message, terms), out);
}

namespace detail {

// The fixed 560 bytes as far as they still need a judgement.
struct DriverMessageFixed {
  DriverMessage message;
  uint32_t flags = 0;
  Text path_field;
  uint32_t additional_size = 0;
};

[[nodiscard]] inline bool read_fixed_part(ByteReader& reader, DriverMessageFixed& fixed) {
  DriverMessage& message = fixed.message;
  Bytes field;
  const bool complete =
      reader.read_u32_le(message.type) && reader.read_u32_le(message.process_id) &&
      reader.read_u32_le(message.thread_id) && reader.read_u32_le(fixed.flags) &&
      reader.read_i64_le(message.timestamp) && reader.read_bytes(FLTLINK_PATH_FIELD_UNITS * 2, field) &&
      reader.read_u32_le(message.operation) && reader.read_i32_le(message.result_status) &&
      reader.read_u32_le(fixed.additional_size) &&
      reader.skip(FLTLINK_ADDITIONAL_DATA_OFFSET - offsetof(DRIVER_MESSAGE, AdditionalData));
  fixed.path_field = Text::of_bytes(field);
  return complete;
}

// Takes the whole path off the front of the additional data and checks it against the path field.
[[nodiscard]] inline Result<Text, DecodeError> read_full_path(ByteReader& reader, Text field) {
  uint32_t size = 0;
  Bytes bytes;
  if (!reader.read_u32_le(size) || !reader.read_bytes(size, bytes)) return DecodeError::kAdditionalDataBeyond;
  if (size % 2 != 0) return DecodeError::kOddTextSize;
  const Text path = Text::of_bytes(bytes);
  if (path.size() > FLTLINK_PATH_UNITS_MAX) return DecodeError::kTextTooLong;
  const size_t visible = visible_path_units(path);
  if (visible == path.size() || !(path.first(visible) == field)) return DecodeError::kInconsistentPath;
  return path;
}

[[nodiscard]] inline Result<Text, DecodeError> read_reason(const ByteReader& reader) {
  if (reader.remaining() % 2 != 0) return DecodeError::kOddTextSize;
  if (reader.remaining() > FLTLINK_REASON_SIZE_MAX) return DecodeError::kTextTooLong;
  return Text::of_bytes(reader.rest());
}

[[nodiscard]] inline Result<DriverMessage, DecodeError> read_additional_data(DriverMessage message,
                                                                             uint32_t flags,
                                                                             Bytes additional) {
  ByteReader reader(additional);
  if ((flags & ~uint32_t{FLTLINK_MESSAGE_FLAGS_ALL}) != 0) return DecodeError::kUnknownFlags;
  if (flags == FLTLINK_MESSAGE_FULL_PATH) return DecodeError::kInconsistentPath;
  message.path_cut = flags == FLTLINK_MESSAGE_PATH_CUT;
  if ((flags & FLTLINK_MESSAGE_FULL_PATH) != 0) {
    const auto path = read_full_path(reader, message.path);
    if (!path.ok()) return path.error();
    message.path = *path;
  }
  if (has_reason(message.type)) {
    const auto reason = read_reason(reader);
    if (!reason.ok()) return reason.error();
    message.reason = *reason;
  }
  return message;
}

}  // namespace detail

// Reads one message from the front of `bytes` (what follows the 16-byte port header). Bytes after its
// additional data are no part of it: a synchronous FilterGetMessage does not say how many arrived. Additional
// data of a file event is stepped over, because no version defines any but the whole path. `version` is the
// one of the connection; under 1.0 the word that holds the flags is padding and is ignored. Errors:
// kTruncated, kUnknownType, kWrongDirection, kUnterminatedText, kUnknownFlags, kInconsistentPath,
// kAdditionalDataBeyond, kOddTextSize, kTextTooLong.
[[nodiscard]] inline Result<DriverMessage, DecodeError> decode_driver_message(Bytes bytes, uint32_t version) {
  detail::DriverMessageFixed fixed;
  Bytes additional;
  ByteReader reader(bytes);
  if (!detail::read_fixed_part(reader, fixed)) return DecodeError::kTruncated;
  DriverMessage& message = fixed.message;
  if (!is_driver_message(message.type, version)) {
    return is_message_of_1_0(message.type) ? DecodeError::kWrongDirection : DecodeError::kUnknownType;
  }
  if (!reader.read_bytes(fixed.additional_size, additional)) return DecodeError::kAdditionalDataBeyond;
  const size_t path_units = fixed.path_field.find(u'\0');
  if (path_units == fixed.path_field.size()) return DecodeError::kUnterminatedText;
  message.path = fixed.path_field.first(path_units);
  const uint32_t flags = version < FLTLINK_VERSION_1_1 ? 0 : fixed.flags;
  return detail::read_additional_data(message, flags, additional);
}

}  // namespace fltlink
