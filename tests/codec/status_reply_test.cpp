#include <fltlink/codec/status_reply.hpp>
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/bytes.hpp"

namespace fltlink {
namespace {

using test::ByteVector;
using test::golden;

// W-4.
TEST(StatusReplyTest, EverySizeBut40IsRefused) {
  ByteVector bytes = golden("status_reply");
  bytes.resize(64);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const auto decoded = decode_status_reply(Bytes(bytes).first(size));
    ASSERT_EQ(decoded.ok(), size == FLTLINK_STATUS_REPLY_SIZE) << size;
    if (!decoded.ok()) {
      ASSERT_EQ(decoded.error(), size < 8 ? DecodeError::kTruncated : DecodeError::kWrongSize);
    }
  }
}

// W-4.
TEST(StatusReplyTest, DataSizeOtherThan32IsRefused) {
  ByteVector bytes = golden("status_reply");
  for (uint8_t size : {0, 31, 33, 40}) {
    bytes[4] = size;
    EXPECT_EQ(decode_status_reply(bytes).error(), DecodeError::kWrongSize);
  }
}

TEST(StatusReplyTest, BooleanOtherThanZeroAndOneIsRefused) {
  ByteVector bytes = golden("status_reply");
  bytes[32] = 2;
  EXPECT_EQ(decode_status_reply(bytes).error(), DecodeError::kNotABoolean);
}

// W-5: 12 bytes, the sizeof of REPLY_MESSAGE, are not enough for 40.
TEST(StatusReplyTest, EveryTooSmallBufferIsLeftUntouched) {
  for (size_t room = 0; room < FLTLINK_STATUS_REPLY_SIZE; ++room) {
    ByteVector out(room, 0xEE);
    ASSERT_EQ(encode_status_reply({}, out).error(), EncodeError::kBufferTooSmall);
    ASSERT_EQ(out, ByteVector(room, 0xEE));
  }
}

}  // namespace
}  // namespace fltlink
