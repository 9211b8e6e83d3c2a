#include "fs/name_expression.hpp"

#include <gtest/gtest.h>

namespace fltsim::fs {
namespace {

struct Case {
  const char16_t* expression;
  const char16_t* name;
  bool matches;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    std::u16string_view expression = c.expression;
    std::u16string_view name = c.name;
    EXPECT_EQ(is_name_in_expression(expression, name), c.matches)
        << std::string(expression.begin(), expression.end()) << " / "
        << std::string(name.begin(), name.end());
  }
}

TEST(NameExpressionTest, WithoutWildcardsComparesWholeNamesWithoutCase) {
  check({{u"plan.docx", u"PLAN.DOCX", true},
         {u"plan", u"plan.docx", false},
         {u"", u"", true},
         {u"", u"a", false}});
}

TEST(NameExpressionTest, StarMatchesAnyRunAndQuestionMarkOneUnit) {
  check({{u"*", u"", true},
         {u"*", u"anything", true},
         {u"*.txt", u"a.b.TXT", true},
         {u"*.*", u"noperiod", false},
         {u"a*b*c", u"aXbYbZc", true},
         {u"a*b*c", u"aXbYbZ", false},
         {u"a?c", u"abc", true},
         {u"a?c", u"ac", false},
         {u"a??", u"ab", false}});
}

TEST(NameExpressionTest, DosStarStopsBeforeTheLastPeriod) {
  check({{u"<", u"name", true},
         {u"<", u"name.txt", false},
         {u"<.txt", u"a.b.txt", true},
         {u"<.b", u"a.b.txt", false},
         {u"<.txt", u".txt", true}});
}

TEST(NameExpressionTest, DosQuestionMarkMatchesNothingBeforeAPeriodOrAtTheEnd) {
  check({{u"a>>.txt", u"a.txt", true},
         {u"a>>.txt", u"ab.txt", true},
         {u"a>>.txt", u"abcd.txt", false},
         {u"a>>", u"a", true},
         {u">", u".", false}});
}

TEST(NameExpressionTest, DosDotMatchesAPeriodOrTheEnd) {
  check({{u"name\"", u"name", true},
         {u"name\"", u"name.", true},
         {u"name\"txt", u"name.txt", true},
         {u"name\"txt", u"nametxt", false},
         {u"<\"*", u"name", true},
         {u"<\"*", u"name.txt", true}});
}

TEST(NameExpressionTest, ManyStarsStayQuick) {
  std::u16string expression;
  for (int i = 0; i < 100; ++i) expression += u"*a";
  expression += u"b";
  EXPECT_FALSE(is_name_in_expression(expression, std::u16string(255, u'a')));
}

}  // namespace
}  // namespace fltsim::fs
