// A machine in which nobody watches the callbacks (Options::verifier, count_callbacks, trace): operations take the short
// way, and answer the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class UnwatchedTest : public FilterTest {
 protected:
  UnwatchedTest() : FilterTest(Load{"", SchedulerKind::kSeeded, false}.options()) {}

  NTSTATUS write() { return app.write(u"C:\\plan.txt", "four").status; }

  Log log;
};

TEST_F(UnwatchedTest, PreRunsFromTheTopAndPostFromTheBottom) {  // CB-8
  machine.load_driver(recording(log, "high", IRP_MJ_WRITE), {.altitude = u"360300"});
  machine.load_driver(recording(log, "middle", IRP_MJ_WRITE, FLT_PREOP_SUCCESS_NO_CALLBACK),
                      {.altitude = u"360200"});
  machine.load_driver(recording(log, "low", IRP_MJ_WRITE, FLT_PREOP_SYNCHRONIZE), {.altitude = u"360100"});
  EXPECT_EQ(write(), STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("high.pre", "middle.pre", "low.pre", "low.post", "high.post"));
}

TEST_F(UnwatchedTest, CompletionHidesTheOperationFromThoseBelow) {  // CB-14
  machine.load_driver(recording(log, "high", IRP_MJ_WRITE), {.altitude = u"360300"});
  machine.load_driver(recording(log, "middle", IRP_MJ_WRITE, FLT_PREOP_COMPLETE), {.altitude = u"360200"});
  machine.load_driver(recording(log, "low", IRP_MJ_WRITE), {.altitude = u"360100"});
  EXPECT_EQ(write(), STATUS_ACCESS_DENIED);
  EXPECT_THAT(log, ElementsAre("high.pre", "middle.pre", "high.post"));
}

TEST_F(UnwatchedTest, ChangeCountsBelowOnlyWhenItIsMarkedAndNeverInAPostAbove) {  // CB-27, CB-34, CB-35
  std::vector<ULONG> seen;
  const auto changing = [&seen](ULONG length, bool marks) {
    return on(
        IRP_MJ_WRITE,
        [=, &seen](PFLT_CALLBACK_DATA data, auto, auto) {
          seen.push_back(data->Iopb->Parameters.Write.Length);
          data->Iopb->Parameters.Write.Length = length;
          if (marks) FltSetCallbackDataDirty(data);
          return FLT_PREOP_SUCCESS_WITH_CALLBACK;
        },
        [&seen](PFLT_CALLBACK_DATA data, auto, auto, auto) {
          seen.push_back(data->Iopb->Parameters.Write.Length);
          data->Iopb->Parameters.Write.Length = 9;
          return FLT_POSTOP_FINISHED_PROCESSING;
        });
  };
  machine.load_driver(changing(1, false), {.altitude = u"360300"});
  machine.load_driver(changing(3, true), {.altitude = u"360200"});
  machine.load_driver(changing(2, false), {.altitude = u"360100"});
  EXPECT_EQ(write(), STATUS_SUCCESS);
  EXPECT_THAT(seen, ElementsAre(4, 4, 3, 3, 4, 4));
  EXPECT_EQ(app.read(u"C:\\plan.txt").content, "fou");
}

TEST_F(UnwatchedTest,
       OperationPassesMoreInstancesThanMostHave) {  // W3: frames beyond those that lie in the walker
  constexpr std::size_t kInstances = 40;
  std::size_t pre = 0;
  std::size_t post = 0;
  LambdaDriver driver = noting();
  driver.operations.push_back({.major = IRP_MJ_WRITE,
                               .pre =
                                   [&](auto, auto, auto) {
                                     ++pre;
                                     return FLT_PREOP_SUCCESS_WITH_CALLBACK;
                                   },
                               .post =
                                   [&](auto, auto, auto, auto) {
                                     ++post;
                                     return FLT_POSTOP_FINISHED_PROCESSING;
                                   }});
  load(std::move(driver), {.altitude = u"360000"});
  kernel([&] {
    for (std::size_t number = 1; number < kInstances; ++number) {
      const std::string digits = std::to_string(360000 + number);
      Counted altitude(std::u16string(digits.begin(), digits.end()));
      EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, &altitude, nullptr), STATUS_SUCCESS);
    }
  });
  EXPECT_EQ(write(), STATUS_SUCCESS);
  EXPECT_EQ(pre, kInstances);
  EXPECT_EQ(post, kInstances);
}

TEST_F(UnwatchedTest, WrongAnswerFailsTheOperationAndIsNoFinding) {  // CB-19, VER-1
  machine.load_driver(
      on(IRP_MJ_WRITE, [](auto, auto, auto) { return static_cast<FLT_PREOP_CALLBACK_STATUS>(77); }));
  EXPECT_EQ(write(), STATUS_FLT_INTERNAL_ERROR);
  EXPECT_THAT(machine.verifier().findings(), IsEmpty());
}

TEST_F(UnwatchedTest, PostThatIsAskedForAndNotRegisteredStopsTheMachine) {  // VER-2
  machine.load_driver(on(IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; }));
  EXPECT_EQ(app.run([&] { write(); }), Outcome::kStopped);
  EXPECT_THAT(finding("VER-2"), testing::HasSubstr("none is registered"));
}

TEST_F(UnwatchedTest, AnswerOfACallbackWhoseOperationWasCompletedStopsTheMachine) {  // VER-11, W6
  machine.load_driver(on(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, auto, auto) {
    FltCompletePendedPreOperation(data, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  EXPECT_EQ(app.run([&] { write(); }), Outcome::kStopped);
  EXPECT_THAT(finding("VER-11"), testing::HasSubstr("completed twice"));
}

TEST_F(UnwatchedTest, PreThatReturnsAtAnotherIrqlStopsTheMachine) {  // VER-42
  machine.load_driver(on(
      IRP_MJ_WRITE,
      [](auto, auto, auto) {
        KIRQL before = PASSIVE_LEVEL;
        KeRaiseIrql(DISPATCH_LEVEL, &before);
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [this](auto, auto, auto, auto) {
        log.push_back("post");
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  EXPECT_EQ(app.run([&] { write(); }), Outcome::kStopped);
  EXPECT_THAT(finding("VER-42"), testing::HasSubstr("the pre callback returned at another IRQL"));
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(UnwatchedTest, PostThatReturnsAtAnotherIrqlStopsTheMachine) {  // VER-42
  machine.load_driver(on(
      IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
      [](auto, auto, auto, auto) {
        KIRQL before = PASSIVE_LEVEL;
        KeRaiseIrql(DISPATCH_LEVEL, &before);
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  EXPECT_EQ(app.run([&] { write(); }), Outcome::kStopped);
  EXPECT_THAT(finding("VER-42"), testing::HasSubstr("the post callback returned at another IRQL"));
}

TEST_F(UnwatchedTest, NoCallbackIsCounted) {
  machine.load_driver(recording(log, "any", IRP_MJ_WRITE));
  EXPECT_EQ(write(), STATUS_SUCCESS);
  EXPECT_THAT(machine.callbacks(), IsEmpty());
}

}  // namespace
}  // namespace fltsim::fltmgr
