// fltlink run, from end to end: what it reports of a good driver, and how it says what is wrong with a bad one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/exit_codes.hpp"
#include "cli/program_run.hpp"
#include "cli/run_report.hpp"
#include "cli/sanitizer_runtime.hpp"
#include "fltsim/crash_guard.hpp"
#include "support/client.hpp"
#include "support/driver.hpp"
#include "support/sanitizers.hpp"

namespace fltlink::cli::test {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kDriver = FLTLINK_DRIVER("bad_driver");

// As tests/cli/bad_driver.c has them.
enum class Mode {
  kGood,
  kCrashInEntry,
  kFailInEntry,
  kNoFilter,
  kCrash,
  kLoop,
  kSpin,
  kTrap,
  kRecurse,
  kHangInUnload,
  kLeak,
  kNoUnload,
  kBadAnswer,
  kScramble,
};

// The line of bad_driver.c that has this comment: "bad_driver.c:76".
std::string line_with(const std::string& comment) {
  std::ifstream source(FLTLINK_SOURCE_DIR "/tests/cli/bad_driver.c");
  int number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.ends_with("// " + comment)) return "bad_driver.c:" + std::to_string(number);
  }
  return "no line with " + comment;
}

struct RunOutput {
  int exit_code;
  json report;
  std::string err;

  // The first finding with this id; null without one.
  json finding(const std::string& id) const {
    for (const json& found : report["findings"]) {
      if (found["id"] == id) return found;
    }
    return nullptr;
  }
};

RunOutput run_json(std::vector<std::string> words) {
  words.insert(words.begin(), {"run", "--json"});
  const ProgramResult result = run_program(words);
  return {result.exit_code, json::parse(result.out, nullptr, false), result.err};
}

RunOutput run_mode(Mode mode, std::vector<std::string> more = {}) {
  more.insert(more.end(),
              {kDriver, "--registry", "Mode=" + std::to_string(static_cast<int>(mode)), "--watchdog", "0.1"});
  return run_json(more);
}

class RunTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    std::string path = directory.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  TemporaryDirectory directory = make_directory();
};

TEST_F(RunTest, GoodDriverIsLoadedWorkedUnloadedAndClean) {
  const RunOutput run = run_mode(Mode::kGood);
  EXPECT_EQ(run.exit_code, kExitDone) << run.report.dump(1);
  const json driver = run.report["drivers"][0];
  EXPECT_EQ(driver["name"], "bad_driver");
  EXPECT_EQ(driver["altitude"], "360000");
  EXPECT_EQ(driver["loaded"], true);
  EXPECT_EQ(driver["unloaded"], true);
  EXPECT_GT(run.report["callbacks"]["bad_driver"]["IRP_MJ_CREATE"]["FLT_PREOP_SUCCESS_NO_CALLBACK"], 100);
  EXPECT_THAT(run.report["log"].get<std::vector<std::string>>(), Contains("mode 0"));
  EXPECT_THAT(run.report["findings"], IsEmpty());
  EXPECT_THAT(run.report["clients"], IsEmpty());
  EXPECT_EQ(run.report["workload"]["operations"]["flush view"]["STATUS_SUCCESS"], 1);
}

TEST_F(RunTest, EqualSeedsGiveEqualReports) {
  const auto text = [](const char* seed) { return run_mode(Mode::kGood, {"--seed", seed}).report.dump(); };
  EXPECT_EQ(text("7"), text("7"));
}

TEST_F(RunTest, HostThreadsAreCleanToo) {
  const RunOutput run = run_mode(Mode::kGood, {"--scheduler", "host"});
  EXPECT_EQ(run.exit_code, kExitDone) << run.report.dump(1);
  EXPECT_TRUE(run.report["seed"].is_null());
}

TEST_F(RunTest, DirectoryIsShownAndStaysAsItIs) {
  const SomeFiles files(6);
  const auto before = files.snapshot();
  const RunOutput run = run_mode(Mode::kGood, {"--volume", "D:=" + files.path(), "--volume", "C:"});
  EXPECT_EQ(run.exit_code, kExitDone) << run.report.dump(1);
  EXPECT_EQ(run.report["drivers"][0]["instances"].size(), 2u);
  EXPECT_EQ(files.snapshot(), before);
}

