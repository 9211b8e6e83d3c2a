// Posts that are not finished, safe post callbacks and deferred work items (CB-26, CB-29 to CB-32).
#include <atomic>

#include "fltmgr/pending_machine.hpp"
#include "support/scale.hpp"

namespace fltsim::fltmgr {
namespace {

using fltlink::test::scaled;

using testing::ElementsAre;
using testing::HasSubstr;

class PostPendTest : public PendingTest {
 protected:
  PostPendTest() { test = this; }
  ~PostPendTest() override { test = nullptr; }

  LambdaDriver holding_post() {
    return on(
        IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
        [this](PFLT_CALLBACK_DATA data, auto, auto, auto) {
          log.push_back("b.post");
          held = data;
          return FLT_POSTOP_MORE_PROCESSING_REQUIRED;
        });
  }

  // "a" finishes its post when that is safe.
  LambdaDriver wanting_safety() {
    return on(
        IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
        [this](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context,
               FLT_POST_OPERATION_FLAGS flags) {
          FLT_POSTOP_CALLBACK_STATUS status = FLT_POSTOP_FINISHED_PROCESSING;
          could = FltDoCompletionProcessingWhenSafe(data, objects, context, flags, safe, &status);
          log.push_back(status == FLT_POSTOP_FINISHED_PROCESSING ? "a.post finished" : "a.post goes on");
          return status;
        });
  }
  static FLT_POSTOP_CALLBACK_STATUS safe(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID,
                                         FLT_POST_OPERATION_FLAGS) {
    test->log.push_back("a.safe");
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_EQ(objects->FileObject, data->Iopb->TargetFileObject);
    test->held_by_safe = data;
    return test->safe_answer;
  }

  void complete_at_dispatch_level() {
    kernel([&] {
      KIRQL before = PASSIVE_LEVEL;
      KeRaiseIrql(DISPATCH_LEVEL, &before);
      held->IoStatus.Status = STATUS_DISK_FULL;
      FltCompletePendedPreOperation(held, FLT_PREOP_COMPLETE, nullptr);
      KeLowerIrql(before);
    });
  }

