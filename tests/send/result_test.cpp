#include <fltlink/send/result.hpp>

#include <fltKernel.h>

#include <gtest/gtest.h>

#include <array>

namespace fltlink {
namespace {

constexpr std::array<uint8_t, 4> kRoom{9, 8, 7, 6};

TEST(FltAskResultTest, AReplyIsAsLongAsTheClientMadeIt) {  // WIRE-10, WIRE-17
  EXPECT_TRUE(equal_bytes(FltAskResult(STATUS_SUCCESS, kRoom, 4).reply(), kRoom));
  EXPECT_EQ(FltAskResult(STATUS_SUCCESS, kRoom, 2).reply().size(), 2u);
  EXPECT_TRUE(FltAskResult(STATUS_SUCCESS, kRoom, 0).reply().empty());
}

// WIRE-12, REPLY-6, SEND-8: whatever lies in the buffer then, it is no reply.
TEST(FltAskResultTest, WithoutAReplyThereAreNoBytesToRead) {
  for (const int32_t status : {STATUS_TIMEOUT, STATUS_BUFFER_OVERFLOW, STATUS_ACCESS_DENIED, int32_t{1}}) {
    const FltAskResult asked(status, kRoom, 4);
    EXPECT_FALSE(asked.replied());
    EXPECT_EQ(asked.status(), status);
    EXPECT_DEATH((void)asked.reply(), "replied");
  }
}

TEST(FltAskResultTest, ALengthBeyondTheRoomStopsTheDriver) {  // WIRE-6
  EXPECT_DEATH((void)FltAskResult(STATUS_SUCCESS, kRoom, 5), "reply_size");
}

}  // namespace
}  // namespace fltlink
