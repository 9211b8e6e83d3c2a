#include <fltlink/wire/messages.h>
#include <fltlink/os/assert.hpp>
#include <fltlink/policy/policy_table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "policy/support.hpp"

namespace fltlink::policy_test {
namespace {

using enum PolicyUpdateOutcome;
using testing::ElementsAre;

constexpr auto kStandard = ProtectionFlags::kStandard;

class PolicyTableTest : public testing::Test {
 protected:
  PolicyUpdateOutcome protect(std::u16string_view pattern, ProtectionFlags flags, uint32_t version = 1) {
    return table_.update(text(pattern), version, flags);
  }

  bool forbids(std::u16string_view path, ProtectionFlags operation) {
    return table_.decide(text(path), operation).forbidden;
  }

  std::vector<std::u16string> patterns() {
    std::vector<std::u16string> result;
    table_.for_each([&](const Policy& policy) { result.push_back(units(policy.pattern)); });
    return result;
  }

  std::array<uint8_t, 256> memory_;
  PolicyTable table_{memory_, &upcase_ascii};
};

TEST(ProtectionFlagsTest, BitsAreThoseOfTheWire) {
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kRead), FLTLINK_PROTECT_READ);
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kWrite), FLTLINK_PROTECT_WRITE);
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kExecute), FLTLINK_PROTECT_EXECUTE);
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kRename), FLTLINK_PROTECT_RENAME);
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kDelete), FLTLINK_PROTECT_DELETE);
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kMove), FLTLINK_PROTECT_MOVE);
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kStandard), FLTLINK_PROTECT_STANDARD);
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kStandard), 0x3Au);
  EXPECT_EQ(static_cast<uint32_t>(ProtectionFlags::kAll), FLTLINK_PROTECT_ALL);
}

TEST_F(PolicyTableTest, EmptyTableForbidsNothing) {
  EXPECT_FALSE(forbids(u"C:\\a", ProtectionFlags::kAll));
  EXPECT_EQ(table_.count(), 0u);
}

TEST_F(PolicyTableTest, PolicyForbidsItsBitsOnMatchingPathsOnly) {
  EXPECT_EQ(protect(u"C:\\Docs\\*.docx", kStandard), kAdded);
  EXPECT_TRUE(forbids(u"c:\\docs\\a.DOCX", ProtectionFlags::kWrite));
  EXPECT_FALSE(forbids(u"c:\\docs\\a.DOCX", ProtectionFlags::kRead));
  EXPECT_FALSE(forbids(u"c:\\docs\\a.txt", ProtectionFlags::kWrite));
}

TEST_F(PolicyTableTest, OldestPolicyThatForbidsDecides) {
  protect(u"C:\\*", ProtectionFlags::kRead, 7);
  protect(u"C:\\a*", ProtectionFlags::kWrite, 8);
  protect(u"C:\\ab", ProtectionFlags::kWrite, 9);
  const PolicyDecision decision = table_.decide(text(u"c:\\ab"), ProtectionFlags::kWrite);
  ASSERT_TRUE(decision.forbidden);
  EXPECT_EQ(units(decision.policy.pattern), u"C:\\A*");
  EXPECT_EQ(decision.policy.version, 8u);
  EXPECT_EQ(decision.policy.flags, ProtectionFlags::kWrite);
}

TEST_F(PolicyTableTest, PolicyThatAsksDecidesOnlyWhereNoneForbidsOutright) {
  protect(u"C:\\*", ProtectionFlags::kWrite | ProtectionFlags::kAsk, 7);
  protect(u"C:\\a*", ProtectionFlags::kWrite | ProtectionFlags::kAsk, 8);
  protect(u"C:\\ab", ProtectionFlags::kWrite, 9);
  const PolicyDecision asking = table_.decide(text(u"c:\\ac"), ProtectionFlags::kWrite);
  EXPECT_TRUE(asking.forbidden && asking.asks());
  EXPECT_EQ(asking.policy.version, 7u) << "the oldest of them";
  const PolicyDecision denying = table_.decide(text(u"c:\\ab"), ProtectionFlags::kWrite);
  EXPECT_TRUE(denying.forbidden && !denying.asks());
  EXPECT_EQ(denying.policy.version, 9u);
  EXPECT_FALSE(table_.decide(text(u"c:\\ab"), ProtectionFlags::kRead).asks());
}

TEST_F(PolicyTableTest, SamePathInAnotherCaseIsReplaced) {
  protect(u"C:\\Docs", ProtectionFlags::kRead);
  EXPECT_EQ(protect(u"c:\\DOCS", ProtectionFlags::kWrite), kReplaced);
  EXPECT_EQ(table_.count(), 1u);
  EXPECT_FALSE(forbids(u"C:\\Docs", ProtectionFlags::kRead));
  EXPECT_TRUE(forbids(u"C:\\Docs", ProtectionFlags::kWrite));
}

