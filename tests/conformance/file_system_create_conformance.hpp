// Conformance: paths, dispositions, create options and their statuses.
#pragma once

#include "conformance/file_system_environment.hpp"

namespace fltsim::fs {

using CreateConformance = FileSystemConformance;

TEST_P(CreateConformance, OpeningTellsFileNotFoundFromPathNotFound) {
  given_file("\\file");
  given_directory("\\dir");
  EXPECT_EQ(open(u"\\missing").status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(open(u"\\dir\\missing").status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(open(u"\\missing\\missing").status, STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(open(u"\\file\\below").status, STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(make(u"\\missing\\new").status, STATUS_OBJECT_PATH_NOT_FOUND);
}

TEST_P(CreateConformance, NamesCompareWithoutCaseAndKeepTheirSpelling) {
  given_directory("\\Docs");
  given_file("\\Docs\\Plan.docx", "plan");
  Handle handle = open(u"\\DOCS\\pLAN.DOCX");
  EXPECT_EQ(handle.text(), "plan");
  EXPECT_EQ(handle.name(), "\\Docs\\Plan.docx");
  EXPECT_EQ(make(u"\\docs\\PLAN.docx").status, STATUS_OBJECT_NAME_COLLISION);
}

TEST_P(CreateConformance, NamesBeyondAsciiCompareWithoutCase) {
  make(u"\\Stra\u00DFe \u00C4\u0416.txt");
  EXPECT_TRUE(exists(u"\\sTRA\u00DFE \u00E4\u0436.TXT"));
  EXPECT_FALSE(exists(u"\\STRASSE \u00E4\u0436.TXT"));
}

TEST_P(CreateConformance, ForbiddenUnitsAreAnInvalidName) {
  for (char16_t unit : std::u16string_view(u"<>\"|?*/\x01\x1F")) {
    EXPECT_EQ(make(std::u16string(u"\\a") + unit).status, STATUS_OBJECT_NAME_INVALID) << int{unit};
  }
  EXPECT_EQ(make(std::u16string(u"\\a\0b", 4)).status, STATUS_OBJECT_NAME_INVALID);
}

TEST_P(CreateConformance, MalformedPathsAreInvalidNames) {
  given_file("\\file");
  for (const char16_t* path :
       {u"file", u"\\\\file", u"\\dir\\\\file", u"\\.", u"\\..", u"\\..\\file", u"\\file\\", u"\\file:",
        u"\\file::", u"\\file:s:", u"\\file:s:$BITMAP", u"\\file:a:$DATA:b", u"\\file:a/b", u"\\d:s\\file"}) {
    EXPECT_EQ(open(path).status, STATUS_OBJECT_NAME_INVALID) << narrow(path);
  }
}

TEST_P(CreateConformance, ComponentMayHave255UnitsButNot256) {
  EXPECT_EQ(make(u"\\" + std::u16string(255, u'x')).status, STATUS_SUCCESS);
  EXPECT_EQ(make(u"\\" + std::u16string(256, u'x')).status, STATUS_OBJECT_NAME_INVALID);
}

TEST_P(CreateConformance, TrailingBackslashNamesADirectory) {
  given_directory("\\dir");
  EXPECT_EQ(open(u"\\dir\\").status, STATUS_SUCCESS);
  EXPECT_EQ(make_directory(u"\\new\\").status, STATUS_SUCCESS);
  EXPECT_EQ(make(u"\\plain\\").status, STATUS_OBJECT_NAME_INVALID);
}

struct DispositionCase {
  std::uint32_t disposition;
  Status on_missing;
  std::uint32_t information_on_missing;
  Status on_existing;
  std::uint32_t information_on_existing;
};

TEST_P(CreateConformance, EachDispositionHasItsStatusAndInformation) {
  const DispositionCase cases[] = {
      {FILE_SUPERSEDE, STATUS_SUCCESS, FILE_CREATED, STATUS_SUCCESS, FILE_SUPERSEDED},
      {FILE_OPEN, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST, STATUS_SUCCESS, FILE_OPENED},
      {FILE_CREATE, STATUS_SUCCESS, FILE_CREATED, STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS},
      {FILE_OPEN_IF, STATUS_SUCCESS, FILE_CREATED, STATUS_SUCCESS, FILE_OPENED},
      {FILE_OVERWRITE, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST, STATUS_SUCCESS, FILE_OVERWRITTEN},
      {FILE_OVERWRITE_IF, STATUS_SUCCESS, FILE_CREATED, STATUS_SUCCESS, FILE_OVERWRITTEN},
  };
  given_file("\\old", "old");
  for (const DispositionCase& c : cases) {
    Handle missing = open(u"\\new" + std::u16string(1, u'0' + c.disposition), kAllAccess, 0, c.disposition);
    EXPECT_EQ(missing.status, c.on_missing) << c.disposition;
    EXPECT_EQ(missing.information, c.information_on_missing) << c.disposition;
    Handle existing = open(u"\\old", kAllAccess, 0, c.disposition);
    EXPECT_EQ(existing.status, c.on_existing) << c.disposition;
    EXPECT_EQ(existing.information, c.information_on_existing) << c.disposition;
  }
}

TEST_P(CreateConformance, OverwritingEmptiesTheFileAndAddsAttributes) {
  given_file("\\file", "bytes");
  std::uint64_t id = open(u"\\file").info().file_id;
  Handle handle = open(u"\\file", kAllAccess, 0, FILE_OVERWRITE, FILE_ATTRIBUTE_HIDDEN);
  EXPECT_EQ(handle.text(), "");
  EXPECT_EQ(handle.info().attributes, std::uint32_t{FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE});
  EXPECT_EQ(handle.info().file_id, id);
}

TEST_P(CreateConformance, SupersedingReplacesAttributes) {
  make(u"\\file", FILE_ATTRIBUTE_HIDDEN);
  Handle handle =
      open(u"\\file", kAllAccess, 0, FILE_SUPERSEDE, FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
  EXPECT_EQ(handle.status, STATUS_SUCCESS);
  EXPECT_EQ(handle.set_attributes(FILE_ATTRIBUTE_NORMAL), STATUS_SUCCESS);
  handle.close();
  EXPECT_EQ(open(u"\\file", kAllAccess, 0, FILE_SUPERSEDE).info().attributes,
            std::uint32_t{FILE_ATTRIBUTE_ARCHIVE});
}

TEST_P(CreateConformance, OverwritingAHiddenOrSystemFileMustNameTheAttribute) {
  make(u"\\hidden", FILE_ATTRIBUTE_HIDDEN).write("kept");
  EXPECT_EQ(open(u"\\hidden", kAllAccess, 0, FILE_OVERWRITE).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(u"\\hidden", kAllAccess, 0, FILE_SUPERSEDE, FILE_ATTRIBUTE_SYSTEM).status,
            STATUS_ACCESS_DENIED);
  EXPECT_EQ(text_of(u"\\hidden"), "kept");
  EXPECT_EQ(open(u"\\hidden", kAllAccess, 0, FILE_OVERWRITE, FILE_ATTRIBUTE_HIDDEN).status, STATUS_SUCCESS);
}

TEST_P(CreateConformance, ReadOnlyFileCannotBeOpenedForWritingOrOverwritten) {
  given_file("\\file", "bytes");
  ASSERT_EQ(open(u"\\file").set_attributes(FILE_ATTRIBUTE_READONLY), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\file", FILE_WRITE_DATA).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(u"\\file", FILE_APPEND_DATA).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA, 0, FILE_OVERWRITE_IF).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(u"\\file", DELETE, FILE_DELETE_ON_CLOSE).status, STATUS_CANNOT_DELETE);
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA | DELETE | FILE_WRITE_ATTRIBUTES).status, STATUS_SUCCESS);
}

TEST_P(CreateConformance, NewReadOnlyFileMayBeWrittenThroughItsFirstOpen) {
  Handle handle = make(u"\\file", FILE_ATTRIBUTE_READONLY);
  EXPECT_EQ(handle.write("bytes"), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\two", kAllAccess, FILE_DELETE_ON_CLOSE, FILE_CREATE, FILE_ATTRIBUTE_READONLY).status,
            STATUS_CANNOT_DELETE);
}

TEST_P(CreateConformance, OptionsTellFilesFromDirectories) {
  given_file("\\file");
  given_directory("\\dir");
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA, FILE_DIRECTORY_FILE).status, STATUS_NOT_A_DIRECTORY);
  EXPECT_EQ(open(u"\\dir", FILE_READ_DATA, FILE_NON_DIRECTORY_FILE).status, STATUS_FILE_IS_A_DIRECTORY);
  EXPECT_EQ(open(u"\\dir", FILE_READ_DATA, 0, FILE_OVERWRITE).status, STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(open(u"\\dir", FILE_READ_DATA, FILE_NON_DIRECTORY_FILE, FILE_CREATE).status,
            STATUS_OBJECT_NAME_COLLISION);
  EXPECT_TRUE(open(u"\\dir").info().directory);
  EXPECT_EQ(open(u"\\dir").info().attributes, std::uint32_t{FILE_ATTRIBUTE_DIRECTORY});
}

TEST_P(CreateConformance, OptionsThatExcludeEachOtherAreAnInvalidParameter) {
  given_file("\\file");
  EXPECT_EQ(open(u"\\d", kAllAccess, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE, FILE_CREATE).status,
            STATUS_INVALID_PARAMETER);
  for (std::uint32_t disposition : {FILE_SUPERSEDE, FILE_OVERWRITE, FILE_OVERWRITE_IF}) {
    EXPECT_EQ(open(u"\\d", kAllAccess, FILE_DIRECTORY_FILE, disposition).status, STATUS_INVALID_PARAMETER);
  }
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA, FILE_DELETE_ON_CLOSE).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA, 0, FILE_MAXIMUM_DISPOSITION + 1).status,
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(open_shared(u"\\file", FILE_READ_DATA, 8).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(open(u"\\d", kAllAccess, FILE_DIRECTORY_FILE, FILE_CREATE, FILE_ATTRIBUTE_TEMPORARY).status,
            STATUS_INVALID_PARAMETER);
  EXPECT_FALSE(exists(u"\\d"));
}

TEST_P(CreateConformance, OptionsThatAreNotThereAreRefused) {
  given_file("\\file");
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA, FILE_RESERVE_OPFILTER).status, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA, FILE_CREATE_TREE_CONNECTION).status, STATUS_NOT_SUPPORTED);
}

