// Pended pre-operations: who completes them, with what, and where the rest of the operation runs (CB-17 to
// CB-24).
#include "fltmgr/manager.hpp"
#include "fltmgr/pending_machine.hpp"
#include "machine/system.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

using PendTest = PendingTest;

TEST_F(PendTest, PendedOperationHoldsItsCallerUntilItIsCompleted) {  // CB-17, CB-23
  load_all(pending());
  ThreadHandle writer = start_write();
  EXPECT_THAT(log, ElementsAre("a.pre", "b.pre"));
  complete(FLT_PREOP_SUCCESS_WITH_CALLBACK);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("a.pre", "b.pre", "c.pre", "c.post", "b.post", "a.post", "written"));
}

TEST_F(PendTest, WorkerMayCompleteBeforeThePreCallbackHasReturned) {  // CB-17, T-30
  LambdaDriver between = pending();
  between.operations.back().pre = [this](PFLT_CALLBACK_DATA data, auto, auto) {
    log.push_back("b.pre");
    held = data;
    machine.system_process().start_thread("worker", [this] {
      FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_WITH_CALLBACK, nullptr);
      log.push_back("completed");
      KeSetEvent(&go_on, 0, FALSE);
    });
    wait(go_on);
    log.push_back("b.pre ends");
    return FLT_PREOP_PENDING;
  };
  load_all(std::move(between));
  EXPECT_EQ(start_write().join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("a.pre", "b.pre", "c.pre", "c.post", "b.post", "a.post", "completed",
                               "b.pre ends", "written"));
}

