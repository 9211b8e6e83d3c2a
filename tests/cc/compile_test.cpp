// What a unit means after fltlink-cc, with each compiler: one build, many checks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "checks.hpp"
#include "program.hpp"

namespace fltsim::cc {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> checks_in(const std::string& source) {
  static const std::regex kCheck(R"(\nCHECK\((\w+)\))");
  std::vector<std::string> names;
  for (std::sregex_iterator at(source.begin(), source.end(), kCheck), end; at != end; ++at)
    names.push_back((*at)[1]);
  return names;
}

void expect_checks(const Program& program, const std::string& source) {
  const auto module = program.load("x.sys");
  ASSERT_NE(module, nullptr);
  for (const std::string& name : checks_in(source)) {
    const auto check = reinterpret_cast<int (*)()>(module->symbol(("check_" + name).c_str()));
    ASSERT_NE(check, nullptr) << name;
    EXPECT_NE(check(), 0) << name;
  }
}

class CompileTest : public testing::TestWithParam<std::string> {
 protected:
  CompileTest() : program(GetParam()) { program.write("common.h", kCommonHeader); }

  const Program program;
};

TEST_P(CompileTest, CMeansWhatItMeansToMsvc) {
  FLTLINK_NEEDS_A_PLAIN_RUNTIME();
  program.write("a.c", kCChecks);
  program.write("b.c", kSecondCUnit);
  const ProcessResult result = program.run({"a.c", "b.c", "-o", "x.sys"});
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.errors, IsEmpty());
  expect_checks(program, kCChecks);
}

TEST_P(CompileTest, KernelCxxMeansWhatItMeansToMsvc) {
  FLTLINK_NEEDS_A_PLAIN_RUNTIME();
  program.write("a.cpp", kCxxChecks);
  const ProcessResult result = program.run({"a.cpp", "-o", "x.sys"});
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.errors, IsEmpty());
  expect_checks(program, kCxxChecks);
}

TEST_P(CompileTest, UndeclaredFunctionIsAnErrorWithItsNameAndPlace) {
  program.write("a.c", "#include <fltKernel.h>\nint f(void) {\n  return FltNobody(1);\n}\n");
  const ProcessResult result = program.run({"-c", "a.c", "-o", "a.o"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("a.c:3:"));
  EXPECT_THAT(result.errors, HasSubstr("FltNobody is not declared"));
}

TEST_P(CompileTest, GlobalsWithConstructorsAreNamedAndNotRun) {
  FLTLINK_NEEDS_A_PLAIN_RUNTIME();
  program.write(
      "a.cpp",
      "#include <fltKernel.h>\n#define EXPORT extern \"C\" __attribute__((visibility(\"default\")))\n"
      "struct Counter { Counter(); ~Counter(); int value; };\nCounter::Counter() : value(5) "
      "{}\nCounter::~Counter() {}\n"
      "static Counter first_counter;\nCounter second_counter;\n"
      "EXPORT int check(void) { return first_counter.value + second_counter.value; }\n"
      "EXPORT NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) { return 0; }\n");
  const ProcessResult result = program.run({"a.cpp", "-o", "x.sys"});
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("nobody runs constructors"));
  EXPECT_THAT(result.errors, HasSubstr("first_counter"));
  EXPECT_THAT(result.errors, HasSubstr("second_counter"));
  const auto module = program.load("x.sys");
  ASSERT_NE(module, nullptr);
  EXPECT_EQ(reinterpret_cast<int (*)()>(module->symbol("check"))(), 0);
}

TEST_P(CompileTest, DependenciesAreTheRealFilesAndWarningsComeOnDemand) {
  program.write("a.c", "#include \"common.h\"\nstatic int unused_one;\n");
  ProcessResult result = program.run({"-MD", "-MF", "a.d", "-MT", "target", "-c", "a.c", "-o", "a.o"});
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.errors, IsEmpty());
  const std::string rule = read_file(program.path("a.d")).value_or("");
  EXPECT_TRUE(rule.starts_with("target: \\\n  " + program.path("a.c"))) << rule;
  EXPECT_THAT(rule, HasSubstr(program.path("common.h")));
  EXPECT_THAT(rule, HasSubstr("fltKernel.h"));
  result = program.run({"-Wall", "-c", "a.c", "-o", "a.o"});
  EXPECT_THAT(result.errors, HasSubstr("unused_one"));
  EXPECT_EQ(program.run({"-Wall", "-Werror", "-c", "a.c", "-o", "a.o"}).status, 1);
}

// Loading such a module takes a program with the same sanitizer; what is missing is named all the same.
TEST_P(CompileTest, SanitizedAndWatchedModulesLink) {
  program.write("a.c",
                "#include <fltKernel.h>\nstatic int table[4];\nint f(int i) { return table[i]; }\n"
                "NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) { return !d + !p; }\n"
                "#ifdef MISSING\nint nobody(void);\nint g(void) { return nobody(); }\n#endif\n");
  for (const char* const option : {"--sanitize=address,undefined", "--sanitize=thread", "--watched"}) {
    ProcessResult result = program.run({option, "a.c", "-o", "x.sys"});
    EXPECT_EQ(result.status, 0) << option << result.errors;
    result = program.run({option, "-DMISSING", "a.c", "-o", "x.sys"});
    EXPECT_EQ(result.status, 1) << option;
    EXPECT_THAT(result.errors, HasSubstr("nobody is not known here")) << option;
  }
}

TEST_P(CompileTest, WhatCannotBeLoweredIsSaidWithItsPlace) {
  program.write("a.c", "#include <fltKernel.h>\nint f(void) {\n\n  __try { return 1; }\n  return 0;\n}\n");
  const ProcessResult result = program.run({"-c", "a.c", "-o", "a.o"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("a.c:4: error: __try without __except or __finally"));
}

INSTANTIATE_TEST_SUITE_P(Compilers, CompileTest, testing::ValuesIn(compilers()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace fltsim::cc
