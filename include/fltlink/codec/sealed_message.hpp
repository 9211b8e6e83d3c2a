// The sealed envelope of 1.1: seal, take apart, open.
//
// `hash` computes HMAC-SHA-256: bool hash(Bytes key, Bytes message, Mac& mac), false when it could not.
#pragma once

#include <fltlink/wire/sealed.h>
#include <fltlink/codec/authenticate.hpp>
#include <fltlink/codec/signed_message.hpp>

namespace fltlink {

// An envelope that is one by its shape; nothing in it is verified. The bytes are the caller's.
struct SealedParts {
  uint32_t sequence = 0;
  Bytes message;
  Bytes covered;  // what the MAC is over
  Mac mac{};
};

// Errors, in this order: kTruncated, kWrongSignature, kUnsupportedVersion, kWrongSize.
[[nodiscard]] inline Result<SealedParts, DecodeError> take_seal_apart(Bytes bytes) {
  uint32_t signature = 0;
  uint32_t version = 0;
  uint32_t size = 0;
  SealedParts parts;
  if (bytes.size() < FLTLINK_SEAL_HEADER_SIZE + FLTLINK_MAC_SIZE) return DecodeError::kTruncated;
  ByteReader reader(bytes);
  const bool complete = reader.read_u32_le(signature) && reader.read_u32_le(version) &&
                        reader.read_u32_le(parts.sequence) && reader.read_u32_le(size);
  FLTLINK_ASSERT(complete);
  if (signature != FLTLINK_SEAL_SIGNATURE) return DecodeError::kWrongSignature;
  if (version != FLTLINK_VERSION_1_1) return DecodeError::kUnsupportedVersion;
  if (size != bytes.size()) return DecodeError::kWrongSize;
  parts.covered = bytes.first(bytes.size() - FLTLINK_MAC_SIZE);
  parts.message = parts.covered.subspan(FLTLINK_SEAL_HEADER_SIZE);
  copy_bytes(parts.mac.data(), bytes.data() + parts.covered.size(), parts.mac.size());
  return parts;
}

// The message inside. Everything is verified before the window moves (S-1). The caller holds the lock of the
// connection, as for open_signed_message(). Errors: those of take_seal_apart(), then kHashFailed, kWrongMac,
// kReplayed.
template <typename Hash>
[[nodiscard]] Result<Bytes, DecodeError> open_sealed_message(Bytes bytes, const Mac& key, Hash&& hash,
                                                             ReplayWindow& window) {
  const auto parts = take_seal_apart(bytes);
  if (!parts.ok()) return parts.error();
  Mac mac;
  if (!hash(Bytes(key), parts->covered, mac)) return DecodeError::kHashFailed;
  if (!equal_in_constant_time(mac, parts->mac)) return DecodeError::kWrongMac;
  if (!window.is_ahead(parts->sequence)) return DecodeError::kReplayed;
  window.advance(parts->sequence);
  return parts->message;
}

// Writes an envelope around a copy of `message`, and returns its size, 48 + message.size(). Errors:
// kBufferTooSmall, and nothing is written; kHashFailed.
template <typename Hash>
[[nodiscard]] Result<size_t, EncodeError> seal_message(Bytes message, uint32_t sequence, const Mac& key,
                                                       Hash&& hash, MutableBytes out) {
  constexpr size_t kOverhead = FLTLINK_SEAL_HEADER_SIZE + FLTLINK_MAC_SIZE;
  if (out.size() < kOverhead || out.size() - kOverhead < message.size()) return EncodeError::kBufferTooSmall;
  const size_t size = kOverhead + message.size();
  ByteWriter writer(out.first(size));
  const bool fits = writer.write_u32_le(FLTLINK_SEAL_SIGNATURE) && writer.write_u32_le(FLTLINK_VERSION_1_1) &&
                    writer.write_u32_le(sequence) && writer.write_u32_le(static_cast<uint32_t>(size)) &&
                    writer.write_bytes(message);
  FLTLINK_ASSERT(fits);
  Mac mac;
  if (!hash(Bytes(key), Bytes(out.first(size - FLTLINK_MAC_SIZE)), mac)) return EncodeError::kHashFailed;
  const bool sealed = writer.write_bytes(mac);
  FLTLINK_ASSERT(sealed);
  return size;
}

}  // namespace fltlink
