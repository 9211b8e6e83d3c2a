// Contexts: allocation, set, get, delete, references, and when they go (CTX-1 to CTX-29).
#include <algorithm>
#include <atomic>

#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::HasSubstr;

std::atomic<int> g_cleanups;
std::atomic<KIRQL> g_cleanup_irql;

void count_cleanup(PFLT_CONTEXT, FLT_CONTEXT_TYPE) {
  g_cleanup_irql = KeGetCurrentIrql();
  ++g_cleanups;
}

void clean_up_for_a_second(PFLT_CONTEXT, FLT_CONTEXT_TYPE) {
  LARGE_INTEGER second{.QuadPart = -10'000'000};
  KeDelayExecutionThread(KernelMode, FALSE, &second);
  ++g_cleanups;
}

// Mistakes of a driver that takes its cleanup callback for the owner of a reference.
void release_in_cleanup(PFLT_CONTEXT context, FLT_CONTEXT_TYPE) {
  if (++g_cleanups == 1) FltReleaseContext(context);
}
void reference_in_cleanup(PFLT_CONTEXT context, FLT_CONTEXT_TYPE) {
  ++g_cleanups;
  FltReferenceContext(context);
}

FLT_CONTEXT_REGISTRATION context(FLT_CONTEXT_TYPE type, SIZE_T size = 16,
                                 FLT_CONTEXT_REGISTRATION_FLAGS flags = 0) {
  FLT_CONTEXT_REGISTRATION registration{};
  registration.ContextType = type;
  registration.Flags = flags;
  registration.ContextCleanupCallback = count_cleanup;
  registration.Size = size;
  registration.PoolTag = 0x746E6F43;
  return registration;
}

class ContextTest : public FilterTest {
 protected:
  explicit ContextTest(const Options& options = {}) : FilterTest(options) { g_cleanups = 0; }

  LambdaDriver with_contexts(std::vector<FLT_CONTEXT_REGISTRATION> contexts = {
                                 context(FLT_VOLUME_CONTEXT), context(FLT_INSTANCE_CONTEXT),
                                 context(FLT_STREAM_CONTEXT), context(FLT_STREAMHANDLE_CONTEXT),
                                 context(FLT_FILE_CONTEXT)}) {
    LambdaDriver driver = noting();
    driver.contexts = std::move(contexts);
    return driver;
  }

  PFLT_CONTEXT allocate(FLT_CONTEXT_TYPE type) {
    PFLT_CONTEXT context = nullptr;
    EXPECT_EQ(FltAllocateContext(filter, type, 16, NonPagedPool, &context), STATUS_SUCCESS);
    return context;
  }
  NTSTATUS allocation(FLT_CONTEXT_TYPE type, SIZE_T size, POOL_TYPE pool = NonPagedPool) {
    PFLT_CONTEXT context = nullptr;
    const NTSTATUS status = FltAllocateContext(filter, type, size, pool, &context);
    if (NT_SUCCESS(status)) FltReleaseContext(context);
    return status;
  }
  NTSTATUS set_stream(PFLT_CONTEXT context, PFLT_CONTEXT* old = nullptr,
                      FLT_SET_CONTEXT_OPERATION operation = FLT_SET_CONTEXT_KEEP_IF_EXISTS) {
    return FltSetStreamContext(instance, opened, operation, context, old);
  }
  // The last release of a stream context, with this cleanup callback, does not come back.
  void release_that_stops(PFLT_CONTEXT_CLEANUP_CALLBACK cleanup) {
    FLT_CONTEXT_REGISTRATION registration = context(FLT_STREAM_CONTEXT);
    registration.ContextCleanupCallback = cleanup;
    load(with_contexts({registration}));
    kernel_that_stops([&] { FltReleaseContext(allocate(FLT_STREAM_CONTEXT)); });
  }
  // A stream context that only the stream refers to.
  PFLT_CONTEXT set_new_stream_context() {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    EXPECT_EQ(set_stream(context), STATUS_SUCCESS);
    FltReleaseContext(context);
    return context;
  }
  void set_new_handle_context() {
    PFLT_CONTEXT context = allocate(FLT_STREAMHANDLE_CONTEXT);
    EXPECT_EQ(FltSetStreamHandleContext(instance, opened, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr),
              STATUS_SUCCESS);
    FltReleaseContext(context);
  }
};

// --- allocation ---

