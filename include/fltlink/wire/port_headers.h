// The 16-byte headers that the filter manager puts in front of messages and replies (WIRE-1 to WIRE-4). They
// have our own names because the WDK's headers declare FILTER_MESSAGE_HEADER and FILTER_REPLY_HEADER with the
// same layout.
#pragma once

#include <fltlink/wire/limits.h>

// 16 bytes, in front of every message that FilterGetMessage delivers.
typedef struct FltlinkMessageHeader {
  // 0 when no reply is wanted, else 16 + the bytes of payload that the sender has room for (WIRE-4).
  uint32_t reply_length;
  uint32_t padding;
  // Counted per connection; a reply carries it back (WIRE-14).
  FLTLINK_ALIGN8 uint64_t message_id;
} FltlinkMessageHeader;

FLTLINK_ASSERT_SIZE(FltlinkMessageHeader, FLTLINK_MESSAGE_HEADER_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkMessageHeader, reply_length, 0);
FLTLINK_ASSERT_OFFSET(FltlinkMessageHeader, padding, 4);
FLTLINK_ASSERT_OFFSET(FltlinkMessageHeader, message_id, 8);

// 16 bytes, in front of every reply that FilterReplyMessage sends. A reply's size is 16 + its payload, never
// sizeof of a struct that wraps both (WIRE-7).
typedef struct FltlinkReplyHeader {
  // An NTSTATUS: the sender's FltSendMessage returns it (REPLY-5).
  int32_t status;
  uint32_t padding;
  FLTLINK_ALIGN8 uint64_t message_id;
} FltlinkReplyHeader;

FLTLINK_ASSERT_SIZE(FltlinkReplyHeader, FLTLINK_REPLY_HEADER_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkReplyHeader, status, 0);
FLTLINK_ASSERT_OFFSET(FltlinkReplyHeader, padding, 4);
FLTLINK_ASSERT_OFFSET(FltlinkReplyHeader, message_id, 8);
