// Conformance: directory listings.
#pragma once

#include <gmock/gmock.h>

#include "conformance/file_system_environment.hpp"

namespace fltsim::fs {

using DirectoryConformance = FileSystemConformance;

TEST_P(DirectoryConformance, ListingIsOrderedByUpcasedNameAfterTheDots) {
  given_directory("\\dir");
  for (const char* name : {"b", "A", "C", "_", "a1"}) given_file(std::string("\\dir\\") + name);
  EXPECT_THAT(list(u"\\dir"), testing::ElementsAre(".", "..", "A", "a1", "b", "C", "_"));
}

TEST_P(DirectoryConformance, RootHasNoDots) {
  given_file("\\file");
  EXPECT_THAT(list(u"\\"), testing::ElementsAre("file"));
}

TEST_P(DirectoryConformance, EntriesTellWhatTheFilesAre) {
  given_directory("\\dir");
  given_file("\\file", "12345");
  std::vector<FileInformation> entries;
  Handle root = open(u"\\", FILE_LIST_DIRECTORY);
  DirectoryQuery query{u"", false, [&](const DirectoryEntry& entry) {
                         entries.push_back(entry.file);
                         return Take::kNext;
                       }};
  ASSERT_EQ(fs().query_directory(*root, query), STATUS_SUCCESS);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_TRUE(entries[0].directory);
  EXPECT_EQ(entries[1].end_of_file, 5u);
  EXPECT_EQ(entries[1].file_id, open(u"\\file").info().file_id);
}

TEST_P(DirectoryConformance, EmptyResultIsNoSuchFileFirstAndNoMoreFilesLater) {
  given_directory("\\dir");
  given_file("\\dir\\file");
  Handle none = open(u"\\dir");
  EXPECT_THAT(list(none, u"*.txt"), testing::IsEmpty());
  EXPECT_EQ(list_status_, STATUS_NO_SUCH_FILE);
  Handle all = open(u"\\dir");
  EXPECT_THAT(list(all, u"f*"), testing::ElementsAre("file"));
  EXPECT_THAT(list(all), testing::IsEmpty());
  EXPECT_EQ(list_status_, STATUS_NO_MORE_FILES);
}

TEST_P(DirectoryConformance, PatternOfTheFirstQueryStaysAndRestartBeginsAgain) {
  given_directory("\\dir");
  given_file("\\dir\\a.txt");
  given_file("\\dir\\b.txt");
  given_file("\\dir\\c.doc");
  Handle handle = open(u"\\dir");
  EXPECT_THAT(list(handle, u"*.TXT"), testing::ElementsAre("a.txt", "b.txt"));
  EXPECT_THAT(list(handle, u"*", true), testing::ElementsAre("a.txt", "b.txt"));
}

TEST_P(DirectoryConformance, RefusedEntryComesFirstNextTime) {
  given_directory("\\dir");
  given_file("\\dir\\a");
  given_file("\\dir\\b");
  Handle handle = open(u"\\dir");
  std::vector<std::string> names;
  auto take_up_to = [&](std::size_t room) {
    return DirectoryQuery{u"?", false, [&, room](const DirectoryEntry& entry) {
                            if (names.size() == room) return Take::kRefuse;
                            names.push_back(narrow(entry.name));
                            return Take::kNext;
                          }};
  };
  EXPECT_EQ(fs().query_directory(*handle, take_up_to(2)), STATUS_SUCCESS);
  EXPECT_EQ(fs().query_directory(*handle, take_up_to(2)), STATUS_SUCCESS);
  EXPECT_THAT(names, testing::ElementsAre(".", "a"));
  EXPECT_EQ(fs().query_directory(*handle, take_up_to(9)), STATUS_SUCCESS);
  EXPECT_THAT(names, testing::ElementsAre(".", "a", "b"));
}

TEST_P(DirectoryConformance, ChangesBetweenQueriesNeitherDoubleNorInventEntries) {
  given_directory("\\dir");
  for (const char* name : {"b", "d", "f"}) given_file(std::string("\\dir\\") + name);
  Handle handle = open(u"\\dir");
  std::vector<std::string> names;
  DirectoryQuery one{u"?", false, [&](const DirectoryEntry& entry) {
                       names.push_back(narrow(entry.name));
                       return Take::kLast;
                     }};
  for (int i = 0; i < 2; ++i) ASSERT_EQ(fs().query_directory(*handle, one), STATUS_SUCCESS);  // "." and "b"
  open(u"\\dir\\b").remove();
  open(u"\\dir\\d").remove();
  make(u"\\dir\\a");
  make(u"\\dir\\e");
  while (fs().query_directory(*handle, one) == STATUS_SUCCESS) continue;
  EXPECT_THAT(names, testing::ElementsAre(".", "b", "e", "f"));
}

TEST_P(DirectoryConformance, ListingAFileIsAnInvalidParameter) {
  given_file("\\file");
  Handle handle = open(u"\\file");
  EXPECT_THAT(list(handle), testing::IsEmpty());
  EXPECT_EQ(list_status_, STATUS_INVALID_PARAMETER);
}

}  // namespace fltsim::fs
