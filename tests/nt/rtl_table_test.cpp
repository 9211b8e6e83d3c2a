// Generic tables, bit maps, registry helpers and the other helpers of Rtl.
#include <gmock/gmock.h>

#include <cstring>

#include "nt/kernel_test.hpp"
#include "nt/text.hpp"

// Drivers bring its prototype.
extern "C" NTSTATUS RtlSystemTimeToLocalTime(PLARGE_INTEGER, PLARGE_INTEGER);

namespace fltsim::nt {
namespace {

using testing::ElementsAre;

// Both kinds of tables behind one set of names.
struct AvlKind {
  using Table = RTL_AVL_TABLE;
  static constexpr auto initialize = [](auto... arguments) {
    return RtlInitializeGenericTableAvl(arguments...);
  };
  static constexpr auto insert = [](auto... arguments) {
    return RtlInsertElementGenericTableAvl(arguments...);
  };
  static constexpr auto remove = [](auto... arguments) {
    return RtlDeleteElementGenericTableAvl(arguments...);
  };
  static constexpr auto lookup = [](auto... arguments) {
    return RtlLookupElementGenericTableAvl(arguments...);
  };
  static constexpr auto get = [](auto... arguments) { return RtlGetElementGenericTableAvl(arguments...); };
  static constexpr auto enumerate = [](auto... arguments) {
    return RtlEnumerateGenericTableAvl(arguments...);
  };
  static constexpr auto walk = [](auto... arguments) {
    return RtlEnumerateGenericTableWithoutSplayingAvl(arguments...);
  };
  static constexpr auto count = [](auto... arguments) {
    return RtlNumberGenericTableElementsAvl(arguments...);
  };
  static constexpr auto empty = [](auto... arguments) { return RtlIsGenericTableEmptyAvl(arguments...); };
  static constexpr bool numbered_by_key = true;
};
struct SplayKind {
  using Table = RTL_GENERIC_TABLE;
  static constexpr auto initialize = [](auto... arguments) {
    return RtlInitializeGenericTable(arguments...);
  };
  static constexpr auto insert = [](auto... arguments) { return RtlInsertElementGenericTable(arguments...); };
  static constexpr auto remove = [](auto... arguments) { return RtlDeleteElementGenericTable(arguments...); };
  static constexpr auto lookup = [](auto... arguments) { return RtlLookupElementGenericTable(arguments...); };
  static constexpr auto get = [](auto... arguments) { return RtlGetElementGenericTable(arguments...); };
  static constexpr auto enumerate = [](auto... arguments) { return RtlEnumerateGenericTable(arguments...); };
  static constexpr auto walk = [](auto... arguments) {
    return RtlEnumerateGenericTableWithoutSplaying(arguments...);
  };
  static constexpr auto count = [](auto... arguments) { return RtlNumberGenericTableElements(arguments...); };
  static constexpr auto empty = [](auto... arguments) { return RtlIsGenericTableEmpty(arguments...); };
  static constexpr bool numbered_by_key = false;
};

template <class Kind>
class TableTest : public KernelTest {
 protected:
  using Table = typename Kind::Table;
  static RTL_GENERIC_COMPARE_RESULTS compare(Table*, PVOID first, PVOID second) {
    const int a = *static_cast<int*>(first);
    const int b = *static_cast<int*>(second);
    return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
  }
  static PVOID allocate(Table* table, ULONG size) {
    ++*static_cast<int*>(table->TableContext);
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 0x54626C65);
  }
  static VOID release(Table* table, PVOID node) {
    --*static_cast<int*>(table->TableContext);
    ExFreePool(node);
  }
  static int* insert(Table& table, int value, BOOLEAN* is_new = nullptr) {
    return static_cast<int*>(Kind::insert(&table, &value, sizeof value, is_new));
  }
  static bool remove(Table& table, int value) { return Kind::remove(&table, &value) != FALSE; }
  static int* lookup(Table& table, int value) { return static_cast<int*>(Kind::lookup(&table, &value)); }
};
using Kinds = testing::Types<AvlKind, SplayKind>;
TYPED_TEST_SUITE(TableTest, Kinds);

TYPED_TEST(TableTest, ElementsAreCopiedFoundAndFreedByTheDriversRoutines) {
  this->kernel([] {
    int nodes = 0;
    typename TypeParam::Table table;
    TypeParam::initialize(&table, TestFixture::compare, TestFixture::allocate, TestFixture::release, &nodes);
    EXPECT_TRUE(TypeParam::empty(&table));
    BOOLEAN is_new = FALSE;
    int* seven = TestFixture::insert(table, 7, &is_new);
    EXPECT_TRUE(is_new);
    EXPECT_EQ(*seven, 7);
    EXPECT_EQ(TestFixture::insert(table, 7, &is_new), seven) << "the element that is there";
    EXPECT_FALSE(is_new);
    EXPECT_EQ(nodes, 1);
    EXPECT_EQ(TestFixture::lookup(table, 7), seven);
    EXPECT_EQ(TestFixture::lookup(table, 8), nullptr);
    EXPECT_FALSE(TestFixture::remove(table, 8));
    EXPECT_TRUE(TestFixture::remove(table, 7));
    EXPECT_EQ(nodes, 0);
    EXPECT_TRUE(TypeParam::empty(&table));
  });
}

TYPED_TEST(TableTest, EnumerationIsInOrderAndSurvivesRemovals) {
  this->kernel([] {
    int nodes = 0;
    typename TypeParam::Table table;
    TypeParam::initialize(&table, TestFixture::compare, TestFixture::allocate, TestFixture::release, &nodes);
    std::vector<int> expected;
    for (int i = 0; i < 100; ++i) TestFixture::insert(table, i * 37 % 101);
    for (int i = 0; i < 50; ++i) TestFixture::remove(table, i * 74 % 101);
    for (int i = 0; i < 101; ++i) {
      if (TestFixture::lookup(table, i) != nullptr) expected.push_back(i);
    }
    EXPECT_EQ(TypeParam::count(&table), expected.size());
    std::vector<int> walked;
    PVOID restart = nullptr;
    while (auto* value = static_cast<int*>(TypeParam::walk(&table, &restart))) walked.push_back(*value);
    EXPECT_EQ(walked, expected);
    std::vector<int> enumerated;
    for (auto* value = static_cast<int*>(TypeParam::enumerate(&table, TRUE)); value != nullptr;
         value = static_cast<int*>(TypeParam::enumerate(&table, FALSE))) {
      enumerated.push_back(*value);
    }
    EXPECT_EQ(enumerated, expected);
    while (auto* first = static_cast<int*>(TypeParam::get(&table, 0))) TestFixture::remove(table, *first);
    EXPECT_EQ(nodes, 0);
  });
}

TYPED_TEST(TableTest, NumberMeansTheKeysOrderOrThatOfInsertion) {
  this->kernel([] {
    int nodes = 0;
    typename TypeParam::Table table;
    TypeParam::initialize(&table, TestFixture::compare, TestFixture::allocate, TestFixture::release, &nodes);
    for (const int value : {3, 1, 2}) TestFixture::insert(table, value);
    EXPECT_EQ(*static_cast<int*>(TypeParam::get(&table, 0)), TypeParam::numbered_by_key ? 1 : 3);
    EXPECT_EQ(TypeParam::get(&table, 3), nullptr);
    for (const int value : {3, 1, 2}) TestFixture::remove(table, value);
  });
}

TEST(AvlShapeTest, PlaceOfALookupServesTheInsertion) {
  Machine machine;
  EXPECT_EQ(machine.system_process().run([] {
    RTL_AVL_TABLE table;
    RtlInitializeGenericTableAvl(
        &table,
        [](PRTL_AVL_TABLE, PVOID a, PVOID b) {
          const int difference = *static_cast<int*>(a) / 10 - *static_cast<int*>(b) / 10;
          return difference < 0 ? GenericLessThan : difference > 0 ? GenericGreaterThan : GenericEqual;
        },
        [](PRTL_AVL_TABLE, ULONG size) -> PVOID {
          return ExAllocatePool2(POOL_FLAG_PAGED, size, 0x54626C65);
        },
        [](PRTL_AVL_TABLE, PVOID node) { ExFreePool(node); }, nullptr);
    int value = 12;
    PVOID place = nullptr;
    TABLE_SEARCH_RESULT result = TableFoundNode;
    EXPECT_EQ(RtlLookupElementGenericTableFullAvl(&table, &value, &place, &result), nullptr);
    EXPECT_EQ(result, TableEmptyTree);
    PVOID inserted =
        RtlInsertElementGenericTableFullAvl(&table, &value, sizeof value, nullptr, place, result);
    int same = 19;
    PVOID restart = nullptr;
    EXPECT_EQ(RtlLookupFirstMatchingElementGenericTableAvl(&table, &same, &restart), inserted);
    EXPECT_NE(restart, nullptr);
    EXPECT_TRUE(RtlDeleteElementGenericTableAvl(&table, &same));
  }),
            Outcome::kDone);
}

TEST(AvlShapeTest, TreeOfManyElementsStaysFlat) {
  Machine machine;
  EXPECT_EQ(machine.system_process().run([] {
    int nodes = 0;
    RTL_AVL_TABLE table;
    using Fixture = TableTest<AvlKind>;
    struct Access : Fixture {
      using Fixture::allocate;
      using Fixture::compare;
      using Fixture::release;
      void TestBody() override {}
    };
    RtlInitializeGenericTableAvl(&table, Access::compare, Access::allocate, Access::release, &nodes);
    for (int i = 0; i < 1000; ++i) RtlInsertElementGenericTableAvl(&table, &i, sizeof i, nullptr);
    EXPECT_LE(table.DepthOfTree, 14u);
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(RtlDeleteElementGenericTableAvl(&table, &i));
    EXPECT_EQ(table.DepthOfTree, 0u);
  }),
            Outcome::kDone);
}

using RtlMoreTest = KernelTest;

TEST_F(RtlMoreTest, BitMapFindsSetsAndCountsRuns) {
  kernel([] {
    ULONG words[2] = {};
    RTL_BITMAP map;
    RtlInitializeBitMap(&map, words, 40);
    EXPECT_EQ(RtlFindClearBitsAndSet(&map, 5, 0), 0u);
    EXPECT_EQ(RtlFindClearBitsAndSet(&map, 3, 0), 5u);
    EXPECT_EQ(RtlNumberOfSetBits(&map), 8u);
    EXPECT_TRUE(RtlAreBitsSet(&map, 0, 8));
    EXPECT_FALSE(RtlAreBitsSet(&map, 0, 9));
    RtlClearBits(&map, 1, 2);
    EXPECT_EQ(RtlFindClearBits(&map, 2, 0), 1u);
    EXPECT_EQ(RtlFindClearBits(&map, 100, 0), ~0u);
    ULONG start = 0;
    EXPECT_EQ(RtlFindLongestRunClear(&map, &start), 32u);
    EXPECT_EQ(start, 8u);
    RtlSetAllBits(&map);
    EXPECT_EQ(RtlNumberOfClearBits(&map), 0u);
    RtlClearBit(&map, 33);
    EXPECT_FALSE(RtlTestBit(&map, 33));
    EXPECT_EQ(RtlFindSetBits(&map, 6, 33), 34u);
    EXPECT_EQ(RtlFindSetBits(&map, 7, 33), 0u) << "goes on at the beginning";
    RtlSetBit(&map, 33);
    EXPECT_EQ(RtlFindSetBitsAndClear(&map, 4, 0), 0u);
    EXPECT_TRUE(RtlAreBitsClear(&map, 0, 4));
    RtlSetBits(&map, 0, 2);
    EXPECT_EQ(RtlFindFirstRunClear(&map, &start), 2u);
    EXPECT_EQ(start, 2u);
    EXPECT_EQ(RtlFindNextForwardRunClear(&map, 3, &start), 1u);
    RtlClearAllBits(&map);
    EXPECT_EQ(RtlNumberOfSetBits(&map), 0u);
    EXPECT_EQ(RtlNumberOfSetBitsUlongPtr(0xF0F), 8u);
    EXPECT_EQ(RtlFindMostSignificantBit(0x8000), 15);
    EXPECT_EQ(RtlFindLeastSignificantBit(0), -1);
  });
}

TEST_F(RtlMoreTest, StringIsMadeValidatedAndCompared) {
  kernel([] {
    UNICODE_STRING made;
    ASSERT_TRUE(RtlCreateUnicodeString(&made, u"abc"));
    EXPECT_EQ(made.Length, 6);
    EXPECT_EQ(made.MaximumLength, 8);
    EXPECT_EQ(RtlValidateUnicodeString(0, &made), STATUS_SUCCESS);
    EXPECT_EQ(RtlValidateUnicodeString(1, &made), STATUS_INVALID_PARAMETER);
    UNICODE_STRING odd = made;
    odd.Length = 5;
    EXPECT_EQ(RtlValidateUnicodeString(0, &odd), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(RtlCompareUnicodeStrings(u"ABC", 3, made.Buffer, 3, TRUE), 0);
    EXPECT_LT(RtlCompareUnicodeStrings(u"ABC", 3, made.Buffer, 3, FALSE), 0);
    RtlFreeUnicodeString(&made);
    const GUID guid{0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 8}};
    ASSERT_EQ(RtlStringFromGUID(guid, &made), STATUS_SUCCESS);
    EXPECT_EQ(to_utf8({made.Buffer, made.Length / 2u}), "{12345678-9ABC-DEF0-0102-030405060708}");
    RtlFreeUnicodeString(&made);
  });
}

TEST_F(RtlMoreTest, NarrowStringsAreAppendedComparedAndRaised) {
  kernel([] {
    CHAR room[8] = "ab";
    STRING text{2, sizeof room, room};
    CHAR more[] = "cd";
    const STRING tail{2, 2, more};
    EXPECT_EQ(RtlAppendStringToString(&text, &tail), STATUS_SUCCESS);
    EXPECT_EQ(std::string(text.Buffer, text.Length), "abcd");
    CHAR upper_text[] = "AB";
    const STRING upper{2, 2, upper_text};
    EXPECT_TRUE(RtlPrefixString(&upper, &text, TRUE));
    EXPECT_FALSE(RtlPrefixString(&upper, &text, FALSE));
    RtlUpperString(&text, &text);
    EXPECT_TRUE(RtlPrefixString(&upper, &text, FALSE));
    text.Length = 7;
    EXPECT_EQ(RtlAppendStringToString(&text, &tail), STATUS_BUFFER_TOO_SMALL);
  });
}

TEST_F(RtlMoreTest, AccessMasksTimesAndOwnersAreWorkedOut) {
  kernel([] {
    const GENERIC_MAPPING mapping{1, 2, 4, 7};
    ACCESS_MASK access = GENERIC_READ | GENERIC_WRITE;
    RtlMapGenericMask(&access, &mapping);
    EXPECT_EQ(access, 3u);
    EXPECT_TRUE(RtlAreAllAccessesGranted(7, access));
    EXPECT_FALSE(RtlAreAllAccessesGranted(1, access));
    EXPECT_TRUE(RtlAreAnyAccessesGranted(1, access));
    LUID from{5, 6};
    LUID to{};
    RtlCopyLuid(&to, &from);
    EXPECT_EQ(to.HighPart, 6);
    LARGE_INTEGER time;
    RtlSecondsSince1980ToTime(0, &time);
    TIME_FIELDS fields;
    RtlTimeToTimeFields(&time, &fields);
    EXPECT_EQ(fields.Year, 1980);
    LARGE_INTEGER local;
    EXPECT_EQ(RtlSystemTimeToLocalTime(&time, &local), STATUS_SUCCESS);
    EXPECT_EQ(local.QuadPart, time.QuadPart);
    SECURITY_DESCRIPTOR descriptor;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    Sid owner = make_sid(5, {18});
    RtlSetOwnerSecurityDescriptor(&descriptor, owner.data(), FALSE);
    PSID found = nullptr;
    BOOLEAN defaulted = TRUE;
    EXPECT_EQ(RtlGetOwnerSecurityDescriptor(&descriptor, &found, &defaulted), STATUS_SUCCESS);
    EXPECT_EQ(found, owner.data());
    EXPECT_FALSE(defaulted);
  });
}

TEST_F(RtlMoreTest, ShortNameIsKnownFromALongOne) {
  kernel([] {
    const auto legal = [](PCWSTR text) {
      UNICODE_STRING name;
      RtlInitUnicodeString(&name, text);
      return RtlIsNameLegalDOS8Dot3(&name, nullptr, nullptr) != FALSE;
    };
    EXPECT_TRUE(legal(u"README.TXT"));
    EXPECT_TRUE(legal(u"readme"));
    EXPECT_TRUE(legal(u".."));
    EXPECT_FALSE(legal(u"longfilename.txt"));
    EXPECT_FALSE(legal(u"a.text"));
    EXPECT_FALSE(legal(u"a.b.c"));
    EXPECT_FALSE(legal(u"a+b"));
    EXPECT_FALSE(legal(u".txt"));
  });
}

TEST_F(RtlMoreTest, VersionIsComparedPartByPart) {
  kernel([] {
    ULONG major = 0;
    ULONG build = 0;
    EXPECT_FALSE(PsGetVersion(&major, nullptr, &build, nullptr));
    EXPECT_EQ(major, 10u);
    const auto verify = [](ULONG wanted_major, ULONG wanted_minor, UCHAR condition) {
      RTL_OSVERSIONINFOEXW version{};
      version.dwOSVersionInfoSize = sizeof version;
      version.dwMajorVersion = wanted_major;
      version.dwMinorVersion = wanted_minor;
      ULONGLONG mask = VerSetConditionMask(0, VER_MAJORVERSION, condition);
      mask = VerSetConditionMask(mask, VER_MINORVERSION, condition);
      return RtlVerifyVersionInfo(&version, 3, mask);
    };
    EXPECT_EQ(verify(6, 3, 3), STATUS_SUCCESS) << "10.0 is at least 6.3";
    EXPECT_EQ(verify(10, 0, 3), STATUS_SUCCESS);
    EXPECT_EQ(verify(10, 1, 3), STATUS_REVISION_MISMATCH);
    EXPECT_EQ(verify(6, 1, 1), STATUS_REVISION_MISMATCH);
  });
}

TEST_F(RtlMoreTest, StackOfTheCallerIsCaptured) {
  kernel([] {
    PVOID frames[4] = {};
    EXPECT_EQ(RtlCaptureStackBackTrace(0, 4, frames, nullptr), 4);
    EXPECT_NE(frames[0], nullptr);
    EXPECT_EQ(RtlWalkFrameChain(frames, 2, 0), 2u);
  });
}

// --- the registry ---

constexpr WCHAR kKey[] = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\guard";

class RegistryHelpersTest : public KernelTest {
 protected:
  RegistryHelpersTest() {
    registry().set_dword(kKey, u"Level", 7);
    registry().set_string(kKey, u"Path", u"C:\\x");
    registry().set_multi_string(kKey, u"Names", {u"one", u"two"});
    registry().set_dword(std::u16string(kKey) + u"\\Parameters", u"Depth", 3);
  }
  Registry& registry() { return machine_.system().nt().registry(); }
  static NTSTATUS query(PRTL_QUERY_REGISTRY_TABLE table, PVOID context = nullptr) {
    return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, u"guard", table, context, nullptr);
  }
  static NTSTATUS collect(PWSTR name, ULONG, PVOID data, ULONG length, PVOID context, PVOID) {
    auto& all = *static_cast<std::vector<std::string>*>(context);
    std::string text = to_utf8(name) + '=';
    if (length == 4) {
      text += std::to_string(*static_cast<ULONG*>(data));
    } else {
      text += to_utf8({static_cast<PCWSTR>(data), length / sizeof(WCHAR) - 1});
    }
    all.push_back(text);
    return STATUS_SUCCESS;
  }
  static RTL_QUERY_REGISTRY_TABLE entry(ULONG flags, PCWSTR name, PVOID target, ULONG type = REG_NONE) {
    return {nullptr, flags, const_cast<PWSTR>(name), target, type, nullptr, 0};
  }
};

