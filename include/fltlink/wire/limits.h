// Every maximum of the protocol. "units" are 16-bit text units, "size" is bytes. A sum is derived from its
// terms here and nowhere else, and the relations that code relies on are asserted below.
#pragma once

#include <fltlink/wire/layout.h>

// Protocol versions: major << 16 | minor.
// 1.0 is what a client speaks that connects without a context: the seed's messages, byte for byte.
// 1.1 adds the flags of DRIVER_MESSAGE, the whole path as additional data, and the types from 0x100 on.
// 1.2 adds batches.
#define FLTLINK_VERSION_1_0 0x00010000u
#define FLTLINK_VERSION_1_1 0x00010001u
#define FLTLINK_VERSION_1_2 0x00010002u
#define FLTLINK_VERSION_OLDEST FLTLINK_VERSION_1_0
#define FLTLINK_VERSION_NEWEST FLTLINK_VERSION_1_2

// FilePath and ProtectedPath are fields of 260 units; the last one is room for the terminator.
#define FLTLINK_PATH_FIELD_UNITS 260u
#define FLTLINK_PATH_FIELD_TEXT_UNITS_MAX (FLTLINK_PATH_FIELD_UNITS - 1u)
// The longest name a UNICODE_STRING can count: 65534 bytes.
#define FLTLINK_PATH_UNITS_MAX 32767u
// The reason text of a block notice, without a terminator.
#define FLTLINK_REASON_UNITS_MAX 255u

// Sizes of the v1 messages.
#define FLTLINK_MESSAGE_HEADER_SIZE 16u  // in front of what FilterGetMessage delivers
#define FLTLINK_REPLY_HEADER_SIZE 16u    // in front of what FilterReplyMessage sends
#define FLTLINK_DRIVER_MESSAGE_SIZE 560u
#define FLTLINK_USER_MESSAGE_SIZE 532u
#define FLTLINK_DRIVER_STATUS_SIZE 32u
#define FLTLINK_REPLY_DATA_OFFSET 8u  // REPLY_MESSAGE without its Data
#define FLTLINK_STATUS_REPLY_SIZE (FLTLINK_REPLY_DATA_OFFSET + FLTLINK_DRIVER_STATUS_SIZE)
#define FLTLINK_SIGNED_DATA_OFFSET 16u  // SIGNED_MESSAGE without its Data
#define FLTLINK_SIGNED_USER_MESSAGE_SIZE (FLTLINK_SIGNED_DATA_OFFSET + FLTLINK_USER_MESSAGE_SIZE)

// Additional data starts where DRIVER_MESSAGE ends, never at its field AdditionalData (byte 556).
#define FLTLINK_ADDITIONAL_DATA_OFFSET FLTLINK_DRIVER_MESSAGE_SIZE
#define FLTLINK_REASON_SIZE_MAX (FLTLINK_REASON_UNITS_MAX * 2u)
// In front of a whole path in the additional data: its size in bytes, 32 bits.
#define FLTLINK_FULL_PATH_PREFIX_SIZE 4u
#define FLTLINK_FULL_PATH_SIZE_MAX (FLTLINK_FULL_PATH_PREFIX_SIZE + FLTLINK_PATH_UNITS_MAX * 2u)

// The largest DRIVER_MESSAGE with its additional data, in version 1.0 and in any version known here.
#define FLTLINK_MESSAGE_SIZE_MAX_1_0 (FLTLINK_ADDITIONAL_DATA_OFFSET + FLTLINK_REASON_SIZE_MAX)
#define FLTLINK_MESSAGE_SIZE_MAX (FLTLINK_MESSAGE_SIZE_MAX_1_0 + FLTLINK_FULL_PATH_SIZE_MAX)

// Records of the ring and of batches: a header, a message, and zero to seven bytes of padding.
#define FLTLINK_RECORD_ALIGNMENT 8u
#define FLTLINK_RECORD_HEADER_SIZE 16u
#define FLTLINK_RECORD_SIZE_MAX                                                              \
  ((FLTLINK_RECORD_HEADER_SIZE + FLTLINK_MESSAGE_SIZE_MAX + FLTLINK_RECORD_ALIGNMENT - 1u) / \
   FLTLINK_RECORD_ALIGNMENT * FLTLINK_RECORD_ALIGNMENT)

// The connect context and the NEGOTIATE exchange: the size that 1.1 defines, the one that is known here, and the
// largest that is read at all.
#define FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST 40u
#define FLTLINK_CONNECT_CONTEXT_SIZE 48u
#define FLTLINK_NEGOTIATE_REQUEST_SIZE 16u
#define FLTLINK_NEGOTIATE_REPLY_SIZE_OLDEST 40u
#define FLTLINK_NEGOTIATE_REPLY_SIZE 48u
#define FLTLINK_NEGOTIATION_SIZE_MAX 256u
#define FLTLINK_VERDICT_SIZE 16u
#define FLTLINK_COUNTERS_REQUEST_SIZE 16u
// Its reply: with the messages alone, as it was first defined; with the requests too; and the largest that is
// read.
#define FLTLINK_COUNTERS_REPLY_SIZE_OLDEST 224u
#define FLTLINK_COUNTERS_REPLY_SIZE 1392u
#define FLTLINK_COUNTERS_REPLY_SIZE_MAX 4096u

