// Reads, writes and flushes of a filter's own (CB-50, CB-54).
#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;

class TransferTest : public FilterTest {
 protected:
  // A file of the filter's own: its handle goes with the object.
  struct Own {
    HANDLE handle = nullptr;
    PFILE_OBJECT object = nullptr;
    ~Own() {
      ObDereferenceObject(object);
      FltClose(handle);
    }
  };
  void open_own(Own& own, ULONG options = FILE_SYNCHRONOUS_IO_NONALERT) {
    Counted name(u"\\Device\\HarddiskVolume1\\plan.txt");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    IO_STATUS_BLOCK block;
    ASSERT_EQ(FltCreateFileEx(filter, instance, &own.handle, &own.object,
                              GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, nullptr, 0, 7,
                              FILE_OPEN, options, nullptr, 0, 0),
              STATUS_SUCCESS);
  }
  struct Read {
    NTSTATUS status;
    std::string bytes;
  };
  Read read(const Own& own, ULONG length, LARGE_INTEGER* offset, FLT_IO_OPERATION_FLAGS flags = 0) {
    std::string buffer(length, '#');
    ULONG count = 77;
    const NTSTATUS status =
        FltReadFile(instance, own.object, offset, length, buffer.data(), flags, &count, nullptr, nullptr);
    return {status, buffer.substr(0, count)};
  }
  static LARGE_INTEGER at(LONGLONG offset) {
    LARGE_INTEGER result;
    result.QuadPart = offset;
    return result;
  }
};

TEST_F(TransferTest, FilterReadsAndWritesBelowItself) {  // CB-50, CB-54
  Log log;
  load(noting(), {.altitude = u"360200"});
  load(recording(log, "high", IRP_MJ_WRITE, FLT_PREOP_SUCCESS_NO_CALLBACK), {.altitude = u"360300"});
  load(recording(log, "low", IRP_MJ_WRITE, FLT_PREOP_SUCCESS_NO_CALLBACK), {.altitude = u"360100"});
  kernel([&] {
    Own own;
    open_own(own);
    LARGE_INTEGER start = at(1);
    char text[] = "NE";
    ULONG count = 0;
    EXPECT_EQ(FltWriteFile(instance, own.object, &start, 2, text, 0, &count, nullptr, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(count, 2u);
    EXPECT_EQ(FltFlushBuffers(instance, own.object), STATUS_SUCCESS);
    start = at(0);
    EXPECT_EQ(read(own, 10, &start).bytes, "oNE");
  });
  EXPECT_EQ(disk.read_file(u"\\plan.txt"), "oNE");
  EXPECT_THAT(log, ElementsAre("low.pre"));
}

TEST_F(TransferTest, PositionMovesUnlessTheFlagSaysNo) {  // CB-54
  load(noting());
  kernel([&] {
    Own own;
    open_own(own);
    EXPECT_EQ(read(own, 1, nullptr, FLTFL_IO_OPERATION_DO_NOT_UPDATE_BYTE_OFFSET).bytes, "o");
    EXPECT_EQ(read(own, 1, nullptr).bytes, "o");
    EXPECT_EQ(read(own, 9, nullptr).bytes, "ld");
    EXPECT_EQ(read(own, 9, nullptr).status, STATUS_END_OF_FILE);
    Own asynchronous;
    open_own(asynchronous, 0);
    EXPECT_EQ(read(asynchronous, 1, nullptr).status, STATUS_INVALID_PARAMETER);
  });
}

TEST_F(TransferTest, UncachedTransfersAreWholeSectors) {  // CB-54, VER-35
  load(noting());
  kernel([&] {
    Own own;
    open_own(own);
    LARGE_INTEGER start = at(0);
    EXPECT_EQ(read(own, 512, &start, FLTFL_IO_OPERATION_NON_CACHED).bytes, "old");
    EXPECT_EQ(read(own, 3, &start, FLTFL_IO_OPERATION_NON_CACHED).status, STATUS_INVALID_PARAMETER);
  });
  EXPECT_THAT(finding("VER-35"), testing::HasSubstr("whole sectors"));
}

}  // namespace
}  // namespace fltsim::fltmgr