TEST_F(ContextTest, AllocationFailsAsDocumented) {  // CTX-3, T-37
  load(with_contexts({context(FLT_STREAM_CONTEXT, 16)}));
  kernel([&] {
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 16), STATUS_SUCCESS);
    EXPECT_EQ(allocation(FLT_INSTANCE_CONTEXT, 16), STATUS_FLT_CONTEXT_ALLOCATION_NOT_FOUND);
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 15), STATUS_FLT_CONTEXT_ALLOCATION_NOT_FOUND);
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 65536), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT | FLT_FILE_CONTEXT, 16), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(allocation(0x80, 16), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(ContextTest, InexactSizeTakesWhatIsSmaller) {  // CTX-4
  load(with_contexts({context(FLT_STREAM_CONTEXT, 16, FLTFL_CONTEXT_REGISTRATION_NO_EXACT_SIZE_MATCH)}));
  kernel([&] {
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 1), STATUS_SUCCESS);
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 17), STATUS_FLT_CONTEXT_ALLOCATION_NOT_FOUND);
  });
}

TEST_F(ContextTest, VariableSizeTakesAnyUpToTheLimit) {  // CTX-3, CTX-4
  load(with_contexts({context(FLT_STREAM_CONTEXT, FLT_VARIABLE_SIZED_CONTEXTS)}));
  kernel([&] {
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 1), STATUS_SUCCESS);
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 0xFFFF), STATUS_SUCCESS);
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 0x10000), STATUS_INVALID_BUFFER_SIZE);
  });
}

TEST_F(ContextTest, VolumeContextFromPagedPoolIsRefusedAndReported) {  // CTX-5, VER-17
  load(with_contexts());
  kernel([&] {
    EXPECT_EQ(allocation(FLT_VOLUME_CONTEXT, 16, PagedPool), STATUS_FLT_MUST_BE_NONPAGED_POOL);
    EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 16, PagedPool), STATUS_SUCCESS);
  });
  EXPECT_THAT(finding("VER-17"), HasSubstr("nonpaged"));
}

TEST_F(ContextTest, NewContextIsNotZeroed) {  // CTX-6
  load(with_contexts());
  kernel([&] {
    auto* bytes = static_cast<UCHAR*>(allocate(FLT_STREAM_CONTEXT));
    EXPECT_TRUE(std::all_of(bytes, bytes + 16, [](UCHAR byte) { return byte != 0; }));
    FltReleaseContext(bytes);
  });
}

TEST_F(ContextTest, ContextThatWasNeverSetIsCleanedUpByTheLastRelease) {  // CTX-6, CTX-18, CTX-19
  load(with_contexts());
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    FltReferenceContext(context);
    FltReleaseContext(context);
    EXPECT_EQ(g_cleanups, 0);
    FltReleaseContext(context);
    EXPECT_EQ(g_cleanups, 1);
  });
}

TEST_F(ContextTest, ReleaseAtDispatchLevelCleansUpInAWorker) {  // CTX-18, IRQL-4
  load(with_contexts());
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    FltReleaseContext(context);
    EXPECT_EQ(g_cleanups, 0);
    KeLowerIrql(before);
  });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(g_cleanups, 1);
  EXPECT_EQ(g_cleanup_irql, PASSIVE_LEVEL);
}

// --- set, get, delete ---

TEST_F(ContextTest, StreamContextLivesUntilTheStreamGoes) {  // CTX-7, CTX-14, CTX-20, CTX-28
  load(with_contexts());
  const FileHandle file = open();
  kernel([&] {
    PFLT_CONTEXT context = set_new_stream_context();
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetStreamContext(instance, opened, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, context);
    FltReleaseContext(got);
  });
  EXPECT_EQ(g_cleanups, 0);
  EXPECT_EQ(app.close(file).status, STATUS_SUCCESS);
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, KeepReturnsThePresentOneWithAReference) {  // CTX-7, CTX-8, T-35
  load(with_contexts());
  const FileHandle file = open();
  kernel([&] {
    PFLT_CONTEXT first = set_new_stream_context();
    PFLT_CONTEXT second = allocate(FLT_STREAM_CONTEXT);
    PFLT_CONTEXT old = nullptr;
    EXPECT_EQ(set_stream(second, &old), STATUS_FLT_CONTEXT_ALREADY_DEFINED);
    EXPECT_EQ(old, first);
    EXPECT_EQ(set_stream(second), STATUS_FLT_CONTEXT_ALREADY_DEFINED);
    FltReleaseContext(second);
    EXPECT_EQ(g_cleanups, 1);
    FltReleaseContext(old);
    EXPECT_EQ(g_cleanups, 1);
  });
  app.close(file);
  EXPECT_EQ(g_cleanups, 2);
}