TEST_F(RunTest, CrashInDriverEntryCannotBeLoadedAndNamesItsLine) {
  const RunOutput run = run_mode(Mode::kCrashInEntry);
  EXPECT_EQ(run.exit_code, kExitCannotLoad);
  EXPECT_THAT(run.err,
              StartsWith("fltlink: " + kDriver + ": DriverEntry did not return: exception 0xC0000005"));
  EXPECT_THAT(run.err, HasSubstr(line_with("crash in DriverEntry")));
  EXPECT_EQ(run.report["drivers"][0]["loaded"], false);
}

TEST_F(RunTest, DriverEntryThatFailsIsNamedWithItsStatus) {
  const RunOutput run = run_mode(Mode::kFailInEntry);
  EXPECT_EQ(run.exit_code, kExitCannotLoad);
  EXPECT_EQ(run.err, "fltlink: " + kDriver + ": DriverEntry returned STATUS_DEVICE_BUSY\n");
  EXPECT_EQ(run.report["error"], kDriver + ": DriverEntry returned STATUS_DEVICE_BUSY");
}

TEST_F(RunTest, DriverWithoutAFilterIsSaidToHaveNone) {
  const RunOutput run = run_mode(Mode::kNoFilter);
  EXPECT_EQ(run.exit_code, kExitDone);
  EXPECT_THAT(run.report["drivers"][0]["notes"].dump(),
              HasSubstr("it has registered no filter (FltRegisterFilter)"));
  EXPECT_EQ(run.report["drivers"][0]["unloaded"], false);
}

TEST_F(RunTest, CrashInACallbackIsAFindingWithItsLine) {
  const RunOutput run = run_mode(Mode::kCrash);
  EXPECT_EQ(run.exit_code, kExitFindings);
  EXPECT_EQ(run.finding("SIM-8")["driver"], "bad_driver");
  EXPECT_EQ(run.finding("SIM-8")["severity"], "fatal");
  EXPECT_THAT(run.finding("SIM-8")["source"], HasSubstr(line_with("crash in a callback")));
}

TEST_F(RunTest, EndlessLoopIsEndedAndItsLineNamed) {
  for (const char* scheduler : {"seeded", "host"}) {
    const RunOutput run = run_mode(Mode::kLoop, {"--scheduler", scheduler});
    EXPECT_EQ(run.exit_code, kExitFindings);
    EXPECT_EQ(run.finding("SIM-4")["driver"], "bad_driver");
    if (!fltlink::test::kThreadSanitized) {
      EXPECT_THAT(run.finding("SIM-4")["source"], HasSubstr(line_with("loop")));
    }
  }
}

TEST_F(RunTest, PollingForWhatNeverComesIsEndedAndItsLineNamed) {
  const RunOutput run = run_mode(Mode::kSpin);
  EXPECT_EQ(run.exit_code, kExitFindings);
  EXPECT_EQ(run.finding("SIM-3")["driver"], "bad_driver");
  EXPECT_THAT(run.finding("SIM-3")["source"], HasSubstr(line_with("spin")));
}

TEST_F(RunTest, DriverThatEndsTheProcessIsAFinding) {  // SIM-10
  const RunOutput run = run_mode(Mode::kRecurse);
  EXPECT_EQ(run.exit_code, kExitFindings) << run.err;
  EXPECT_EQ(run.finding("SIM-10")["driver"], "bad_driver");
  EXPECT_THAT(run.finding("SIM-10")["source"].dump(),
              AnyOf(HasSubstr(line_with("recursion")), HasSubstr(line_with("its frame"))));
}

TEST_F(RunTest, TrapIsAnExceptionWithItsLine) {  // SIM-8
  const RunOutput run = run_mode(Mode::kTrap);
  EXPECT_EQ(run.exit_code, kExitFindings) << run.err;
  EXPECT_THAT(run.finding("SIM-8")["source"].dump(), HasSubstr(line_with("trap")));
}

TEST(CrashGuardDeathTest, WhatIsNoDriversDoingEndsWithASentence) {
  const auto abort_under_guard = [] {
    const fltsim::CrashGuard guard(3);
    std::abort();
  };
  EXPECT_EXIT(abort_under_guard(), testing::ExitedWithCode(3), "the simulator gave up");
}