TEST_F(PolicyTableTest, LowerVersionIsRefusedAndChangesNothing) {
  protect(u"C:\\a", ProtectionFlags::kRead, 5);
  EXPECT_EQ(protect(u"C:\\a", ProtectionFlags::kWrite, 4), kRefusedOlderVersion);
  EXPECT_EQ(protect(u"C:\\a", ProtectionFlags::kNone, 4), kRefusedOlderVersion);
  EXPECT_TRUE(forbids(u"C:\\a", ProtectionFlags::kRead));
  EXPECT_FALSE(forbids(u"C:\\a", ProtectionFlags::kWrite));
}

TEST_F(PolicyTableTest, EqualVersionReplaces) {
  protect(u"C:\\a", ProtectionFlags::kRead, 1);
  EXPECT_EQ(protect(u"C:\\a", ProtectionFlags::kWrite, 1), kReplaced);
}

TEST_F(PolicyTableTest, FlagsZeroRemoves) {
  protect(u"C:\\a", kStandard);
  protect(u"C:\\b", kStandard);
  protect(u"C:\\c", kStandard);
  EXPECT_EQ(protect(u"c:\\B", ProtectionFlags::kNone), kRemoved);
  EXPECT_THAT(patterns(), ElementsAre(u"C:\\A", u"C:\\C"));
  EXPECT_EQ(protect(u"c:\\B", ProtectionFlags::kNone), kNothingToRemove);
}

TEST_F(PolicyTableTest, RemovedPolicyIsForgottenWithItsVersion) {
  protect(u"C:\\a", kStandard, 9);
  protect(u"C:\\a", ProtectionFlags::kNone, 9);
  EXPECT_EQ(protect(u"C:\\a", kStandard, 1), kAdded);
}

TEST_F(PolicyTableTest, PatternWithoutUnitsOrWithTooManyIsRefused) {
  EXPECT_EQ(protect(u"", kStandard), kRefusedBadPattern);
  EXPECT_EQ(protect(std::u16string(kPatternUnitsMax + 1, u'a'), kStandard), kRefusedBadPattern);
}

TEST_F(PolicyTableTest, FullMemoryRefusesOneTooManyAndTakesAnExactFit) {
  std::array<uint8_t, PolicyTable::size_of_policy(2) + PolicyTable::size_of_policy(3)> memory;
  PolicyTable table(memory, &upcase_ascii);
  EXPECT_EQ(table.update(text(u"ab"), 1, kStandard), kAdded);
  EXPECT_EQ(table.update(text(u"abcd"), 1, kStandard), kRefusedFull);
  EXPECT_EQ(table.update(text(u"abc"), 1, kStandard), kAdded);
  EXPECT_EQ(table.update(text(u"x"), 1, kStandard), kRefusedFull);
  EXPECT_EQ(table.update(text(u"ab"), 1, ProtectionFlags::kNone), kRemoved);
  EXPECT_EQ(table.update(text(u"yz"), 1, kStandard), kAdded);
  EXPECT_EQ(table.count(), 2u);
}

TEST_F(PolicyTableTest, DirectoryAboveAProtectedPathIsFound) {
  protect(u"C:\\Docs\\*.docx", kStandard);
  EXPECT_TRUE(table_.decide_below(text(u"C:\\Docs"), ProtectionFlags::kMove).forbidden);
  EXPECT_TRUE(table_.decide_below(text(u"C:"), ProtectionFlags::kMove).forbidden);
  EXPECT_FALSE(table_.decide_below(text(u"C:\\Docs"), ProtectionFlags::kRead).forbidden);
  EXPECT_FALSE(table_.decide_below(text(u"C:\\Other"), ProtectionFlags::kMove).forbidden);
}

// The same story told to the table and to a plain list.
TEST_F(PolicyTableTest, RandomUpdatesAgreeWithAPlainList) {
  struct Entry {
    std::u16string pattern;
    uint32_t version;
    ProtectionFlags flags;
  };
  std::vector<Entry> list;
  std::mt19937_64 random(3);
  for (int round = 0; round < 5'000; ++round) {
    const std::u16string pattern{u"AB*"[random() % 3], u"AB*"[random() % 3]};
    const auto version = static_cast<uint32_t>(random() % 3);
    const auto flags = static_cast<ProtectionFlags>(random() % 4);
    protect(pattern, flags, version);
    auto at =
        std::find_if(list.begin(), list.end(), [&](const Entry& entry) { return entry.pattern == pattern; });
    if (at == list.end()) {
      if (flags != ProtectionFlags::kNone) list.push_back({pattern, version, flags});
    } else if (version >= at->version) {
      if (flags == ProtectionFlags::kNone)
        list.erase(at);
      else
        *at = {pattern, version, flags};
    }
    std::vector<std::u16string> expected;
    for (const Entry& entry : list) expected.push_back(entry.pattern);
    ASSERT_EQ(patterns(), expected);
    const auto decision = table_.decide(text(u"ab"), ProtectionFlags::kRead);
    const auto first = std::find_if(list.begin(), list.end(), [](const Entry& entry) {
      return overlap(entry.flags, ProtectionFlags::kRead) && matches(entry.pattern, u"ab");
    });
    ASSERT_EQ(decision.forbidden, first != list.end());
    if (decision.forbidden) {
      ASSERT_EQ(units(decision.policy.pattern), first->pattern);
    }
  }
}

}  // namespace
}  // namespace fltlink::policy_test
