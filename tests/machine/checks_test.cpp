// Checks that are asked at every switch point: what they find, when they are asked, and what they may not do.
#include <fltKernel.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fltsim/machine.hpp"
#include "machine/system.hpp"

namespace fltsim {
namespace {

using testing::HasSubstr;

Options with_seed(std::uint64_t seed, SchedulerKind scheduler = SchedulerKind::kSeeded) {
  Options options;
  options.seed = seed;
  options.scheduler = scheduler;
  return options;
}

// An account with two columns, and drivers' threads that book in it.
class ChecksTest : public testing::Test {
 protected:
  void check_the_books() {
    machine.always("books balance", [this] { return produced == delivered + pending; });
  }
  void in_kernel(std::function<void()> code) {
    EXPECT_EQ(machine.system_process().run(std::move(code)), Outcome::kDone);
  }
  std::string finding() {
    machine.verifier().expect("VER-47");
    const auto findings = machine.verifier().findings();
    return findings.empty() ? std::string() : to_string(findings.front());
  }

  Machine machine{with_seed(7)};
  int produced = 0;  // behind the machine: the checks end before them
  int delivered = 0;
  int pending = 0;
};

TEST_F(ChecksTest, AStepThatBreaksACheckIsNamedWithItsThreadItsPlaceAndTheSeed) {
  check_the_books();
  in_kernel([&] {
    KeEnterCriticalRegion();
    ++produced;
    KeLeaveCriticalRegion();
  });
  EXPECT_EQ(finding(),
            "VER-47 error: the check \"books balance\" does not hold: \"ntoskrnl.exe thread\" did it between "
            "KeEnterCriticalRegion and KeLeaveCriticalRegion (seed 7).");
  EXPECT_EQ(machine.trace().to_text(),
            "+0.0us the check \"books balance\" does not hold: \"ntoskrnl.exe thread\" did it between "
            "KeEnterCriticalRegion and KeLeaveCriticalRegion  [ntoskrnl.exe thread]\n");
}

TEST_F(ChecksTest, WhatIsFalseOnlyWithinAStepIsNoFinding) {
  check_the_books();
  in_kernel([&] {
    KeEnterCriticalRegion();
    ++produced;
    ++pending;
    KeLeaveCriticalRegion();
    --pending;
    ++delivered;
  });
  EXPECT_EQ(finding(), "");
}

TEST_F(ChecksTest, ACheckThatFailedIsNotAskedAgain) {
  int asked = 0;
  machine.always("never", [&asked] { return ++asked < 0; });
  in_kernel([] { KeEnterCriticalRegion(), KeLeaveCriticalRegion(); });
  finding();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(machine.verifier().count("VER-47"), 1u);
}

TEST_F(ChecksTest, LastStepOfAThreadAndStepsOfTheTestAreLookedAtToo) {
  check_the_books();
  in_kernel([&] { ++produced; });
  EXPECT_THAT(finding(), HasSubstr("and its end"));
  machine.always("nothing lost", [this] { return delivered >= 0; });
  delivered = -1;
  in_kernel([] {});
  EXPECT_THAT(machine.trace().to_text(),
              HasSubstr("\"the control thread\" did it before it let the machine run"));
}

// A run with three threads that race for the processor.
std::uint64_t schedule_of(std::uint64_t seed, bool checked) {
  Machine machine(with_seed(seed));
  if (checked) machine.always("true", [] { return true; });
  std::vector<ThreadHandle> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.push_back(machine.system_process().start_thread("racer", [] {
      for (int step = 0; step < 20; ++step) KeEnterCriticalRegion(), KeLeaveCriticalRegion();
    }));
  }
  for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
  return machine.system().scheduler().schedule_hash();
}

TEST_F(ChecksTest, ScheduleIsTheSameWithACheckAndWithout) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    EXPECT_EQ(schedule_of(seed, true), schedule_of(seed, false));
  EXPECT_NE(schedule_of(1, true), schedule_of(2, true));
}

TEST_F(ChecksTest, ADroppedCheckIsNotAskedAndANewOneTakesThePlaceOfItsName) {
  int first = 0;
  int second = 0;
  machine.always("one", [&first] { return ++first > 0; });
  machine.always("one", [&second] { return ++second > 0; });
  in_kernel([] {});
  EXPECT_EQ(first, 0);
  EXPECT_GT(second, 0);
  const int asked = second;
  machine.drop_check("one");
  in_kernel([] {});
  EXPECT_EQ(second, asked);
}

// On the operating system's threads there is no "between two steps": a check is asked when all are at rest.
TEST_F(ChecksTest, HostMachineIsLookedAtWhenItIsAtRest) {
  Machine host(with_seed(1, SchedulerKind::kHost));
  int asked = 0;
  int value = 0;
  host.always("even", [&] { return ++asked, value % 2 == 0; });
  EXPECT_EQ(host.system_process().run([&] {
    ++value;
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    ++value;
  }),
            Outcome::kDone);
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(host.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(host.system_process().run([&] { ++value; }), Outcome::kDone);
  EXPECT_EQ(host.run_to_quiescence(), Outcome::kDone);
  host.verifier().expect("VER-47");
  ASSERT_EQ(host.verifier().count("VER-47"), 1u);
  EXPECT_THAT(host.verifier().findings()[0].text, HasSubstr("seen when everybody was at rest."));
}

using ChecksDeathTest = ChecksTest;

TEST_F(ChecksDeathTest, ACheckThatCallsTheMachineEndsTheProgramByName) {
  const auto run_with = [&](const std::function<void()>& call) {
    machine.always("meddler", [&call] { return call(), true; });
    in_kernel([] {});
  };
  EXPECT_DEATH(run_with([] { KeEnterCriticalRegion(); }),
               "KeEnterCriticalRegion was called by the check \"meddler\"");
  EXPECT_DEATH(run_with([&] { static_cast<void>(machine.system_process().run([] {})); }),
               "called by the check \"meddler\"");
  EXPECT_DEATH(run_with([&] { static_cast<void>(machine.run_to_quiescence()); }), "cannot run the machine");
  EXPECT_DEATH(run_with([&] { machine.always("other", [] { return true; }); }), "not for a check");
  EXPECT_DEATH(machine.drop_check("unknown"), "no check has: unknown");
}

}  // namespace
}  // namespace fltsim
