// PolicyTable beside the list that asks everybody, and what its questions and updates cost in steps.
#include <fltlink/os/assert.hpp>
#include <fltlink/policy/policy_table.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "policy/linear_table.hpp"

namespace fltlink::policy_test {
namespace {

using enum PolicyUpdateOutcome;

std::string ascii(std::u16string_view wide) { return {wide.begin(), wide.end()}; }

std::u16string wide(std::string_view ascii) { return {ascii.begin(), ascii.end()}; }

// Draws names so alike that patterns and paths meet often.
class Names {
 public:
  explicit Names(unsigned seed) : random_(seed) {}

  unsigned below(size_t bound) { return static_cast<unsigned>(random_() % bound); }

  std::u16string pattern() { return below(3) == 0 ? wordy_pattern(1) : pieces(kPatternPieces, 5); }

  // Longer than the hashes that a path keeps.
  std::u16string long_pattern() { return wordy_pattern(100 + below(300)); }

  std::u16string path() { return pieces(kPathPieces, 7); }

  // What the pattern matches, or nearly so.
  std::u16string path_like(std::u16string_view pattern) {
    std::u16string result;
    for (const char16_t symbol : pattern) {
      if (symbol == u'*' || symbol == u'<')
        result += below(2) == 0 ? word() : pieces(kPathPieces, 2);
      else if (symbol == u'"')
        result += u'.';
      else if (symbol != u'>' || below(2) == 0)
        result += detail::is_wildcard(symbol) ? u'x' : symbol;
    }
    return result;
  }

  ProtectionFlags flags() { return static_cast<ProtectionFlags>(below(4) == 0 ? 0 : below(0x80)); }

  ProtectionFlags operation() { return static_cast<ProtectionFlags>(1u << below(6)); }

 private:
  static constexpr std::u16string_view kPathPieces[] = {u"\\", u"\\", u"a",     u"A", u"b",
                                                        u".",  u"ab", u"\\A\\", u".b"};
  static constexpr std::u16string_view kPatternPieces[] = {u"\\",    u"\\", u"a",  u"B", u".",     u"ab",
                                                           u"\\A\\", u".b", u"*",  u"*", u"*?",    u"*\\A",
                                                           u"<",     u">",  u"\"", u"?", u"\\AB\\"};

  template <size_t kCount>
  std::u16string pieces(const std::u16string_view (&choice)[kCount], size_t most) {
    std::u16string result;
    for (size_t count = 1 + below(most); count > 0; --count) result += choice[below(kCount)];
    return result;
  }

  std::u16string word() {
    std::u16string letters(1 + below(8), u' ');
    for (char16_t& letter : letters) letter = static_cast<char16_t>(u'a' + below(26));
    return letters;
  }

  std::u16string wordy_pattern(size_t size) {
    std::u16string result = below(2) == 0 ? u"*" : u"\\A\\";
    do {
      result += word() + (below(8) == 0 ? u"*" : below(3) == 0 ? u"\\" : below(3) == 0 ? u"." : u"");
    } while (result.size() < size);
    if (below(2) == 0) result += u"*";
    return result;
  }

