// GET_NONCE and AUTHENTICATE, and the bytes that a proof and a sealing key are MACs of. The MAC itself is computed
// by whoever has a cryptographic library: BCrypt in the driver, OpenSSL in the service.
#pragma once

#include <array>
#include <compare>

#include <fltlink/wire/authenticate.h>
#include <fltlink/codec/connect.hpp>

namespace fltlink {

using Nonce = std::array<uint8_t, FLTLINK_NONCE_SIZE>;
using Mac = std::array<uint8_t, FLTLINK_MAC_SIZE>;

// Takes as long for a difference at the start as for one at the end, so that nobody learns from the time how much
// of a forged MAC was right.
[[nodiscard]] inline bool equal_in_constant_time(const Mac& a, const Mac& b) {
  volatile uint8_t difference = 0;
  for (size_t index = 0; index < a.size(); ++index)
    difference = static_cast<uint8_t>(difference | (a[index] ^ b[index]));
  return difference == 0;
}

// Zeros that no optimiser leaves out.
inline void wipe(MutableBytes secret) {
  volatile uint8_t* byte = secret.data();
  for (size_t index = 0; index < secret.size(); ++index) byte[index] = 0;
}

// What a valid request says beyond being one: nothing yet.
struct NonceRequest {};

// Errors: kTruncated, kUnknownType, kWrongSize, kUnknownField, kReservedNotZero.
[[nodiscard]] inline Result<NonceRequest, DecodeError> decode_nonce_request(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_GET_NONCE) return DecodeError::kUnknownType;
  const auto known = detail::known_part(bytes, FLTLINK_NONCE_REQUEST_SIZE);
  if (!known.ok()) return known.error();
  if (!all_zero(known->subspan(offsetof(FltlinkNonceRequest, reserved0))))
    return DecodeError::kReservedNotZero;
  return NonceRequest{};
}

// Writes 16 bytes and returns their number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_nonce_request(MutableBytes out) {
  if (out.size() < FLTLINK_NONCE_REQUEST_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_NONCE_REQUEST_SIZE));
  const bool fits = writer.write_u32_le(FLTLINK_MSG_TYPE_GET_NONCE) &&
                    writer.write_u32_le(FLTLINK_NONCE_REQUEST_SIZE) && writer.write_zeros(writer.remaining());
  FLTLINK_ASSERT(fits);
  return writer.written();
}

struct NonceReply {
  uint32_t connection_id = 0;  // never zero on the wire
  uint32_t attempts_left = 0;
  Nonce nonce{};
};

// Errors: kTruncated, kUnknownType, kWrongSize, kUnknownField, kTermMissing (the connection id).
[[nodiscard]] inline Result<NonceReply, DecodeError> decode_nonce_reply(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_NONCE) return DecodeError::kUnknownType;
  const auto known = detail::known_part(bytes, FLTLINK_NONCE_REPLY_SIZE);
  if (!known.ok()) return known.error();
  NonceReply reply;
  Bytes nonce;
  ByteReader reader(*known);
  const bool complete = reader.skip(offsetof(FltlinkNonceReply, connection_id)) &&
                        reader.read_u32_le(reply.connection_id) && reader.read_u32_le(reply.attempts_left) &&
                        reader.read_bytes(reply.nonce.size(), nonce);
  FLTLINK_ASSERT(complete);
  if (reply.connection_id == 0) return DecodeError::kTermMissing;
  copy_bytes(reply.nonce.data(), nonce.data(), nonce.size());
  return reply;
}

// Writes 48 bytes and returns their number. Errors: kTermMissing, kBufferTooSmall; nothing is written then.
[[nodiscard]] inline Result<size_t, EncodeError> encode_nonce_reply(const NonceReply& reply,
                                                                    MutableBytes out) {
  if (reply.connection_id == 0) return EncodeError::kTermMissing;
  if (out.size() < FLTLINK_NONCE_REPLY_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_NONCE_REPLY_SIZE));
  const bool fits = writer.write_u32_le(FLTLINK_MSG_TYPE_NONCE) &&
                    writer.write_u32_le(FLTLINK_NONCE_REPLY_SIZE) &&
                    writer.write_u32_le(reply.connection_id) && writer.write_u32_le(reply.attempts_left) &&
                    writer.write_bytes(reply.nonce);
  FLTLINK_ASSERT(fits);
  return writer.written();
}

// The proof. Errors: kTruncated, kUnknownType, kWrongSize, kUnknownField, kReservedNotZero.
[[nodiscard]] inline Result<Mac, DecodeError> decode_authenticate(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_AUTHENTICATE) return DecodeError::kUnknownType;
  const auto known = detail::known_part(bytes, FLTLINK_AUTHENTICATE_SIZE);
  if (!known.ok()) return known.error();
  constexpr size_t kReserved = offsetof(FltlinkAuthenticate, reserved0);
  constexpr size_t kProof = offsetof(FltlinkAuthenticate, proof);
  if (!all_zero(known->subspan(kReserved, kProof - kReserved))) return DecodeError::kReservedNotZero;
  Mac proof;
  copy_bytes(proof.data(), known->data() + kProof, proof.size());
  return proof;
}

// Writes 48 bytes and returns their number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_authenticate(const Mac& proof, MutableBytes out) {
  if (out.size() < FLTLINK_AUTHENTICATE_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_AUTHENTICATE_SIZE));
  const bool fits = writer.write_u32_le(FLTLINK_MSG_TYPE_AUTHENTICATE) &&
                    writer.write_u32_le(FLTLINK_AUTHENTICATE_SIZE) && writer.write_zeros(8) &&
                    writer.write_bytes(proof);
  FLTLINK_ASSERT(fits);
  return writer.written();
}

// What a MAC of a connection is for.
enum class MacPurpose : uint8_t {
  kProof,
  kSeal,
};

// What ties a MAC to one connection.
struct Binding {
  Nonce nonce{};
  uint32_t connection_id = 0;
  uint32_t process_id = 0;
  ConnectContext context;
};

struct BindingBytes {
  std::array<uint8_t, FLTLINK_BINDING_SIZE> room{};
  size_t size = 0;

  // What the MAC is made of.
  [[nodiscard]] Bytes bytes() const { return Bytes(room).first(size); }
  friend auto operator<=>(const BindingBytes&, const BindingBytes&) = default;
};

// REQUIRES: a context that encode_connect_context() takes, as one that was connected with is.
[[nodiscard]] inline BindingBytes encode_binding(MacPurpose purpose, const Binding& binding) {
  constexpr char kProof[sizeof(FltlinkBinding::label)] = FLTLINK_LABEL_PROOF;
  constexpr char kSeal[sizeof(FltlinkBinding::label)] = FLTLINK_LABEL_SEAL;
  BindingBytes binding_bytes;
  ByteWriter writer(binding_bytes.room);
  const char* label = purpose == MacPurpose::kProof ? kProof : kSeal;
  const bool fits =
      writer.write_bytes(Bytes(reinterpret_cast<const uint8_t*>(label), sizeof(FltlinkBinding::label))) &&
      writer.write_bytes(binding.nonce) && writer.write_u32_le(binding.connection_id) &&
      writer.write_u32_le(binding.process_id);
  FLTLINK_ASSERT(fits);
  const auto size =
      encode_connect_context(binding.context, MutableBytes(binding_bytes.room).subspan(writer.written()));
  FLTLINK_ASSERT(size.ok());
  binding_bytes.size = writer.written() + *size;
  return binding_bytes;
}

}  // namespace fltlink