TEST_F(PendTest, PreCallbackMayCompleteItsOwnOperation) {  // CB-17
  LambdaDriver between = pending();
  between.operations.back().pre = [](PFLT_CALLBACK_DATA data, auto, auto) {
    FltCompletePendedPreOperation(data, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
    return FLT_PREOP_PENDING;
  };
  load_all(std::move(between));
  EXPECT_EQ(start_write().join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("a.pre", "c.pre", "c.post", "a.post", "written"));
}

TEST_F(PendTest, RestRunsInTheThreadThatCompletes) {  // CB-9, CB-22
  load_between(pending());
  HANDLE below = nullptr;
  load_below(on(IRP_MJ_WRITE, [&](auto, auto, auto) {
    below = PsGetCurrentThreadId();
    EXPECT_LE(KeGetCurrentIrql(), APC_LEVEL);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  ThreadHandle writer = start_write();
  kernel([&] {
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
    EXPECT_EQ(below, PsGetCurrentThreadId());
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
}

TEST_F(PendTest, CompletedWithAStatusTheOperationEndsThere) {  // CB-14, CB-20
  load_all(pending());
  ThreadHandle writer = start_write();
  held->IoStatus.Status = STATUS_ACCESS_DENIED;
  complete(FLT_PREOP_COMPLETE);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_ACCESS_DENIED);
  EXPECT_THAT(log, ElementsAre("a.pre", "b.pre", "a.post", "written"));
  EXPECT_NE(disk.read_file(u"\\plan.txt"), "new");
}

TEST_F(PendTest, ContextOfTheCompletionReachesThePost) {  // CB-20
  load_all(pending());
  ThreadHandle writer = start_write();
  complete(FLT_PREOP_SUCCESS_WITH_CALLBACK, &go_on);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(seen_context, &go_on);
}

TEST_F(PendTest, ContextThatNobodyHandsBackIsReported) {  // CB-20, VER-3
  load_all(pending());
  ThreadHandle writer = start_write();
  complete(FLT_PREOP_SUCCESS_NO_CALLBACK, &go_on);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_THAT(finding("VER-3"), HasSubstr("CompletionContext"));
}

TEST_F(PendTest, ContextSetBeforePendingIsReported) {  // CB-17, VER-3
  LambdaDriver between = pending();
  between.operations.back().pre = [this](PFLT_CALLBACK_DATA data, auto, PVOID* context) {
    held = data;
    *context = &go_on;
    return FLT_PREOP_PENDING;
  };
  load_between(std::move(between));
  ThreadHandle writer = start_write();
  complete(FLT_PREOP_SUCCESS_WITH_CALLBACK);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(seen_context, nullptr);
  EXPECT_THAT(finding("VER-3"), HasSubstr("FltCompletePendedPreOperation"));
}

TEST_F(PendTest, StatusThatCompletesNothingFailsTheOperationAndIsReported) {  // CB-20, VER-1
  load_all(pending());
  for (const auto status :
       {FLT_PREOP_PENDING, FLT_PREOP_DISALLOW_FASTIO, static_cast<FLT_PREOP_CALLBACK_STATUS>(77)}) {
    ThreadHandle writer = start_write();
    complete(status);
    EXPECT_EQ(writer.join(), Outcome::kDone);
    EXPECT_EQ(written, STATUS_FLT_INTERNAL_ERROR);
  }
  EXPECT_THAT(finding("VER-1"), HasSubstr("FltCompletePendedPreOperation"));
  EXPECT_EQ(machine.verifier().count("VER-1"), 3u);
}

TEST_F(PendTest, SynchronizeIsReportedAndTakenAsWithCallback) {  // CB-20, H-14, VER-8
  load_all(pending());
  ThreadHandle writer = start_write();
  complete(FLT_PREOP_SYNCHRONIZE);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_SUCCESS);
  EXPECT_THAT(log, Contains("b.post"));
  EXPECT_THAT(finding("VER-8"), HasSubstr("FLT_PREOP_SYNCHRONIZE"));
}

TEST_F(PendTest, MarkedChangeMadeWhilePendedIsSeenBelow) {  // CB-34
  load_between(pending());
  ULONG below = 0;
  load_below(on(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    below = data->Iopb->Parameters.Write.Length;
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  ThreadHandle writer = start_write();
  kernel([&] {
    held->Iopb->Parameters.Write.Length = 2;
    FltSetCallbackDataDirty(held);
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(below, 2u);
}

TEST_F(PendTest, NameMayBeAskedForWhilePended) {  // CB-17, NAME-5
  load_pending_creates();
  ThreadHandle opener = app.start_thread("opener", [this] { app.exists(u"C:\\plan.txt"); });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  kernel([&] {
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    EXPECT_EQ(FltGetFileNameInformation(held, FLT_FILE_NAME_OPENED | FLT_FILE_NAME_QUERY_DEFAULT, &name),
              STATUS_SUCCESS);
    FltReleaseFileNameInformation(name);
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
  });
}

TEST_F(PendTest, TwoFiltersMayPendOneAfterTheOther) {  // CB-17
  load_above(recording(log, "a", IRP_MJ_WRITE));
  load_between(pending());
  PFLT_CALLBACK_DATA held_below = nullptr;
  load_below(on(
      IRP_MJ_WRITE,
      [&](PFLT_CALLBACK_DATA data, auto, auto) {
        log.push_back("c.pre");
        held_below = data;
        return FLT_PREOP_PENDING;
      },
      [&](auto, auto, auto, auto) {
        log.push_back("c.post");
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  ThreadHandle writer = start_write();
  complete(FLT_PREOP_SUCCESS_WITH_CALLBACK);
  EXPECT_THAT(log, ElementsAre("a.pre", "b.pre", "c.pre"));
  kernel([&] { FltCompletePendedPreOperation(held_below, FLT_PREOP_SUCCESS_WITH_CALLBACK, nullptr); });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("a.pre", "b.pre", "c.pre", "c.post", "b.post", "a.post", "written"));
}

// --- mistakes ---

TEST_F(PendTest, CompletingTwiceStopsTheMachine) {  // CB-21, VER-11
  load_between(pending());
  ThreadHandle writer = start_write();
  kernel_that_stops([&] {
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
  });
  EXPECT_THAT(finding("VER-11"), HasSubstr("completed before"));
}

TEST_F(PendTest, CompletingWhatWasNotPendedStopsTheMachine) {  // CB-21, VER-11
  load_between(on(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, auto, auto) {
    FltCompletePendedPostOperation(data);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  static_cast<void>(app.write(u"C:\\plan.txt", "new"));
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("VER-11"), HasSubstr("does not hold"));
}

TEST_F(PendTest, AnswerThatComesOnTopOfACompletionStopsTheMachine) {  // CB-21, VER-11
  load_between(on(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, auto, auto) {
    FltCompletePendedPreOperation(data, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  static_cast<void>(app.write(u"C:\\plan.txt", "new"));
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("VER-11"), HasSubstr("twice"));
}

TEST_F(PendTest, AnotherFiltersOperationCannotBeCompleted) {  // VER-11
  load_between(pending());
  load_above(on(IRP_MJ_FLUSH_BUFFERS, [this](auto, auto, auto) {
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  const CreateResult other = app.create(
      {.path = u"C:\\other.txt", .access = GENERIC_WRITE | SYNCHRONIZE, .disposition = FILE_OPEN_IF});
  ThreadHandle writer = start_write();
  static_cast<void>(app.flush(other.handle));
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("VER-11"), HasSubstr("does not hold"));
}

TEST_F(PendTest, OperationThatIsNeverCompletedIsNamed) {  // VER-11, VER-32, SIM-2
  load_between(pending());
  static_cast<void>(app.write(u"C:\\plan.txt", "new"));
  EXPECT_THAT(finding("SIM-2"), HasSubstr("write \\plan.txt, held by"));
  EXPECT_THAT(finding("VER-11"), HasSubstr("never completed"));
  machine.verifier().expect("VER-32");  // the end of the machine unloads the filter
  machine.verifier().expect("VER-20");  // and stays in FltUnregisterFilter
}

TEST_F(PendTest, PendingWhatIsNoIrpIsReported) {  // CB-17, VER-4
  LambdaDriver between = pending();
  between.operations.back().pre = [](PFLT_CALLBACK_DATA data, auto, auto) {
    if (!FLT_IS_FASTIO_OPERATION(data)) return FLT_PREOP_SUCCESS_NO_CALLBACK;
    FltCompletePendedPreOperation(data, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
    return FLT_PREOP_PENDING;
  };
  load_between(std::move(between));
  const CreateResult file = app.create({.path = u"C:\\plan.txt",
                                        .access = GENERIC_WRITE | SYNCHRONIZE,
                                        .options = FILE_SYNCHRONOUS_IO_NONALERT,
                                        .fast_io = true});
  EXPECT_EQ(app.write(file.handle, "new", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-4"), HasSubstr("FLT_PREOP_PENDING"));
}

TEST_F(PendTest, CompletingAtDispatchLevelIsForStatusesOnly) {  // CB-20, IRQL-4, VER-23
  load_between(pending());
  ThreadHandle writer = start_write();
  kernel([&] {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr);
    KeLowerIrql(before);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_THAT(finding("VER-23"), HasSubstr("FltCompletePendedPreOperation"));
}

// --- teardown ---

TEST_F(PendTest, TeardownStartThatCompletesWhatIsPendedIsClean) {  // TEAR-4, TEAR-5, TEAR-6
  LambdaDriver between = pending();
  between.teardown_start = [this](auto, auto) {
    FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_WITH_CALLBACK, nullptr);
    log.push_back("start");
  };
  between.teardown_complete = [this](auto, auto) { log.push_back("complete"); };
  load_between(std::move(between));
  ThreadHandle writer = start_write();
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_SUCCESS);
  EXPECT_THAT(log, Contains("complete"));
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(PendTest, TeardownWaitsForWhatTeardownStartLeftPended) {  // TEAR-4, TEAR-5, TEAR-6, VER-32
  LambdaDriver between = pending();
  between.teardown_complete = [this](auto, auto) { log.push_back("complete"); };
  load_between(std::move(between));
  ThreadHandle writer = start_write();
  ThreadHandle detacher = machine.system_process().start_thread(
      "detacher", [&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("b.pre"));
  EXPECT_THAT(finding("VER-32"), HasSubstr("TEAR-4"));
  complete(FLT_PREOP_COMPLETE);
  machine.verifier().expect("VER-7");  // without a status
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(detacher.join(), Outcome::kDone);
  EXPECT_THAT(log, Contains("complete"));
}

// --- threads and levels ---

TEST_F(PendTest, PostOfACreateRunsInTheOriginatingThreadAtPassiveLevel) {  // CB-24
  HANDLE originator = nullptr;
  std::vector<HANDLE> posts;
  const auto note = [&](auto, auto, auto, auto) {
    posts.push_back(PsGetCurrentThreadId());
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    return FLT_POSTOP_FINISHED_PROCESSING;
  };
  const auto with_post = [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; };
  load_above(on(IRP_MJ_CREATE, with_post, note));
  load_pending_creates();
  load_below(on(IRP_MJ_CREATE, with_post, note));
  posts.clear();
  ThreadHandle opener = app.start_thread("opener", [&] {
    originator = PsGetCurrentThreadId();
    app.exists(u"C:\\plan.txt");
  });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  complete(FLT_PREOP_SUCCESS_WITH_CALLBACK);
  EXPECT_EQ(opener.join(), Outcome::kDone);
  EXPECT_THAT(posts, ElementsAre(originator, originator));
}

TEST_F(PendTest, SynchronizedPostRunsInTheThreadOfItsPre) {  // CB-13, CB-24
  const auto synchronized = [this](const char* name, std::vector<HANDLE>& threads) {
    return on(
        IRP_MJ_WRITE,
        [&threads](auto, auto, auto) {
          threads.push_back(PsGetCurrentThreadId());
          return FLT_PREOP_SYNCHRONIZE;
        },
        [this, name, &threads](auto, auto, auto, auto) {
          log.push_back(name);
          threads.push_back(PsGetCurrentThreadId());
          return FLT_POSTOP_FINISHED_PROCESSING;
        });
  };
  std::vector<HANDLE> above;
  std::vector<HANDLE> below;
  PFLT_CALLBACK_DATA held_below = nullptr;
  load_above(synchronized("above", above));
  load_between(pending());
  machine.load_driver(synchronized("below", below), {.altitude = u"360150"});
  load_below(on(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    held_below = data;
    return FLT_PREOP_PENDING;
  }));
  ThreadHandle writer = start_write();
  ThreadHandle completer = machine.system_process().start_thread(
      "completer", [&] { FltCompletePendedPreOperation(held, FLT_PREOP_SUCCESS_WITH_CALLBACK, nullptr); });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(completer.done());  // its own post is still to come
  kernel([&] { FltCompletePendedPreOperation(held_below, FLT_PREOP_SUCCESS_NO_CALLBACK, nullptr); });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(completer.join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("b.pre", "below", "b.post", "above", "written"));
  EXPECT_EQ(above[0], above[1]);
  EXPECT_EQ(below[0], below[1]);
  EXPECT_NE(above[0], below[0]);
}

TEST_F(PendTest, CompletionWaitsForNoThreadButTheOneThatAsked) {  // CB-22, W1
  load_between(pending());
  ThreadHandle writer = start_write();
  ThreadHandle busy = app.start_thread("busy", [this] {
    nt::Thread& thread = nt::current_thread();
    WalkSlot& slot = thread.system.fltmgr().slot_of(thread);
    slot.lock();
    wait(go_on);
    slot.unlock();
  });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  complete(FLT_PREOP_SUCCESS_NO_CALLBACK);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_SUCCESS);
  kernel([this] { KeSetEvent(&go_on, 0, FALSE); });
  EXPECT_EQ(busy.join(), Outcome::kDone);
}

TEST_F(PendTest, CompletionOfWhatIsNoOperationStopsTheMachine) {  // CB-21, VER-11
  kernel_that_stops([] {
    FltCompletePendedPreOperation(reinterpret_cast<PFLT_CALLBACK_DATA>(0x1234), FLT_PREOP_SUCCESS_NO_CALLBACK,
                                  nullptr);
  });
  EXPECT_THAT(finding("VER-11"), HasSubstr("does not hold"));
}

TEST_F(PendTest, PostRunsAtTheLevelAtWhichTheOperationWasCompleted) {  // CB-24, CB-25, VER-23
  KIRQL level = PASSIVE_LEVEL;
  load_above(on(
      IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
      [&](auto, PCFLT_RELATED_OBJECTS objects, auto, auto) {
        level = KeGetCurrentIrql();
        PFLT_CONTEXT context = nullptr;
        static_cast<void>(FltGetStreamContext(objects->Instance, objects->FileObject, &context));
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  load_between(pending());
  ThreadHandle writer = start_write();
  kernel([&] {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    held->IoStatus.Status = STATUS_DISK_FULL;
    FltCompletePendedPreOperation(held, FLT_PREOP_COMPLETE, nullptr);
    KeLowerIrql(before);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(level, DISPATCH_LEVEL);
  EXPECT_THAT(finding("VER-23"), HasSubstr("FltGetStreamContext"));
}

// Opens a file in a thread that ends.
HANDLE ending_thread = nullptr;
NTSTATUS opened_at_end = STATUS_UNSUCCESSFUL;
VOID open_at_end(HANDLE, HANDLE thread, BOOLEAN begins) {
  if (begins || thread != ending_thread) return;
  UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\??\\C:\\log.txt");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  IO_STATUS_BLOCK status{};
  HANDLE file = nullptr;
  opened_at_end =
      ZwCreateFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &status, nullptr, FILE_ATTRIBUTE_NORMAL, 0,
                   FILE_OPEN_IF, FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0);
  if (NT_SUCCESS(opened_at_end)) ZwClose(file);
}

TEST_F(PendTest, OperationIsFoundThatWasPendedWhileAnEndingThreadsNotifyRoutineDidIo) {  // CB-17, W1
  LambdaDriver notified = on(IRP_MJ_CREATE, [this](auto, auto, auto) {
    if (PsGetCurrentThreadId() == ending_thread) wait(go_on);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  });
  notified.registered = [](PFLT_FILTER) { return PsSetCreateThreadNotifyRoutine(open_at_end); };
  notified.unload = [](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS) {
    return PsRemoveCreateThreadNotifyRoutine(open_at_end);
  };
  load_below(std::move(notified));
  load_between(pending());
  ThreadHandle ending = app.start_thread("ending", [this] {
    EXPECT_TRUE(app.exists(u"C:\\plan.txt"));
    ending_thread = PsGetCurrentThreadId();
  });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(ending.done());
  ThreadHandle writer = start_write();
  kernel([this] { KeSetEvent(&go_on, 0, FALSE); });
  EXPECT_EQ(ending.join(), Outcome::kDone);
  EXPECT_EQ(opened_at_end, STATUS_SUCCESS);
  complete(FLT_PREOP_SUCCESS_NO_CALLBACK);
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_SUCCESS);
}

}  // namespace
}  // namespace fltsim::fltmgr
