// The answer to AUTHORIZE. The question itself is a DriverMessage (driver_message.hpp).
#pragma once

#include <fltlink/wire/authorize.h>
#include <fltlink/codec/connect.hpp>

namespace fltlink {

enum class Verdict : uint32_t {
  kAllow = FLTLINK_VERDICT_ALLOW,
  kDeny = FLTLINK_VERDICT_DENY,
};

// `bytes` are the payload of the reply, as many as came back.
// Errors: kTruncated, kUnknownType, kWrongSize, kUnknownField, kReservedNotZero, kUnknownVerdict.
[[nodiscard]] inline Result<Verdict, DecodeError> decode_verdict(Bytes bytes) {
  uint32_t type = 0;
  if (!ByteReader(bytes).read_u32_le(type)) return DecodeError::kTruncated;
  if (type != FLTLINK_MSG_TYPE_VERDICT) return DecodeError::kUnknownType;
  const auto known = detail::known_part(bytes, FLTLINK_VERDICT_SIZE);
  if (!known.ok()) return known.error();
  uint32_t verdict = 0;
  ByteReader reader(*known);
  const bool complete = reader.skip(offsetof(FltlinkVerdict, verdict)) && reader.read_u32_le(verdict);
  FLTLINK_ASSERT(complete);
  if (!all_zero(reader.rest())) return DecodeError::kReservedNotZero;
  if (verdict != FLTLINK_VERDICT_ALLOW && verdict != FLTLINK_VERDICT_DENY)
    return DecodeError::kUnknownVerdict;
  return static_cast<Verdict>(verdict);
}

// Writes 16 bytes and returns their number. Errors: kBufferTooSmall, and nothing is written.
[[nodiscard]] inline Result<size_t, EncodeError> encode_verdict(Verdict verdict, MutableBytes out) {
  if (out.size() < FLTLINK_VERDICT_SIZE) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(FLTLINK_VERDICT_SIZE));
  const bool fits =
      writer.write_u32_le(FLTLINK_MSG_TYPE_VERDICT) && writer.write_u32_le(FLTLINK_VERDICT_SIZE) &&
      writer.write_u32_le(static_cast<uint32_t>(verdict)) && writer.write_zeros(writer.remaining());
  FLTLINK_ASSERT(fits);
  return writer.written();
}

}  // namespace fltlink
