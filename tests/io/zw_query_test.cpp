// Opening, querying and changing files through the services of drivers.
#include <ntifs.h>

#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

class ZwQueryTest : public IoTest {
 protected:
  void kernel(const std::function<void()>& code) {
    EXPECT_EQ(machine.system_process().run(code), Outcome::kDone);
  }
  NTSTATUS open(std::u16string path, ACCESS_MASK access, ULONG options, HANDLE& handle) {
    const auto length = static_cast<USHORT>(path.size() * sizeof(WCHAR));
    UNICODE_STRING name{length, length, path.data()};
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    return ZwOpenFile(&handle, access | SYNCHRONIZE, &attributes, &block,
                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                      options | FILE_SYNCHRONOUS_IO_NONALERT);
  }
  IO_STATUS_BLOCK block{};
};

TEST_F(ZwQueryTest, OpenFileMakesNone) {
  c.write_file(u"\\a.txt", "text");
  kernel([&] {
    HANDLE file = nullptr;
    EXPECT_EQ(open(u"\\??\\C:\\none.txt", GENERIC_READ, 0, file), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(open(u"\\??\\C:\\none\\a.txt", GENERIC_READ, 0, file), STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(open(u"\\??\\C:\\a.txt", GENERIC_READ, FILE_DIRECTORY_FILE, file), STATUS_NOT_A_DIRECTORY);
    EXPECT_EQ(open(u"\\??\\C:\\", GENERIC_READ, FILE_NON_DIRECTORY_FILE, file), STATUS_FILE_IS_A_DIRECTORY);
    ASSERT_EQ(open(u"\\??\\C:\\a.txt", GENERIC_READ, FILE_NON_DIRECTORY_FILE, file), STATUS_SUCCESS);
    EXPECT_EQ(block.Information, static_cast<ULONG_PTR>(FILE_OPENED));
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
  });
}

TEST_F(ZwQueryTest, FlushReachesTheFileSystem) {
  c.write_file(u"\\a.txt", "text");
  kernel([&] {
    HANDLE file = nullptr;
    ASSERT_EQ(open(u"\\??\\C:\\a.txt", GENERIC_WRITE, 0, file), STATUS_SUCCESS);
    EXPECT_EQ(ZwFlushBuffersFile(file, &block), STATUS_SUCCESS);
    EXPECT_EQ(block.Status, STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
    EXPECT_EQ(ZwFlushBuffersFile(file, &block), STATUS_INVALID_HANDLE);
  });
  EXPECT_EQ(stack.count(IRP_MJ_FLUSH_BUFFERS), 1u);
}

TEST_F(ZwQueryTest, InformationThatIsSetHasTheSizeOfItsClass) {
  c.write_file(u"\\a.txt", "text");
  kernel([&] {
    HANDLE writer = nullptr;
    ASSERT_EQ(open(u"\\??\\C:\\a.txt", GENERIC_WRITE, 0, writer), STATUS_SUCCESS);
    FILE_END_OF_FILE_INFORMATION end{};
    end.EndOfFile.QuadPart = 2;
    EXPECT_EQ(ZwSetInformationFile(writer, &block, &end, sizeof end - 1, FileEndOfFileInformation),
              STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(ZwSetInformationFile(writer, &block, &end, sizeof end, FileEndOfFileInformation),
              STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(writer), STATUS_SUCCESS);
  });
  EXPECT_EQ(app.read(u"C:\\a.txt").content, "te");
}

TEST_F(ZwQueryTest, DirectoryIsListedToItsEndAndAgain) {
  c.write_file(u"\\dir\\one.txt", "1");
  c.write_file(u"\\dir\\two.txt", "22");
  kernel([&] {
    HANDLE directory = nullptr;
    ASSERT_EQ(open(u"\\??\\C:\\dir", FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, directory), STATUS_SUCCESS);
    alignas(8) UCHAR buffer[512];
    std::u16string text = u"*.txt";
    UNICODE_STRING pattern{10, 10, text.data()};
    const auto next = [&](BOOLEAN restart) -> std::u16string {
      const NTSTATUS status =
          ZwQueryDirectoryFile(directory, nullptr, nullptr, nullptr, &block, buffer, sizeof buffer,
                               FileDirectoryInformation, TRUE, &pattern, restart);
      if (status != STATUS_SUCCESS) return status == STATUS_NO_MORE_FILES ? u"end" : u"error";
      const auto* entry = reinterpret_cast<PFILE_DIRECTORY_INFORMATION>(buffer);
      EXPECT_EQ(entry->NextEntryOffset, 0u);
      return {entry->FileName, entry->FileNameLength / sizeof(WCHAR)};
    };
    EXPECT_EQ(next(FALSE), u"one.txt");
    EXPECT_EQ(next(FALSE), u"two.txt");
    EXPECT_EQ(next(FALSE), u"end");
    EXPECT_EQ(next(TRUE), u"one.txt");
    EXPECT_EQ(ZwQueryDirectoryFile(directory, nullptr, nullptr, nullptr, &block, buffer, 8,
                                   FileDirectoryInformation, TRUE, nullptr, TRUE),
              STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(ZwClose(directory), STATUS_SUCCESS);
    ASSERT_EQ(open(u"\\??\\C:\\dir", FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, directory), STATUS_SUCCESS);
    text = u"*.doc";
    EXPECT_EQ(ZwQueryDirectoryFile(directory, nullptr, nullptr, nullptr, &block, buffer, sizeof buffer,
                                   FileDirectoryInformation, TRUE, &pattern, FALSE),
              STATUS_NO_SUCH_FILE)
        << "of a first query that finds nothing";
    EXPECT_EQ(ZwClose(directory), STATUS_SUCCESS);
  });
}

TEST_F(ZwQueryTest, VolumeTellsItsSizesAndItsDevice) {
  c.write_file(u"\\a.txt", "");
  kernel([&] {
    HANDLE file = nullptr;
    ASSERT_EQ(open(u"\\??\\C:\\a.txt", FILE_READ_DATA, 0, file), STATUS_SUCCESS);
    FILE_FS_SIZE_INFORMATION size{};
    EXPECT_EQ(ZwQueryVolumeInformationFile(file, &block, &size, sizeof size, FileFsSizeInformation),
              STATUS_SUCCESS);
    EXPECT_EQ(block.Information, sizeof size);
    EXPECT_GT(size.TotalAllocationUnits.QuadPart, 0);
    EXPECT_EQ(size.BytesPerSector, 512u);
    FILE_FS_DEVICE_INFORMATION device{};
    EXPECT_EQ(ZwQueryVolumeInformationFile(file, &block, &device, sizeof device, FileFsDeviceInformation),
              STATUS_SUCCESS);
    EXPECT_EQ(device.DeviceType, static_cast<DEVICE_TYPE>(FILE_DEVICE_DISK));
    EXPECT_EQ(ZwQueryVolumeInformationFile(file, &block, &size, sizeof size - 1, FileFsSizeInformation),
              STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
  });
}

TEST_F(ZwQueryTest, IoCreateFileChecksAccessAsKernelCodeOnly) {
  kernel([&] {
    std::u16string path = u"\\??\\C:\\new.txt";
    const auto length = static_cast<USHORT>(path.size() * sizeof(WCHAR));
    UNICODE_STRING name{length, length, path.data()};
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE file = nullptr;
    const auto create = [&](ULONG disposition) {
      return IoCreateFile(&file, GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, nullptr,
                          FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, disposition, FILE_SYNCHRONOUS_IO_NONALERT,
                          nullptr, 0, CreateFileTypeNone, nullptr, IO_NO_PARAMETER_CHECKING);
    };
    ASSERT_EQ(create(FILE_CREATE), STATUS_SUCCESS);
    EXPECT_EQ(block.Information, static_cast<ULONG_PTR>(FILE_CREATED));
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
    EXPECT_EQ(create(FILE_CREATE), STATUS_OBJECT_NAME_COLLISION);
  });
  EXPECT_EQ(stack.first(IRP_MJ_CREATE).mode, KernelMode);
  EXPECT_TRUE(c.exists(u"\\new.txt"));
}

TEST_F(ZwQueryTest, TopLevelIrpBelongsToTheThread) {
  kernel([&] {
    EXPECT_EQ(IoGetTopLevelIrp(), nullptr);
    IoSetTopLevelIrp(reinterpret_cast<PIRP>(FSRTL_FSP_TOP_LEVEL_IRP));
    EXPECT_EQ(IoGetTopLevelIrp(), reinterpret_cast<PIRP>(FSRTL_FSP_TOP_LEVEL_IRP));
    PIRP others = reinterpret_cast<PIRP>(1);
    EXPECT_EQ(machine.system_process().start_thread("other", [&] { others = IoGetTopLevelIrp(); }).join(),
              Outcome::kDone);
    EXPECT_EQ(others, nullptr);
    IoSetTopLevelIrp(nullptr);
    EXPECT_EQ(IoGetTopLevelIrp(), nullptr);
  });
}

TEST_F(ZwQueryTest, GenericRightsOfFilesAreThoseOfTheIoManager) {
  kernel([] {
    PGENERIC_MAPPING mapping = IoGetFileObjectGenericMapping();
    ASSERT_NE(mapping, nullptr);
    EXPECT_EQ(mapping->GenericRead, static_cast<ACCESS_MASK>(FILE_GENERIC_READ));
    EXPECT_EQ(mapping->GenericWrite, static_cast<ACCESS_MASK>(FILE_GENERIC_WRITE));
    EXPECT_EQ(mapping->GenericExecute, static_cast<ACCESS_MASK>(FILE_GENERIC_EXECUTE));
    EXPECT_EQ(mapping->GenericAll, static_cast<ACCESS_MASK>(FILE_ALL_ACCESS));
  });
}

}  // namespace
}  // namespace fltsim::io
