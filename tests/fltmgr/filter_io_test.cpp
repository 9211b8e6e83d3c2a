// What a filter opens and asks for itself (CB-50, CB-51).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fltmgr/recording_driver.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;

class FilterIoTest : public testing::Test {
 protected:
  FilterIoTest() { machine.add_volume(u"C:").write_file(u"\\plan.txt", "text"); }

  struct Opened {
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    LONGLONG size = -1;
  };

  // Opens the file below `instance`, asks for its size, and closes it.
  static Opened look(PCFLT_RELATED_OBJECTS objects, PFLT_INSTANCE instance, std::u16string path) {
    Counted name(std::move(path));
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    HANDLE handle = nullptr;
    PFILE_OBJECT file = nullptr;
    IO_STATUS_BLOCK block;
    Opened opened;
    opened.status =
        FltCreateFileEx(objects->Filter, instance, &handle, &file, FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                        &attributes, &block, nullptr, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, FILE_OPEN,
                        FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0, IO_IGNORE_SHARE_ACCESS_CHECK);
    if (!NT_SUCCESS(opened.status)) return opened;
    FILE_STANDARD_INFORMATION information{};
    opened.status = FltQueryInformationFile(objects->Instance, file, &information, sizeof information,
                                            FileStandardInformation, nullptr);
    opened.size = information.EndOfFile.QuadPart;
    ObDereferenceObject(file);
    FltClose(handle);
    return opened;
  }

  LambdaDriver looking(std::u16string path) {
    return on(IRP_MJ_CREATE, [this, path](PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS objects, PVOID*) {
      log.push_back("looker.pre");
      looked = look(objects, objects->Instance, path);
      return FLT_PREOP_SUCCESS_NO_CALLBACK;
    });
  }

  Log log;
  Opened looked;
  Machine machine;
};

TEST_F(FilterIoTest, AnOpenBelowAnInstanceIsSeenByThoseBelowOnly) {  // CB-50
  machine.load_driver(recording(log, "high", IRP_MJ_CREATE, FLT_PREOP_SUCCESS_NO_CALLBACK),
                      {.altitude = u"360300"});
  machine.load_driver(looking(u"\\Device\\HarddiskVolume1\\plan.txt"), {.altitude = u"360200"});
  machine.load_driver(recording(log, "low", IRP_MJ_CREATE, FLT_PREOP_SUCCESS_NO_CALLBACK),
                      {.altitude = u"360100"});
  EXPECT_EQ(machine.start_process(kApp).create({.path = u"C:\\plan.txt"}).status, STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("high.pre", "looker.pre", "low.pre", "low.pre"));
  EXPECT_EQ(looked.status, STATUS_SUCCESS);
  EXPECT_EQ(looked.size, 4);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(FilterIoTest, AnOpenOfNothingFailsAndLeavesNothing) {
  machine.load_driver(looking(u"\\Device\\HarddiskVolume1\\missing.txt"));
  static_cast<void>(machine.start_process(kApp).exists(u"C:\\plan.txt"));
  EXPECT_EQ(looked.status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_TRUE(machine.verifier().clean());
}

}  // namespace
}  // namespace fltsim::fltmgr