  std::mt19937_64 random_;
};

void expect_same(const PolicyDecision& decision, const LinearTable::Entry* expected,
                 std::u16string_view path) {
  ASSERT_EQ(decision.forbidden, expected != nullptr) << ascii(path);
  if (expected == nullptr) return;
  ASSERT_EQ(ascii(units(decision.policy.pattern)), ascii(expected->pattern)) << ascii(path);
  ASSERT_EQ(decision.policy.version, expected->version);
  ASSERT_EQ(decision.policy.flags, expected->flags);
}

std::vector<LinearTable::Entry> entries(const PolicyTable& table) {
  std::vector<LinearTable::Entry> result;
  table.for_each([&](const Policy& policy) {
    result.push_back({units(policy.pattern), policy.version, policy.flags});
  });
  return result;
}

void expect_same_answers(const PolicyTable& table, const LinearTable& list, std::u16string_view path,
                         ProtectionFlags operation) {
  expect_same(table.decide(text(path), operation), list.decide(path, operation), path);
  expect_same(table.decide_below(text(path), operation), list.decide_below(path, operation), path);
  ASSERT_EQ(table.flags_on(text(path)), list.flags_on(path)) << ascii(path);
}

// A story of updates and questions, told to both. `memory` is too little for all of it now and then.
void tell_both(Names& names, MutableBytes memory, int rounds, bool with_long) {
  PolicyTable table(memory, &upcase_ascii);
  LinearTable list;
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    const bool is_long = with_long && names.below(3) == 0;
    const std::u16string pattern = is_long ? names.long_pattern() : names.pattern();
    const auto version = names.below(3);
    const ProtectionFlags flags = names.flags();
    const PolicyUpdateOutcome outcome = table.update(text(pattern), version, flags);
    if (outcome == kRefusedFull)
      ++refused;
    else
      ASSERT_EQ(outcome, list.update(pattern, version, flags)) << ascii(pattern);
    if (round % 16 == 0) {
      ASSERT_EQ(entries(table), list.list());
      ASSERT_EQ(table.flags(), list.flags());
      ASSERT_EQ(table.count(), list.list().size());
    }
    const auto& live = list.list();
    const std::u16string path = live.empty() || names.below(2) == 0
                                    ? names.path()
                                    : names.path_like(live[names.below(live.size())].pattern);
    ASSERT_NO_FATAL_FAILURE(expect_same_answers(table, list, path, names.operation()));
  }
  EXPECT_GT(refused, 0) << "the memory was never full";
}

TEST(PolicyIndexTest, RandomStoriesAgreeWithAskingEveryPolicy) {
  for (unsigned seed = 0; seed < 4; ++seed) {
    SCOPED_TRACE(seed);
    Names names(seed);
    std::vector<uint8_t> memory(500 + 2'000 * (seed + 1));
    ASSERT_NO_FATAL_FAILURE(tell_both(names, memory, 250, false));
  }
}

TEST(PolicyIndexTest, LongNamesAgreeWithAskingEveryPolicy) {
  Names names(1);
  std::vector<uint8_t> memory(9'000);
  ASSERT_NO_FATAL_FAILURE(tell_both(names, memory, 120, true));
}

TEST(PolicyIndexTest, TwoPiecesOfAPathAndEveryOffsetOfTheMemoryGiveTheSameAnswers) {
  Names names(5);
  std::vector<uint8_t> memory(20'000);
  for (size_t offset = 0; offset < 8; ++offset) {
    PolicyTable table(MutableBytes(memory).subspan(offset, 19'000 + offset), &upcase_ascii);
    for (int round = 0; round < 60; ++round)
      static_cast<void>(table.update(text(names.pattern()), 1, ProtectionFlags::kAll));
    for (int round = 0; round < 60; ++round) {
      const std::u16string path = names.path();
      const Text whole = text(path);
      const size_t cut = names.below(path.size() + 1);
      const PathName pieces(whole.first(cut), whole.from(cut));
      EXPECT_EQ(table.decide(pieces, ProtectionFlags::kRead).forbidden,
                table.decide(whole, ProtectionFlags::kRead).forbidden);
      EXPECT_EQ(table.decide_below(pieces, ProtectionFlags::kRead).forbidden,
                table.decide_below(whole, ProtectionFlags::kRead).forbidden);
    }
  }
}

// Words of one length are looked for together, wherever one of them may begin.
TEST(PolicyIndexTest, WordsAreFoundWhenTheOldestOfTheirLengthIsRemoved) {
  std::vector<uint8_t> memory(4'000);
  PolicyTable table(memory, &upcase_ascii);
  for (const std::u16string_view pattern : {u"*plan*", u"*memo*", u"*note*"})
    EXPECT_EQ(table.update(text(pattern), 1, ProtectionFlags::kRead), kAdded);
  EXPECT_EQ(table.update(text(u"*plan*"), 1, ProtectionFlags::kNone), kRemoved);
  EXPECT_TRUE(table.decide(text(u"c:\\a memo"), ProtectionFlags::kRead).forbidden);
  EXPECT_TRUE(table.decide(text(u"c:\\a note"), ProtectionFlags::kRead).forbidden);
  EXPECT_FALSE(table.decide(text(u"c:\\a plan"), ProtectionFlags::kRead).forbidden);
}

// Two names of one length with one hash, so all that begins or ends alike with them has one hash too. If the hash
// changes, others are needed.
TEST(PolicyIndexTest, NamesThatShareAHashAreToldApart) {
  constexpr std::u16string_view kNames[] = {u"PPRUZWX", u"CKCKAIZ"};
  ASSERT_EQ(detail::PathHashes(text(kNames[0]), &upcase_ascii).whole(),
            detail::PathHashes(text(kNames[1]), &upcase_ascii).whole());
  std::vector<std::u16string> patterns;
  for (const std::u16string_view name : kNames) {
    const std::u16string n(name);
    for (const std::u16string& pattern :
         {n, n + u"\\*", u"*\\" + n, u"*\\" + n + u"\\*", u"A\\" + n + u"*X", u"A\\" + n + u"\\B*"})
      patterns.push_back(pattern);
  }
  Names names(7);
  std::vector<uint8_t> memory(8'000);
  PolicyTable table(memory, &upcase_ascii);
  LinearTable list;
  for (int round = 0; round < 100; ++round) {
    const auto& pattern = patterns[names.below(patterns.size())];
    const ProtectionFlags flags = names.flags();
    ASSERT_EQ(table.update(text(pattern), 1, flags), list.update(pattern, 1, flags)) << ascii(pattern);
    for (const std::u16string_view name : kNames) {
      for (const std::u16string_view after : {u"", u"\\B", u"X", u"\\PPRUZWX", u"\\CKCKAIZ"}) {
        for (const std::u16string_view before : {u"", u"a\\"}) {
          const std::u16string path = std::u16string(before) + std::u16string(name) + std::u16string(after);
          ASSERT_NO_FATAL_FAILURE(expect_same_answers(table, list, path, names.operation()));
        }
      }
    }
  }
}

// The same hash at two depths.
TEST(PolicyIndexTest, DirectoriesThatShareAHashKeepTheirParents) {
  ASSERT_EQ(detail::PathHashes(text(u"GYQ\\FQL"), &upcase_ascii).whole(),
            detail::PathHashes(text(u"QHJTSGO"), &upcase_ascii).whole());
  std::vector<uint8_t> memory(4'000);
  PolicyTable table(memory, &upcase_ascii);
  EXPECT_EQ(table.update(u"C\\QHJTSGO\\*", 1, ProtectionFlags::kRead), kAdded);
  EXPECT_EQ(table.update(u"C\\GYQ\\FQL\\*", 2, ProtectionFlags::kRead), kAdded);
  EXPECT_EQ(table.decide_below(text(u"c\\gyq"), ProtectionFlags::kRead).policy.version, 2u);
  EXPECT_EQ(table.decide_below(text(u"c\\qhjtsgo"), ProtectionFlags::kRead).policy.version, 1u);
}

// ---- memory

// A pattern in one of `directories` directories, of 20 units.
std::u16string plan_name(size_t number, size_t directories) {
  const std::string digits = std::to_string(100'000 + number);
  return wide("C:\\D" + std::to_string(10'000 + number % directories) + (number % 2 == 0 ? "\\*" : "\\.") +
              "n" + digits + ".x");
}

TEST(PolicyMemoryTest, StatedMemoryHoldsTheStatedPolicies) {
  for (const size_t count : {1u, 2u, 10u, 500u}) {
    for (const size_t directories : {size_t{1}, count}) {
      std::vector<uint8_t> memory(PolicyTable::memory_for(count, 20, directories + 1));
      PolicyTable table(memory, &upcase_ascii);
      for (size_t number = 0; number < count; ++number)
        ASSERT_EQ(table.update(text(plan_name(number, directories)), 1, ProtectionFlags::kAll), kAdded)
            << number << " of " << count;
      EXPECT_LT(memory.size(), 700 + count * 250) << "and is not much more than they need";
    }
  }
}

TEST(PolicyMemoryTest, WhetherAPolicyFitsDependsOnThePoliciesInForceAlone) {
  std::vector<uint8_t> memory(20'000);
  PolicyTable table(memory, &upcase_ascii);
  size_t fits = 0;
  while (table.update(text(plan_name(fits, 1'000)), 1, ProtectionFlags::kAll) == kAdded) ++fits;
  EXPECT_GT(fits, 80u);
  EXPECT_LE(table.size(), memory.size() / 4 * 3);
  const auto full = entries(table);
  EXPECT_EQ(table.update(text(u"C:\\D"), 1, ProtectionFlags::kAll), kAdded) << "a shorter one has room left";
  EXPECT_EQ(table.update(text(u"c:\\d"), 1, ProtectionFlags::kNone), kRemoved);
  for (size_t turn = 0; turn < 1'000; ++turn) {
    ASSERT_EQ(table.update(text(plan_name(turn, 1'000)), 1, ProtectionFlags::kNone), kRemoved);
    ASSERT_EQ(table.update(text(plan_name(turn + fits, 1'000)), 1, ProtectionFlags::kAll), kAdded) << turn;
    ASSERT_EQ(table.update(text(plan_name(turn + fits + 1, 1'000)), 1, ProtectionFlags::kAll), kRefusedFull);
  }
  EXPECT_EQ(table.count(), full.size());
}

// They are moved over what they were, and some of their hashes are taken from their units.
TEST(PolicyMemoryTest, LongWordsAreFoundAfterTheyWereMoved) {
  const auto word = [](int number) {
    return wide("w" + std::to_string(1'000 + number) + std::string(140, 'x'));
  };
  std::vector<uint8_t> memory(20'000);
  PolicyTable table(memory, &upcase_ascii);
  ASSERT_EQ(table.update(text(u"C:\\a"), 1, ProtectionFlags::kAll), kAdded);
  for (int number = 0; number < 20; ++number)
    ASSERT_EQ(table.update(text(u"*" + word(number) + u"*"), 1, ProtectionFlags::kAll), kAdded);
  ASSERT_EQ(table.update(text(u"C:\\a"), 1, ProtectionFlags::kNone), kRemoved);
  for (int turn = 0; turn < 60; ++turn) {
    ASSERT_EQ(table.update(text(word(turn)), 1, ProtectionFlags::kAll), kAdded);
    ASSERT_EQ(table.update(text(word(turn)), 1, ProtectionFlags::kNone), kRemoved);
    const std::u16string path = u"c:\\" + word(turn % 20) + u".txt";
    ASSERT_TRUE(table.decide(text(path), ProtectionFlags::kRead).forbidden) << turn;
  }
}

TEST(PolicyMemoryTest, RefusedAdditionChangesNothing) {
  std::vector<uint8_t> memory(2'000);
  PolicyTable table(memory, &upcase_ascii);
  size_t count = 0;
  while (table.update(text(plan_name(count, 3)), 1, ProtectionFlags::kAll) == kAdded) ++count;
  const auto before = entries(table);
  EXPECT_EQ(table.update(text(u"C:\\other\\directory\\*.docx"), 1, ProtectionFlags::kAll), kRefusedFull);
  EXPECT_EQ(entries(table), before);
  EXPECT_FALSE(table.decide(text(u"C:\\other\\directory\\a.docx"), ProtectionFlags::kRead).forbidden);
  EXPECT_EQ(table.update(text(plan_name(0, 3)), 2, ProtectionFlags::kRead), kReplaced) << "takes no memory";
  EXPECT_EQ(table.update(text(plan_name(1, 3)), 2, ProtectionFlags::kNone), kRemoved);
}

TEST(PolicyMemoryTest, TooLittleMemoryForAnythingRefusesEverything) {
  std::array<uint8_t, 600> memory;
  memory.fill(0xEE);
  for (size_t size = 0; size < memory.size(); ++size) {
    PolicyTable table(MutableBytes(memory).first(size), &upcase_ascii);
    const PolicyUpdateOutcome outcome = table.update(text(u"C:\\a\\*"), 1, ProtectionFlags::kRead);
    ASSERT_TRUE(outcome == kAdded || (outcome == kRefusedFull && size < 500)) << size;
    EXPECT_EQ(table.decide(text(u"c:\\a\\b"), ProtectionFlags::kRead).forbidden, outcome == kAdded);
    EXPECT_EQ(table.decide_below(text(u"c:"), ProtectionFlags::kRead).forbidden, outcome == kAdded);
    EXPECT_EQ(table.update(text(u"C:\\b"), 1, ProtectionFlags::kNone), kNothingToRemove);
  }
  EXPECT_EQ(PolicyTable().count(), 0u);
}

// ---- cost

// Units that were put in upper case: by the hashes of the path, and by each policy that was tried.
size_t units_seen = 0;
char16_t upcase_and_count(char16_t unit) {
  ++units_seen;
  return upcase_ascii(unit);
}

struct Family {
  const char* name;
  std::string before;
  std::string after;
  const char* path_before;
  const char* path_after;

  std::u16string pattern(int number) const { return wide(before + std::to_string(number) + after); }
  std::u16string path(int number) const { return wide(path_before + std::to_string(number) + path_after); }
};

const Family kFamilies[] = {
    {"exact paths", "C:\\Data\\file", ".txt", "c:\\data\\file", ".txt"},
    {"directories", "C:\\Users\\user", "\\*", "c:\\users\\user", "\\documents\\plan.docx"},
    {"extensions", "*.ext", "", "c:\\users\\someone\\plan.ext", ""},
    {"names", "*\\name", ".txt", "c:\\users\\someone\\name", ".txt"},
    {"names below a directory", "C:\\Users\\*\\file", ".doc", "c:\\users\\someone\\x\\file", ".doc"},
    {"inner directories", "C:\\Users\\*\\Project", "\\*.xls?", "c:\\users\\someone\\project", "\\plan.xlsx"},
    {"two wildcards", "C:\\Users\\user", "\\*\\Documents\\*.xls?", "c:\\users\\user",
     "\\a\\documents\\b.xlsx"},
    {"beginnings of names", "C:\\Temp\\log", "-*", "c:\\temp\\log", "-monday.txt"},
    {"words anywhere", "*secret", "!*", "c:\\temp\\my secret", "!.txt"},
};

class PolicyCostTest : public testing::Test {
 protected:
  static constexpr int kMany = 1'000;

  // The units that are looked at in questions about present and absent paths of a table with `count` policies.
  template <typename Ask>
  size_t cost(const Family& family, int count, Ask&& ask) {
    std::vector<uint8_t> memory(PolicyTable::memory_for(kMany, 40, kMany + 10));
    PolicyTable table(memory, &upcase_and_count);
    for (int number = 0; number < count; ++number)
      EXPECT_EQ(table.update(text(family.pattern(number)), 1, ProtectionFlags::kAll), kAdded);
    units_seen = 0;
    for (int number = 0; number < 10; ++number) {
      EXPECT_TRUE(ask(table, family.path(number)));
      EXPECT_FALSE(ask(table, family.path(number + 2 * kMany)));
    }
    return units_seen;
  }
};

TEST_F(PolicyCostTest, DecisionOverAThousandPoliciesLooksAtLessThanTwiceTheUnitsOfOneOverTen) {
  const auto decide = [](const PolicyTable& table, const std::u16string& path) {
    return table.decide(text(path), ProtectionFlags::kRead).forbidden;
  };
  for (const Family& family : kFamilies) {
    const size_t few = cost(family, 10, decide);
    EXPECT_LE(cost(family, kMany, decide), few * 2) << family.name;
  }
}

TEST_F(PolicyCostTest, DecisionBelowADirectoryLooksAtLessThanTwiceTheUnitsOfOneOverTen) {
  for (const Family& family : kFamilies) {
    std::vector<uint8_t> memory(PolicyTable::memory_for(kMany, 40, kMany + 10));
    PolicyTable table(memory, &upcase_and_count);
    size_t few = 0;
    for (int number = 0; number < kMany; ++number) {
      ASSERT_EQ(table.update(text(family.pattern(number)), 1, ProtectionFlags::kAll), kAdded);
      if (number + 1 != 10 && number + 1 != kMany) continue;
      units_seen = 0;
      for (const char* directory : {"c:", "c:\\users", "c:\\temp", "c:\\data", "d:\\elsewhere"}) {
        static_cast<void>(table.decide_below(text(wide(directory)), ProtectionFlags::kMove));
        static_cast<void>(table.decide_below(text(wide(directory)), ProtectionFlags::kAsk));
      }
      if (few == 0) few = units_seen;
    }
    EXPECT_LE(units_seen, few * 2) << family.name;
  }
}

// Whoever opens files chooses the path.
TEST_F(PolicyCostTest, PathThatRepeatsAStretchTriesEachPolicyOnce) {
  std::vector<uint8_t> memory(PolicyTable::memory_for(1, 40, 10));
  PolicyTable table(memory, &upcase_and_count);
  ASSERT_EQ(table.update(text(u"C:\\*\\Private\\*keys*"), 1, ProtectionFlags::kAll), kAdded);
  const auto ask = [&](int repeats) {
    std::u16string path = u"c:\\a";
    for (int repeat = 0; repeat < repeats; ++repeat) path += u"\\private";
    units_seen = 0;
    EXPECT_FALSE(table.decide(text(path + u"\\x"), ProtectionFlags::kRead).forbidden);
    EXPECT_TRUE(table.decide(text(path + u"\\my keys"), ProtectionFlags::kRead).forbidden);
    return units_seen;
  };
  const size_t few = ask(10);
  EXPECT_LE(ask(100), few * 20);
}

TEST_F(PolicyCostTest, PathOfManyStretchesTriesEachPolicyTwiceAtMost) {
  constexpr int kWords = 100;
  std::vector<uint8_t> memory(PolicyTable::memory_for(kWords, 40, 1));
  PolicyTable table(memory, &upcase_and_count);
  std::u16string path = u"c:\\";
  for (int repeat = 0; repeat < 5; ++repeat) {
    for (int word = 100; word < 100 + kWords; ++word) path += wide("word" + std::to_string(word));
  }
  for (int word = 100; word < 100 + kWords; ++word) {
    const std::u16string pattern = wide("*word" + std::to_string(word) + "*q?q*");
    ASSERT_EQ(table.update(text(pattern), 1, ProtectionFlags::kAll), kAdded);
  }
  units_seen = 0;
  EXPECT_FALSE(table.decide(text(path), ProtectionFlags::kRead).forbidden);
  EXPECT_LE(units_seen, path.size() * (2 * kWords + 10));
  EXPECT_TRUE(table.decide(text(path + u"qaq"), ProtectionFlags::kRead).forbidden);
}

// Patterns that no hash tells apart, in the order that suits a list least.
TEST_F(PolicyCostTest, UpdateLooksAtNoMoreUnitsWhenAThousandShareTheirStretches) {
  std::vector<uint8_t> memory(PolicyTable::memory_for(kMany, 40, 1));
  PolicyTable table(memory, &upcase_and_count);
  const auto pattern = [](int number) { return wide("*word*" + std::to_string(number) + "*"); };
  units_seen = 0;
  for (int number = 0; number < kMany; ++number)
    ASSERT_EQ(table.update(text(pattern(number)), 1, ProtectionFlags::kAll), kAdded);
  for (int number = kMany; number-- > 0;)
    ASSERT_EQ(table.update(text(pattern(number)), 1, ProtectionFlags::kNone), kRemoved);
  EXPECT_LT(units_seen, 2u * kMany * 100);
}

}  // namespace
}  // namespace fltlink::policy_test
