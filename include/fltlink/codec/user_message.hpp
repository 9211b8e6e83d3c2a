// USER_MESSAGE, service to driver: always 532 bytes, whatever its type (W-1, W-2).
#pragma once

#include <fltlink/codec/message_type.hpp>

namespace fltlink {

struct PolicyUpdate {
  uint32_t version = 0;
  uint32_t flags = 0;  // FLTLINK_PROTECT_*, ASK in 1.1; 0 removes the policy
  // 1 to 259 units. After a decode it points into the decoded bytes.
  Text path;
};

struct ConfigChange {
  bool enable_monitoring = false;
  bool enable_blocking = false;
  uint32_t log_level = 0;
};

// What `type` names is meaningful: policy_update, config_change, or nothing for a status request.
struct UserMessage {
  MESSAGE_TYPE type = MSG_TYPE_STATUS_REQUEST;
  PolicyUpdate policy_update;
  ConfigChange config_change;
};

namespace detail {

// The flags of PolicyFlags that `version` knows.
[[nodiscard]] constexpr uint32_t known_policy_flags(uint32_t version) {
  return version < FLTLINK_VERSION_1_1 ? FLTLINK_PROTECT_ALL : FLTLINK_PROTECT_ALL | FLTLINK_PROTECT_ASK;
}

[[nodiscard]] inline Result<UserMessage, DecodeError> read_policy_update(ByteReader& reader,
                                                                         uint32_t version) {
  UserMessage message{.type = MSG_TYPE_POLICY_UPDATE, .policy_update = {}, .config_change = {}};
  PolicyUpdate& update = message.policy_update;
  Bytes field;
  const bool complete = reader.read_u32_le(update.version) && reader.read_u32_le(update.flags) &&
                        reader.read_bytes(FLTLINK_PATH_FIELD_UNITS * 2, field);
  FLTLINK_ASSERT(complete);
  if ((update.flags & ~known_policy_flags(version)) != 0) return DecodeError::kUnknownFlags;
  const Text text = Text::of_bytes(field);
  const size_t units = text.find(u'\0');
  if (units == text.size()) return DecodeError::kUnterminatedText;
  if (units == 0) return DecodeError::kEmptyPath;
  update.path = text.first(units);
  return message;
}

[[nodiscard]] inline Result<UserMessage, DecodeError> read_config_change(ByteReader& reader) {
  UserMessage message{.type = MSG_TYPE_CONFIG_CHANGE, .policy_update = {}, .config_change = {}};
  uint8_t monitoring = 0;
  uint8_t blocking = 0;
  const bool complete = reader.read_u8(monitoring) && reader.read_u8(blocking) && reader.skip(2) &&
                        reader.read_u32_le(message.config_change.log_level);
  FLTLINK_ASSERT(complete);
  if (monitoring > 1 || blocking > 1) return DecodeError::kNotABoolean;
  message.config_change.enable_monitoring = monitoring == 1;
  message.config_change.enable_blocking = blocking == 1;
  return message;
}

[[nodiscard]] inline bool write_policy_update(ByteWriter& writer, const PolicyUpdate& update) {
  return writer.write_u32_le(update.version) && writer.write_u32_le(update.flags) &&
         writer.write_text_field(update.path, FLTLINK_PATH_FIELD_UNITS);
}

[[nodiscard]] inline bool write_config_change(ByteWriter& writer, const ConfigChange& change) {
  return writer.write_u8(change.enable_monitoring) && writer.write_u8(change.enable_blocking) &&
         writer.write_zeros(2) && writer.write_u32_le(change.log_level);
}

// The reason why `update` cannot travel. A path is never cut here: half a path would protect something else.
[[nodiscard]] inline bool check_policy_update(const PolicyUpdate& update, EncodeError& error) {
  error = EncodeError::kUnknownFlags;
  if ((update.flags & ~known_policy_flags(FLTLINK_VERSION_NEWEST)) != 0) return false;
  error = EncodeError::kEmptyPath;
  if (update.path.empty()) return false;
  error = EncodeError::kTextTooLong;
  if (update.path.size() > FLTLINK_PATH_FIELD_TEXT_UNITS_MAX) return false;
  error = EncodeError::kEmbeddedTerminator;
  return update.path.find(u'\0') == update.path.size();
}

}  // namespace detail

// Errors: kWrongSize (for any size but 532), kUnknownType, kWrongDirection, kUnknownFlags, kUnterminatedText,
// kEmptyPath, kNotABoolean. A path is 1 to 259 units: one without a terminator was cut by its sender and
// would protect something else. Bytes that the type does not use are ignored. `version` is the one of the
// connection.
[[nodiscard]] inline Result<UserMessage, DecodeError> decode_user_message(Bytes bytes, uint32_t version) {
  if (bytes.size() != FLTLINK_USER_MESSAGE_SIZE) return DecodeError::kWrongSize;
  ByteReader reader(bytes);
  MESSAGE_TYPE type = 0;
  const bool complete = reader.read_u32_le(type);
  FLTLINK_ASSERT(complete);
  switch (type) {
    case MSG_TYPE_POLICY_UPDATE:
      return detail::read_policy_update(reader, version);
    case MSG_TYPE_CONFIG_CHANGE:
      return detail::read_config_change(reader);
    case MSG_TYPE_STATUS_REQUEST:
      return UserMessage{};
    default:
      return is_message_of_1_0(type) ? DecodeError::kWrongDirection : DecodeError::kUnknownType;
  }
}

// Writes all 532 bytes and returns their number. Errors: kWrongType, kUnknownFlags, kEmptyPath, kTextTooLong,
// kEmbeddedTerminator, kBufferTooSmall; nothing is written then.
[[nodiscard]] inline Result<size_t, EncodeError> encode_user_message(const UserMessage& message,
                                                                     MutableBytes out) {
  if (!is_message_to_driver(message.type)) return EncodeError::kWrongType;
  const bool is_policy = message.type == MSG_TYPE_POLICY_UPDATE;
  EncodeError error{};
  if (is_policy && !detail::check_policy_update(message.policy_update, error)) return error;
  if (out.size() < FLTLINK_USER_MESSAGE_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_USER_MESSAGE_SIZE));
  bool fits = writer.write_u32_le(message.type);
  if (is_policy) fits = fits && detail::write_policy_update(writer, message.policy_update);
  if (message.type == MSG_TYPE_CONFIG_CHANGE)
    fits = fits && detail::write_config_change(writer, message.config_change);
  fits = fits && writer.write_zeros(writer.remaining());
  FLTLINK_ASSERT(fits);
  return writer.written();
}

}  // namespace fltlink
