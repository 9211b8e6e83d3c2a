// Generic work items, and the lists of volumes and instances.
#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Seen {
  PFLT_GENERIC_WORKITEM item = nullptr;
  PVOID object = nullptr;
  KIRQL irql = HIGH_LEVEL;
  HANDLE process = nullptr;
};

void note(PFLT_GENERIC_WORKITEM item, PVOID object, PVOID context) {
  *static_cast<Seen*>(context) = {item, object, KeGetCurrentIrql(), PsGetCurrentProcessId()};
  FltFreeGenericWorkItem(item);
}

using WorkTest = FilterTest;

TEST_F(WorkTest, WorkItemRunsAtPassiveLevelInASystemThread) {  // IRQL-2, IRQL-4
  load(noting());
  Seen seen;
  PFLT_GENERIC_WORKITEM item = nullptr;
  kernel([&] {
    item = FltAllocateGenericWorkItem();
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    EXPECT_EQ(FltQueueGenericWorkItem(item, filter, note, DelayedWorkQueue, &seen), STATUS_SUCCESS);
    KeLowerIrql(before);
  });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(seen.item, item);
  EXPECT_EQ(seen.object, filter);
  EXPECT_EQ(seen.irql, PASSIVE_LEVEL);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(seen.process), machine.system_process().id());
}

TEST_F(WorkTest, UnloadWaitsForAQueuedWorkItem) {  // LIFE-21
  static Log log;
  log.clear();
  LambdaDriver lambdas = noting();
  lambdas.unload = [](PFLT_FILTER given, auto) {
    PFLT_GENERIC_WORKITEM item = FltAllocateGenericWorkItem();
    const auto sleep = [](PFLT_GENERIC_WORKITEM self, PVOID, PVOID) {
      LARGE_INTEGER second{};
      second.QuadPart = -10'000'000;
      KeDelayExecutionThread(KernelMode, FALSE, &second);
      log.push_back("work done");
      FltFreeGenericWorkItem(self);
    };
    EXPECT_EQ(FltQueueGenericWorkItem(item, given, sleep, CriticalWorkQueue, nullptr), STATUS_SUCCESS);
    return STATUS_SUCCESS;
  };
  Driver driver = load(std::move(lambdas));
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  log.push_back("unloaded");
  EXPECT_THAT(log, ElementsAre("work done", "unloaded"));
}

TEST_F(WorkTest, QueueingWhileTheFilterGoesIsDeletingObject) {  // LIFE-22
  LambdaDriver lambdas = noting();
  NTSTATUS status = STATUS_SUCCESS;
  lambdas.teardown_start = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    PFLT_GENERIC_WORKITEM item = FltAllocateGenericWorkItem();
    status = FltQueueGenericWorkItem(item, objects->Filter, note, DelayedWorkQueue, nullptr);
    FltFreeGenericWorkItem(item);
  };
  Driver driver = load(std::move(lambdas));
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(status, STATUS_FLT_DELETING_OBJECT);
}

TEST_F(WorkTest, QueueingTwiceStopsTheMachine) {  // VER-20
  static KEVENT never;
  load(noting());
  kernel_that_stops([&] {
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    const auto wait = [](PFLT_GENERIC_WORKITEM, PVOID, PVOID) {
      KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, nullptr);
    };
    PFLT_GENERIC_WORKITEM item = nullptr;
    for (int i = 0; i <= 16; ++i) {  // one more than there are workers
      item = FltAllocateGenericWorkItem();
      EXPECT_EQ(FltQueueGenericWorkItem(item, filter, wait, DelayedWorkQueue, nullptr), STATUS_SUCCESS);
    }
    static_cast<void>(FltQueueGenericWorkItem(item, filter, wait, DelayedWorkQueue, nullptr));
  });
  EXPECT_THAT(finding("VER-20"), HasSubstr("queued already"));
}

TEST_F(WorkTest, EnumerationReferencesWhatItReturns) {
  machine.add_volume(u"D:");
  Driver driver = load(noting());
  app.exists(u"D:\\");
  kernel([&] {
    ULONG count = 0;
    EXPECT_EQ(FltEnumerateVolumes(filter, nullptr, 0, &count), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(count, 2u);
    PFLT_VOLUME volumes[2]{};
    EXPECT_EQ(FltEnumerateVolumes(filter, volumes, 2, &count), STATUS_SUCCESS);
    EXPECT_EQ(volumes[1], volume);
    for (PFLT_VOLUME each : volumes) FltObjectDereference(each);

    EXPECT_EQ(FltEnumerateInstances(nullptr, filter, nullptr, 0, &count), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(count, 2u);
    PFLT_INSTANCE found = nullptr;
    EXPECT_EQ(FltEnumerateInstances(volume, filter, &found, 1, &count), STATUS_SUCCESS);
    EXPECT_EQ(found, instance);
    FltObjectDereference(found);
  });
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);  // hangs with a reference too many
}

}  // namespace
}  // namespace fltsim::fltmgr
