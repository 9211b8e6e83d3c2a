// Driver objects, work items, sections and share access, as drivers use them.
#include <ntifs.h>

#include "fltsim/lambda_driver.hpp"
#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

class DriverObjectTest : public IoTest {
 protected:
  void kernel(std::function<void()> code) {
    EXPECT_EQ(machine.system_process().run(std::move(code)), Outcome::kDone);
  }
  // Runs in DriverEntry; the driver is gone afterwards.
  void in_driver(std::function<void(PDRIVER_OBJECT)> code, DriverOptions options = {.name = u"guard"}) {
    Driver driver = machine.load_driver(LambdaDriver{.entry =
                                                         [code](PDRIVER_OBJECT object) {
                                                           code(object);
                                                           return STATUS_SUCCESS;
                                                         }},
                                        options);
    EXPECT_EQ(driver.status(), STATUS_SUCCESS);
    EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  }
};

TEST_F(DriverObjectTest, ParametersOfTheServiceAreOpenedByTheDriverObject) {
  in_driver(
      [](PDRIVER_OBJECT driver) {
        HANDLE key = nullptr;
        ASSERT_EQ(IoOpenDriverRegistryKey(driver, DriverRegKeyParameters, KEY_READ, 0, &key), STATUS_SUCCESS);
        UNICODE_STRING name;
        RtlInitUnicodeString(&name, u"Level");
        alignas(8) UCHAR buffer[64];
        ULONG needed = 0;
        EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof buffer, &needed),
                  STATUS_SUCCESS);
        ZwClose(key);
      },
      {.name = u"guard", .parameters = {{u"Level", 3u}}});
}

TEST_F(DriverObjectTest, ExtensionOfADriverObjectIsFoundByItsKeyAndIsThereOnce) {
  in_driver([](PDRIVER_OBJECT driver) {
    int key = 0;
    PVOID extension = nullptr;
    ASSERT_EQ(IoAllocateDriverObjectExtension(driver, &key, 64, &extension), STATUS_SUCCESS);
    EXPECT_EQ(IoGetDriverObjectExtension(driver, &key), extension);
    PVOID again = nullptr;
    EXPECT_EQ(IoAllocateDriverObjectExtension(driver, &key, 64, &again), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(IoGetDriverObjectExtension(driver, nullptr), nullptr);
    UNICODE_STRING path{};
    ASSERT_EQ(IoQueryFullDriverPath(driver, &path), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(path.Buffer, path.Length / 2), u"\\SystemRoot\\System32\\drivers\\guard.sys");
    ExFreePool(path.Buffer);
  });
}

TEST_F(DriverObjectTest, DriverIsReinitializedAfterItsEntryAsOftenAsItAsks) {
  static std::vector<ULONG> counts;
  counts.clear();
  in_driver([](PDRIVER_OBJECT driver) {
    IoRegisterDriverReinitialization(
        driver,
        [](PDRIVER_OBJECT object, PVOID context, ULONG count) {
          counts.push_back(count);
          if (count == 1) {
            IoRegisterDriverReinitialization(
                object, [](PDRIVER_OBJECT, PVOID, ULONG last) { counts.push_back(last); }, context);
          }
        },
        nullptr);
    IoRegisterBootDriverReinitialization(
        driver, [](PDRIVER_OBJECT, PVOID, ULONG count) { counts.push_back(10 + count); }, nullptr);
    EXPECT_TRUE(counts.empty());
  });
  EXPECT_THAT(counts, testing::ElementsAre(1u, 11u, 2u));
}

TEST_F(DriverObjectTest, WorkItemRunsInASystemThreadAndMayFreeItself) {
  static bool ran;
  ran = false;
  kernel([this] {
    PIO_WORKITEM item = IoAllocateWorkItem(&c.volume());
    ASSERT_NE(item, nullptr);
    IoQueueWorkItemEx(
        item,
        [](PVOID, PVOID, PIO_WORKITEM own) {
          ran = PsIsSystemThread(PsGetCurrentThread()) != FALSE;
          IoFreeWorkItem(own);
        },
        DelayedWorkQueue, nullptr);
  });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_TRUE(ran);
}

TEST_F(DriverObjectTest, WorkItemThatIsStillQueuedMustNotBeFreed) {  // VER-44
  machine.verifier().expect("VER-44");
  EXPECT_EQ(machine.system_process().run([this] {
    PIO_WORKITEM item = IoAllocateWorkItem(&c.volume());
    IoQueueWorkItem(
        item, [](PDEVICE_OBJECT, PVOID) {}, DelayedWorkQueue, nullptr);
    IoQueueWorkItem(
        item, [](PDEVICE_OBJECT, PVOID) {}, DelayedWorkQueue, nullptr);
    IoFreeWorkItem(item);
  }),
            Outcome::kStopped);
  EXPECT_EQ(machine.verifier().count("VER-44"), 1u);
}

TEST_F(DriverObjectTest, NamedEventIsSharedByName) {
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\BaseNamedObjects\\Guard");
    HANDLE first = nullptr;
    HANDLE second = nullptr;
    PKEVENT event = IoCreateNotificationEvent(&name, &first);
    ASSERT_NE(event, nullptr);
    EXPECT_NE(KeReadStateEvent(event), 0) << "made signalled";
    EXPECT_EQ(IoCreateNotificationEvent(&name, &second), event);
    ZwClose(first);
    ZwClose(second);
    RtlInitUnicodeString(&name, u"\\BaseNamedObjects\\Other");
    event = IoCreateSynchronizationEvent(&name, &first);
    ASSERT_NE(event, nullptr);
    LARGE_INTEGER none{};
    EXPECT_EQ(KeWaitForSingleObject(event, Executive, KernelMode, FALSE, &none), STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateEvent(event), 0);
    ZwClose(first);
  });
}

