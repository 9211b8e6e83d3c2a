#include <fltlink/service/driver_client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/mock_port.hpp"

namespace fltlink {
namespace {

using testing::_;
using testing::IsEmpty;
using testing::Return;
using testing::SizeIs;

class DriverClientTest : public testing::Test {
 protected:
  // The driver answers the next request with `answer`, and says that it wrote `size` bytes.
  void answer_with(std::vector<uint8_t> answer, size_t size) {
    EXPECT_CALL(port_, send)
        .WillOnce([this, answer = std::move(answer), size](Bytes request, MutableBytes out) {
          request_.assign(request.begin(), request.end());
          std::copy_n(answer.begin(), std::min(answer.size(), out.size()), out.begin());
          return SendResult{SendOutcome::kAnswered, 0, size};
        });
  }

  static std::vector<uint8_t> status_reply(const StatusReply& reply) {
    std::vector<uint8_t> bytes(FLTLINK_STATUS_REPLY_SIZE);
    EXPECT_TRUE(encode_status_reply(reply, bytes).ok());
    return bytes;
  }

  testing::StrictMock<MockPort> port_;
  DriverClient driver_{port_};
  std::vector<uint8_t> request_;
};

// W-1, W-2: every request is a USER_MESSAGE of 532 bytes.
TEST_F(DriverClientTest, PolicyTravelsAsA532ByteMessage) {
  answer_with({}, 0);
  EXPECT_EQ(
      driver_.set_policy({.version = 3, .flags = FLTLINK_PROTECT_STANDARD, .path = u"C:\\D\\*"}).outcome,
      RequestOutcome::kDone);
  ASSERT_THAT(request_, SizeIs(532));
  const auto sent = decode_user_message(request_, FLTLINK_VERSION_NEWEST);
  ASSERT_TRUE(sent.ok());
  EXPECT_EQ(sent->policy_update.version, 3u);
  EXPECT_TRUE(sent->policy_update.path == Text(u"C:\\D\\*"));
}

TEST_F(DriverClientTest, RemovalIsAPolicyWithoutFlags) {
  answer_with({}, 0);
  EXPECT_EQ(driver_.remove_policy(u"C:\\D\\*", 4).outcome, RequestOutcome::kDone);
  EXPECT_EQ(decode_user_message(request_, FLTLINK_VERSION_NEWEST)->policy_update.flags, 0u);
}

// W-1: two one-byte booleans, not two BOOLs.
TEST_F(DriverClientTest, ConfigTravelsWithOneByteBooleans) {
  answer_with({}, 0);
  EXPECT_EQ(driver_.set_config({.enable_monitoring = false, .enable_blocking = true, .log_level = 2}).outcome,
            RequestOutcome::kDone);
  ASSERT_THAT(request_, SizeIs(532));
  EXPECT_EQ(request_[4], 0);
  EXPECT_EQ(request_[5], 1);
  EXPECT_EQ(request_[8], 2);
}

TEST_F(DriverClientTest, PathThatDoesNotFitIsRefusedBeforeItIsSent) {
  const std::u16string path(260, u'a');
  const RequestResult result =
      driver_.set_policy({.version = 1, .flags = 1, .path = {path.data(), path.size()}});
  EXPECT_EQ(result.outcome, RequestOutcome::kNotSendable);
  EXPECT_EQ(result.code, static_cast<uint32_t>(EncodeError::kTextTooLong));
}

TEST_F(DriverClientTest, OutcomesOfThePortAreKept) {
  EXPECT_CALL(port_, send)
      .WillOnce(Return(SendResult{SendOutcome::kRefused, 0x80070057, 0}))
      .WillOnce(Return(SendResult{SendOutcome::kDisconnected, 0x80070006, 0}))
      .WillOnce(Return(SendResult{SendOutcome::kFailed, 0x800705AA, 0}));
  EXPECT_EQ(driver_.set_config({}).outcome, RequestOutcome::kRefused);
  EXPECT_EQ(driver_.set_config({}).outcome, RequestOutcome::kDisconnected);
  EXPECT_EQ(driver_.status().result.outcome, RequestOutcome::kFailed);
}

// W-4: what the driver says is decoded, not made up.
TEST_F(DriverClientTest, StatusIsWhatTheDriverSaid) {
  answer_with(status_reply({.status = 0,
                            .active_policies = 3,
                            .files_scanned = 70,
                            .blocked_operations = 8,
                            .is_enabled = true}),
              40);
  const Answered<StatusReply> status = driver_.status();
  EXPECT_EQ(status.result.outcome, RequestOutcome::kDone);
  EXPECT_EQ(status.value.active_policies, 3u);
  EXPECT_EQ(status.value.files_scanned, 70);
  EXPECT_EQ(status.value.blocked_operations, 8);
  EXPECT_TRUE(status.value.is_enabled);
}

// W-4, MSG-8: bytes that the driver does not say it wrote are not read.
TEST_F(DriverClientTest, StatusOfAnotherSizeIsMalformed) {
  for (const size_t size : {size_t{0}, size_t{8}, size_t{12}, size_t{39}}) {
    answer_with(status_reply({}), size);
    EXPECT_EQ(driver_.status().result.outcome, RequestOutcome::kMalformedAnswer) << size;
  }
}

// MSG-10.
TEST_F(DriverClientTest, ClaimOfMoreThanThereIsRoomForIsClamped) {
  answer_with(status_reply({}), 4000);
  EXPECT_EQ(driver_.status().result.outcome, RequestOutcome::kDone);
}

TEST_F(DriverClientTest, FailingStatusInsideTheReplyIsARefusal) {
  answer_with(status_reply({.status = static_cast<int32_t>(0xC0000022)}), 40);
  const Answered<StatusReply> status = driver_.status();
  EXPECT_EQ(status.result.outcome, RequestOutcome::kRefused);
  EXPECT_EQ(status.result.code, 0xC0000022u);
}

TEST_F(DriverClientTest, TermsAreThoseThatTheDriverGrants) {
  std::vector<uint8_t> reply(FLTLINK_NEGOTIATE_REPLY_SIZE_OLDEST);
  ASSERT_TRUE(encode_negotiate_reply({.version = FLTLINK_VERSION_1_1, .connection_id = 9}, reply).ok());
  answer_with(reply, reply.size());
  const Answered<ConnectionTerms> terms = driver_.negotiate();
  EXPECT_EQ(terms.result.outcome, RequestOutcome::kDone);
  EXPECT_EQ(terms.value.version, FLTLINK_VERSION_1_1);
  EXPECT_EQ(terms.value.connection_id, 9u);
}

TEST_F(DriverClientTest, CountersAreAskedForByConnectionAndDecoded) {
  CountersReply counters{.connection_id = 9,
                         .connections = 1,
                         .queue_messages_max = 1000,
                         .queue_high_water = 5,
                         .file_events = {},
                         .block_notices = {},
                         .requests = {},
                         .questions = {}};
  counters.file_events.produced = counters.file_events.delivered = 7;
  std::vector<uint8_t> bytes(FLTLINK_COUNTERS_REPLY_SIZE);
  ASSERT_TRUE(encode_counters_reply(counters, bytes).ok());
  answer_with(bytes, bytes.size());
  const auto answered = driver_.counters(9);
  ASSERT_EQ(answered.result.outcome, RequestOutcome::kDone);
  EXPECT_EQ(decode_counters_request(request_)->connection_id, 9u);
  EXPECT_EQ(answered.value.file_events.delivered, 7u);
}

TEST_F(DriverClientTest, CountersThatAreCutShortAreMalformed) {
  answer_with(std::vector<uint8_t>(FLTLINK_COUNTERS_REPLY_SIZE), FLTLINK_COUNTERS_REPLY_SIZE - 1);
  EXPECT_EQ(driver_.counters(0).result.outcome, RequestOutcome::kMalformedAnswer);
}

}  // namespace
}  // namespace fltlink
