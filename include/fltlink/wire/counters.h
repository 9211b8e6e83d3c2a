// The COUNTERS exchange of 1.1: what became of every message that the driver produced, of every request that
// it was sent, for one connection or for the whole driver. The growth rules are those of connect.h.
#pragma once

#include <fltlink/wire/connect.h>

enum {
  FLTLINK_MSG_TYPE_COUNTERS_REQUEST = 0x102,  // service to driver, FltlinkCountersRequest
  FLTLINK_MSG_TYPE_COUNTERS = 0x103           // in the reply to it, FltlinkCountersReply
};

// Why a message was dropped. A closed list: adding one is a new version.
enum {
  FLTLINK_DROP_NO_SUBSCRIBER = 0,  // nobody was connected to receive it
  FLTLINK_DROP_QUEUE_FULL = 1,     // its class had no room left
  FLTLINK_DROP_TOO_LARGE = 2,      // it could not fit its connection's queue at all
  FLTLINK_DROP_TIMED_OUT = 3,      // nobody received it within the retry budget
  FLTLINK_DROP_DISCONNECTED = 4,   // its client went away
  FLTLINK_DROP_SHUTDOWN = 5,       // the driver was unloaded
  FLTLINK_DROP_NO_RESOURCES = 6,   // the system had no memory to send it with, within the retry budget
  FLTLINK_DROP_SEND_FAILED = 7,    // the send failed with another status
  FLTLINK_DROP_REASON_COUNT = 8
};

// What a request asks for. A signed envelope counts as what is in it.
enum {
  FLTLINK_REQUEST_OTHER =
      0,  // what it is was not found out: unreadable, unknown, or nothing that a client sends
  FLTLINK_REQUEST_POLICY_UPDATE = 1,
  FLTLINK_REQUEST_STATUS = 2,
  FLTLINK_REQUEST_CONFIG_CHANGE = 3,
  FLTLINK_REQUEST_NEGOTIATE = 4,
  FLTLINK_REQUEST_COUNTERS = 5,
  FLTLINK_REQUEST_GET_NONCE = 6,
  FLTLINK_REQUEST_AUTHENTICATE = 7,
  FLTLINK_REQUEST_KIND_COUNT = 8
};

// Why a request was refused. A closed list: adding one is a new version.
enum {
  FLTLINK_REFUSED_MALFORMED = 0,          // bytes that do not decode, for a reason without a line of its own
  FLTLINK_REFUSED_WRONG_SIZE = 1,         // not the size that this request has
  FLTLINK_REFUSED_WRONG_DIRECTION = 2,    // a message that only the driver sends
  FLTLINK_REFUSED_UNKNOWN_TYPE = 3,       // a type that nobody defined, or not the connection's version
  FLTLINK_REFUSED_WRONG_VERSION = 4,      // an envelope of another version
  FLTLINK_REFUSED_CHECKSUM = 5,           // an envelope that was damaged
  FLTLINK_REFUSED_REPLAYED = 6,           // an envelope whose number was used
  FLTLINK_REFUSED_NOT_AUTHENTICATED = 7,  // the connection has not proved yet who it is
  FLTLINK_REFUSED_WRONG_SENDER = 8,  // a proof or a seal not of the key, or not the process that connected
  FLTLINK_REFUSED_NO_ROOM = 9,       // the answer does not fit the client's memory
  FLTLINK_REFUSED_BY_POLICY_TABLE = 10,  // an older version, a name that no file can have, or no memory left
  FLTLINK_REFUSED_BAD_MEMORY = 11,       // the client's memory is misaligned or has gone
  FLTLINK_REFUSED_NOT_FOUND = 12,        // it asks about a connection that is not there
  FLTLINK_REFUSED_DISCONNECTED = 13,     // it came when its connection was gone; counted for the driver alone
  FLTLINK_REFUSAL_COUNT = 14
};

// Why a question (authorize.h) has no verdict. A closed list as well.
enum {
  FLTLINK_NO_VERDICT_TIMED_OUT = 0,
  FLTLINK_NO_VERDICT_DISCONNECTED = 1,  // the authorizer went away while it was asked
  FLTLINK_NO_VERDICT_OVERLOADED = 2,    // too many waited for it already, or there was no memory to ask with
  FLTLINK_NO_VERDICT_PROTOCOL_ERROR = 3,  // what it answered is no verdict
  FLTLINK_NO_VERDICT_ABANDONED = 4,       // the thread that asked was ended
  FLTLINK_NO_VERDICT_NOBODY = 5,  // nobody was connected who may be asked; counted for the driver alone
  FLTLINK_NO_VERDICT_COUNT = 6
};

// 16 bytes, or more by the growth rule.
typedef struct FltlinkCountersRequest {
  uint32_t type;  // FLTLINK_MSG_TYPE_COUNTERS_REQUEST
  uint32_t size;
  uint32_t connection_id;  // of a live connection; 0 for the whole driver since it was loaded
  uint32_t reserved0;
} FltlinkCountersRequest;

