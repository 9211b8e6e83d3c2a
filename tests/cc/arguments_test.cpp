// The command line.
#include "cc/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "program.hpp"

namespace fltsim::cc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Arguments arguments(const std::vector<std::string>& words) {
  const Parsed parsed = parse(words);
  if (const auto* wrong = std::get_if<WrongUsage>(&parsed)) ADD_FAILURE() << wrong->text;
  return std::holds_alternative<Arguments>(parsed) ? std::get<Arguments>(parsed) : Arguments{};
}

std::string wrong(const std::vector<std::string>& words) {
  const Parsed parsed = parse(words);
  const auto* usage = std::get_if<WrongUsage>(&parsed);
  return usage != nullptr ? usage->text : "accepted";
}

TEST(ArgumentsTest, OptionsAreTakenGluedAndApart) {
  const Arguments a =
      arguments({"-Iinc", "-I", "more", "-DX=1", "-D", "Y", "-UZ", "-isystem", "sys", "-include", "first.h",
                 "-O2", "-g", "-fwrapv", "-Wall", "-std=c++17", "-ox.sys", "a.c", "B.CPP"});
  EXPECT_THAT(a.preprocessor, ElementsAre("-I", "inc", "-I", "more", "-D", "X=1", "-D", "Y", "-U", "Z",
                                          "-isystem", "sys", "-include", "first.h"));
  EXPECT_THAT(a.compiler, ElementsAre("-O2", "-g", "-fwrapv"));
  EXPECT_THAT(a.warnings, ElementsAre("-Wall"));
  EXPECT_EQ(a.standard, "c++17");
  EXPECT_EQ(a.output, "x.sys");
  EXPECT_THAT(a.inputs, ElementsAre("a.c", "B.CPP"));
}

TEST(ArgumentsTest, LongOptionsTakeTheirValueBehindAnEqualsSignOrAsTheNextWord) {
  const Arguments a = arguments(
      {"--cc", "clang-19", "--sanitize=address,undefined", "-MD", "-MF", "x.d", "-MT", "x", "-c", "a.c"});
  EXPECT_EQ(a.compiler_name, "clang-19");
  EXPECT_EQ(a.sanitizers, "address,undefined");
  EXPECT_TRUE(a.dependencies && a.compile_only);
  EXPECT_EQ(a.dependency_file, "x.d");
  EXPECT_EQ(a.dependency_target, "x");
}

TEST(ArgumentsTest, ResponseFilesHoldQuotedWordsAndOtherResponseFiles) {
  TemporaryFolder folder;
  write_file(folder.path() + "/inner", "-DINNER");
  write_file(folder.path() + "/outer", "-D 'A=b c'\n\"-Ia b\" x\\ y.c @" + folder.path() + "/inner");
  const Arguments a = arguments({"@" + folder.path() + "/outer"});
  EXPECT_THAT(a.preprocessor, ElementsAre("-D", "A=b c", "-I", "a b", "-D", "INNER"));
  EXPECT_THAT(a.inputs, ElementsAre("x y.c"));
  write_file(folder.path() + "/loop", "@" + folder.path() + "/loop");
  EXPECT_THAT(wrong({"@" + folder.path() + "/loop"}), HasSubstr("name each other"));
  EXPECT_THAT(wrong({"@" + folder.path() + "/none"}), HasSubstr("cannot read the response file"));
}

TEST(ArgumentsTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(wrong({}), HasSubstr("no source"));
  EXPECT_THAT(wrong({"--colour", "a.c"}), HasSubstr("--colour"));
  EXPECT_THAT(wrong({"a.rc"}), HasSubstr("a.rc: neither C nor C++"));
  EXPECT_THAT(wrong({"a.c", "-o"}), HasSubstr("-o needs a value"));
  EXPECT_THAT(wrong({"--sanitize=memory", "a.c"}), HasSubstr("memory"));
  EXPECT_THAT(wrong({"--sanitize=thread", "--watched", "a.c"}), HasSubstr("exclude"));
  EXPECT_THAT(wrong({"-c", "a.c", "b.c", "-o", "x.o"}), HasSubstr("one source"));
}

TEST(ArgumentsTest, ProgramEndsWithTwoForWrongUsageAndOneForWhatDoesNotCompile) {
  const Program program;
  program.write("a.c", "int a = ;\n");
  EXPECT_EQ(program.run({"--colour", "a.c"}).status, 2);
  EXPECT_EQ(program.run({"-c", "a.c", "-o", "a.o"}).status, 1);
  EXPECT_EQ(program.run({"-c", "none.c"}).status, 1);
  EXPECT_THAT(program.run({"--help"}).output, HasSubstr("usage: fltlink-cc"));
  EXPECT_THAT(program.run({"--version"}).output, HasSubstr("fltlink-cc "));
  const ProcessResult none = program.run({"--cc=no-such-compiler", "-c", "a.c"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.errors, HasSubstr("no-such-compiler is no C compiler"));
}

}  // namespace
}  // namespace fltsim::cc
