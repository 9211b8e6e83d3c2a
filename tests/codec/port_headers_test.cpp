#include <fltlink/codec/port_headers.hpp>
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/bytes.hpp"

namespace fltlink {
namespace {

using test::ByteVector;

// WIRE-1, WIRE-2, WIRE-17: exactly 16 bytes are enough.
TEST(PortHeadersTest, EveryLengthBelow16IsRefused) {
  const ByteVector bytes(16, 1);
  for (size_t size = 0; size <= 16; ++size) {
    EXPECT_EQ(decode_message_header(Bytes(bytes).first(size)).ok(), size == 16);
    EXPECT_EQ(decode_reply_header(Bytes(bytes).first(size)).ok(), size == 16);
    ByteVector out(size, 0xEE);
    EXPECT_EQ(encode_message_header({}, out).ok(), size == 16);
    EXPECT_EQ(encode_reply_header({}, out).ok(), size == 16);
    if (size < 16) {
      EXPECT_EQ(out, ByteVector(size, 0xEE));
    }
  }
}

// WIRE-1: bytes 4 to 7 are padding.
TEST(PortHeadersTest, PaddingIsIgnoredAndWrittenAsZero) {
  ByteVector bytes(16, 0xEE);
  EXPECT_EQ(decode_message_header(bytes)->message_id, 0xEEEEEEEEEEEEEEEE);
  EXPECT_TRUE(encode_reply_header({.status = -1, .message_id = UINT64_MAX}, bytes).ok());
  EXPECT_TRUE(all_zero(Bytes(bytes).subspan(4, 4)));
}

}  // namespace
}  // namespace fltlink
