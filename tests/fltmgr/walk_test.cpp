// The callback walk: order, results, changes (CB-6 to CB-28, ALT-7).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fltmgr/recording_driver.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WalkTest : public testing::Test {
 protected:
  WalkTest() { machine.add_volume(u"C:").write_file(u"\\plan.txt", "old"); }

  std::string finding(std::string_view id) {
    machine.verifier().expect(id);
    for (const Finding& finding : machine.verifier().findings()) {
      if (finding.id == id) return finding.text;
    }
    return {};
  }

  Log log;
  Machine machine;
};

TEST_F(WalkTest, PreRunsFromTheTopAndPostFromTheBottom) {  // CB-8, ALT-7
  machine.load_driver(recording(log, "low", IRP_MJ_WRITE), {.altitude = u"360100"});
  machine.load_driver(recording(log, "high", IRP_MJ_WRITE), {.altitude = u"360200.5"});
  machine.load_driver(recording(log, "middle", IRP_MJ_WRITE), {.altitude = u"360200.25"});
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("high.pre", "middle.pre", "low.pre", "low.post", "middle.post", "high.post"));
}

TEST_F(WalkTest, CompletionHidesTheOperationFromThoseBelow) {  // CB-14, T-29
  machine.load_driver(recording(log, "a", IRP_MJ_WRITE), {.altitude = u"360300"});
  machine.load_driver(recording(log, "b", IRP_MJ_WRITE, FLT_PREOP_COMPLETE), {.altitude = u"360200"});
  machine.load_driver(recording(log, "c", IRP_MJ_WRITE), {.altitude = u"360100"});
  auto app = machine.start_process(kApp);
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(log, ElementsAre("a.pre", "b.pre", "a.post"));
}

TEST_F(WalkTest, NoCallbackMeansNoPost) {  // CB-12
  machine.load_driver(recording(log, "a", IRP_MJ_WRITE, FLT_PREOP_SUCCESS_NO_CALLBACK));
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("a.pre"));
}

TEST_F(WalkTest, SynchronizeRunsThePostInTheSameThread) {  // CB-13
  HANDLE pre_thread = nullptr;
  HANDLE post_thread = nullptr;
  machine.load_driver(on(
      IRP_MJ_WRITE,
      [&](auto, auto, auto) {
        pre_thread = PsGetCurrentThreadId();
        return FLT_PREOP_SYNCHRONIZE;
      },
      [&](auto, auto, auto, auto) {
        post_thread = PsGetCurrentThreadId();
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_NE(pre_thread, nullptr);
  EXPECT_EQ(pre_thread, post_thread);
}

TEST_F(WalkTest, InstanceIsNotCalledForWhatItDidNotRegister) {  // CB-6
  machine.load_driver(recording(log, "a", IRP_MJ_FLUSH_BUFFERS));
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_TRUE(log.empty());
}

TEST_F(WalkTest, MarkedChangeIsSeenBelowAndNotInTheOwnPost) {  // CB-34, CB-35, CB-27, T-31
  ULONG below = 0;
  ULONG own_post = 0;
  machine.load_driver(on(
                          IRP_MJ_WRITE,
                          [](PFLT_CALLBACK_DATA data, auto, auto) {
                            data->Iopb->Parameters.Write.Length = 2;
                            FltSetCallbackDataDirty(data);
                            return FLT_PREOP_SUCCESS_WITH_CALLBACK;
                          },
                          [&](PFLT_CALLBACK_DATA data, auto, auto, auto) {
                            own_post = data->Iopb->Parameters.Write.Length;
                            return FLT_POSTOP_FINISHED_PROCESSING;
                          }),
                      {.altitude = u"360200"});
  machine.load_driver(on(IRP_MJ_WRITE,
                         [&](PFLT_CALLBACK_DATA data, auto, auto) {
                           below = data->Iopb->Parameters.Write.Length;
                           return FLT_PREOP_SUCCESS_NO_CALLBACK;
                         }),
                      {.altitude = u"360100"});
  static_cast<void>(machine.start_process(kApp).write(u"C:\\plan.txt", "four"));
  EXPECT_EQ(below, 2u);
  EXPECT_EQ(own_post, 4u);
}

TEST_F(WalkTest, UnmarkedChangeIsNotSeenBelowAndIsReported) {  // CB-34, VER-9, T-31
  ULONG below = 0;
  machine.load_driver(on(IRP_MJ_WRITE,
                         [](PFLT_CALLBACK_DATA data, auto, auto) {
                           data->Iopb->Parameters.Write.Length = 2;
                           return FLT_PREOP_SUCCESS_NO_CALLBACK;
                         }),
                      {.altitude = u"360200"});
  machine.load_driver(on(IRP_MJ_WRITE,
                         [&](PFLT_CALLBACK_DATA data, auto, auto) {
                           below = data->Iopb->Parameters.Write.Length;
                           return FLT_PREOP_SUCCESS_NO_CALLBACK;
                         }),
                      {.altitude = u"360100"});
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "four").status, STATUS_SUCCESS);
  EXPECT_EQ(below, 4u);
  EXPECT_THAT(finding("VER-9"), HasSubstr("FltSetCallbackDataDirty"));
}

TEST_F(WalkTest, UnknownPreStatusFailsTheOperationAndIsReported) {  // CB-19, VER-1
  machine.load_driver(recording(log, "a", IRP_MJ_WRITE, static_cast<FLT_PREOP_CALLBACK_STATUS>(77)));
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_FLT_INTERNAL_ERROR);
  EXPECT_THAT(finding("VER-1"), HasSubstr("0x4D"));
}

