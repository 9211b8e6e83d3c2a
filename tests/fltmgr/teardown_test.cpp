// Detach, dismount and unload while others are at work (ATT-10, TEAR-3 to TEAR-7, LIFE-19, VER-31).
#include <atomic>

#include "fltmgr/filter_test.hpp"
#include "fltmgr/objects.hpp"
#include "machine/system.hpp"
#include "support/scale.hpp"

namespace fltsim::fltmgr {
namespace {

using fltlink::test::scaled;

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

class TeardownTest : public FilterTest {
 protected:
  TeardownTest() {
    kernel([this] {
      KeInitializeEvent(&inside, NotificationEvent, FALSE);
      KeInitializeEvent(&go_on, NotificationEvent, FALSE);
    });
  }

  // A writer stands in the pre callback until go_on.
  LambdaDriver blocking() {
    LambdaDriver driver = noting();
    driver.operations.push_back({.major = IRP_MJ_WRITE, .pre = [this](auto, auto, auto) {
                                   KeSetEvent(&inside, 0, FALSE);
                                   wait(go_on);
                                   log.push_back("pre ends");
                                   return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                 }});
    driver.teardown_start = [this](auto, auto) {
      log.push_back("start");
      KeSetEvent(&go_on, 0, FALSE);
    };
    driver.teardown_complete = [this](auto, auto) { log.push_back("complete"); };
    return driver;
  }
  static void wait(KEVENT& event) { KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr); }

  KEVENT inside;
  KEVENT go_on;
  Log log;
};

TEST_F(TeardownTest, DetachWaitsForTheCallbackThatRuns) {  // TEAR-3, TEAR-6
  load(blocking());
  ThreadHandle writer = app.start_thread("writer", [&] { app.write(u"C:\\plan.txt", "new"); });
  kernel([&] {
    wait(inside);
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
    log.push_back("detached");
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("start", "pre ends", "complete", "detached"));
}

TEST_F(TeardownTest, SecondDetachIsDeletingObject) {  // ATT-10
  LambdaDriver driver = noting();
  NTSTATUS second = STATUS_SUCCESS;
  driver.teardown_start = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    second = FltDetachVolume(objects->Filter, objects->Volume, nullptr);
  };
  load(std::move(driver));
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  EXPECT_EQ(second, STATUS_FLT_DELETING_OBJECT);
}

TEST_F(TeardownTest, DetachWithoutANameTakesTheHighest) {  // ATT-10
  LambdaDriver driver = noting();
  static PFLT_INSTANCE gone;  // the end of the machine writes it too
  driver.teardown_start = [](PCFLT_RELATED_OBJECTS objects, auto) { gone = objects->Instance; };
  load(std::move(driver), {.altitude = u"360000"});
  kernel([&] {
    Counted altitude(u"360001");
    PFLT_INSTANCE higher = nullptr;
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, nullptr, &higher), STATUS_SUCCESS);
    FltObjectDereference(higher);
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(gone, higher);
  });
}

TEST_F(TeardownTest, ReferenceOnAnInstanceDelaysTheEndAndNotTeardownComplete) {  // TEAR-7
  load(blocking());
  kernel([&] { EXPECT_EQ(FltObjectReference(instance), STATUS_SUCCESS); });
  ThreadHandle detacher = machine.system_process().start_thread("detacher", [&] {
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
    log.push_back("detached");
  });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("start", "complete"));
  kernel([&] {
    EXPECT_EQ(FltObjectReference(instance), STATUS_FLT_DELETING_OBJECT);  // LIFE-22
    FltObjectDereference(instance);
  });
  EXPECT_EQ(detacher.join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("start", "complete", "detached"));
}

