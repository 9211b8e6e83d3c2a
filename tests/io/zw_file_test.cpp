// The file routines of drivers, called by kernel code in the system process.
#include <ntifs.h>

#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

class ZwFileTest : public IoTest {
 protected:
  // Runs kernel code; every check in it belongs to the test.
  void kernel(const std::function<void()>& code) {
    EXPECT_EQ(machine.system_process().run(code), Outcome::kDone);
  }
  static UNICODE_STRING string(std::u16string& text) {
    const auto length = static_cast<USHORT>(text.size() * sizeof(WCHAR));
    return {length, length, text.data()};
  }
  // A handle of the kernel's.
  HANDLE open(std::u16string path, ACCESS_MASK access, ULONG disposition = FILE_OPEN) {
    UNICODE_STRING name = string(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    HANDLE handle = nullptr;
    EXPECT_EQ(ZwCreateFile(&handle, access, &attributes, &block, nullptr, FILE_ATTRIBUTE_NORMAL, 0,
                           disposition, FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0),
              STATUS_SUCCESS);
    return handle;
  }

  IO_STATUS_BLOCK block{};
};

TEST_F(ZwFileTest, KernelCodeWritesAndReadsInKernelMode) {
  kernel([&] {
    const HANDLE file = open(u"\\??\\C:\\a.txt", GENERIC_READ | GENERIC_WRITE, FILE_CREATE);
    char text[] = "text";
    EXPECT_EQ(ZwWriteFile(file, nullptr, nullptr, nullptr, &block, text, 4, nullptr, nullptr),
              STATUS_SUCCESS);
    LARGE_INTEGER start{};
    char read[8] = {};
    EXPECT_EQ(ZwReadFile(file, nullptr, nullptr, nullptr, &block, read, 8, &start, nullptr), STATUS_SUCCESS);
    EXPECT_STREQ(read, "text");
    EXPECT_EQ(block.Information, 4u);
    FILE_STANDARD_INFORMATION standard{};
    EXPECT_EQ(ZwQueryInformationFile(file, &block, &standard, sizeof standard, FileStandardInformation),
              STATUS_SUCCESS);
    EXPECT_EQ(standard.EndOfFile.QuadPart, 4);
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
  });
  EXPECT_EQ(stack.first(IRP_MJ_CREATE).mode, KernelMode);
  EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 1u);
}

