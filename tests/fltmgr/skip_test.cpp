// Registration flags that keep an instance out of operations, and fast I/O (CB-7, CB-16).
#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SkipTest : public FilterTest {
 protected:
  SkipTest() { disk.write_file(u"\\page.bin", std::string(4096, 'x')); }

  FileHandle open_for_writing(std::uint32_t options = 0, bool fast_io = false) {
    const CreateResult result = app.create({.path = u"C:\\page.bin",
                                            .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
                                            .options = FILE_SYNCHRONOUS_IO_NONALERT | options,
                                            .fast_io = fast_io});
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    return result.handle;
  }

  // One write of each kind; which of them the callbacks with these flags saw.
  Log seen_with(FLT_OPERATION_REGISTRATION_FLAGS flags) {
    LambdaDriver driver = noting();
    driver.operations.push_back({.major = IRP_MJ_WRITE,
                                 .pre =
                                     [this](auto, auto, auto) {
                                       log.push_back(kind);
                                       return FLT_PREOP_SUCCESS_WITH_CALLBACK;
                                     },
                                 .post =
                                     [this](auto, auto, auto, auto) {
                                       ++posts;
                                       return FLT_POSTOP_FINISHED_PROCESSING;
                                     },
                                 .flags = flags});
    load(std::move(driver));
    const std::string page(4096, 'y');
    kind = "cached";
    app.write(open_for_writing(), page, 0);
    kind = "fast";
    app.write(open_for_writing(0, true), page, 0);
    kind = "uncached";
    app.write(open_for_writing(FILE_NO_INTERMEDIATE_BUFFERING), page, 0);
    kind = "paging";
    const MapResult mapped = app.map(open_for_writing());
    mapped.view[0] = std::byte{'z'};
    EXPECT_EQ(app.flush_view(mapped.view).status, STATUS_SUCCESS);
    EXPECT_EQ(posts, log.size());
    const Log seen = log;
    app.unmap(mapped.view);
    return seen;
  }

  std::string kind;
  Log log;
  std::size_t posts = 0;
};

TEST_F(SkipTest, WithoutFlagsEveryWriteIsSeen) {
  EXPECT_THAT(seen_with(0), ElementsAre("cached", "fast", "uncached", "paging"));
}

TEST_F(SkipTest, SkipPagingIo) {  // CB-7
  EXPECT_THAT(seen_with(FLTFL_OPERATION_REGISTRATION_SKIP_PAGING_IO),
              ElementsAre("cached", "fast", "uncached"));
}

TEST_F(SkipTest, SkipCachedIoSkipsFastIoToo) {  // CB-7
  EXPECT_THAT(seen_with(FLTFL_OPERATION_REGISTRATION_SKIP_CACHED_IO), ElementsAre("uncached", "paging"));
}

TEST_F(SkipTest, SkipNonCachedNonPagingIo) {  // CB-7
  EXPECT_THAT(seen_with(FLTFL_OPERATION_REGISTRATION_SKIP_NON_CACHED_NON_PAGING_IO),
              ElementsAre("cached", "fast", "paging"));
}

TEST_F(SkipTest, SkipNonDasdIoLeavesTheVolumeItself) {  // CB-7
  LambdaDriver driver = noting();
  for (UCHAR major : {IRP_MJ_CREATE, IRP_MJ_CLEANUP}) {
    std::erase_if(driver.operations, [&](const auto& operation) { return operation.major == major; });
    driver.operations.push_back({.major = major,
                                 .pre =
                                     [this, major](auto, auto, auto) {
                                       log.push_back(kind +
                                                     (major == IRP_MJ_CREATE ? " create" : " cleanup"));
                                       return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                     },
                                 .flags = FLTFL_OPERATION_REGISTRATION_SKIP_NON_DASD_IO});
  }
  load(std::move(driver));
  kind = "file";
  app.close(open_for_writing());
  kind = "volume";
  const CreateResult opened_volume = app.create({.path = u"\\??\\C:"});
  EXPECT_EQ(opened_volume.status, STATUS_SUCCESS);
  app.close(opened_volume.handle);
  EXPECT_THAT(log, ElementsAre("volume create", "volume cleanup"));
}

