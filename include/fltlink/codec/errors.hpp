// Why bytes were refused, and why a message could not be written: one value per reason. docs/PROTOCOL.md says
// which message can meet which.
#pragma once

#include <stdint.h>

namespace fltlink {

enum class DecodeError : uint8_t {
  kTruncated,             // fewer bytes than the fixed part needs
  kWrongSize,             // not the size that this message has, or that it says it has
  kUnknownType,           // a message type that nobody defined
  kWrongDirection,        // a known type that the other side never sends
  kUnterminatedText,      // a text field without a terminator
  kEmptyPath,             // a path of no units where one is demanded
  kOddTextSize,           // a text of half a unit
  kTextTooLong,           // a text beyond its limit
  kAdditionalDataBeyond,  // additional data that reaches beyond the message
  kUnknownFlags,          // a flag bit that nobody defined
  kInconsistentPath,      // flags, path field and whole path contradict each other
  kNotABoolean,           // a byte other than 0 and 1
  kWrongSignature,        // not a signed envelope
  kUnsupportedVersion,    // an envelope of another version
  kChecksumMismatch,      // an envelope that was damaged
  kReplayed,              // a sequence number that is not ahead of the last one
  kWrongMac,              // a sealed envelope that was damaged or forged
  kHashFailed,            // the MAC of a sealed envelope could not be computed
  kWrongMagic,            // not a connect context
  kUnknownRole,           // a role that nobody defined
  kVersionRangeReversed,  // version_min above version_max
  kReservedNotZero,       // a reserved field that says something
  kUnknownField,          // a longer message whose extra bytes say something
  kTermMissing,           // granted terms with a zero in them
  kUnknownVerdict,        // a verdict that nobody defined
  kWrongHeaderSize,       // a record header of an impossible size
  kUnknownClass,          // a record class that nobody defined
};

enum class EncodeError : uint8_t {
  kBufferTooSmall,      // nothing was written
  kTextTooLong,         // a text that may not be cut does not fit its field
  kEmptyPath,           // a path of no units where one is demanded
  kEmbeddedTerminator,  // a text that its reader would see cut
  kUnknownFlags,        // a flag bit that nobody defined
  kWrongType,           // a type that this side never sends
  kUnknownRole,         // a role that nobody defined
  kVersionRangeReversed,
  kTermMissing,   // granted terms with a zero in them
  kUnknownField,  // a field that the version does not have
  kHashFailed,    // the MAC could not be computed
};

}  // namespace fltlink
