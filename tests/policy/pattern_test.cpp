#include <fltlink/os/assert.hpp>
#include <fltlink/policy/pattern.hpp>

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "policy/support.hpp"

namespace fltlink::policy_test {
namespace {

// The rules as they are written down, by trying everything: the oracle. `last_dot` is the index of the last
// dot.
bool naive_matches(std::u16string_view pattern, std::u16string_view path, size_t at, size_t last_dot) {
  if (pattern.empty()) return at == path.size();
  const bool at_end = at == path.size();
  const auto rest = pattern.substr(1);
  switch (pattern[0]) {
    case u'*':
      return naive_matches(rest, path, at, last_dot) ||
             (!at_end && naive_matches(pattern, path, at + 1, last_dot));
    case u'<':
      return naive_matches(rest, path, at, last_dot) ||
             (!at_end && at != last_dot && naive_matches(pattern, path, at + 1, last_dot));
    case u'>':
      return at_end || path[at] == u'.' ? naive_matches(rest, path, at, last_dot)
                                        : naive_matches(rest, path, at + 1, last_dot);
    case u'"':
      return at_end ? naive_matches(rest, path, at, last_dot)
                    : path[at] == u'.' && naive_matches(rest, path, at + 1, last_dot);
    case u'?':
      return !at_end && naive_matches(rest, path, at + 1, last_dot);
    default:
      return !at_end && path[at] == pattern[0] && naive_matches(rest, path, at + 1, last_dot);
  }
}

bool oracle(std::u16string_view pattern, std::u16string_view path) {
  if (pattern.empty() || path.empty()) return pattern.empty() && path.empty();
  return naive_matches(pattern, path, 0, path.rfind(u'.'));
}

std::u16string random_text(std::mt19937_64& random, std::u16string_view alphabet, size_t size_max) {
  std::u16string result(random() % (size_max + 1), u' ');
  for (char16_t& unit : result) unit = alphabet[random() % alphabet.size()];
  return result;
}

// Every text over `alphabet` of 1 to `size_max` units.
std::vector<std::u16string> all_texts(std::u16string_view alphabet, size_t size_max) {
  std::vector<std::u16string> result;
  size_t first_of_size = 0;
  result.emplace_back();
  for (size_t size = 1; size <= size_max; ++size) {
    const size_t end = result.size();
    for (; first_of_size < end; ++first_of_size) {
      for (const char16_t unit : alphabet) result.push_back(result[first_of_size] + unit);
    }
  }
  result.erase(result.begin());
  return result;
}

std::string narrow(std::u16string_view wide) { return {wide.begin(), wide.end()}; }

TEST(PatternTest, PlainPatternMatchesItselfInAnyCaseAndNothingElse) {
  EXPECT_TRUE(matches(u"C:\\Docs\\Plan.docx", u"c:\\dOCS\\plan.DOCX"));
  EXPECT_FALSE(matches(u"C:\\Docs\\Plan.docx", u"C:\\Docs\\Plan.doc"));
  EXPECT_FALSE(matches(u"C:\\Docs\\Plan.docx", u"C:\\Docs\\Plan.docx2"));
  EXPECT_FALSE(matches(u"C:\\Docs\\Plan.docx", u"XC:\\Docs\\Plan.docx"));
}

TEST(PatternTest, StarMatchesAnyNumberOfUnitsAcrossDirectories) {
  EXPECT_TRUE(matches(u"C:\\Docs\\*.docx", u"C:\\Docs\\a.docx"));
  EXPECT_TRUE(matches(u"C:\\Docs\\*.docx", u"C:\\Docs\\.docx"));
  EXPECT_TRUE(matches(u"C:\\Docs\\*.docx", u"C:\\Docs\\deep\\er\\a.b.docx"));
  EXPECT_FALSE(matches(u"C:\\Docs\\*.docx", u"C:\\Docs2\\a.docx"));
  EXPECT_FALSE(matches(u"C:\\Docs\\*.docx", u"C:\\Docs\\a.docx.bak"));
}

TEST(PatternTest, QuestionMarkMatchesExactlyOneUnit) {
  EXPECT_TRUE(matches(u"a?c", u"abc"));
  EXPECT_TRUE(matches(u"a?c", u"a.c"));
  EXPECT_FALSE(matches(u"a?c", u"ac"));
  EXPECT_FALSE(matches(u"ab?", u"ab"));
}

TEST(PatternTest, DosStarStopsAtTheLastDot) {
  EXPECT_TRUE(matches(u"<.txt", u"a.b.txt"));
  EXPECT_TRUE(matches(u"<", u"name"));
  EXPECT_FALSE(matches(u"<", u"name.txt"));
  EXPECT_FALSE(matches(u"<b", u"a.b"));
  EXPECT_FALSE(matches(u"<b", u"a.b.b"));
  EXPECT_TRUE(matches(u"<.b", u"a.b.b"));
}

TEST(PatternTest, DosQuestionMarkMatchesNothingAtADotAndAtTheEnd) {
  EXPECT_TRUE(matches(u">>>>.txt", u"ab.txt"));
  EXPECT_TRUE(matches(u"ab>>", u"ab"));
  EXPECT_TRUE(matches(u"ab>", u"abc"));
  EXPECT_FALSE(matches(u"ab>", u"abcd"));
  EXPECT_FALSE(matches(u">.txt", u"ab.txt"));
}

TEST(PatternTest, DosDotMatchesADotOrNothingAtTheEnd) {
  EXPECT_TRUE(matches(u"a\"b", u"a.b"));
  EXPECT_TRUE(matches(u"a\"", u"a"));
  EXPECT_TRUE(matches(u"a\"*", u"a"));
  EXPECT_FALSE(matches(u"a\"b", u"ab"));
}

TEST(PatternTest, EmptyPathMatchesTheEmptyPatternOnly) {
  EXPECT_TRUE(matches(u"", u""));
  EXPECT_FALSE(matches(u"*", u""));
  EXPECT_FALSE(matches(u"", u"a"));
}

TEST(PatternTest, PathInTwoPiecesReadsAsOne) {
  const PathName path(text(u"c:"), text(u"\\docs\\a.txt"));
  EXPECT_TRUE(pattern_matches(text(u"C:\\DOCS\\*.TXT"), path, &upcase_ascii));
  EXPECT_FALSE(pattern_matches(text(u"\\DOCS\\*.TXT"), path, &upcase_ascii));
}

TEST(PatternTest, RandomPatternsAgreeWithTheOracle) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 40'000; ++round) {
    const auto pattern = random_text(random, u"AB.*?<>\"", 7);
    const auto path = random_text(random, u"AB.", 8);
    ASSERT_EQ(matches(pattern, path), oracle(pattern, path)) << narrow(pattern) << " on " << narrow(path);
  }
}

