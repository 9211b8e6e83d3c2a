// What every message begins with: its type, 32 bits.
#pragma once

#include <fltlink/wire/authorize.h>
#include <fltlink/wire/messages.h>
#include <fltlink/base/result.hpp>
#include <fltlink/codec/cursor.hpp>
#include <fltlink/codec/errors.hpp>

namespace fltlink {

// The first 32 bits of a message, known type or not: what a receiver looks at to choose the decoder. The
// signature of a signed envelope lies at the same place. Errors: kTruncated.
[[nodiscard]] inline Result<MESSAGE_TYPE, DecodeError> peek_message_type(Bytes bytes) {
  MESSAGE_TYPE type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  return type;
}

// The messages of 1.0 by direction. What 1.1 added goes to the driver in structures of its own, so that no type
// but these three travels in a USER_MESSAGE.
[[nodiscard]] constexpr bool is_message_to_service(MESSAGE_TYPE type) {
  return type == MSG_TYPE_FILE_EVENT || type == MSG_TYPE_BLOCK_NOTIFICATION;
}

// What travels as a DRIVER_MESSAGE under `version`.
[[nodiscard]] constexpr bool is_driver_message(MESSAGE_TYPE type, uint32_t version) {
  return is_message_to_service(type) ||
         (type == FLTLINK_MSG_TYPE_AUTHORIZE && version >= FLTLINK_VERSION_1_1);
}

// Has a reason text as its additional data.
[[nodiscard]] constexpr bool has_reason(MESSAGE_TYPE type) {
  return type == MSG_TYPE_BLOCK_NOTIFICATION || type == FLTLINK_MSG_TYPE_AUTHORIZE;
}

[[nodiscard]] constexpr bool is_message_to_driver(MESSAGE_TYPE type) {
  return type == MSG_TYPE_POLICY_UPDATE || type == MSG_TYPE_STATUS_REQUEST || type == MSG_TYPE_CONFIG_CHANGE;
}

// Known to 1.0, in whichever direction.
[[nodiscard]] constexpr bool is_message_of_1_0(MESSAGE_TYPE type) {
  return type >= MSG_TYPE_POLICY_UPDATE && type <= MSG_TYPE_CONFIG_CHANGE;
}

}  // namespace fltlink
