// The header that frames a message in the ring and, with the same bytes, in a batch: a batch is a run of ring
// records, so sending one copies nothing a second time. 16 + 560 bytes make a plain record nine cache lines
// exactly.
//
// A run is a sequence of records, each starting at a multiple of 8 bytes from the start of the run. A record
// takes its size rounded up to 8; the padding has no meaning. A run ends where its bytes end, between two
// records.
//
// Where a connection has agreed on batches (connect.h), each message of the driver that owes no reply is a run,
// be it of one record. There is nothing in front of it that says so: the terms do, and the size in the first
// record's header must not be taken for a message type.
#pragma once

#include <fltlink/wire/limits.h>

// What a record is worth when space is short: telemetry never takes the room that is kept for critical ones
//
enum {
  FLTLINK_CLASS_TELEMETRY = 0,
  FLTLINK_CLASS_CRITICAL = 1,  // verdicts and block notices
  FLTLINK_CLASS_COUNT = 2
};

// Bits of FltlinkRecordHeader.flags. A reader refuses bits that it does not know.
enum {
  // No message: filler at the end of the ring, or a claim that was given up. Readers step over it.
  FLTLINK_RECORD_SKIP = 0x1,
  FLTLINK_RECORD_FLAGS_ALL = 0x1
};

// 16 bytes. The first 8 decide everything about the framing, so that a ring can publish them with one aligned
// 64-bit store; size 0 is never a record and marks space that is not yet committed.
typedef struct FltlinkRecordHeader {
  uint32_t size;  // bytes of header and message together, padding not counted
  // Where the message starts: 16, or a larger multiple of 8 when a later version appends fields, which a
  // reader that does not know them steps over. A SKIP record may have 8: then it has no sequence.
  uint8_t header_size;
  uint8_t message_class;  // FLTLINK_CLASS_*
  uint16_t flags;         // FLTLINK_RECORD_*
  // Counts the messages accepted on this connection, from 1, in the order of acceptance. 0: not numbered.
  FLTLINK_ALIGN8 uint64_t sequence;
} FltlinkRecordHeader;

// The least header that a SKIP record may have: the gap at the end of a ring can be 8 bytes.
#define FLTLINK_RECORD_SKIP_HEADER_SIZE 8u

FLTLINK_ASSERT_SIZE(FltlinkRecordHeader, FLTLINK_RECORD_HEADER_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkRecordHeader, size, 0);
FLTLINK_ASSERT_OFFSET(FltlinkRecordHeader, header_size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkRecordHeader, message_class, 5);
FLTLINK_ASSERT_OFFSET(FltlinkRecordHeader, flags, 6);
FLTLINK_ASSERT_OFFSET(FltlinkRecordHeader, sequence, 8);