TEST_F(RunTest, UnloadThatHangsIsReported) {
  const RunOutput run = run_mode(Mode::kHangInUnload);
  EXPECT_EQ(run.exit_code, kExitFindings);
  EXPECT_THAT(run.finding("SIM-2")["text"], HasSubstr("unload bad_driver"));
  EXPECT_EQ(run.report["drivers"][0]["unloaded"], false);
}

TEST_F(RunTest, LeakIsReported) {
  const RunOutput run = run_mode(Mode::kLeak);
  EXPECT_EQ(run.exit_code, kExitFindings);
  EXPECT_THAT(run.report["findings"].dump(), HasSubstr("100 bytes"));
}

TEST_F(RunTest, DriverWithoutFilterUnloadGoesByServiceStop) {  // LIFE-16, LIFE-17
  const RunOutput run = run_mode(Mode::kNoUnload);
  EXPECT_EQ(run.exit_code, kExitDone) << run.report.dump(1);
  EXPECT_EQ(run.report["drivers"][0]["unloaded"], true);
  EXPECT_THAT(run.report["drivers"][0]["notes"].dump(), HasSubstr("fltmc unload: STATUS_FLT_DO_NOT_DETACH"));
  EXPECT_THAT(run.report["drivers"][0]["notes"].dump(), HasSubstr("sc stop: STATUS_SUCCESS"));
}

TEST_F(RunTest, AnswerThatIsNoneIsFoundAtTheCallback) {
  const RunOutput run = run_mode(Mode::kBadAnswer);
  EXPECT_EQ(run.exit_code, kExitFindings);
  EXPECT_EQ(run.report["callbacks"]["bad_driver"]["IRP_MJ_CREATE"].size(), 1u);
  EXPECT_TRUE(run.report["callbacks"]["bad_driver"]["IRP_MJ_CREATE"].contains("invalid FLT_PREOP"));
  EXPECT_THAT(run.report["findings"][0]["source"], HasSubstr("bad_driver.c:"));
}

TEST_F(RunTest, ContentThatDoesNotComeBackIsAWarning) {
  const RunOutput run = run_mode(Mode::kScramble);
  EXPECT_EQ(run.finding("RUN-1")["severity"], "warning");
  EXPECT_THAT(run.finding("RUN-1")["text"], HasSubstr("plan.txt changed below the program"));
}

TEST_F(RunTest, FileThatIsNoDriverSaysWhatItIs) {
  const auto error = [](const std::string& path) {
    const RunOutput run = run_json({path});
    EXPECT_EQ(run.exit_code, kExitCannotLoad) << path;
    return run.err;
  };
  EXPECT_THAT(error(file("text.sys", "just a text\n")),
              HasSubstr("text.sys: is no driver module: build its source with fltlink-cc"));
  EXPECT_THAT(error(file("windows.sys", "MZ" + std::string(200, '\0'))),
              HasSubstr("is a file for Windows itself (a PE file)"));
  EXPECT_THAT(error(file("empty.sys", "")), HasSubstr("is no driver module"));
  EXPECT_THAT(error(FLTLINK_PROGRAM), HasSubstr("is a program of this system, no driver module"));
  EXPECT_THAT(error(directory.path() + "/none.sys"),
              HasSubstr("none.sys: cannot be read: No such file or directory"));
  EXPECT_THAT(error(directory.path()), HasSubstr("is a directory"));
  EXPECT_THAT(error(FLTLINK_DRIVER("module_no_entry")), HasSubstr("has no DriverEntry"));
}

constexpr char kInf[] = R"([DefaultInstall.NTamd64.Services]
AddService = Named,,Install
[Install]
AddReg = Registry
LoadOrderGroup = "FSFilter Encryption"
[Registry]
HKR,"Instances","DefaultInstance",0,"One"
HKR,"Instances\One","Altitude",0,"141000.5"
HKR,"Instances\One","Flags",0x10001,1
HKR,Parameters,Mode,0x10001,2
)";

