// Cleanup and close as separate moments, and what ends with them (CB-47 to CB-49, CTX-20).
#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

using testing::ElementsAre;

class CloseTest : public IoTest {};

TEST_F(CloseTest, CleanupThenCloseThenTheContextsGo) {  // CB-49, CTX-20
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  app.read(file, 1);
  app.close(file);
  EXPECT_THAT(stack.texts(), ElementsAre("create \\a.txt", "read \\a.txt", "cleanup \\a.txt", "close \\a.txt",
                                         "deleted \\a.txt", "torn down"));
  for (const UCHAR major : {UCHAR{IRP_MJ_CLEANUP}, UCHAR{IRP_MJ_CLOSE}}) {
    EXPECT_EQ(stack.first(major).irp_flags, IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API);
    EXPECT_EQ(stack.first(major).mode, KernelMode);
    EXPECT_EQ(stack.first(major).process, "app.exe");
  }
}

TEST_F(CloseTest, StreamIsTornDownWithItsLastFileObject) {  // CTX-20
  c.write_file(u"\\a.txt", "");
  const FileHandle first = open(u"C:\\a.txt");
  const FileHandle second = open(u"C:\\a.txt");
  app.close(first);
  EXPECT_THAT(stack.torn_down, testing::IsEmpty());
  app.close(second);
  ASSERT_EQ(stack.torn_down.size(), 1u);
}

TEST_F(CloseTest, CleanupComesWithTheLastOfTwoHandles) {  // CB-47
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  const Outcome done = app.run([&] {
    nt::Ref<void> object;
    ASSERT_EQ(nt::reference_by_handle(reinterpret_cast<HANDLE>(file), 0, &kFileType, nt::Mode::kUser, object),
              STATUS_SUCCESS);
    const HANDLE second = nt::make_handle(object.get(), 0, false);
    ASSERT_EQ(nt::close_handle(reinterpret_cast<HANDLE>(file), nt::Mode::kUser), STATUS_SUCCESS);
    EXPECT_EQ(stack.count(IRP_MJ_CLEANUP), 0u);
    ASSERT_EQ(nt::close_handle(second, nt::Mode::kUser), STATUS_SUCCESS);
    EXPECT_EQ(stack.count(IRP_MJ_CLEANUP), 1u);
    EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 0u);  // `object` holds the last reference
  });
  EXPECT_EQ(done, Outcome::kDone);
  EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 1u);
}

TEST_F(CloseTest, FileCanBeReadBetweenCleanupAndClose) {  // CB-49
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  const Outcome done = app.run([&] {
    nt::Ref<void> object;
    ASSERT_EQ(nt::reference_by_handle(reinterpret_cast<HANDLE>(file), 0, &kFileType, nt::Mode::kUser, object),
              STATUS_SUCCESS);
    ASSERT_EQ(nt::close_handle(reinterpret_cast<HANDLE>(file), nt::Mode::kUser), STATUS_SUCCESS);
    auto& closing = *static_cast<FileObject*>(object.get());
    EXPECT_TRUE(closing.has_flag(FO_CLEANUP_COMPLETE));
    char buffer[4];
    const Transfer transfer{.buffer = buffer, .length = 4, .irp_flags = IRP_PAGING_IO | IRP_NOCACHE};
    const IO_STATUS_BLOCK read = manager().read({.thread = nt::current_thread()}, closing, transfer);
    EXPECT_EQ(read.Status, STATUS_SUCCESS);
    EXPECT_EQ(std::string(buffer, 4), "text");
  });
  EXPECT_EQ(done, Outcome::kDone);
}

TEST_F(CloseTest, KilledProcessClosesItsHandlesInItsOwnContext) {
  c.write_file(u"\\a.txt", "");
  open(u"C:\\a.txt");
  open(u"C:\\new.txt", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, FILE_CREATE);
  EXPECT_EQ(app.kill(), Outcome::kDone);
  EXPECT_EQ(stack.count(IRP_MJ_CLEANUP), 2u);
  EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 2u);
  EXPECT_EQ(stack.first(IRP_MJ_CLEANUP).process, "app.exe");
  EXPECT_FALSE(c.exists(u"\\new.txt"));
  EXPECT_EQ(app.read(u"C:\\a.txt").status, kVerbDidNotEnd);
}

TEST_F(CloseTest, CreateThatLosesToAKillIsCleanedUpToo) {  // CB-47, CB-49
  c.write_file(u"\\a.txt", "");
  stack.after = [](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_CREATE) kill_own_process();
  };
  EXPECT_EQ(app.create({.path = u"C:\\a.txt"}).status, kVerbDidNotEnd);
  EXPECT_THAT(stack.texts(), ElementsAre("create \\a.txt", "cleanup \\a.txt", "close \\a.txt",
                                         "deleted \\a.txt", "torn down"));
}

TEST_F(CloseTest, CleanupThatAFilterKeepsReachesTheFileSystemWithTheClose) {  // CB-48
  c.write_file(u"\\a.txt", "");
  const FileHandle file = app.create({.path = u"C:\\a.txt", .share = 0}).handle;
  stack.before = [](Operation& operation) {
    operation.status = {};
    return operation.parameters.MajorFunction == IRP_MJ_CLEANUP;
  };
  app.close(file);
  stack.before = nullptr;
  EXPECT_EQ(app.create({.path = u"C:\\a.txt"}).status, STATUS_SUCCESS);
}

TEST_F(CloseTest, CloseThatAFilterKeepsLeavesTheOpenBelow) {  // CB-48
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  stack.before = [](Operation& operation) {
    operation.status = {};
    return operation.parameters.MajorFunction == IRP_MJ_CLOSE;
  };
  app.close(file);
  EXPECT_THAT(stack.torn_down, testing::IsEmpty());
  EXPECT_EQ(stack.texts().back(), "deleted \\a.txt");
}

}  // namespace
}  // namespace fltsim::io
