// Conformance: renames, moves and hard links.
#pragma once

#include "conformance/file_system_environment.hpp"

namespace fltsim::fs {

using RenameConformance = FileSystemConformance;

inline constexpr std::uint32_t kReplace = FILE_RENAME_REPLACE_IF_EXISTS;
inline constexpr std::uint32_t kReplacePosix = kReplace | FILE_RENAME_POSIX_SEMANTICS;
inline constexpr std::uint32_t kReplaceReadOnly = kReplace | FILE_RENAME_IGNORE_READONLY_ATTRIBUTE;

TEST_P(RenameConformance, RenameKeepsBytesIdAndOpens) {
  given_file("\\old", "bytes");
  Handle handle = open(u"\\old");
  std::uint64_t id = handle.info().file_id;
  ASSERT_EQ(handle.rename(u"New"), STATUS_SUCCESS);
  EXPECT_EQ(handle.name(), "\\New");
  EXPECT_FALSE(exists(u"\\old"));
  EXPECT_EQ(open(u"\\new").info().file_id, id);
  EXPECT_EQ(text_of(u"\\new"), "bytes");
}

TEST_P(RenameConformance, RenameMayChangeTheCaseOnly) {
  given_file("\\name");
  Handle handle = open(u"\\name");
  ASSERT_EQ(handle.rename(u"NAME"), STATUS_SUCCESS);
  EXPECT_EQ(handle.name(), "\\NAME");
}

TEST_P(RenameConformance, MoveGoesToTheTargetDirectory) {
  given_directory("\\from");
  given_directory("\\to");
  given_file("\\from\\file", "bytes");
  Handle target = open(u"\\to", FILE_WRITE_DATA);
  ASSERT_EQ(open(u"\\from\\file").rename(u"moved", 0, &*target), STATUS_SUCCESS);
  EXPECT_EQ(text_of(u"\\to\\moved"), "bytes");
  EXPECT_EQ(open(u"\\from\\file").status, STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_P(RenameConformance, ExistingTargetCollidesUnlessReplaced) {
  given_file("\\source", "source");
  given_file("\\target", "target");
  EXPECT_EQ(open(u"\\source").rename(u"target"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(text_of(u"\\target"), "target");
  EXPECT_EQ(open(u"\\source").rename(u"TARGET", kReplace), STATUS_SUCCESS);
  EXPECT_EQ(text_of(u"\\target"), "source");
  EXPECT_FALSE(exists(u"\\source"));
}

TEST_P(RenameConformance, OpenTargetIsReplacedByPosixSemanticsOnly) {
  given_file("\\source", "source");
  given_file("\\target", "target");
  Handle held = open(u"\\target", FILE_READ_DATA);
  EXPECT_EQ(open(u"\\source").rename(u"target", kReplace), STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(u"\\source").rename(u"target", kReplacePosix), STATUS_SUCCESS);
  EXPECT_EQ(held.text(), "target");
  EXPECT_EQ(text_of(u"\\target"), "source");
}

TEST_P(RenameConformance, PosixReplacementRespectsWhoDoesNotShareDeletion) {
  given_file("\\source");
  given_file("\\target");
  Handle held = open_shared(u"\\target", FILE_READ_DATA, FILE_SHARE_READ);
  EXPECT_EQ(open(u"\\source").rename(u"target", kReplacePosix), STATUS_SHARING_VIOLATION);
}

TEST_P(RenameConformance, ReadOnlyTargetIsReplacedByFlagOnly) {
  given_file("\\source");
  make(u"\\target", FILE_ATTRIBUTE_READONLY);
  EXPECT_EQ(open(u"\\source").rename(u"target", kReplace), STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(u"\\source").rename(u"target", kReplaceReadOnly), STATUS_SUCCESS);
}

TEST_P(RenameConformance, DirectoryIsNoTargetForAFileNorTheOtherWayRound) {
  given_file("\\file");
  given_directory("\\dir");
  EXPECT_EQ(open(u"\\file").rename(u"dir", kReplace), STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(u"\\dir").rename(u"file", kReplace), STATUS_ACCESS_DENIED);
}

TEST_P(RenameConformance, PosixReplacementOfADirectoryNeedsAnEmptyOne) {
  given_directory("\\source");
  given_directory("\\empty");
  given_directory("\\full");
  given_file("\\full\\file");
  EXPECT_EQ(open(u"\\source").rename(u"full", kReplacePosix), STATUS_DIRECTORY_NOT_EMPTY);
  EXPECT_EQ(open(u"\\source").rename(u"empty", kReplacePosix), STATUS_SUCCESS);
  EXPECT_FALSE(exists(u"\\source"));
}

TEST_P(RenameConformance, DirectoryMovesWithAllBelow) {
  given_directory("\\a");
  given_directory("\\a\\b");
  given_directory("\\c");
  given_file("\\a\\b\\file", "bytes");
  Handle target = open(u"\\c");
  ASSERT_EQ(open(u"\\a").rename(u"moved", 0, &*target), STATUS_SUCCESS);
  EXPECT_EQ(text_of(u"\\c\\moved\\b\\file"), "bytes");
  EXPECT_EQ(open(u"\\c\\moved\\b\\file").name(), "\\c\\moved\\b\\file");
  EXPECT_EQ(open(u"\\a\\b\\file").status, STATUS_OBJECT_PATH_NOT_FOUND);
}

TEST_P(RenameConformance, DirectoryWithOpensBelowCannotBeRenamed) {
  given_directory("\\a");
  given_directory("\\a\\b");
  given_file("\\a\\b\\file");
  Handle below = open(u"\\a\\b\\file", FILE_READ_ATTRIBUTES);
  Handle dir = open(u"\\a");
  EXPECT_EQ(dir.rename(u"c"), STATUS_ACCESS_DENIED);
  below.cleanup();
  EXPECT_EQ(dir.rename(u"c"), STATUS_SUCCESS);
}

TEST_P(RenameConformance, OpenThatMovesHoldsTheDirectoryThatItIsInNow) {
  given_directory("\\a");
  given_directory("\\b");
  given_directory("\\b\\deep");
  given_file("\\a\\file");
  Handle moving = open(u"\\a\\file");
  Handle target = open(u"\\b\\deep");
  ASSERT_EQ(moving.rename(u"file", 0, &*target), STATUS_SUCCESS);
  target.cleanup();
  EXPECT_EQ(open(u"\\a").rename(u"free"), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\b").rename(u"held"), STATUS_ACCESS_DENIED);
  moving.cleanup();
  EXPECT_EQ(open(u"\\b").rename(u"held"), STATUS_SUCCESS);
}

TEST_P(RenameConformance, OpenOfADeletedFileDoesNotHoldItsDirectory) {
  given_directory("\\a");
  given_file("\\a\\file");
  Handle left = open(u"\\a\\file");
  Handle deleting = open(u"\\a\\file");
  ASSERT_EQ(deleting.remove(FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\a").rename(u"b"), STATUS_ACCESS_DENIED);
  deleting.cleanup();
  EXPECT_EQ(open(u"\\a").rename(u"b"), STATUS_SUCCESS);
  left.cleanup();
  EXPECT_EQ(open(u"\\b").rename(u"c"), STATUS_SUCCESS);
}

TEST_P(RenameConformance, OpenThroughAnotherLinkHoldsTheDirectoryOfThatLink) {
  given_directory("\\a");
  given_directory("\\b");
  given_file("\\a\\file");
  {
    Handle target = open(u"\\b");
    ASSERT_EQ(open(u"\\a\\file").link(u"other", 0, &*target), STATUS_SUCCESS);
  }
  Handle held = open(u"\\b\\other");
  EXPECT_EQ(open(u"\\a").rename(u"c"), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\b").rename(u"d"), STATUS_ACCESS_DENIED);
}

TEST_P(RenameConformance, DirectoryCannotMoveIntoItself) {
  given_directory("\\a");
  given_directory("\\a\\b");
  Handle dir = open(u"\\a");
  EXPECT_EQ(dir.rename(u"c", 0, &*dir), STATUS_ACCESS_DENIED);
  Handle below = open(u"\\a\\b");
  EXPECT_EQ(dir.rename(u"c", 0, &*below), STATUS_ACCESS_DENIED);
}

TEST_P(RenameConformance, BadTargetsAreRefused) {
  given_file("\\file");
  given_directory("\\dir");
  Handle file = open(u"\\file");
  EXPECT_EQ(file.rename(u""), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(file.rename(u"a?b"), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(file.rename(u"a\\b"), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(file.rename(u"x", 0, &*file), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(file.rename(u"x", 0x1000), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(open(u"\\").rename(u"x"), STATUS_INVALID_PARAMETER);
  Handle dir = open(u"\\dir");
  ASSERT_EQ(dir.remove(), STATUS_SUCCESS);
  EXPECT_EQ(file.rename(u"x", 0, &*dir), STATUS_DELETE_PENDING);
}

TEST_P(RenameConformance, LinkIsASecondNameOfTheSameFile) {
  given_file("\\one", "bytes");
  given_directory("\\dir");
  Handle dir = open(u"\\dir");
  Handle one = open(u"\\one");
  ASSERT_EQ(one.link(u"two", 0, &*dir), STATUS_SUCCESS);
  Handle two = open(u"\\dir\\two");
  EXPECT_EQ(two.info().file_id, one.info().file_id);
  EXPECT_EQ(two.name(), "\\dir\\two");
  ASSERT_EQ(two.write("BYTES"), STATUS_SUCCESS);
  EXPECT_EQ(one.text(), "BYTES");
  std::vector<LinkEntry> links;
  ASSERT_EQ(fs().query_links(*two, links), STATUS_SUCCESS);
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(narrow(links[0].name), "one");
  EXPECT_EQ(links[1].parent_file_id, dir.info().file_id);
}

TEST_P(RenameConformance, LinkToADirectoryOrOverAFileIsRefused) {
  given_file("\\one", "one");
  given_file("\\two", "two");
  given_directory("\\dir");
  EXPECT_EQ(open(u"\\dir").link(u"x"), STATUS_FILE_IS_A_DIRECTORY);
  EXPECT_EQ(open(u"\\one").link(u"two"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(open(u"\\one").link(u"two", kReplace), STATUS_SUCCESS);
  EXPECT_EQ(text_of(u"\\two"), "one");
}

TEST_P(RenameConformance, FileMayHave1024LinksButNotOneMore) {
  given_file("\\file");
  Handle handle = open(u"\\file");
  for (int i = 1; i < 1024; ++i) ASSERT_EQ(handle.link(wide("link" + std::to_string(i))), STATUS_SUCCESS);
  EXPECT_EQ(handle.link(u"more"), STATUS_TOO_MANY_LINKS);
}

TEST_P(RenameConformance, RenamedLinkWithPendingDeletionIsRefused) {
  given_file("\\file");
  Handle handle = open(u"\\file");
  ASSERT_EQ(handle.remove(), STATUS_SUCCESS);
  EXPECT_EQ(handle.rename(u"x"), STATUS_DELETE_PENDING);
  EXPECT_EQ(handle.link(u"x"), STATUS_DELETE_PENDING);
  handle.cleanup();
  EXPECT_EQ(handle.rename(u"x"), STATUS_FILE_DELETED);
}

}  // namespace fltsim::fs