TEST_F(RunTest, InfBesideTheDriverIsUsedAndItsInstanceAttachedByHand) {
  std::filesystem::copy_file(kDriver, directory.path() + "/beside.sys");
  file("beside.inf", kInf);
  const RunOutput fails = run_json({directory.path() + "/beside.sys"});
  EXPECT_THAT(fails.err, HasSubstr("STATUS_DEVICE_BUSY"));  // Mode of the .inf file
  const RunOutput run = run_json({directory.path() + "/beside.sys", "--registry", "named:Mode=0"});
  EXPECT_EQ(run.exit_code, kExitDone) << run.report.dump(1);
  const json driver = run.report["drivers"][0];
  EXPECT_EQ(driver["name"], "Named");
  EXPECT_EQ(driver["altitude"], "141000.5");
  EXPECT_EQ(driver["instances"][0], "C: One at 141000.5");
  EXPECT_TRUE(run.report["callbacks"].contains("Named"));
}

TEST_F(RunTest, InfWithoutAltitudeIsRefusedWithItsLine) {
  std::string text = kInf;
  text.replace(text.find("\"Altitude\""), 10, "\"Latitude\"");
  const std::string inf = file("x.inf", text);
  const RunOutput run = run_json({kDriver, "--inf", inf});
  EXPECT_EQ(run.exit_code, kExitCannotLoad);
  EXPECT_EQ(run.err, "fltlink: " + inf + ":8: no Altitude for the instance \"One\" in [Registry]\n");
}

TEST_F(RunTest, TwoDriversHaveTheirOwnInfAndParameters) {
  std::filesystem::copy_file(kDriver, directory.path() + "/second.sys");
  const RunOutput run = run_json({directory.path() + "/second.sys", kDriver, "--inf", file("a.inf", kInf),
                                  "--registry", "Named:Mode=0", "--registry", "bad_driver:Mode=0"});
  EXPECT_EQ(run.exit_code, kExitDone) << run.report.dump(1) << run.err;
  EXPECT_EQ(run.report["drivers"][0]["altitude"], "141000.5");
  EXPECT_EQ(run.report["drivers"][1]["altitude"], "360010");
  EXPECT_EQ(run.report["callbacks"].size(), 2u);
  EXPECT_EQ(run_json({kDriver, "--registry", "other:Mode=0"}).exit_code, kExitCannotLoad);
}

