// The main job, end to end, with the program that a user starts.
#include "cli/demo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/program_run.hpp"

namespace fltlink::cli {
namespace {

using nlohmann::ordered_json;
using test::ProgramResult;
using test::run_program;
using test::SomeFiles;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The one line that two runs with a seed may differ in.
std::string without_elapsed(const std::string& json) {
  std::istringstream in(json);
  std::string rest;
  for (std::string line; std::getline(in, line);) {
    if (line.find("\"elapsed_s\"") == std::string::npos) rest += line + '\n';
  }
  return rest;
}

void expect_balanced(const ordered_json& report) {
  const ordered_json& events = report["events"];
  std::uint64_t sum = events["delivered"].get<std::uint64_t>() + events["pending"].get<std::uint64_t>();
  for (const auto& [reason, count] : events["dropped"].items()) sum += count.get<std::uint64_t>();
  EXPECT_EQ(events["produced"].get<std::uint64_t>(), sum);
}

TEST(DemoTest, ProtectedFilesAreDeniedAndTheBooksBalance) {
  const SomeFiles files(40);
  const ProgramResult result = run_program({"demo", files.path(), "--json"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err << result.out;
  const auto report = ordered_json::parse(result.out);
  expect_balanced(report);
  EXPECT_GT(report["blocked"], 0);
  EXPECT_GT(report["events"]["produced"], 40);
  EXPECT_EQ(report["operations"]["delete"]["success"], 36 + 40 + 3)
      << "all but four files, 40 copies, three temporary files";
}

TEST(DemoTest, SameSeedPrintsTheSameBytesButForTheTimeItTook) {
  const SomeFiles files(30);
  const ProgramResult first = run_program({"demo", files.path(), "--json", "--seed", "7"});
  ASSERT_EQ(first.exit_code, kExitDone) << first.err << first.out;
  const ProgramResult second =
      run_program({"demo", files.path(), "--json", "--seed", "7"},
                  {.environment = {"TZ=Asia/Tokyo", "LC_ALL=de_DE.UTF-8", "TMPDIR=/dev/shm"}});
  EXPECT_EQ(without_elapsed(first.out), without_elapsed(second.out));
  EXPECT_EQ(ordered_json::parse(first.out)["seed"], 7);
  EXPECT_THAT(first.out, ::testing::Not(HasSubstr("fltlink-"))) << "names of temporary directories";
  const ProgramResult other = run_program({"demo", files.path(), "--json", "--seed", "8"});
  EXPECT_NE(without_elapsed(first.out), without_elapsed(other.out));
}

TEST(DemoTest, DirectoryStaysAsItIsToTheLastAccessTime) {
  const SomeFiles files(20);
  const auto before = files.snapshot();
  EXPECT_EQ(run_program({"demo", files.path(), "--seed", "1"}).exit_code, kExitDone);
  EXPECT_EQ(files.snapshot(), before);
  EXPECT_EQ(run_program({"demo", files.path()}).exit_code, kExitDone);
  EXPECT_EQ(files.snapshot(), before);
}

TEST(DemoTest, TableEndsWithTheChecks) {
  const SomeFiles files(20);
  const ProgramResult result = run_program({"demo", files.path(), "--seed", "3"});
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  EXPECT_THAT(result.out, StartsWith("C: shows " + files.path()));
  EXPECT_THAT(result.out, HasSubstr("its 20 files at once. Policies protect 2 of"));
  EXPECT_THAT(result.out, HasSubstr("replay with --seed 3"));
}

TEST(DemoTest, EmptyDirectoryIsShownToo) {
  const TemporaryDirectory empty = test::make_directory();
  const ProgramResult result = run_program({"demo", empty.path(), "--json", "--seed", "1"});
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  expect_balanced(ordered_json::parse(result.out));
}

TEST(DemoTest, ReadAtTheEndOfAFileIsCountedByItsResult) {
  const TemporaryDirectory directory = test::make_directory();
  std::ofstream(directory.path() + "/empty");
  const ProgramResult result = run_program({"demo", directory.path(), "--json", "--seed", "1"});
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  EXPECT_GT(ordered_json::parse(result.out)["operations"]["read"]["end_of_file"], 0);
}

TEST(DemoTest, FileInThePlaceOfTheCopiesIsTold) {
  const SomeFiles files(3);
  std::ofstream(files.path() + "/a") << "the first file, which is moved under protection";
  std::ofstream(files.path() + "/Demo Copies") << "no folder";
  const ProgramResult result = run_program({"demo", files.path(), "--seed", "1"});
  EXPECT_EQ(result.exit_code, kExitCannotRun);
  EXPECT_THAT(result.err, HasSubstr("Demo Copies cannot be made: object_name_collision"));
  std::filesystem::remove(files.path() + "/Demo Copies");
  std::filesystem::create_directory(files.path() + "/Demo Copies");
  EXPECT_EQ(run_program({"demo", files.path(), "--seed", "1"}).exit_code, kExitDone);
}

TEST(DemoTest, TraceInsideTheDirectoryIsRefused) {
  const SomeFiles files(1);
  const auto before = files.snapshot();
  const ProgramResult result = run_program({"demo", files.path(), "--trace", files.path() + "/trace.json"});
  EXPECT_EQ(result.exit_code, kExitUsage);
  EXPECT_THAT(result.err, HasSubstr("which the demo never changes"));
  EXPECT_EQ(files.snapshot(), before);
}

TEST(DemoTest, WithoutADirectoryItShowsFilesOfThisMachine) {
  const ProgramResult result = run_program({"demo", "--json", "--seed", "1"});
  EXPECT_EQ(result.exit_code, kExitDone) << result.err << result.out;
  EXPECT_GT(ordered_json::parse(result.out)["blocked"], 0);
}

TEST(DemoTest, WrongDirectoryIsAUsageErrorWithNothingOnStdout) {
  const TemporaryDirectory directory = test::make_directory();
  std::ofstream(directory.path() + "/file") << "x";
  for (const std::string& wrong : {directory.path() + "/missing", directory.path() + "/file"}) {
    const ProgramResult result = run_program({"demo", wrong, "--json"});
    EXPECT_EQ(result.exit_code, kExitUsage);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr(wrong));
  }
}

TEST(DemoTest, UnreadableFileIsToldAndTheRestIsDone) {
  const SomeFiles files(20);
  std::filesystem::permissions(files.file(3), std::filesystem::perms(0));
  const ProgramResult result =
      run_program({"demo", files.path(), "--json", "--seed", "1"}, {.as_ordinary_user = true});
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  EXPECT_THAT(result.err, HasSubstr("this user may not read: 1"));
  expect_balanced(ordered_json::parse(result.out));
}

TEST(DemoTest, FullDiskForTheTraceIsToldBesideATruthfulTable) {
  const SomeFiles files(10);
  const ProgramResult result =
      run_program({"demo", files.path(), "--json", "--seed", "1", "--trace", "/dev/full"});
  EXPECT_EQ(result.exit_code, kExitCannotRun);
  EXPECT_THAT(result.err, HasSubstr("/dev/full cannot be written: No space left on device"));
  expect_balanced(ordered_json::parse(result.out));
}

TEST(DemoTest, FullDiskForTheOutputIsTold) {
  const SomeFiles files(10);
  const ProgramResult result = run_program({"demo", files.path(), "--seed", "1"}, {.stdout_to = "/dev/full"});
  EXPECT_EQ(result.exit_code, kExitCannotRun);
  EXPECT_THAT(result.err, HasSubstr("the output cannot be written: No space left on device"));
}

TEST(DemoTest, NoPlaceForTheDatabaseIsTold) {
  const ProgramResult root = run_program({"demo", "/", "--seed", "1"});
  EXPECT_EQ(root.exit_code, kExitCannotRun);
  EXPECT_THAT(root.err, HasSubstr("TMPDIR"));
  const SomeFiles files(1);
  const ProgramResult missing = run_program({"demo", files.path()}, {.environment = {"TMPDIR=/nonexistent"}});
  EXPECT_EQ(missing.exit_code, kExitCannotRun);
  EXPECT_THAT(missing.err, HasSubstr("/nonexistent: No such file or directory"));
}

TEST(DemoTest, DatabaseThatCannotBeWrittenIsToldBesideATruthfulTable) {
  const SomeFiles files(1);
  const ProgramResult result = run_program({"demo", files.path(), "--json"}, {.file_size_max = 4096});
  EXPECT_EQ(result.exit_code, kExitCannotRun);
  EXPECT_THAT(result.err, HasSubstr("policy database"));
  const auto report = ordered_json::parse(result.out);
  expect_balanced(report);
  EXPECT_EQ(report["events"]["produced"], 0);
}

TEST(DemoTest, TraceIsWrittenForTheViewers) {
  const SomeFiles files(5);
  const TemporaryDirectory place = test::make_directory();
  const std::string trace = place.path() + "/trace.json";
  EXPECT_EQ(run_program({"demo", files.path(), "--seed", "1", "--trace", trace}).exit_code, kExitDone);
  EXPECT_FALSE(nlohmann::json::parse(test::content_of(trace))["traceEvents"].empty());
}

TEST(DemoTest, UnknownArgumentIsAUsageError) {
  const ProgramResult result = run_program({"demo", "--frobnicate"});
  EXPECT_EQ(result.exit_code, kExitUsage);
  EXPECT_THAT(result.err, HasSubstr("--frobnicate"));
  EXPECT_EQ(run_program({"--version"}).out, "fltlink 0.1.0\n");
}

// In a process of its own, because the note of a signal stays.
[[noreturn]] void run_interrupted_demo(const std::string& directory) {
  catch_interrupts();
  std::raise(SIGINT);
  DemoArguments arguments;
  arguments.directory = directory;
  arguments.seed = 1;
  const int exit_code = run_demo(arguments, stderr, stderr);
  std::filesystem::remove_all(directory);
  std::exit(exit_code);
}

TEST(DemoDeathTest, InterruptEndsInACleanDisconnectAndATruthfulTable) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const SomeFiles files(20);
  EXPECT_EXIT(run_interrupted_demo(files.path()), testing::ExitedWithCode(kExitInterrupted),
              "disconnected(.|\n)*pending +0(.|\n)*interrupted: the numbers");
}

TEST(DemoDeathTest, SecondInterruptEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        catch_interrupts();
        std::raise(SIGINT);
        std::raise(SIGINT);
        std::exit(0);
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace fltlink::cli
