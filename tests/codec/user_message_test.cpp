#include <fltlink/codec/user_message.hpp>
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/bytes.hpp"

namespace fltlink {
namespace {

using test::ByteVector;
using test::golden;
using test::text;

UserMessage policy(std::u16string_view path, uint32_t flags = FLTLINK_PROTECT_STANDARD) {
  UserMessage message;
  message.type = MSG_TYPE_POLICY_UPDATE;
  message.policy_update = {1, flags, text(path)};
  return message;
}

EncodeError encode_error(const UserMessage& message, size_t room = FLTLINK_USER_MESSAGE_SIZE) {
  ByteVector out(room, 0xEE);
  const EncodeError error = encode_user_message(message, out).error();
  EXPECT_EQ(out, ByteVector(room, 0xEE)) << "a refused message writes nothing";
  return error;
}

// W-1, W-2: 16 and 12 bytes are what clients with another layout send.
TEST(UserMessageTest, EverySizeBut532IsRefused) {
  ByteVector bytes = golden("config_change");
  bytes.resize(600);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const auto decoded = decode_user_message(Bytes(bytes).first(size), FLTLINK_VERSION_1_0);
    ASSERT_EQ(decoded.ok(), size == FLTLINK_USER_MESSAGE_SIZE) << size;
    if (!decoded.ok()) {
      ASSERT_EQ(decoded.error(), DecodeError::kWrongSize);
    }
  }
}

TEST(UserMessageTest, TypesOfTheOtherDirectionAndUnknownTypesAreRefused) {
  ByteVector bytes = golden("status_request");
  for (uint8_t type : {2, 4, 5}) {
    bytes[0] = type;
    EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_0).error(), DecodeError::kWrongDirection);
  }
  for (uint8_t type : {0, 7, 255}) {
    bytes[0] = type;
    EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_0).error(), DecodeError::kUnknownType);
  }
}

// W-1: a 4-byte BOOL read as two 1-byte BOOLEANs must not pass for something else.
TEST(UserMessageTest, BooleanOtherThanZeroAndOneIsRefused) {
  for (size_t offset : {4u, 5u}) {
    ByteVector bytes = golden("config_change");
    bytes[offset] = 2;
    EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_0).error(), DecodeError::kNotABoolean);
  }
}

TEST(UserMessageTest, UnknownProtectionFlagsAreRefused) {
  ByteVector bytes = golden("policy_update");
  bytes[8] = 0x40;
  EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_0).error(), DecodeError::kUnknownFlags);
  bytes[8] = 0x3F;
  EXPECT_TRUE(decode_user_message(bytes, FLTLINK_VERSION_1_0).ok());
}

TEST(UserMessageTest, FlagAskIsKnownFrom11On) {
  ByteVector bytes = golden("policy_update");
  bytes[8] = 0x40 | 0x02;
  EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_1)->policy_update.flags, 0x42u);
  bytes[8] = 0x80;
  EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_1).error(), DecodeError::kUnknownFlags);
}

// P-11: no terminator is promised, so one is demanded before anybody reads the text.
TEST(UserMessageTest, PathWithoutTerminatorIsRefused) {
  ByteVector bytes = golden("policy_update");
  for (size_t offset = 12; offset < bytes.size(); ++offset) bytes[offset] = 'p';
  EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_0).error(), DecodeError::kUnterminatedText);
  bytes[530] = bytes[531] = 0;
  EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_0)->policy_update.path.size(), 259u);
}

TEST(UserMessageTest, EmptyPathIsRefused) {
  ByteVector bytes = golden("policy_update");
  bytes[12] = 0;
  EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_0).error(), DecodeError::kEmptyPath);
}

TEST(UserMessageTest, BytesThatTheTypeDoesNotUseAreIgnored) {
  ByteVector bytes = golden("config_change");
  bytes[6] = bytes[7] = 0xEE;
  for (size_t offset = 12; offset < bytes.size(); ++offset) bytes[offset] = 0xEE;
  EXPECT_EQ(decode_user_message(bytes, FLTLINK_VERSION_1_0)->config_change.log_level, 3u);
}

TEST(UserMessageTest, PolicyThatCannotTravelIsRefusedAndNeverCut) {
  const std::u16string longest(259, u'p');
  ByteVector out(FLTLINK_USER_MESSAGE_SIZE);
  EXPECT_TRUE(encode_user_message(policy(longest), out).ok());
  EXPECT_EQ(encode_error(policy(longest + u'p')), EncodeError::kTextTooLong);
  EXPECT_EQ(encode_error(policy(u"")), EncodeError::kEmptyPath);
  EXPECT_EQ(encode_error(policy(std::u16string_view(u"a\0b", 3))), EncodeError::kEmbeddedTerminator);
  EXPECT_EQ(encode_error(policy(u"a", 0x80)), EncodeError::kUnknownFlags);
  EXPECT_EQ(encode_error(policy(u"a"), FLTLINK_USER_MESSAGE_SIZE - 1), EncodeError::kBufferTooSmall);
}

TEST(UserMessageTest, TypeThatTheServiceNeverSendsIsRefused) {
  UserMessage message;
  message.type = MSG_TYPE_FILE_EVENT;
  EXPECT_EQ(encode_error(message), EncodeError::kWrongType);
}

TEST(PeekMessageTypeTest, NeedsFourBytes) {
  const ByteVector bytes{6, 0, 0, 0};
  EXPECT_EQ(peek_message_type(bytes).value(), 6u);
  EXPECT_EQ(peek_message_type(Bytes(bytes).first(3)).error(), DecodeError::kTruncated);
}

}  // namespace
}  // namespace fltlink
