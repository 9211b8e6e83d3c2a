// Conformance: disposition, delete on close, and the two moments cleanup and close.
#pragma once

#include "conformance/file_system_environment.hpp"

namespace fltsim::fs {

using DeleteConformance = FileSystemConformance;

TEST_P(DeleteConformance, DispositionTakesEffectWithTheLastCleanup) {
  given_file("\\file", "bytes");
  Handle first = open(u"\\file");
  Handle second = open(u"\\file");
  ASSERT_EQ(first.remove(), STATUS_SUCCESS);
  EXPECT_TRUE(second.info().delete_pending);
  EXPECT_EQ(second.info().number_of_links, 0u);
  EXPECT_FALSE(first.cleanup().link_deleted);
  EXPECT_EQ(open(u"\\file", FILE_READ_ATTRIBUTES).status, STATUS_DELETE_PENDING);
  EXPECT_EQ(make(u"\\file").status, STATUS_DELETE_PENDING);
  EXPECT_TRUE(second.cleanup().link_deleted);
  EXPECT_EQ(open(u"\\file").status, STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_P(DeleteConformance, DeletedFileIsReadableUntilCloseAndItsNameIsFree) {
  given_file("\\file", "bytes");
  Handle handle = open(u"\\file");
  ASSERT_EQ(handle.remove(), STATUS_SUCCESS);
  CleanupResult result = handle.cleanup();
  EXPECT_TRUE(result.link_deleted);
  EXPECT_TRUE(result.stream_deleted);
  EXPECT_EQ(make(u"\\file").status, STATUS_SUCCESS);
  EXPECT_EQ(handle.text(), "bytes");
  EXPECT_EQ(handle.name(), "status " + std::to_string(STATUS_FILE_DELETED));
}

TEST_P(DeleteConformance, PendingDeletionCanBeTakenBack) {
  given_file("\\file");
  Handle handle = open(u"\\file");
  ASSERT_EQ(handle.remove(), STATUS_SUCCESS);
  ASSERT_EQ(handle.remove(0), STATUS_SUCCESS);
  handle.close();
  EXPECT_TRUE(exists(u"\\file"));
}

TEST_P(DeleteConformance, DeleteOnCloseShowsAsPendingOnlyAfterItsCleanup) {
  given_file("\\file");
  Handle deleting = open(u"\\file", DELETE, FILE_DELETE_ON_CLOSE);
  Handle other = open(u"\\file");
  EXPECT_FALSE(other.info().delete_pending);
  deleting.cleanup();
  EXPECT_TRUE(other.info().delete_pending);
  EXPECT_EQ(open(u"\\file").status, STATUS_DELETE_PENDING);
  other.close();
  EXPECT_FALSE(exists(u"\\file"));
}

TEST_P(DeleteConformance, DispositionDoesNotTakeBackDeleteOnClose) {
  given_file("\\file");
  Handle handle = open(u"\\file", DELETE, FILE_DELETE_ON_CLOSE);
  ASSERT_EQ(handle.remove(0), STATUS_SUCCESS);
  handle.close();
  EXPECT_FALSE(exists(u"\\file"));
}

TEST_P(DeleteConformance, OnCloseFlagTakesBackDeleteOnCloseAndNeedsIt) {
  given_file("\\file");
  Handle plain = open(u"\\file");
  EXPECT_EQ(plain.remove(FILE_DISPOSITION_ON_CLOSE | FILE_DISPOSITION_DELETE), STATUS_NOT_SUPPORTED);
  Handle deleting = open(u"\\file", DELETE, FILE_DELETE_ON_CLOSE);
  EXPECT_EQ(deleting.remove(FILE_DISPOSITION_ON_CLOSE), STATUS_SUCCESS);
  deleting.close();
  plain.close();
  EXPECT_TRUE(exists(u"\\file"));
}

TEST_P(DeleteConformance, PosixDeletionFreesTheNameWithItsOwnCleanup) {
  given_file("\\file", "bytes");
  Handle other = open(u"\\file");
  Handle deleting = open(u"\\file");
  ASSERT_EQ(deleting.remove(FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS), STATUS_SUCCESS);
  EXPECT_TRUE(deleting.cleanup().link_deleted);
  EXPECT_EQ(make(u"\\file").status, STATUS_SUCCESS);
  EXPECT_EQ(other.text(), "bytes");
  EXPECT_EQ(other.write("still"), STATUS_SUCCESS);
}

TEST_P(DeleteConformance, ReadOnlyFileCannotBeDeletedUnlessTheFlagSaysSo) {
  given_file("\\file");
  Handle handle = open(u"\\file");
  ASSERT_EQ(handle.set_attributes(FILE_ATTRIBUTE_READONLY), STATUS_SUCCESS);
  EXPECT_EQ(handle.remove(), STATUS_CANNOT_DELETE);
  EXPECT_EQ(handle.remove(FILE_DISPOSITION_DELETE | FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE),
            STATUS_SUCCESS);
  handle.close();
  EXPECT_FALSE(exists(u"\\file"));
}

TEST_P(DeleteConformance, UnknownDispositionFlagIsNotSupported) {
  given_file("\\file");
  EXPECT_EQ(open(u"\\file").remove(0x8000), STATUS_NOT_SUPPORTED);
}

TEST_P(DeleteConformance, DirectoryMustBeEmptyAndTheRootStays) {
  given_directory("\\dir");
  given_file("\\dir\\file");
  Handle dir = open(u"\\dir");
  EXPECT_EQ(dir.remove(), STATUS_DIRECTORY_NOT_EMPTY);
  open(u"\\dir\\file").remove();
  EXPECT_EQ(dir.remove(), STATUS_SUCCESS);
  EXPECT_EQ(make(u"\\dir\\new").status, STATUS_DELETE_PENDING);
  dir.close();
  EXPECT_FALSE(exists(u"\\dir"));
  EXPECT_EQ(open(u"\\").remove(), STATUS_CANNOT_DELETE);
  EXPECT_EQ(open(u"\\", DELETE, FILE_DELETE_ON_CLOSE).status, STATUS_CANNOT_DELETE);
}

TEST_P(DeleteConformance, DeleteOnCloseOfADirectoryThatGotEntriesDeletesNothing) {
  given_directory("\\dir");
  Handle dir = open(u"\\dir", DELETE, FILE_DELETE_ON_CLOSE);
  make(u"\\dir\\file");
  dir.close();
  EXPECT_TRUE(exists(u"\\dir\\file"));
}

TEST_P(DeleteConformance, DeletingOneOfTwoLinksKeepsTheFile) {
  given_file("\\one", "bytes");
  ASSERT_EQ(open(u"\\one").link(u"two"), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\two").info().number_of_links, 2u);
  Handle one = open(u"\\one");
  ASSERT_EQ(one.remove(), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\two").status, STATUS_SUCCESS);
  CleanupResult result = one.cleanup();
  EXPECT_TRUE(result.link_deleted);
  EXPECT_FALSE(result.stream_deleted);
  EXPECT_EQ(text_of(u"\\two"), "bytes");
  EXPECT_EQ(open(u"\\two").info().number_of_links, 1u);
}

TEST_P(DeleteConformance, IdOfADeletedFileIsUnknown) {
  given_file("\\file");
  Handle handle = open(u"\\file");
  std::uint64_t id = handle.info().file_id;
  ASSERT_EQ(handle.remove(), STATUS_SUCCESS);
  handle.close();
  std::u16string path(4, u'\0');
  std::memcpy(path.data(), &id, sizeof id);
  EXPECT_EQ(open(path, FILE_READ_DATA, FILE_OPEN_BY_FILE_ID).status, STATUS_INVALID_PARAMETER);
}

}  // namespace fltsim::fs