// A matcher that backtracks would need longer than the universe lasts.
TEST(PatternTest, ManyStarsOnALongPathEndInTime) {
  std::u16string pattern;
  while (pattern.size() + 2 < kPatternUnitsMax) pattern += u"*A";
  EXPECT_FALSE(matches(pattern + u"B", std::u16string(4'000, u'a')));
  EXPECT_TRUE(matches(pattern, std::u16string(4'000, u'a')));
}

TEST(PatternTest, LongestPatternMatchesAtEveryWordOfTheStateSet) {
  const std::u16string path(kPatternUnitsMax, u'A');
  for (size_t units : {63u, 64u, 65u, 127u, 128u, 1'022u, 1'023u}) {
    EXPECT_TRUE(matches(path.substr(0, units), path.substr(0, units)));
    EXPECT_FALSE(matches(path.substr(0, units), path.substr(0, units - 1)));
  }
}

TEST(PatternBelowTest, SaysWhetherAProtectedPathCanLieBelowADirectory) {
  const auto below = [](std::u16string_view pattern, std::u16string_view directory) {
    return pattern_matches_below(text(pattern), text(directory), &upcase_ascii);
  };
  EXPECT_TRUE(below(u"C:\\DOCS\\*.DOCX", u"c:\\docs"));
  EXPECT_TRUE(below(u"C:\\DOCS\\*.DOCX", u"c:\\docs\\"));
  EXPECT_TRUE(below(u"C:\\DOCS\\*.DOCX", u"c:\\docs\\sub"));
  EXPECT_TRUE(below(u"C:\\DOCS\\*.DOCX", u"c:"));
  EXPECT_TRUE(below(u"C:\\DOCS\\A\\PLAN.DOCX", u"c:\\docs"));
  EXPECT_FALSE(below(u"C:\\DOCS\\A\\PLAN.DOCX", u"c:\\docs\\b"));
  EXPECT_FALSE(below(u"C:\\DOCS", u"c:\\docs")) << "the directory itself does not lie below itself";
  EXPECT_FALSE(below(u"C:\\DOCS\\*", u"c:\\doc"));
}

// A path below is found by trying every short continuation; the patterns are short enough that a short one
// exists whenever any does.
TEST(PatternBelowTest, RandomPatternsAgreeWithTryingEveryContinuation) {
  std::mt19937_64 random(2);
  const auto continuations = all_texts(u"A.\\", 5);
  for (int round = 0; round < 4'000; ++round) {
    const auto pattern = random_text(random, u"A.\\*?<>\"", 5);
    const auto directory = random_text(random, u"A.", 3) + u"A";
    bool expected = false;
    for (const auto& continuation : continuations) {
      if ((expected = oracle(pattern, directory + u'\\' + continuation))) break;
    }
    ASSERT_EQ(pattern_matches_below(text(pattern), text(directory), &upcase_ascii), expected)
        << narrow(pattern) << " below " << narrow(directory);
  }
}

TEST(PatternDeathTest, PatternBeyondTheLimitIsOurMistake) {
  const std::u16string pattern(kPatternUnitsMax + 1, u'A');
  EXPECT_DEATH((void)matches(pattern, u"A"), "kPatternUnitsMax");
}

}  // namespace
}  // namespace fltlink::policy_test
