#include "cli/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_codes.hpp"

namespace fltlink::cli {
namespace {

using ::testing::HasSubstr;

Answer answer_to(const std::vector<std::string>& words) { return std::get<Answer>(parse_arguments(words)); }
DemoArguments demo_of(const std::vector<std::string>& words) {
  return std::get<DemoArguments>(parse_arguments(words));
}

TEST(ArgumentsTest, DemoAloneAsksForNothing) {
  const DemoArguments demo = demo_of({"demo"});
  EXPECT_FALSE(demo.directory);
  EXPECT_FALSE(demo.seed);
  EXPECT_FALSE(demo.json);
  EXPECT_FALSE(demo.trace_file);
}

TEST(ArgumentsTest, DemoTakesItsOptionsInAnyOrder) {
  const DemoArguments demo = demo_of({"demo", "--json", "--seed", "7", "/some where", "--trace", "t.json"});
  EXPECT_EQ(demo.directory, "/some where");
  EXPECT_EQ(demo.seed, 7u);
  EXPECT_TRUE(demo.json);
  EXPECT_EQ(demo.trace_file, "t.json");
}

TEST(ArgumentsTest, SeedIsAWholeNumberOf64Bits) {
  EXPECT_EQ(demo_of({"demo", "--seed", "18446744073709551615"}).seed, UINT64_MAX);
  EXPECT_EQ(demo_of({"demo", "--seed", "0"}).seed, 0u);
  for (const char* wrong : {"18446744073709551616", "-1", "+1", "0x7", "1e3", "7 ", "seven", ""}) {
    const Answer answer = answer_to({"demo", std::string("--seed=") + wrong});
    EXPECT_EQ(answer.exit_code, kExitUsage) << wrong;
  }
}

TEST(ArgumentsTest, WhatIsNotUnderstoodIsAUsageErrorThatSaysSo) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {}, {"dmeo"}, {"demo", "--frobnicate"}, {"demo", "a", "b"}, {"demo", "--trace"}, {"--json"}}) {
    const Answer answer = answer_to(words);
    EXPECT_EQ(answer.exit_code, kExitUsage);
    EXPECT_THAT(answer.text, HasSubstr("fltlink help"));
  }
}

TEST(ArgumentsTest, VersionAndHelpAreAnswersOfTheirOwn) {
  EXPECT_THAT(answer_to({"--version"}).text, ::testing::StartsWith("fltlink "));
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"help"}, {"--help"}, {"demo", "--help"}}) {
    const Answer answer = answer_to(words);
    EXPECT_EQ(answer.exit_code, kExitDone);
    EXPECT_THAT(answer.text, HasSubstr("demo"));
  }
  EXPECT_THAT(answer_to({"help"}).text, HasSubstr("--seed"));
  EXPECT_THAT(answer_to({"help"}).text, HasSubstr("Exit codes"));
}

}  // namespace
}  // namespace fltlink::cli
