#include <fltlink/codec/driver_message.hpp>
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/bytes.hpp"

namespace fltlink {
namespace {

using test::ByteVector;
using test::text;
using test::units;

const DriverMessageTerms kTerms10{};
const DriverMessageTerms kTerms11{.version = FLTLINK_VERSION_1_1,
                                  .message_size_max = FLTLINK_MESSAGE_SIZE_MAX};

// Verbs: say what is sent, damage it, look at what arrives.
class DriverMessageTest : public testing::Test {
 protected:
  void encode(const DriverMessageTerms& terms) {
    const DriverMessagePlan plan = plan_driver_message(message_, terms);
    bytes_.assign(plan.size, 0xEE);
    ASSERT_EQ(encode_driver_message(message_, plan, bytes_).value(), plan.size);
    version_ = terms.version;
  }

  void encode_path(std::u16string path, const DriverMessageTerms& terms) {
    path_ = std::move(path);
    message_.path = text(path_);
    encode(terms);
  }

  void encode_block(std::u16string reason, const DriverMessageTerms& terms) {
    reason_ = std::move(reason);
    message_.type = MSG_TYPE_BLOCK_NOTIFICATION;
    message_.reason = text(reason_);
    encode(terms);
  }

  void put_u32(size_t offset, uint32_t value) { copy_bytes(bytes_.data() + offset, &value, sizeof value); }

  Result<DriverMessage, DecodeError> decode() const { return decode_driver_message(bytes_, version_); }

