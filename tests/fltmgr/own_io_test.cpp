// What a filter asks of files for itself, by routine and by callback data of its own (CB-46, CB-50, CB-53), and what
// filters and instances tell of themselves.
#include <ntdddisk.h>

#include <cstring>

#include "fltmgr/filter_test.hpp"
#include "fltmgr/recording_driver.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;

constexpr ULONG kEcpTag = 0x65637074;

class OwnIoTest : public FilterTest {
 protected:
  OwnIoTest() { load(noting(), {.altitude = u"360500"}); }
  // The file object of an open handle.
  PFILE_OBJECT object_of(FileHandle handle) {
    EXPECT_NE(handle, FileHandle::kNone);
    return opened;
  }
};

TEST_F(OwnIoTest, ListingOfAFilterIsSeenBelowItOnly) {  // CB-50
  Log log;
  load(recording(log, "low", IRP_MJ_DIRECTORY_CONTROL), {.altitude = u"360100"});
  load(recording(log, "high", IRP_MJ_DIRECTORY_CONTROL), {.altitude = u"360900"});
  const FileHandle root = app.create({.path = u"C:\\", .access = FILE_LIST_DIRECTORY | SYNCHRONIZE}).handle;
  PFILE_OBJECT directory = object_of(root);
  kernel([&] {
    alignas(8) char buffer[512];
    ULONG length = 0;
    Counted pattern(u"plan*");
    EXPECT_EQ(FltQueryDirectoryFile(instance, directory, buffer, sizeof buffer, FileNamesInformation, FALSE,
                                    &pattern, TRUE, &length),
              STATUS_SUCCESS);
    EXPECT_EQ(reinterpret_cast<FILE_NAMES_INFORMATION*>(buffer)->FileNameLength, 16u);
    EXPECT_GE(length, 28u);
  });
  EXPECT_THAT(log, ElementsAre("low.pre", "low.post"));
}