TEST_F(ZwFileTest, EventIsSignalledWhenTheRequestIsComplete) {
  c.write_file(u"\\a.txt", "text");
  kernel([&] {
    HANDLE event = nullptr;
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    const HANDLE file = open(u"\\??\\C:\\a.txt", GENERIC_READ | SYNCHRONIZE);
    char read[4];
    EXPECT_EQ(ZwReadFile(file, event, nullptr, nullptr, &block, read, 4, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(ZwReadFile(file, file, nullptr, nullptr, &block, read, 4, nullptr, nullptr),
              STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(event), STATUS_SUCCESS);
  });
}

TEST_F(ZwFileTest, DeleteFileRemovesTheName) {
  c.write_file(u"\\a.txt", "");
  kernel([&] {
    std::u16string path = u"\\??\\C:\\a.txt";
    UNICODE_STRING name = string(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    EXPECT_EQ(ZwDeleteFile(&attributes), STATUS_SUCCESS);
    EXPECT_EQ(ZwDeleteFile(&attributes), STATUS_OBJECT_NAME_NOT_FOUND);
  });
  EXPECT_FALSE(c.exists(u"\\a.txt"));
}

TEST_F(ZwFileTest, NamesOfFilesAndVolumesInDosForm) {
  c.write_file(u"\\dir\\a.txt", "");
  kernel([&] {
    const HANDLE file = open(u"\\??\\C:\\DIR\\A.TXT", GENERIC_READ);
    nt::Ref<void> object;
    ASSERT_EQ(nt::reference_by_handle(file, 0, &kFileType, nt::Mode::kKernel, object), STATUS_SUCCESS);
    auto* file_object = static_cast<FileObject*>(object.get());
    POBJECT_NAME_INFORMATION name = nullptr;
    ASSERT_EQ(IoQueryFileDosDeviceName(file_object, &name), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string_view(name->Name.Buffer, name->Name.Length / 2), u"C:\\dir\\a.txt");
    ExFreePoolWithTag(name, 0);
    UNICODE_STRING drive{};
    ASSERT_EQ(IoVolumeDeviceToDosName(IoGetRelatedDeviceObject(file_object), &drive), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string_view(drive.Buffer), u"C:") << "terminated";
    EXPECT_EQ(drive.MaximumLength, drive.Length + 2);
    ExFreePoolWithTag(drive.Buffer, 0);
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
  });
}

TEST_F(ZwFileTest, FileObjectIsNamedWithItsDevice) {
  c.write_file(u"\\dir\\a.txt", "");
  kernel([&] {
    const HANDLE file = open(u"\\??\\C:\\DIR\\A.TXT", GENERIC_READ);
    nt::Ref<void> object;
    ASSERT_EQ(nt::reference_by_handle(file, 0, &kFileType, nt::Mode::kKernel, object), STATUS_SUCCESS);
    alignas(8) UCHAR buffer[256];
    auto* name = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer);
    ULONG needed = 0;
    ASSERT_EQ(ObQueryNameString(object.get(), name, sizeof buffer, &needed), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string_view(name->Name.Buffer, name->Name.Length / 2),
              u"\\Device\\HarddiskVolume1\\dir\\a.txt");
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
  });
}

TEST_F(ZwFileTest, ZwRoutineInAClientsThreadIsCalledByTheKernel) {
  c.write_file(u"\\a.txt", "");
  std::vector<KPROCESSOR_MODE> modes;
  stack.before = [&](Operation&) {
    modes.push_back(ExGetPreviousMode());
    return false;
  };
  EXPECT_EQ(app.run([&] {
    EXPECT_EQ(ZwClose(open(u"\\??\\C:\\a.txt", GENERIC_READ)), STATUS_SUCCESS);
    EXPECT_EQ(ExGetPreviousMode(), UserMode);
  }),
            Outcome::kDone);
  EXPECT_THAT(modes, testing::ElementsAre(KernelMode, KernelMode, KernelMode));  // create, cleanup, close
}

TEST_F(ZwFileTest, ReplacedNameLeadsTheCreateElsewhere) {  // CB-44
  c.write_file(u"\\real.txt", "real");
  stack.before = [](Operation& operation) {
    FILE_OBJECT& file = *operation.parameters.TargetFileObject;
    if (operation.parameters.MajorFunction != IRP_MJ_CREATE || FileObject::of(file).name() == u"\\real.txt")
      return false;
    std::u16string name = u"\\Device\\HarddiskVolume1\\real.txt";
    IoReplaceFileObjectName(&file, name.data(), static_cast<USHORT>(name.size() * 2));
    operation.status = {};
    operation.status.Status = STATUS_REPARSE;
    return true;
  };
  EXPECT_EQ(app.read(u"C:\\alias.txt").content, "real");
}

TEST_F(ZwFileTest, FileObjectDroppedAtDispatchIsClosedByAWorkerAtPassiveLevel) {
  c.write_file(u"\\a.txt", "");
  nt::Irql irql = nt::kAnyIrql;
  stack.before = [&](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_CLOSE) irql = operation.originator->irql;
    return false;
  };
  kernel([&] {
    const HANDLE file = open(u"\\??\\C:\\a.txt", GENERIC_READ);
    nt::Ref<void> object;
    ASSERT_EQ(nt::reference_by_handle(file, 0, &kFileType, nt::Mode::kKernel, object), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
    KIRQL before;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    object = {};
    EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 0u);
    KeLowerIrql(before);
  });
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 1u);
  EXPECT_EQ(irql, nt::kPassive);
}

}  // namespace
}  // namespace fltsim::io