TEST_F(WalkTest, UnknownPostStatusIsReported) {  // VER-1
  machine.load_driver(on(
      IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
      [](auto, auto, auto, auto) { return static_cast<FLT_POSTOP_CALLBACK_STATUS>(9); }));
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-1"), HasSubstr("post"));
}

TEST_F(WalkTest, WithCallbackWithoutAPostStopsTheMachine) {  // CB-11, H-18, VER-2
  machine.load_driver(on(IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; }));
  static_cast<void>(machine.start_process(kApp).write(u"C:\\plan.txt", "new"));
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("VER-2"), HasSubstr("0xF5/0x66"));
}

TEST_F(WalkTest, ContextThatNobodyHandsBackIsReported) {  // VER-3
  static int something;
  machine.load_driver(on(IRP_MJ_WRITE, [](auto, auto, PVOID* context) {
    *context = &something;
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  static_cast<void>(machine.start_process(kApp).write(u"C:\\plan.txt", "new"));
  EXPECT_THAT(finding("VER-3"), HasSubstr("CompletionContext"));
}

TEST_F(WalkTest, CompletionContextReachesTheOwnPost) {  // CB-11
  static int something;
  PVOID seen = nullptr;
  machine.load_driver(on(
      IRP_MJ_WRITE,
      [](auto, auto, PVOID* context) {
        *context = &something;
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [&](auto, auto, PVOID context, auto) {
        seen = context;
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  static_cast<void>(machine.start_process(kApp).write(u"C:\\plan.txt", "new"));
  EXPECT_EQ(seen, &something);
}

TEST_F(WalkTest, CompletionWithPendingIsReported) {  // CB-14, VER-7
  machine.load_driver(recording(log, "a", IRP_MJ_WRITE, FLT_PREOP_COMPLETE, STATUS_PENDING));
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_FLT_INTERNAL_ERROR);
  EXPECT_FALSE(finding("VER-7").empty());
}

TEST_F(WalkTest, CompletionWithoutAStatusIsReported) {  // CB-15, VER-7
  machine.load_driver(on(IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_COMPLETE; }));
  EXPECT_FALSE(NT_SUCCESS(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status));
  EXPECT_THAT(finding("VER-7"), HasSubstr("without a value"));
}

TEST_F(WalkTest, StatusThatIsSetAndNotCompletedIsReported) {  // BAD-20, VER-10
  machine.load_driver(on(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, auto, auto) {
    data->IoStatus.Status = STATUS_ACCESS_DENIED;
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-10"), HasSubstr("FLT_PREOP_COMPLETE"));
}

TEST_F(WalkTest, PostMayChangeTheStatusForThoseAbove) {  // CB-28
  machine.load_driver(on(
      IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
      [](PFLT_CALLBACK_DATA data, auto, auto, auto) {
        data->IoStatus.Status = STATUS_DISK_FULL;
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  EXPECT_EQ(machine.start_process(kApp).write(u"C:\\plan.txt", "new").status, STATUS_DISK_FULL);
}

TEST_F(WalkTest, PostCreateThatCancelsGivesALowerInstanceCleanupAndClose) {  // CB-42, CB-43, T-34
  machine.load_driver(on(
                          IRP_MJ_CREATE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
                          [](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
                            FltCancelFileOpen(objects->Instance, objects->FileObject);
                            data->IoStatus.Status = STATUS_ACCESS_DENIED;
                            data->IoStatus.Information = 0;
                            return FLT_POSTOP_FINISHED_PROCESSING;
                          }),
                      {.altitude = u"360200"});
  machine.load_driver(recording(log, "low", IRP_MJ_CLOSE), {.altitude = u"360100"});
  EXPECT_EQ(machine.start_process(kApp).read(u"C:\\plan.txt").status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(log, ElementsAre("low.pre", "low.post"));
}

TEST_F(WalkTest, PostCreateThatFailsWithoutCancellingIsReported) {  // CB-43, VER-15, BAD-19
  machine.load_driver(on(
      IRP_MJ_CREATE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
      [](PFLT_CALLBACK_DATA data, auto, auto, auto) {
        data->IoStatus.Status = STATUS_ACCESS_DENIED;
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  EXPECT_EQ(machine.start_process(kApp).read(u"C:\\plan.txt").status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(finding("VER-15"), HasSubstr("FltCancelFileOpen"));
}

TEST_F(WalkTest, TraceShowsTheWalkAsATree) {
  machine.load_driver(recording(log, "a", IRP_MJ_WRITE), {.name = u"watcher"});
  static_cast<void>(machine.start_process(kApp).write(u"C:\\plan.txt", "new"));
  EXPECT_THAT(machine.trace().to_text(), HasSubstr("pre watcher"));
  EXPECT_THAT(machine.trace().to_text(), HasSubstr("post watcher"));
}

}  // namespace
}  // namespace fltsim::fltmgr
