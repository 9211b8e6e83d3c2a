// What the lowering of __try refuses, warns of and leaves alone (design decision 7).
#include "loader/tool/lower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace fltsim::lower_seh {
namespace {

using testing::HasSubstr;

std::string lowered(const std::string& unit) {
  std::vector<Remark> warnings;
  return lower(unit, "ATTRIBUTE", warnings);
}

struct Bad {
  const char* name;
  const char* unit;
  int line;
  const char* message;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

constexpr Bad kBad[] = {
    {"GotoIntoATry", "void f(void) {\n goto in;\n __try {\n in: g();\n } __finally { }\n}", 2,
     "goto in enters"},
    {"GotoIntoAHandler", "void f(void) {\n __try { g(); } __except (1) { in: ; }\n goto in;\n}", 3,
     "goto in enters"},
    {"GotoFromATryToItsHandler", "void f(void) {\n __try {\n goto in; } __except (h()) { in: ; }\n}", 3,
     "goto in"},
    {"CaseIntoATry", "void f(int i) {\n switch (i) {\n __try {\n case 1: g();\n } __finally { }\n }\n}", 4,
     "a case inside"},
    {"LeaveOutsideATry", "void f(void) {\n __try { } __finally { }\n __leave;\n}", 3, "__leave outside"},
    {"LeaveInAHandler", "void f(void) {\n __try { } __except (1) {\n __leave; }\n}", 3, "__leave outside"},
    {"TryWithoutClause", "void f(void) {\n __try { }\n g();\n}", 2, "without __except or __finally"},
    {"ExceptWithoutFilter", "void f(void) {\n __try { }\n __except { }\n}", 3, "without a filter"},
    {"ExceptAlone", "void f(void) {\n __try { } __finally { }\n __except (1) { }\n}", 3,
     "where it cannot stand"},
    {"CodeInTheBlock", "void f(void) {\n __try {\n g(__exception_code); } __except (1) { }\n}", 3,
     "GetExceptionCode()"},
    {"InformationInTheHandler", "void f(void) {\n __try { } __except (1) {\n g(__exception_info); }\n}", 3,
     "GetExceptionInformation()"},
    {"TerminationInAHandler", "void f(void) {\n __try { } __except (1) {\n g(__abnormal_termination); }\n}",
     3, "AbnormalTermination()"},
    {"ValueOfADeducedType", "auto f() {\n __try {\n return 1; } __finally { }\n}", 3, "deduced"},
    {"MemberOfALocalClass", "void f() {\n struct S {\n void g() { __try { } __finally { } } };\n}", 3,
     "local class"},
    {"TryOutsideAFunction", "int i;\n__try { } __finally { }\n", 2, "outside a function"},
};

class LowerTest : public testing::TestWithParam<Bad> {};

TEST_P(LowerTest, IsRefusedAtItsLine) {
  try {
    FAIL() << lowered(GetParam().unit);
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.line, GetParam().line);
    EXPECT_THAT(refused.message, HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(Bad, LowerTest, testing::ValuesIn(kBad),
                         [](const testing::TestParamInfo<Bad>& bad) { return bad.param.name; });

TEST(LowerTest, FilterThatContinuesExecutionIsAWarning) {
  std::vector<Remark> warnings;
  lower("void f(void) {\n __try { }\n __except (g() ? 1 : (-1)) { }\n}", "ATTRIBUTE", warnings);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].line, 3);
  EXPECT_THAT(warnings[0].message, HasSubstr("EXCEPTION_CONTINUE_EXECUTION"));
}

TEST(LowerTest, ComparisonWithMinusOneIsNoWarning) {
  std::vector<Remark> warnings;
  lower("void f(void) { __try { } __except (g(-1) == -1) { } }", "ATTRIBUTE", warnings);
  EXPECT_TRUE(warnings.empty());
}

TEST(LowerTest, KeywordsInTextAndCommentsAreLeftAlone) {
  const std::string unit =
      "const char* s = \"__try { __finally\"; // __try {\n/* __leave */ char c = '\"';\n";
  EXPECT_THAT(lowered("void f(void) { __try { } __finally { } }\n" + unit), HasSubstr(unit));
}

TEST(LowerTest, FunctionsWithoutTryAreCopiedToTheLetter) {
  EXPECT_THAT(lowered("int g(int); void f(void) { __try { } __finally { } }\nint h(int a) { return a; }\n"),
              HasSubstr("\nint h(int a) { return a; }\n"));
}

TEST(LowerTest, LinesKeepTheirNumbers) {
  const std::string unit =
      "void f(void)\n{\n __try\n {\n  return\n  ;\n }\n __finally\n {\n }\n goto out\n ;\nout:\n ;\n}\n";
  const std::string text = lowered(unit);
  // The first line of the lowered text is the tool's own.
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), std::count(unit.begin(), unit.end(), '\n') + 1);
}

TEST(LowerTest, AttributeStandsWhereOneMay) {
  EXPECT_THAT(lowered("extern \"C\" [[nodiscard]] int f() { __try { } __finally { } }"),
              HasSubstr("[[nodiscard]] ATTRIBUTE int f()"));
  EXPECT_THAT(lowered("template <class T> requires (sizeof(T) > 1) void f(T) { __try { } __finally { } }"),
              HasSubstr("> 1) ATTRIBUTE void f"));
}

}  // namespace
}  // namespace fltsim::lower_seh
