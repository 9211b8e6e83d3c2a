// The signed envelope of protocol 1.0: a header in front of any message. Its checksum finds damage and
// mistakes; it is no authentication, because everybody can compute it.
#pragma once

#include <fltlink/wire/limits.h>

#define MESSAGE_SIGNATURE 0x444D5246u
#define PROTOCOL_VERSION FLTLINK_VERSION_1_0

// 16 bytes, then the enclosed message at Data to the end of the buffer.
typedef struct SIGNED_MESSAGE {
  uint32_t Signature;  // MESSAGE_SIGNATURE
  uint32_t Version;    // PROTOCOL_VERSION
  // Starts at 1 on each connection and grows; after 0xFFFFFFFF comes 0. A receiver takes a number that is 1
  // to 0x7FFFFFFF ahead of the last one it took, modulo 2^32 (S-2).
  uint32_t SequenceNumber;
  // Of the enclosed message: byte i, shifted left by 8 * (i % 4), all combined by exclusive or.
  uint32_t Checksum;
  uint8_t Data[1];
} SIGNED_MESSAGE, *PSIGNED_MESSAGE;

FLTLINK_ASSERT_SIZE(SIGNED_MESSAGE, 20);
FLTLINK_ASSERT_OFFSET(SIGNED_MESSAGE, Signature, 0);
FLTLINK_ASSERT_OFFSET(SIGNED_MESSAGE, Version, 4);
FLTLINK_ASSERT_OFFSET(SIGNED_MESSAGE, SequenceNumber, 8);
FLTLINK_ASSERT_OFFSET(SIGNED_MESSAGE, Checksum, 12);
FLTLINK_ASSERT_OFFSET(SIGNED_MESSAGE, Data, FLTLINK_SIGNED_DATA_OFFSET);
