#include "fltsim/process.hpp"

#include <gtest/gtest.h>

#include "fltsim/machine.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "wdk/shared/status.h"

namespace fltsim {
namespace {

// A client entry that waits for an event, as WaitForSingleObject does.
bool client_wait(nt::DispatcherHeader& event) {
  return nt::client_call("WaitForSingleObject", false, [&](nt::Thread& thread) {
    return thread.system.nt().dispatcher().wait(thread, event, {.ends_on_termination = true}).result ==
           nt::WaitResult::kSatisfied;
  });
}

bool client_touch() {
  return nt::client_call("Touch", false, [](nt::Thread&) { return true; });
}

class ProcessTest : public testing::TestWithParam<SchedulerKind> {
 protected:
  static Options options() {
    Options chosen;
    chosen.scheduler = GetParam();
    return chosen;
  }
  ProcessTest() : machine_(options()) {
    nt::Dispatcher::initialize(event_, nt::DispatcherType::kNotificationEvent, 0);
  }

  Machine machine_;
  Process app_ = machine_.start_process({.image = u"C:\\App\\app.exe"});
  nt::DispatcherHeader event_;
};

TEST_P(ProcessTest, ThreadRunsUntilItsCodeIsDone) {
  auto thread = app_.start_thread("worker", [&] { EXPECT_TRUE(client_wait(event_)); });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(thread.done());
  EXPECT_EQ(app_.run([&] { nt::current_thread().system.nt().dispatcher().set(event_); }), Outcome::kDone);
  EXPECT_EQ(thread.join(), Outcome::kDone);
  EXPECT_TRUE(thread.done());
}

TEST_P(ProcessTest, KilledThreadRunsNoFurtherClientCodeButItsDestructors) {
  bool went_on = false;
  bool destroyed = false;
  struct Flag {
    bool& flag;
    ~Flag() { flag = true; }
  };
  auto thread = app_.start_thread("worker", [&] {
    const Flag flag{destroyed};
    client_wait(event_);
    went_on = true;
  });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  thread.terminate();
  EXPECT_EQ(thread.join(), Outcome::kKilled);
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(destroyed);
}

TEST_P(ProcessTest, ClientEntryInADestructorOfAKilledThreadFailsWithoutEffect) {
  bool refused = false;
  struct Closer {
    bool& refused;
    ~Closer() { refused = !client_touch(); }
  };
  auto thread = app_.start_thread("worker", [&] {
    const Closer closer{refused};
    client_wait(event_);
  });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  thread.terminate();
  EXPECT_EQ(thread.join(), Outcome::kKilled);
  EXPECT_TRUE(refused);
}

TEST_P(ProcessTest, KillEndsEveryThreadAndClosesEveryHandle) {
  auto first = app_.start_thread("first", [&] { client_wait(event_); });
  auto second = app_.start_thread("second", [&] { client_wait(event_); });
  EXPECT_EQ(app_.run([&] {
    nt::Thread& thread = nt::current_thread();
    auto* event = nt::create_object<nt::Event>(thread.system, nt::kEventType);
    nt::Dispatcher::initialize(event->header, nt::DispatcherType::kNotificationEvent, 0);
    thread.process.handles.insert(event, 0x1F0003);
    nt::release(event);
  }),
            Outcome::kDone);
  EXPECT_EQ(app_.process().handles.entries().size(), 1u);
  EXPECT_EQ(app_.kill(), Outcome::kDone);
  EXPECT_EQ(first.join(), Outcome::kKilled);
  EXPECT_EQ(second.join(), Outcome::kKilled);
  EXPECT_TRUE(app_.ended());
  EXPECT_TRUE(app_.process().handles.entries().empty());
  EXPECT_EQ(app_.process().handles.insert(&app_.process(), 0), nullptr) << "no handles after the end";
}

TEST_P(ProcessTest, RundownRunsInTheContextOfTheDyingProcess) {
  std::uint32_t seen = 0;
  machine_.system().nt().on_process_exit(
      [&](nt::Process& process) { seen = &nt::current_thread().process == &process ? process.id : 0; });
  EXPECT_EQ(app_.kill(), Outcome::kDone);
  EXPECT_EQ(seen, app_.id());
}

TEST_P(ProcessTest, ExitFromInsideEndsTheCallingThread) {
  bool went_on = false;
  auto thread = app_.start_thread("main", [&] {
    static_cast<void>(app_.exit(7));
    went_on = true;
  });
  EXPECT_EQ(thread.join(), Outcome::kKilled);
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(app_.ended());
  EXPECT_EQ(app_.process().exit_status.load(), 7);
}

TEST_P(ProcessTest, EndedProcessStartsNoThread) {
  EXPECT_EQ(app_.kill(), Outcome::kDone);
  EXPECT_EQ(app_.run([] { FAIL() << "ran in an ended process"; }), Outcome::kKilled);
  EXPECT_TRUE(app_.start_thread("late", [] {}).done());
}

TEST_P(ProcessTest, ProcessIsSignalledWhenItHasEnded) {
  auto other = machine_.start_process({.image = u"C:\\other.exe"});
  auto waiter = other.start_thread("waiter", [&] { EXPECT_TRUE(client_wait(app_.process().header)); });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(waiter.done());
  EXPECT_EQ(app_.kill(), Outcome::kDone);
  EXPECT_EQ(waiter.join(), Outcome::kDone);
}

TEST_P(ProcessTest, ImageIsKnownInBothForms) {
  EXPECT_EQ(app_.image(), u"C:\\App\\app.exe");
  EXPECT_EQ(app_.device_image(), u"\\??\\C:\\App\\app.exe") << "no volume is mounted as C:";
  ASSERT_EQ(machine_.system().nt().names().create_link(u"\\??\\D:", u"\\Device\\HarddiskVolume2"),
            STATUS_SUCCESS);
  EXPECT_EQ(machine_.start_process({.image = u"D:\\x\\y.exe"}).device_image(),
            u"\\Device\\HarddiskVolume2\\x\\y.exe");
}

INSTANTIATE_TEST_SUITE_P(Schedulers, ProcessTest,
                         testing::Values(SchedulerKind::kSeeded, SchedulerKind::kHost),
                         [](const auto& which) {
                           return which.param == SchedulerKind::kSeeded ? "Seeded" : "Host";
                         });

}  // namespace
}  // namespace fltsim
