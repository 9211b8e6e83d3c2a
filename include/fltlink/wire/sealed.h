// The sealed envelope of 1.1: any message to the driver, and a MAC over it under the sealing key of its connection
// (authenticate.h). A driver that has a key takes what changes something in this envelope only. The envelope of
// 1.0 (signed.h), whose checksum everybody can compute, is for drivers without one.
#pragma once

#include <fltlink/wire/limits.h>

#define FLTLINK_SEAL_SIGNATURE 0x534C4E46u  // the bytes "FNLS"

// 16 bytes, then the enclosed message, then FLTLINK_MAC_SIZE bytes of MAC over all that is in front of them.
typedef struct FltlinkSealHeader {
  uint32_t signature;  // FLTLINK_SEAL_SIGNATURE
  uint32_t version;    // FLTLINK_VERSION_1_1
  uint32_t sequence;   // by the rule of SIGNED_MESSAGE.SequenceNumber, in a window of its own
  uint32_t size;       // bytes of the whole envelope
} FltlinkSealHeader;

FLTLINK_ASSERT_SIZE(FltlinkSealHeader, FLTLINK_SEAL_HEADER_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkSealHeader, signature, 0);
FLTLINK_ASSERT_OFFSET(FltlinkSealHeader, version, 4);
FLTLINK_ASSERT_OFFSET(FltlinkSealHeader, sequence, 8);
FLTLINK_ASSERT_OFFSET(FltlinkSealHeader, size, 12);