TEST_P(CreateConformance, RelativeOpenStartsAtTheRelatedDirectory) {
  given_directory("\\dir");
  given_file("\\dir\\file", "bytes");
  Handle dir = open(u"\\dir");
  auto relative = [&](std::u16string_view path) {
    return create({.path = path,
                   .related = &*dir,
                   .desired_access = FILE_READ_DATA,
                   .share_access = kShareAll,
                   .disposition = FILE_OPEN});
  };
  EXPECT_EQ(relative(u"file").text(), "bytes");
  EXPECT_EQ(relative(u"").info().file_id, dir.info().file_id);
  EXPECT_EQ(relative(u"\\dir\\file").status, STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(relative(u"missing\\file").status, STATUS_OBJECT_PATH_NOT_FOUND);
}

TEST_P(CreateConformance, RelativeOpenBelowAFileReachesOnlyItsStreams) {
  given_file("\\file");
  make(u"\\file:s").write("stream");
  Handle file = open(u"\\file");
  CreateRequest request{.path = u":s",
                        .related = &*file,
                        .desired_access = FILE_READ_DATA,
                        .share_access = kShareAll,
                        .disposition = FILE_OPEN};
  EXPECT_EQ(create(request).text(), "stream");
  request.path = u"child";
  EXPECT_EQ(create(request).status, STATUS_INVALID_PARAMETER);
}

TEST_P(CreateConformance, OpenByIdFindsTheFileUnderAnyName) {
  given_directory("\\dir");
  given_file("\\dir\\file", "bytes");
  std::uint64_t id = open(u"\\dir\\file").info().file_id;
  ASSERT_EQ(open(u"\\dir\\file").rename(u"renamed"), STATUS_SUCCESS);
  auto by_id = [&](std::uint64_t value) {
    std::u16string path(4, u'\0');
    std::memcpy(path.data(), &value, sizeof value);
    return open(path, FILE_READ_DATA, FILE_OPEN_BY_FILE_ID);
  };
  EXPECT_EQ(by_id(id).text(), "bytes");
  EXPECT_EQ(by_id(id).name(), "\\dir\\renamed");
  EXPECT_EQ(by_id(id + 1000).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(open(u"abc", FILE_READ_DATA, FILE_OPEN_BY_FILE_ID).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(open(u"12345678", FILE_READ_DATA, FILE_OPEN_BY_FILE_ID).status, STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_P(CreateConformance, OpenTargetDirectoryOpensTheParentAndSpeaksOfTheLastComponent) {
  given_directory("\\dir");
  given_file("\\dir\\file");
  CreateRequest request{.path = u"\\dir\\file",
                        .desired_access = FILE_WRITE_DATA,
                        .share_access = kShareAll,
                        .disposition = FILE_OPEN,
                        .open_target_directory = true};
  Handle existing = create(request);
  EXPECT_EQ(existing.name(), "\\dir");
  EXPECT_EQ(existing.information, std::uint32_t{FILE_EXISTS});
  request.path = u"\\dir\\other";
  EXPECT_EQ(create(request).information, std::uint32_t{FILE_DOES_NOT_EXIST});
  request.path = u"\\none\\other";
  EXPECT_EQ(create(request).status, STATUS_OBJECT_PATH_NOT_FOUND);
}

TEST_P(CreateConformance, OpenTargetDirectoryTakesPartInSharing) {
  given_directory("\\dir");
  Handle watcher = open_shared(u"\\dir", FILE_LIST_DIRECTORY, FILE_SHARE_READ);
  CreateRequest request{.path = u"\\dir\\file",
                        .desired_access = FILE_WRITE_DATA,
                        .share_access = kShareAll,
                        .disposition = FILE_OPEN,
                        .open_target_directory = true};
  EXPECT_EQ(create(request).status, STATUS_SHARING_VIOLATION);
}

TEST_P(CreateConformance, EmptyPathOpensTheVolume) {
  Handle volume = open(u"", FILE_READ_ATTRIBUTES);
  ASSERT_EQ(volume.status, STATUS_SUCCESS);
  EXPECT_EQ((*volume).kind(), OpenKind::kVolume);
  EXPECT_EQ(volume.name(), "");
  std::byte byte{};
  EXPECT_EQ(fs().read(*volume, 0, std::span(&byte, 1)).status, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(open(u"", kAllAccess, 0, FILE_OVERWRITE).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(u"", kAllAccess, FILE_DELETE_ON_CLOSE).status, STATUS_CANNOT_DELETE);
}

TEST_P(CreateConformance, OpenMayBeDestroyedAfterItsFileSystem) {
  given_file("\\file", "bytes");
  CreateRequest request{.path = u"\\file", .desired_access = FILE_READ_DATA, .disposition = FILE_OPEN};
  std::unique_ptr<Open> orphan = fs().create(request).open;
  ASSERT_NE(orphan, nullptr);
  unmount();
  orphan.reset();
}

TEST_P(CreateConformance, OpenOfAnotherFileSystemIsNotTheSameDevice) {
  given_file("\\file");
  auto other = make_memory_file_system({.clock = [] { return Ticks{1}; }});
  Handle foreign(*other, other->create({.path = u"\\", .share_access = kShareAll, .disposition = FILE_OPEN}));
  EXPECT_EQ(create({.path = u"x", .related = &*foreign, .disposition = FILE_OPEN}).status,
            STATUS_NOT_SAME_DEVICE);
  EXPECT_EQ(open(u"\\file").rename(u"x", 0, &*foreign), STATUS_NOT_SAME_DEVICE);
}

TEST_P(CreateConformance, NormalizeSpellsThePathAsOnDisk) {
  given_directory("\\Dir");
  given_file("\\Dir\\File");
  std::u16string name;
  EXPECT_EQ(fs().normalize(u"\\DIR\\FILE", name), STATUS_SUCCESS);
  EXPECT_EQ(narrow(name), "\\Dir\\File");
  EXPECT_EQ(fs().normalize(u"\\dir\\New:s:$DATA", name), STATUS_SUCCESS);
  EXPECT_EQ(narrow(name), "\\Dir\\New:s");
  EXPECT_EQ(fs().normalize(u"\\", name), STATUS_SUCCESS);
  EXPECT_EQ(narrow(name), "\\");
  EXPECT_EQ(fs().normalize(u"\\none\\New", name), STATUS_OBJECT_PATH_NOT_FOUND);
}

}  // namespace fltsim::fs