TEST_F(TeardownTest, UnloadWaitsForADetachInAnotherThread) {  // LIFE-21, VER-30
  LambdaDriver lambdas = noting();
  lambdas.teardown_start = [&](auto, auto) {
    KeSetEvent(&inside, 0, FALSE);
    wait(go_on);
  };
  lambdas.teardown_complete = [&](auto, auto) { log.push_back("complete"); };
  Driver driver = load(std::move(lambdas));
  ThreadHandle detacher = machine.system_process().start_thread(
      "detacher", [&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  kernel([&] { wait(inside); });
  ThreadHandle later = machine.system_process().start_thread("later", [&] {
    LARGE_INTEGER second{};
    second.QuadPart = -10'000'000;
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    KeSetEvent(&go_on, 0, FALSE);
  });
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  log.push_back("unloaded");
  EXPECT_THAT(log, ElementsAre("complete", "unloaded"));
  EXPECT_EQ(detacher.join(), Outcome::kDone);
}

TEST_F(TeardownTest, SecondUnloadWhileOneRunsIsDeletingObject) {  // LIFE-19
  LambdaDriver lambdas = noting();
  NTSTATUS second = STATUS_SUCCESS;
  lambdas.unload = [&](PFLT_FILTER, auto) {
    Counted name(u"sample");
    second = FltUnloadFilter(&name);
    return STATUS_SUCCESS;
  };
  Driver driver = load(std::move(lambdas), {.name = u"sample"});
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(second, STATUS_FLT_DELETING_OBJECT);
}

TEST_F(TeardownTest, UnloadThatUnregistersAndThenRefusesIsReported) {  // VER-31
  LambdaDriver lambdas = noting();
  lambdas.unload = [](PFLT_FILTER given, auto) {
    FltUnregisterFilter(given);
    return STATUS_FLT_DO_NOT_DETACH;
  };
  Driver driver = load(std::move(lambdas));
  static_cast<void>(driver.unload());
  EXPECT_THAT(finding("VER-31"), HasSubstr("then refused"));
  machine.verifier().expect("VER-30");
}

TEST_F(TeardownTest, DismountTellsTheReason) {  // TEAR-1
  LambdaDriver driver = noting();
  driver.query_teardown = [this](auto) {
    log.push_back("query");
    return STATUS_SUCCESS;
  };
  driver.teardown_start = [this](auto, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
    log.push_back("start " + std::to_string(reason));
  };
  driver.teardown_complete = [this](auto, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
    log.push_back("complete " + std::to_string(reason));
  };
  load(std::move(driver));
  EXPECT_EQ(machine.dismount(disk), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("start 8", "complete 8"));
  kernel([&] {
    EXPECT_EQ(FltAttachVolume(filter, volume, nullptr, nullptr), STATUS_FLT_DELETING_OBJECT);  // ATT-6
  });
}

TEST_F(TeardownTest, DismountDuringASetupUndoesTheAttach) {  // ATT-6, CTX-12
  LambdaDriver driver = noting();
  driver.instance_setup = [this](PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS flags) {
    volume = objects->Volume;
    if ((flags & FLTFL_INSTANCE_SETUP_MANUAL_ATTACHMENT) == 0) return STATUS_SUCCESS;
    KeSetEvent(&inside, 0, FALSE);
    wait(go_on);
    return STATUS_SUCCESS;
  };
  driver.teardown_complete = [this](auto, auto) { log.push_back("complete"); };
  load(std::move(driver), {.altitude = u"360000"});
  ThreadHandle attacher = machine.system_process().start_thread("attacher", [&] {
    Counted altitude(u"360001");
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, nullptr, nullptr),
              STATUS_FLT_DELETING_OBJECT);
  });
  kernel([&] { wait(inside); });
  EXPECT_EQ(machine.dismount(disk), Outcome::kDone);
  kernel([&] { KeSetEvent(&go_on, 0, FALSE); });
  EXPECT_EQ(attacher.join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("complete", "complete"));
}

