// Structured exceptions in driver modules, C and C++ (design decision 7).
#include "nt/seh.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <string>

#include "fltsim/machine.hpp"
#include "loader/module.hpp"
#include "machine/system.hpp"
#include "nt/driver_call.hpp"
#include "nt/executive.hpp"
#include "seh_checks.h"
#include "support/driver.hpp"
#include "support/scale.hpp"

namespace fltsim {
namespace {

using fltlink::test::scaled;

using testing::HasSubstr;

std::unique_ptr<loader::Module> load(const std::string& path) {
  auto loaded = loader::Module::load(path, {});
  if (const auto* error = std::get_if<loader::Module::LoadError>(&loaded)) {
    ADD_FAILURE() << error->text;
    return nullptr;
  }
  return std::move(std::get<std::unique_ptr<loader::Module>>(loaded));
}

class SehFixture {
 public:
  explicit SehFixture(const std::string& path, const Options& options = {})
      : machine(options), module_(load(path)) {
    hole_ = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    log.bad_address = hole_;
    log.rounds = scaled<ULONG>(100'000);
  }
  ~SehFixture() { munmap(hole_, 4096); }
  SehFixture(const SehFixture&) = delete;
  SehFixture& operator=(const SehFixture&) = delete;

  // What the check wrote, in a thread of the machine.
  std::string run(const char* name) {
    const auto function = check(name);
    if (function == nullptr) return std::string("no check ") + name;
    outcome = machine.system_process().run([&] { nt::call_driver([&] { function(&log); }); });
    return std::string(log.text, static_cast<std::size_t>(log.count));
  }

  void (*check(const char* name))(SehLog*) {
    return reinterpret_cast<void (*)(SehLog*)>(module_->symbol(name));
  }

  Machine machine;
  SehLog log{};
  Outcome outcome = Outcome::kDone;

 private:
  std::unique_ptr<loader::Module> module_;
  void* hole_;
};

struct Check {
  const char* name;
  const char* word;
};

constexpr Check kChecks[] = {
    {"finally_runs_after_the_block", "abc"},
    {"leave_skips_the_rest", "abc"},
    {"leave_out_of_loop_and_switch", "012fy"},
    {"leave_of_nested_blocks", "12345"},
    {"leave_of_except_block", "ab"},
    {"raised_status_reaches_handler", "ah"},
    {"plain_locals_keep_their_values", "ahy"},
    {"access_violation_reaches_handler", "afh"},
    {"access_violation_names_write_and_address", "h"},
    {"access_violation_in_memcpy", "h"},
    {"access_violation_in_a_text_routine", "rw"},
    {"call_to_no_code_is_an_access_violation", "ah"},
    {"access_violation_passes_finally", "aAh"},
    {"division_by_zero_reaches_handler", "ah"},
    {"division_by_zero_has_no_parameters", "h"},
    {"search_goes_on_to_outer_handler", "ao"},
    {"return_out_of_except_block", "ay"},
    {"return_out_of_handler", "hy"},
    {"return_value_is_taken_before_finally", "aAy"},
    {"return_passes_nested_finally", "aioy"},
    {"return_without_value", "fz"},
    {"goto_out_of_finally", "afz"},
    {"goto_inside_the_block_stays", "aaaf"},
    {"goto_out_of_nested_finally", "12345"},
    {"break_out_of_finally", "afz"},
    {"continue_out_of_finally", "afaf"},
    {"break_and_continue_out_of_nested_finally", "ioioio3"},
    {"break_of_a_switch_inside_stays", "abf"},
    {"continue_out_of_a_switch_and_finally", "fdfe"},
    {"continue_in_handler", "..h.."},
    {"break_out_of_except_block", "aaz"},
    {"exception_in_callee", "123"},
    {"raise_in_handler", "aho"},
    {"raise_in_finally_replaces_the_exception", "fo"},
    {"unbraced_arm_of_if", "afe"},
    {"braces_and_keywords_in_text", "}{'}"},
    {"unbraced_loops_and_case_labels", "afbfg"},
    {"storm", "y"},
    {"filter_runs_before_inner_finally", "fAh"},
    {"filter_changes_locals_that_the_inner_finally_sees", "1234"},
    {"filter_that_raises_is_asked_again", "ffuh"},
    {"filter_may_catch_by_itself", "ch"},
    {"codes_of_nested_handlers", "io"},
    {"abnormal_termination_of_nested_blocks", "anAh"},
    {"return_out_of_a_finally_block_ends_the_exception", "fy"},
    {"record_of_a_raised_status", "cpfa"},
    {"record_of_a_read", "cpfa"},
    {"touch_of_no_address_is_a_violation_at_minus_one", "h"},
    {"breakpoint_reaches_handler", "cpfah"},
    {"illegal_instruction_reaches_handler", "h"},
    {"null_pointer_reaches_handler", "h"},
    {"structures_are_returned", "ioy"},
    {"large_locals_survive_a_filter_with_large_temporaries", "afh"},
    {"functions_are_returned", "fy"},
    {"constants_are_returned", "fy"},
    {"functions_of_macros", "fy"},
    {"forced_inline_functions", "hy"},
    {"statement_expressions", "y"},
    {"case_with_a_try", "af"},
    {"digraphs", "bf"},
    {"labels_of_different_functions", "fgz"},
    {"exception_through_many_frames", "y"},
};

constexpr Check kCOnlyChecks[] = {
    {"lower_case_keywords", "fh"},
    {"old_style_definitions", "fy"},
    {"register_variables", "y"},
};

constexpr Check kCxxChecks[] = {
    {"member_functions", "abfyyhy"},
    {"function_templates", "yy"},
    {"raw_strings", "\"f"},
    {"digit_separators", "yf"},
    {"kinds_of_member_functions", "cfyoy4yz"},
    {"types_without_default_are_returned", "fy"},
    {"lambdas", "yaf"},
    {"destructors_run_on_the_ordinary_ways_out", "c0fc1fc2f"},
};

class SehCTest : public testing::TestWithParam<Check> {};
class SehCxxTest : public testing::TestWithParam<Check> {};

TEST_P(SehCTest, TakesTheDocumentedWay) {
  EXPECT_EQ(SehFixture(FLTLINK_DRIVER("seh_checks_c")).run(GetParam().name), GetParam().word);
}

TEST_P(SehCxxTest, TakesTheDocumentedWay) {
  EXPECT_EQ(SehFixture(FLTLINK_DRIVER("seh_checks_cpp")).run(GetParam().name), GetParam().word);
}

std::string name_of(const testing::TestParamInfo<Check>& check) { return check.param.name; }
INSTANTIATE_TEST_SUITE_P(Checks, SehCTest, testing::ValuesIn(kChecks), name_of);
INSTANTIATE_TEST_SUITE_P(COnlyChecks, SehCTest, testing::ValuesIn(kCOnlyChecks), name_of);
INSTANTIATE_TEST_SUITE_P(Checks, SehCxxTest, testing::ValuesIn(kChecks), name_of);
INSTANTIATE_TEST_SUITE_P(CxxChecks, SehCxxTest, testing::ValuesIn(kCxxChecks), name_of);

TEST(SehTest, EscapingExceptionIsABugCheckThatNamesTheCode) {
  SehFixture fixture(FLTLINK_DRIVER("seh_checks_c"));
  fixture.machine.verifier().expect("SIM-8");
  EXPECT_EQ(fixture.run("escapes"), "a");
  EXPECT_EQ(fixture.outcome, Outcome::kStopped);
  EXPECT_THAT(to_string(fixture.machine.verifier().findings().at(0)), HasSubstr("0xC000009A"));
}

TEST(SehTest, FaultOutsideEveryTryIsABugCheckThatNamesTheCode) {
  SehFixture fixture(FLTLINK_DRIVER("seh_checks_c"));
  fixture.machine.verifier().expect("SIM-8");
  fixture.run("faults_outside_every_try");
  EXPECT_EQ(fixture.outcome, Outcome::kStopped);
  EXPECT_THAT(to_string(fixture.machine.verifier().findings().at(0)),
              HasSubstr("0xC0000005 (access violation), a write at"));
}

TEST(SehTest, ExceptionThatLeavesACallbackIsABugCheckInSpiteOfATryAroundIt) {
  SehFixture fixture(FLTLINK_DRIVER("seh_checks_c"));
  fixture.machine.verifier().expect("SIM-8");
  static void (*escapes)(SehLog*);
  escapes = fixture.check("escapes");
  fixture.log.call_out = [](SehLog* log) { nt::call_driver([&] { escapes(log); }); };
  EXPECT_EQ(fixture.run("escapes_from_a_callback"), "a");
  EXPECT_EQ(fixture.outcome, Outcome::kStopped);
  EXPECT_THAT(to_string(fixture.machine.verifier().findings().at(0)), HasSubstr("must not leave a callback"));
}

TEST(SehTest, MemoryOfAProcessThatEndedIsAnAccessViolation) {  // T-28
  SehFixture fixture(FLTLINK_DRIVER("seh_checks_c"));
  Process app = fixture.machine.start_process({.image = u"C:\\app.exe"});
  fixture.log.bad_address = fixture.machine.system().nt().user_space().allocate(&app.process(), 16);
  EXPECT_EQ(fixture.run("access_violation_reaches_handler"), "ax") << "the memory is there";
  ASSERT_EQ(app.kill(), Outcome::kDone);
  fixture.log.count = 0;
  EXPECT_EQ(fixture.run("access_violation_reaches_handler"), "afh");
}

TEST(SehTest, ContinueExecutionIsRefusedByName) {
  SehFixture fixture(FLTLINK_DRIVER("seh_checks_c"));
  fixture.machine.verifier().expect("SIM-8");
  fixture.run("continues_execution");
  EXPECT_THAT(to_string(fixture.machine.verifier().findings().at(0)),
              HasSubstr("EXCEPTION_CONTINUE_EXECUTION"));
}

TEST(SehTest, HostThreadsRaiseSideBySide) {
  Options options;
  options.scheduler = SchedulerKind::kHost;
  SehFixture fixture(FLTLINK_DRIVER("seh_checks_c"), options);
  EXPECT_EQ(fixture.run("storm"), "y");
}

}  // namespace
}  // namespace fltsim
