// Counted strings, their conversions and their hashes, as the WDK's pages describe them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

ANSI_STRING ansi(PCSZ text) {
  ANSI_STRING result;
  RtlInitAnsiString(&result, text);
  return result;
}

// A string with room for `Units` characters.
template <USHORT Units>
struct Room {
  WCHAR buffer[Units] = {};
  UNICODE_STRING value{0, sizeof buffer, buffer};
};

using RtlTextTest = KernelTest;

TEST_F(RtlTextTest, AnsiInitCountsBytesWithoutTheNull) {
  const ANSI_STRING some = ansi("abc");
  EXPECT_EQ(some.Length, 3);
  EXPECT_EQ(some.MaximumLength, 4);
  STRING other;
  RtlInitString(&other, "abc");
  EXPECT_EQ(other.Length, 3);
  EXPECT_EQ(other.MaximumLength, 4);
  RtlInitString(&other, nullptr);
  EXPECT_EQ(other.Length, 0);
  EXPECT_EQ(other.MaximumLength, 0);
  EXPECT_EQ(other.Buffer, nullptr);
  EXPECT_EQ(ansi(nullptr).Buffer, nullptr);
}

TEST_F(RtlTextTest, InitExRefusesWhatACountedStringCannotHold) {
  UNICODE_STRING value;
  EXPECT_EQ(RtlInitUnicodeStringEx(&value, u"abc"), STATUS_SUCCESS);
  EXPECT_EQ(value.Length, 6);
  EXPECT_EQ(value.MaximumLength, 8);
  EXPECT_EQ(RtlInitUnicodeStringEx(&value, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(value.Length, 0);
  EXPECT_EQ(value.Buffer, nullptr);
  const std::u16string longest(32766, u'x');
  EXPECT_EQ(RtlInitUnicodeStringEx(&value, longest.c_str()), STATUS_SUCCESS);
  EXPECT_EQ(value.Length, 65532);
  EXPECT_EQ(value.MaximumLength, 65534);
  const std::u16string too_long(32767, u'x');
  EXPECT_EQ(RtlInitUnicodeStringEx(&value, too_long.c_str()), STATUS_NAME_TOO_LONG);
}

TEST_F(RtlTextTest, InitOfATextThatIsTooLongCutsTheLengths) {
  const std::u16string too_long(40000, u'x');
  const UNICODE_STRING value = string(too_long.c_str());
  EXPECT_EQ(value.Length, 65532);
  EXPECT_EQ(value.MaximumLength, 65534);
}

TEST_F(RtlTextTest, AppendOfAStringIsWholeOrRefused) {
  Room<6> target;
  UNICODE_STRING part = string(u"abc");
  EXPECT_EQ(RtlAppendUnicodeStringToString(&target.value, &part), STATUS_SUCCESS);
  EXPECT_EQ(RtlAppendUnicodeStringToString(&target.value, &part), STATUS_SUCCESS);
  EXPECT_EQ(text(target.value), u"abcabc");
  EXPECT_EQ(RtlAppendUnicodeStringToString(&target.value, &part), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(text(target.value), u"abcabc");
  const UNICODE_STRING nothing = string(nullptr);
  EXPECT_EQ(RtlAppendUnicodeStringToString(&target.value, &nothing), STATUS_SUCCESS);
}

TEST_F(RtlTextTest, AppendEndsTheBufferWithANullWhereThereIsRoom) {
  Room<4> target;
  target.buffer[2] = u'!';
  const UNICODE_STRING part = string(u"ab");
  EXPECT_EQ(RtlAppendUnicodeStringToString(&target.value, &part), STATUS_SUCCESS);
  EXPECT_EQ(target.buffer[2], u'\0');
}

TEST_F(RtlTextTest, CopyOfACountedTextIsCutAtTheTarget) {
  CHAR buffer[3];
  STRING target{0, sizeof buffer, buffer};
  const ANSI_STRING source = ansi("abcdef");
  RtlCopyString(&target, &source);
  EXPECT_EQ(text(target), "abc");
  RtlCopyString(&target, nullptr);
  EXPECT_EQ(target.Length, 0);
  EXPECT_EQ(target.MaximumLength, sizeof buffer);
}

TEST_F(RtlTextTest, AnsiComparisonOrdersAndFolds) {
  const ANSI_STRING lower = ansi("abc");
  const ANSI_STRING upper = ansi("ABC");
  const ANSI_STRING longer = ansi("abcd");
  EXPECT_EQ(RtlCompareString(&lower, &upper, TRUE), 0);
  EXPECT_GT(RtlCompareString(&lower, &upper, FALSE), 0);
  EXPECT_LT(RtlCompareString(&lower, &longer, FALSE), 0);
  EXPECT_GT(RtlCompareString(&longer, &lower, TRUE), 0);
  EXPECT_EQ(RtlEqualString(&lower, &upper, TRUE), TRUE);
  EXPECT_EQ(RtlEqualString(&lower, &upper, FALSE), FALSE);
  EXPECT_EQ(RtlEqualString(&lower, &longer, TRUE), FALSE);
  EXPECT_EQ(RtlUpperChar('q'), 'Q');
  EXPECT_EQ(RtlUpperChar('Q'), 'Q');
  EXPECT_EQ(RtlUpperChar('7'), '7');
}

TEST_F(RtlTextTest, AnsiBytesAboveTheEndOfAsciiCompareUnsigned) {
  const ANSI_STRING a = ansi("a");
  const ANSI_STRING high = ansi("\xE4");
  EXPECT_LT(RtlCompareString(&a, &high, FALSE), 0);
}

TEST_F(RtlTextTest, MemoryComparesUpToTheFirstDifference) {
  EXPECT_EQ(RtlCompareMemory("abcd", "abXd", 4), 2u);
  EXPECT_EQ(RtlCompareMemory("abcd", "abcd", 4), 4u);
  EXPECT_EQ(RtlCompareMemory("abcd", "Xbcd", 4), 0u);
  EXPECT_EQ(RtlCompareMemory("abcd", "Xbcd", 0), 0u);
}

TEST_F(RtlTextTest, SecretIsZeroedAndItsPlaceReturned) {
  UCHAR secret[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(RtlSecureZeroMemory(secret, 8), secret);
  EXPECT_THAT(secret, testing::ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 9));
}

TEST_F(RtlTextTest, DowncaseGoesIntoTheCallersBufferOrANewOne) {
  kernel([] {
    const UNICODE_STRING source = string(u"\\DOCS\\\u00C4.Txt");
    Room<16> target;
    EXPECT_EQ(RtlDowncaseUnicodeString(&target.value, &source, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(text(target.value), u"\\docs\\\u00E4.txt");
    Room<3> small;
    EXPECT_EQ(RtlDowncaseUnicodeString(&small.value, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    UNICODE_STRING allocated{};
    ASSERT_EQ(RtlDowncaseUnicodeString(&allocated, &source, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(text(allocated), u"\\docs\\\u00E4.txt");
    RtlFreeUnicodeString(&allocated);
    EXPECT_EQ(allocated.Buffer, nullptr) << "freed strings are emptied";
  });
}

TEST_F(RtlTextTest, DuplicateIsFreedByItsRoutineAndEndsWithANullWhenAsked) {
  kernel([] {
    const UNICODE_STRING source = string(u"Plan.docx");
    UNICODE_STRING copy{};
    ASSERT_EQ(RtlDuplicateUnicodeString(0, &source, &copy), STATUS_SUCCESS);
    EXPECT_EQ(text(copy), u"Plan.docx");
    EXPECT_EQ(copy.MaximumLength, copy.Length);
    EXPECT_NE(copy.Buffer, source.Buffer);
    RtlFreeUnicodeString(&copy);
    ASSERT_EQ(RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE, &source, &copy),
              STATUS_SUCCESS);
    EXPECT_EQ(copy.MaximumLength, copy.Length + sizeof(WCHAR));
    EXPECT_EQ(copy.Buffer[9], u'\0');
    RtlFreeUnicodeString(&copy);
  });
  EXPECT_TRUE(machine_.system().nt().pool().leaks(nullptr).empty());
}

TEST_F(RtlTextTest, DuplicateOfNothingHasNoBufferUnlessAskedFor) {
  kernel([] {
    const UNICODE_STRING nothing = string(nullptr);
    UNICODE_STRING copy{1, 2, nullptr};
    ASSERT_EQ(RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE, &nothing, &copy),
              STATUS_SUCCESS);
    EXPECT_EQ(copy.Length, 0);
    EXPECT_EQ(copy.MaximumLength, 0);
    EXPECT_EQ(copy.Buffer, nullptr);
    ASSERT_EQ(RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE |
                                            RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING,
                                        &nothing, &copy),
              STATUS_SUCCESS);
    ASSERT_NE(copy.Buffer, nullptr);
    EXPECT_EQ(copy.Length, 0);
    EXPECT_EQ(copy.MaximumLength, sizeof(WCHAR));
    EXPECT_EQ(copy.Buffer[0], u'\0');
    RtlFreeUnicodeString(&copy);
    EXPECT_EQ(RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING, &nothing, &copy),
              STATUS_INVALID_PARAMETER)
        << "only together with the other flag";
    EXPECT_EQ(RtlDuplicateUnicodeString(8, &nothing, &copy), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(RtlTextTest, HashIsX65599OverCharacters) {
  const UNICODE_STRING lower = string(u"ab");
  const UNICODE_STRING upper = string(u"AB");
  ULONG hash = 0;
  EXPECT_EQ(RtlHashUnicodeString(&lower, FALSE, HASH_STRING_ALGORITHM_X65599, &hash), STATUS_SUCCESS);
  EXPECT_EQ(hash, 65599u * 'a' + 'b');
  ULONG folded = 0;
  EXPECT_EQ(RtlHashUnicodeString(&lower, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &folded), STATUS_SUCCESS);
  EXPECT_EQ(RtlHashUnicodeString(&upper, TRUE, HASH_STRING_ALGORITHM_X65599, &hash), STATUS_SUCCESS);
  EXPECT_EQ(hash, folded);
  EXPECT_EQ(RtlHashUnicodeString(&upper, TRUE, 7, &hash), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlHashUnicodeString(&upper, TRUE, HASH_STRING_ALGORITHM_X65599, nullptr),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlHashUnicodeString(nullptr, TRUE, HASH_STRING_ALGORITHM_X65599, &hash),
            STATUS_INVALID_PARAMETER);
}

TEST_F(RtlTextTest, GuidNeedsItsBracesAndDigits) {
  const UNICODE_STRING good = string(u"{8B0BA9A2-1d32-4F4e-AbCd-0123456789EF}");
  GUID guid{};
  ASSERT_EQ(RtlGUIDFromString(&good, &guid), STATUS_SUCCESS);
  EXPECT_EQ(guid.Data1, 0x8B0BA9A2u);
  EXPECT_EQ(guid.Data2, 0x1D32);
  EXPECT_EQ(guid.Data3, 0x4F4E);
  EXPECT_THAT(guid.Data4, testing::ElementsAre(0xAB, 0xCD, 0x01, 0x23, 0x45, 0x67, 0x89, 0xEF));
  for (PCWSTR bad : {u"8B0BA9A2-1d32-4F4e-AbCd-0123456789EF", u"{8B0BA9A2-1d32-4F4e-AbCd-0123456789E}", u"",
                     u"{8B0BA9A2-1d32-4F4e-AbCd+0123456789EF}", u"{8B0BA9A2-1d32-4F4e-AbCd-0123456789EG}"}) {
    const UNICODE_STRING value = string(bad);
    EXPECT_EQ(RtlGUIDFromString(&value, &guid), STATUS_INVALID_PARAMETER) << text(value).size();
  }
}

TEST_F(RtlTextTest, LongNumbersHaveTheSameBases) {
  Room<80> target;
  EXPECT_EQ(RtlInt64ToUnicodeString(18446744073709551615ull, 10, &target.value), STATUS_SUCCESS);
  EXPECT_EQ(text(target.value), u"18446744073709551615");
  EXPECT_EQ(RtlInt64ToUnicodeString(18446744073709551615ull, 0, &target.value), STATUS_SUCCESS);
  EXPECT_EQ(text(target.value), u"18446744073709551615") << "zero means ten";
  EXPECT_EQ(RtlInt64ToUnicodeString(0x123456789ABCDEFull, 16, &target.value), STATUS_SUCCESS);
  EXPECT_EQ(text(target.value), u"123456789ABCDEF");
  EXPECT_EQ(RtlInt64ToUnicodeString(8, 8, &target.value), STATUS_SUCCESS);
  EXPECT_EQ(text(target.value), u"10");
  EXPECT_EQ(RtlInt64ToUnicodeString(5, 2, &target.value), STATUS_SUCCESS);
  EXPECT_EQ(text(target.value), u"101");
  EXPECT_EQ(RtlInt64ToUnicodeString(0, 10, &target.value), STATUS_SUCCESS);
  EXPECT_EQ(text(target.value), u"0");
  EXPECT_EQ(RtlInt64ToUnicodeString(1, 3, &target.value), STATUS_INVALID_PARAMETER);
  Room<2> small;
  EXPECT_EQ(RtlInt64ToUnicodeString(123, 10, &small.value), STATUS_BUFFER_OVERFLOW);
}

TEST_F(RtlTextTest, TextInTheCodePageBecomesWideAndIsCutWithoutAnError) {
  WCHAR wide[4] = {u'!', u'!', u'!', u'!'};
  ULONG bytes = 0;
  EXPECT_EQ(RtlMultiByteToUnicodeN(wide, 6, &bytes, "ab", 2), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 4u);
  EXPECT_EQ(std::u16string(wide, 4), u"ab!!") << "not terminated";
  EXPECT_EQ(RtlMultiByteToUnicodeN(wide, 6, &bytes, "abcdef", 6), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 6u);
  EXPECT_EQ(std::u16string(wide, 4), u"abc!");
  EXPECT_EQ(RtlMultiByteToUnicodeN(wide, 6, nullptr, "x", 1), STATUS_SUCCESS);
  EXPECT_EQ(wide[0], u'x');
}

TEST_F(RtlTextTest, WideTextGoesIntoTheCodePageAndIsCutWithoutAnError) {
  CHAR narrow[4] = {'!', '!', '!', '!'};
  ULONG bytes = 0;
  EXPECT_EQ(RtlUnicodeToMultiByteN(narrow, 3, &bytes, u"ab", 4), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 2u);
  EXPECT_EQ(std::string(narrow, 4), "ab!!");
  EXPECT_EQ(RtlUnicodeToMultiByteN(narrow, 3, &bytes, u"abcdef", 12), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 3u);
  EXPECT_EQ(std::string(narrow, 4), "abc!");
  EXPECT_EQ(RtlUnicodeToMultiByteN(narrow, 3, nullptr, u"\u4E2D", 2), STATUS_SUCCESS);
  EXPECT_EQ(narrow[0], '?') << "a character that the code page lacks";
}

TEST_F(RtlTextTest, SizesOfConversionsCountTheNull) {
  const UNICODE_STRING wide = string(u"Plan");
  const ANSI_STRING narrow = ansi("Plan");
  EXPECT_EQ(RtlxUnicodeStringToAnsiSize(&wide), 5u);
  EXPECT_EQ(RtlxAnsiStringToUnicodeSize(&narrow), 10u);
  EXPECT_EQ(RtlUnicodeStringToAnsiSize(&wide), 5u);
  EXPECT_EQ(RtlAnsiStringToUnicodeSize(&narrow), 10u);
}

TEST_F(RtlTextTest, ConversionWithoutRoomIsABufferOverflow) {
  const UNICODE_STRING wide = string(u"Plan");
  const ANSI_STRING narrow = ansi("Plan");
  CHAR narrow_room[4];
  ANSI_STRING narrow_target{0, sizeof narrow_room, narrow_room};
  EXPECT_EQ(RtlUnicodeStringToAnsiString(&narrow_target, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
  Room<4> wide_target;
  EXPECT_EQ(RtlAnsiStringToUnicodeString(&wide_target.value, &narrow, FALSE), STATUS_BUFFER_OVERFLOW);
  Room<5> enough;
  EXPECT_EQ(RtlAnsiStringToUnicodeString(&enough.value, &narrow, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(text(enough.value), u"Plan");
}

TEST_F(RtlTextTest, RandomNumbersFollowFromTheirSeed) {
  using Routine = ULONG (*)(PULONG);
  for (const Routine random : {Routine{[](PULONG seed) { return RtlRandom(seed); }},
                               Routine{[](PULONG seed) { return RtlRandomEx(seed); }}}) {
    ULONG seed = 42;
    std::set<ULONG> seen;
    for (int n = 0; n < 100; ++n) {
      const ULONG before = seed;
      const ULONG number = random(&seed);
      EXPECT_LT(number, static_cast<ULONG>(MAXLONG));
      EXPECT_NE(seed, before);
      seen.insert(number);
    }
    EXPECT_GT(seen.size(), 90u);
  }
}

TEST_F(RtlTextTest, FailedAssertionSaysWhichAndWhere) {
  fatal("SIM-3", [] {
    RtlAssert(const_cast<char*>("count > 0"), const_cast<char*>("filter.c"), 17, const_cast<char*>("books"));
  });
  const std::string finding = machine_.verifier().findings().at(0).text;
  for (const char* part : {"count > 0", "filter.c", "17"})
    EXPECT_NE(finding.find(part), std::string::npos) << finding;
}

}  // namespace
}  // namespace fltsim::nt
