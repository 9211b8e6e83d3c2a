#include "nt/format.hpp"

#include <gtest/gtest.h>
#include <ntdef.h>

#include <cstdarg>
#include <string>

namespace fltsim::nt {
namespace {

std::string narrow(const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  const std::size_t length = format_narrow(text, sizeof text, format, arguments);
  va_end(arguments);
  return {text, length};
}

std::u16string wide(const char16_t* format, ...) {
  char16_t text[256];
  va_list arguments;
  va_start(arguments, format);
  const std::size_t length = format_wide(text, 256, format, arguments);
  va_end(arguments);
  return {text, length};
}

std::size_t bounded(char* to, std::size_t capacity, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const std::size_t length = format_narrow(to, capacity, format, arguments);
  va_end(arguments);
  return length;
}

TEST(FormatTest, LongIsThirtyTwoBitsWide) {
  EXPECT_EQ(narrow("%ld %lu %lx", -1, 0xFFFFFFFFu, 0x80000000u), "-1 4294967295 80000000");
  EXPECT_EQ(narrow("%lu %lu", 0xFFFFFFFFu, 1u), "4294967295 1");
}

TEST(FormatTest, SixtyFourBitSizes) {
  EXPECT_EQ(narrow("%I64d %lld %I64x %llX", -5LL, -6LL, 0x123456789abcdefULL, 0xABCULL),
            "-5 -6 123456789abcdef ABC");
  EXPECT_EQ(narrow("%Iu %zu %Ix", 1ULL << 40, 7ULL, 0x1FFFFFFFFULL), "1099511627776 7 1ffffffff");
  EXPECT_EQ(narrow("%I32u|%hu|%hhu", 0xFFFFFFFFu, 0x12345, 0x1FF), "4294967295|9029|255");
}

TEST(FormatTest, ExtremeNumbers) {
  EXPECT_EQ(narrow("%d %I64d", -2147483647 - 1, static_cast<long long>(1ULL << 63)),
            "-2147483648 -9223372036854775808");
  EXPECT_EQ(narrow("%I64u", ~0ULL), "18446744073709551615");
}

TEST(FormatTest, PointerHasSixteenUpperCaseDigits) {
  EXPECT_EQ(narrow("%p", reinterpret_cast<void*>(0xFFFFF800DEADBEEF)), "FFFFF800DEADBEEF");
  EXPECT_EQ(narrow("%p|%20p", nullptr, reinterpret_cast<void*>(0x10)),
            "0000000000000000|    0000000000000010");
}

TEST(FormatTest, FlagsWidthAndPrecision) {
  EXPECT_EQ(narrow("[%5d][%-5d][%05d][%+d][% d]", 42, 42, 42, 42, 42), "[   42][42   ][00042][+42][ 42]");
  EXPECT_EQ(narrow("[%08x][%#x][%#010x][%#o]", 0xBEEF, 0xBEEF, 0xBEEF, 8),
            "[0000beef][0xbeef][0x0000beef][010]");
  EXPECT_EQ(narrow("[%.4d][%8.4d][%-8.4d][%08.4d]", 7, 7, 7, 7), "[0007][    0007][0007    ][    0007]");
  EXPECT_EQ(narrow("[%*d][%-*d][%*d][%.*s]", 4, 1, 4, 2, -4, 3, 2, "abc"), "[   1][2   ][3   ][ab]");
  EXPECT_EQ(narrow("[%05d][%.0d][%#x]", -42, 0, 0), "[-0042][][0]");
}

TEST(FormatTest, TextOfBothWidths) {
  EXPECT_EQ(narrow("%s|%S|%ws|%ls|%hs", "a", u"b", u"c", u"d", "e"), "a|b|c|d|e");
  EXPECT_EQ(wide(u"%s|%S|%ws|%hs", u"a", "b", u"c", "d"), u"a|b|c|d");
  EXPECT_EQ(narrow("%c%C%wc%hc", 'a', u'b', u'c', 'd'), "abcd");
  EXPECT_EQ(wide(u"%c%C", u'Ω', 'b'), u"Ωb");
}

TEST(FormatTest, CountedStrings) {
  char16_t units[] = u"abcdef";
  UNICODE_STRING name{6, 12, units};
  char bytes[] = "xyz";
  ANSI_STRING text{2, 3, bytes};
  EXPECT_EQ(narrow("%wZ|%Z|%8wZ|%-5wZ|%.2wZ", &name, &text, &name, &name, &name), "abc|xy|     abc|abc  |ab");
  EXPECT_EQ(wide(u"%wZ|%Z", &name, &text), u"abc|xy");
}

TEST(FormatTest, NullPointersAreNamed) {
  UNICODE_STRING empty{};
  EXPECT_EQ(narrow("%s %ws %wZ %wZ", nullptr, nullptr, nullptr, &empty), "(null) (null) (null) (null)");
}

TEST(FormatTest, PrecisionKeepsTextWithoutNullSafe) {
  const char raw[] = {'a', 'b', 'c'};
  EXPECT_EQ(narrow("%.3s", raw), "abc");
}

TEST(FormatTest, UnitsThatDoNotFitBecomeQuestionMarks) {
  EXPECT_EQ(narrow("%ws", u"caf\u00e9 \u03a9"), "caf\xe9 ?");
  EXPECT_EQ(wide(u"%S", "caf\xe9"), u"caf\u00e9");
}

TEST(FormatTest, FloatingPointIsCopiedAndSkipped) { EXPECT_EQ(narrow("%5.2f %d", 1.5, 7), "%5.2f 7"); }

TEST(FormatTest, PercentAndUnknownConversionsStand) { EXPECT_EQ(narrow("100%% %y", 1), "100% y"); }

TEST(FormatTest, FormatThatEndsInsideASpecificationEnds) { EXPECT_EQ(narrow("a%-08.3I64"), "a"); }

TEST(FormatTest, BoundIsKeptAndTheWholeLengthReturned) {
  char text[4] = {'#', '#', '#', '#'};
  EXPECT_EQ(bounded(text, 3, "%d", 123456), 6u);
  EXPECT_EQ(std::string(text, 4), "123#");
  EXPECT_EQ(bounded(text, 0, "%1000000d", 1), 65535u);
}

}  // namespace
}  // namespace fltsim::nt