FLTLINK_ASSERT_SIZE(FltlinkCountersRequest, FLTLINK_COUNTERS_REQUEST_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkCountersRequest, type, 0);
FLTLINK_ASSERT_OFFSET(FltlinkCountersRequest, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkCountersRequest, connection_id, 8);
FLTLINK_ASSERT_OFFSET(FltlinkCountersRequest, reserved0, 12);

// 96 bytes, one message type. produced = delivered + the sum of dropped + pending.
typedef struct FltlinkMessageCounters {
  FLTLINK_ALIGN8 uint64_t produced;
  FLTLINK_ALIGN8 uint64_t delivered;
  FLTLINK_ALIGN8 uint64_t pending;
  FLTLINK_ALIGN8 uint64_t paths_cut;  // of produced: sent with less than the whole path (W-6)
  FLTLINK_ALIGN8 uint64_t dropped[FLTLINK_DROP_REASON_COUNT];
} FltlinkMessageCounters;

FLTLINK_ASSERT_SIZE(FltlinkMessageCounters, 96);
FLTLINK_ASSERT_OFFSET(FltlinkMessageCounters, produced, 0);
FLTLINK_ASSERT_OFFSET(FltlinkMessageCounters, delivered, 8);
FLTLINK_ASSERT_OFFSET(FltlinkMessageCounters, pending, 16);
FLTLINK_ASSERT_OFFSET(FltlinkMessageCounters, paths_cut, 24);
FLTLINK_ASSERT_OFFSET(FltlinkMessageCounters, dropped, 32);

// 136 bytes, one kind of request. received = accepted + the sum of refused + pending.
typedef struct FltlinkRequestCounters {
  FLTLINK_ALIGN8 uint64_t received;
  FLTLINK_ALIGN8 uint64_t accepted;
  FLTLINK_ALIGN8 uint64_t pending;  // being answered now
  FLTLINK_ALIGN8 uint64_t refused[FLTLINK_REFUSAL_COUNT];
} FltlinkRequestCounters;

FLTLINK_ASSERT_SIZE(FltlinkRequestCounters, 136);
FLTLINK_ASSERT_OFFSET(FltlinkRequestCounters, received, 0);
FLTLINK_ASSERT_OFFSET(FltlinkRequestCounters, accepted, 8);
FLTLINK_ASSERT_OFFSET(FltlinkRequestCounters, pending, 16);
FLTLINK_ASSERT_OFFSET(FltlinkRequestCounters, refused, 24);

// 80 bytes: what an authorizer was asked. asked = allowed + denied + pending + the sum of unanswered.
typedef struct FltlinkQuestionCounters {
  FLTLINK_ALIGN8 uint64_t asked;
  FLTLINK_ALIGN8 uint64_t allowed;
  FLTLINK_ALIGN8 uint64_t denied;
  FLTLINK_ALIGN8 uint64_t pending;
  FLTLINK_ALIGN8 uint64_t unanswered[FLTLINK_NO_VERDICT_COUNT];
} FltlinkQuestionCounters;

FLTLINK_ASSERT_SIZE(FltlinkQuestionCounters, 80);
FLTLINK_ASSERT_OFFSET(FltlinkQuestionCounters, asked, 0);
FLTLINK_ASSERT_OFFSET(FltlinkQuestionCounters, allowed, 8);
FLTLINK_ASSERT_OFFSET(FltlinkQuestionCounters, denied, 16);
FLTLINK_ASSERT_OFFSET(FltlinkQuestionCounters, pending, 24);
FLTLINK_ASSERT_OFFSET(FltlinkQuestionCounters, unanswered, 32);

// 1392 bytes, or more by the growth rule. In less room, but at least 224 bytes, it ends before `requests`.
typedef struct FltlinkCountersReply {
  uint32_t type;  // FLTLINK_MSG_TYPE_COUNTERS
  uint32_t size;
  uint32_t connection_id;  // as asked
  uint32_t connections;    // how many are connected now
  // Messages: the bound of the queue asked about, and the most that were pending in it at once. For the whole
  // driver: of the largest queue there is or was.
  uint32_t queue_messages_max;
  uint32_t queue_high_water;
  uint32_t reserved0;
  uint32_t reserved1;
  FltlinkMessageCounters file_events;
  FltlinkMessageCounters block_notices;
  FltlinkRequestCounters requests[FLTLINK_REQUEST_KIND_COUNT];
  FltlinkQuestionCounters questions;
} FltlinkCountersReply;

FLTLINK_ASSERT_SIZE(FltlinkCountersReply, FLTLINK_COUNTERS_REPLY_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, type, 0);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, connection_id, 8);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, connections, 12);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, queue_messages_max, 16);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, queue_high_water, 20);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, reserved0, 24);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, reserved1, 28);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, file_events, 32);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, block_notices, 128);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, requests, FLTLINK_COUNTERS_REPLY_SIZE_OLDEST);
FLTLINK_ASSERT_OFFSET(FltlinkCountersReply, questions, 1312);