TEST_F(RunTest, ScriptIsPlayedAndItsExpectationsHold) {
  const RunOutput run = run_mode(Mode::kGood, {"--script", file("s.txt", R"(# every kind of operation
write C:\a.txt "hello there"
read C:\a.txt
expect SUCCESS
expect-content "hello there"
append C:\a.txt !
rename C:\a.txt b.txt
expect-gone C:\a.txt
mkdir C:\folder
move C:\b.txt C:\folder\c.txt
link C:\d.txt C:\folder\c.txt
expect-exists C:\d.txt
stat C:\d.txt
attributes C:\d.txt 0x22
truncate C:\d.txt 3
open $file C:\d.txt access=read,write,delete share=none options=file
read C:\d.txt
expect SHARING_VIOLATION
write $file "\x41\n" 1
read $file 10 0
expect-content "hA\n"
flush $file
query $file 5
map $file X
lock $file 0 1
expect SUCCESS
unlock $file 0 1
control $file 0x900A8
expect NOT_A_REPARSE_POINT
delete $file
close $file
expect-gone C:\d.txt
open-by-id $again C:\folder\c.txt
read $again 3 0
expect-content "XA\n"
close $again
list C:\folder *.txt
expect-content c.txt
volume-info C:\
start write C:\x.txt 1
start write C:\y.txt 2
wait
cancel-open C:\z.txt 3
process other admin
read C:\never
expect 0xC0000034
exit
process system
write C:\by-system.txt x
expect SUCCESS
advance 5s
)")});
  EXPECT_EQ(run.exit_code, kExitDone) << run.report["findings"].dump(1) << run.err;
  EXPECT_EQ(run.report["workload"]["operations"]["write"]["STATUS_SUCCESS"], 5);
}

TEST_F(RunTest, ScriptThatExpectsSomethingElseIsAFinding) {  // RUN-2
  const std::string script = file("s.txt", "read C:\\none.txt\nexpect SUCCESS\n");
  const RunOutput run = run_mode(Mode::kGood, {"--workload", script});
  EXPECT_EQ(run.exit_code, kExitFindings);
  EXPECT_EQ(run.finding("RUN-2")["object"], script + ":2");
  EXPECT_THAT(run.finding("RUN-2")["text"], HasSubstr("STATUS_OBJECT_NAME_NOT_FOUND"));
}

TEST_F(RunTest, EmptyScriptIsFine) {
  const RunOutput run = run_mode(Mode::kGood, {"--script", file("s.txt", "")});
  EXPECT_EQ(run.exit_code, kExitDone);
  EXPECT_THAT(run.report["workload"]["operations"], IsEmpty());
}

TEST_F(RunTest, ScriptThatIsNotUnderstoodIsRefusedWithItsLine) {
  const auto error = [&](const std::string& text) {
    const RunOutput run = run_mode(Mode::kGood, {"--script", file("s.txt", text)});
    EXPECT_EQ(run.exit_code, kExitCannotLoad) << text;
    return run.err.substr(run.err.find("s.txt"));
  };
  EXPECT_EQ(error("\nfrobnicate x\n"), "s.txt:2: there is no operation frobnicate\n");
  EXPECT_EQ(error("write C:\\a"), "s.txt:1: it is: write PATH TEXT | $file TEXT [OFFSET]\n");
  EXPECT_EQ(error("write C:\\a \"x"),
            "s.txt:1: a quote does not end, or a backslash in it stands before something unknown\n");
  EXPECT_EQ(error("expect STATUS_NONE"), "s.txt:1: there is no status STATUS_NONE\n");
  EXPECT_EQ(error("open $f C:\\a disposition=maybe"), "s.txt:1: open does not know disposition=maybe\n");
  EXPECT_THAT(run_mode(Mode::kGood, {"--script", directory.path() + "/none.txt"}).err,
              HasSubstr("none.txt cannot be read"));
}

TEST_F(RunTest, ClientRunsBesideItsDriverAndIsReported) {
  const RunOutput run =
      run_json({FLTLINK_DRIVER("asking"), "--script",
                file("s.txt", "write C:\\plan.txt secret\nread C:\\plan.txt\nexpect ACCESS_DENIED\n"),
                "--client", FLTLINK_CLIENT("client_answers") " 0"});
  EXPECT_EQ(run.exit_code, kExitDone) << run.report.dump(1) << run.err;
  ASSERT_EQ(run.report["clients"].size(), 1u);
  const json client = run.report["clients"][0];
  EXPECT_EQ(client["exit_code"], 0);
  EXPECT_THAT(client["stdout"], StartsWith("filter asking 1\n"));
  EXPECT_THAT(client["stdout"], HasSubstr("served\n"));
}

TEST_F(RunTest, EachClientHasItsArgumentsItsInputAndItsExitCode) {
  const std::string basics = FLTLINK_CLIENT("client_basics");
  const RunOutput run =
      run_mode(Mode::kGood, {"--script", file("s.txt", ""), "--client", basics + " exit", "--client",
                             basics + " echo < " + file("typed", "one\ntwo\n")});
  EXPECT_EQ(run.exit_code, kExitDone) << run.report.dump(1) << run.err;
  ASSERT_EQ(run.report["clients"].size(), 2u);
  EXPECT_EQ(run.report["clients"][0]["exit_code"], 42);
  EXPECT_EQ(run.report["clients"][0]["stdout"], "1: exit\nat the end\n");
  EXPECT_EQ(run.report["clients"][1]["exit_code"], 0);
  EXPECT_EQ(run.report["clients"][1]["stdout"], "1: echo\n> one\n> two\n");
}

TEST_F(RunTest, ClientThatCrashesIsAFindingAndTheDriverGoesOn) {  // CLI-2
  const RunOutput run =
      run_mode(Mode::kGood, {"--script", file("s.txt", "write C:\\a.txt x\nexpect SUCCESS\n"), "--client",
                             FLTLINK_CLIENT("client_basics") " crash"});
  EXPECT_EQ(run.exit_code, kExitFindings) << run.report.dump(1);
  EXPECT_EQ(run.report["clients"][0]["exit_code"], 0xC0000005u);
  EXPECT_FALSE(run.finding("CLI-2").is_null());
  EXPECT_EQ(run.report["findings"].size(), 1u);
  EXPECT_EQ(run.report["workload"]["operations"]["write"]["STATUS_SUCCESS"], 1);
  EXPECT_EQ(run.report["drivers"][0]["unloaded"], true);
}

TEST_F(RunTest, FileThatIsNoClientSaysWhatItIs) {
  for (const std::string& path : {file("text", "just a text\n"), std::string(kDriver),
                                  std::string(FLTLINK_PROGRAM), directory.path() + "/none"}) {
    const RunOutput run = run_mode(Mode::kGood, {"--client", path});
    EXPECT_EQ(run.exit_code, kExitCannotLoad) << path << run.report.dump(1);
    EXPECT_THAT(run.err, StartsWith("fltlink: " + path + ": "));
  }
}

TEST_F(RunTest, TraceIsWritten) {
  const std::string trace = directory.path() + "/trace.json";
  EXPECT_EQ(run_mode(Mode::kGood, {"--trace", trace}).exit_code, kExitDone);
  EXPECT_THAT(content_of(trace), HasSubstr("pre bad_driver"));
}

TEST_F(RunTest, ArgumentsThatAreWrongAreNamed) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"run"},
                                             {"run", kDriver, "--volume", "CC:"},
                                             {"run", kDriver, "--volume", "C:", "--volume", "c:"},
                                             {"run", kDriver, "--registry", "Mode"},
                                             {"run", kDriver, "--inf", "a", "--inf", "b"},
                                             {"run", kDriver, "--scheduler", "fair"},
                                             {"run", kDriver, "--seed", "-1"},
                                             {"run", kDriver, "--workload", "a", "--script", "b"}}) {
    const ProgramResult result = run_program(words);
    EXPECT_EQ(result.exit_code, kExitUsage) << words.back();
    EXPECT_THAT(result.err, StartsWith("fltlink: "));
  }
  EXPECT_EQ(run_program({"run", kDriver, "--volume", "C:=" + directory.path() + "/none"}).exit_code,
            kExitCannotLoad);
}

