// Client programs: modules with a main, each run in a process of its own.
#include "fltsim/client_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "client/port_machine.hpp"
#include "support/client.hpp"
#include "support/driver.hpp"

namespace fltsim {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kBasics = FLTLINK_CLIENT("client_basics");

class ClientProgramTest : public testing::Test {
 protected:
  ClientProgram start(const std::vector<std::string>& arguments, const std::string& input = {}) {
    return machine.start_client(kBasics, {.arguments = arguments, .standard_input = input});
  }
  ClientProgram run(const std::vector<std::string>& arguments, const std::string& input = {}) {
    ClientProgram client = start(arguments, input);
    EXPECT_THAT(client.error(), IsEmpty());
    EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
    return client;
  }
  Machine machine;
};

// CLI-1.
TEST_F(ClientProgramTest, ReturningFromMainRunsAtExitAndEndsAllThreads) {
  const ClientProgram client = run({"exit", "two words"});
  EXPECT_EQ(client.end(), ClientEnd::kExited);
  EXPECT_EQ(client.exit_code(), 42u);
  EXPECT_EQ(client.standard_output(), "1: exit\n2: two words\nat the end\n");
}

TEST_F(ClientProgramTest, EachProcessHasDataOfItsOwn) {
  run({"exit"});
  EXPECT_EQ(run({"exit"}).exit_code(), 42u);
}

// CLI-2.
TEST_F(ClientProgramTest, CrashEndsTheProcessWithItsCodeAndIsReported) {
  for (const char* how : {"crash", "crash in a call"}) {
    machine.verifier().expect("CLI-2");
    const ClientProgram client = run({how});
    EXPECT_EQ(client.end(), ClientEnd::kCrashed);
    EXPECT_EQ(client.exit_code(), 0xC0000005u);
  }
  EXPECT_EQ(machine.verifier().count("CLI-2"), 2u);
}

// CLI-2.
TEST_F(ClientProgramTest, BreakpointThatNobodyTakesEndsTheProcess) {
  machine.verifier().expect("CLI-2");
  EXPECT_EQ(run({"break"}).exit_code(), 0x80000003u);
}

// CLI-1.
TEST_F(ClientProgramTest, ExitProcessEndsAllThreadsWithItsCode) {
  const ClientProgram client = run({"exit process"});
  EXPECT_EQ(client.end(), ClientEnd::kExited);
  EXPECT_EQ(client.exit_code(), 9u);
}

// CLI-1.
TEST_F(ClientProgramTest, TerminateProcessOfItselfDoesNotReturnAndRunsNoAtExit) {
  const ClientProgram client = run({"terminate"});
  EXPECT_EQ(client.exit_code(), 11u);
  EXPECT_EQ(client.standard_output(), "1: terminate\n");
}

// CLI-3.
TEST_F(ClientProgramTest, FreeingABlockTwiceEndsTheProcess) {
  machine.verifier().expect("CLI-3");
  EXPECT_EQ(run({"free twice"}).exit_code(), 0xC0000374u);
}

TEST_F(ClientProgramTest, TryTakesTheProgramsOwnFault) { EXPECT_EQ(run({"recover"}).exit_code(), 0u); }

TEST_F(ClientProgramTest, AbortIsExitCode3) { EXPECT_EQ(run({"abort"}).exit_code(), 3u); }

TEST_F(ClientProgramTest, ThreadLocalVariablesBeginAnewInEachThread) {
  EXPECT_EQ(run({"thread local"}).exit_code(), 0u);
}

// CLI-1.
TEST_F(ClientProgramTest, ProcessEndsWithItsLastThreadAndThatOnesCode) {
  EXPECT_EQ(run({"last thread"}).exit_code(), 5u);
}

// CLI-4.
TEST_F(ClientProgramTest, InputIsReadByLinesAndEndsAtStop) {
  ClientProgram client = run({"echo"}, "one\ntwo\n");
  EXPECT_TRUE(client.running());
  EXPECT_EQ(client.standard_output(), "1: echo\n> one\n> two\n");
  client.type("three");
  EXPECT_EQ(client.stop(), ClientEnd::kExited);
  EXPECT_EQ(client.exit_code(), 0u);
  EXPECT_THAT(client.standard_output(), HasSubstr("> three"));
  EXPECT_EQ(client.standard_error(), "end of input\n");
}

// CLI-4.
TEST_F(ClientProgramTest, StopInterruptsAProgramThatWaits) {
  ClientProgram client = run({"wait"});
  EXPECT_EQ(client.stop(), ClientEnd::kInterrupted);
  EXPECT_EQ(client.exit_code(), 0xC000013Au);
}

// CLI-4.
TEST_F(ClientProgramTest, StopTellsHandlersAndClosesTheConsole) {
  ClientProgram client = run({"handle control"});
  EXPECT_EQ(client.stop(), ClientEnd::kInterrupted);
  EXPECT_EQ(client.standard_output(), "1: handle control\ncontrol 0\ncontrol 2\n");
}

// CLI-4.
TEST_F(ClientProgramTest, StopEndsAProgramThatReadsBehindTheEndOfItsInput) {
  ClientProgram client = run({"deaf"});
  EXPECT_EQ(client.stop(), ClientEnd::kInterrupted);
}

TEST_F(ClientProgramTest, FileThatIsNoProgramIsNotStarted) {
  const ClientProgram missing = machine.start_client("/nowhere/client");
  EXPECT_EQ(missing.end(), ClientEnd::kNotStarted);
  EXPECT_THAT(missing.error(), HasSubstr("/nowhere/client"));
  EXPECT_THAT(machine.start_client("/proc/self/exe").error(), HasSubstr("/proc/self/exe"));
}

TEST(ClientProgramOnEveryScheduler, RunsAndStops) {
  under_every_scheduler(
      [](const Options& options) {
        Machine machine(options);
        ClientProgram echo =
            machine.start_client(kBasics, {.arguments = {"echo"}, .standard_input = "line\n"});
        ClientProgram exits = machine.start_client(kBasics, {.arguments = {"exit"}});
        ClientProgram waits = machine.start_client(kBasics, {.arguments = {"wait"}});
        EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
        EXPECT_EQ(exits.exit_code(), 42u);
        EXPECT_EQ(echo.stop(), ClientEnd::kExited);
        EXPECT_EQ(waits.process().kill(), Outcome::kDone);
        EXPECT_EQ(waits.exit_code(), 1u);
      },
      20);
}

// --- what the user-mode functions and the C runtime do, by programs that check themselves ---

void expect_checks_pass(const Options& options, const std::string& name) {
  Machine machine(options);
  machine.add_volume(u"C:");
  if (name == "device") machine.load_driver(FLTLINK_DRIVER("control_device"));
  ClientProgram client = machine.start_client(
      FLTLINK_CLIENT("client_checks"),
      {.image = u"C:\\Checks\\checks.exe", .arguments = {name}, .standard_input = "typed\n"});
  ASSERT_THAT(client.error(), IsEmpty());
  for (int seconds = 0; seconds < 5 && client.running(); ++seconds)
    ASSERT_EQ(machine.advance(options.scheduler == SchedulerKind::kSeeded ? 1s : 100ms), Outcome::kDone);
  EXPECT_EQ(client.end(), ClientEnd::kExited) << name;
  EXPECT_EQ(client.exit_code(), 0u) << name << ": " << client.standard_output();
}

class ClientChecks : public testing::TestWithParam<const char*> {};

TEST_P(ClientChecks, HoldUnderSeeds) {
  under_seeds([](const Options& options) { expect_checks_pass(options, GetParam()); }, 5);
}

TEST_P(ClientChecks, HoldOnTheHostsThreads) {
  if (std::string(GetParam()) == "time") return;  // it sleeps
  Options options;
  options.scheduler = SchedulerKind::kHost;
  expect_checks_pass(options, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Win32, ClientChecks,
                         testing::Values("sync", "locks", "services", "system", "threads", "files", "memory",
                                         "time", "text", "process", "stdio", "device"),
                         [](const auto& tested) { return std::string(tested.param); });

// A driver and its service, both from source in C.
TEST(ClientWithDriver, ServiceInItsOwnProgramDecides) {
  under_every_scheduler(
      [](const Options& options) {
        for (const bool allow : {false, true}) {
          Machine machine(options);
          machine.add_volume(u"C:").write_file(u"\\plan.txt", "secret");
          machine.load_driver(FLTLINK_DRIVER("asking"));
          ClientProgram service =
              machine.start_client(FLTLINK_CLIENT("client_answers"), {.arguments = {allow ? "1" : "0"}});
          ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
          const IoResult read = machine.start_process({.image = u"C:\\app.exe"}).read(u"C:\\plan.txt");
          EXPECT_EQ(read.status, allow ? STATUS_SUCCESS : STATUS_ACCESS_DENIED);
          EXPECT_EQ(service.stop(), ClientEnd::kExited);
          EXPECT_EQ(service.exit_code(), 0u);
          EXPECT_EQ(service.standard_output(),
                    "filter asking 1\nvolume \\Device\\HarddiskVolume1 C:\ninstance asking Instance\n"
                    "and then 0x80070103\nattached to \\Device\\HarddiskVolume1\n"
                    "at the end 0x80070103 0x0 0x80070006\ntoo small 0x8007007A\nno filter 0x801F0013\nby "
                    "handle 0x0 0x0\n"
                    "closed 0x0 0x80070006\nserved\n");
        }
      },
      5);
}

}  // namespace
}  // namespace fltsim
