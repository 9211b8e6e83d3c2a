#include "nt/work_queue.hpp"

#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using WorkQueueTest = KernelTest;

TEST_F(WorkQueueTest, WorkThatComesWhenAllWorkersHaveGoneIsDone) {
  WorkQueue& work = machine_.system().nt().work();
  KEVENT go;
  KeInitializeEvent(&go, NotificationEvent, FALSE);
  for (int i = 0; i < 100; ++i) {
    kernel([&] {
      work.queue([&](Thread&) { KeWaitForSingleObject(&go, ::Executive, KernelMode, FALSE, nullptr); });
    });
  }
  kernel([&] {
    KeSetEvent(&go, 0, FALSE);
    work.close();
  });
  ASSERT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  bool done = false;
  kernel([&] { work.queue([&](Thread&) { done = true; }); });
  ASSERT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace fltsim::nt
