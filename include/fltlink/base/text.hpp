// Text: a counted string of 16-bit units that belongs to somebody else. It never relies on a terminator and
// has no demand on alignment, so it can point into a received message, a UNICODE_STRING or a literal alike.
#pragma once

#include <bit>

#include <fltlink/base/bytes.hpp>

namespace fltlink {

static_assert(std::endian::native == std::endian::little, "text units are read as they lie on the wire");

class Text {
 public:
  Text() = default;

  // The first `units` 16-bit units at `data`, of whatever 16-bit character type.
  Text(const void* data, size_t units) : data_(static_cast<const uint8_t*>(data)), size_(units) {}

  // A literal without its terminator.
  template <size_t kCount>
  Text(const char16_t (&literal)[kCount]) : Text(literal, kCount - 1) {}

  // The units that `bytes` hold; an odd last byte is left out.
  [[nodiscard]] static Text of_bytes(Bytes bytes) { return Text(bytes.data(), bytes.size() / 2); }

  // In units.
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] Bytes bytes() const { return Bytes(data_, size_ * 2); }

  // REQUIRES: index < size().
  [[nodiscard]] char16_t operator[](size_t index) const {
    uint16_t unit = 0;
    copy_bytes(&unit, data_ + index * 2, sizeof unit);
    return static_cast<char16_t>(unit);
  }

  // REQUIRES: count <= size().
  [[nodiscard]] Text first(size_t count) const { return Text(data_, count); }
  [[nodiscard]] Text from(size_t index) const { return Text(data_ + index * 2, size_ - index); }

  // The index of the first `unit`, or size() when there is none.
  [[nodiscard]] size_t find(char16_t unit) const {
    size_t index = 0;
    while (size_ - index >= 4 && !has_unit(index, unit)) index += 4;
    while (index < size_ && (*this)[index] != unit) ++index;
    return index;
  }

  friend bool operator==(Text a, Text b) { return equal_bytes(a.bytes(), b.bytes()); }

 private:
  // Whether `unit` is one of the four from `index` on. Taking 1 from each of the four differences sets a highest bit
  // that was clear in the first that is 0, and in none if none is.
  [[nodiscard]] bool has_unit(size_t index, char16_t unit) const {
    constexpr uint64_t kOnes = 0x0001'0001'0001'0001;
    uint64_t differences = 0;
    copy_bytes(&differences, data_ + index * 2, sizeof differences);
    differences ^= kOnes * unit;
    return ((differences - kOnes) & ~differences & kOnes << 15) != 0;
  }

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace fltlink