TEST_F(TeardownTest, NamesAreRefusedWhileDraining) {  // CB-29, TEAR-5
  NTSTATUS name_status = STATUS_SUCCESS;
  LambdaDriver upper = noting();
  upper.operations.push_back({.major = IRP_MJ_WRITE,
                              .pre = [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
                              .post =
                                  [&](PFLT_CALLBACK_DATA data, auto, auto, FLT_POST_OPERATION_FLAGS flags) {
                                    EXPECT_EQ(flags, FLTFL_POST_OPERATION_DRAINING);
                                    EXPECT_NE(data->Flags & FLTFL_CALLBACK_DATA_DRAINING_IO, 0u);
                                    PFLT_FILE_NAME_INFORMATION name = nullptr;
                                    name_status = FltGetFileNameInformation(
                                        data, FLT_FILE_NAME_OPENED | FLT_FILE_NAME_QUERY_DEFAULT, &name);
                                    return FLT_POSTOP_FINISHED_PROCESSING;
                                  }});
  machine.load_driver(std::move(upper), {.altitude = u"360200"});
  machine.load_driver(on(IRP_MJ_WRITE,
                         [&](auto, auto, auto) {
                           KeSetEvent(&inside, 0, FALSE);
                           wait(go_on);
                           return FLT_PREOP_SUCCESS_NO_CALLBACK;
                         }),
                      {.altitude = u"360100"});
  ThreadHandle writer = app.start_thread("writer", [&] { app.write(u"C:\\plan.txt", "new"); });
  kernel([&] {
    wait(inside);
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
    KeSetEvent(&go_on, 0, FALSE);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_EQ(name_status, STATUS_FLT_INVALID_NAME_REQUEST);
}

TEST_F(TeardownTest, InstancesStartAndCompleteOneAfterAnother) {  // TEAR-8, LIFE-21
  machine.add_volume(u"D:");
  LambdaDriver lambdas = noting();
  lambdas.teardown_start = [this](PCFLT_RELATED_OBJECTS objects, auto) {
    log.push_back(objects->Instance == instance ? "start D" : "start C");
  };
  lambdas.teardown_complete = [this](PCFLT_RELATED_OBJECTS objects, auto) {
    log.push_back(objects->Instance == instance ? "complete D" : "complete C");
  };
  Driver driver = load(std::move(lambdas));
  app.exists(u"D:\\");
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("start C", "start D", "complete C", "complete D"));
}

TEST_F(TeardownTest, FileLeftOpenAtTeardownCompleteIsReported) {  // TEAR-6, VER-32
  HANDLE handle = nullptr;
  load(noting());
  kernel([&] {
    Counted name(u"\\Device\\HarddiskVolume1\\plan.txt");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    IO_STATUS_BLOCK block;
    EXPECT_EQ(FltCreateFileEx(filter, instance, &handle, nullptr, FILE_READ_ATTRIBUTES, &attributes, &block,
                              nullptr, 0, FILE_SHARE_READ, FILE_OPEN, 0, nullptr, 0, 0),
              STATUS_SUCCESS);
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
    FltClose(handle);
  });
  EXPECT_THAT(finding("VER-32"), HasSubstr("1 file(s)"));
}

TEST_F(TeardownTest, TeardownCompleteWaitsForRequestsOfTheFilter) {  // CB-55, TEAR-6
  LambdaDriver upper = noting();
  upper.teardown_complete = [this](auto, auto) { log.push_back("complete"); };
  machine.load_driver(std::move(upper), {.altitude = u"360200"});
  load(on(IRP_MJ_CREATE,
          [this](PFLT_CALLBACK_DATA data, auto, auto) {
            if ((data->Flags & FLTFL_CALLBACK_DATA_GENERATED_IO) == 0) return FLT_PREOP_SUCCESS_NO_CALLBACK;
            KeSetEvent(&inside, 0, FALSE);
            wait(go_on);
            log.push_back("opened");
            return FLT_PREOP_SUCCESS_NO_CALLBACK;
          }),
       {.altitude = u"360100"});
  ThreadHandle opener = machine.system_process().start_thread("opener", [this] {
    Counted name(u"\\Device\\HarddiskVolume1\\plan.txt");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE handle = nullptr;
    IO_STATUS_BLOCK block;
    EXPECT_EQ(FltCreateFileEx(filter, instance, &handle, nullptr, FILE_READ_ATTRIBUTES, &attributes, &block,
                              nullptr, 0, FILE_SHARE_READ, FILE_OPEN, 0, nullptr, 0, 0),
              STATUS_SUCCESS);
    FltClose(handle);
  });
  kernel([this] { wait(inside); });
  ThreadHandle detacher = machine.system_process().start_thread(
      "detacher", [this] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_TRUE(log.empty());
  machine.verifier().expect("VER-32");  // the file may be closed before TeardownComplete, or after
  kernel([this] { KeSetEvent(&go_on, 0, FALSE); });
  EXPECT_EQ(opener.join(), Outcome::kDone);
  EXPECT_EQ(detacher.join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("opened", "complete"));
}

// --- under load ---

class TeardownUnderLoadTest : public testing::TestWithParam<Load> {
 protected:
  Machine machine{GetParam().options()};
};

// Every pre that asked for a post gets exactly one, drained or not, whatever is attached and detached
// meanwhile.
TEST_P(TeardownUnderLoadTest, EveryPostIsCalledOnce) {  // TEAR-3, TEAR-5, W1 to W5
  machine.add_volume(u"C:");
  std::atomic<std::uint64_t> pre{0};
  std::atomic<std::uint64_t> post{0};
  PFLT_FILTER filter = nullptr;
  PFLT_VOLUME volume = nullptr;
  LambdaDriver driver = on(
      IRP_MJ_WRITE,
      [&](auto, auto, auto) {
        ++pre;
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [&](auto, auto, auto, auto) {
        ++post;
        return FLT_POSTOP_FINISHED_PROCESSING;
      });
  driver.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS flags) {
    if ((flags & FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT) == 0) return STATUS_SUCCESS;
    filter = objects->Filter;
    volume = objects->Volume;
    return STATUS_SUCCESS;
  };
  machine.load_driver(std::move(driver), {.altitude = u"360000"});
  Process app = machine.start_process(kApp);
  app.exists(u"C:\\");
  ASSERT_NE(filter, nullptr);

  std::vector<ThreadHandle> threads;
  for (const char16_t* path : {u"C:\\one.txt", u"C:\\two.txt"}) {
    threads.push_back(app.start_thread("writer", [&, path] {
      for (std::size_t round = 0; round < scaled<std::size_t>(200, 2); ++round) {
        EXPECT_EQ(app.write(path, "new").status, STATUS_SUCCESS);
      }
    }));
  }
  for (const char16_t* text : {u"360001", u"360002"}) {
    threads.push_back(machine.system_process().start_thread("attacher", [&, text] {
      Counted altitude{text};
      Counted name{text};
      for (std::size_t round = 0; round < scaled<std::size_t>(200, 2); ++round) {
        EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, &name, nullptr), STATUS_SUCCESS);
        EXPECT_EQ(FltDetachVolume(filter, volume, &name), STATUS_SUCCESS);
      }
    }));
  }
  for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
  EXPECT_GE(pre, 2 * scaled<std::size_t>(200, 2));
  EXPECT_EQ(pre, post);
}

// An unload that meets attaches in flight leaves nothing attached.
TEST_P(TeardownUnderLoadTest, UnloadMeetsAttach) {  // LIFE-21, LIFE-22, VER-30
  machine.add_volume(u"C:");
  std::atomic<int> attached{0};
  PFLT_FILTER filter = nullptr;
  PFLT_VOLUME volume = nullptr;
  LambdaDriver driver;
  driver.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    filter = objects->Filter;
    volume = objects->Volume;
    ++attached;
    return STATUS_SUCCESS;
  };
  driver.teardown_complete = [&](auto, auto) { --attached; };
  Driver loaded = machine.load_driver(std::move(driver));
  Process app = machine.start_process(kApp);
  app.exists(u"C:\\");
  for (std::size_t round = 0; round < scaled<std::size_t>(50, 2); ++round) {
    const PFLT_FILTER mine = filter;
    // Whoever hands the filter to a thread keeps it from going for that thread: a reference that is taken there
    // may come after the end (LIFE-23).
    ASSERT_EQ(machine.system_process().run([&] { EXPECT_EQ(FltObjectReference(mine), STATUS_SUCCESS); }),
              Outcome::kDone);
    ThreadHandle attacher = machine.system_process().start_thread("attacher", [&, mine] {
      Counted altitude(u"360001");
      EXPECT_THAT(FltAttachVolumeAtAltitude(mine, volume, &altitude, nullptr, nullptr),
                  AnyOf(STATUS_SUCCESS, STATUS_FLT_DELETING_OBJECT));
      FltObjectDereference(mine);
    });
    EXPECT_EQ(loaded.unload(), STATUS_SUCCESS);
    EXPECT_EQ(attacher.join(), Outcome::kDone);
    EXPECT_EQ(attached, 0);
    EXPECT_EQ(loaded.reload(), STATUS_SUCCESS);
  }
  EXPECT_EQ(loaded.unload(), STATUS_SUCCESS);
}

