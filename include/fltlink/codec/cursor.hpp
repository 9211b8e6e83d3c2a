// Forward-only cursors over bytes. Every getter and putter either succeeds and advances, or returns false and
// leaves the cursor where it was. Byte order is in the names; there is only little-endian on this wire.
// Callers own the memory; a cursor lives on the stack of one thread.
#pragma once

#include <bit>

#include <fltlink/base/bytes.hpp>
#include <fltlink/base/text.hpp>

namespace fltlink {

static_assert(std::endian::native == std::endian::little, "integers are copied as they lie on the wire");

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  [[nodiscard]] size_t remaining() const { return rest_.size(); }
  // What has not been read yet.
  [[nodiscard]] Bytes rest() const { return rest_; }

  [[nodiscard]] bool read_u8(uint8_t& value) { return read(value); }
  [[nodiscard]] bool read_u16_le(uint16_t& value) { return read(value); }
  [[nodiscard]] bool read_u32_le(uint32_t& value) { return read(value); }
  [[nodiscard]] bool read_i32_le(int32_t& value) { return read(value); }
  [[nodiscard]] bool read_u64_le(uint64_t& value) { return read(value); }
  [[nodiscard]] bool read_i64_le(int64_t& value) { return read(value); }

  [[nodiscard]] bool read_bytes(size_t size, Bytes& bytes) {
    if (rest_.size() < size) return false;
    bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return true;
  }

  [[nodiscard]] bool skip(size_t size) {
    Bytes skipped;
    return read_bytes(size, skipped);
  }

 private:
  template <typename T>
  bool read(T& value) {
    Bytes bytes;
    if (!read_bytes(sizeof value, bytes)) return false;
    copy_bytes(&value, bytes.data(), sizeof value);
    return true;
  }

  Bytes rest_;
};

class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes bytes) : rest_(bytes), size_(bytes.size()) {}

  [[nodiscard]] size_t remaining() const { return rest_.size(); }
  [[nodiscard]] size_t written() const { return size_ - rest_.size(); }

  [[nodiscard]] bool write_u8(uint8_t value) { return write(value); }
  [[nodiscard]] bool write_u16_le(uint16_t value) { return write(value); }
  [[nodiscard]] bool write_u32_le(uint32_t value) { return write(value); }
  [[nodiscard]] bool write_i32_le(int32_t value) { return write(value); }
  [[nodiscard]] bool write_u64_le(uint64_t value) { return write(value); }
  [[nodiscard]] bool write_i64_le(int64_t value) { return write(value); }

  [[nodiscard]] bool write_bytes(Bytes bytes) {
    if (rest_.size() < bytes.size()) return false;
    copy_bytes(rest_.data(), bytes.data(), bytes.size());
    rest_ = rest_.subspan(bytes.size());
    return true;
  }

  [[nodiscard]] bool write_zeros(size_t size) {
    if (rest_.size() < size) return false;
    zero_bytes(rest_.data(), size);
    rest_ = rest_.subspan(size);
    return true;
  }

  // A field of `field_units` units: the text, then zeros to its end.
  // Fails when the text does not leave room for a terminator.
  [[nodiscard]] bool write_text_field(Text text, size_t field_units) {
    if (text.size() >= field_units || rest_.size() < field_units * 2) return false;
    return write_bytes(text.bytes()) && write_zeros((field_units - text.size()) * 2);
  }

 private:
  template <typename T>
  bool write(T value) {
    if (rest_.size() < sizeof value) return false;
    copy_bytes(rest_.data(), &value, sizeof value);
    rest_ = rest_.subspan(sizeof value);
    return true;
  }

  MutableBytes rest_;
  size_t size_;
};

}  // namespace fltlink
