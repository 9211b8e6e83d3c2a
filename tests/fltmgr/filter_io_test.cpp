// What a filter opens and asks for itself (CB-50, CB-51).
#include "fltmgr/filter_test.hpp"

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
  Opened look(PCFLT_RELATED_OBJECTS objects, PFLT_INSTANCE instance, std::u16string path) const {
    Counted name(std::move(path));
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, handle_attributes, nullptr, nullptr);
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

  ULONG handle_attributes = OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE;
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

TEST_F(FilterIoTest, WithoutAnInstanceTheFilterSeesItselfAndIsWarned) {  // CB-50, VER-33
  int depth = 0;
  machine.load_driver(on(IRP_MJ_CREATE, [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
    log.push_back("pre");
    if (++depth == 1) looked = look(objects, nullptr, u"\\Device\\HarddiskVolume1\\plan.txt");
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  EXPECT_EQ(machine.start_process(kApp).create({.path = u"C:\\plan.txt"}).status, STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("pre", "pre"));
  EXPECT_EQ(machine.verifier().count("VER-33"), 1u);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(FilterIoTest, HandleInAProgramsTableIsReported) {  // CB-52, VER-36
  handle_attributes = OBJ_CASE_INSENSITIVE;
  machine.load_driver(looking(u"\\Device\\HarddiskVolume1\\plan.txt"));
  machine.verifier().expect("VER-36");
  static_cast<void>(machine.start_process(kApp).exists(u"C:\\plan.txt"));
  EXPECT_EQ(looked.status, STATUS_SUCCESS);
  EXPECT_GE(machine.verifier().count("VER-36"), 1u);
}

using FilterHandleTest = FilterTest;

TEST_F(FilterHandleTest, HandleInTheSystemProcessMayBeAUserOne) {  // CB-52
  load(noting());
  kernel([this] {
    Counted name(u"\\Device\\HarddiskVolume1\\plan.txt");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, 0, nullptr, nullptr);
    HANDLE handle = nullptr;
    IO_STATUS_BLOCK block;
    EXPECT_EQ(FltCreateFileEx(filter, instance, &handle, nullptr, FILE_READ_ATTRIBUTES, &attributes, &block,
                              nullptr, 0, FILE_SHARE_READ, FILE_OPEN, 0, nullptr, 0, 0),
              STATUS_SUCCESS);
    EXPECT_EQ(FltClose(handle), STATUS_SUCCESS);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(FilterIoTest, FltCloseIsForHandlesOfTheFilterManager) {  // VER-22
  machine.verifier().expect("VER-22");
  EXPECT_EQ(machine.system_process().run([] {
    HANDLE event = nullptr;
    EXPECT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(FltClose(event), STATUS_SUCCESS);
  }),
            Outcome::kDone);
  EXPECT_EQ(machine.verifier().count("VER-22"), 1u);
}

TEST_F(FilterIoTest, AnOpenOfNothingFailsAndLeavesNothing) {
  machine.load_driver(looking(u"\\Device\\HarddiskVolume1\\missing.txt"));
  static_cast<void>(machine.start_process(kApp).exists(u"C:\\plan.txt"));
  EXPECT_EQ(looked.status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_TRUE(machine.verifier().clean());
}

}  // namespace
}  // namespace fltsim::fltmgr
