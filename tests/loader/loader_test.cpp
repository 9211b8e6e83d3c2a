// Loading and unloading driver modules (LIFE-12, LIFE-13, VER-20, VER-31).
#include "loader/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <thread>

#include "fltsim/lambda_driver.hpp"
#include "fltsim/machine.hpp"
#include "fltsim/source_lines.hpp"
#include "support/driver.hpp"
#include "support/resident_memory.hpp"
#include "support/sanitizers.hpp"
#include "support/scale.hpp"

namespace fltsim {
namespace {

using fltlink::test::kAddressSanitized;
using fltlink::test::kThreadSanitized;
using fltlink::test::resident_kilobytes;
using fltlink::test::scaled;
using testing::HasSubstr;

class LoaderTest : public testing::Test {
 protected:
  std::string finding(std::string_view id) {
    machine.verifier().expect(id);
    for (const Finding& finding : machine.verifier().findings()) {
      if (finding.id == id) return to_string(finding);
    }
    return {};
  }
  // As FltLoadFilter and FltUnloadFilter, called by another driver.
  NTSTATUS by_name(NTSTATUS (*routine)(PCUNICODE_STRING), std::u16string name) {
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    EXPECT_EQ(machine.system_process().run([&] {
      const auto size = static_cast<USHORT>(name.size() * sizeof(WCHAR));
      const UNICODE_STRING string{size, size, name.data()};
      status = routine(&string);
    }),
              Outcome::kDone);
    return status;
  }

