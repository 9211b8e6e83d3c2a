#include "fs/upcase.hpp"

#include <gtest/gtest.h>

namespace fltsim::fs {
namespace {

TEST(UpcaseTest, AsciiLettersOnlyAreMovedInAscii) {
  for (char16_t unit = 0; unit < 0x80; ++unit) {
    bool letter = unit >= u'a' && unit <= u'z';
    EXPECT_EQ(upcase(unit), letter ? unit - 32 : unit);
  }
}

TEST(UpcaseTest, LettersBeyondAsciiFollowUnicode) {
  EXPECT_EQ(upcase(u'\u00E4'), u'\u00C4');
  EXPECT_EQ(upcase(u'\u00FF'), u'\u0178');
  EXPECT_EQ(upcase(u'\u0101'), u'\u0100');
  EXPECT_EQ(upcase(u'\u0436'), u'\u0416');
  EXPECT_EQ(upcase(u'\u03C9'), u'\u03A9');
  EXPECT_EQ(upcase(u'\u03C2'), u'\u03A3');
  EXPECT_EQ(upcase(u'\uFF5A'), u'\uFF3A');
}

TEST(UpcaseTest, UnitsWithoutASimpleWayBackStay) {
  for (char16_t unit : {u'\u00B5', u'\u00DF', u'\u00F7', u'\u0131', u'\u017F', u'\u01C5', u'\u4E00'}) {
    EXPECT_EQ(upcase(unit), unit);
  }
}

TEST(UpcaseTest, EveryUnitIsStableAfterOneStepAndNoneBecomesAscii) {
  for (std::uint32_t code = 0; code < 0x10000; ++code) {
    auto unit = static_cast<char16_t>(code);
    char16_t upper = upcase(unit);
    ASSERT_EQ(upcase(upper), upper) << code;
    ASSERT_TRUE(code < 0x80 || upper >= 0x80) << code;
    if (code >= 0xD800 && code < 0xE000) {
      ASSERT_EQ(upper, unit);
    }
  }
}

TEST(UpcaseTest, NamesAreEqualExactlyWhenTheirUpcasedUnitsAre) {
  EXPECT_TRUE(equal_names(u"Plan.DOCX", u"pLAN.docx"));
  EXPECT_FALSE(equal_names(u"plan", u"plans"));
  EXPECT_FALSE(equal_names(u"plan", u"plam"));
  EXPECT_TRUE(equal_names(u"", u""));
}

}  // namespace
}  // namespace fltsim::fs