std::atomic<int> g_load_contexts;
void load_context_gone(PFLT_CONTEXT, FLT_CONTEXT_TYPE) { --g_load_contexts; }

FLT_CONTEXT_REGISTRATION load_context(FLT_CONTEXT_TYPE type) {
  FLT_CONTEXT_REGISTRATION registration{};
  registration.ContextType = type;
  registration.ContextCleanupCallback = load_context_gone;
  registration.Size = 16;
  registration.PoolTag = 0x746E6F43;
  return registration;
}

// A filter that keeps a context for each instance and each open comes and goes while files are opened and written.
TEST_P(TeardownUnderLoadTest, EveryContextGoesOnceWhenTheFilterDoes) {  // CTX-20, TEAR-2, LIFE-21, W2 to W7
  machine.add_volume(u"C:");
  g_load_contexts = 0;
  std::atomic<std::uint64_t> pre{0};
  std::atomic<std::uint64_t> post{0};
  const auto allocate = [](PCFLT_RELATED_OBJECTS objects, FLT_CONTEXT_TYPE type) {
    PFLT_CONTEXT context = nullptr;
    if (NT_SUCCESS(FltAllocateContext(objects->Filter, type, 16, NonPagedPool, &context))) ++g_load_contexts;
    return context;
  };
  LambdaDriver driver = on(
      IRP_MJ_CREATE,
      [&](auto, auto, auto) {
        ++pre;
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [&, allocate](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto,
                    FLT_POST_OPERATION_FLAGS flags) {
        ++post;
        if (flags != 0 || data->IoStatus.Status != STATUS_SUCCESS) return FLT_POSTOP_FINISHED_PROCESSING;
        if (PFLT_CONTEXT context = allocate(objects, FLT_STREAMHANDLE_CONTEXT)) {
          static_cast<void>(FltSetStreamHandleContext(objects->Instance, objects->FileObject,
                                                      FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr));
          FltReleaseContext(context);
        }
        return FLT_POSTOP_FINISHED_PROCESSING;
      });
  driver.operations.push_back(
      {.major = IRP_MJ_WRITE, .pre = [](auto, PCFLT_RELATED_OBJECTS objects, auto) {
         PFLT_CONTEXT context = nullptr;
         if (NT_SUCCESS(FltGetStreamHandleContext(objects->Instance, objects->FileObject, &context)))
           FltReleaseContext(context);
         return FLT_PREOP_SUCCESS_NO_CALLBACK;
       }});
  driver.contexts = {load_context(FLT_INSTANCE_CONTEXT), load_context(FLT_STREAMHANDLE_CONTEXT)};
  driver.instance_setup = [allocate](PCFLT_RELATED_OBJECTS objects, auto) {
    if (PFLT_CONTEXT context = allocate(objects, FLT_INSTANCE_CONTEXT)) {
      EXPECT_EQ(FltSetInstanceContext(objects->Instance, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr),
                STATUS_SUCCESS);
      FltReleaseContext(context);
    }
    return STATUS_SUCCESS;
  };
  Driver loaded = machine.load_driver(std::move(driver));
  Process app = machine.start_process(kApp);
  app.exists(u"C:\\");
  std::atomic<bool> over{false};
  std::vector<ThreadHandle> threads;
  for (const char16_t* path : {u"C:\\one.txt", u"C:\\two.txt"}) {
    threads.push_back(app.start_thread("writer", [&, path] {
      while (!over) EXPECT_EQ(app.write(path, "new").status, STATUS_SUCCESS);
    }));
  }
  for (std::size_t round = 0; round < scaled<std::size_t>(30, 2); ++round) {
    EXPECT_EQ(loaded.unload(), STATUS_SUCCESS);
    EXPECT_EQ(g_load_contexts, 0);
    EXPECT_EQ(pre, post);
    EXPECT_EQ(loaded.reload(), STATUS_SUCCESS);
  }
  over = true;
  for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
}

// Whoever is first on a new volume, nobody's create gets past a filter that is there.
TEST_P(TeardownUnderLoadTest, FirstCreatesWaitUntilTheFiltersAreAttached) {  // ATT-1
  std::atomic<std::size_t> seen{0};
  LambdaDriver driver = on(IRP_MJ_CREATE, [&](auto, auto, auto) {
    ++seen;
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  });
  machine.load_driver(std::move(driver));
  Process app = machine.start_process(kApp);
  for (std::size_t round = 0; round < scaled<std::size_t>(20, 2); ++round) {
    Volume& disk = machine.add_volume(u"C:");
    seen = 0;
    std::vector<ThreadHandle> threads;
    for (int number = 0; number < 4; ++number) {
      threads.push_back(app.start_thread("first", [&] { app.exists(u"C:\\"); }));
    }
    for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
    EXPECT_EQ(seen, threads.size());
    EXPECT_EQ(machine.dismount(disk), Outcome::kDone);
  }
}

INSTANTIATE_TEST_SUITE_P(Loads, TeardownUnderLoadTest, testing::ValuesIn(kLoads),
                         [](const auto& load) { return load.param.name; });

}  // namespace
}  // namespace fltsim::fltmgr
