// Sections: the acquisition that filters may refuse, and changes that arrive as paging writes (CB-49).
#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

using testing::ElementsAre;

class SectionTest : public IoTest {
 protected:
  static void put(std::span<std::byte> view, std::size_t at, std::string_view text) {
    std::memcpy(view.data() + at, text.data(), text.size());
  }
};

TEST_F(SectionTest, MappingAsksTheStackAndReadsThroughIt) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  stack.clear();
  const MapResult mapped = app.map(file);
  ASSERT_EQ(mapped.status, STATUS_SUCCESS);
  EXPECT_EQ(std::memcmp(mapped.view.data(), "text", 4), 0);
  EXPECT_EQ(mapped.view.size(), 4u);
  EXPECT_THAT(stack.texts(), ElementsAre("acquire for section \\a.txt", "release for section \\a.txt",
                                         "paging read \\a.txt"));
  const Seen acquire = stack.seen().front();
  EXPECT_EQ(acquire.kind, Operation::Kind::kFsFilter);
  EXPECT_EQ(acquire.parameters.AcquireForSectionSynchronization.SyncType, SyncTypeCreateSection);
  EXPECT_EQ(acquire.parameters.AcquireForSectionSynchronization.PageProtection, ULONG{PAGE_READWRITE});
  EXPECT_EQ(stack.first(IRP_MJ_READ).irp_flags, IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO);
}

TEST_F(SectionTest, RefusedAcquisitionRefusesTheMapping) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  stack.before = [](Operation& operation) {
    operation.status.Status = STATUS_ACCESS_DENIED;
    return operation.parameters.MajorFunction == IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION;
  };
  EXPECT_EQ(app.map(file).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(stack.count(IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION), 0u);
}

TEST_F(SectionTest, WritableMappingNeedsWriteAccess) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle reader = app.create({.path = u"C:\\a.txt"}).handle;
  EXPECT_EQ(app.map(reader).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.map(reader, false).status, STATUS_SUCCESS);
}

TEST_F(SectionTest, DirectoryAndEmptyFileCannotBeMapped) {
  c.write_file(u"\\dir\\empty", "");
  const FileHandle dir = app.create({.path = u"C:\\dir"}).handle;
  EXPECT_EQ(app.map(dir, false).status, STATUS_INVALID_FILE_FOR_SECTION);
  EXPECT_EQ(app.map(open(u"C:\\dir\\empty")).status, STATUS_MAPPED_FILE_SIZE_ZERO);
}

TEST_F(SectionTest, ChangesArriveAsPagingWritesAfterCleanupAndBeforeClose) {  // CB-49
  c.write_file(u"\\a.txt", "0123456789");
  const FileHandle file = open(u"C:\\a.txt");
  const MapResult mapped = app.map(file);
  app.close(file);
  put(mapped.view, 2, "xx");
  stack.clear();
  EXPECT_EQ(c.read_file(u"\\a.txt"), "0123456789");
  EXPECT_EQ(app.unmap(mapped.view).status, STATUS_SUCCESS);
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_THAT(stack.texts(),
              ElementsAre("paging write \\a.txt", "close \\a.txt", "deleted \\a.txt", "torn down"));
  const Seen write = stack.first(IRP_MJ_WRITE);
  EXPECT_EQ(write.irp_flags, IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO);
  EXPECT_EQ(write.mode, KernelMode);
  EXPECT_THAT(write.thread, testing::HasSubstr("system worker"));
  EXPECT_EQ(write.parameters.Write.Length, 4096u);
  EXPECT_EQ(c.read_file(u"\\a.txt"), "01xx456789");  // no longer than it was
}

TEST_F(SectionTest, FlushedViewIsWrittenAtOnceInTheThreadThatFlushes) {
  c.write_file(u"\\a.txt", std::string(10000, '.'));
  const MapResult mapped = app.map(open(u"C:\\a.txt"));
  put(mapped.view, 0, "a");
  put(mapped.view, 9000, "b");
  stack.clear();
  EXPECT_EQ(app.flush_view(mapped.view).status, STATUS_SUCCESS);
  EXPECT_EQ(stack.count(IRP_MJ_WRITE), 2u);  // the page between is clean
  EXPECT_EQ(stack.first(IRP_MJ_WRITE).process, "app.exe");
  EXPECT_EQ(c.read_file(u"\\a.txt")->at(9000), 'b');
  EXPECT_EQ(app.flush_view(mapped.view).status, STATUS_SUCCESS);
  EXPECT_EQ(stack.count(IRP_MJ_WRITE), 2u);
}

