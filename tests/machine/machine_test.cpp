#include "fltsim/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

using testing::HasSubstr;

TEST(MachineTest, StartsAndEndsWithoutAFinding) {
  Machine machine;
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST(MachineTest, SystemProcessHasIdFour) {
  Machine machine;
  EXPECT_EQ(machine.system_process().id(), 4u);
}

TEST(MachineTest, ProcessIdsAreTheSameInEveryMachine) {
  Machine one;
  Machine two;
  EXPECT_EQ(one.start_process({.image = u"C:\\a.exe"}).id(), two.start_process({.image = u"C:\\b.exe"}).id());
  EXPECT_EQ(one.start_process({.image = u"C:\\a.exe"}).id() % 4, 0u);
}

TEST(MachineTest, RunReturnsWhenTheCodeIsDone) {
  Machine machine;
  auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
  std::uint32_t seen = 0;
  EXPECT_EQ(app.run([&] { seen = nt::current_thread().process.id; }), Outcome::kDone);
  EXPECT_EQ(seen, app.id());
}

TEST(MachineTest, RunInsideTheSameProcessRunsDirectly) {
  Machine machine;
  auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
  bool same = false;
  EXPECT_EQ(app.run([&] {
    const nt::Thread* outer = nt::current_thread_or_null();
    EXPECT_EQ(app.run([&] { same = outer == nt::current_thread_or_null(); }), Outcome::kDone);
  }),
            Outcome::kDone);
  EXPECT_TRUE(same);
}

TEST(MachineTest, RunInAnotherProcessWaitsForIt) {
  Machine machine;
  auto a = machine.start_process({.image = u"C:\\a.exe"});
  auto b = machine.start_process({.image = u"C:\\b.exe"});
  std::uint32_t seen = 0;
  EXPECT_EQ(a.run([&] { EXPECT_EQ(b.run([&] { seen = nt::current_thread().process.id; }), Outcome::kDone); }),
            Outcome::kDone);
  EXPECT_EQ(seen, b.id());
}

TEST(MachineTest, ExceptionOutOfClientCodeIsAFinding) {
  Machine machine;
  machine.verifier().expect("SIM-5");
  auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
  EXPECT_EQ(app.run([] { throw std::runtime_error("lost"); }), Outcome::kKilled);
  EXPECT_EQ(machine.verifier().count("SIM-5"), 1u);
}

TEST(MachineTest, DeadlockNamesEveryThreadAndWhatItWaitsFor) {
  nt::DispatcherHeader event;  // outlives the machine, at whose end the thread leaves its wait
  nt::Dispatcher::initialize(event, nt::DispatcherType::kNotificationEvent, 0);
  Machine machine;
  machine.verifier().expect("SIM-2");
  auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
  EXPECT_EQ(app.run([&] {
    nt::Thread& thread = nt::current_thread();
    thread.system.nt().dispatcher().wait(
        thread, event, {.ends_on_termination = true, .kind = "event", .object = "never set"});
    nt::leave_client(thread);
  }),
            Outcome::kDeadlock);
  EXPECT_THAT(machine.verifier().findings().at(0).text, HasSubstr("never set"));
}

TEST(MachineTest, RunThatNeverSettlesIsAFinding) {  // SIM-3
  Options options;
  options.switches_max = 1'000;
  Machine machine(options);
  machine.verifier().expect("SIM-3");
  EXPECT_EQ(machine.system_process().run([] {
    for (;;) nt::current_thread().system.scheduler().switch_point("round and round");
  }),
            Outcome::kNotSettling);
  EXPECT_THAT(machine.verifier().findings().at(0).text, HasSubstr("round and round"));
}

TEST(MachineTest, ThreadThatReachesNoSwitchPointIsAFinding) {  // SIM-4
  static std::atomic<bool> stop;                               // the thread spins on when the machine is gone
  static std::atomic<bool> left;                               // and then touches nothing of it
  stop = left = false;
  Options options;
  options.watchdog_ms = 50;
  {
    Machine machine(options);
    machine.verifier().expect("SIM-4");
    EXPECT_EQ(machine.system_process().run([] {
      while (!stop) {
      }
      left = true;
      left.notify_one();
    }),
              Outcome::kWatchdog);
    EXPECT_THAT(machine.verifier().findings().at(0).text, HasSubstr("watchdog"));
  }
  stop = true;
  left.wait(false);
}

TEST(MachineTest, RunsByAsManySwitchesAsAskedFor) {
  Machine machine;
  auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
  int rounds = 0;
  auto worker = app.start_thread("worker", [&] {
    for (; rounds < 10; ++rounds) nt::current_thread().system.scheduler().switch_point("round");
  });
  EXPECT_EQ(machine.run_switches(0), Outcome::kDone);
  EXPECT_EQ(rounds, 0);
  EXPECT_EQ(machine.run_switches(4), Outcome::kDone);
  EXPECT_GT(rounds, 0);
  EXPECT_LE(rounds, 4);
  EXPECT_EQ(machine.run_switches(1'000), Outcome::kDone) << "nobody is left";
  EXPECT_TRUE(worker.done());
}

TEST(MachineTest, ThreadThatHangsIsNamedOnceAndNoLeakBesides) {  // SIM-2, VER-20
  nt::DispatcherHeader event;
  nt::Dispatcher::initialize(event, nt::DispatcherType::kNotificationEvent, 0);
  std::vector<Finding> findings;
  {
    Machine machine;
    machine.verifier().expect("SIM-2");
    EXPECT_EQ(machine.system_process().run([&] {
      nt::Thread& thread = nt::current_thread();
      thread.system.nt().dispatcher().wait(thread, event, {.kind = "event", .object = "never set"});
    }),
              Outcome::kDeadlock);
    machine.system().shut_down();
    findings = machine.verifier().findings();
  }
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].id, "SIM-2");
}

TEST(MachineTest, BugCheckStopsTheMachine) {
  Machine machine;
  machine.verifier().expect("VER-41");
  bool went_on = false;
  EXPECT_EQ(machine.system_process().run([&] {
    nt::bug_check(nt::current_thread(), "VER-41", "a test says so");
    went_on = true;
  }),
            Outcome::kStopped);
  EXPECT_TRUE(machine.stopped());
  EXPECT_FALSE(went_on);
  EXPECT_EQ(machine.system_process().run([&] { went_on = true; }), Outcome::kStopped);
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kStopped);
  EXPECT_FALSE(went_on);
}

