// Bit maps, access masks, narrow strings, and the rarer ways into a table, as the WDK's pages describe them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <wsk.h>

#include <algorithm>
#include <array>

#include "nt/kernel_test.hpp"

// As drivers declare it, which the WDK does not.
extern "C" NTSTATUS RtlSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime);

namespace fltsim::nt {
namespace {

using RtlHelpersTest = KernelTest;

ANSI_STRING ansi(PCSZ text) {
  ANSI_STRING result;
  RtlInitAnsiString(&result, text);
  return result;
}

struct Bits {
  std::array<ULONG, 2> words{};
  RTL_BITMAP map{};
  Bits() { RtlInitializeBitMap(&map, words.data(), 40); }
};

TEST_F(RtlHelpersTest, BitsAreSetClearedAndAskedFor) {
  Bits bits;
  RtlSetBit(&bits.map, 3);
  RtlSetBits(&bits.map, 30, 4);
  EXPECT_EQ(bits.words[0], (1u << 3) | (3u << 30));
  EXPECT_EQ(bits.words[1], 3u);
  EXPECT_TRUE(RtlAreBitsClear(&bits.map, 4, 26));
  EXPECT_FALSE(RtlAreBitsClear(&bits.map, 4, 27));
  EXPECT_FALSE(RtlAreBitsClear(&bits.map, 39, 2)) << "the range leaves the map";
  EXPECT_FALSE(RtlAreBitsClear(&bits.map, 4, 0)) << "no range";
  RtlClearAllBits(&bits.map);
  EXPECT_TRUE(RtlAreBitsClear(&bits.map, 0, 40));
  EXPECT_EQ(RtlNumberOfSetBitsUlongPtr(0xF000000000000001), 5u);
}

TEST_F(RtlHelpersTest, RunsOfClearBitsAreFound) {
  Bits bits;
  RtlSetBits(&bits.map, 0, 2);
  RtlSetBits(&bits.map, 5, 3);
  ULONG start = 99;
  EXPECT_EQ(RtlFindFirstRunClear(&bits.map, &start), 3u);
  EXPECT_EQ(start, 2u);
  EXPECT_EQ(RtlFindNextForwardRunClear(&bits.map, 5, &start), 32u);
  EXPECT_EQ(start, 8u);
  RtlSetBits(&bits.map, 8, 32);
  EXPECT_EQ(RtlFindNextForwardRunClear(&bits.map, 5, &start), 0u) << "none is left";
}

TEST_F(RtlHelpersTest, SetBitsAreFoundAndCleared) {
  Bits bits;
  RtlSetBits(&bits.map, 10, 3);
  EXPECT_EQ(RtlFindSetBitsAndClear(&bits.map, 2, 0), 10u);
  EXPECT_TRUE(RtlAreBitsClear(&bits.map, 10, 2));
  EXPECT_FALSE(RtlAreBitsClear(&bits.map, 12, 1));
  EXPECT_EQ(RtlFindSetBitsAndClear(&bits.map, 2, 0), 0xFFFFFFFFu);
}

TEST_F(RtlHelpersTest, GenericRightsBecomeThoseOfTheType) {
  const GENERIC_MAPPING mapping{1, 2, 4, 7};
  ACCESS_MASK access = GENERIC_READ | GENERIC_EXECUTE | DELETE;
  RtlMapGenericMask(&access, &mapping);
  EXPECT_EQ(access, 5u | DELETE);
  access = GENERIC_ALL;
  RtlMapGenericMask(&access, &mapping);
  EXPECT_EQ(access, 7u);
  EXPECT_TRUE(RtlAreAllAccessesGranted(7, 5));
  EXPECT_FALSE(RtlAreAllAccessesGranted(1, 5));
  EXPECT_TRUE(RtlAreAnyAccessesGranted(1, 5));
  EXPECT_FALSE(RtlAreAnyAccessesGranted(2, 5));
}

TEST_F(RtlHelpersTest, NarrowStringsAreAppendedUpcasedAndCompared) {
  CHAR room[6];
  STRING target{0, sizeof room, room};
  const ANSI_STRING part = ansi("abc");
  EXPECT_EQ(RtlAppendStringToString(&target, &part), STATUS_SUCCESS);
  EXPECT_EQ(RtlAppendStringToString(&target, &part), STATUS_SUCCESS);
  EXPECT_EQ(RtlAppendStringToString(&target, &part), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(std::string(target.Buffer, target.Length), "abcabc");
  CHAR small[2];
  STRING upper{0, sizeof small, small};
  RtlUpperString(&upper, &part);
  EXPECT_EQ(std::string(upper.Buffer, upper.Length), "AB") << "cut at the target";
  const ANSI_STRING longer = ansi("ABCdef");
  EXPECT_TRUE(RtlPrefixString(&part, &longer, TRUE));
  EXPECT_FALSE(RtlPrefixString(&part, &longer, FALSE));
  EXPECT_FALSE(RtlPrefixString(&longer, &part, TRUE));
}

TEST_F(RtlHelpersTest, TimesAndLuidsAreCopied) {
  LARGE_INTEGER time{};
  RtlSecondsSince1980ToTime(1, &time);
  EXPECT_EQ(time.QuadPart, 119'600'064'000'000'000 + 10'000'000);
  LARGE_INTEGER local{};
  LARGE_INTEGER same{};
  kernel([&] {
    ExSystemTimeToLocalTime(&time, &local);
    EXPECT_EQ(RtlSystemTimeToLocalTime(&time, &same), STATUS_SUCCESS);
  });
  EXPECT_EQ(same.QuadPart, local.QuadPart);
  LUID from{3, 4};
  LUID to{};
  RtlCopyLuid(&to, &from);
  EXPECT_TRUE(RtlEqualLuid(&from, &to));
}

TEST_F(RtlHelpersTest, OwnerOfADescriptorIsToldWithItsFlag) {
  alignas(4) UCHAR system[12] = {1, 1, 0, 0, 0, 0, 0, 5, 18};
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  PSID owner = &owner;
  BOOLEAN defaulted = TRUE;
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(&descriptor, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT_EQ(owner, nullptr);
  RtlSetOwnerSecurityDescriptor(&descriptor, system, TRUE);
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(&descriptor, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT_EQ(owner, system);
  EXPECT_EQ(defaulted, TRUE);
  descriptor.Revision = 9;
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(&descriptor, &owner, &defaulted), STATUS_UNKNOWN_REVISION);
}

// --- AVL tables by their nodes ---

RTL_GENERIC_COMPARE_RESULTS compare_tens(PRTL_AVL_TABLE, PVOID first, PVOID second) {
  const int a = *static_cast<int*>(first) / 10;
  const int b = *static_cast<int*>(second) / 10;
  return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

TEST_F(RtlHelpersTest, FullLookupSaysWhereTheElementWouldGo) {
  kernel([] {
    RTL_AVL_TABLE table;
    RtlInitializeGenericTableAvl(
        &table, compare_tens,
        [](PRTL_AVL_TABLE, ULONG size) { return ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 'x'); },
        [](PRTL_AVL_TABLE, PVOID node) { ExFreePool(node); }, nullptr);
    PVOID place = nullptr;
    TABLE_SEARCH_RESULT result = TableFoundNode;
    int value = 20;
    EXPECT_EQ(RtlLookupElementGenericTableFullAvl(&table, &value, &place, &result), nullptr);
    EXPECT_EQ(result, TableEmptyTree);
    for (int next : {20, 10, 30}) {
      BOOLEAN is_new = FALSE;
      EXPECT_EQ(RtlLookupElementGenericTableFullAvl(&table, &next, &place, &result), nullptr);
      auto* made = static_cast<int*>(
          RtlInsertElementGenericTableFullAvl(&table, &next, sizeof next, &is_new, place, result));
      ASSERT_NE(made, nullptr);
      EXPECT_EQ(*made, next);
      EXPECT_TRUE(is_new);
    }
    int wanted = 15;
    auto* found = static_cast<int*>(RtlLookupElementGenericTableFullAvl(&table, &wanted, &place, &result));
    EXPECT_EQ(result, TableFoundNode);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, 10);
    PVOID restart = nullptr;
    found = static_cast<int*>(RtlLookupFirstMatchingElementGenericTableAvl(&table, &wanted, &restart));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, 10);
    wanted = 50;
    EXPECT_EQ(RtlLookupFirstMatchingElementGenericTableAvl(&table, &wanted, &restart), nullptr);
    for (int next : {10, 20, 30}) EXPECT_TRUE(RtlDeleteElementGenericTableAvl(&table, &next));
  });
  EXPECT_TRUE(machine_.system().nt().pool().leaks(nullptr).empty());
}

using RtlAddressTest = KernelTest;

struct AddressText {
  WCHAR buffer[72] = {};
  ULONG length = 72;
  std::u16string text() const { return {buffer, length == 0 ? 0 : length - 1}; }
};

USHORT network(USHORT value) { return static_cast<USHORT>(value << 8 | value >> 8); }

std::u16string ipv6(std::array<USHORT, 8> words, ULONG scope = 0, USHORT port = 0) {
  IN6_ADDR address;
  std::transform(words.begin(), words.end(), address.u.Word, network);
  AddressText result;
  EXPECT_EQ(RtlIpv6AddressToStringExW(&address, scope, network(port), result.buffer, &result.length),
            STATUS_SUCCESS);
  EXPECT_EQ(result.buffer[result.length - 1], UNICODE_NULL);
  return result.text();
}

TEST_F(RtlAddressTest, Ipv4IsDottedWithItsPortBehindAColon) {
  IN_ADDR address;
  address.S_un.S_un_b = {192, 0, 2, 255};
  AddressText plain;
  EXPECT_EQ(RtlIpv4AddressToStringExW(&address, 0, plain.buffer, &plain.length), STATUS_SUCCESS);
  EXPECT_EQ(plain.text(), u"192.0.2.255");
  AddressText port;
  EXPECT_EQ(RtlIpv4AddressToStringExW(&address, network(445), port.buffer, &port.length), STATUS_SUCCESS);
  EXPECT_EQ(port.text(), u"192.0.2.255:445");
  EXPECT_EQ(port.length, 16u);
}

TEST_F(RtlAddressTest, Ipv6HasOneDoubleColonForItsLongestRunOfZeros) {
  EXPECT_EQ(ipv6({0x2001, 0xdb8, 1, 2, 3, 4, 0x50, 0xffff}), u"2001:db8:1:2:3:4:50:ffff");
  EXPECT_EQ(ipv6({0x2001, 0xdb8, 0, 0, 1, 0, 0, 0}), u"2001:db8:0:0:1::");
  EXPECT_EQ(ipv6({0x2001, 0, 0, 5, 0, 0, 7, 8}), u"2001::5:0:0:7:8");
  EXPECT_EQ(ipv6({1, 0, 3, 4, 5, 6, 7, 8}), u"1:0:3:4:5:6:7:8");
  EXPECT_EQ(ipv6({0, 0, 0, 0, 0, 0, 0, 0}), u"::");
  EXPECT_EQ(ipv6({0, 0, 0, 0, 0, 0, 0, 1}), u"::1");
}

TEST_F(RtlAddressTest, Ipv6EndsAsIpv4WhereOneIsEmbedded) {
  EXPECT_EQ(ipv6({0, 0, 0, 0, 0, 0, 0xc000, 0x201}), u"::192.0.2.1");
  EXPECT_EQ(ipv6({0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201}), u"::ffff:192.0.2.1");
  EXPECT_EQ(ipv6({0xfe80, 0, 0, 0, 0, 0x5efe, 0xc000, 0x201}), u"fe80::5efe:192.0.2.1");
  EXPECT_EQ(ipv6({0xfe80, 0, 0, 0, 0x200, 0x5efe, 0xc000, 0x201}), u"fe80::200:5efe:192.0.2.1");
}

TEST_F(RtlAddressTest, Ipv6HasItsScopeBehindAPercentAndBracketsBeforeThePort) {
  EXPECT_EQ(ipv6({0xfe80, 0, 0, 0, 0, 0, 0, 1}, 12), u"fe80::1%12");
  EXPECT_EQ(ipv6({0xfe80, 0, 0, 0, 0, 0, 0, 1}, 0, 445), u"[fe80::1]:445");
  EXPECT_EQ(ipv6({0xfe80, 0, 0, 0, 0, 0, 0, 1}, 12, 445), u"[fe80::1%12]:445");
}

TEST_F(RtlAddressTest, BufferThatIsTooShortIsRefusedWithTheLengthThatIsNeeded) {
  IN_ADDR address;
  address.S_un.S_un_b = {10, 0, 0, 1};
  WCHAR buffer[9] = {};
  ULONG length = 8;
  EXPECT_EQ(RtlIpv4AddressToStringExW(&address, 0, buffer, &length), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(length, 9u);
  EXPECT_EQ(buffer[0], UNICODE_NULL);
  EXPECT_EQ(RtlIpv4AddressToStringExW(&address, 0, buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(RtlIpv4AddressToStringExW(&address, 0, nullptr, &length), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlIpv4AddressToStringExW(&address, 0, buffer, nullptr), STATUS_INVALID_PARAMETER);
  const IN6_ADDR loopback{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
  length = 3;
  EXPECT_EQ(RtlIpv6AddressToStringExW(&loopback, 0, 0, buffer, &length), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(length, 4u);
  EXPECT_EQ(RtlIpv6AddressToStringExW(&loopback, 0, 0, nullptr, &length), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlIpv6AddressToStringExW(&loopback, 0, 0, buffer, nullptr), STATUS_INVALID_PARAMETER);
}

}  // namespace
}  // namespace fltsim::nt
