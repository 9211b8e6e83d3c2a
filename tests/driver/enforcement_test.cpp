// What a policy forbids, and each way around it that somebody might try. A denied operation changes nothing.
#include "driver/drm_machine.hpp"

namespace drmfilter::test {
namespace {

class EnforcementTest : public DrmMachine {
 protected:
  void SetUp() override { start(); }
};

TEST_F(EnforcementTest, WriteToProtectedDocumentIsDeniedAndReported) {
  protect_documents();
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(service->blocked(), ElementsAre(BlockedPath(kPlan)));
  expect_plan_unharmed();
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(EnforcementTest, ReadingAProtectedDocumentIsAllowedByAPolicyThatForbidsChanges) {
  protect_documents();
  EXPECT_EQ(word.read(kPlan).content, "secret");
  EXPECT_THAT(service->blocked(), IsEmpty());
}

TEST_F(EnforcementTest, FilesThatNoPolicyNamesAreNotTouched) {
  protect_documents();
  EXPECT_EQ(word.write(kFree, "changed").status, STATUS_SUCCESS);
  EXPECT_EQ(word.rename(kFree, u"renamed.docx").status, STATUS_SUCCESS);
  EXPECT_EQ(word.move(u"C:\\Free\\renamed.docx", u"C:\\Elsewhere\\moved.docx").status, STATUS_SUCCESS);
  EXPECT_EQ(word.remove(u"C:\\Elsewhere\\moved.docx").status, STATUS_SUCCESS);
  EXPECT_THAT(service->blocked(), IsEmpty());
}

TEST_F(EnforcementTest, CaseOfThePathDoesNotMatter) {
  service->protect(u"c:\\PROTECTEDdocs\\Pl?n.*", ProtectionFlags::kStandard);
  EXPECT_EQ(word.write(u"C:\\protectedDOCS\\PLAN.DOCX", "x").status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, DevicePathsNameTheSameFiles) {
  protect_documents();
  EXPECT_EQ(word.write(u"\\Device\\HarddiskVolume1\\ProtectedDocs\\plan.docx", "x").status,
            STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.write(c.guid_name() + u"\\ProtectedDocs\\plan.docx", "x").status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, APolicyMayBeGivenByDevicePathOrWithAPrefix) {
  service->protect(u"\\Device\\HarddiskVolume1\\Free\\*", ProtectionFlags::kWrite);
  EXPECT_EQ(word.write(kFree, "x").status, STATUS_ACCESS_DENIED);
  service->protect(u"\\\\?\\C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
}

TEST_F(EnforcementTest, APolicyOfAnotherVolumeDoesNotApply) {
  machine.add_volume(u"D:").write_file(u"\\ProtectedDocs\\plan.docx", "other");
  protect_documents();
  EXPECT_EQ(word.write(u"D:\\ProtectedDocs\\plan.docx", "x").status, STATUS_SUCCESS);
}

TEST_F(EnforcementTest, SupersedeAndOverwriteAreWrites) {
  protect_documents();
  for (const uint32_t disposition : {FILE_SUPERSEDE, FILE_OVERWRITE, FILE_OVERWRITE_IF})
    expect_denied(open(kPlan, FILE_READ_DATA, disposition));
  expect_plan_unharmed();
  EXPECT_THAT(service->blocked(), SizeIs(3));
}

TEST_F(EnforcementTest, AppendingIsWriting) {
  protect_documents();
  EXPECT_EQ(word.append(kPlan, "x").status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, MakingAFileUnderAProtectedNameIsWriting) {
  protect_documents();
  expect_denied(open(u"C:\\ProtectedDocs\\new.docx", FILE_READ_DATA, FILE_CREATE));
  expect_denied(open(u"C:\\ProtectedDocs\\new.docx", FILE_READ_DATA, FILE_OPEN_IF));
  EXPECT_FALSE(c.exists(u"\\ProtectedDocs\\new.docx"));
}

TEST_F(EnforcementTest, OpenIfOfAProtectedFileThatExistsIsAnOpen) {
  protect_documents();
  EXPECT_EQ(open(kPlan, FILE_READ_DATA, FILE_OPEN_IF).status, STATUS_SUCCESS);
}

TEST_F(EnforcementTest, TruncationByEndOfFileIsDeniedOnAHandleOpenedForAnything) {
  const auto opened = open(kPlan, GENERIC_READ | GENERIC_WRITE);
  protect_documents();
  FILE_END_OF_FILE_INFORMATION end{};
  EXPECT_EQ(
      word.set(opened.handle, FileEndOfFileInformation, {reinterpret_cast<char*>(&end), sizeof end}).status,
      STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, TruncationByAllocationIsDenied) {
  const auto opened = open(kPlan, GENERIC_READ | GENERIC_WRITE);
  protect_documents();
  FILE_ALLOCATION_INFORMATION size{};
  EXPECT_EQ(word.set(opened.handle, FileAllocationInformation, {reinterpret_cast<char*>(&size), sizeof size})
                .status,
            STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, AlternateStreamsOfAProtectedFileAreCovered) {
  c.write_file(u"\\ProtectedDocs\\plan.docx:note", "inside");
  protect_documents();
  EXPECT_EQ(word.write(u"C:\\ProtectedDocs\\plan.docx:note", "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.write(u"C:\\ProtectedDocs\\plan.docx:new", "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.write(u"C:\\ProtectedDocs\\plan.docx::$DATA", "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(c.read_file(u"\\ProtectedDocs\\plan.docx:note"), "inside");
  EXPECT_FALSE(c.exists(u"\\ProtectedDocs\\plan.docx:new"));
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, OpeningByFileIdIsSeenThrough) {
  const auto looked = open(kPlan, FILE_READ_ATTRIBUTES);
  const std::string id = word.query(looked.handle, FileInternalInformation, 8).content;
  const auto root = open(u"C:\\", FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_DIRECTORY_FILE);
  protect_documents();
  std::u16string name(4, u'\0');
  memcpy(name.data(), id.data(), 8);
  const auto by_id = [&](uint32_t access, uint32_t disposition, uint32_t options) {
    return word.create({.path = name,
                        .access = access | SYNCHRONIZE,
                        .disposition = disposition,
                        .options = options | FILE_OPEN_BY_FILE_ID | FILE_SYNCHRONOUS_IO_NONALERT,
                        .root = root.handle});
  };
  expect_denied(by_id(FILE_WRITE_DATA, FILE_OPEN, 0));
  expect_denied(by_id(FILE_READ_DATA, FILE_OVERWRITE, 0));
  expect_denied(by_id(DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE));
  EXPECT_EQ(by_id(FILE_READ_DATA, FILE_OPEN, 0).status, STATUS_SUCCESS);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, ARelativeOpenIsSeenThrough) {
  const auto directory = open(u"C:\\ProtectedDocs", FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_DIRECTORY_FILE);
  protect_documents();
  expect_denied(
      word.create({.path = u"plan.docx", .access = FILE_WRITE_DATA | SYNCHRONIZE, .root = directory.handle}));
}

TEST_F(EnforcementTest, AHardLinkMadeBeforeThePolicyIsNoWayIn) {
  ASSERT_EQ(word.link(u"C:\\Free\\other.txt", kPlan).status, STATUS_SUCCESS);
  protect_documents();
  EXPECT_EQ(word.write(u"C:\\Free\\other.txt", "x").status, STATUS_ACCESS_DENIED);
  expect_denied(open(u"C:\\Free\\other.txt", FILE_WRITE_DATA));
  expect_denied(open(u"C:\\Free\\other.txt", FILE_READ_DATA, FILE_OVERWRITE));
  EXPECT_EQ(word.write(u"C:\\Free\\other.txt:stream", "x").status, STATUS_ACCESS_DENIED);
  EXPECT_FALSE(c.exists(u"\\Free\\other.txt:stream"));
  EXPECT_EQ(word.truncate(u"C:\\Free\\other.txt", 0).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.read(u"C:\\Free\\other.txt").content, "secret");
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, AProtectedFileGetsNoNewHardLink) {
  protect_documents();
  EXPECT_EQ(word.link(u"C:\\Free\\other.txt", kPlan).status, STATUS_ACCESS_DENIED);
  EXPECT_FALSE(c.exists(u"\\Free\\other.txt"));
}

TEST_F(EnforcementTest, AHardLinkMayNotTakeAProtectedName) {
  protect_documents();
  EXPECT_EQ(word.link(u"C:\\ProtectedDocs\\new.docx", kFree).status, STATUS_ACCESS_DENIED);
  EXPECT_FALSE(c.exists(u"\\ProtectedDocs\\new.docx"));
  const auto opened = open(kFree, FILE_READ_ATTRIBUTES);
  EXPECT_EQ(word.set_name(opened.handle, FileLinkInformation, std::u16string(u"\\??\\") + kPlan, 1).status,
            STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, AWritableMappingIsDenied) {
  const auto opened = open(kPlan, GENERIC_READ | GENERIC_WRITE);
  protect_documents();
  EXPECT_EQ(word.map(opened.handle, true).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.map(opened.handle, false).status, STATUS_SUCCESS);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, ReadProtectionCoversReadsAndMappings) {
  const auto opened = open(kPlan, GENERIC_READ);
  service->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kRead);
  EXPECT_EQ(word.read(kPlan).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.read(opened.handle, 6, 0).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.map(opened.handle, false).status, STATUS_ACCESS_DENIED);
  expect_denied(open(kPlan, FILE_READ_DATA));
  EXPECT_EQ(open(kPlan, FILE_READ_ATTRIBUTES).status, STATUS_SUCCESS);
}

TEST_F(EnforcementTest, ExecuteProtectionDeniesExecuteAccess) {
  service->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kExecute);
  expect_denied(open(kPlan, FILE_EXECUTE));
  EXPECT_EQ(open(kPlan, FILE_READ_DATA).status, STATUS_SUCCESS);
}

TEST_F(EnforcementTest, MaximumAllowedGivesAHandleThatCannotWrite) {
  protect_documents();
  const auto opened = open(kPlan, MAXIMUM_ALLOWED);
  ASSERT_EQ(opened.status, STATUS_SUCCESS);
  EXPECT_EQ(word.write(opened.handle, "x", 0).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.map(opened.handle, true).status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, FastIoIsNoWayAround) {
  const auto opened =
      word.create({.path = kPlan, .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, .fast_io = true});
  protect_documents();
  EXPECT_EQ(word.write(opened.handle, "x", 0).status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(EnforcementTest, AFileWithoutANameIsDeniedWhileAPolicyForbidsWriting) {
  const auto opened = open(kFree, GENERIC_WRITE);
  protect_documents();
  machine.fail_next(fltsim::routine::kFltGetFileNameInformation);
  EXPECT_NE(word.write(opened.handle, "x", 0).status, STATUS_SUCCESS);
  EXPECT_EQ(word.write(opened.handle, "x", 0).status, STATUS_SUCCESS);
}

TEST_F(EnforcementTest, WithBlockingOffViolationsAreReportedAndHappen) {
  protect_documents();
  service->configure(false, false);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_SUCCESS);
  const auto reported = service->blocked();
  ASSERT_THAT(reported, Contains(BlockedPath(kPlan)));
  EXPECT_EQ(reported.front().status, STATUS_SUCCESS);
  EXPECT_EQ(service->status().blocked_operations, 0);
}

TEST_F(EnforcementTest, ANoticeSaysWhoWhatAndWhy) {
  protect_documents();
  expect_denied(open(kPlan, FILE_WRITE_DATA));
  const auto blocked = service->blocked();
  ASSERT_THAT(blocked, SizeIs(1));
  EXPECT_EQ(blocked[0].status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(blocked[0].operation, IRP_MJ_CREATE);
  EXPECT_EQ(blocked[0].process_id, word.id());
  EXPECT_NE(blocked[0].thread_id, 0u);
  EXPECT_EQ(blocked[0].reason, u"Writing is forbidden by the policy C:\\PROTECTEDDOCS\\*.DOCX");
}

}  // namespace
}  // namespace drmfilter::test