TEST_F(RegistryHelpersTest, DirectEntriesAreStoredWhereTheTableSays) {
  kernel([] {
    ULONG level = 0;
    UNICODE_STRING path{};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        entry(RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, u"Level", &level,
              REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT),
        entry(RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_REQUIRED, u"Path", &path),
        {}};
    EXPECT_EQ(query(table), STATUS_SUCCESS);
    EXPECT_EQ(level, 7u);
    EXPECT_EQ(to_utf8({path.Buffer, path.Length / 2u}), "C:\\x") << "allocated by the routine";
    ExFreePool(path.Buffer);
    table[0].DefaultType = REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    EXPECT_EQ(query(table), STATUS_OBJECT_TYPE_MISMATCH);
    WCHAR small[2];
    path = {0, sizeof small, small};
    EXPECT_EQ(query(table + 1), STATUS_BUFFER_TOO_SMALL);
  });
}

TEST_F(RegistryHelpersTest, MissingValueIsTheDefaultOrAnErrorWhenItIsRequired) {
  kernel([] {
    ULONG value = 0;
    ULONG fallback = 42;
    RTL_QUERY_REGISTRY_TABLE table[] = {entry(RTL_QUERY_REGISTRY_DIRECT, u"Missing", &value, REG_DWORD), {}};
    table[0].DefaultData = &fallback;
    table[0].DefaultLength = sizeof fallback;
    EXPECT_EQ(query(table), STATUS_SUCCESS);
    EXPECT_EQ(value, 42u);
    table[0].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    EXPECT_EQ(query(table), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, u"nobody", table, nullptr, nullptr),
              STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(RegistryHelpersTest, RoutineIsCalledForValuesListsAndSubkeys) {
  kernel([] {
    std::vector<std::string> all;
    RTL_QUERY_REGISTRY_TABLE table[4] = {};
    table[0] = entry(0, u"Names", nullptr);
    table[0].QueryRoutine = collect;
    table[1] = entry(RTL_QUERY_REGISTRY_SUBKEY, u"Parameters", nullptr);
    table[2] = entry(0, u"Depth", nullptr);
    table[2].QueryRoutine = collect;
    EXPECT_EQ(query(table, &all), STATUS_SUCCESS);
    EXPECT_THAT(all, ElementsAre("Names=one", "Names=two", "Depth=3"));
    all.clear();
    RTL_QUERY_REGISTRY_TABLE every[2] = {};
    every[0].QueryRoutine = collect;
    EXPECT_EQ(query(every, &all), STATUS_SUCCESS);
    EXPECT_THAT(all, ElementsAre("Level=7", "Names=one", "Names=two", "Path=C:\\x"));
  });
}

TEST_F(RegistryHelpersTest, KeysAndValuesAreMadeCheckedAndDeleted) {
  kernel([] {
    EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, const_cast<PWSTR>(kKey)), STATUS_SUCCESS);
    WCHAR fresh[] = u"guard\\Fresh";
    EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, fresh), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, fresh), STATUS_SUCCESS);
    EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, fresh), STATUS_SUCCESS);
    ULONG value = 5;
    EXPECT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, fresh, u"Value", REG_DWORD, &value, 4),
              STATUS_SUCCESS);
    EXPECT_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, fresh, u"Value"), STATUS_SUCCESS);
    EXPECT_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, fresh, u"Value"), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(RegistryHelpersTest, NumberedControlSetIsTheCurrentOneAndAKeyIsRenamed) {
  kernel([&] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\Registry\\Machine\\System\\ControlSet001\\Services\\guard\\Parameters");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE key = nullptr;
    ASSERT_EQ(ZwOpenKeyEx(&key, KEY_ALL_ACCESS, &attributes, 0), STATUS_SUCCESS);
    UNICODE_STRING renamed;
    RtlInitUnicodeString(&renamed, u"Settings");
    EXPECT_EQ(ZwRenameKey(key, &renamed), STATUS_SUCCESS);
    alignas(8) UCHAR buffer[128];
    ULONG needed = 0;
    ASSERT_EQ(ZwQueryKey(key, KeyNodeInformation, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
    const auto* node = reinterpret_cast<PKEY_NODE_INFORMATION>(buffer);
    EXPECT_EQ(to_utf8({node->Name, node->NameLength / 2u}), "Settings");
    EXPECT_NE(node->LastWriteTime.QuadPart, 0);
    ZwClose(key);
  });
  EXPECT_TRUE(registry().exists(std::u16string(kKey) + u"\\Settings"));
}

}  // namespace
}  // namespace fltsim::nt
