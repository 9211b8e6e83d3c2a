// What callbacks may do with their operation, beyond the order of the walk (CB-2, CB-5, CB-9 to CB-14, CB-24,
// CB-36 to CB-39, CB-57, VER-6 to VER-14, VER-34, VER-35).
#include <cstring>

#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr FLT_CALLBACK_DATA_FLAGS kKinds = FLTFL_CALLBACK_DATA_IRP_OPERATION |
                                           FLTFL_CALLBACK_DATA_FAST_IO_OPERATION |
                                           FLTFL_CALLBACK_DATA_FS_FILTER_OPERATION;
constexpr ULONG kTag = 0x74736554;

class CallbackChecksTest : public FilterTest {
 protected:
  FileHandle open_for_writing(std::uint32_t options = FILE_SYNCHRONOUS_IO_NONALERT, bool fast_io = false) {
    const CreateResult result = app.create({.path = u"C:\\plan.txt",
                                            .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
                                            .options = options,
                                            .fast_io = fast_io});
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    return result.handle;
  }
  void load_two(LambdaDriver above, LambdaDriver below) {
    machine.load_driver(std::move(above), {.altitude = u"360200"});
    load(std::move(below), {.altitude = u"360100"});
  }
  void write_once() { EXPECT_EQ(app.write(u"C:\\plan.txt", "four").status, STATUS_SUCCESS); }
  static FLT_PREOP_CALLBACK_STATUS with_post(PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS, PVOID*) {
    return FLT_PREOP_SUCCESS_WITH_CALLBACK;
  }

  Log log;
};

// --- what callback data holds ---

TEST_F(CallbackChecksTest, FlagsSayWhatKindOfOperationItIs) {  // CB-2
  std::vector<FLT_CALLBACK_DATA_FLAGS> flags;
  LambdaDriver driver = noting();
  for (UCHAR major : std::initializer_list<UCHAR>{IRP_MJ_WRITE, IRP_MJ_QUERY_INFORMATION,
                                                  IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION}) {
    driver.operations.push_back({.major = major, .pre = [&](PFLT_CALLBACK_DATA data, auto, auto) {
                                   flags.push_back(data->Flags);
                                   return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                 }});
  }
  load(std::move(driver));
  app.write(open_for_writing(), "x", 0);
  app.write(open_for_writing(FILE_SYNCHRONOUS_IO_NONALERT, true), "x", 0);
  app.query(open_for_writing(), FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION));
  app.unmap(app.map(open_for_writing()).view);
  EXPECT_THAT(flags, ElementsAre(FLTFL_CALLBACK_DATA_IRP_OPERATION, FLTFL_CALLBACK_DATA_FAST_IO_OPERATION,
                                 FLTFL_CALLBACK_DATA_IRP_OPERATION | FLTFL_CALLBACK_DATA_SYSTEM_BUFFER,
                                 FLTFL_CALLBACK_DATA_FS_FILTER_OPERATION));
}

TEST_F(CallbackChecksTest, PostKnowsThatItIsOne) {  // CB-2
  FLT_CALLBACK_DATA_FLAGS flags = 0;
  load(on(IRP_MJ_WRITE, with_post, [&](PFLT_CALLBACK_DATA data, auto, auto, auto) {
    flags = data->Flags;
    return FLT_POSTOP_FINISHED_PROCESSING;
  }));
  write_once();
  EXPECT_EQ(flags, FLTFL_CALLBACK_DATA_IRP_OPERATION | FLTFL_CALLBACK_DATA_POST_OPERATION);
  EXPECT_EQ(flags & kKinds, FLTFL_CALLBACK_DATA_IRP_OPERATION);
}