TEST_F(DriverObjectTest, StackOfTheThreadHoldsItsVariables) {
  kernel([] {
    ULONG_PTR low = 0;
    ULONG_PTR high = 0;
    IoGetStackLimits(&low, &high);
    const auto here = reinterpret_cast<ULONG_PTR>(&low);
    EXPECT_GT(here, low);
    EXPECT_LT(here, high);
    EXPECT_LT(IoGetRemainingStackSize(), high - low);
    EXPECT_TRUE(IoWithinStackLimits(here, 8));
    EXPECT_FALSE(IoWithinStackLimits(high, 8));
  });
}

TEST_F(DriverObjectTest, FileIsMappedByItsSection) {
  app.write(u"C:\\a.txt", "mapped");
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\??\\C:\\a.txt");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    HANDLE file = nullptr;
    IO_STATUS_BLOCK block{};
    ASSERT_EQ(ZwOpenFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &block,
                         FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT),
              STATUS_SUCCESS);
    nt::Ref<void> object;
    ASSERT_EQ(nt::reference_by_handle(file, 0, &kFileType, nt::Mode::kKernel, object), STATUS_SUCCESS);
    PSECTION_OBJECT_POINTERS pointers = static_cast<FileObject*>(object.get())->SectionObjectPointer;
    EXPECT_EQ(IoGetTransactionParameterBlock(static_cast<FileObject*>(object.get())), nullptr);
    EXPECT_TRUE(MmFlushImageSection(pointers, MmFlushForDelete));
    HANDLE section = nullptr;
    ASSERT_EQ(
        ZwCreateSection(&section, SECTION_ALL_ACCESS, nullptr, nullptr, PAGE_READWRITE, SEC_COMMIT, file),
        STATUS_SUCCESS);
    EXPECT_FALSE(MmFlushImageSection(pointers, MmFlushForDelete));
    EXPECT_TRUE(MmFlushImageSection(pointers, MmFlushForWrite));
    LARGE_INTEGER size{};
    EXPECT_FALSE(MmCanFileBeTruncated(pointers, &size));
    PVOID base = nullptr;
    SIZE_T bytes = 0;
    ASSERT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, nullptr, &bytes, ViewUnmap, 0,
                                 PAGE_READWRITE),
              STATUS_SUCCESS);
    EXPECT_EQ(std::string(static_cast<char*>(base), 6), "mapped");
    EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), base), STATUS_SUCCESS);
    EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), base), STATUS_NOT_MAPPED_VIEW);
    ZwClose(section);
    ZwClose(file);
  });
}

TEST_F(DriverObjectTest, AttributesOfAFileAreAskedByItsName) {
  app.write(u"C:\\a.txt", "mapped");
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\??\\C:\\a.txt");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    FILE_NETWORK_OPEN_INFORMATION information{};
    EXPECT_EQ(ZwQueryFullAttributesFile(&attributes, &information), STATUS_SUCCESS);
    EXPECT_EQ(information.EndOfFile.QuadPart, 6);
    RtlInitUnicodeString(&name, u"\\??\\C:\\none.txt");
    EXPECT_EQ(ZwQueryFullAttributesFile(&attributes, &information), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(DriverObjectTest, DevicesOfADriverAreEnumerated) {
  in_driver([](PDRIVER_OBJECT driver) {
    PDEVICE_OBJECT made = nullptr;
    ASSERT_EQ(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &made), STATUS_SUCCESS);
    ULONG count = 0;
    EXPECT_EQ(IoEnumerateDeviceObjectList(driver, nullptr, 0, &count), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(count, 1u);
    PDEVICE_OBJECT found = nullptr;
    EXPECT_EQ(IoEnumerateDeviceObjectList(driver, &found, sizeof found, &count), STATUS_SUCCESS);
    EXPECT_EQ(found, made);
    ObDereferenceObject(found);
    EXPECT_EQ(IoGetLowerDeviceObject(made), nullptr);
    ULONG needed = 1;
    EXPECT_EQ(IoGetDeviceProperty(made, DevicePropertyClassName, 0, nullptr, &needed),
              STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(IoGetDeviceAttachmentBaseRef(made), made);
    ObDereferenceObject(made);
    IoDeleteDevice(made);
  });
}

TEST_F(DriverObjectTest, ShareAccessIsBookedByTheRoutines) {
  kernel([] {
    FILE_OBJECT first{};
    FILE_OBJECT second{};
    SHARE_ACCESS share{};
    IoSetShareAccess(FILE_READ_DATA, FILE_SHARE_READ, &first, &share);
    EXPECT_EQ(share.OpenCount, 1u);
    EXPECT_EQ(IoCheckShareAccess(FILE_WRITE_DATA, FILE_SHARE_READ, &second, &share, TRUE),
              STATUS_SHARING_VIOLATION);
    EXPECT_EQ(IoCheckShareAccess(FILE_READ_DATA, 0, &second, &share, TRUE), STATUS_SHARING_VIOLATION);
    EXPECT_EQ(IoCheckShareAccess(FILE_READ_DATA, FILE_SHARE_READ, &second, &share, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(share.Readers, 2u);
    IoUpdateShareAccess(&second, &share);
    EXPECT_EQ(share.OpenCount, 3u);
    IoRemoveShareAccess(&second, &share);
    IoRemoveShareAccess(&second, &share);
    IoRemoveShareAccess(&first, &share);
    EXPECT_EQ(share.OpenCount, 0u);
  });
}

}  // namespace
}  // namespace fltsim::io
