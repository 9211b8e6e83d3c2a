#include "fltmgr/altitude.hpp"

#include <gtest/gtest.h>

namespace fltsim::fltmgr {
namespace {

Altitude altitude(std::u16string_view text) { return *Altitude::parse(text); }

TEST(AltitudeTest, LeadingAndTrailingZerosDoNotCount) {  // ALT-1
  EXPECT_EQ(altitude(u"100.50"), altitude(u"100.5"));
  EXPECT_EQ(altitude(u"0100.5"), altitude(u"100.50"));
  EXPECT_EQ(altitude(u"100."), altitude(u"100"));
  EXPECT_EQ(altitude(u"0"), altitude(u"0.0"));
}

TEST(AltitudeTest, ZerosBeforeThePointCount) {  // ALT-2
  EXPECT_NE(altitude(u"100"), altitude(u"1"));
  EXPECT_GT(altitude(u"100"), altitude(u"99.9"));
}

TEST(AltitudeTest, LongerWholePartIsGreater) {  // ALT-1
  EXPECT_GT(altitude(u"03333"), altitude(u"100.123456"));
}

TEST(AltitudeTest, DigitsThatADoubleCannotHoldDecide) {  // ALT-2
  EXPECT_LT(altitude(u"325000.0000000000000000001"), altitude(u"325000.0000000000000000002"));
  EXPECT_LT(altitude(u"325000.00000000000000000019"), altitude(u"325000.0000000000000000002"));
}

TEST(AltitudeTest, MalformedTextIsRefused) {  // ALT-3
  for (const std::u16string_view text :
       {u"", u".", u"-1", u"+1", u" 1", u"1 ", u"1e5", u"1.2.3", u"1,5", u"\u0661", u"0x10"}) {
    EXPECT_FALSE(Altitude::parse(text)) << std::string(text.begin(), text.end());
  }
}

TEST(AltitudeTest, TextStaysAsWritten) { EXPECT_EQ(altitude(u"0100.50").text(), u"0100.50"); }

}  // namespace
}  // namespace fltsim::fltmgr