TEST_F(CallbackChecksTest, OperationsWithoutParametersHaveNone) {  // CB-5
  std::size_t seen = 0;
  LambdaDriver driver = noting();
  for (UCHAR major : std::initializer_list<UCHAR>{IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_FLUSH_BUFFERS,
                                                  IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION}) {
    driver.operations.push_back({.major = major, .pre = [&](PFLT_CALLBACK_DATA data, auto, auto) {
                                   ++seen;
                                   const FLT_PARAMETERS none{};
                                   EXPECT_EQ(std::memcmp(&data->Iopb->Parameters, &none, sizeof none), 0);
                                   return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                 }});
  }
  load(std::move(driver));
  seen = 0;
  const FileHandle file = open_for_writing();
  app.flush(file);
  app.unmap(app.map(file).view);
  app.close(file);
  EXPECT_EQ(seen, 4u);
}

TEST_F(CallbackChecksTest, CallbacksRunInTheOriginatingThreadAtPassiveLevel) {  // CB-9, CB-24, H-20
  std::vector<HANDLE> threads;
  const auto note = [&](PFLT_CALLBACK_DATA data) {
    threads.push_back(PsGetCurrentThreadId());
    EXPECT_EQ(data->Thread, PsGetCurrentThread());
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  };
  load(on(
      IRP_MJ_WRITE,
      [&](PFLT_CALLBACK_DATA data, auto, auto) {
        note(data);
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [&](PFLT_CALLBACK_DATA data, auto, auto, auto) {
        note(data);
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  for (bool fast : {false, true}) {
    threads.clear();
    const FileHandle file = open_for_writing(FILE_SYNCHRONOUS_IO_NONALERT, fast);
    EXPECT_EQ(app.write(file, "x", 0).status, STATUS_SUCCESS);
    ASSERT_EQ(threads.size(), 2u);
    EXPECT_EQ(threads[0], threads[1]);
  }
}

TEST_F(CallbackChecksTest, TargetInstanceIsTheInstanceThatIsCalled) {  // CB-36
  PFLT_INSTANCE target = nullptr;
  LambdaDriver driver = noting();
  driver.operations.push_back({.major = IRP_MJ_WRITE, .pre = [&](PFLT_CALLBACK_DATA data, auto, auto) {
                                 target = data->Iopb->TargetInstance;
                                 return FLT_PREOP_SUCCESS_NO_CALLBACK;
                               }});
  load(std::move(driver));
  write_once();
  EXPECT_EQ(target, instance);
  EXPECT_TRUE(machine.verifier().clean());
}

// --- what must not be changed ---

TEST_F(CallbackChecksTest, ChangedMajorFunctionIsReportedAndIgnored) {  // CB-36, VER-9
  load(on(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, auto, auto) {
    data->Iopb->MajorFunction = IRP_MJ_READ;
    FltSetCallbackDataDirty(data);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  write_once();
  EXPECT_EQ(disk.read_file(u"\\plan.txt"), "four");
  EXPECT_THAT(finding("VER-9"), HasSubstr("MajorFunction"));
}

TEST_F(CallbackChecksTest, ChangedDataIsReportedAndPutBack) {  // CB-2, CB-10, VER-9
  load_two(on(IRP_MJ_WRITE,
              [](PFLT_CALLBACK_DATA data, auto, auto) {
                const_cast<PETHREAD&>(data->Thread) = nullptr;
                data->RequestorMode = KernelMode;
                data->Flags |= FLTFL_CALLBACK_DATA_REISSUED_IO;
                return FLT_PREOP_SUCCESS_NO_CALLBACK;
              }),
           on(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, auto, auto) {
             EXPECT_EQ(data->Thread, PsGetCurrentThread());
             EXPECT_EQ(data->RequestorMode, UserMode);
             EXPECT_EQ(data->Flags, FLTFL_CALLBACK_DATA_IRP_OPERATION);
             return FLT_PREOP_SUCCESS_NO_CALLBACK;
           }));
  write_once();
  EXPECT_THAT(finding("VER-9"), HasSubstr("RequestorMode"));
}

TEST_F(CallbackChecksTest, TargetOnTheSameVolumeIsReportedAndIgnored) {  // CB-36, VER-9
  PFLT_INSTANCE below = nullptr;
  load_two(on(IRP_MJ_WRITE,
              [](PFLT_CALLBACK_DATA data, auto, auto) {
                data->Iopb->TargetInstance = nullptr;
                FltSetCallbackDataDirty(data);
                return FLT_PREOP_SUCCESS_NO_CALLBACK;
              }),
           on(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, auto, auto) {
             below = data->Iopb->TargetInstance;
             return FLT_PREOP_SUCCESS_NO_CALLBACK;
           }));
  write_once();
  EXPECT_NE(below, nullptr);
  EXPECT_THAT(finding("VER-9"), HasSubstr("TargetInstance"));
}

TEST_F(CallbackChecksTest, RedirectionToAnotherVolumeStopsTheMachineByName) {  // CB-36, SIM-1
  machine.add_volume(u"D:");
  std::vector<PFLT_INSTANCE> instances;
  LambdaDriver driver = noting();
  driver.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    instances.push_back(objects->Instance);
    return STATUS_SUCCESS;
  };
  driver.operations.push_back({.major = IRP_MJ_WRITE, .pre = [&](PFLT_CALLBACK_DATA data, auto, auto) {
                                 data->Iopb->TargetInstance = instances.back();
                                 FltSetCallbackDataDirty(data);
                                 return FLT_PREOP_SUCCESS_NO_CALLBACK;
                               }});
  load(std::move(driver));
  app.exists(u"D:\\");
  static_cast<void>(app.write(u"C:\\plan.txt", "new"));
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("SIM-1"), HasSubstr("TargetInstance"));
}

TEST_F(CallbackChecksTest, FileOfAnotherVolumeIsReportedAndIgnored) {  // CB-36, VER-9
  machine.add_volume(u"D:").write_file(u"\\other.txt", "old");
  LambdaDriver driver = noting();
  driver.operations.push_back({.major = IRP_MJ_WRITE, .pre = [&](PFLT_CALLBACK_DATA data, auto, auto) {
                                 data->Iopb->TargetFileObject = opened;
                                 FltSetCallbackDataDirty(data);
                                 return FLT_PREOP_SUCCESS_NO_CALLBACK;
                               }});
  load(std::move(driver));
  const FileHandle file = open_for_writing();
  open(u"D:\\other.txt");  // notes its file object in `opened`
  EXPECT_EQ(app.write(file, "new", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-9"), HasSubstr("TargetFileObject"));
}

TEST_F(CallbackChecksTest, FileOfTheSameVolumeIsWhatThoseBelowSee) {  // CB-36
  PFILE_OBJECT below = nullptr;
  LambdaDriver upper = noting();
  upper.operations.push_back({.major = IRP_MJ_WRITE, .pre = [&](PFLT_CALLBACK_DATA data, auto, auto) {
                                data->Iopb->TargetFileObject = opened;
                                FltSetCallbackDataDirty(data);
                                return FLT_PREOP_SUCCESS_NO_CALLBACK;
                              }});
  load_two(std::move(upper), on(IRP_MJ_WRITE, [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
             below = objects->FileObject;
             return FLT_PREOP_SUCCESS_NO_CALLBACK;
           }));
  disk.write_file(u"\\other.txt", "old");
  const FileHandle file = open_for_writing();
  const CreateResult other =
      app.create({.path = u"C:\\other.txt", .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE});
  EXPECT_EQ(other.status, STATUS_SUCCESS);
  EXPECT_EQ(app.write(file, "new", 0).status, STATUS_SUCCESS);
  EXPECT_EQ(below, opened);
  EXPECT_EQ(disk.read_file(u"\\other.txt"), "new");
}

TEST_F(CallbackChecksTest, DirtyInAPostChangesNothing) {  // CB-39
  std::vector<ULONG> lengths;
  const auto note = [&](PFLT_CALLBACK_DATA data, auto, auto, auto) {
    lengths.push_back(data->Iopb->Parameters.Write.Length);
    EXPECT_FALSE(FltIsCallbackDataDirty(data));
    data->Iopb->Parameters.Write.Length = 1;
    FltSetCallbackDataDirty(data);
    return FLT_POSTOP_FINISHED_PROCESSING;
  };
  load_two(on(IRP_MJ_WRITE, with_post, note), on(IRP_MJ_WRITE, with_post, note));
  write_once();
  EXPECT_THAT(lengths, ElementsAre(4, 4));
  EXPECT_EQ(disk.read_file(u"\\plan.txt"), "four");
}

TEST_F(CallbackChecksTest, SwappedBufferOfNonCachedIoMustHoldWholeSectors) {  // CB-38, VER-35
  disk.write_file(u"\\page.bin", std::string(4096, 'x'));
  SIZE_T size = 16;
  load(on(
      IRP_MJ_READ,
      [&](PFLT_CALLBACK_DATA data, auto, PVOID* context) {
        *context = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, kTag);
        data->Iopb->Parameters.Read.ReadBuffer = *context;
        data->Iopb->Parameters.Read.Length = 16;
        FltSetCallbackDataDirty(data);
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [](auto, auto, PVOID context, auto) {
        ExFreePoolWithTag(context, kTag);
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  const auto read = [&] {
    const CreateResult file = app.create(
        {.path = u"C:\\page.bin", .options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_NO_INTERMEDIATE_BUFFERING});
    static_cast<void>(app.read(file.handle, 4096, 0));
  };
  size = 4096;
  read();
  EXPECT_EQ(machine.verifier().count("VER-35"), 0u);
  size = 16;
  read();
  EXPECT_THAT(finding("VER-35"), HasSubstr("512 bytes"));
}

// --- answers in the wrong place ---

TEST_F(CallbackChecksTest, DisallowFsFilterIoOutsideAQueryOpenIsReported) {  // CB-18, VER-6
  load_two(
      on(IRP_MJ_FLUSH_BUFFERS, [](auto, auto, auto) { return FLT_PREOP_DISALLOW_FSFILTER_IO; }),
      on(IRP_MJ_WRITE, with_post, [](auto, auto, auto, auto) { return FLT_POSTOP_DISALLOW_FSFILTER_IO; }));
  const FileHandle file = open_for_writing();
  EXPECT_EQ(app.flush(file).status, STATUS_FLT_INTERNAL_ERROR);
  EXPECT_EQ(app.write(file, "new", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-6"), HasSubstr("query open"));
  EXPECT_EQ(machine.verifier().count("VER-6"), 2u);
}

TEST_F(CallbackChecksTest, CleanupAndCloseCannotFail) {  // CB-14, CB-47, H-16, VER-7
  for (UCHAR major : {IRP_MJ_CLEANUP, IRP_MJ_CLOSE}) {
    Driver driver = load(recording(log, "a", major, FLT_PREOP_COMPLETE, STATUS_ACCESS_DENIED));
    app.close(open_for_writing());
    EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  }
  EXPECT_THAT(finding("VER-7"), HasSubstr("cannot fail"));
}

TEST_F(CallbackChecksTest, SynchronizeForAnAsynchronousWriteIsReported) {  // CB-13, VER-8
  load(on(
      IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_SYNCHRONIZE; },
      [](auto, auto, auto, auto) { return FLT_POSTOP_FINISHED_PROCESSING; }));
  EXPECT_EQ(app.write(open_for_writing(), "x", 0).status, STATUS_SUCCESS);
  EXPECT_EQ(machine.verifier().count("VER-8"), 0u);
  EXPECT_EQ(app.write(open_for_writing(0), "x", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-8"), HasSubstr("asynchronous"));
}

TEST_F(CallbackChecksTest, LockKeptAcrossTheOperationIsReported) {  // VER-34
  static FAST_MUTEX mutex;
  kernel([] { ExInitializeFastMutex(&mutex); });
  load(on(
      IRP_MJ_WRITE,
      [](auto, auto, auto) {
        ExAcquireFastMutexUnsafe(&mutex);
        return FLT_PREOP_SYNCHRONIZE;
      },
      [](auto, auto, auto, auto) {
        ExReleaseFastMutexUnsafe(&mutex);
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  write_once();
  EXPECT_THAT(finding("VER-34"), HasSubstr("fast mutex held"));
}

TEST_F(CallbackChecksTest, RaisedIrqlLeftBehindStopsTheMachine) {  // VER-42
  load(on(IRP_MJ_WRITE, [](auto, auto, auto) {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(APC_LEVEL, &before);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  static_cast<void>(app.write(u"C:\\plan.txt", "new"));
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("VER-42"), HasSubstr("IRQL"));
}

// --- completion contexts ---

LambdaDriver allocating(LambdaDriver::Post post) {
  return on(
      IRP_MJ_WRITE,
      [](auto, auto, PVOID* context) {
        *context = ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, kTag);
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      std::move(post));
}

TEST_F(CallbackChecksTest, ContextThatThePostForgetsIsReportedAtTheUnload) {  // VER-13, VER-40, BAD-21
  Driver driver = load(allocating([](auto, auto, auto, auto) { return FLT_POSTOP_FINISHED_PROCESSING; }));
  write_once();
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-13"), AllOf(HasSubstr("1 completion context"), HasSubstr("'Test'")));
  EXPECT_FALSE(finding("VER-40").empty());
}

TEST_F(CallbackChecksTest, ContextFreedTwiceStopsTheMachine) {  // VER-13, VER-41
  load(allocating([](auto, auto, PVOID context, auto) {
    ExFreePoolWithTag(context, kTag);
    ExFreePoolWithTag(context, kTag);
    return FLT_POSTOP_FINISHED_PROCESSING;
  }));
  static_cast<void>(app.write(u"C:\\plan.txt", "new"));
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("VER-41"), HasSubstr("freed already"));
}

// --- what may be asked about an operation ---

TEST_F(CallbackChecksTest, WhichOperationsAreSynchronous) {  // CB-57, IRQL-5
  std::vector<BOOLEAN> synchronous;
  LambdaDriver driver = noting();
  for (UCHAR major : {IRP_MJ_WRITE, IRP_MJ_QUERY_INFORMATION}) {
    driver.operations.push_back({.major = major, .pre = [&](PFLT_CALLBACK_DATA data, auto, auto) {
                                   KIRQL before = PASSIVE_LEVEL;
                                   KeRaiseIrql(DISPATCH_LEVEL, &before);
                                   synchronous.push_back(FltIsOperationSynchronous(data));
                                   KeLowerIrql(before);
                                   return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                 }});
  }
  load(std::move(driver));
  const FileHandle asynchronous = open_for_writing(0);
  app.write(open_for_writing(), "x", 0);
  app.write(open_for_writing(FILE_SYNCHRONOUS_IO_NONALERT, true), "x", 0);
  app.write(asynchronous, "x", 0);
  app.query(asynchronous, FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION));
  EXPECT_THAT(synchronous, ElementsAre(TRUE, TRUE, FALSE, TRUE));
}

TEST_F(CallbackChecksTest, OnlyAnOpenFileIsKnownToBeADirectory) {  // CB-57
  std::vector<NTSTATUS> statuses;
  BOOLEAN is_directory = FALSE;
  const auto ask = [&](PCFLT_RELATED_OBJECTS objects) {
    statuses.push_back(FltIsDirectory(objects->FileObject, objects->Instance, &is_directory));
  };
  load(on(
      IRP_MJ_CREATE,
      [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
        ask(objects);
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [&](auto, PCFLT_RELATED_OBJECTS objects, auto, auto) {
        ask(objects);
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  EXPECT_THAT(statuses, ElementsAre(STATUS_INVALID_PARAMETER, STATUS_SUCCESS));  // load() opened the root
  EXPECT_TRUE(is_directory);
  app.exists(u"C:\\plan.txt");
  EXPECT_FALSE(is_directory);
}

}  // namespace
}  // namespace fltsim::fltmgr
