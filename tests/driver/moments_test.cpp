// When a policy counts: it comes, it goes, its volume comes late, and the driver lacks memory meanwhile.
#include "driver/siege.hpp"

namespace drmfilter::test {
namespace {

class MomentsTest : public testing::TestWithParam<VolumeKind> {
 protected:
  Siege siege{GetParam()};
};

TEST_P(MomentsTest, AHandleFromUnderAPolicyWritesOnceThePolicyIsGone) {
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kStandard);
  const auto opened = siege.open(Siege::kSecret, MAXIMUM_ALLOWED).handle;
  EXPECT_EQ(siege.app.write(opened, "x", 0).status, STATUS_ACCESS_DENIED);
  siege.service->unprotect(u"c:\\vault\\*");
  EXPECT_EQ(siege.app.write(opened, "S", 0).status, STATUS_SUCCESS);
  EXPECT_EQ(siege.c->read_file(u"\\Vault\\plan.docx"), "Secret");
  siege.protect(u"C:\\Vault\\plan.docx", ProtectionFlags::kWrite);
  EXPECT_EQ(siege.app.write(opened, "x", 0).status, STATUS_ACCESS_DENIED);
}

TEST_P(MomentsTest, OfTwoPoliciesTheOneThatStaysGoesOnForbidding) {
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kStandard);
  siege.protect(u"C:\\Vault\\plan.docx", ProtectionFlags::kDelete);
  siege.service->unprotect(u"C:\\Vault\\*");
  EXPECT_EQ(siege.app.remove(Siege::kSecret).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(siege.app.write(Siege::kSecret, "x").status, STATUS_SHARING_VIOLATION) << "an old handle is open";
}

TEST_P(MomentsTest, APolicyForAVolumeThatIsMountedLaterCountsFromTheFirstOpen) {
  siege.protect(u"E:\\Vault\\*", ProtectionFlags::kStandard);
  static_cast<void>(siege.app.read(Siege::kSecret));  // so that the driver has looked up its letters
  fltsim::Volume& e = siege.machine.add_volume(u"E:");
  e.write_file(u"\\Vault\\plan.docx", "secret");
  EXPECT_EQ(siege.app.write(u"E:\\Vault\\plan.docx", "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(siege.app.remove(e.device_name() + u"\\Vault\\plan.docx").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(e.read_file(u"\\Vault\\plan.docx"), "secret");
}

// Nothing that the driver is refused makes it let something through.
TEST_P(MomentsTest, WithoutMemoryNamesOrContextsNothingGetsThrough) {
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kStandard);
  for (const char* routine :
       {"ExAllocatePool2", "FltAllocateContext", "FltSetStreamHandleContext", "FltGetFileNameInformation",
        "FltParseFileNameInformation", "FltQueryInformationFile", "FltCreateFileEx2", "FltCreateFileEx",
        "FltGetDestinationFileNameInformation", "ZwOpenSymbolicLinkObject", "ZwQuerySymbolicLinkObject"}) {
    for (uint32_t times = 1; times <= 3; ++times) {
      SCOPED_TRACE(routine);
      const auto lacking = [&](auto&& attempt) {
        siege.machine.fail_next(routine, times);
        attempt();
      };
      const auto& app = siege.app;
      lacking([&] { app.close(siege.open(u"C:\\Free\\link.docx", FILE_READ_DATA, FILE_OVERWRITE).handle); });
      lacking([&] { app.close(siege.open(Siege::kSecret, FILE_READ_DATA, FILE_SUPERSEDE).handle); });
      lacking([&] { siege.do_everything_with(siege.open(Siege::kSecret, MAXIMUM_ALLOWED).handle); });
      lacking([&] { siege.do_everything_with(siege.everything_on_plan); });
      lacking([&] { app.rename(u"C:\\Vault", u"Vault2"); });
      lacking([&] { app.rename(u"C:\\Stage", u"Vault", true); });
      lacking([&] { app.move(u"C:\\Free\\evil.docx", Siege::kSecret, true); });
      lacking([&] { app.link(u"C:\\Free\\second.docx", Siege::kSecret); });
      lacking([&] { app.close(siege.open(Siege::kSecret, DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE).handle); });
    }
  }
  siege.expect_nothing_changed();
}

TEST_P(MomentsTest, AFileWithANameOfTheGreatestLengthIsProtected) {
  std::u16string folder = u"\\Vault";
  for (int level = 0; level < 127; ++level)
    folder += u"\\" + std::u16string(255, static_cast<char16_t>(u'a' + level % 26));
  const std::u16string path = folder + u"\\plan.docx";
  siege.c->write_file(path, "secret");
  for (const char16_t* pattern : {u"C:\\Vault\\*", u"*.docx"}) {
    siege.protect(pattern, ProtectionFlags::kStandard);
    EXPECT_EQ(siege.app.write(u"C:" + path, "x").status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(siege.app.remove(u"C:" + path).status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(siege.app.rename(u"C:" + folder, u"other").status, STATUS_ACCESS_DENIED);
    siege.service->unprotect(pattern);
  }
  EXPECT_EQ(siege.c->read_file(path), "secret");
}

// What the driver looks at before an open that destroys does not show in the answer.
TEST_P(MomentsTest, OpensOfUnprotectedNamesEndAsWithoutAPolicy) {
  const std::pair<const char16_t*, int32_t> opens[] = {
      {u"C:\\Missing\\x.docx", STATUS_OBJECT_PATH_NOT_FOUND},
      {u"C:\\Free\\evil.docx\\x.docx", STATUS_OBJECT_PATH_NOT_FOUND},
      {u"C:\\Free\\missing.docx", STATUS_OBJECT_NAME_NOT_FOUND},
      {u"C:\\Free\\missing.docx:stream", STATUS_OBJECT_NAME_NOT_FOUND},
      {u"C:\\Free\\a|b", STATUS_OBJECT_NAME_INVALID},
      {u"C:\\Free\\sub", STATUS_OBJECT_NAME_COLLISION},
      {u"C:\\", STATUS_OBJECT_NAME_COLLISION},
      {u"C:\\Free\\evil.docx", STATUS_SUCCESS},
  };
  for (const bool protecting : {false, true}) {
    if (protecting) siege.protect(u"C:\\Vault\\*", ProtectionFlags::kStandard);
    for (const auto& [path, status] : opens) {
      const auto opened = siege.open(path, FILE_READ_DATA, FILE_OVERWRITE);
      EXPECT_EQ(opened.status, status) << Siege::narrow(path) << " protecting " << protecting;
      siege.app.close(opened.handle);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Volumes, MomentsTest, testing::Values(VolumeKind::kMemory, VolumeKind::kHost),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace drmfilter::test