  static PostPendTest* test;
  BOOLEAN could = FALSE;
  PFLT_CALLBACK_DATA held_by_safe = nullptr;
  FLT_POSTOP_CALLBACK_STATUS safe_answer = FLT_POSTOP_FINISHED_PROCESSING;
};
PostPendTest* PostPendTest::test = nullptr;

// --- MORE_PROCESSING_REQUIRED ---

TEST_F(PostPendTest, HeldPostKeepsThoseAboveWaiting) {  // CB-26
  load_above(recording(log, "a", IRP_MJ_WRITE));
  load_between(holding_post());
  ThreadHandle writer = start_write();
  EXPECT_THAT(log, ElementsAre("a.pre", "b.post"));
  kernel([&] { FltCompletePendedPostOperation(held); });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("a.pre", "b.post", "a.post", "written"));
}

TEST_F(PostPendTest, StatusSetWhileHeldIsSeenAbove) {  // CB-26, CB-28
  load_between(holding_post());
  ThreadHandle writer = start_write();
  kernel([&] {
    held->IoStatus.Status = STATUS_DISK_FULL;
    FltCompletePendedPostOperation(held);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_DISK_FULL);
}

TEST_F(PostPendTest, PostMayBeCompletedBeforeItHasReturned) {  // CB-26
  LambdaDriver between = holding_post();
  between.operations.back().post = [this](PFLT_CALLBACK_DATA data, auto, auto, auto) {
    FltCompletePendedPostOperation(data);
    log.push_back("b.post ends");
    return FLT_POSTOP_MORE_PROCESSING_REQUIRED;
  };
  load_above(recording(log, "a", IRP_MJ_WRITE));
  load_between(std::move(between));
  EXPECT_EQ(start_write().join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("a.pre", "a.post", "b.post ends", "written"));
}

TEST_F(PostPendTest, CompletingAPostTwiceStopsTheMachine) {  // VER-11
  load_between(holding_post());
  ThreadHandle writer = start_write();
  kernel_that_stops([&] {
    FltCompletePendedPostOperation(held);
    FltCompletePendedPostOperation(held);
  });
  EXPECT_THAT(finding("VER-11"), HasSubstr("FltCompletePendedPostOperation"));
}

TEST_F(PostPendTest, HoldingThePostOfWhatIsNoIrpIsReported) {  // CB-26, VER-4
  LambdaDriver between = holding_post();
  between.operations.back().post = [](PFLT_CALLBACK_DATA data, auto, auto, auto) {
    if (!FLT_IS_FASTIO_OPERATION(data)) return FLT_POSTOP_FINISHED_PROCESSING;
    FltCompletePendedPostOperation(data);
    return FLT_POSTOP_MORE_PROCESSING_REQUIRED;
  };
  load_between(std::move(between));
  const CreateResult file = app.create({.path = u"C:\\plan.txt",
                                        .access = GENERIC_WRITE | SYNCHRONIZE,
                                        .options = FILE_SYNCHRONOUS_IO_NONALERT,
                                        .fast_io = true});
  EXPECT_EQ(app.write(file.handle, "new", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-4"), HasSubstr("MORE_PROCESSING"));
}

// --- FltDoCompletionProcessingWhenSafe ---

TEST_F(PostPendTest, SafePostCallbackRunsAtOnceWhereItIsSafe) {  // CB-30, IRQL-5
  load_above(wanting_safety());
  load_between(pending());
  ThreadHandle writer = start_write();
  complete(FLT_PREOP_SUCCESS_NO_CALLBACK);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_TRUE(could);
  EXPECT_THAT(log, ElementsAre("b.pre", "a.safe", "a.post finished", "written"));
}

TEST_F(PostPendTest, SafePostCallbackIsPutOffAtDispatchLevelAndResumesTheOperation) {  // CB-30, CB-31
  load_above(wanting_safety());
  load_between(pending());
  ThreadHandle writer = start_write();
  complete_at_dispatch_level();
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_TRUE(could);
  EXPECT_EQ(written, STATUS_DISK_FULL);
  EXPECT_THAT(log, testing::UnorderedElementsAre("b.pre", "a.post goes on", "a.safe", "written"));
  EXPECT_EQ(log.back(), "written");
}

TEST_F(PostPendTest, SafePostCallbackMayKeepTheOperation) {  // CB-31
  safe_answer = FLT_POSTOP_MORE_PROCESSING_REQUIRED;
  load_above(wanting_safety());
  load_between(pending());
  ThreadHandle writer = start_write();
  complete_at_dispatch_level();
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(writer.done());
  kernel([&] { FltCompletePendedPostOperation(held_by_safe); });
  EXPECT_EQ(writer.join(), Outcome::kDone);
}

TEST_F(PostPendTest, WithATopLevelIrpNothingIsPutOff) {  // CB-30
  load_above(wanting_safety());
  load_between(pending());
  ThreadHandle writer = start_write();
  kernel([&] {
    IoSetTopLevelIrp(reinterpret_cast<PIRP>(1));
    complete_at_dispatch_level();
    IoSetTopLevelIrp(nullptr);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_FALSE(could);
  EXPECT_THAT(log, ElementsAre("b.pre", "a.post finished", "written"));
}

TEST_F(PostPendTest, SafetyIsNotToBeHadWhileDraining) {  // CB-29, VER-12
  LambdaDriver above = noting();
  above.operations.push_back(wanting_safety().operations.front());
  machine.load_driver(std::move(above), {.altitude = u"360300"});
  machine.load_driver(on(IRP_MJ_WRITE,
                         [this](PFLT_CALLBACK_DATA data, auto, auto) {
                           held = data;
                           return FLT_PREOP_PENDING;
                         }),
                      {.altitude = u"360200"});
  ThreadHandle writer = start_write();
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  EXPECT_FALSE(could);
  complete(FLT_PREOP_SUCCESS_NO_CALLBACK);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_THAT(finding("VER-12"), HasSubstr("FltDoCompletionProcessingWhenSafe"));
}

TEST_F(PostPendTest, DrainingPostThatDoesNotFinishIsReported) {  // CB-29, VER-12
  LambdaDriver above = noting();
  above.operations.push_back(
      {.major = IRP_MJ_WRITE,
       .pre = [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
       .post = [](auto, auto, auto, auto) { return FLT_POSTOP_MORE_PROCESSING_REQUIRED; }});
  machine.load_driver(std::move(above), {.altitude = u"360300"});
  machine.load_driver(on(IRP_MJ_WRITE,
                         [this](PFLT_CALLBACK_DATA data, auto, auto) {
                           held = data;
                           return FLT_PREOP_PENDING;
                         }),
                      {.altitude = u"360200"});
  ThreadHandle writer = start_write();
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  complete(FLT_PREOP_SUCCESS_NO_CALLBACK);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_THAT(finding("VER-12"), HasSubstr("FLT_POSTOP_FINISHED_PROCESSING"));
}

// --- deferred work items ---

struct Seen {
  PFLT_CALLBACK_DATA data = nullptr;
  KIRQL irql = HIGH_LEVEL;
  HANDLE process = nullptr;
};

void note_and_complete(PFLT_DEFERRED_IO_WORKITEM item, PFLT_CALLBACK_DATA data, PVOID context) {
  *static_cast<Seen*>(context) = {data, KeGetCurrentIrql(), PsGetCurrentProcessId()};
  FltFreeDeferredIoWorkItem(item);
  FltCompletePendedPreOperation(data, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
}

// Defers a write to a worker; `status` is what queueing it answered.
LambdaDriver deferring(Seen& seen, NTSTATUS& status) {
  return on(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    PFLT_DEFERRED_IO_WORKITEM item = FltAllocateDeferredIoWorkItem();
    status = FltQueueDeferredIoWorkItem(item, data, note_and_complete, DelayedWorkQueue, &seen);
    if (NT_SUCCESS(status)) return FLT_PREOP_PENDING;
    FltFreeDeferredIoWorkItem(item);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  });
}

TEST_F(PostPendTest, DeferredWorkItemRunsAtPassiveLevelInASystemThread) {  // CB-32
  Seen seen;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  load_between(deferring(seen, status));
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_EQ(status, STATUS_SUCCESS);
  EXPECT_NE(seen.data, nullptr);
  EXPECT_EQ(seen.irql, PASSIVE_LEVEL);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(seen.process), machine.system_process().id());
}

TEST_F(PostPendTest, FastIoCannotBeDeferred) {  // CB-32
  Seen seen;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  load_between(deferring(seen, status));
  const CreateResult file = app.create({.path = u"C:\\plan.txt",
                                        .access = GENERIC_WRITE | SYNCHRONIZE,
                                        .options = FILE_SYNCHRONOUS_IO_NONALERT,
                                        .fast_io = true});
  EXPECT_EQ(app.write(file.handle, "new", 0).status, STATUS_SUCCESS);
  EXPECT_EQ(status, STATUS_FLT_NOT_SAFE_TO_POST_OPERATION);
}

TEST_F(PostPendTest, PagingIoCannotBeDeferred) {  // CB-32
  Seen seen;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  disk.write_file(u"\\page.bin", std::string(4096, 'x'));
  load_between(deferring(seen, status));
  const CreateResult file =
      app.create({.path = u"C:\\page.bin", .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE});
  const MapResult mapped = app.map(file.handle);
  mapped.view[0] = std::byte{'z'};
  EXPECT_EQ(app.flush_view(mapped.view).status, STATUS_SUCCESS);
  EXPECT_EQ(status, STATUS_FLT_NOT_SAFE_TO_POST_OPERATION);
  app.unmap(mapped.view);
}

TEST_F(PostPendTest, DeferringWithATopLevelIrpIsNotSafe) {  // CB-32
  Seen seen;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  load_between(deferring(seen, status));
  load_above(on(
      IRP_MJ_WRITE,
      [](auto, auto, auto) {
        IoSetTopLevelIrp(reinterpret_cast<PIRP>(1));
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [](auto, auto, auto, auto) {
        IoSetTopLevelIrp(nullptr);
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_EQ(status, STATUS_FLT_NOT_SAFE_TO_POST_OPERATION);
}

TEST_F(PostPendTest, DeferringWhileTheInstanceGoesIsDeletingObject) {  // CB-32
  NTSTATUS status = STATUS_SUCCESS;
  LambdaDriver between = pending();
  between.teardown_start = [&](auto, auto) {
    PFLT_DEFERRED_IO_WORKITEM item = FltAllocateDeferredIoWorkItem();
    status = FltQueueDeferredIoWorkItem(item, held, note_and_complete, DelayedWorkQueue, nullptr);
    FltFreeDeferredIoWorkItem(item);
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
  };
  load_between(std::move(between));
  ThreadHandle writer = start_write();
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(status, STATUS_FLT_DELETING_OBJECT);
}

TEST_F(PostPendTest, DeferredWorkItemThatIsNotFreedIsALeak) {  // CB-32, VER-20, VER-40
  Driver driver = load_between(on(IRP_MJ_WRITE, [](auto, auto, auto) {
    static_cast<void>(FltAllocateDeferredIoWorkItem());
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-40"), HasSubstr("FtWd"));
}

// --- under load ---

class PendUnderLoadTest : public testing::TestWithParam<Load> {
 protected:
  static void complete(PFLT_DEFERRED_IO_WORKITEM item, PFLT_CALLBACK_DATA data, PVOID) {
    FltFreeDeferredIoWorkItem(item);
    FltCompletePendedPreOperation(data, FLT_PREOP_SUCCESS_WITH_CALLBACK, nullptr);
  }
  LambdaDriver deferring() {
    return on(
        IRP_MJ_WRITE,
        [this](PFLT_CALLBACK_DATA data, auto, auto) {
          PFLT_DEFERRED_IO_WORKITEM item = FltAllocateDeferredIoWorkItem();
          ++pre;
          if (NT_SUCCESS(FltQueueDeferredIoWorkItem(item, data, complete, DelayedWorkQueue, nullptr)))
            return FLT_PREOP_PENDING;
          FltFreeDeferredIoWorkItem(item);
          return FLT_PREOP_SUCCESS_WITH_CALLBACK;
        },
        [this](auto, auto, auto, auto) {
          ++post;
          return FLT_POSTOP_FINISHED_PROCESSING;
        });
  }

  std::atomic<std::uint64_t> pre{0};
  std::atomic<std::uint64_t> post{0};
  Machine machine{GetParam().options()};
};

// Two filters pend, one between them waits for its post, and the lower one comes and goes.
TEST_P(PendUnderLoadTest, EveryPostIsCalledOnce) {  // CB-17, CB-22, CB-32, TEAR-5, W3 to W6
  machine.add_volume(u"C:");
  machine.load_driver(deferring(), {.altitude = u"360300"});
  machine.load_driver(on(
                          IRP_MJ_WRITE,
                          [this](auto, auto, auto) {
                            ++pre;
                            return FLT_PREOP_SYNCHRONIZE;
                          },
                          [this](auto, auto, auto, auto) {
                            ++post;
                            return FLT_POSTOP_FINISHED_PROCESSING;
                          }),
                      {.altitude = u"360200"});
  PFLT_FILTER filter = nullptr;
  PFLT_VOLUME volume = nullptr;
  LambdaDriver lower = deferring();
  lower.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    filter = objects->Filter;
    volume = objects->Volume;
    return STATUS_SUCCESS;
  };
  machine.load_driver(std::move(lower), {.altitude = u"360100"});
  machine.verifier().expect("VER-32");  // a worker may be about to complete what TeardownStart finds
  Process app = machine.start_process(kApp);
  app.exists(u"C:\\");
  std::vector<ThreadHandle> threads;
  for (const char16_t* path : {u"C:\\one.txt", u"C:\\two.txt"}) {
    threads.push_back(app.start_thread("writer", [&, path] {
      for (std::size_t round = 0; round < scaled<std::size_t>(100, 2); ++round) {
        EXPECT_EQ(app.write(path, "new").status, STATUS_SUCCESS);
      }
    }));
  }
  threads.push_back(machine.system_process().start_thread("detacher", [&] {
    for (std::size_t round = 0; round < scaled<std::size_t>(100, 2); ++round) {
      EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
      EXPECT_EQ(FltAttachVolume(filter, volume, nullptr, nullptr), STATUS_SUCCESS);
    }
  }));
  for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
  EXPECT_GE(pre, 4 * scaled<std::size_t>(100, 2));
  EXPECT_EQ(pre, post);
}

INSTANTIATE_TEST_SUITE_P(Loads, PendUnderLoadTest, testing::ValuesIn(kLoads),
                         [](const auto& load) { return load.param.name; });

}  // namespace
}  // namespace fltsim::fltmgr
