#include <fltlink/codec/record.hpp>
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/bytes.hpp"

namespace fltlink {
namespace {

using test::ByteVector;

// One record of `size` message bytes, ready to be damaged.
ByteVector record_of(size_t size) {
  const ByteVector message(size, 0x55);
  ByteVector out(FLTLINK_RECORD_HEADER_SIZE + size + FLTLINK_RECORD_ALIGNMENT, 0xEE);
  const Record record{.message_class = FLTLINK_CLASS_CRITICAL, .sequence = 7, .message = message};
  out.resize(encode_record(record, out).value());
  return out;
}

DecodeError error_of(const ByteVector& run) { return RecordReader(run).next().error(); }

ByteVector with(ByteVector bytes, size_t offset, uint8_t value) {
  bytes[offset] = value;
  return bytes;
}

TEST(RecordTest, TakesItsSizeRoundedUpToEight) {
  for (size_t size = 0; size < 20; ++size) {
    const ByteVector run = record_of(size);
    EXPECT_EQ(run.size(), (16 + size + 7) / 8 * 8);
    RecordReader reader(run);
    const Record record = reader.next().value();
    EXPECT_EQ(record.message.size(), size);
    EXPECT_EQ(record.sequence, 7u);
    EXPECT_EQ(record.message_class, FLTLINK_CLASS_CRITICAL);
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(RecordTest, EveryShorterRunIsTruncated) {
  const ByteVector run = record_of(5);
  for (size_t size = 1; size < run.size(); ++size) {
    RecordReader reader(Bytes(run).first(size));
    ASSERT_EQ(reader.next().error(), DecodeError::kTruncated) << size;
    ASSERT_EQ(reader.rest().size(), size) << "a refused record is not stepped over";
  }
}

TEST(RecordTest, ImpossibleFramingIsRefused) {
  const ByteVector run = record_of(8);
  EXPECT_EQ(error_of(with(run, 0, 0)), DecodeError::kWrongSize);
  EXPECT_EQ(error_of(with(run, 0, 15)), DecodeError::kWrongSize);
  EXPECT_EQ(error_of(with(run, 3, 0xFF)), DecodeError::kTruncated);
  EXPECT_EQ(error_of(with(run, 4, 8)), DecodeError::kWrongHeaderSize) << "8 is for skip records";
  EXPECT_EQ(error_of(with(run, 4, 20)), DecodeError::kWrongHeaderSize);
  EXPECT_EQ(error_of(with(run, 4, 32)), DecodeError::kWrongSize);
  EXPECT_EQ(error_of(with(run, 5, FLTLINK_CLASS_COUNT)), DecodeError::kUnknownClass);
  EXPECT_EQ(error_of(with(run, 6, 2)), DecodeError::kUnknownFlags);
  EXPECT_EQ(error_of(with(run, 7, 1)), DecodeError::kUnknownFlags);
}

TEST(RecordTest, SizeThatWrapsWhenRoundedUpIsTruncated) {
  ByteVector run = record_of(8);
  for (size_t byte = 0; byte < 4; ++byte) run[byte] = 0xFF;
  EXPECT_EQ(error_of(run), DecodeError::kTruncated);
}

TEST(RecordTest, LongerHeaderOfALaterVersionIsSteppedOver) {
  const ByteVector run = with(record_of(12), 4, 24);
  EXPECT_EQ(RecordReader(run).next()->message.size(), 4u);
}

TEST(RecordTest, SkipRecordCanBeEightBytes) {
  const ByteVector run{8, 0, 0, 0, 8, 0, FLTLINK_RECORD_SKIP, 0};
  RecordReader reader(run);
  const Record record = reader.next().value();
  EXPECT_TRUE(record.skip);
  EXPECT_TRUE(record.message.empty());
  EXPECT_TRUE(reader.at_end());
}

TEST(RecordTest, BufferWithoutRoomForThePaddingIsLeftUntouched) {
  const ByteVector message(5, 1);
  ByteVector out(23, 0xEE);
  EXPECT_EQ(encode_record({.message = message}, out).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(out, ByteVector(23, 0xEE));
}

TEST(RecordDeathTest, ReadingBehindTheEndIsOurMistake) {
  RecordReader reader{Bytes()};
  EXPECT_DEATH((void)reader.next(), "at_end");
}

}  // namespace
}  // namespace fltlink
