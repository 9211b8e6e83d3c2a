#include <fltlink/codec/authorize.hpp>
#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/counters.hpp>
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/bytes.hpp"

namespace fltlink {
namespace {

using test::ByteVector;
using test::golden;

// The same message as a newer sender would write it: `extra` bytes longer, and saying so.
ByteVector grown(ByteVector bytes, size_t extra, uint8_t filler) {
  bytes.resize(bytes.size() + extra, filler);
  bytes[4] = static_cast<uint8_t>(bytes.size());
  bytes[5] = static_cast<uint8_t>(bytes.size() >> 8);
  return bytes;
}

constexpr size_t kNoneReserved = SIZE_MAX;

// `reserved_offset` is that of a byte that is reserved; the last one if it is 0. `size_max` is the largest that is
// read.
template <typename Decode>
void expect_growth_rule(const char* name, Decode&& decode, size_t reserved_offset = 0,
                        size_t size_max = FLTLINK_NEGOTIATION_SIZE_MAX) {
  const ByteVector bytes = golden(name);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const DecodeError error = decode(Bytes(bytes).first(size)).error();
    ASSERT_TRUE(error == DecodeError::kTruncated || error == DecodeError::kWrongSize) << size;
  }
  EXPECT_TRUE(decode(grown(bytes, 8, 0)).ok()) << "a newer sender that asks for nothing new";
  EXPECT_EQ(decode(grown(bytes, 8, 1)).error(), DecodeError::kUnknownField);
  EXPECT_TRUE(decode(grown(bytes, size_max - bytes.size(), 0)).ok());
  EXPECT_EQ(decode(grown(bytes, size_max - bytes.size() + 1, 0)).error(), DecodeError::kWrongSize);
  ByteVector longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(decode(longer).error(), DecodeError::kWrongSize) << "more bytes than it says";
  if (reserved_offset == kNoneReserved) return;
  ByteVector reserved = bytes;
  reserved[reserved_offset != 0 ? reserved_offset : reserved.size() - 1] = 1;
  EXPECT_EQ(decode(reserved).error(), DecodeError::kReservedNotZero);
}

TEST(ConnectTest, StructsGrowByTheRule) {
  expect_growth_rule("connect_context", [](Bytes bytes) { return decode_connect_context(bytes); });
  expect_growth_rule("negotiate_request", [](Bytes bytes) { return decode_negotiate_request(bytes); });
  expect_growth_rule(
      "negotiate_reply", [](Bytes bytes) { return decode_negotiate_reply(bytes); }, kNoneReserved);
  expect_growth_rule(
      "connect_context_batch", [](Bytes bytes) { return decode_connect_context(bytes); },
      offsetof(FltlinkConnectContext, reserved0));
  expect_growth_rule(
      "negotiate_reply_batch", [](Bytes bytes) { return decode_negotiate_reply(bytes); }, kNoneReserved);
  expect_growth_rule("verdict", [](Bytes bytes) { return decode_verdict(bytes); });
  expect_growth_rule("counters_request", [](Bytes bytes) { return decode_counters_request(bytes); });
  expect_growth_rule(
      "counters_reply", [](Bytes bytes) { return decode_counters_reply(bytes); },
      offsetof(FltlinkCountersReply, reserved0), FLTLINK_COUNTERS_REPLY_SIZE_MAX);
}

// What a client of an older library asks for, and what an older driver answers.
TEST(ConnectTest, CountersInTheOldestSizeAreTheMessagesAlone) {
  CountersReply reply;
  reply.block_notices.produced = reply.block_notices.delivered = 7;
  reply.requests[0].received = reply.requests[0].accepted = 5;
  ByteVector bytes(FLTLINK_COUNTERS_REPLY_SIZE - 1, 0xEE);
  bytes.resize(encode_counters_reply(reply, bytes).value());
  ASSERT_EQ(bytes.size(), FLTLINK_COUNTERS_REPLY_SIZE_OLDEST);
  const auto decoded = decode_counters_reply(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->block_notices.delivered, 7u);
  EXPECT_EQ(decoded->of(RequestKind::kOther).received, 0u);
  ByteVector too_small(FLTLINK_COUNTERS_REPLY_SIZE_OLDEST - 1);
  EXPECT_EQ(encode_counters_reply(reply, too_small).error(), EncodeError::kBufferTooSmall);
}

// What 1.2 appended is unknown to who says that he speaks no more than 1.1.
TEST(ConnectTest, BatchTermsOfAVersionWithoutBatchesAreRefused) {
  for (const size_t offset : {40u, 44u}) {
    ByteVector context = grown(golden("connect_context"), 8, 0);
    context[offset] = 1;
    EXPECT_EQ(decode_connect_context(context).error(), DecodeError::kUnknownField);
    ByteVector reply = grown(golden("negotiate_reply"), 8, 0);
    reply[offset] = 1;
    EXPECT_EQ(decode_negotiate_reply(reply).error(), DecodeError::kUnknownField);
  }
  ByteVector out(FLTLINK_CONNECT_CONTEXT_SIZE, 0xEE);
  const ConnectContext asked{.version_max = FLTLINK_VERSION_1_1, .batch_size_max = 131'072};
  EXPECT_EQ(encode_connect_context(asked, out).error(), EncodeError::kUnknownField);
  EXPECT_EQ(encode_negotiate_reply({.batch_size_max = 131'072}, out).error(), EncodeError::kUnknownField);
  EXPECT_EQ(out, ByteVector(out.size(), 0xEE));
}

// So a driver of 1.1, which knows no more, takes it; and it binds a proof as 1.1 does.
TEST(ConnectTest, ContextThatAsksForNothingOf12HasTheBytesOf11) {
  ByteVector bytes(FLTLINK_CONNECT_CONTEXT_SIZE);
  EXPECT_EQ(encode_connect_context({}, bytes).value(), FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST);
  EXPECT_EQ(encode_connect_context({.batch_size_max = 131'072}, bytes).value(), FLTLINK_CONNECT_CONTEXT_SIZE);
}

TEST(ConnectTest, ReplyHasTheSizeOfItsVersion) {
  ByteVector bytes(FLTLINK_NEGOTIATE_REPLY_SIZE);
  EXPECT_EQ(encode_negotiate_reply({.version = FLTLINK_VERSION_1_1}, bytes).value(),
            FLTLINK_NEGOTIATE_REPLY_SIZE_OLDEST);
  EXPECT_EQ(encode_negotiate_reply({.version = FLTLINK_VERSION_1_2}, bytes).value(),
            FLTLINK_NEGOTIATE_REPLY_SIZE);
}

TEST(ConnectTest, WrongMagicAndWrongTypesAreRefused) {
  for (const char* name : {"connect_context", "negotiate_request", "negotiate_reply"}) {
    ByteVector bytes = golden(name);
    bytes[3] ^= 1;
    EXPECT_EQ(decode_connect_context(bytes).error(), DecodeError::kWrongMagic);
    EXPECT_EQ(decode_negotiate_request(bytes).error(), DecodeError::kUnknownType);
    EXPECT_EQ(decode_negotiate_reply(bytes).error(), DecodeError::kUnknownType);
  }
}

TEST(ConnectTest, UnknownRoleIsRefused) {
  for (uint8_t role : {0, 4, 255}) {
    ByteVector bytes = golden("connect_context");
    bytes[16] = role;
    EXPECT_EQ(decode_connect_context(bytes).error(), DecodeError::kUnknownRole);
    ByteVector out(FLTLINK_CONNECT_CONTEXT_SIZE);
    EXPECT_EQ(encode_connect_context({.role = role}, out).error(), EncodeError::kUnknownRole);
    EXPECT_EQ(encode_negotiate_reply({.role = role}, out).error(), EncodeError::kUnknownRole);
  }
}

TEST(ConnectTest, UnknownFailOpenFlagsAreRefused) {
  ByteVector context = golden("connect_context_authorizer");
  context[32] = 0x10;
  EXPECT_EQ(decode_connect_context(context).error(), DecodeError::kUnknownFlags);
  ByteVector reply = golden("negotiate_reply_authorizer");
  reply[39] = 0x80;
  EXPECT_EQ(decode_negotiate_reply(reply).error(), DecodeError::kUnknownFlags);
  ByteVector out(FLTLINK_CONNECT_CONTEXT_SIZE, 0xEE);
  EXPECT_EQ(encode_connect_context({.fail_open = 0x10}, out).error(), EncodeError::kUnknownFlags);
  EXPECT_EQ(encode_negotiate_reply({.fail_open = 0x10}, out).error(), EncodeError::kUnknownFlags);
  EXPECT_EQ(out, ByteVector(out.size(), 0xEE));
}

TEST(VerdictTest, AnythingButAllowAndDenyIsRefused) {
  for (const uint8_t value : {0, 3, 255}) {
    ByteVector bytes = golden("verdict");
    bytes[8] = value;
    EXPECT_EQ(decode_verdict(bytes).error(), DecodeError::kUnknownVerdict);
  }
  ByteVector bytes = golden("verdict");
  bytes[0] = 4;
  EXPECT_EQ(decode_verdict(bytes).error(), DecodeError::kUnknownType);
  ByteVector out(FLTLINK_VERDICT_SIZE - 1, 0xEE);
  EXPECT_EQ(encode_verdict(Verdict::kAllow, out).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(out, ByteVector(out.size(), 0xEE));
}

TEST(ConnectTest, ReversedVersionRangeIsRefused) {
  ByteVector bytes = golden("connect_context");
  bytes[8] = 9;
  EXPECT_EQ(decode_connect_context(bytes).error(), DecodeError::kVersionRangeReversed);
  ByteVector out(FLTLINK_CONNECT_CONTEXT_SIZE);
  EXPECT_EQ(encode_connect_context({.version_min = 2, .version_max = 1}, out).error(),
            EncodeError::kVersionRangeReversed);
}

TEST(ConnectTest, GrantedTermOfZeroIsRefused) {
  for (size_t offset : {8u, 16u, 20u, 24u}) {
    ByteVector bytes = golden("negotiate_reply");
    for (size_t byte = 0; byte < 4; ++byte) bytes[offset + byte] = 0;
    EXPECT_EQ(decode_negotiate_reply(bytes).error(), DecodeError::kTermMissing) << offset;
  }
  ByteVector out(FLTLINK_NEGOTIATE_REPLY_SIZE);
  EXPECT_EQ(encode_negotiate_reply({.queue_size_max = 0}, out).error(), EncodeError::kTermMissing);
}

TEST(ConnectTest, BufferOneByteTooSmallIsLeftUntouched) {
  ByteVector out(FLTLINK_CONNECT_CONTEXT_SIZE - 1, 0xEE);
  const MutableBytes oldest = MutableBytes(out).first(FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST - 1);
  EXPECT_EQ(encode_connect_context({}, oldest).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(encode_connect_context({.batch_size_max = 1}, out).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(encode_negotiate_reply({}, oldest).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(encode_negotiate_reply({.version = FLTLINK_VERSION_1_2}, out).error(),
            EncodeError::kBufferTooSmall);
  EXPECT_EQ(encode_negotiate_request(MutableBytes(out).first(15)).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(out, ByteVector(out.size(), 0xEE));
}

TEST(VersionTest, HighestVersionInBothRangesIsSelected) {
  EXPECT_EQ(select_version({1, 5}, {3, 9}).value(), 5u);
  EXPECT_EQ(select_version({3, 9}, {1, 5}).value(), 5u);
  EXPECT_EQ(select_version({4, 4}, {4, 4}).value(), 4u);
  EXPECT_EQ(select_version({1, 3}, {3, 9}).value(), 3u);
}

TEST(VersionTest, RangesThatDoNotMeetAreAnError) {
  EXPECT_EQ(select_version({1, 2}, {3, 9}).error(), NegotiationError::kVersionRangesDoNotMeet);
  EXPECT_EQ(select_version({3, 9}, {1, 2}).error(), NegotiationError::kVersionRangesDoNotMeet);
  const ConnectContext newer{.version_min = FLTLINK_VERSION_NEWEST + 1, .version_max = UINT32_MAX};
  EXPECT_EQ(agree_terms(newer, {}, 1).error(), NegotiationError::kVersionRangesDoNotMeet);
}

TEST(TermsTest, NothingAskedGetsTheDefaults) {
  const ConnectionTerms terms = agree_terms({}, {}, 3).value();
  EXPECT_EQ(terms.version, FLTLINK_VERSION_NEWEST);
  EXPECT_EQ(terms.message_size_max, FLTLINK_MESSAGE_SIZE_DEFAULT);
  EXPECT_EQ(terms.queue_messages_max, FLTLINK_QUEUE_MESSAGES_DEFAULT);
  EXPECT_EQ(terms.queue_size_max, FLTLINK_QUEUE_SIZE_DEFAULT);
  EXPECT_EQ(terms.connection_id, 3u);
}

TEST(TermsTest, TooMuchAskedGetsTheMaximums) {
  const ConnectContext greedy{
      .message_size_max = UINT32_MAX, .queue_messages_max = UINT32_MAX, .queue_size_max = UINT32_MAX};
  const ConnectionTerms terms = agree_terms(greedy, {}, 1).value();
  EXPECT_EQ(terms.message_size_max, FLTLINK_MESSAGE_SIZE_MAX);
  EXPECT_EQ(terms.queue_messages_max, FLTLINK_QUEUE_MESSAGES_MAX);
  EXPECT_EQ(terms.queue_size_max, FLTLINK_QUEUE_SIZE_MAX);
}

TEST(TermsTest, LimitsThatHoldNoMessageAreRefused) {
  EXPECT_TRUE(agree_terms({.message_size_max = FLTLINK_MESSAGE_SIZE_MAX_1_0}, {}, 1).ok());
  EXPECT_EQ(agree_terms({.message_size_max = FLTLINK_MESSAGE_SIZE_MAX_1_0 - 1}, {}, 1).error(),
            NegotiationError::kMessageSizeTooSmall);
  const uint32_t one = record_size_for(2'000);
  EXPECT_TRUE(agree_terms({.message_size_max = 2'000, .queue_size_max = one}, {}, 1).ok());
  EXPECT_EQ(agree_terms({.message_size_max = 2'000, .queue_size_max = one - 1}, {}, 1).error(),
            NegotiationError::kQueueTooSmall);
}

TEST(TermsTest, OnlyAnAuthorizerIsGrantedToFailOpen) {
  EXPECT_EQ(agree_terms({.role = FLTLINK_ROLE_AUTHORIZER, .fail_open = 5}, {}, 1)->fail_open, 5u);
  EXPECT_EQ(agree_terms({.fail_open = 5}, {}, 1)->fail_open, 0u);
}

constexpr uint32_t kBatch = 131'072;

TEST(TermsTest, BatchesAreGrantedToASubscriberOf12UpToTheMaximums) {
  const ConnectionTerms terms = agree_terms({.batch_size_max = kBatch, .batch_delay_us = 500}, {}, 1).value();
  EXPECT_EQ(terms.batch_size_max, kBatch);
  EXPECT_EQ(terms.batch_delay_us, 500u);
  const ConnectionTerms most =
      agree_terms({.batch_size_max = UINT32_MAX, .batch_delay_us = UINT32_MAX}, {}, 1).value();
  EXPECT_EQ(most.batch_size_max, FLTLINK_BATCH_SIZE_MAX);
  EXPECT_EQ(most.batch_delay_us, FLTLINK_BATCH_DELAY_US_MAX);
}

TEST(TermsTest, NobodyGetsBatchesWhoDoesNotAskOrSpeaksNo12OrReceivesNoReports) {
  for (const ConnectContext& asked :
       {ConnectContext{}, ConnectContext{.batch_delay_us = 500},
        ConnectContext{.role = FLTLINK_ROLE_CONTROL, .batch_size_max = kBatch, .batch_delay_us = 500},
        ConnectContext{.role = FLTLINK_ROLE_AUTHORIZER, .batch_size_max = kBatch, .batch_delay_us = 500}}) {
    const ConnectionTerms terms = agree_terms(asked, {}, 1).value();
    EXPECT_EQ(terms.batch_size_max, 0u);
    EXPECT_EQ(terms.batch_delay_us, 0u);
  }
  const VersionRange driver_of_1_1{.max = FLTLINK_VERSION_1_1};
  EXPECT_EQ(agree_terms({.batch_size_max = kBatch}, driver_of_1_1, 1)->batch_size_max, 0u);
}

TEST(TermsTest, BatchThatHoldsNoRecordIsRefused) {
  const uint32_t one = record_size_for(2'000);
  EXPECT_TRUE(agree_terms({.message_size_max = 2'000, .batch_size_max = one}, {}, 1).ok());
  EXPECT_EQ(agree_terms({.message_size_max = 2'000, .batch_size_max = one - 1}, {}, 1).error(),
            NegotiationError::kBatchTooSmall);
}

// The version has no message to ask it with.
TEST(TermsTest, AuthorizerOf10IsRefused) {
  const ConnectContext asked{.version_max = FLTLINK_VERSION_1_0, .role = FLTLINK_ROLE_AUTHORIZER};
  EXPECT_EQ(agree_terms(asked, {}, 1).error(), NegotiationError::kRoleNeedsNewerVersion);
}

// Decision 2: a client without a context.
TEST(TermsTest, DefaultTermsAreThoseOf10) {
  const ConnectionTerms terms;
  EXPECT_EQ(terms.version, FLTLINK_VERSION_1_0);
  EXPECT_EQ(terms.role, static_cast<uint32_t>(FLTLINK_ROLE_SUBSCRIBER));
}

}  // namespace
}  // namespace fltlink
