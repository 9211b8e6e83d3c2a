// The signed envelope of 1.0: seal, open, and the window that refuses a sequence number it has passed.
#pragma once

#include <fltlink/wire/signed.h>
#include <fltlink/base/result.hpp>
#include <fltlink/codec/cursor.hpp>
#include <fltlink/codec/errors.hpp>

namespace fltlink {

// Exclusive or of the bytes as 32-bit little-endian words, the last one filled up with zeros: the same value
// as byte i shifted left by 8 * (i % 4).
[[nodiscard]] inline uint32_t xor_checksum(Bytes bytes) {
  uint32_t checksum = 0;
  uint32_t word = 0;
  ByteReader reader(bytes);
  while (reader.read_u32_le(word)) checksum ^= word;
  word = 0;
  copy_bytes(&word, reader.rest().data(), reader.remaining());
  return checksum ^ word;
}

// The sequence numbers that one connection may still use (S-2). One per connection and starting anew with it;
// not thread-safe: whoever owns the connection holds its lock from open to advance.
class ReplayWindow {
 public:
  // True for the 2^31 - 1 numbers that follow the last one taken, modulo 2^32. A new window takes 1 to
  // 0x7FFFFFFF.
  [[nodiscard]] bool is_ahead(uint32_t sequence) const {
    const uint32_t distance = sequence - last_;
    return distance != 0 && distance <= INT32_MAX;
  }

  // REQUIRES: is_ahead(sequence).
  void advance(uint32_t sequence) {
    FLTLINK_ASSERT(is_ahead(sequence));
    last_ = sequence;
  }

  [[nodiscard]] uint32_t last() const { return last_; }

 private:
  uint32_t last_ = 0;
};

// The message inside the envelope `bytes`, which end where the message ends. Everything is verified before
// the window moves, so a damaged or forged envelope leaves it where it was (S-1). Errors, in this order:
// kTruncated, kWrongSignature, kUnsupportedVersion, kChecksumMismatch, kReplayed.
[[nodiscard]] inline Result<Bytes, DecodeError> open_signed_message(Bytes bytes, ReplayWindow& window) {
  uint32_t signature = 0;
  uint32_t version = 0;
  uint32_t sequence = 0;
  uint32_t checksum = 0;
  ByteReader reader(bytes);
  if (!reader.read_u32_le(signature) || !reader.read_u32_le(version) || !reader.read_u32_le(sequence) ||
      !reader.read_u32_le(checksum)) {
    return DecodeError::kTruncated;
  }
  if (signature != MESSAGE_SIGNATURE) return DecodeError::kWrongSignature;
  if (version != PROTOCOL_VERSION) return DecodeError::kUnsupportedVersion;
  if (checksum != xor_checksum(reader.rest())) return DecodeError::kChecksumMismatch;
  if (!window.is_ahead(sequence)) return DecodeError::kReplayed;
  window.advance(sequence);
  return reader.rest();
}

// Writes the envelope around a copy of `message` and returns its size, 16 + message.size(). `message` may
// already lie in `out` at byte 16. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> seal_signed_message(Bytes message, uint32_t sequence,
                                                                     MutableBytes out) {
  if (out.size() < FLTLINK_SIGNED_DATA_OFFSET || out.size() - FLTLINK_SIGNED_DATA_OFFSET < message.size()) {
    return EncodeError::kBufferTooSmall;
  }
  const uint32_t checksum = xor_checksum(message);
  copy_bytes(out.data() + FLTLINK_SIGNED_DATA_OFFSET, message.data(), message.size());
  ByteWriter writer(out.first(FLTLINK_SIGNED_DATA_OFFSET));
  const bool fits = writer.write_u32_le(MESSAGE_SIGNATURE) && writer.write_u32_le(PROTOCOL_VERSION) &&
                    writer.write_u32_le(sequence) && writer.write_u32_le(checksum);
  FLTLINK_ASSERT(fits);
  return FLTLINK_SIGNED_DATA_OFFSET + message.size();
}

}  // namespace fltlink