// The authentication of 1.1 and its sealed envelope.
#define FLTLINK_NONCE_SIZE 32u
#define FLTLINK_MAC_SIZE 32u  // HMAC-SHA-256
#define FLTLINK_KEY_SIZE_MIN 16u
#define FLTLINK_KEY_SIZE_MAX 64u
#define FLTLINK_NONCE_REQUEST_SIZE 16u
#define FLTLINK_NONCE_REPLY_SIZE (16u + FLTLINK_NONCE_SIZE)
#define FLTLINK_AUTHENTICATE_SIZE (16u + FLTLINK_MAC_SIZE)
#define FLTLINK_BINDING_SIZE (32u + FLTLINK_NONCE_SIZE + 8u + FLTLINK_CONNECT_CONTEXT_SIZE)
#define FLTLINK_SEAL_HEADER_SIZE 16u
#define FLTLINK_SEALED_USER_MESSAGE_SIZE \
  (FLTLINK_SEAL_HEADER_SIZE + FLTLINK_USER_MESSAGE_SIZE + FLTLINK_MAC_SIZE)

// What one connection may ask for, and what it gets when it asks for nothing (zero).
#define FLTLINK_CONNECTIONS_MAX 10u
#define FLTLINK_QUEUE_MESSAGES_DEFAULT 1000u
#define FLTLINK_QUEUE_MESSAGES_MAX 65536u
#define FLTLINK_QUEUE_SIZE_DEFAULT 0x00100000u
#define FLTLINK_QUEUE_SIZE_MAX 0x04000000u
#define FLTLINK_MESSAGE_SIZE_DEFAULT FLTLINK_MESSAGE_SIZE_MAX_1_0
// Nobody gets batches who does not ask for them.
#define FLTLINK_BATCH_SIZE_MAX 0x00100000u
#define FLTLINK_BATCH_DELAY_US_MAX 100000u

FLTLINK_STATIC_ASSERT(FLTLINK_VERSION_OLDEST <= FLTLINK_VERSION_NEWEST, "the version range is not empty");
FLTLINK_STATIC_ASSERT(FLTLINK_PATH_FIELD_UNITS <= FLTLINK_PATH_UNITS_MAX,
                      "a field holds no more than a whole path");
FLTLINK_STATIC_ASSERT(FLTLINK_MESSAGE_SIZE_MAX_1_0 == 1070u, "560 + 2 * 255");
FLTLINK_STATIC_ASSERT(FLTLINK_STATUS_REPLY_SIZE == 40u, "8 + 32");
FLTLINK_STATIC_ASSERT(FLTLINK_SIGNED_USER_MESSAGE_SIZE == 548u, "16 + 532");
FLTLINK_STATIC_ASSERT(FLTLINK_SEALED_USER_MESSAGE_SIZE == 580u, "16 + 532 + 32");
FLTLINK_STATIC_ASSERT(FLTLINK_RECORD_HEADER_SIZE % FLTLINK_RECORD_ALIGNMENT == 0, "payloads are aligned");
FLTLINK_STATIC_ASSERT(FLTLINK_MESSAGE_SIZE_DEFAULT <= FLTLINK_MESSAGE_SIZE_MAX,
                      "a default is within its maximum");
FLTLINK_STATIC_ASSERT(FLTLINK_QUEUE_MESSAGES_DEFAULT <= FLTLINK_QUEUE_MESSAGES_MAX,
                      "a default is within its maximum");
FLTLINK_STATIC_ASSERT(FLTLINK_QUEUE_SIZE_DEFAULT <= FLTLINK_QUEUE_SIZE_MAX,
                      "a default is within its maximum");
FLTLINK_STATIC_ASSERT(FLTLINK_RECORD_SIZE_MAX <= FLTLINK_QUEUE_SIZE_DEFAULT,
                      "one record always fits the queue");
FLTLINK_STATIC_ASSERT(FLTLINK_RECORD_SIZE_MAX <= FLTLINK_BATCH_SIZE_MAX,
                      "the largest batch holds any record");
FLTLINK_STATIC_ASSERT(FLTLINK_QUEUE_MESSAGES_DEFAULT*(FLTLINK_RECORD_HEADER_SIZE +
                                                      FLTLINK_DRIVER_MESSAGE_SIZE) <=
                          FLTLINK_QUEUE_SIZE_DEFAULT,
                      "the default bytes hold the default count of plain messages");
FLTLINK_STATIC_ASSERT(FLTLINK_COUNTERS_REPLY_SIZE <= FLTLINK_COUNTERS_REPLY_SIZE_MAX,
                      "the known part is read whole");
FLTLINK_STATIC_ASSERT(FLTLINK_CONNECT_CONTEXT_SIZE <= FLTLINK_NEGOTIATION_SIZE_MAX,
                      "the known part is read whole");
FLTLINK_STATIC_ASSERT(FLTLINK_NEGOTIATION_SIZE_MAX <= 0xFFE7u,
                      "a connect context fits its extended attribute (CONN-3)");