TEST_F(ContextTest, ReplaceHandsTheObjectsReferenceOver) {  // CTX-9, T-35
  load(with_contexts());
  open();
  kernel([&] {
    PFLT_CONTEXT first = set_new_stream_context();
    PFLT_CONTEXT second = allocate(FLT_STREAM_CONTEXT);
    PFLT_CONTEXT old = nullptr;
    EXPECT_EQ(set_stream(second, &old, FLT_SET_CONTEXT_REPLACE_IF_EXISTS), STATUS_SUCCESS);
    EXPECT_EQ(old, first);
    EXPECT_EQ(g_cleanups, 0);
    FltReleaseContext(old);
    EXPECT_EQ(g_cleanups, 1);
    FltReleaseContext(second);
    EXPECT_EQ(g_cleanups, 1);
  });
}

TEST_F(ContextTest, ReplaceWithoutOldContextCleansUpInTheCall) {  // CTX-9
  load(with_contexts());
  open();
  kernel([&] {
    set_new_stream_context();
    PFLT_CONTEXT second = allocate(FLT_STREAM_CONTEXT);
    EXPECT_EQ(set_stream(second, nullptr, FLT_SET_CONTEXT_REPLACE_IF_EXISTS), STATUS_SUCCESS);
    EXPECT_EQ(g_cleanups, 1);
    FltReleaseContext(second);
  });
}

TEST_F(ContextTest, SetWithNothingThereGivesNoOldContext) {  // CTX-9
  load(with_contexts());
  open();
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    PFLT_CONTEXT old = &context;
    EXPECT_EQ(set_stream(context, &old, FLT_SET_CONTEXT_REPLACE_IF_EXISTS), STATUS_SUCCESS);
    EXPECT_EQ(old, nullptr);
    FltReleaseContext(context);
  });
}

TEST_F(ContextTest, OneContextOnTwoStreamsIsAlreadyLinked) {  // CTX-10, T-36
  disk.write_file(u"\\other.txt", "");
  load(with_contexts());
  open();
  PFILE_OBJECT first = opened;
  open(u"C:\\other.txt");
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    EXPECT_EQ(FltSetStreamContext(instance, first, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(set_stream(context), STATUS_FLT_CONTEXT_ALREADY_LINKED);
    EXPECT_EQ(set_stream(context, nullptr, FLT_SET_CONTEXT_REPLACE_IF_EXISTS),
              STATUS_FLT_CONTEXT_ALREADY_LINKED);
    FltReleaseContext(context);
  });
}

TEST_F(ContextTest, WrongTypeOrOperationIsInvalid) {  // CTX-11, VER-16
  load(with_contexts());
  open();
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAMHANDLE_CONTEXT);
    EXPECT_EQ(set_stream(context), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltSetStreamHandleContext(instance, opened, static_cast<FLT_SET_CONTEXT_OPERATION>(7), context,
                                        nullptr),
              STATUS_INVALID_PARAMETER);
    FltReleaseContext(context);
  });
  EXPECT_THAT(finding("VER-16"), HasSubstr("stream handle context was set as a stream context"));
}

TEST_F(ContextTest, ContextOnAnotherFiltersInstanceIsInvalid) {  // CTX-11, CTX-26, VER-16
  LambdaDriver other;
  PFLT_INSTANCE foreign = nullptr;
  other.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    foreign = objects->Instance;
    return STATUS_SUCCESS;
  };
  machine.load_driver(std::move(other));
  load(with_contexts());
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_INSTANCE_CONTEXT);
    EXPECT_EQ(FltSetInstanceContext(foreign, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr),
              STATUS_INVALID_PARAMETER);
    FltReleaseContext(context);
  });
  EXPECT_THAT(finding("VER-16"), HasSubstr("another filter's instance"));
}

TEST_F(ContextTest, DeletedContextIsGoneForOthersAndStaysForItsHolder) {  // CTX-16
  load(with_contexts());
  open();
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    EXPECT_EQ(set_stream(context), STATUS_SUCCESS);
    FltDeleteContext(context);
    PFLT_CONTEXT got = &got;
    EXPECT_EQ(FltGetStreamContext(instance, opened, &got), STATUS_NOT_FOUND);
    EXPECT_EQ(got, nullptr);
    EXPECT_EQ(g_cleanups, 0);
    FltReleaseContext(context);
    EXPECT_EQ(g_cleanups, 1);
  });
}

