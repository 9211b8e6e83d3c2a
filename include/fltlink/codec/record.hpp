// Runs of records: what lies in the ring, and what a batch is.
#pragma once

#include <fltlink/wire/record.h>
#include <fltlink/base/result.hpp>
#include <fltlink/codec/cursor.hpp>
#include <fltlink/codec/errors.hpp>

namespace fltlink {

// One record of a run. `message` is empty and `sequence` may be 0 when `skip` is set.
struct Record {
  bool skip = false;
  uint8_t message_class = FLTLINK_CLASS_TELEMETRY;
  uint64_t sequence = 0;
  Bytes message;
};

// Reads the records of a run one after the other. The run belongs to the caller. After an error the reader
// stays where it was: nothing behind a damaged record can be trusted.
class RecordReader {
 public:
  explicit RecordReader(Bytes run) : reader_(run) {}

  [[nodiscard]] bool at_end() const { return reader_.remaining() == 0; }
  // What has not been read yet.
  [[nodiscard]] Bytes rest() const { return reader_.rest(); }

  // REQUIRES: !at_end(). Errors: kTruncated, kWrongHeaderSize, kWrongSize, kUnknownFlags, kUnknownClass.
  [[nodiscard]] Result<Record, DecodeError> next();

 private:
  ByteReader reader_;
};

namespace detail {

struct RecordFraming {
  uint32_t size = 0;
  uint8_t header_size = 0;
  uint8_t message_class = 0;
  uint16_t flags = 0;
};

// Whether the first 8 bytes of a record can be true; `error` says why not.
[[nodiscard]] inline bool check_framing(const RecordFraming& framing, DecodeError& error) {
  const bool skip = (framing.flags & FLTLINK_RECORD_SKIP) != 0;
  const uint8_t header_min = skip ? FLTLINK_RECORD_SKIP_HEADER_SIZE : FLTLINK_RECORD_HEADER_SIZE;
  error = DecodeError::kUnknownFlags;
  if ((framing.flags & ~FLTLINK_RECORD_FLAGS_ALL) != 0) return false;
  error = DecodeError::kUnknownClass;
  if (framing.message_class >= FLTLINK_CLASS_COUNT) return false;
  error = DecodeError::kWrongHeaderSize;
  if (framing.header_size < header_min || framing.header_size % FLTLINK_RECORD_ALIGNMENT != 0) return false;
  error = DecodeError::kWrongSize;
  return framing.size >= framing.header_size;
}

}  // namespace detail

inline Result<Record, DecodeError> RecordReader::next() {
  FLTLINK_ASSERT(!at_end());
  detail::RecordFraming framing;
  ByteReader ahead = reader_;
  if (!ahead.read_u32_le(framing.size) || !ahead.read_u8(framing.header_size) ||
      !ahead.read_u8(framing.message_class) || !ahead.read_u16_le(framing.flags)) {
    return DecodeError::kTruncated;
  }
  DecodeError error{};
  if (!detail::check_framing(framing, error)) return error;
  Bytes bytes;
  ahead = reader_;
  const uint32_t padding = (0u - framing.size) % FLTLINK_RECORD_ALIGNMENT;
  if (!ahead.read_bytes(framing.size, bytes) || !ahead.skip(padding)) return DecodeError::kTruncated;

  Record record;
  record.skip = (framing.flags & FLTLINK_RECORD_SKIP) != 0;
  record.message_class = framing.message_class;
  if (framing.header_size >= FLTLINK_RECORD_HEADER_SIZE) {
    copy_bytes(&record.sequence, bytes.data() + offsetof(FltlinkRecordHeader, sequence),
               sizeof record.sequence);
  }
  if (!record.skip) record.message = bytes.subspan(framing.header_size);
  reader_ = ahead;
  return record;
}

// Writes a record with a copy of `record.message` and its padding, and returns the bytes taken, a multiple
// of 8. Errors: kBufferTooSmall, and nothing is written. REQUIRES: a known class, and a message of at most
// FLTLINK_MESSAGE_SIZE_MAX bytes.
[[nodiscard]] inline Result<size_t, EncodeError> encode_record(const Record& record, MutableBytes out) {
  FLTLINK_ASSERT(record.message_class < FLTLINK_CLASS_COUNT);
  FLTLINK_ASSERT(record.message.size() <= FLTLINK_MESSAGE_SIZE_MAX);
  const auto size = static_cast<uint32_t>(FLTLINK_RECORD_HEADER_SIZE + record.message.size());
  const uint32_t padding = (0u - size) % FLTLINK_RECORD_ALIGNMENT;
  if (out.size() < size + padding) return EncodeError::kBufferTooSmall;
  ByteWriter writer(out.first(size + padding));
  const bool fits = writer.write_u32_le(size) && writer.write_u8(FLTLINK_RECORD_HEADER_SIZE) &&
                    writer.write_u8(record.message_class) &&
                    writer.write_u16_le(record.skip ? FLTLINK_RECORD_SKIP : 0) &&
                    writer.write_u64_le(record.sequence) && writer.write_bytes(record.message) &&
                    writer.write_zeros(padding);
  FLTLINK_ASSERT(fits);
  return writer.written();
}

}  // namespace fltlink