TEST_F(SectionTest, FailedPagingWriteFailsTheFlush) {
  c.write_file(u"\\a.txt", "text");
  const MapResult mapped = app.map(open(u"C:\\a.txt"));
  put(mapped.view, 0, "T");
  stack.before = [](Operation& operation) {
    operation.status.Status = STATUS_ACCESS_DENIED;
    return operation.parameters.MajorFunction == IRP_MJ_WRITE;
  };
  EXPECT_EQ(app.flush_view(mapped.view).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.flush_view(mapped.view.subspan(1)).status, STATUS_NOT_MAPPED_VIEW);
}

TEST_F(SectionTest, ChangesThatCouldNotBeWrittenAreWrittenByTheNextFlush) {
  c.write_file(u"\\a.txt", "text");
  const MapResult mapped = app.map(open(u"C:\\a.txt"));
  put(mapped.view, 0, "T");
  stack.before = [](Operation& operation) {
    operation.status.Status = STATUS_DISK_FULL;
    return operation.parameters.MajorFunction == IRP_MJ_WRITE;
  };
  EXPECT_EQ(app.flush_view(mapped.view).status, STATUS_DISK_FULL);
  stack.before = nullptr;
  EXPECT_EQ(app.flush_view(mapped.view).status, STATUS_SUCCESS);
  EXPECT_EQ(c.read_file(u"\\a.txt"), "Text");
}

TEST_F(SectionTest, FailedPagingWriteTakesNoOtherAlong) {
  c.write_file(u"\\a.txt", std::string(10000, '.'));
  const MapResult mapped = app.map(open(u"C:\\a.txt"));
  put(mapped.view, 0, "a");
  put(mapped.view, 9000, "b");
  stack.before = [](Operation& operation) {
    operation.status.Status = STATUS_DISK_FULL;
    const FLT_IO_PARAMETER_BLOCK& block = operation.parameters;
    return block.MajorFunction == IRP_MJ_WRITE && block.Parameters.Write.ByteOffset.QuadPart == 0;
  };
  app.unmap(mapped.view);
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(c.read_file(u"\\a.txt")->at(0), '.');
  EXPECT_EQ(c.read_file(u"\\a.txt")->at(9000), 'b');
}

TEST_F(SectionTest, MappingThatLosesToAKillLeavesNoView) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  stack.before = [](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_READ) kill_own_process();
    return false;
  };
  EXPECT_EQ(app.map(file).status, kVerbDidNotEnd);
  EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 1u);
  Process other = machine.start_process({.image = u"C:\\App\\other.exe"});
  EXPECT_EQ(other.truncate(u"C:\\a.txt", 2).status, STATUS_SUCCESS);
}

TEST_F(SectionTest, KilledProcessUnmapsItsViews) {
  c.write_file(u"\\a.txt", "text");
  const MapResult mapped = app.map(open(u"C:\\a.txt"));
  put(mapped.view, 0, "T");
  EXPECT_EQ(app.kill(), Outcome::kDone);
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(c.read_file(u"\\a.txt"), "Text");
  EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 1u);
}

TEST_F(SectionTest, MappedFileCannotBeCutShort) {
  c.write_file(u"\\a.txt", "text");
  const MapResult mapped = app.map(open(u"C:\\a.txt"));
  EXPECT_EQ(app.truncate(u"C:\\a.txt", 2).status, STATUS_USER_MAPPED_FILE);
  EXPECT_EQ(app.truncate(u"C:\\a.txt", 8).status, STATUS_SUCCESS);
  app.unmap(mapped.view);
  EXPECT_EQ(app.truncate(u"C:\\a.txt", 2).status, STATUS_SUCCESS);
}

TEST_F(SectionTest, MappedFileCannotBeOverwritten) {
  c.write_file(u"\\a.txt", "text");
  const MapResult mapped = app.map(open(u"C:\\a.txt"));
  for (const ULONG disposition : {FILE_OVERWRITE, FILE_OVERWRITE_IF, FILE_SUPERSEDE}) {
    EXPECT_EQ(app.create({.path = u"C:\\a.txt", .disposition = disposition}).status, STATUS_USER_MAPPED_FILE);
  }
  EXPECT_EQ(c.read_file(u"\\a.txt"), "text");
  app.unmap(mapped.view);
  EXPECT_EQ(app.create({.path = u"C:\\a.txt", .disposition = FILE_OVERWRITE}).status, STATUS_SUCCESS);
}

}  // namespace
}  // namespace fltsim::io