TEST_F(ContextTest, DeleteByObjectMovesOrDropsTheReference) {  // CTX-17
  load(with_contexts());
  open();
  kernel([&] {
    EXPECT_EQ(FltDeleteStreamContext(instance, opened, nullptr), STATUS_NOT_FOUND);
    PFLT_CONTEXT context = set_new_stream_context();
    PFLT_CONTEXT old = nullptr;
    EXPECT_EQ(FltDeleteStreamContext(instance, opened, &old), STATUS_SUCCESS);
    EXPECT_EQ(old, context);
    FltReleaseContext(old);
    EXPECT_EQ(g_cleanups, 1);
    set_new_stream_context();
    EXPECT_EQ(FltDeleteStreamContext(instance, opened, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(g_cleanups, 2);
  });
}

TEST_F(ContextTest, SettingADeletedContextAgainIsRefusedAndReported) {  // CTX-13, H-15
  load(with_contexts());
  open();
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    EXPECT_EQ(set_stream(context), STATUS_SUCCESS);
    FltDeleteContext(context);
    EXPECT_EQ(set_stream(context), STATUS_FLT_CONTEXT_ALREADY_LINKED);
    FltReleaseContext(context);
  });
  EXPECT_THAT(finding("VER-16"), HasSubstr("set again"));
}

class ReusedContextTest : public ContextTest {
 protected:
  ReusedContextTest() : ContextTest(options()) {}

  static Options options() {
    Options options;
    options.semantics.context_can_be_set_again = true;
    return options;
  }
};

TEST_F(ReusedContextTest, DeletedContextMayBeSetAgainWhereTheOptionSaysSo) {  // CTX-13, H-15
  load(with_contexts());
  open();
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    EXPECT_EQ(set_stream(context), STATUS_SUCCESS);
    FltDeleteContext(context);
    EXPECT_EQ(set_stream(context), STATUS_SUCCESS);
    FltReleaseContext(context);
    EXPECT_EQ(g_cleanups, 0);
  });
}

// --- keys ---

TEST_F(ContextTest, StreamContextIsSharedByHandlesAndHandleContextIsNot) {  // CTX-21
  load(with_contexts());
  const FileHandle first_handle = open();
  PFILE_OBJECT first = opened;
  open();
  kernel([&] {
    PFLT_CONTEXT stream = set_new_stream_context();
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetStreamContext(instance, first, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, stream);
    FltReleaseContext(got);
    PFLT_CONTEXT of_handle = allocate(FLT_STREAMHANDLE_CONTEXT);
    EXPECT_EQ(FltSetStreamHandleContext(instance, first, FLT_SET_CONTEXT_KEEP_IF_EXISTS, of_handle, nullptr),
              STATUS_SUCCESS);
    FltReleaseContext(of_handle);
    EXPECT_EQ(FltGetStreamHandleContext(instance, opened, &got), STATUS_NOT_FOUND);
  });
  app.close(first_handle);  // CTX-20: with its file object; the stream is open by the other handle
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, TwoInstancesOfOneFilterHaveContextsOfTheirOwn) {  // CTX-21
  load(with_contexts(), {.altitude = u"360000"});
  open();
  const PFLT_INSTANCE first = instance;
  kernel([&] {
    Counted altitude(u"360001");
    PFLT_INSTANCE second = nullptr;
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, nullptr, &second), STATUS_SUCCESS);
    instance = first;
    set_new_stream_context();
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetStreamContext(second, opened, &got), STATUS_NOT_FOUND);
    FltObjectDereference(second);
  });
}