  Machine machine;
};

TEST_F(LoaderTest, LoadByNameSaysWhatIsThereAlready) {  // LIFE-13, LIFE-19
  EXPECT_EQ(by_name(FltLoadFilter, u"small_filter"), STATUS_OBJECT_NAME_NOT_FOUND);
  Driver driver = machine.load_driver(FLTLINK_DRIVER("small_filter"));
  EXPECT_EQ(driver.status(), STATUS_SUCCESS);
  EXPECT_EQ(by_name(FltLoadFilter, u"SMALL_FILTER"), STATUS_IMAGE_ALREADY_LOADED);
  EXPECT_EQ(by_name(FltUnloadFilter, u"small_filter"), STATUS_SUCCESS);
  EXPECT_FALSE(driver.loaded());
  EXPECT_EQ(by_name(FltUnloadFilter, u"small_filter"), STATUS_FLT_FILTER_NOT_FOUND);
  EXPECT_EQ(by_name(FltLoadFilter, u"small_filter"), STATUS_SUCCESS);
  EXPECT_TRUE(driver.loaded());
}

TEST_F(LoaderTest, DriverEntryThatFailsWithAFilterRegisteredIsReported) {  // LIFE-12, VER-31
  Driver driver = machine.load_driver(FLTLINK_DRIVER("filter_that_fails"));
  EXPECT_EQ(driver.status(), STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_FALSE(driver.loaded());
  EXPECT_THAT(finding("VER-31"), HasSubstr("[filter_that_fails]: DriverEntry failed"));
  EXPECT_EQ(by_name(FltLoadFilter, u"filter_that_fails"), STATUS_FAILED_DRIVER_ENTRY);
}

TEST_F(LoaderTest, CrashInDriverEntryNamesDriverAndCause) {
  static_cast<void>(machine.load_driver(FLTLINK_DRIVER("filter_that_crashes")));
  EXPECT_TRUE(machine.stopped());
  const std::string text = finding("SIM-8");
  EXPECT_THAT(text, HasSubstr("[filter_that_crashes]"));
  EXPECT_THAT(text, HasSubstr("0xC0000005"));
}

TEST_F(LoaderTest, StaticsOfCppBelongToOneMachineEach) {
  Machine other;
  Driver here = machine.load_driver(FLTLINK_DRIVER("inline_statics"));
  Driver there = other.load_driver(FLTLINK_DRIVER("inline_statics"));
  EXPECT_EQ(*here.data<LONG>("sum"), 4);
  EXPECT_EQ(*there.data<LONG>("sum"), 4);
  EXPECT_EQ(here.unload(), STATUS_SUCCESS);
  EXPECT_EQ(here.reload(), STATUS_SUCCESS);
  EXPECT_EQ(*here.data<LONG>("sum"), 4);
}

class SourceLineTest : public LoaderTest {
 protected:
  // "loader/small_filter.c:63" and the text of that line.
  static std::string line_of(Machine& where, std::string_view id) {
    where.verifier().expect(id);
    for (const Finding& finding : where.verifier().findings()) {
      if (finding.id != id) continue;
      const std::string place = source_lines({finding.place}).front();
      const std::size_t colon = place.rfind(':');
      if (colon == place.npos || place.find("small_filter.c:") == place.npos) return "no line: " + place;
      std::ifstream source(FLTLINK_SOURCE_DIR "/tests/loader/small_filter.c");
      std::string line;
      for (int left = std::stoi(place.substr(colon + 1)); left > 0; --left) std::getline(source, line);
      return line;
    }
    return "no finding";
  }
};

TEST_F(SourceLineTest, CrashIsAtTheLineThatTouchesNull) {  // SIM-8
  static_cast<void>(machine.load_driver(FLTLINK_DRIVER("filter_that_crashes")));
  EXPECT_THAT(line_of(machine, "SIM-8"), HasSubstr("*(volatile LONG*)NULL = 1;"));
}

TEST_F(SourceLineTest, LoopIsWhereItSpins) {  // SIM-4
  if (kThreadSanitized) GTEST_SKIP() << "it holds signals back in a loop without calls";
  Options options;
  options.watchdog_ms = 50;
  Machine spinning(options);
  static_cast<void>(spinning.load_driver(FLTLINK_DRIVER("filter_that_spins")));
  EXPECT_THAT(line_of(spinning, "SIM-4"), HasSubstr("for (;;) image_data[0]++;"));
  ASSERT_EQ(spinning.verifier().findings().size(), 1u);
  EXPECT_EQ(spinning.verifier().findings().front().driver, "filter_that_spins");
}

TEST_F(SourceLineTest, PlaceThatIsNotKnownIsEmpty) {
  EXPECT_THAT(source_lines({{}, {.module = "/nowhere/x.sys", .offset = 16}}), testing::ElementsAre("", ""));
}

TEST_F(LoaderTest, CallbacksAreCountedByOperationAndResult) {
  machine.add_volume(u"C:");
  Driver driver = machine.load_driver(FLTLINK_DRIVER("small_filter"));
  EXPECT_EQ(machine.start_process({.image = u"C:\\a.exe"}).write(u"C:\\plan.txt", "x").status,
            STATUS_SUCCESS);
  ASSERT_EQ(machine.callbacks().size(), 1u);
  const CallbackCount count = machine.callbacks().front();
  EXPECT_EQ(count.driver, "small_filter");
  EXPECT_EQ(count.operation, "IRP_MJ_CREATE");
  EXPECT_EQ(count.result, "FLT_PREOP_SUCCESS_NO_CALLBACK");
  EXPECT_EQ(count.count, static_cast<std::uint64_t>(*driver.data<LONG>("creates")));
}

TEST_F(LoaderTest, LoadOfANameThatRunsSaysSo) {  // LIFE-13
  Driver first = machine.load_driver(FLTLINK_DRIVER("small_filter"));
  EXPECT_EQ(machine.load_driver(FLTLINK_DRIVER("small_filter")).status(), STATUS_IMAGE_ALREADY_LOADED);
  EXPECT_EQ(first.reload(), STATUS_IMAGE_ALREADY_LOADED);
  EXPECT_EQ(first.unload(), STATUS_SUCCESS);
  EXPECT_EQ(first.reload(), STATUS_SUCCESS);
}

// The thread spins on in the image when the machine is gone.
TEST(LoaderWatchdogTest, DriverEntryThatNeverReturnsIsNoSuccessAndKeepsItsImage) {  // SIM-4
  if (kThreadSanitized) GTEST_SKIP() << "nothing orders what the thread did before it spun for ever";
  Options options;
  options.watchdog_ms = 50;
  Machine machine(options);
  machine.verifier().expect("SIM-4");
  EXPECT_EQ(machine.load_driver(FLTLINK_DRIVER("filter_that_spins")).status(), STATUS_UNSUCCESSFUL);
}

TEST_F(LoaderTest, ThreadAndPoolThatAreLeftBehindAreReported) {  // VER-20
  Driver driver = machine.load_driver(FLTLINK_DRIVER("filter_that_leaves_things"));
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-20"), HasSubstr("system thread of the driver still runs"));
  bool pool = false;
  for (const Finding& found : machine.verifier().findings()) {
    if (found.text.find("100") == std::string::npos || found.driver != "filter_that_leaves_things") continue;
    machine.verifier().expect(found.id);
    pool = true;
  }
  EXPECT_TRUE(pool) << "no finding names the 100 bytes of pool";
}

NTSTATUS call(NTSTATUS (*routine)(PCUNICODE_STRING)) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, u"sample");
  return routine(&name);
}

// A service that is not loaded, whose DriverEntry stays inside until the test lets it go on.
class SlowEntryTest : public LoaderTest {
 protected:
  void SetUp() override {
    KeInitializeEvent(&go_on, NotificationEvent, TRUE);
    driver = machine.load_driver(LambdaDriver{.registered =
                                                  [this](PFLT_FILTER) {
                                                    KeWaitForSingleObject(&go_on, Executive, KernelMode,
                                                                          FALSE, nullptr);
                                                    return entry_status;
                                                  }},
                                 {.name = u"sample"});
    ASSERT_EQ(driver->unload(), STATUS_SUCCESS);
    in_kernel([&] { KeClearEvent(&go_on); });
  }
  void in_kernel(const std::function<void()>& code) {
    ASSERT_EQ(machine.system_process().run(code), Outcome::kDone);
  }
  // Starts the routine in a thread of its own and lets it come as far as it gets.
  ThreadHandle start(NTSTATUS (*routine)(PCUNICODE_STRING), NTSTATUS& status) {
    ThreadHandle thread =
        machine.system_process().start_thread("caller", [&status, routine] { status = call(routine); });
    EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
    return thread;
  }
  void let_go_on() {
    in_kernel([&] { KeSetEvent(&go_on, 0, FALSE); });
    EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  }

