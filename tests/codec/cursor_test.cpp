#include <fltlink/codec/cursor.hpp>
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "support/bytes.hpp"

namespace fltlink {
namespace {

using test::ByteVector;

TEST(ByteReaderTest, ReadsToTheEndAndThenFails) {
  const ByteVector bytes{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xFF, 0xFF, 0xFF, 0xFF};
  ByteReader reader(bytes);
  uint8_t u8 = 0;
  uint16_t u16 = 0;
  uint32_t u32 = 0;
  int32_t i32 = 0;
  EXPECT_TRUE(reader.read_u8(u8) && reader.read_u16_le(u16) && reader.read_u32_le(u32) &&
              reader.read_i32_le(i32));
  EXPECT_EQ(u8, 0x01);
  EXPECT_EQ(u16, 0x0302);
  EXPECT_EQ(u32, 0x07060504u);
  EXPECT_EQ(i32, -1);
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_FALSE(reader.read_u8(u8));
}

TEST(ByteReaderTest, FailedReadLeavesCursorAndValueAlone) {
  const ByteVector bytes{1, 2, 3};
  ByteReader reader(bytes);
  uint32_t u32 = 77;
  uint64_t u64 = 78;
  Bytes some;
  EXPECT_FALSE(reader.read_u32_le(u32));
  EXPECT_FALSE(reader.read_u64_le(u64));
  EXPECT_FALSE(reader.read_bytes(4, some));
  EXPECT_FALSE(reader.skip(SIZE_MAX));
  EXPECT_EQ(u32, 77u);
  EXPECT_EQ(u64, 78u);
  EXPECT_EQ(reader.remaining(), 3u);
}

TEST(ByteReaderTest, NoBytesAtAll) {
  ByteReader reader{Bytes()};
  Bytes some;
  EXPECT_TRUE(reader.read_bytes(0, some));
  EXPECT_TRUE(reader.skip(0));
  EXPECT_FALSE(reader.skip(1));
}

TEST(ByteWriterTest, WritesToTheEndAndThenFails) {
  std::array<uint8_t, 15> bytes;
  ByteWriter writer(bytes);
  EXPECT_TRUE(writer.write_u8(1) && writer.write_u16_le(0x0302) && writer.write_u32_le(0x07060504) &&
              writer.write_i64_le(-2));
  EXPECT_EQ(writer.written(), 15u);
  EXPECT_EQ(test::vector_of(bytes),
            (ByteVector{1, 2, 3, 4, 5, 6, 7, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}));
  EXPECT_FALSE(writer.write_u8(9));
}

TEST(ByteWriterTest, FailedWriteLeavesCursorAndMemoryAlone) {
  std::array<uint8_t, 3> bytes{7, 7, 7};
  ByteWriter writer(bytes);
  const ByteVector four(4, 1);
  EXPECT_FALSE(writer.write_u32_le(1));
  EXPECT_FALSE(writer.write_bytes(four));
  EXPECT_FALSE(writer.write_zeros(4));
  EXPECT_FALSE(writer.write_text_field(u"a", 2));
  EXPECT_EQ(writer.remaining(), 3u);
  EXPECT_EQ(test::vector_of(bytes), (ByteVector{7, 7, 7}));
}

TEST(ByteWriterTest, TextFieldIsTerminatedAndFilledWithZeros) {
  std::array<uint8_t, 8> bytes;
  bytes.fill(7);
  EXPECT_TRUE(ByteWriter(bytes).write_text_field(u"ab", 4));
  EXPECT_EQ(test::vector_of(bytes), (ByteVector{'a', 0, 'b', 0, 0, 0, 0, 0}));
  EXPECT_TRUE(ByteWriter(bytes).write_text_field(u"abc", 4));
  EXPECT_FALSE(ByteWriter(bytes).write_text_field(u"abcd", 4)) << "no room for the terminator";
}

TEST(TextTest, FindsTheFirstOfAUnitWhereverItIsAndNothingLikeIt) {
  for (const char16_t unit : {u'\0', u'\\', u'\x8000', u'\xFFFF'}) {
    for (size_t size = 0; size < 14; ++size) {
      for (size_t at = 0; at <= size; ++at) {
        std::u16string units;
        for (size_t index = 0; index < size; ++index)
          units.push_back(static_cast<char16_t>(index % 3 == 0   ? unit + 1
                                                : index % 3 == 1 ? unit - 1
                                                                 : unit ^ 0x8000));
        if (at < size) units[at] = unit;
        if (at + 2 < size) units[at + 2] = unit;
        std::vector<uint8_t> bytes(1 + size * 2);
        std::memcpy(bytes.data() + 1, units.data(), size * 2);
        EXPECT_EQ(Text(bytes.data() + 1, size).find(unit), at);
      }
    }
  }
}

TEST(TextTest, ReadsUnitsAtAnyAlignment) {
  const ByteVector bytes{0, 'a', 0, 'b', 0x26};
  const Text text(bytes.data() + 1, 2);
  EXPECT_EQ(text[0], u'a');
  EXPECT_EQ(text[1], u'\u2662');
  EXPECT_EQ(text.find(u'\u2662'), 1u);
  EXPECT_EQ(text.find(u'x'), text.size());
  EXPECT_TRUE(text.from(1) == Text(u"\u2662"));
  EXPECT_FALSE(text == Text(u"a"));
}

}  // namespace
}  // namespace fltlink