TEST_F(ContextTest, HandleContextIsThereUntilPostCleanup) {  // CTX-29, CTX-20
  LambdaDriver driver = with_contexts();
  std::vector<NTSTATUS> seen;
  const auto look = [&](PCFLT_RELATED_OBJECTS objects) {
    PFLT_CONTEXT got = nullptr;
    seen.push_back(FltGetStreamHandleContext(objects->Instance, objects->FileObject, &got));
    if (got != nullptr) FltReleaseContext(got);
  };
  driver.operations.push_back({.major = IRP_MJ_CLEANUP,
                               .pre =
                                   [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
                                     look(objects);
                                     return FLT_PREOP_SUCCESS_WITH_CALLBACK;
                                   },
                               .post =
                                   [&](auto, PCFLT_RELATED_OBJECTS objects, auto, auto) {
                                     look(objects);
                                     return FLT_POSTOP_FINISHED_PROCESSING;
                                   }});
  driver.operations.push_back({.major = IRP_MJ_CLOSE, .pre = [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
                                 look(objects);
                                 return FLT_PREOP_SUCCESS_NO_CALLBACK;
                               }});
  load(std::move(driver));
  const FileHandle file = open();
  kernel([&] { set_new_handle_context(); });
  seen.clear();
  app.close(file);
  EXPECT_THAT(seen, testing::ElementsAre(STATUS_SUCCESS, STATUS_SUCCESS, STATUS_SUCCESS));
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, InstanceContextGoesAfterTeardownComplete) {  // CTX-20, TEAR-2
  LambdaDriver driver = with_contexts();
  int cleanups_at_complete = -1;
  driver.teardown_complete = [&](auto, auto) { cleanups_at_complete = g_cleanups; };
  load(std::move(driver));
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_INSTANCE_CONTEXT);
    EXPECT_EQ(FltSetInstanceContext(instance, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr),
              STATUS_SUCCESS);
    FltReleaseContext(context);
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetInstanceContext(instance, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, context);
    FltReleaseContext(got);
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
  });
  EXPECT_EQ(cleanups_at_complete, 0);
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, StreamContextGoesWithItsInstance) {  // CTX-20
  load(with_contexts());
  open();
  kernel([&] {
    set_new_stream_context();
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
  });
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, VolumeContextOutlivesTheInstanceAndGoesWithTheFilter) {  // CTX-20, CTX-21
  Driver driver = load(with_contexts());
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_VOLUME_CONTEXT);
    EXPECT_EQ(FltSetVolumeContext(volume, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr), STATUS_SUCCESS);
    FltReleaseContext(context);
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetVolumeContext(filter, volume, &got), STATUS_SUCCESS);
    FltReleaseContext(got);
  });
  EXPECT_EQ(g_cleanups, 0);
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, UnloadWaitsForTheCleanupThatTheEndOfAHandleHasBegun) {  // CTX-20, LIFE-21
  FLT_CONTEXT_REGISTRATION slow = context(FLT_STREAMHANDLE_CONTEXT);
  slow.ContextCleanupCallback = clean_up_for_a_second;
  Driver driver = load(with_contexts({slow}));
  const FileHandle file = open();
  kernel([&] { set_new_handle_context(); });
  ThreadHandle closer =
      app.start_thread("closer", [&] { EXPECT_EQ(app.close(file).status, STATUS_SUCCESS); });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(g_cleanups, 0);
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(g_cleanups, 1);
  EXPECT_EQ(closer.join(), Outcome::kDone);
}

TEST_F(ContextTest, VolumeContextGoesWithTheVolume) {  // CTX-12, CTX-20
  load(with_contexts());
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_VOLUME_CONTEXT);
    EXPECT_EQ(FltSetVolumeContext(volume, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr), STATUS_SUCCESS);
    FltReleaseContext(context);
  });
  EXPECT_EQ(machine.dismount(disk), Outcome::kDone);
  EXPECT_EQ(g_cleanups, 1);
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_VOLUME_CONTEXT);
    EXPECT_EQ(FltSetVolumeContext(volume, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr),
              STATUS_FLT_DELETING_OBJECT);
    FltReleaseContext(context);
  });
}

TEST_F(ContextTest, ContextOfARefusedInstanceIsCleanedUp) {  // ATT-4
  LambdaDriver driver = with_contexts();
  driver.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    PFLT_CONTEXT context = nullptr;
    EXPECT_EQ(FltAllocateContext(objects->Filter, FLT_INSTANCE_CONTEXT, 16, PagedPool, &context),
              STATUS_SUCCESS);
    EXPECT_EQ(FltSetInstanceContext(objects->Instance, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr),
              STATUS_SUCCESS);
    FltReleaseContext(context);
    return STATUS_FLT_DO_NOT_ATTACH;
  };
  load(std::move(driver));
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, SetWhileTheInstanceGoesIsDeletingObject) {  // CTX-12, LIFE-22
  LambdaDriver driver = with_contexts();
  PFLT_CONTEXT context = nullptr;
  NTSTATUS set = STATUS_SUCCESS;
  NTSTATUS allocated = STATUS_SUCCESS;
  driver.teardown_start = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    set = FltSetInstanceContext(objects->Instance, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr);
    FltReleaseContext(context);
    allocated = allocation(FLT_INSTANCE_CONTEXT, 16);
  };
  Driver loaded = load(std::move(driver));
  kernel([&] { context = allocate(FLT_INSTANCE_CONTEXT); });
  EXPECT_EQ(loaded.unload(), STATUS_SUCCESS);
  EXPECT_EQ(set, STATUS_FLT_DELETING_OBJECT);
  EXPECT_EQ(allocated, STATUS_FLT_DELETING_OBJECT);
}

