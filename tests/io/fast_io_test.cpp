// Fast I/O: tried first where Windows tries it, and asked again as an IRP when a filter disallows it (CB-4,
// CB-16).
#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

using testing::ElementsAre;

class FastIoTest : public IoTest {
 protected:
  FileHandle open_fast(std::uint32_t options = FILE_SYNCHRONOUS_IO_NONALERT) {
    c.write_file(u"\\a.txt", std::string(512, 'x'));
    const FileHandle file = app.create({.path = u"C:\\a.txt",
                                        .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
                                        .options = options,
                                        .fast_io = true})
                                .handle;
    stack.clear();
    return file;
  }
};

TEST_F(FastIoTest, ReadsWritesAndQueriesAreFastWhenNobodyMinds) {  // CB-4
  const FileHandle file = open_fast();
  EXPECT_EQ(app.read(file, 3).content, "xxx");
  EXPECT_EQ(app.write(file, "y").status, STATUS_SUCCESS);
  EXPECT_EQ(app.query(file, FileBasicInformation, 40).information, 40u);
  EXPECT_EQ(app.query(file, FileStandardInformation, 24).information, 24u);
  EXPECT_EQ(app.query(file, FileInternalInformation, 8).information, 8u);
  EXPECT_THAT(stack.texts(),
              ElementsAre("fast read \\a.txt", "fast write \\a.txt", "fast query basic \\a.txt",
                          "fast query standard \\a.txt", "query information 6 \\a.txt"));
  EXPECT_EQ(stack.first(IRP_MJ_READ).kind, Operation::Kind::kFastIo);
  EXPECT_EQ(stack.first(IRP_MJ_READ).irp_flags, 0u);
}

TEST_F(FastIoTest, DisallowedFastIoIsAskedAgainAsAnIrpFromTheTop) {  // CB-16
  const FileHandle file = open_fast();
  stack.before = [](Operation& operation) {
    operation.status.Status = STATUS_FLT_DISALLOW_FAST_IO;
    return operation.kind == Operation::Kind::kFastIo;
  };
  EXPECT_EQ(app.read(file, 3).content, "xxx");
  EXPECT_EQ(app.write(file, "y").information, 1u);
  EXPECT_EQ(app.query(file, FileBasicInformation, 40).status, STATUS_SUCCESS);
  EXPECT_THAT(stack.texts(), ElementsAre("fast read \\a.txt", "read \\a.txt", "fast write \\a.txt",
                                         "write \\a.txt", "fast query basic \\a.txt", "query basic \\a.txt"));
  EXPECT_EQ(stack.seen().front().status, STATUS_FLT_DISALLOW_FAST_IO);
}

TEST_F(FastIoTest, OtherFailureOfFastIoIsFinal) {
  const FileHandle file = open_fast();
  stack.before = [](Operation& operation) {
    operation.status.Status = STATUS_ACCESS_DENIED;
    return operation.kind == Operation::Kind::kFastIo;
  };
  EXPECT_EQ(app.read(file, 3).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(stack.seen().size(), 1u);
}

TEST_F(FastIoTest, UncachedAndAsynchronousFilesHaveNoFastIo) {
  const FileHandle uncached = open_fast(FILE_SYNCHRONOUS_IO_NONALERT | FILE_NO_INTERMEDIATE_BUFFERING);
  EXPECT_EQ(app.read(uncached, 512, 0).status, STATUS_SUCCESS);
  const FileHandle asynchronous = open_fast(0);
  EXPECT_EQ(app.read(asynchronous, 512, 0).status, STATUS_SUCCESS);
  EXPECT_THAT(stack.texts(), ElementsAre("read \\a.txt"));
}

TEST_F(FastIoTest, IrpsAreTheDefault) {
  c.write_file(u"\\a.txt", "x");
  app.read(open(u"C:\\a.txt"), 1);
  EXPECT_THAT(stack.texts(), ElementsAre("create \\a.txt", "read \\a.txt"));
}

}  // namespace
}  // namespace fltsim::io
