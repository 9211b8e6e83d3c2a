// FltCancelFileOpen in the wrong place (CB-41, CB-42, VER-14).
#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::HasSubstr;

using CancelOpenTest = FilterTest;

FLT_PREOP_CALLBACK_STATUS with_post(PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS, PVOID*) {
  return FLT_PREOP_SUCCESS_WITH_CALLBACK;
}

TEST_F(CancelOpenTest, CancellingBeforeTheOpenIsReported) {  // CB-42, VER-14
  load(on(IRP_MJ_CREATE, [](auto, PCFLT_RELATED_OBJECTS objects, auto) {
    FltCancelFileOpen(objects->Instance, objects->FileObject);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  EXPECT_THAT(finding("VER-14"), HasSubstr("post-create"));
}

TEST_F(CancelOpenTest, CancellingAnOpenThatFailedIsReported) {  // CB-41, CB-42, VER-14
  load(on(IRP_MJ_CREATE, with_post, [](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
    if (!NT_SUCCESS(data->IoStatus.Status)) FltCancelFileOpen(objects->Instance, objects->FileObject);
    return FLT_POSTOP_FINISHED_PROCESSING;
  }));
  EXPECT_FALSE(app.exists(u"C:\\missing.txt"));
  EXPECT_THAT(finding("VER-14"), HasSubstr("post-create"));
}

TEST_F(CancelOpenTest, CancellingAReparseIsReported) {  // CB-41, CB-42, VER-14, BAD-18
  machine.load_driver(on(IRP_MJ_CREATE, with_post,
                         [](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
                           if (data->IoStatus.Status == STATUS_REPARSE) {
                             FltCancelFileOpen(objects->Instance, objects->FileObject);
                             data->IoStatus.Status = STATUS_ACCESS_DENIED;
                           }
                           return FLT_POSTOP_FINISHED_PROCESSING;
                         }),
                      {.altitude = u"360200"});
  load(on(IRP_MJ_CREATE,
          [](PFLT_CALLBACK_DATA data, auto, auto) {
            data->IoStatus.Status = STATUS_REPARSE;
            data->IoStatus.Information = IO_REPARSE;
            return FLT_PREOP_COMPLETE;
          }),
       {.altitude = u"360100"});
  EXPECT_EQ(app.read(u"C:\\plan.txt").status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(finding("VER-14"), HasSubstr("post-create"));
}

TEST_F(CancelOpenTest, CancellingWithoutAFailureFailsTheOpenAndIsReported) {  // CB-42, CB-43, VER-14
  load(on(IRP_MJ_CREATE, with_post, [](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
    if (NT_SUCCESS(data->IoStatus.Status)) FltCancelFileOpen(objects->Instance, objects->FileObject);
    return FLT_POSTOP_FINISHED_PROCESSING;
  }));
  EXPECT_EQ(app.create({.path = u"C:\\plan.txt"}).status, STATUS_FLT_INTERNAL_ERROR);
  EXPECT_THAT(finding("VER-14"), HasSubstr("left a success in IoStatus"));
}

TEST_F(CancelOpenTest, CancellingAtApcLevelIsReported) {  // H-17, IRQL-2, VER-23
  load(on(IRP_MJ_CREATE, with_post, [](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(APC_LEVEL, &before);
    FltCancelFileOpen(objects->Instance, objects->FileObject);
    KeLowerIrql(before);
    data->IoStatus.Status = STATUS_ACCESS_DENIED;
    return FLT_POSTOP_FINISHED_PROCESSING;
  }));
  EXPECT_THAT(finding("VER-23"), HasSubstr("FltCancelFileOpen"));
}

TEST_F(CancelOpenTest, CancellingAFileWithAHandleStopsTheMachine) {  // CB-42, VER-14
  load(on(IRP_MJ_WRITE, with_post, [](auto, PCFLT_RELATED_OBJECTS objects, auto, auto) {
    FltCancelFileOpen(objects->Instance, objects->FileObject);
    return FLT_POSTOP_FINISHED_PROCESSING;
  }));
  static_cast<void>(app.write(u"C:\\plan.txt", "new"));
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("VER-14"), HasSubstr("0xF5/0x6A"));
}

}  // namespace
}  // namespace fltsim::fltmgr