TEST(MachineTest, UnsupportedRoutineStopsTheMachineWithItsName) {
  Machine machine;
  machine.verifier().expect("SIM-1");
  EXPECT_EQ(machine.system_process().run([] { nt::unsupported("CcMapData"); }), Outcome::kStopped);
  EXPECT_THAT(machine.verifier().findings().at(0).text, HasSubstr("CcMapData"));
}

TEST(MachineTest, UnusedFaultIsAWarning) {
  Machine* machine = new Machine;
  machine->fail_next(routine::kExAllocatePool2);
  machine->system().shut_down();
  EXPECT_EQ(machine->verifier().count("SIM-6"), 1u);
  EXPECT_TRUE(machine->verifier().clean());
  delete machine;
}

TEST(MachineTest, ManyMachinesInARow) {
  for (int i = 0; i < 200; ++i) {
    Machine machine;
    auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
    EXPECT_EQ(app.run([] { nt::enter("toy", nt::kPassive); }), Outcome::kDone);
  }
}

TEST(MachineTest, TwoMachinesRunInParallel) {
  const auto toy = [] {
    Machine machine;
    auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
    int count = 0;
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(app.run([&] {
        nt::enter("toy", nt::kPassive);
        ++count;
      }),
                Outcome::kDone);
    }
    EXPECT_EQ(count, 50);
  };
  std::thread other(toy);
  toy();
  other.join();
}

}  // namespace
}  // namespace fltsim