  std::u16string path_ = u"\\Device\\a";
  std::u16string reason_;
  DriverMessage message_{.path = text(path_), .reason = {}};
  ByteVector bytes_;
  uint32_t version_ = FLTLINK_VERSION_1_0;
};

TEST_F(DriverMessageTest, EveryLengthBelowTheFixedPartIsTruncated) {
  encode(kTerms10);
  for (size_t size = 0; size < FLTLINK_DRIVER_MESSAGE_SIZE; ++size) {
    ASSERT_EQ(decode_driver_message(Bytes(bytes_).first(size), version_).error(), DecodeError::kTruncated)
        << size;
  }
  EXPECT_TRUE(decode().ok());
}

TEST_F(DriverMessageTest, TypesOfTheOtherDirectionAndUnknownTypesAreRefused) {
  encode(kTerms10);
  for (uint32_t type : {1u, 3u, 4u, 6u}) {
    put_u32(0, type);
    EXPECT_EQ(decode().error(), DecodeError::kWrongDirection) << type;
  }
  for (uint32_t type : {0u, 7u, 0x100u, 0x101u, UINT32_MAX}) {
    put_u32(0, type);
    EXPECT_EQ(decode().error(), DecodeError::kUnknownType) << type;
  }
}

TEST_F(DriverMessageTest, FilePathWithoutTerminatorIsRefused) {
  encode_path(std::u16string(259, u'p'), kTerms10);
  EXPECT_EQ(decode()->path.size(), 259u);
  bytes_[24 + 2 * 259] = 'p';
  EXPECT_EQ(decode().error(), DecodeError::kUnterminatedText);
}

// W-6: 259 units are whole, 260 are cut, terminated and counted.
TEST_F(DriverMessageTest, PathBeyond259UnitsIsCutAndReportedLost) {
  encode_path(std::u16string(259, u'p'), kTerms10);
  EXPECT_FALSE(plan_driver_message(message_, kTerms10).path_lost);
  encode_path(std::u16string(260, u'p'), kTerms10);
  EXPECT_TRUE(plan_driver_message(message_, kTerms10).path_lost);
  EXPECT_EQ(bytes_.size(), FLTLINK_DRIVER_MESSAGE_SIZE);
  EXPECT_EQ(decode()->path.size(), 259u);
  EXPECT_EQ(bytes_[12], 0) << "no flag for 1.0";
}

// W-6.
TEST_F(DriverMessageTest, NegotiatedClientGetsTheWholePathUpToTheLongestName) {
  for (size_t size : {260u, 1'000u, FLTLINK_PATH_UNITS_MAX}) {
    encode_path(std::u16string(size, u'p'), kTerms11);
    EXPECT_FALSE(plan_driver_message(message_, kTerms11).path_lost);
    EXPECT_EQ(units(decode()->path), path_);
    EXPECT_FALSE(decode()->path_cut);
  }
}

// W-6: the largest message that still fits, and one unit more.
TEST_F(DriverMessageTest, WholePathIsLeftOutWhenTheClientHasNoRoom) {
  const size_t room = 2'000;
  const size_t fit = (room - FLTLINK_ADDITIONAL_DATA_OFFSET - FLTLINK_FULL_PATH_PREFIX_SIZE) / 2;
  const DriverMessageTerms terms{.version = FLTLINK_VERSION_1_1, .message_size_max = room};
  encode_path(std::u16string(fit, u'p'), terms);
  EXPECT_EQ(bytes_.size(), room);
  EXPECT_EQ(decode()->path.size(), fit);
  encode_path(std::u16string(fit + 1, u'p'), terms);
  EXPECT_TRUE(plan_driver_message(message_, terms).path_lost);
  EXPECT_EQ(bytes_.size(), FLTLINK_DRIVER_MESSAGE_SIZE);
  EXPECT_EQ(decode()->path.size(), 259u);
  EXPECT_TRUE(decode()->path_cut);
}

TEST_F(DriverMessageTest, PathWithATerminatorInsideCountsAsCut) {
  encode_path(std::u16string(u"ab\0cd", 5), kTerms10);
  EXPECT_TRUE(plan_driver_message(message_, kTerms10).path_lost);
  EXPECT_EQ(units(decode()->path), u"ab");
  encode_path(std::u16string(u"ab\0cd", 5), kTerms11);
  EXPECT_EQ(units(decode()->path), path_);
}

// W-3.
TEST_F(DriverMessageTest, ReasonStartsAtByte560) {
  encode_block(u"why", kTerms10);
  ASSERT_EQ(bytes_.size(), 566u);
  EXPECT_EQ(bytes_[560], 'w');
  EXPECT_EQ(bytes_[556] | bytes_[557] | bytes_[558] | bytes_[559], 0);
  EXPECT_EQ(units(decode()->reason), u"why");
}

TEST_F(DriverMessageTest, ReasonBeyond255UnitsIsCutAndReported) {
  encode_block(std::u16string(255, u'r'), kTerms10);
  EXPECT_FALSE(plan_driver_message(message_, kTerms10).reason_cut);
  encode_block(std::u16string(256, u'r'), kTerms10);
  EXPECT_TRUE(plan_driver_message(message_, kTerms10).reason_cut);
  EXPECT_EQ(bytes_.size(), FLTLINK_MESSAGE_SIZE_MAX_1_0);
  EXPECT_EQ(decode()->reason.size(), 255u);
}

TEST_F(DriverMessageTest, AdditionalDataBeyondTheMessageIsRefused) {
  encode_block(u"why", kTerms10);
  for (uint32_t size : {7u, 8u, 0x7FFFFFFFu, UINT32_MAX}) {
    put_u32(552, size);
    EXPECT_EQ(decode().error(), DecodeError::kAdditionalDataBeyond) << size;
  }
  put_u32(552, 5);
  EXPECT_EQ(decode().error(), DecodeError::kOddTextSize);
  put_u32(552, 4);
  EXPECT_EQ(units(decode()->reason), u"wh");
}

TEST_F(DriverMessageTest, ReasonBeyondItsLimitIsRefused) {
  encode_block(u"", kTerms10);
  bytes_.resize(560 + 512, 'r');
  put_u32(552, 512);
  EXPECT_EQ(decode().error(), DecodeError::kTextTooLong);
}

// A synchronous FilterGetMessage hands over its whole buffer.
TEST_F(DriverMessageTest, BytesAfterTheMessageAreNoPartOfIt) {
  encode_block(u"why", kTerms10);
  bytes_.resize(4'096, 0xEE);
  EXPECT_EQ(units(decode()->reason), u"why");
}

TEST_F(DriverMessageTest, AdditionalDataOfAFileEventIsSteppedOver) {
  encode(kTerms10);
  bytes_.resize(563, 0xEE);
  put_u32(552, 3);
  EXPECT_EQ(units(decode()->path), path_);
  EXPECT_TRUE(decode()->reason.empty());
}

TEST_F(DriverMessageTest, FlagsArePaddingTo10AndCheckedFor11) {
  encode(kTerms11);
  put_u32(12, 0xFFFFFFFF);
  EXPECT_EQ(decode().error(), DecodeError::kUnknownFlags);
  put_u32(12, FLTLINK_MESSAGE_FULL_PATH);
  EXPECT_EQ(decode().error(), DecodeError::kInconsistentPath);
  put_u32(12, FLTLINK_MESSAGE_PATH_CUT);
  EXPECT_TRUE(decode()->path_cut);
  put_u32(12, 0xFFFFFFFF);
  version_ = FLTLINK_VERSION_1_0;
  EXPECT_FALSE(decode()->path_cut);
}

TEST_F(DriverMessageTest, WholePathThatContradictsTheFieldIsRefused) {
  encode_path(std::u16string(300, u'p'), kTerms11);
  bytes_[24] = 'q';
  EXPECT_EQ(decode().error(), DecodeError::kInconsistentPath);
  bytes_[24] = 'p';
  put_u32(560, 2 * 259);
  EXPECT_EQ(decode().error(), DecodeError::kInconsistentPath)
      << "a path that fits the field is no whole path";
  put_u32(560, 601);
  EXPECT_EQ(decode().error(), DecodeError::kAdditionalDataBeyond);
  put_u32(560, 599);
  EXPECT_EQ(decode().error(), DecodeError::kOddTextSize);
  put_u32(552, 3);
  EXPECT_EQ(decode().error(), DecodeError::kAdditionalDataBeyond) << "no room for the size";
}

TEST_F(DriverMessageTest, BufferOneByteTooSmallIsLeftUntouched) {
  encode_block(u"why", kTerms10);
  ByteVector out(bytes_.size() - 1, 0xEE);
  EXPECT_EQ(encode_driver_message(message_, kTerms10, out).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(out, ByteVector(out.size(), 0xEE));
}

TEST_F(DriverMessageTest, NothingBeyondThePlannedSizeIsWritten) {
  encode(kTerms10);
  ByteVector out(FLTLINK_DRIVER_MESSAGE_SIZE + 8, 0xEE);
  EXPECT_EQ(encode_driver_message(message_, kTerms10, out).value(), FLTLINK_DRIVER_MESSAGE_SIZE);
  EXPECT_EQ(ByteVector(out.end() - 8, out.end()), ByteVector(8, 0xEE));
}

using DriverMessageDeathTest = DriverMessageTest;

TEST_F(DriverMessageDeathTest, TypeThatTheDriverNeverSendsIsOurMistake) {
  message_.type = MSG_TYPE_POLICY_UPDATE;
  EXPECT_DEATH((void)plan_driver_message(message_, kTerms10), "is_driver_message");
}

}  // namespace
}  // namespace fltlink
