// Ties machines to tests: an unexpected error finding fails the test that made the machine, and a failed test
// prints what its machine did and how to run it again.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "fltsim/machine.hpp"

extern "C" void fltsim_machine_ending(fltsim::Machine& machine) {
  for (const fltsim::Finding& finding : machine.verifier().unexpected_errors()) {
    ADD_FAILURE() << "unexpected finding: " << to_string(finding);
  }
  if (!testing::Test::HasFailure()) return;
  if (const std::string printed = machine.debug_output(); !printed.empty()) {
    std::printf("  drivers printed:\n%s\n", printed.c_str());
  }
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::string name = test != nullptr ? std::string(test->test_suite_name()) + '.' + test->name() : "*";
  for (const fltsim::Finding& finding : machine.verifier().findings()) {
    std::printf("  finding: %s\n", to_string(finding).c_str());
  }
  std::printf("%s  replay: FLTLINK_SEED=%llu --gtest_filter=%s\n", machine.trace().to_text().c_str(),
              static_cast<unsigned long long>(machine.seed()), name.c_str());
}