TEST_F(SkipTest, DisallowedFastIoComesAgainAsAnIrpFromTheTop) {  // CB-16, T-32
  LambdaDriver upper = noting();
  upper.operations.push_back({.major = IRP_MJ_WRITE,
                              .pre =
                                  [this](PFLT_CALLBACK_DATA data, auto, auto) {
                                    log.push_back(FLT_IS_FASTIO_OPERATION(data) ? "a.pre fast" : "a.pre irp");
                                    return FLT_PREOP_SUCCESS_WITH_CALLBACK;
                                  },
                              .post =
                                  [this](PFLT_CALLBACK_DATA data, auto, auto, auto) {
                                    const bool refused = data->IoStatus.Status == STATUS_FLT_DISALLOW_FAST_IO;
                                    log.push_back(refused ? "a.post refused" : "a.post");
                                    return FLT_POSTOP_FINISHED_PROCESSING;
                                  }});
  machine.load_driver(std::move(upper), {.altitude = u"360300"});
  machine.load_driver(on(
                          IRP_MJ_WRITE,
                          [this](PFLT_CALLBACK_DATA data, auto, auto) {
                            log.push_back("b.pre");
                            return FLT_IS_FASTIO_OPERATION(data) ? FLT_PREOP_DISALLOW_FASTIO
                                                                 : FLT_PREOP_SUCCESS_NO_CALLBACK;
                          },
                          [this](auto, auto, auto, auto) {
                            log.push_back("b.post");
                            return FLT_POSTOP_FINISHED_PROCESSING;
                          }),
                      {.altitude = u"360200"});
  machine.load_driver(recording(log, "c", IRP_MJ_WRITE, FLT_PREOP_SUCCESS_NO_CALLBACK),
                      {.altitude = u"360100"});
  EXPECT_EQ(app.write(open_for_writing(0, true), "new", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(log,
              ElementsAre("a.pre fast", "b.pre", "a.post refused", "a.pre irp", "b.pre", "c.pre", "a.post"));
}

TEST_F(SkipTest, DisallowingAnIrpIsReported) {  // VER-5
  load(on(IRP_MJ_WRITE, [](auto, auto, auto) { return FLT_PREOP_DISALLOW_FASTIO; }));
  EXPECT_FALSE(NT_SUCCESS(app.write(open_for_writing(), "new", 0).status));
  EXPECT_THAT(finding("VER-5"), HasSubstr("no fast I/O"));
}

TEST_F(SkipTest, SynchronizeForACreateIsReported) {  // CB-13, VER-8
  load(on(
      IRP_MJ_CREATE, [](auto, auto, auto) { return FLT_PREOP_SYNCHRONIZE; },
      [](auto, auto, auto, auto) { return FLT_POSTOP_FINISHED_PROCESSING; }));
  EXPECT_THAT(finding("VER-8"), HasSubstr("create"));
  EXPECT_EQ(machine.verifier().findings().front().severity, Severity::kWarning);
}

TEST_F(SkipTest, StatusThatIsSetAndGoesOnWithACallbackIsReported) {  // VER-10
  load(on(
      IRP_MJ_WRITE,
      [](PFLT_CALLBACK_DATA data, auto, auto) {
        data->IoStatus.Status = STATUS_ACCESS_DENIED;
        return FLT_PREOP_SUCCESS_WITH_CALLBACK;
      },
      [](auto, auto, auto, auto) { return FLT_POSTOP_FINISHED_PROCESSING; }));
  EXPECT_EQ(app.write(open_for_writing(), "new", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-10"), HasSubstr("ignored"));
}

TEST_F(SkipTest, FailingACreateThatWasRedirectedNeedsNoCancel) {  // CB-41, CB-43
  machine.load_driver(on(
                          IRP_MJ_CREATE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
                          [](PFLT_CALLBACK_DATA data, auto, auto, auto) {
                            if (data->IoStatus.Status == STATUS_REPARSE)
                              data->IoStatus.Status = STATUS_ACCESS_DENIED;
                            return FLT_POSTOP_FINISHED_PROCESSING;
                          }),
                      {.altitude = u"360200"});
  machine.load_driver(on(IRP_MJ_CREATE,
                         [](PFLT_CALLBACK_DATA data, auto, auto) {
                           data->IoStatus.Status = STATUS_REPARSE;
                           data->IoStatus.Information = IO_REPARSE;
                           return FLT_PREOP_COMPLETE;
                         }),
                      {.altitude = u"360100"});
  EXPECT_EQ(app.read(u"C:\\plan.txt").status, STATUS_ACCESS_DENIED);
  EXPECT_TRUE(machine.verifier().clean());
}

}  // namespace
}  // namespace fltsim::fltmgr