// --- FltGetContexts ---

TEST_F(ContextTest, GetContextsFillsWhatIsThereAndClearsTheRest) {  // CTX-15
  LambdaDriver driver = with_contexts();
  FLT_RELATED_CONTEXTS found{};
  driver.operations.push_back({.major = IRP_MJ_WRITE, .pre = [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
                                 found.VolumeContext = &found;
                                 FltGetContexts(objects, FLT_ALL_CONTEXTS, &found);
                                 return FLT_PREOP_SUCCESS_NO_CALLBACK;
                               }});
  load(std::move(driver));
  open();
  PFLT_CONTEXT stream = nullptr;
  kernel([&] { stream = set_new_stream_context(); });
  app.write(u"C:\\plan.txt", "new");
  EXPECT_EQ(found.StreamContext, stream);
  EXPECT_EQ(found.VolumeContext, nullptr);
  EXPECT_EQ(found.StreamHandleContext, nullptr);
  kernel([&] { FltReleaseContexts(&found); });
  EXPECT_EQ(found.StreamContext, nullptr);
  EXPECT_EQ(g_cleanups, 0);
}

TEST_F(ContextTest, GetContextsInPreCreateFindsNothingAndIsNoMistake) {  // CTX-15
  LambdaDriver driver = with_contexts();
  int asked = 0;
  driver.operations[0].pre = [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
    FLT_RELATED_CONTEXTS found{};
    FltGetContexts(objects, FLT_ALL_CONTEXTS, &found);
    EXPECT_EQ(found.StreamContext, nullptr);
    ++asked;
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  };
  load(std::move(driver));
  app.read(u"C:\\plan.txt");
  EXPECT_GT(asked, 0);
  EXPECT_TRUE(machine.verifier().clean());
}

// --- where they are not ---