TEST_F(OwnIoTest, FilterReadsAndSetsAttributesSecurityAndTags) {
  const FileHandle handle = app.create({.path = u"C:\\plan.txt", .access = GENERIC_ALL | SYNCHRONIZE}).handle;
  PFILE_OBJECT file = object_of(handle);
  kernel([&] {
    alignas(8) char buffer[256] = {};
    auto* ea = reinterpret_cast<FILE_FULL_EA_INFORMATION*>(buffer);
    ea->EaNameLength = 1;
    ea->EaValueLength = 2;
    std::memcpy(ea->EaName, "A\0xy", 4);
    EXPECT_EQ(FltSetEaFile(instance, file, ea, 12), STATUS_SUCCESS);
    ULONG length = 0;
    EXPECT_EQ(
        FltQueryEaFile(instance, file, buffer, sizeof buffer, FALSE, nullptr, 0, nullptr, TRUE, &length),
        STATUS_SUCCESS);
    EXPECT_EQ(length, 12u);
    EXPECT_EQ(FltQuerySecurityObject(instance, file, DACL_SECURITY_INFORMATION, buffer, 8, &length),
              STATUS_BUFFER_TOO_SMALL);
    EXPECT_GT(length, 20u);
    EXPECT_EQ(
        FltQuerySecurityObject(instance, file, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &length),
        STATUS_SUCCESS);
    EXPECT_EQ(FltSetSecurityObject(instance, file, DACL_SECURITY_INFORMATION, buffer), STATUS_SUCCESS);
    EXPECT_EQ(FltTagFile(instance, file, IO_REPARSE_TAG_NFS, nullptr, nullptr, 0), STATUS_EAS_NOT_SUPPORTED);
    ea->NextEntryOffset = 0;
    ea->Flags = 0;
    ea->EaNameLength = 1;
    ea->EaValueLength = 0;
    std::memcpy(ea->EaName, "A\0", 2);
    EXPECT_EQ(FltSetEaFile(instance, file, ea, 10), STATUS_SUCCESS);
    EXPECT_EQ(FltTagFile(instance, file, IO_REPARSE_TAG_NFS, nullptr, nullptr, 0), STATUS_SUCCESS);
    EXPECT_EQ(FltUntagFile(instance, file, IO_REPARSE_TAG_DFS, nullptr), STATUS_IO_REPARSE_TAG_MISMATCH);
    EXPECT_EQ(FltUntagFile(instance, file, IO_REPARSE_TAG_NFS, nullptr), STATUS_SUCCESS);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(OwnIoTest, ControlsAndVolumeQueriesGoBelow) {
  PFILE_OBJECT file = object_of(open());
  kernel([&] {
    USHORT format = 9;
    ULONG length = 0;
    EXPECT_EQ(
        FltFsControlFile(instance, file, FSCTL_GET_COMPRESSION, nullptr, 0, &format, sizeof format, &length),
        STATUS_SUCCESS);
    EXPECT_EQ(format, 0);
    EXPECT_EQ(length, 2u);
    EXPECT_EQ(FltDeviceIoControlFile(instance, file, IOCTL_DISK_IS_WRITABLE, nullptr, 0, nullptr, 0, &length),
              STATUS_INVALID_PARAMETER);
    IO_STATUS_BLOCK block{};
    FILE_FS_SIZE_INFORMATION size{};
    EXPECT_EQ(FltQueryVolumeInformation(instance, &block, &size, sizeof size, FileFsSizeInformation),
              STATUS_SUCCESS);
    EXPECT_EQ(size.BytesPerSector, 512u);
  });
}

TEST_F(OwnIoTest, OperationOfOwnCallbackDataIsCarriedOutBelow) {  // CB-53
  Log log;
  load(recording(log, "high", IRP_MJ_READ), {.altitude = u"360900"});
  load(recording(log, "low", IRP_MJ_READ), {.altitude = u"360100"});
  PFILE_OBJECT file = object_of(open());
  kernel([&] {
    PFLT_CALLBACK_DATA data = nullptr;
    ASSERT_EQ(FltAllocateCallbackData(instance, file, &data), STATUS_SUCCESS);
    char buffer[8] = {};
    for (int round = 0; round < 2; ++round) {
      data->Iopb->MajorFunction = IRP_MJ_READ;
      data->Iopb->Parameters.Read.Length = 3;
      data->Iopb->Parameters.Read.ReadBuffer = buffer;
      FltPerformSynchronousIo(data);
      EXPECT_EQ(data->IoStatus.Status, STATUS_SUCCESS);
      EXPECT_EQ(data->IoStatus.Information, 3u);
      EXPECT_STREQ(buffer, "old");
      FltReuseCallbackData(data);
      EXPECT_EQ(data->Iopb->MajorFunction, IRP_MJ_CREATE);
      EXPECT_EQ(data->Iopb->TargetFileObject, file);
    }
    FltFreeCallbackData(data);
  });
  EXPECT_THAT(log, ElementsAre("low.pre", "low.post", "low.pre", "low.post"));
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(OwnIoTest, CallbackOfAnAsynchronousOperationAlwaysRuns) {  // CB-53
  PFILE_OBJECT file = object_of(open());
  kernel([&] {
    static NTSTATUS told;
    const auto note = [](PFLT_CALLBACK_DATA data, PFLT_CONTEXT) {
      told = data->IoStatus.Status;
      FltFreeCallbackData(data);
    };
    PFLT_CALLBACK_DATA data = nullptr;
    ASSERT_EQ(FltAllocateCallbackData(instance, file, &data), STATUS_SUCCESS);
    EXPECT_EQ(FltPerformAsynchronousIo(data, note, nullptr), STATUS_FLT_INVALID_ASYNCHRONOUS_REQUEST);
    EXPECT_EQ(told, STATUS_FLT_INVALID_ASYNCHRONOUS_REQUEST);
    ASSERT_EQ(FltAllocateCallbackData(instance, file, &data), STATUS_SUCCESS);
    data->Iopb->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    EXPECT_EQ(FltPerformAsynchronousIo(data, note, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(told, STATUS_SUCCESS);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(OwnIoTest, ReadWithACallbackTellsItOfTheResult) {
  PFILE_OBJECT file = object_of(open());
  kernel([&] {
    static ULONG_PTR moved;
    char buffer[8] = {};
    LARGE_INTEGER start{};
    const auto note = [](PFLT_CALLBACK_DATA data, PFLT_CONTEXT) { moved = data->IoStatus.Information; };
    EXPECT_EQ(FltReadFile(instance, file, &start, 3, buffer, 0, nullptr, note, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(moved, 3u);
  });
}

TEST_F(OwnIoTest, ReissuedOperationIsSeenBelowAndSaysSo) {  // CB-46
  FLT_CALLBACK_DATA_FLAGS second = 0;
  int low_reads = 0;
  load(on(IRP_MJ_READ,
          [&](PFLT_CALLBACK_DATA data, auto, auto) {
            ++low_reads;
            second = data->Flags;
            return FLT_PREOP_SUCCESS_NO_CALLBACK;
          }),
       {.altitude = u"360100"});
  load(on(
           IRP_MJ_READ, [](auto, auto, auto) { return FLT_PREOP_SYNCHRONIZE; },
           [](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
             data->Iopb->Parameters.Read.Length = 2;
             FltReissueSynchronousIo(objects->Instance, data);
             return FLT_POSTOP_FINISHED_PROCESSING;
           }),
       {.altitude = u"360900"});
  EXPECT_EQ(app.read(open(), 3, 0).information, 2u);
  EXPECT_EQ(low_reads, 2);
  EXPECT_NE(second & FLTFL_CALLBACK_DATA_REISSUED_IO, 0u);
}

TEST_F(OwnIoTest, ReissueWithoutSynchronizeIsReported) {  // CB-46, VER-8
  load(on(
           IRP_MJ_READ, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
           [](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
             FltReissueSynchronousIo(objects->Instance, data);
             return FLT_POSTOP_FINISHED_PROCESSING;
           }),
       {.altitude = u"360900"});
  EXPECT_EQ(app.read(open(), 3, 0).status, STATUS_INVALID_PARAMETER);
  EXPECT_THAT(finding("VER-8"), testing::HasSubstr("FltReissueSynchronousIo"));
}

// --- extra create parameters ---

constexpr GUID kEcp{0x11111111, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

TEST_F(OwnIoTest, ExtraCreateParameterIsFoundByThoseBelow) {
  ULONG size = 0;
  char text = 0;
  load(on(IRP_MJ_CREATE,
          [&](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto) {
            PECP_LIST list = nullptr;
            EXPECT_EQ(FltGetEcpListFromCallbackData(objects->Filter, data, &list), STATUS_SUCCESS);
            if (list == nullptr) return FLT_PREOP_SUCCESS_NO_CALLBACK;
            PVOID context = nullptr;
            EXPECT_EQ(FltFindExtraCreateParameter(objects->Filter, list, &kEcp, &context, &size),
                      STATUS_SUCCESS);
            text = *static_cast<char*>(context);
            EXPECT_FALSE(FltIsEcpFromUserMode(objects->Filter, context));
            FltAcknowledgeEcp(objects->Filter, context);
            GUID type{};
            PVOID next = nullptr;
            EXPECT_EQ(FltGetNextExtraCreateParameter(objects->Filter, list, nullptr, &type, &next, nullptr),
                      STATUS_SUCCESS);
            EXPECT_EQ(next, context);
            EXPECT_EQ(FltGetNextExtraCreateParameter(objects->Filter, list, next, nullptr, &next, nullptr),
                      STATUS_NOT_FOUND);
            return FLT_PREOP_SUCCESS_NO_CALLBACK;
          }),
       {.altitude = u"360100"});
  kernel([&] {
    PECP_LIST list = nullptr;
    PVOID context = nullptr;
    static int cleaned;
    cleaned = 0;
    ASSERT_EQ(FltAllocateExtraCreateParameterList(filter, 0, &list), STATUS_SUCCESS);
    ASSERT_EQ(FltAllocateExtraCreateParameter(
                  filter, &kEcp, 4, 0, [](PVOID, LPCGUID) { ++cleaned; }, kEcpTag, &context),
              STATUS_SUCCESS);
    *static_cast<char*>(context) = 'x';
    EXPECT_EQ(FltInsertExtraCreateParameter(filter, list, context), STATUS_SUCCESS);
    EXPECT_EQ(FltInsertExtraCreateParameter(filter, list, context), STATUS_INVALID_PARAMETER);
    IO_DRIVER_CREATE_CONTEXT with{};
    with.Size = sizeof with;
    with.ExtraCreateParameter = list;
    Counted name(u"\\Device\\HarddiskVolume1\\plan.txt");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    HANDLE handle = nullptr;
    IO_STATUS_BLOCK block{};
    EXPECT_EQ(FltCreateFileEx2(filter, instance, &handle, nullptr, FILE_READ_DATA | SYNCHRONIZE, &attributes,
                               &block, nullptr, 0, FILE_SHARE_READ, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT,
                               nullptr, 0, 0, &with),
              STATUS_SUCCESS);
    EXPECT_TRUE(FltIsEcpAcknowledged(filter, context));
    FltClose(handle);
    PVOID taken = nullptr;
    EXPECT_EQ(FltRemoveExtraCreateParameter(filter, list, &kEcp, &taken, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(taken, context);
    EXPECT_EQ(FltRemoveExtraCreateParameter(filter, list, &kEcp, &taken, nullptr), STATUS_NOT_FOUND);
    EXPECT_EQ(cleaned, 0);
    EXPECT_EQ(FltInsertExtraCreateParameter(filter, list, context), STATUS_SUCCESS);
    FltFreeExtraCreateParameterList(filter, list);
    EXPECT_EQ(cleaned, 1);
  });
  EXPECT_EQ(size, 4u);
  EXPECT_EQ(text, 'x');
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(OwnIoTest, ListThatAFilterSetsGoesWithTheCreate) {
  int cleaned = 0;
  static int* counter;
  counter = &cleaned;
  NTSTATUS second = STATUS_SUCCESS;
  load(on(IRP_MJ_CREATE,
          [&](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto) {
            PECP_LIST list = nullptr;
            PVOID context = nullptr;
            FltAllocateExtraCreateParameterList(objects->Filter, 0, &list);
            FltAllocateExtraCreateParameter(
                objects->Filter, &kEcp, 4, 0, [](PVOID, LPCGUID) { ++*counter; }, kEcpTag, &context);
            FltInsertExtraCreateParameter(objects->Filter, list, context);
            EXPECT_EQ(FltSetEcpListIntoCallbackData(objects->Filter, data, list), STATUS_SUCCESS);
            second = FltSetEcpListIntoCallbackData(objects->Filter, data, list);
            return FLT_PREOP_SUCCESS_NO_CALLBACK;
          }),
       {.altitude = u"360900"});
  const int before = cleaned;
  open();
  EXPECT_EQ(cleaned, before + 1);
  EXPECT_EQ(second, STATUS_INVALID_PARAMETER);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(OwnIoTest, WhatIsNoExtraCreateParameterStopsTheMachine) {  // VER-20
  kernel_that_stops([&] {
    int nothing[64] = {};
    FltFreeExtraCreateParameter(filter, nothing + 32);
  });
  EXPECT_THAT(finding("VER-20"), testing::HasSubstr("FltFreeExtraCreateParameter"));
}

TEST_F(OwnIoTest, PurgedNameIsAskedForAnew) {
  std::vector<NTSTATUS> told;
  load(on(IRP_MJ_READ,
          [&](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto) {
            const auto ask = [&](FLT_FILE_NAME_OPTIONS method) {
              PFLT_FILE_NAME_INFORMATION name = nullptr;
              told.push_back(FltGetFileNameInformation(data, FLT_FILE_NAME_OPENED | method, &name));
              if (name != nullptr) FltReleaseFileNameInformation(name);
            };
            ask(FLT_FILE_NAME_QUERY_DEFAULT);
            ask(FLT_FILE_NAME_QUERY_CACHE_ONLY);
            told.push_back(FltPurgeFileNameInformationCache(objects->Instance, objects->FileObject));
            ask(FLT_FILE_NAME_QUERY_CACHE_ONLY);
            ask(FLT_FILE_NAME_QUERY_DEFAULT);
            told.push_back(FltPurgeFileNameInformationCache(objects->Instance, nullptr));
            ask(FLT_FILE_NAME_QUERY_CACHE_ONLY);
            return FLT_PREOP_SUCCESS_NO_CALLBACK;
          }),
       {.altitude = u"360900"});
  app.read(open(), 1, 0);
  EXPECT_THAT(told, ElementsAre(STATUS_SUCCESS, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_FLT_NAME_CACHE_MISS,
                                STATUS_SUCCESS, STATUS_SUCCESS, STATUS_FLT_NAME_CACHE_MISS));
}

TEST_F(OwnIoTest, CancellableWaitEndsWithTheEventTheTimeoutOrTheThread) {
  KEVENT event;
  kernel([&] {
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    EXPECT_EQ(FltCancellableWaitForSingleObject(&event, nullptr, nullptr), STATUS_SUCCESS);
    KeClearEvent(&event);
    LARGE_INTEGER soon;
    soon.QuadPart = -10;
    EXPECT_EQ(FltCancellableWaitForSingleObject(&event, &soon, nullptr), STATUS_TIMEOUT);
  });
  NTSTATUS ended = STATUS_SUCCESS;
  load(on(IRP_MJ_READ,
          [&](PFLT_CALLBACK_DATA data, auto, auto) {
            ended = FltCancellableWaitForSingleObject(&event, nullptr, data);
            return FLT_PREOP_SUCCESS_NO_CALLBACK;
          }),
       {.altitude = u"360900"});
  Process other = machine.start_process({.image = u"C:\\other.exe"});
  const FileHandle file = other.create({.path = u"C:\\plan.txt"}).handle;
  ThreadHandle reader = other.start_thread("reader", [&] { static_cast<void>(other.read(file, 1, 0)); });
  static_cast<void>(machine.run_to_quiescence());
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(other.kill(), Outcome::kDone);
  static_cast<void>(machine.run_to_quiescence());
  EXPECT_EQ(ended, STATUS_THREAD_IS_TERMINATING);
}

// --- transactions ---

TEST_F(OwnIoTest, NothingIsATransaction) {
  PFLT_CONTEXT context = nullptr;
  kernel([&] {
    EXPECT_EQ(FltGetTransactionContext(instance, nullptr, &context), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltSetTransactionContext(instance, nullptr, FLT_SET_CONTEXT_KEEP_IF_EXISTS, nullptr, &context),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltDeleteTransactionContext(instance, nullptr, &context), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltEnlistInTransaction(instance, nullptr, nullptr, FLT_MAX_TRANSACTION_NOTIFICATIONS),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltRollbackEnlistment(instance, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltPrePrepareComplete(instance, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltPrepareComplete(instance, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltCommitComplete(instance, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltCommitFinalizeComplete(instance, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FltRollbackComplete(instance, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    TRANSACTION_BASIC_INFORMATION information{};
    EXPECT_EQ(ZwQueryInformationTransaction(nullptr, TransactionBasicInformation, &information,
                                            sizeof information, nullptr),
              STATUS_INVALID_HANDLE);
  });
  kernel_that_stops([&] {
    int nothing = 0;
    FltGetTransactionContext(instance, reinterpret_cast<PKTRANSACTION>(&nothing), &context);
  });
  EXPECT_THAT(finding("VER-20"), testing::HasSubstr("FltGetTransactionContext"));
}

// --- who is who ---

TEST_F(OwnIoTest, InstancesKnowTheirNeighbours) {  // ALT-7
  load(noting(), {.name = u"low", .altitude = u"360100"});
  PFLT_INSTANCE low = instance;
  load(noting(), {.name = u"high", .altitude = u"360900"});
  PFLT_INSTANCE high = instance;
  kernel([&] {
    PFLT_INSTANCE found = nullptr;
    EXPECT_EQ(FltGetTopInstance(volume, &found), STATUS_SUCCESS);
    EXPECT_EQ(found, high);
    FltObjectDereference(found);
    EXPECT_EQ(FltGetBottomInstance(volume, &found), STATUS_SUCCESS);
    EXPECT_EQ(found, low);
    FltObjectDereference(found);
    EXPECT_EQ(FltGetLowerInstance(high, &found), STATUS_SUCCESS);
    PFLT_INSTANCE middle = found;
    EXPECT_EQ(FltGetUpperInstance(middle, &found), STATUS_SUCCESS);
    EXPECT_EQ(found, high);
    FltObjectDereference(found);
    FltObjectDereference(middle);
    EXPECT_EQ(FltGetLowerInstance(low, &found), STATUS_NO_MORE_ENTRIES);
    EXPECT_EQ(FltGetUpperInstance(high, &found), STATUS_NO_MORE_ENTRIES);
    Counted name(u"low Instance");
    EXPECT_EQ(FltGetVolumeInstanceFromName(nullptr, volume, &name, &found), STATUS_SUCCESS);
    EXPECT_EQ(found, low);
    FltObjectDereference(found);
    Counted nobody(u"nobody");
    EXPECT_EQ(FltGetVolumeInstanceFromName(nullptr, volume, &nobody, &found), STATUS_FLT_INSTANCE_NOT_FOUND);
    PFLT_FILTER filters[4] = {};
    ULONG count = 0;
    EXPECT_EQ(FltEnumerateFilters(filters, 2, &count), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(count, 3u);
    EXPECT_EQ(FltEnumerateFilters(filters, 4, &count), STATUS_SUCCESS);
    for (ULONG i = 0; i < count; ++i) FltObjectDereference(filters[i]);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(OwnIoTest, FilterAndInstanceTellTheirNamesAndAltitudes) {
  kernel([&] {
    alignas(8) char buffer[512];
    ULONG length = 0;
    EXPECT_EQ(FltGetFilterInformation(filter, FilterFullInformation, buffer, 4, &length),
              STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(FltGetFilterInformation(filter, FilterFullInformation, buffer, 16, &length),
              STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(FltGetFilterInformation(filter, FilterFullInformation, buffer, sizeof buffer, &length),
              STATUS_SUCCESS);
    EXPECT_EQ(reinterpret_cast<FILTER_FULL_INFORMATION*>(buffer)->NumberOfInstances, 1u);
    EXPECT_EQ(FltGetInstanceInformation(instance, InstanceFullInformation, buffer, sizeof buffer, &length),
              STATUS_SUCCESS);
    const auto& full = *reinterpret_cast<INSTANCE_FULL_INFORMATION*>(buffer);
    const std::u16string_view altitude(reinterpret_cast<char16_t*>(buffer + full.AltitudeBufferOffset),
                                       full.AltitudeLength / 2);
    const std::u16string_view on(reinterpret_cast<char16_t*>(buffer + full.VolumeNameBufferOffset),
                                 full.VolumeNameLength / 2);
    EXPECT_EQ(altitude, u"360500");
    EXPECT_EQ(on, disk.device_name());
    PDEVICE_OBJECT device = nullptr;
    EXPECT_EQ(FltGetDeviceObject(volume, &device), STATUS_SUCCESS);
    EXPECT_NE(device, nullptr);
    ObDereferenceObject(device);
  });
}

TEST_F(OwnIoTest, RequestorIsKnownByIdAndSession) {
  HANDLE id = nullptr;
  ULONG session = 9;
  BOOLEAN has_32_bits = TRUE;
  load(on(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    id = FltGetRequestorProcessIdEx(data);
    EXPECT_EQ(FltGetRequestorSessionId(data, &session), STATUS_SUCCESS);
    has_32_bits = FltIs32bitProcess(data);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  app.read(u"C:\\plan.txt");
  EXPECT_EQ(id, reinterpret_cast<HANDLE>(std::uintptr_t{app.id()}));
  EXPECT_EQ(session, 1u);
  EXPECT_FALSE(has_32_bits);
}

}  // namespace
}  // namespace fltsim::fltmgr
