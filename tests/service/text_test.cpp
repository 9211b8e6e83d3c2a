#include "service/text.hpp"

#include <gtest/gtest.h>

namespace drmservice {
namespace {

TEST(TextTest, EveryCodePointGoesThereAndBack) {
  std::u16string utf16;
  for (char32_t point = 1; point <= 0x10FFFF; point += point < 0x300 ? 1 : 0x1F) {
    if (point >= 0xD800 && point <= 0xDFFF) continue;
    if (point < 0x10000) {
      utf16 += static_cast<char16_t>(point);
    } else {
      utf16 += static_cast<char16_t>(0xD7C0 + (point >> 10));
      utf16 += static_cast<char16_t>(0xDC00 + (point & 0x3FF));
    }
  }
  const auto utf8 = utf8_from_utf16(utf16);
  ASSERT_TRUE(utf8.has_value());
  EXPECT_EQ(utf16_from_utf8(*utf8), utf16);
}

TEST(TextTest, KnownBytesOfEachLength) {
  EXPECT_EQ(utf8_from_utf16(u"a\u00E9\u20AC\U0001F600"), "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(utf16_from_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), u"a\u00E9\u20AC\U0001F600");
}

class BadUtf8Test : public testing::TestWithParam<const char*> {};

TEST_P(BadUtf8Test, IsRefused) { EXPECT_FALSE(utf16_from_utf8(GetParam()).has_value()); }

// Stray continuation, cut sequences, overlong forms, a surrogate, beyond the last code point, no lead byte.
INSTANTIATE_TEST_SUITE_P(Forms, BadUtf8Test,
                         testing::Values("\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3\x41", "\xC0\xAF",
                                         "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xED\xA0\x80",
                                         "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF"));

TEST(TextTest, SurrogateWithoutPartnerIsNoText) {
  for (const std::u16string& lone : {std::u16string{0xD800}, std::u16string{0xDC00},
                                     std::u16string{0xD800, u'a'}, std::u16string{0xD800, 0xD800}}) {
    EXPECT_FALSE(utf8_from_utf16(lone).has_value());
  }
}

TEST(TextTest, PrintableShowsLoneSurrogatesAsReplacement) {
  const std::u16string lone{u'a', 0xDC00, u'b', 0xD800};
  EXPECT_EQ(printable(as_text(lone)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
}

}  // namespace
}  // namespace drmservice
