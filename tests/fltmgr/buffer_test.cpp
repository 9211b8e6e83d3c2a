// The buffers of an operation, its status below, tag data, and routine addresses (CB-37, CB-38, CB-41, CB-56).
#include <cstring>

#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;

constexpr ULONG kBufferTag = 0x73776170;

class BufferTest : public FilterTest {};

TEST_F(BufferTest, LockedUserBufferHasAnMdlInBothCallbacks) {  // CB-37
  PMDL in_pre = nullptr;
  PMDL in_post = nullptr;
  bool dirty = false;
  std::string seen;
  load(on(
      IRP_MJ_WRITE,
      [&](PFLT_CALLBACK_DATA data, auto, auto) {
        EXPECT_EQ(FltLockUserBuffer(data), STATUS_SUCCESS);
        in_pre = data->Iopb->Parameters.Write.MdlAddress;
        dirty = FltIsCallbackDataDirty(data);
        EXPECT_EQ(FltLockUserBuffer(data), STATUS_SUCCESS);
        const auto* text = static_cast<const char*>(MmGetSystemAddressForMdlSafe(in_pre, NormalPagePriority));
        seen.assign(text, data->Iopb->Parameters.Write.Length);
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [&](PFLT_CALLBACK_DATA data, auto, auto, auto) {
        in_post = data->Iopb->Parameters.Write.MdlAddress;
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_NE(in_pre, nullptr);
  EXPECT_EQ(in_pre, in_post);
  EXPECT_TRUE(dirty);
  EXPECT_EQ(seen, "new");
  EXPECT_EQ(disk.read_file(u"\\plan.txt"), "new");
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(BufferTest, OperationWithoutAnMdlCannotBeLocked) {  // CB-37
  NTSTATUS status = STATUS_SUCCESS;
  load(on(IRP_MJ_QUERY_INFORMATION, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    status = FltLockUserBuffer(data);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  app.query(open(), FileBasicInformation, sizeof(FILE_BASIC_INFORMATION));
  EXPECT_EQ(status, STATUS_INVALID_PARAMETER);
}

TEST_F(BufferTest, DecodedParametersPointIntoTheBlock) {
  bool buffer_is_there = false;
  NTSTATUS of_cleanup = STATUS_SUCCESS;
  LambdaDriver driver = on(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    PMDL* mdl = nullptr;
    PVOID* buffer = nullptr;
    PULONG length = nullptr;
    LOCK_OPERATION access = IoReadAccess;
    EXPECT_EQ(FltDecodeParameters(data, &mdl, &buffer, &length, &access), STATUS_SUCCESS);
    auto& read = data->Iopb->Parameters.Read;
    buffer_is_there = buffer == &read.ReadBuffer && length == &read.Length && mdl == &read.MdlAddress;
    EXPECT_EQ(access, IoWriteAccess);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  });
  driver.operations.push_back({.major = IRP_MJ_CLEANUP,
                               .pre =
                                   [&](PFLT_CALLBACK_DATA data, auto, auto) {
                                     of_cleanup =
                                         FltDecodeParameters(data, nullptr, nullptr, nullptr, nullptr);
                                     return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                   },
                               .post = {}});
  load(std::move(driver));
  app.read(u"C:\\plan.txt");
  EXPECT_TRUE(buffer_is_there);
  EXPECT_EQ(of_cleanup, STATUS_INVALID_PARAMETER);
}

// Swaps the buffer of a read for one of its own, as an encrypting filter does.
LambdaDriver swapping(PFLT_INSTANCE& instance, bool retain, PMDL& swapped, PMDL& told) {
  return on(
      IRP_MJ_READ,
      [&](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS, PVOID* context) {
        auto& read = data->Iopb->Parameters.Read;
        void* mine = FltAllocatePoolAlignedWithTag(instance, NonPagedPool, 65536, kBufferTag);
        swapped = IoAllocateMdl(mine, 65536, FALSE, FALSE, nullptr);
        MmBuildMdlForNonPagedPool(swapped);
        read.ReadBuffer = mine;
        read.MdlAddress = swapped;
        FltSetCallbackDataDirty(data);
        *context = mine;
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [&, retain](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS, PVOID context, auto) {
        told = static_cast<PMDL>(FltGetSwappedBufferMdlAddress(data));
        if (retain) FltRetainSwappedBufferMdlAddress(data);
        std::memcpy(data->Iopb->Parameters.Read.ReadBuffer, context, data->IoStatus.Information);
        FltFreePoolAlignedWithTag(instance, context, kBufferTag);
        return FLT_POSTOP_FINISHED_PROCESSING;
      });
}

TEST_F(BufferTest, SwappedMdlIsFreedByTheFilterManager) {  // CB-38
  PMDL swapped = nullptr;
  PMDL told = nullptr;
  LambdaDriver driver = swapping(instance, false, swapped, told);
  driver.instance_setup = [this](PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS) {
    instance = objects->Instance;
    return STATUS_SUCCESS;
  };
  Driver loaded = load(std::move(driver));
  EXPECT_EQ(app.read(u"C:\\plan.txt").content, "old");
  EXPECT_EQ(told, swapped);
  EXPECT_EQ(loaded.unload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());  // no leak, no double free
}

TEST_F(BufferTest, RetainedMdlStaysTheFilters) {  // CB-38
  PMDL swapped = nullptr;
  PMDL told = nullptr;
  LambdaDriver driver = swapping(instance, true, swapped, told);
  driver.instance_setup = [this](PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS) {
    instance = objects->Instance;
    return STATUS_SUCCESS;
  };
  load(std::move(driver));
  const FileHandle file = open();
  app.read(file, 3, 0);
  kernel([&] { IoFreeMdl(swapped); });
  EXPECT_TRUE(machine.verifier().clean());
}

// --- what became of it below ---

LambdaDriver asking(std::vector<NTSTATUS>& told, NTSTATUS& asked, UCHAR major) {
  return on(major, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    static std::vector<NTSTATUS>* list = nullptr;
    list = &told;
    asked = FltRequestOperationStatusCallback(
        data,
        [](PCFLT_RELATED_OBJECTS objects, PFLT_IO_PARAMETER_BLOCK block, NTSTATUS status, PVOID context) {
          EXPECT_EQ(context, reinterpret_cast<PVOID>(std::uintptr_t{7}));
          EXPECT_EQ(objects->FileObject, block->TargetFileObject);
          list->push_back(status);
        },
        reinterpret_cast<PVOID>(std::uintptr_t{7}));
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  });
}

TEST_F(BufferTest, StatusCallbackIsToldWhatThoseBelowAnswered) {  // CB-56
  std::vector<NTSTATUS> told;
  NTSTATUS asked = STATUS_UNSUCCESSFUL;
  load(asking(told, asked, IRP_MJ_FILE_SYSTEM_CONTROL));
  const FileHandle file = open();
  app.fs_control(file, FSCTL_GET_COMPRESSION, {}, 2);
  app.fs_control(file, FSCTL_REQUEST_BATCH_OPLOCK);
  EXPECT_EQ(asked, STATUS_SUCCESS);
  EXPECT_THAT(told, ElementsAre(STATUS_SUCCESS, STATUS_OPLOCK_NOT_GRANTED));
}

TEST_F(BufferTest, StatusCallbackIsToldThatTheOperationWaits) {  // CB-56
  std::vector<NTSTATUS> told;
  NTSTATUS asked = STATUS_UNSUCCESSFUL;
  load(asking(told, asked, IRP_MJ_DIRECTORY_CONTROL));
  const FileHandle root = app.create({.path = u"C:\\", .access = FILE_LIST_DIRECTORY | SYNCHRONIZE}).handle;
  auto waiting = app.start_notify(root, FILE_NOTIFY_CHANGE_FILE_NAME);
  EXPECT_THAT(told, ElementsAre(STATUS_PENDING));
  app.remove(u"C:\\plan.txt");
  EXPECT_EQ(waiting.take().status, STATUS_SUCCESS);
  EXPECT_THAT(told, ElementsAre(STATUS_PENDING));
}

TEST_F(BufferTest, StatusCallbackForACloseIsRefused) {  // CB-56
  std::vector<NTSTATUS> told;
  NTSTATUS asked = STATUS_SUCCESS;
  load(asking(told, asked, IRP_MJ_CLOSE));
  app.close(open());
  EXPECT_EQ(asked, STATUS_INVALID_PARAMETER);
  EXPECT_TRUE(told.empty());
}

// --- reparse points ---

TEST_F(BufferTest, ReparsePointIsShownAsTagDataInPostCreate) {  // CB-41
  ULONG tag = 0;
  USHORT unparsed = 0;
  load(on(
      IRP_MJ_CREATE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
      [&](PFLT_CALLBACK_DATA data, auto, auto, auto) {
        if (data->IoStatus.Status == STATUS_REPARSE && data->TagData != nullptr) {
          tag = data->TagData->FileTag;
          unparsed = data->TagData->UnparsedNameLength;
        }
        return FLT_POSTOP_FINISHED_PROCESSING;
      }));
  const CreateResult made = app.create({.path = u"C:\\tagged",
                                        .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
                                        .disposition = FILE_CREATE,
                                        .options = FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT});
  std::string point(8, '\0');
  const ULONG nfs = IO_REPARSE_TAG_NFS;
  std::memcpy(point.data(), &nfs, sizeof nfs);
  EXPECT_EQ(app.fs_control(made.handle, FSCTL_SET_REPARSE_POINT, point).status, STATUS_SUCCESS);
  app.close(made.handle);
  EXPECT_EQ(app.read(u"C:\\tagged\\below").status, STATUS_IO_REPARSE_TAG_NOT_HANDLED);
  EXPECT_EQ(tag, IO_REPARSE_TAG_NFS);
  EXPECT_EQ(unparsed, 6 * sizeof(WCHAR));  // "\below"
}

// --- addresses ---

TEST_F(BufferTest, RoutineAddressIsThereForWhatIsSimulatedOnly) {
  load(noting());
  kernel([] {
    EXPECT_EQ(FltGetRoutineAddress("FltGetRoutineAddress"), reinterpret_cast<PVOID>(&FltGetRoutineAddress));
    EXPECT_EQ(FltGetRoutineAddress("FltCheckOplock"), nullptr);
    EXPECT_EQ(FltGetRoutineAddress("ZwClose"), nullptr);
    EXPECT_EQ(FltGetRoutineAddress("FltNoSuchRoutine"), nullptr);
  });
}

}  // namespace
}  // namespace fltsim::fltmgr
