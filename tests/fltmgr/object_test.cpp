// How a driver finds filters, volumes, devices and requestors, and what files support.
#include <array>

#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::HasSubstr;

class ObjectTest : public FilterTest {
 protected:
  std::u16string guid_name() {
    std::array<WCHAR, 64> buffer{};
    UNICODE_STRING name{0, sizeof buffer, buffer.data()};
    EXPECT_EQ(FltGetVolumeGuidName(volume, &name, nullptr), STATUS_SUCCESS);
    return {name.Buffer, name.Length / sizeof(WCHAR)};
  }
};

TEST_F(ObjectTest, FilterIsFoundByItsNameAndReferenced) {
  Driver driver = load(noting(), {.name = u"Scanner"});
  kernel([&] {
    for (const char16_t* spelling : {u"Scanner", u"sCANNER"}) {
      Counted name(spelling);
      PFLT_FILTER found = nullptr;
      EXPECT_EQ(FltGetFilterFromName(&name, &found), STATUS_SUCCESS);
      EXPECT_EQ(found, filter);
      FltObjectDereference(found);
    }
    Counted nobody(u"nobody");
    PFLT_FILTER found = nullptr;
    EXPECT_EQ(FltGetFilterFromName(&nobody, &found), STATUS_FLT_FILTER_NOT_FOUND);
  });
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(ObjectTest, VolumeOfAFileObjectIsReferenced) {
  load(noting());
  const FileHandle handle = open();
  kernel([&] {
    PFLT_VOLUME found = nullptr;
    EXPECT_EQ(FltGetVolumeFromFileObject(filter, opened, &found), STATUS_SUCCESS);
    EXPECT_EQ(found, volume);
    FltObjectDereference(found);
  });
  app.close(handle);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(ObjectTest, GuidNameSaysWhatRoomItNeeds) {
  load(noting());
  kernel([&] {
    ULONG needed = 0;
    EXPECT_EQ(FltGetVolumeGuidName(volume, nullptr, &needed), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed, 48 * sizeof(WCHAR)) << "without a null";
    std::array<WCHAR, 47> small{};
    UNICODE_STRING name{0, sizeof small, small.data()};
    needed = 0;
    EXPECT_EQ(FltGetVolumeGuidName(volume, &name, &needed), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed, 48 * sizeof(WCHAR));
    const std::u16string guid = guid_name();
    EXPECT_EQ(guid.size(), 48u);
    EXPECT_TRUE(guid.starts_with(u"\\??\\Volume{")) << testing::PrintToString(guid);
    EXPECT_TRUE(guid.ends_with(u"}"));
    Counted path(guid);
    PFLT_VOLUME found = nullptr;
    EXPECT_EQ(FltGetVolumeFromName(filter, &path, &found), STATUS_SUCCESS) << "the name leads back";
    EXPECT_EQ(found, volume);
    FltObjectDereference(found);
  });
}

TEST_F(ObjectTest, DiskDeviceIsReferencedForTheCaller) {
  load(noting());
  kernel([&] {
    PDEVICE_OBJECT device = nullptr;
    ASSERT_EQ(FltGetDiskDeviceObject(volume, &device), STATUS_SUCCESS);
    ASSERT_NE(device, nullptr);
    EXPECT_EQ(device->DeviceType, static_cast<DEVICE_TYPE>(FILE_DEVICE_DISK));
    EXPECT_EQ(device->SectorSize, 512);
    ObDereferenceObject(device);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(ObjectTest, AddressThatIsNoObjectIsReportedInAThreadThatKnowsMany) {  // VER-20
  std::vector<PFLT_VOLUME> volumes;
  LambdaDriver driver = noting();
  driver.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS) {
    volumes.push_back(objects->Volume);
    return STATUS_SUCCESS;
  };
  for (char16_t drive = u'D'; drive < u'M'; ++drive) machine.add_volume(std::u16string{drive, u':'});
  load(std::move(driver));
  ASSERT_EQ(volumes.size(), 10u);
  kernel([&] {
    for (int round = 0; round < 2; ++round) {
      for (PFLT_VOLUME each : volumes) {
        EXPECT_EQ(FltObjectReference(each), STATUS_SUCCESS);
        FltObjectDereference(each);
      }
    }
    EXPECT_TRUE(machine.verifier().clean());
    std::array<std::byte, 64> bytes{};
    FltObjectDereference(bytes.data());
    FltObjectDereference(nullptr);
  });
  EXPECT_THAT(finding("VER-20"), HasSubstr("FltObjectDereference"));
  EXPECT_EQ(machine.verifier().count("VER-20"), 2u);
}

TEST_F(ObjectTest, RequestorIsTheProcessWhoseThreadAsked) {
  HANDLE requestor = nullptr;
  ULONG id = 0;
  load(on(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, auto, auto) {
    requestor = PsGetProcessId(FltGetRequestorProcess(data));
    id = FltGetRequestorProcessId(data);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_EQ(requestor, ULongToHandle(app.id()));
  EXPECT_EQ(id, app.id());
}

TEST_F(ObjectTest, FilterIsLoadedByItsNameOnce) {
  Driver driver = load(noting(), {.name = u"Scanner"});
  kernel([&] {
    Counted name(u"Scanner");
    EXPECT_EQ(FltLoadFilter(&name.string()), STATUS_IMAGE_ALREADY_LOADED);
    EXPECT_EQ(FltUnloadFilter(&name.string()), STATUS_SUCCESS);
    EXPECT_EQ(FltLoadFilter(&name.string()), STATUS_SUCCESS);
    Counted nobody(u"nobody");
    EXPECT_FALSE(NT_SUCCESS(FltLoadFilter(&nobody.string())));
  });
  EXPECT_TRUE(driver.loaded());
}

TEST_F(ObjectTest, OpenFileSupportsHandleContextsAndOneThatIsNotOpenYetDoesNot) {
  BOOLEAN before = TRUE;
  LambdaDriver driver = noting();
  driver.operations[0].pre = [&](PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS objects, PVOID*) {
    before = FltSupportsStreamHandleContexts(objects->FileObject);
    return FLT_PREOP_SUCCESS_WITH_CALLBACK;
  };
  load(std::move(driver));
  const FileHandle handle = open();
  EXPECT_EQ(before, FALSE);
  kernel([&] { EXPECT_EQ(FltSupportsStreamHandleContexts(opened), TRUE); });
  app.close(handle);
}

TEST_F(ObjectTest, BothQuestionsAboutFileContextsAgree) {  // CTX-25
  load(noting());
  const FileHandle handle = open();
  kernel([&] {
    const BOOLEAN supported = FltSupportsFileContexts(opened);
    EXPECT_EQ(FltSupportsFileContextsEx(opened, instance), supported);
    EXPECT_EQ(FltSupportsFileContextsEx(opened, nullptr), supported);
  });
  app.close(handle);
}

// --- contexts that a filter deletes ---

class DeleteContextTest : public FilterTest {
 protected:
  LambdaDriver with_contexts() {
    LambdaDriver driver = noting();
    for (const FLT_CONTEXT_TYPE type : {FLT_VOLUME_CONTEXT, FLT_INSTANCE_CONTEXT, FLT_STREAMHANDLE_CONTEXT}) {
      FLT_CONTEXT_REGISTRATION registration{};
      registration.ContextType = type;
      registration.Size = 16;
      registration.PoolTag = 0x746E6F43;
      registration.ContextCleanupCallback = [](PFLT_CONTEXT, FLT_CONTEXT_TYPE) { ++cleanups; };
      driver.contexts.push_back(registration);
    }
    return driver;
  }
  // Sets a context, deletes it while the caller keeps the old one, then another one without asking for it.
  void delete_both_ways(FLT_CONTEXT_TYPE type, const std::function<NTSTATUS(PFLT_CONTEXT)>& set,
                        const std::function<NTSTATUS(PFLT_CONTEXT*)>& remove) {
    cleanups = 0;
    kernel([&] {
      PFLT_CONTEXT old = &old;
      EXPECT_EQ(remove(&old), STATUS_NOT_FOUND);
      EXPECT_EQ(old, nullptr);
      PFLT_CONTEXT context = nullptr;
      const auto set_new = [&] {
        ASSERT_EQ(FltAllocateContext(filter, type, 16, NonPagedPool, &context), STATUS_SUCCESS);
        ASSERT_EQ(set(context), STATUS_SUCCESS);
        FltReleaseContext(context);
      };
      set_new();
      EXPECT_EQ(remove(&old), STATUS_SUCCESS);
      EXPECT_EQ(old, context);
      EXPECT_EQ(cleanups, 0) << "the reference went to the caller";
      FltReleaseContext(old);
      EXPECT_EQ(cleanups, 1);
      set_new();
      EXPECT_EQ(remove(nullptr), STATUS_SUCCESS);
      EXPECT_EQ(cleanups, 2);
      EXPECT_EQ(remove(nullptr), STATUS_NOT_FOUND);
    });
    EXPECT_TRUE(machine.verifier().clean());
  }
  static inline int cleanups = 0;
};

TEST_F(DeleteContextTest, VolumeContextIsReturnedOrReleased) {
  load(with_contexts());
  delete_both_ways(
      FLT_VOLUME_CONTEXT,
      [&](PFLT_CONTEXT context) {
        return FltSetVolumeContext(volume, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr);
      },
      [&](PFLT_CONTEXT* old) { return FltDeleteVolumeContext(filter, volume, old); });
}

TEST_F(DeleteContextTest, InstanceContextIsReturnedOrReleased) {
  load(with_contexts());
  delete_both_ways(
      FLT_INSTANCE_CONTEXT,
      [&](PFLT_CONTEXT context) {
        return FltSetInstanceContext(instance, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr);
      },
      [&](PFLT_CONTEXT* old) { return FltDeleteInstanceContext(instance, old); });
}

TEST_F(DeleteContextTest, StreamHandleContextIsReturnedOrReleased) {
  load(with_contexts());
  const FileHandle handle = open();
  delete_both_ways(
      FLT_STREAMHANDLE_CONTEXT,
      [&](PFLT_CONTEXT context) {
        return FltSetStreamHandleContext(instance, opened, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr);
      },
      [&](PFLT_CONTEXT* old) { return FltDeleteStreamHandleContext(instance, opened, old); });
  app.close(handle);
}

// --- extra create parameters ---

TEST_F(ObjectTest, RemovedExtraCreateParameterIsTheCallersToFree) {
  constexpr GUID kType{0x22222222, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
  static int cleaned;
  cleaned = 0;
  load(noting());
  kernel([&] {
    PECP_LIST list = nullptr;
    PVOID context = nullptr;
    ASSERT_EQ(FltAllocateExtraCreateParameterList(filter, 0, &list), STATUS_SUCCESS);
    ASSERT_EQ(FltAllocateExtraCreateParameter(
                  filter, &kType, 8, 0, [](PVOID, LPCGUID) { ++cleaned; }, 0x70634554, &context),
              STATUS_SUCCESS);
    ASSERT_EQ(FltInsertExtraCreateParameter(filter, list, context), STATUS_SUCCESS);
    PVOID removed = nullptr;
    ULONG size = 0;
    EXPECT_EQ(FltRemoveExtraCreateParameter(filter, list, &kType, &removed, &size), STATUS_SUCCESS);
    EXPECT_EQ(removed, context);
    EXPECT_EQ(size, 8u);
    EXPECT_EQ(FltRemoveExtraCreateParameter(filter, list, &kType, &removed, &size), STATUS_NOT_FOUND);
    FltFreeExtraCreateParameterList(filter, list);
    EXPECT_EQ(cleaned, 0) << "it was not in the list any more";
    FltFreeExtraCreateParameter(filter, context);
    EXPECT_EQ(cleaned, 1);
  });
}

// --- files of a filter's own ---

class OwnFileTest : public FilterTest {
 protected:
  NTSTATUS create(std::u16string path, ULONG disposition, HANDLE* handle, IO_STATUS_BLOCK& block) {
    Counted name(std::move(path));
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    return FltCreateFile(filter, instance, handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes,
                         &block, nullptr, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ | FILE_SHARE_WRITE,
                         disposition, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, nullptr, 0, 0);
  }
};

TEST_F(OwnFileTest, FileIsCreatedAndTheBlockSaysHow) {
  load(noting());
  kernel([&] {
    IO_STATUS_BLOCK block{};
    HANDLE handle = nullptr;
    EXPECT_EQ(create(u"\\Device\\HarddiskVolume1\\none.txt", FILE_OPEN, &handle, block),
              STATUS_OBJECT_NAME_NOT_FOUND);
    ASSERT_EQ(create(u"\\Device\\HarddiskVolume1\\own.txt", FILE_CREATE, &handle, block), STATUS_SUCCESS);
    EXPECT_EQ(block.Information, static_cast<ULONG_PTR>(FILE_CREATED));
    EXPECT_EQ(FltClose(handle), STATUS_SUCCESS);
    EXPECT_EQ(create(u"\\Device\\HarddiskVolume1\\own.txt", FILE_CREATE, &handle, block),
              STATUS_OBJECT_NAME_COLLISION);
    ASSERT_EQ(create(u"\\Device\\HarddiskVolume1\\own.txt", FILE_OPEN_IF, &handle, block), STATUS_SUCCESS);
    EXPECT_EQ(block.Information, static_cast<ULONG_PTR>(FILE_OPENED));
    EXPECT_EQ(FltClose(handle), STATUS_SUCCESS);
  });
  EXPECT_TRUE(app.exists(u"C:\\own.txt"));
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(OwnFileTest, InformationThatAFilterSetsIsSeenByQueries) {
  load(noting());
  const FileHandle handle =
      app.create({.path = u"C:\\plan.txt", .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE}).handle;
  kernel([&] {
    FILE_END_OF_FILE_INFORMATION end{};
    end.EndOfFile.QuadPart = 2;
    EXPECT_EQ(FltSetInformationFile(instance, opened, &end, sizeof end, FileEndOfFileInformation),
              STATUS_SUCCESS);
    FILE_STANDARD_INFORMATION standard{};
    ULONG length = 0;
    EXPECT_EQ(FltQueryInformationFile(instance, opened, &standard, sizeof standard, FileStandardInformation,
                                      &length),
              STATUS_SUCCESS);
    EXPECT_EQ(length, sizeof standard);
    EXPECT_EQ(standard.EndOfFile.QuadPart, 2);
    FILE_BASIC_INFORMATION basic{};
    basic.FileAttributes = FILE_ATTRIBUTE_HIDDEN;
    EXPECT_EQ(FltSetInformationFile(instance, opened, &basic, sizeof basic, FileBasicInformation),
              STATUS_SUCCESS);
    FILE_BASIC_INFORMATION after{};
    EXPECT_EQ(FltQueryInformationFile(instance, opened, &after, sizeof after, FileBasicInformation, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(after.FileAttributes, static_cast<ULONG>(FILE_ATTRIBUTE_HIDDEN));
    EXPECT_NE(after.CreationTime.QuadPart, 0) << "a time of zero means: leave it";
    EXPECT_EQ(FltSetInformationFile(instance, opened, &end, sizeof end - 1, FileEndOfFileInformation),
              STATUS_INFO_LENGTH_MISMATCH);
  });
  app.close(handle);
  EXPECT_EQ(app.read(u"C:\\plan.txt").content, "ol");
}

}  // namespace
}  // namespace fltsim::fltmgr