TEST(SanitizerNeedsTest, ModuleSaysWhichRuntimeItNeeds) {
  const char* gcc_comment = "GCC: (Debian 12.2.0-14) 12.2.0";
  const char* clang_comment = "Debian clang version 14.0.6 GCC: (Debian) 12";
  EXPECT_THAT(sanitizer_needs(" DbgPrint", gcc_comment).libraries, IsEmpty());
  const SanitizerNeeds gcc = sanitizer_needs(" __asan_init __ubsan_handle_add_overflow", gcc_comment);
  EXPECT_THAT(gcc.libraries, testing::ElementsAre("libasan.so", "libubsan.so"));
  EXPECT_THAT(gcc.compilers, testing::ElementsAre("gcc-12", "gcc"));
  const SanitizerNeeds clang = sanitizer_needs(" __asan_init __ubsan_handle_add_overflow", clang_comment);
  EXPECT_THAT(clang.libraries, testing::ElementsAre("libclang_rt.asan-x86_64.so"));
  EXPECT_THAT(clang.compilers, testing::ElementsAre("clang-14", "clang"));
  EXPECT_EQ(sanitizer_needs(kDriver).libraries.empty(),
            !fltlink::test::kAddressSanitized && !fltlink::test::kThreadSanitized);
  EXPECT_TRUE(sanitizer_needs(" __tsan_init", gcc_comment).whole_program);
  EXPECT_THAT(sanitizer_needs("/none").libraries, IsEmpty());
}

TEST(RunReportTest, CallbackThatIsNeverCalledIsANoteOfItsDriver) {  // SIM-9
  RunReport report;
  report.drivers.resize(2);
  report.drivers[1].name = "mine";
  fltsim::Finding limit;
  limit.id = "SIM-9";
  limit.driver = "mine";
  limit.text = "transactions are not simulated";
  fltsim::Finding fault = limit;
  fault.id = "VER-18";
  report.add({limit, fault});
  EXPECT_THAT(report.drivers[1].notes, testing::ElementsAre("transactions are not simulated"));
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].what.id, "VER-18");
}

}  // namespace
}  // namespace fltlink::cli::test
