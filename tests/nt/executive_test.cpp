#include "nt/executive.hpp"

#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

TEST(ExecutiveTest, ThreadStartedWhileItsProcessIsKilledEndsWithIt) {  // DISC-10
  Options options;
  options.scheduler = SchedulerKind::kHost;
  Machine machine(options);
  DispatcherHeader never;
  Dispatcher::initialize(never, DispatcherType::kNotificationEvent, 0);
  const auto waits = [&] {
    machine.system().nt().dispatcher().wait(current_thread(), never, {.ends_on_termination = true});
  };
  for (int i = 0; i < 300; ++i) {
    auto app = machine.start_process({.image = u"C:\\app.exe"});
    app.start_thread("starter", [&] {
      while (!current_thread().terminated()) app.start_thread("started", waits);
    });
    EXPECT_EQ(app.kill(), Outcome::kDone);
    ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
    ASSERT_TRUE(app.process().threads().empty());
  }
}

}  // namespace
}  // namespace fltsim::nt
