// Ties machines to tests: an unexpected error finding fails the test that made the machine, and a failed test
// prints what its machine did and how to run it again. A machine on host threads is looked for in the file of its test,
// which the thread sanitizer's build would leave out otherwise.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "fltsim/machine.hpp"
#include "machine/system.hpp"

namespace {

// Suites in headers are instantiated by files that say on which threads.
bool file_names_host_threads(const std::string& compiled) {
  // The build decides what stands in front.
  const std::filesystem::path file = compiled.substr(compiled.rfind("tests/"));
  if (file.extension() != ".cpp") return true;
  std::ifstream in(std::filesystem::path(FLTLINK_SOURCE_DIR) / file);
  EXPECT_TRUE(in.is_open()) << file;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return std::regex_search(text, std::regex(FLTLINK_HOST_THREAD_WORDS));
}

}  // namespace

extern "C" void fltsim_machine_ending(fltsim::Machine& machine) {
  for (const fltsim::Finding& finding : machine.verifier().unexpected_errors()) {
    ADD_FAILURE() << "unexpected finding: " << to_string(finding);
  }
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  if (test != nullptr && !machine.system().scheduler().seeded()) {
    EXPECT_TRUE(file_names_host_threads(test->file()))
        << test->file() << " runs a machine on host threads and names none of " << FLTLINK_HOST_THREAD_WORDS;
  }
  if (!testing::Test::HasFailure()) return;
  if (const std::string printed = machine.debug_output(); !printed.empty()) {
    std::printf("  drivers printed:\n%s\n", printed.c_str());
  }
  const std::string name = test != nullptr ? std::string(test->test_suite_name()) + '.' + test->name() : "*";
  for (const fltsim::Finding& finding : machine.verifier().findings()) {
    std::printf("  finding: %s\n", to_string(finding).c_str());
  }
  std::printf("%s  replay: FLTLINK_SEED=%llu --gtest_filter=%s\n", machine.trace().to_text().c_str(),
              static_cast<unsigned long long>(machine.seed()), name.c_str());
}
