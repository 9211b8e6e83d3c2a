#include <fltlink/service/reply_token.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "support/mock_port.hpp"

namespace fltlink {
namespace {

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::StrictMock;

struct WithPadding {
  uint8_t small;
  uint32_t large;
};

// WIRE-7, BAD-3: what a wrapper structure or a compiler adds would count as payload.
static_assert(ReplyPayload<uint32_t> && ReplyPayload<std::array<uint32_t, 2>>);
static_assert(!ReplyPayload<WithPadding> && !ReplyPayload<FltlinkReplyHeader> && !ReplyPayload<uint8_t*>);

// These are structures of a pointer and a length, and must not travel as that.
static_assert(!ReplyPayload<Bytes> && !ReplyPayload<MutableBytes> && !ReplyPayload<std::span<uint32_t>>);
static_assert(!ReplyPayload<std::string_view> && !ReplyPayload<std::u16string_view> && !ReplyPayload<Text>);

TEST(ReplyTokenTest, SpanIsSentAsTheBytesThatItShows) {
  StrictMock<MockPort> port;
  LoopCounters counters;
  ReplyToken token(port, counters, {ConnectionNumber{1}, 7, 16});
  std::array<uint8_t, 3> buffer{1, 2, 3};
  std::vector<uint8_t> sent;
  EXPECT_CALL(port, reply(_, _)).WillOnce([&](ConnectionNumber, std::span<const uint8_t> reply) {
    sent.assign(reply.begin() + FLTLINK_REPLY_HEADER_SIZE, reply.end());
    return ReplyResult{ReplyOutcome::kReplied, 0};
  });
  EXPECT_EQ(token.reply(0, MutableBytes(buffer)), ReplyTokenOutcome::kReplied);
  EXPECT_THAT(sent, ElementsAre(1, 2, 3));
}

class UsedTokenTest : public testing::Test {
 protected:
  void expect_one_reply() {
    EXPECT_CALL(port_, reply(_, _)).WillOnce(testing::Return(ReplyResult{ReplyOutcome::kReplied, 0}));
  }

  StrictMock<MockPort> port_;
  LoopCounters counters_;
  ReplyToken token_{port_, counters_, {ConnectionNumber{1}, 7, 16}};
};

TEST_F(UsedTokenTest, TokenThatTheLoopHasTakenOverSendsNothingAndSaysTooLate) {
  EXPECT_TRUE(token_.take_over());
  EXPECT_FALSE(token_.take_over());
  EXPECT_EQ(token_.reply(0), ReplyTokenOutcome::kTooLate);
  EXPECT_EQ(counters_[LoopCounter::kTooLateReplies], 1u);
  EXPECT_FALSE(token_.owed());
}

TEST_F(UsedTokenTest, TokenThatWasUsedCannotBeTakenOver) {
  expect_one_reply();
  EXPECT_EQ(token_.reply(0), ReplyTokenOutcome::kReplied);
  EXPECT_FALSE(token_.take_over());
  EXPECT_EQ(token_.reply(0), ReplyTokenOutcome::kAlreadyReplied);
}

// WIRE-11: whatever a sender claims to have room for.
TEST_F(UsedTokenTest, RoomBeyondTheLargestPayloadIsNotUsed) {
  ReplyToken roomy(port_, counters_, {ConnectionNumber{1}, 7, SIZE_MAX});
  EXPECT_EQ(roomy.payload_max(), kReplyPayloadMax);
}

}  // namespace
}  // namespace fltlink
