// Cancel-safe queues of callback data, and cancel routines (CB-58, IRQL-6).
#include <atomic>

#include "fltmgr/pending_machine.hpp"
#include "support/scale.hpp"

namespace fltsim::fltmgr {
namespace {

using fltlink::test::scaled;

using testing::ElementsAre;
using testing::HasSubstr;

// A queue as a driver has it: a list and a spin lock.
struct Queue {
  FLT_CALLBACK_DATA_QUEUE head;
  LIST_ENTRY list;
  KSPIN_LOCK lock;
  NTSTATUS insert_answer = STATUS_SUCCESS;
  std::atomic<int> cancelled{0};

  static Queue& of(PFLT_CALLBACK_DATA_QUEUE queue) { return *CONTAINING_RECORD(queue, Queue, head); }

  NTSTATUS initialize(PFLT_INSTANCE instance) {
    InitializeListHead(&list);
    KeInitializeSpinLock(&lock);
    return FltCbdqInitialize(instance, &head, insert, remove, peek, acquire, release, complete_cancelled);
  }

  static NTSTATUS insert(PFLT_CALLBACK_DATA_QUEUE queue, PFLT_CALLBACK_DATA data, PVOID) {
    if (NT_SUCCESS(of(queue).insert_answer)) InsertTailList(&of(queue).list, &data->QueueLinks);
    return of(queue).insert_answer;
  }
  static VOID remove(PFLT_CALLBACK_DATA_QUEUE, PFLT_CALLBACK_DATA data) {
    RemoveEntryList(&data->QueueLinks);
  }
  static PFLT_CALLBACK_DATA peek(PFLT_CALLBACK_DATA_QUEUE queue, PFLT_CALLBACK_DATA data, PVOID) {
    PLIST_ENTRY next = data == nullptr ? of(queue).list.Flink : data->QueueLinks.Flink;
    return next == &of(queue).list ? nullptr : CONTAINING_RECORD(next, FLT_CALLBACK_DATA, QueueLinks);
  }
  static VOID acquire(PFLT_CALLBACK_DATA_QUEUE queue, PKIRQL irql) {
    KeAcquireSpinLock(&of(queue).lock, irql);
  }
  static VOID release(PFLT_CALLBACK_DATA_QUEUE queue, KIRQL irql) {
    KeReleaseSpinLock(&of(queue).lock, irql);
  }
  static VOID complete_cancelled(PFLT_CALLBACK_DATA_QUEUE queue, PFLT_CALLBACK_DATA data) {
    ++of(queue).cancelled;
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    complete(data, STATUS_CANCELLED);
  }
  static void complete(PFLT_CALLBACK_DATA data, NTSTATUS status) {
    data->IoStatus.Status = status;
    FltCompletePendedPreOperation(data, FLT_PREOP_COMPLETE, nullptr);
  }
};

class CancelTest : public PendingTest {
 protected:
  // Queues writes; what cannot be queued goes on.
  LambdaDriver queueing() {
    LambdaDriver driver = noting();
    driver.instance_setup = [this](PCFLT_RELATED_OBJECTS objects, auto) {
      filter = objects->Filter;
      volume = objects->Volume;
      instance = objects->Instance;
      return queue.initialize(objects->Instance);
    };
    driver.operations.push_back({.major = IRP_MJ_WRITE, .pre = [this](PFLT_CALLBACK_DATA data, auto, auto) {
                                   held = data;
                                   inserted = FltCbdqInsertIo(&queue.head, data, context, nullptr);
                                   return NT_SUCCESS(inserted) ? FLT_PREOP_PENDING
                                                               : FLT_PREOP_SUCCESS_NO_CALLBACK;
                                 }});
    return driver;
  }
  PFLT_CALLBACK_DATA take() { return FltCbdqRemoveNextIo(&queue.head, nullptr); }

