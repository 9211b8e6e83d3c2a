// How a client says at connect time what it speaks, and how it learns what was agreed. A client that connects
// without a context speaks 1.0 and gets every default. One that sends a FltlinkConnectContext asks for the
// agreed terms with its first FilterSendMessage, because a connect carries no answer.
//
// Growth: each struct starts with a type or magic and its own size in bytes. New fields are appended. A field
// that lies beyond the sender's size counts as zero; bytes beyond what the reader knows must be zero, else
// the message asks for something unknown and is refused. Zero always means "the default". Reserved fields are
// zero, or refused.
#pragma once

#include <fltlink/wire/limits.h>

#define FLTLINK_CONNECT_MAGIC 0x4B4C4E46u  // the bytes "FNLK"

// Messages outside 1.0.
enum {
  FLTLINK_MSG_TYPE_NEGOTIATE = 0x100,  // service to driver, FltlinkNegotiateRequest
  FLTLINK_MSG_TYPE_TERMS = 0x101       // in the reply to it, FltlinkNegotiateReply
};

// What a connection is for. One connection has one role.
enum {
  FLTLINK_ROLE_CONTROL = 1,  // sends policies, settings and requests; receives nothing
  FLTLINK_ROLE_SUBSCRIBER =
      2,  // receives events and block notices through a queue of its own; may control too
  FLTLINK_ROLE_AUTHORIZER = 3  // is asked about operations (authorize.h); 1.1
};

// Bits of fail_open: when an operation that was put to this authorizer is allowed although no verdict came. In
// all other cases it is denied.
enum {
  FLTLINK_FAIL_OPEN_TIMEOUT = 0x1,         // no answer in time
  FLTLINK_FAIL_OPEN_DISCONNECT = 0x2,      // the authorizer went away while it was asked
  FLTLINK_FAIL_OPEN_OVERLOAD = 0x4,        // too many questions wait for it already
  FLTLINK_FAIL_OPEN_PROTOCOL_ERROR = 0x8,  // the answer is no verdict
  FLTLINK_FAIL_OPEN_FLAGS_ALL = 0xF
};

// 48 bytes, or more by the growth rule, or the 40 up to reserved0: the connection context of
// FilterConnectCommunicationPort. Who asks for nothing of 1.2 sends 40, which every driver takes.
typedef struct FltlinkConnectContext {
  uint32_t magic;
  uint32_t size;  // bytes of this struct as the sender knows it, at most FLTLINK_NEGOTIATION_SIZE_MAX
  // The range of versions the client speaks, both ends included. The highest that both sides speak is agreed.
  uint32_t version_min;
  uint32_t version_max;
  uint32_t role;  // FLTLINK_ROLE_*
  // Bytes of the largest message the client receives, port header not counted; 0 for the default.
  uint32_t message_size_max;
  // Bounds of its queue in the driver; 0 for the default. The driver may grant less.
  uint32_t queue_messages_max;
  uint32_t queue_size_max;
  uint32_t fail_open;  // FLTLINK_FAIL_OPEN_*; of an authorizer, else 0
  uint32_t reserved0;
  // 1.2. Bytes of the largest batch that it takes (record.h), port header not counted; 0: it takes none. At least
  // a record of the largest message. Of a subscriber, else granted as 0.
  uint32_t batch_size_max;
  // How long the driver may keep a message back so that others can join it; 0: not at all. In microseconds, at
  // most FLTLINK_BATCH_DELAY_US_MAX.
  uint32_t batch_delay_us;
} FltlinkConnectContext;

FLTLINK_ASSERT_SIZE(FltlinkConnectContext, FLTLINK_CONNECT_CONTEXT_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, magic, 0);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, version_min, 8);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, version_max, 12);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, role, 16);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, message_size_max, 20);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, queue_messages_max, 24);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, queue_size_max, 28);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, fail_open, 32);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, reserved0, 36);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, batch_size_max, 40);
FLTLINK_ASSERT_OFFSET(FltlinkConnectContext, batch_delay_us, 44);

// 16 bytes, or more by the growth rule: the input of the first FilterSendMessage.
typedef struct FltlinkNegotiateRequest {
  uint32_t type;  // FLTLINK_MSG_TYPE_NEGOTIATE
  uint32_t size;
  uint32_t reserved0;
  uint32_t reserved1;
} FltlinkNegotiateRequest;

FLTLINK_ASSERT_SIZE(FltlinkNegotiateRequest, FLTLINK_NEGOTIATE_REQUEST_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateRequest, type, 0);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateRequest, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateRequest, reserved0, 8);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateRequest, reserved1, 12);

// 48 bytes, or more by the growth rule: the output of that FilterSendMessage. A newer driver leaves out what
// the agreed version does not know, so a client of 1.1 needs room for exactly the 40 up to fail_open.
typedef struct FltlinkNegotiateReply {
  uint32_t type;  // FLTLINK_MSG_TYPE_TERMS
  uint32_t size;
  uint32_t version;             // the agreed version
  uint32_t role;                // FLTLINK_ROLE_*, as asked
  uint32_t message_size_max;    // granted; never zero
  uint32_t queue_messages_max;  // granted; never zero
  uint32_t queue_size_max;      // granted; never zero
  uint32_t connection_id;       // names this connection in the driver's log and counters
  // How long the driver waits for an answer to what it asks; 0: it asks nothing of this connection.
  uint32_t reply_timeout_ms;
  uint32_t fail_open;  // as asked
  // 1.2, granted. 0: no batches; else every message that owes no reply comes in one, and no batch is larger.
  uint32_t batch_size_max;
  uint32_t batch_delay_us;
} FltlinkNegotiateReply;

FLTLINK_ASSERT_SIZE(FltlinkNegotiateReply, FLTLINK_NEGOTIATE_REPLY_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, type, 0);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, version, 8);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, role, 12);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, message_size_max, 16);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, queue_messages_max, 20);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, queue_size_max, 24);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, connection_id, 28);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, reply_timeout_ms, 32);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, fail_open, 36);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, batch_size_max, 40);
FLTLINK_ASSERT_OFFSET(FltlinkNegotiateReply, batch_delay_us, 44);