  KEVENT go_on;
  NTSTATUS entry_status = STATUS_SUCCESS;
  std::optional<Driver> driver;
  NTSTATUS first = STATUS_PENDING;
  NTSTATUS second = STATUS_PENDING;
};

TEST_F(SlowEntryTest, SecondLoadWaitsForTheFirst) {  // LIFE-13
  const ThreadHandle one = start(FltLoadFilter, first);
  const ThreadHandle two = start(FltLoadFilter, second);
  EXPECT_FALSE(two.done());
  let_go_on();
  EXPECT_EQ(first, STATUS_SUCCESS);
  EXPECT_EQ(second, STATUS_IMAGE_ALREADY_LOADED);
}

TEST_F(SlowEntryTest, SecondLoadTriesAgainWhenTheFirstFailed) {  // LIFE-12
  const ThreadHandle one = start(FltLoadFilter, first);
  const ThreadHandle two = start(FltLoadFilter, second);
  entry_status = STATUS_INSUFFICIENT_RESOURCES;
  let_go_on();
  EXPECT_EQ(first, STATUS_FAILED_DRIVER_ENTRY);
  EXPECT_EQ(second, STATUS_FAILED_DRIVER_ENTRY);
  EXPECT_FALSE(driver->loaded());
}

TEST_F(SlowEntryTest, UnloadWaitsForTheEndOfDriverEntry) {
  const ThreadHandle one = start(FltLoadFilter, first);
  const ThreadHandle two = start(FltUnloadFilter, second);
  EXPECT_FALSE(two.done());
  let_go_on();
  EXPECT_EQ(first, STATUS_SUCCESS);
  EXPECT_EQ(second, STATUS_SUCCESS);
  EXPECT_FALSE(driver->loaded());
}

TEST(LoaderThreadsTest, TwoThreadsThatLoadAndUnloadOneServiceMeetNothingHalfDone) {
  Options options;
  options.scheduler = SchedulerKind::kHost;
  Machine machine(options);
  std::atomic<int> inside = 0;
  LambdaDriver lambdas;
  lambdas.registered = [&](PFLT_FILTER) { return ++inside == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; };
  lambdas.unload = [&](PFLT_FILTER, auto) { return --inside == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; };
  ASSERT_EQ(machine.load_driver(std::move(lambdas), {.name = u"sample"}).status(), STATUS_SUCCESS);
  const auto storm = [] {
    for (std::size_t i = 0; i < scaled<std::size_t>(500, 10); ++i) {
      const NTSTATUS loaded = call(FltLoadFilter);
      EXPECT_TRUE(loaded == STATUS_SUCCESS || loaded == STATUS_IMAGE_ALREADY_LOADED) << std::hex << loaded;
      const NTSTATUS unloaded = call(FltUnloadFilter);
      EXPECT_TRUE(unloaded == STATUS_SUCCESS || unloaded == STATUS_FLT_DELETING_OBJECT ||
                  unloaded == STATUS_FLT_FILTER_NOT_FOUND)
          << std::hex << unloaded;
    }
  };
  ThreadHandle one = machine.system_process().start_thread("one", storm);
  ThreadHandle two = machine.system_process().start_thread("two", storm);
  EXPECT_EQ(one.join(), Outcome::kDone);
  EXPECT_EQ(two.join(), Outcome::kDone);
}

// Loads and unloads one module again and again, with a create through it each time.
void cycle(std::size_t count) {
  Options options;
  options.trace = false;
  Machine machine(options);
  machine.add_volume(u"C:").write_file(u"\\plan.txt", "text");
  Process app = machine.start_process({.image = u"C:\\App\\app.exe"});
  Driver driver = machine.load_driver(FLTLINK_DRIVER("small_filter"));
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(driver.status(), STATUS_SUCCESS);
    ASSERT_TRUE(app.exists(u"C:\\plan.txt"));
    ASSERT_EQ(driver.unload(), STATUS_SUCCESS);
    ASSERT_EQ(driver.reload(), STATUS_SUCCESS);
  }
}

TEST(LoaderStressTest, CyclesInTwoMachinesAtOnceKeepMemoryFlat) {
  if (kAddressSanitized) GTEST_SKIP() << "it keeps what was freed for a while";
  if (kThreadSanitized)
    GTEST_SKIP() << "it does not see that the dynamic loader orders an unload before the next load";
  const auto both = [](std::size_t count) {
    std::thread other(cycle, count);
    cycle(count);
    other.join();
  };
  both(scaled<std::size_t>(100, 10));
  const std::size_t before = resident_kilobytes();
  both(scaled<std::size_t>(1000, 10));
  // What goes with a machine is gone. One leaked image a cycle would be 200,000 kB.
  EXPECT_LT(resident_kilobytes(), before + 8'000);
}

}  // namespace
}  // namespace fltsim
