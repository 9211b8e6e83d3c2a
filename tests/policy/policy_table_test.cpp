#include <fltlink/wire/messages.h>
#include <fltlink/os/assert.hpp>
#include <fltlink/policy/policy_table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
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

  std::array<uint8_t, 4'000> memory_;
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

TEST_F(PolicyTableTest, ReplacedPolicyKeepsItsTurn) {
  protect(u"C:\\a*", ProtectionFlags::kRead, 1);
  protect(u"C:\\ab", ProtectionFlags::kWrite, 2);
  protect(u"c:\\A*", ProtectionFlags::kWrite, 3);
  EXPECT_EQ(table_.decide(text(u"c:\\ab"), ProtectionFlags::kWrite).policy.version, 3u);
  EXPECT_THAT(patterns(), ElementsAre(u"C:\\A*", u"C:\\AB"));
}

TEST_F(PolicyTableTest, FlagsAreThoseOfAllPoliciesThatMatchOrExist) {
  protect(u"C:\\*", ProtectionFlags::kRead);
  protect(u"C:\\a", ProtectionFlags::kWrite | ProtectionFlags::kAsk);
  protect(u"C:\\b", ProtectionFlags::kMove);
  EXPECT_EQ(table_.flags_on(text(u"c:\\a")),
            ProtectionFlags::kRead | ProtectionFlags::kWrite | ProtectionFlags::kAsk);
  EXPECT_EQ(table_.flags_on(text(u"d:\\a")), ProtectionFlags::kNone);
  protect(u"C:\\a", ProtectionFlags::kNone);
  EXPECT_EQ(table_.flags(), ProtectionFlags::kRead | ProtectionFlags::kMove);
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

TEST_F(PolicyTableTest, DirectoryAboveAProtectedPathIsFound) {
  protect(u"C:\\Docs\\*.docx", kStandard);
  EXPECT_TRUE(table_.decide_below(text(u"C:\\Docs"), ProtectionFlags::kMove).forbidden);
  EXPECT_TRUE(table_.decide_below(text(u"C:"), ProtectionFlags::kMove).forbidden);
  EXPECT_FALSE(table_.decide_below(text(u"C:\\Docs"), ProtectionFlags::kRead).forbidden);
  EXPECT_FALSE(table_.decide_below(text(u"C:\\Other"), ProtectionFlags::kMove).forbidden);
}

}  // namespace
}  // namespace fltlink::policy_test
