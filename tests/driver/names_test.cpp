// Deleting, renaming and moving: the file itself, the file as a target, and files below a directory.
#include "driver/drm_machine.hpp"

namespace drmfilter::test {
namespace {

class NamesTest : public DrmMachine {
 protected:
  void SetUp() override { start(); }
  void protect(ProtectionFlags flags) { service->protect(u"C:\\ProtectedDocs\\*.docx", flags); }
  static std::string_view bytes(const auto& structure) {
    return {reinterpret_cast<const char*>(&structure), sizeof structure};
  }
};

TEST_F(NamesTest, DeletingIsDenied) {
  protect(ProtectionFlags::kDelete);
  EXPECT_EQ(word.remove(kPlan).status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(service->blocked(), Contains(BlockedPath(kPlan)));
  expect_plan_unharmed();
}

TEST_F(NamesTest, DeleteOnCloseIsDenied) {
  protect(ProtectionFlags::kDelete);
  expect_denied(open(kPlan, DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE));
  expect_denied(open(kPlan, DELETE | FILE_READ_DATA, FILE_OPEN_IF, FILE_DELETE_ON_CLOSE));
  expect_plan_unharmed();
}

TEST_F(NamesTest, DispositionAndItsExClassAreDenied) {
  protect(ProtectionFlags::kDelete);
  const auto opened = open(kPlan, DELETE);
  EXPECT_EQ(
      word.set(opened.handle, FileDispositionInformation, bytes(FILE_DISPOSITION_INFORMATION{TRUE})).status,
      STATUS_ACCESS_DENIED);
  const FILE_DISPOSITION_INFORMATION_EX posix{FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS};
  EXPECT_EQ(word.set(opened.handle, FileDispositionInformationEx, bytes(posix)).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(
      word.set(opened.handle, FileDispositionInformation, bytes(FILE_DISPOSITION_INFORMATION{FALSE})).status,
      STATUS_SUCCESS);
  word.close(opened.handle);
  expect_plan_unharmed();
}

TEST_F(NamesTest, RenamingWithinTheDirectoryIsRenameAndNotMove) {
  protect(ProtectionFlags::kMove);
  EXPECT_EQ(word.rename(kPlan, u"other.docx").status, STATUS_SUCCESS);
  EXPECT_EQ(word.rename(u"C:\\ProtectedDocs\\other.docx", u"plan.docx").status, STATUS_SUCCESS);
  protect(ProtectionFlags::kRename);
  EXPECT_EQ(word.rename(kPlan, u"other.docx").status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(NamesTest, MovingToAnotherDirectoryIsMoveAndNotRename) {
  protect(ProtectionFlags::kMove);
  EXPECT_EQ(word.move(kPlan, u"C:\\Elsewhere\\plan.docx").status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
  protect(ProtectionFlags::kRename);
  EXPECT_EQ(word.move(kPlan, u"C:\\Elsewhere\\plan.docx").status, STATUS_SUCCESS);
}

TEST_F(NamesTest, RenamingByTheExClassIsDeniedToo) {
  protect(ProtectionFlags::kRename);
  const auto opened = open(kPlan, DELETE);
  EXPECT_EQ(word.set_name(opened.handle, FileRenameInformationEx, u"other.docx",
                          FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS)
                .status,
            STATUS_ACCESS_DENIED);
}

TEST_F(NamesTest, AProtectedFileMayNotBeTheTargetOfARename) {
  c.write_file(u"\\ProtectedDocs\\draft.tmp", "evil");
  for (const ProtectionFlags flags :
       {ProtectionFlags::kRename, ProtectionFlags::kWrite, ProtectionFlags::kDelete}) {
    protect(flags);
    EXPECT_EQ(word.rename(u"C:\\ProtectedDocs\\draft.tmp", u"plan.docx", true).status, STATUS_ACCESS_DENIED);
  }
  expect_plan_unharmed();
}

TEST_F(NamesTest, AProtectedFileMayNotBeTheTargetOfAMove) {
  protect(ProtectionFlags::kMove);
  EXPECT_EQ(word.move(kFree, kPlan, true).status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

// Renaming over a name takes the name from its file, as deleting it would.
TEST_F(NamesTest, AnotherNameOfAProtectedFileMayNotBeReplaced) {
  c.write_file(u"\\Free\\evil.docx", "evil");
  ASSERT_EQ(word.link(u"C:\\Free\\link.docx", kPlan).status, STATUS_SUCCESS);
  protect(ProtectionFlags::kDelete);
  EXPECT_EQ(word.remove(u"C:\\Free\\link.docx").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.rename(u"C:\\Free\\evil.docx", u"link.docx", true).status, STATUS_ACCESS_DENIED);
  const auto evil = open(u"C:\\Free\\evil.docx", FILE_WRITE_ATTRIBUTES);
  EXPECT_EQ(word.set_name(evil.handle, FileLinkInformation, u"link.docx", 1).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(c.read_file(u"\\Free\\link.docx"), "secret");
}

TEST_F(NamesTest, OnlyTheFlagThatReplacesCountsAsReplacing) {
  protect(ProtectionFlags::kDelete);
  const auto moved = open(kFree, DELETE);
  EXPECT_EQ(word.set_name(moved.handle, FileRenameInformationEx, u"\\??\\C:\\ProtectedDocs\\new.docx",
                          FILE_RENAME_POSIX_SEMANTICS)
                .status,
            STATUS_SUCCESS);
}

TEST_F(NamesTest, TheTargetMayBeNamedRelativeToAHandle) {
  protect(ProtectionFlags::kStandard);
  const auto directory = open(u"C:\\ProtectedDocs", FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_DIRECTORY_FILE);
  const auto source = open(kFree, DELETE);
  EXPECT_EQ(word.set_name(source.handle, FileRenameInformation, u"plan.docx", TRUE, directory.handle).status,
            STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(NamesTest, AnEditorThatSavesThroughATemporaryFileIsDenied) {
  protect(ProtectionFlags::kStandard);
  EXPECT_EQ(word.write(u"C:\\ProtectedDocs\\~save.tmp", "new text").status, STATUS_SUCCESS);
  EXPECT_EQ(word.rename(u"C:\\ProtectedDocs\\~save.tmp", u"plan.docx", true).status, STATUS_ACCESS_DENIED);
  expect_plan_unharmed();
}

TEST_F(NamesTest, ADirectoryAboveAProtectedFileMayNotBeRenamedOrMoved) {
  c.write_file(u"\\Top\\Sub\\plan.docx", "secret");
  service->protect(u"C:\\Top\\Sub\\*.docx", ProtectionFlags::kStandard);
  EXPECT_EQ(word.rename(u"C:\\Top\\Sub", u"Other").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.rename(u"C:\\Top", u"Other").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.move(u"C:\\Top\\Sub", u"C:\\Elsewhere\\Sub").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(c.read_file(u"\\Top\\Sub\\plan.docx"), "secret");
  EXPECT_EQ(word.rename(u"C:\\Free", u"Freed").status, STATUS_SUCCESS);
}

TEST_F(NamesTest, ADirectoryMayNotBringFilesUnderProtectedNames) {
  c.write_file(u"\\Stage\\evil.docx", "evil");
  service->protect(u"C:\\Vault\\*.docx", ProtectionFlags::kWrite);
  EXPECT_EQ(word.rename(u"C:\\Stage", u"Vault").status, STATUS_ACCESS_DENIED);
  EXPECT_FALSE(c.exists(u"\\Vault\\evil.docx"));
}

TEST_F(NamesTest, AStreamMayNotTakeThePlaceOfTheContent) {
  c.write_file(u"\\ProtectedDocs\\plan.docx:evil", "evil");
  const auto stream = open(u"C:\\ProtectedDocs\\plan.docx:evil", DELETE);
  protect(ProtectionFlags::kStandard);
  EXPECT_EQ(word.set_name(stream.handle, FileRenameInformation, u":other", TRUE).status,
            STATUS_ACCESS_DENIED);
}

TEST_F(NamesTest, AFileThatIsRenamedUnderAPolicyIsProtectedForHandlesThatWereOpen) {
  const auto opened = open(kFree, GENERIC_WRITE | DELETE);
  service->protect(u"C:\\Elsewhere\\*", ProtectionFlags::kWrite);
  EXPECT_EQ(word.write(opened.handle, "1", 0).status, STATUS_SUCCESS);
  service->configure(false, false);
  EXPECT_EQ(
      word.set_name(opened.handle, FileRenameInformation, u"\\??\\C:\\Elsewhere\\notes.docx", FALSE).status,
      STATUS_SUCCESS);
  service->configure(false, true);
  EXPECT_EQ(word.write(opened.handle, "2", 0).status, STATUS_ACCESS_DENIED);
}

// What a handle that was opened before the policy arrived may still do: docs/DRMFILTER.md.
TEST_F(NamesTest, AHandleOpenedBeforeThePolicyMayReadAndNothingThatIsForbidden) {
  const auto opened = open(kPlan, GENERIC_READ | GENERIC_WRITE | DELETE);
  protect(ProtectionFlags::kStandard);
  EXPECT_EQ(word.read(opened.handle, 6, 0).content, "secret");
  EXPECT_EQ(word.write(opened.handle, "x", 0).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.set_name(opened.handle, FileRenameInformation, u"other.docx", FALSE).status,
            STATUS_ACCESS_DENIED);
  EXPECT_EQ(
      word.set(opened.handle, FileDispositionInformation, bytes(FILE_DISPOSITION_INFORMATION{TRUE})).status,
      STATUS_ACCESS_DENIED);
  word.close(opened.handle);
  expect_plan_unharmed();
}

TEST_F(NamesTest, AMappingMadeBeforeThePolicyMayStillBeWrittenThrough) {
  const auto opened = open(kPlan, GENERIC_READ | GENERIC_WRITE);
  const auto mapped = word.map(opened.handle, true);
  ASSERT_EQ(mapped.status, STATUS_SUCCESS);
  protect(ProtectionFlags::kStandard);
  mapped.view[0] = std::byte{'S'};
  EXPECT_EQ(word.flush_view(mapped.view).status, STATUS_SUCCESS);
  EXPECT_EQ(c.read_file(u"\\ProtectedDocs\\plan.docx"), "Secret");
}

TEST_F(NamesTest, ADeleteOnCloseFromBeforeThePolicyStillDeletes) {
  const auto opened = open(kPlan, DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE);
  protect(ProtectionFlags::kStandard);
  word.close(opened.handle);
  EXPECT_FALSE(c.exists(u"\\ProtectedDocs\\plan.docx"));
}

}  // namespace
}  // namespace drmfilter::test