  Queue queue;
  IO_CSQ_IRP_CONTEXT own_context;
  PIO_CSQ_IRP_CONTEXT context = nullptr;
  NTSTATUS inserted = STATUS_UNSUCCESSFUL;
};

TEST_F(CancelTest, QueuedOperationsComeOutInTheOrderOfTheDriversList) {  // CB-58
  load(queueing());
  ThreadHandle first = start_write();
  const PFLT_CALLBACK_DATA first_data = held;
  ThreadHandle second = start_write(u"C:\\other.txt");
  kernel([&] {
    EXPECT_EQ(take(), first_data);
    Queue::complete(first_data, STATUS_DISK_FULL);
    EXPECT_EQ(take(), held);
    Queue::complete(held, STATUS_DISK_FULL);
    EXPECT_EQ(take(), nullptr);
  });
  EXPECT_EQ(first.join(), Outcome::kDone);
  EXPECT_EQ(second.join(), Outcome::kDone);
  EXPECT_EQ(inserted, STATUS_SUCCESS);
  EXPECT_EQ(written, STATUS_DISK_FULL);
}

TEST_F(CancelTest, OneOperationIsTakenOutByItsContextOnce) {  // CB-58
  context = &own_context;
  load(queueing());
  ThreadHandle writer = start_write();
  kernel([&] {
    EXPECT_EQ(FltCbdqRemoveIo(&queue.head, context), held);
    EXPECT_EQ(FltCbdqRemoveIo(&queue.head, context), nullptr);
    EXPECT_EQ(take(), nullptr);
    Queue::complete(held, STATUS_DISK_FULL);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
}

TEST_F(CancelTest, DisabledQueueTakesNothingUntilItIsEnabled) {  // CB-58
  load(queueing());
  kernel([&] { FltCbdqDisable(&queue.head); });
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_EQ(inserted, STATUS_FLT_CBDQ_DISABLED);
  kernel([&] { FltCbdqEnable(&queue.head); });
  ThreadHandle writer = start_write();
  EXPECT_EQ(inserted, STATUS_SUCCESS);
  kernel([&] { Queue::complete(take(), STATUS_DISK_FULL); });
  EXPECT_EQ(writer.join(), Outcome::kDone);
}

TEST_F(CancelTest, AnswerOfTheInsertCallbackIsTheAnswer) {  // CB-58
  queue.insert_answer = STATUS_INSUFFICIENT_RESOURCES;
  load(queueing());
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_EQ(inserted, STATUS_INSUFFICIENT_RESOURCES);
}

TEST_F(CancelTest, FastIoCannotBeQueued) {  // CB-58, VER-4
  load(queueing());
  const CreateResult file = app.create({.path = u"C:\\plan.txt",
                                        .access = GENERIC_WRITE | SYNCHRONIZE,
                                        .options = FILE_SYNCHRONOUS_IO_NONALERT,
                                        .fast_io = true});
  EXPECT_EQ(app.write(file.handle, "new", 0).status, STATUS_SUCCESS);
  EXPECT_EQ(inserted, STATUS_INVALID_PARAMETER);
  EXPECT_THAT(finding("VER-4"), HasSubstr("FltCbdqInsertIo"));
}

TEST_F(CancelTest, QueueOfASpinLockIsUsedAtDispatchLevel) {  // IRQL-6
  load(queueing());
  ThreadHandle writer = start_write();
  kernel([&] {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    FltCbdqDisable(&queue.head);
    const PFLT_CALLBACK_DATA data = take();
    KeLowerIrql(before);
    Queue::complete(data, STATUS_DISK_FULL);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(CancelTest, TeardownStartDisablesAndDrainsTheQueue) {  // TEAR-4, CB-58
  LambdaDriver driver = queueing();
  driver.teardown_start = [this](auto, auto) {
    FltCbdqDisable(&queue.head);
    while (PFLT_CALLBACK_DATA data = take()) Queue::complete(data, STATUS_CANCELLED);
  };
  load(std::move(driver));
  ThreadHandle writer = start_write();
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(written, STATUS_CANCELLED);
  EXPECT_TRUE(machine.verifier().clean());
}

// --- cancellation ---

TEST_F(CancelTest, TerminatedThreadsOperationIsCancelledInTheQueue) {  // CB-58
  load(queueing());
  ThreadHandle writer = start_write();
  writer.terminate();
  EXPECT_EQ(writer.join(), Outcome::kKilled);
  EXPECT_EQ(queue.cancelled, 1);
  kernel([&] { EXPECT_EQ(take(), nullptr); });
}

TEST_F(CancelTest, OperationThatIsTakenOutIsNotCancelled) {  // CB-58, IRQL-5
  load(queueing());
  ThreadHandle writer = start_write();
  kernel([&] {
    const PFLT_CALLBACK_DATA data = take();
    EXPECT_FALSE(FltIsIoCanceled(data));
  });
  writer.terminate();
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(writer.done());
  kernel([&] {
    EXPECT_TRUE(FltIsIoCanceled(held));
    Queue::complete(held, STATUS_CANCELLED);
  });
  EXPECT_EQ(writer.join(), Outcome::kKilled);
  EXPECT_EQ(queue.cancelled, 0);
}

TEST_F(CancelTest, OperationOfATerminatedThreadIsCancelledAsItIsQueuedAgain) {  // CB-58
  load(queueing());
  ThreadHandle writer = start_write();
  kernel([&] { EXPECT_EQ(take(), held); });
  writer.terminate();
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  kernel([&] { EXPECT_EQ(FltCbdqInsertIo(&queue.head, held, nullptr, nullptr), STATUS_SUCCESS); });
  EXPECT_EQ(writer.join(), Outcome::kKilled);
  EXPECT_EQ(queue.cancelled, 1);
}

// A single cancel routine, for what waits in a worker's hands.
class CancelRoutineTest : public PendingTest {
 protected:
  static void cancelled(PFLT_CALLBACK_DATA data) { Queue::complete(data, STATUS_CANCELLED); }
};

TEST_F(CancelRoutineTest, RoutineRunsWhenTheThreadIsTerminated) {  // CB-58
  load_between(pending());
  ThreadHandle writer = start_write();
  kernel([&] { EXPECT_EQ(FltSetCancelCompletion(held, cancelled), STATUS_SUCCESS); });
  writer.terminate();
  EXPECT_EQ(writer.join(), Outcome::kKilled);
}

TEST_F(CancelRoutineTest, ClearedRoutineDoesNotRun) {  // CB-58, IRQL-5
  load_between(pending());
  ThreadHandle writer = start_write();
  kernel([&] {
    EXPECT_EQ(FltClearCancelCompletion(held), STATUS_CANCELLED);  // none was set
    EXPECT_EQ(FltSetCancelCompletion(held, cancelled), STATUS_SUCCESS);
    EXPECT_EQ(FltClearCancelCompletion(held), STATUS_SUCCESS);
  });
  writer.terminate();
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(writer.done());
  kernel([&] {
    EXPECT_EQ(FltSetCancelCompletion(held, cancelled), STATUS_CANCELLED);  // too late
    cancelled(held);
  });
  EXPECT_EQ(writer.join(), Outcome::kKilled);
}

// --- under load ---

class CancelUnderLoadTest : public testing::TestWithParam<Load> {
 protected:
  Machine machine{GetParam().options()};
};

// Whoever is first, the server or the termination: each operation is completed once.
TEST_P(CancelUnderLoadTest, TerminationMeetsTheServer) {  // CB-58, VER-11
  machine.add_volume(u"C:");
  Queue queue;
  std::atomic<int> queued{0};
  std::atomic<int> served{0};
  LambdaDriver driver = on(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    ++queued;
    EXPECT_EQ(FltCbdqInsertIo(&queue.head, data, nullptr, nullptr), STATUS_SUCCESS);
    return FLT_PREOP_PENDING;
  });
  driver.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    return queue.initialize(objects->Instance);
  };
  machine.load_driver(std::move(driver));
  for (std::size_t round = 0; round < scaled<std::size_t>(50, 2); ++round) {
    Process app = machine.start_process(kApp);
    app.exists(u"C:\\");
    ThreadHandle writer = app.start_thread("writer", [&] { app.write(u"C:\\plan.txt", "new"); });
    ThreadHandle server = machine.system_process().start_thread("server", [&] {
      for (int look = 0; look < 20; ++look) {
        if (PFLT_CALLBACK_DATA data = FltCbdqRemoveNextIo(&queue.head, nullptr)) {
          ++served;
          Queue::complete(data, STATUS_DISK_FULL);
        }
      }
    });
    ThreadHandle killer = machine.system_process().start_thread("killer", [&] { writer.terminate(); });
    EXPECT_EQ(server.join(), Outcome::kDone);
    EXPECT_EQ(killer.join(), Outcome::kDone);
    static_cast<void>(writer.join());
  }
  EXPECT_EQ(queued, served + queue.cancelled);
}

INSTANTIATE_TEST_SUITE_P(Loads, CancelUnderLoadTest, testing::ValuesIn(kLoads),
                         [](const auto& load) { return load.param.name; });

}  // namespace
}  // namespace fltsim::fltmgr