TEST_F(ContextTest, PreCreateHasNoStreamOrHandleContexts) {  // CTX-24, CB-40, VER-16
  LambdaDriver driver = with_contexts();
  NTSTATUS set = STATUS_SUCCESS;
  NTSTATUS got = STATUS_SUCCESS;
  driver.operations[0].pre = [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    set = FltSetStreamContext(objects->Instance, objects->FileObject, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context,
                              nullptr);
    FltReleaseContext(context);
    got = FltGetStreamHandleContext(objects->Instance, objects->FileObject, &context);
    EXPECT_EQ(context, nullptr);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  };
  load(std::move(driver));
  EXPECT_EQ(set, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(got, STATUS_NOT_SUPPORTED);
  EXPECT_THAT(finding("VER-16"), HasSubstr("before the file is open"));
}

TEST_F(ContextTest, PostCloseHasNoStreamContext) {  // CTX-24, CB-33, VER-16
  LambdaDriver driver = with_contexts();
  NTSTATUS got = STATUS_SUCCESS;
  driver.operations.push_back({.major = IRP_MJ_CLOSE,
                               .pre = [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
                               .post =
                                   [&](auto, PCFLT_RELATED_OBJECTS objects, auto, auto) {
                                     PFLT_CONTEXT context = nullptr;
                                     got = FltGetStreamContext(objects->Instance, objects->FileObject,
                                                               &context);
                                     return FLT_POSTOP_FINISHED_PROCESSING;
                                   }});
  load(std::move(driver));
  EXPECT_EQ(got, STATUS_NOT_SUPPORTED);  // load() has opened and closed the root
  EXPECT_THAT(finding("VER-16"), HasSubstr("pre-close"));
}

TEST_F(ContextTest, FileContextIsSharedByStreamsAndGoesWithTheLast) {  // CTX-20, CTX-21, CTX-25
  disk.write_file(u"\\plan.txt:more", "stream");
  load(with_contexts());
  const FileHandle first = open();
  PFILE_OBJECT of_first = opened;
  const FileHandle second = open(u"C:\\plan.txt:more");
  PFILE_OBJECT of_second = opened;
  kernel([&] {
    EXPECT_TRUE(FltSupportsFileContexts(of_first));
    EXPECT_TRUE(FltSupportsStreamContexts(of_first));
    EXPECT_TRUE(FltSupportsFileContextsEx(of_second, instance));
    PFLT_CONTEXT context = allocate(FLT_FILE_CONTEXT);
    EXPECT_EQ(FltSetFileContext(instance, of_first, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr),
              STATUS_SUCCESS);
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetFileContext(instance, of_second, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, context);
    FltReleaseContext(got);
    EXPECT_EQ(FltGetStreamContext(instance, of_first, &got), STATUS_NOT_FOUND);
    FltReleaseContext(context);
  });
  app.close(first);
  kernel([&] {
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetFileContext(instance, of_second, &got), STATUS_SUCCESS);
    FltReleaseContext(got);
  });
  app.close(second);
  open();
  kernel([&] {
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetFileContext(instance, opened, &got), STATUS_NOT_FOUND);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(ContextTest, DeletedFileContextIsGone) {  // CTX-17
  load(with_contexts());
  open();
  kernel([&] {
    PFLT_CONTEXT context = allocate(FLT_FILE_CONTEXT);
    FltSetFileContext(instance, opened, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr);
    EXPECT_EQ(FltDeleteFileContext(instance, opened, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(FltDeleteFileContext(instance, opened, nullptr), STATUS_NOT_FOUND);
    FltReleaseContext(context);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(ContextTest, GetAtDispatchLevelIsReported) {  // CTX-23, CB-25, VER-23
  load(with_contexts());
  kernel([&] {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    PFLT_CONTEXT got = nullptr;
    EXPECT_EQ(FltGetInstanceContext(instance, &got), STATUS_NOT_FOUND);
    KeLowerIrql(before);
  });
  EXPECT_THAT(finding("VER-23"), HasSubstr("FltGetInstanceContext"));
}

// --- mistakes with references ---

TEST_F(ContextTest, LeakedReferenceIsReportedWhenTheFilterGoes) {  // CTX-27, VER-16
  Driver driver = load(with_contexts());
  kernel([&] { allocate(FLT_STREAM_CONTEXT); });
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-16"), HasSubstr("1 reference"));
  EXPECT_EQ(g_cleanups, 0);
}

TEST_F(ContextTest, ReleaseOnceTooOftenWhileSetStopsTheMachine) {  // CTX-22, VER-16, BAD-17
  load(with_contexts());
  open();
  kernel_that_stops([&] { FltReleaseContext(set_new_stream_context()); });
  EXPECT_THAT(finding("VER-16"), HasSubstr("0xF5/0x6D"));
}

TEST_F(ContextTest, UseAfterTheLastReleaseStopsTheMachine) {  // CTX-22, CTX-26, VER-16
  load(with_contexts());
  kernel_that_stops([&] {
    PFLT_CONTEXT context = allocate(FLT_STREAM_CONTEXT);
    FltReleaseContext(context);
    FltReferenceContext(context);
  });
  EXPECT_THAT(finding("VER-16"), HasSubstr("0xF5/0x6E"));
}

TEST_F(ContextTest, ReleaseInItsOwnCleanupStopsTheMachine) {  // CTX-22, VER-16
  release_that_stops(release_in_cleanup);
  EXPECT_THAT(finding("VER-16"), HasSubstr("0xF5/0x6E"));
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, ReferenceInItsOwnCleanupStopsTheMachine) {  // CTX-22, VER-16
  release_that_stops(reference_in_cleanup);
  EXPECT_THAT(finding("VER-16"), HasSubstr("0xF5/0x6E"));
  EXPECT_EQ(g_cleanups, 1);
}

TEST_F(ContextTest, AllocationFailsWhenTheTestAsksForIt) {
  load(with_contexts());
  machine.fail_next(routine::kFltAllocateContext);
  kernel([&] { EXPECT_EQ(allocation(FLT_STREAM_CONTEXT, 16), STATUS_INSUFFICIENT_RESOURCES); });
}

}  // namespace
}  // namespace fltsim::fltmgr
