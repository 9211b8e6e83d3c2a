// Many runs in one machine.
#include "fltsim/start_over.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "support/resident_memory.hpp"
#include "support/sanitizers.hpp"
#include "support/scale.hpp"

namespace fltsim {
namespace {

TEST(StartOverTest, WhatIsOverIsForgottenAndWhoRunsGoesOn) {
  Machine machine;
  machine.verifier().expect("SIM-5");
  auto app = machine.start_process({.image = u"C:\\a.exe"});
  EXPECT_EQ(app.run([] { throw std::runtime_error("lost"); }), Outcome::kKilled);
  machine.fail_next(routine::kExAllocatePool2);
  machine.trace().event(nullptr, "something");
  EXPECT_EQ(start_over(machine, 5), Outcome::kDone);
  EXPECT_TRUE(machine.verifier().findings().empty());
  EXPECT_TRUE(machine.trace().nodes().empty());
  EXPECT_TRUE(machine.system().scheduler().threads().empty());
  EXPECT_FALSE(machine.system().nt().take_fault(routine::kExAllocatePool2));
  EXPECT_EQ(app.run([] {}), Outcome::kDone);
}

TEST(StartOverTest, ManyRunsTakeNoMoreMemoryThanAFew) {
  Options options;
  options.trace = false;
  Machine machine(options);
  const auto run = [&machine](std::uint64_t seed) {
    EXPECT_EQ(start_over(machine, seed), Outcome::kDone);
    const auto process = machine.system().nt().create_process(u"C:\\App\\app.exe", User::kOrdinary);
    Process app(process.get());
    EXPECT_EQ(app.run([] {}), Outcome::kDone);
    EXPECT_EQ(app.kill(), Outcome::kDone);
  };
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) run(seed);
  const std::size_t before = fltlink::test::resident_kilobytes();
  for (std::uint64_t seed = 1; seed <= fltlink::test::scaled<std::uint64_t>(20'000); ++seed) run(seed);
  if (fltlink::test::kAddressSanitized) return;  // it keeps what was freed
  EXPECT_LT(fltlink::test::resident_kilobytes(), before + 2'000);
}

}  // namespace
}  // namespace fltsim
