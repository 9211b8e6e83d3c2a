// Conformance: bytes, sizes, space, times, attributes and alternate streams.
#pragma once

#include <gmock/gmock.h>

#include <array>
#include <random>

#include "conformance/file_system_environment.hpp"

namespace fltsim::fs {

using DataConformance = FileSystemConformance;
using testing::ElementsAre;

TEST_P(DataConformance, ReadIsShortAtTheEndAndEndOfFileBehindIt) {
  given_file("\\file", "0123456789");
  Handle handle = open(u"\\file");
  std::array<std::byte, 8> buffer;
  TransferResult result = fs().read(*handle, 6, buffer);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.transferred, 4u);
  EXPECT_EQ(static_cast<char>(buffer[3]), '9');
  EXPECT_EQ(fs().read(*handle, 10, buffer).status, STATUS_END_OF_FILE);
  EXPECT_EQ(fs().read(*handle, 10, {}).status, STATUS_SUCCESS);
  EXPECT_EQ(fs().read(*handle, -5, buffer).status, STATUS_INVALID_PARAMETER);
}

TEST_P(DataConformance, WriteInsideKeepsTheRest) {
  given_file("\\file", "0123456789");
  Handle handle = open(u"\\file");
  ASSERT_EQ(handle.write("ab", 3), STATUS_SUCCESS);
  EXPECT_EQ(handle.text(), "012ab56789");
}

TEST_P(DataConformance, WriteBehindTheEndLeavesZeros) {
  given_file("\\file", "01");
  Handle handle = open(u"\\file");
  ASSERT_EQ(handle.write("x", 4), STATUS_SUCCESS);
  EXPECT_EQ(handle.text(), std::string("01\0\0x", 5));
}

TEST_P(DataConformance, WriteToEndOfFileAppends) {
  given_file("\\file", "01");
  Handle handle = open(u"\\file");
  ASSERT_EQ(handle.write("23", kEndOfFileOffset), STATUS_SUCCESS);
  EXPECT_EQ(handle.text(), "0123");
}

TEST_P(DataConformance, AppendSaysWhereItWent) {
  given_file("\\file", "01");
  Handle handle = open(u"\\file");
  EXPECT_EQ(fs().write(*handle, kEndOfFileOffset, bytes_of("23")).offset, 2);
}

TEST_P(DataConformance, WritesAcrossPagesMatchAModel) {
  std::string model(20'000, 'm');
  given_file("\\file", model);
  Handle handle = open(u"\\file");
  const std::pair<std::size_t, std::size_t> writes[] = {
      {4090, 12}, {0, 1}, {8192, 4096}, {12'000, 9'000}, {4095, 1}};
  char letter = 'a';
  for (auto [offset, size] : writes) {
    std::string bytes(size, letter++);
    ASSERT_EQ(handle.write(bytes, static_cast<std::int64_t>(offset)), STATUS_SUCCESS);
    if (model.size() < offset + size) model.resize(offset + size);
    model.replace(offset, size, bytes);
    ASSERT_EQ(handle.text(), model);
  }
  for (std::size_t size : {20'500u, 12'001u, 4'096u, 4'095u, 9'000u, 0u, 10u}) {
    ASSERT_EQ(fs().set_end_of_file(*handle, static_cast<std::int64_t>(size)), STATUS_SUCCESS);
    model.resize(size);
    ASSERT_EQ(handle.text(), model);
  }
}

TEST_P(DataConformance, RandomWritesAndSizesMatchAModel) {
  std::string model(30'000, 'm');
  given_file("\\file", model);
  Handle handle = open(u"\\file");
  std::minstd_rand random(7);
  for (int i = 0; i < 400; ++i) {
    std::size_t offset = random() % 40'000;
    std::size_t size = random() % 9'000 + 1;
    if (random() % 4 == 0) {
      ASSERT_EQ(fs().set_end_of_file(*handle, static_cast<std::int64_t>(offset)), STATUS_SUCCESS);
      model.resize(offset);
    } else {
      std::string bytes(size, static_cast<char>('a' + i % 26));
      ASSERT_EQ(handle.write(bytes, static_cast<std::int64_t>(offset)), STATUS_SUCCESS);
      if (model.size() < offset + size) model.resize(offset + size);
      model.replace(offset, size, bytes);
    }
    ASSERT_TRUE(handle.text() == model) << i;
  }
}

TEST_P(DataConformance, BytesCutOffDoNotReturn) {
  given_file("\\file", "0123456789");
  Handle handle = open(u"\\file");
  ASSERT_EQ(fs().set_end_of_file(*handle, 3), STATUS_SUCCESS);
  ASSERT_EQ(fs().set_end_of_file(*handle, 6), STATUS_SUCCESS);
  EXPECT_EQ(handle.text(), std::string("012\0\0\0", 6));
}

TEST_P(DataConformance, AllocationBelowTheEndTruncatesAndAboveReservesUntilCleanup) {
  given_file("\\file", "0123456789");
  Handle handle = open(u"\\file");
  ASSERT_EQ(fs().set_allocation(*handle, 4), STATUS_SUCCESS);
  EXPECT_EQ(handle.text(), "0123");
  ASSERT_EQ(fs().set_allocation(*handle, 10'000), STATUS_SUCCESS);
  EXPECT_EQ(handle.info().allocation_size, 12'288u);
  EXPECT_EQ(handle.info().end_of_file, 4u);
  handle.close();
  EXPECT_EQ(open(u"\\file").info().allocation_size, 4'096u);
}

TEST_P(DataConformance, FullDiskRefusesGrowthAndDeletionMakesRoom) {
  given_capacity(3 * 4096);
  if (!fs().capabilities().capacity_limit) GTEST_SKIP() << "no capacity limit";
  Handle first = make(u"\\first");
  ASSERT_EQ(first.write(std::string(2 * 4096, 'x')), STATUS_SUCCESS);
  Handle second = make(u"\\second");
  EXPECT_EQ(second.write(std::string(4097, 'x')), STATUS_DISK_FULL);
  EXPECT_EQ(fs().set_end_of_file(*second, 4097), STATUS_DISK_FULL);
  EXPECT_EQ(fs().set_allocation(*second, 4097), STATUS_DISK_FULL);
  EXPECT_EQ(second.info().end_of_file, 0u);
  EXPECT_EQ(fs().volume_information().available_allocation_units, 1u);
  EXPECT_EQ(first.remove(), STATUS_SUCCESS);
  first.close();
  EXPECT_EQ(second.write(std::string(3 * 4096, 'x')), STATUS_SUCCESS);
  EXPECT_EQ(fs().volume_information().available_allocation_units, 0u);
}

TEST_P(DataConformance, CreateWithTooMuchAllocationCreatesNothing) {
  given_capacity(4096);
  if (!fs().capabilities().capacity_limit) GTEST_SKIP() << "no capacity limit";
  CreateRequest request{.path = u"\\file", .disposition = FILE_CREATE, .allocation_size = 4097};
  EXPECT_EQ(create(request).status, STATUS_DISK_FULL);
  EXPECT_FALSE(exists(u"\\file"));
}

TEST_P(DataConformance, DirectoriesHaveNoBytes) {
  given_directory("\\dir");
  Handle dir = open(u"\\dir");
  std::array<std::byte, 1> buffer{};
  EXPECT_EQ(fs().read(*dir, 0, buffer).status, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(dir.write("x"), STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(fs().set_end_of_file(*dir, 0), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(fs().set_allocation(*dir, 0), STATUS_INVALID_PARAMETER);
}

// --- times and attributes ---

TEST_P(DataConformance, TimesFollowWhatHappens) {
  Handle handle = make(u"\\file");
  Ticks created = now_;
  now_ += 10;
  ASSERT_EQ(handle.write("x"), STATUS_SUCCESS);
  Ticks written = now_;
  now_ += 10;
  ASSERT_EQ(handle.text(), "x");
  Ticks read = now_;
  now_ += 10;
  ASSERT_EQ(handle.rename(u"other"), STATUS_SUCCESS);
  FileInformation information = handle.info();
  EXPECT_EQ(information.creation_time, created);
  EXPECT_EQ(information.last_write_time, written);
  EXPECT_EQ(information.last_access_time, read);
  EXPECT_EQ(information.change_time, now_);
}

TEST_P(DataConformance, NewAndGoneEntriesTouchTheirDirectory) {
  given_directory("\\dir");
  now_ += 10;
  Handle file = make(u"\\dir\\file");
  EXPECT_EQ(open(u"\\dir").info().last_write_time, now_);
  now_ += 10;
  ASSERT_EQ(file.remove(), STATUS_SUCCESS);
  file.close();
  EXPECT_EQ(open(u"\\dir").info().last_write_time, now_);
}

TEST_P(DataConformance, TimeOfMinusOneStopsUpkeepAndMinusTwoResumesIt) {
  Handle handle = make(u"\\file");
  Ticks start = now_;
  now_ += 10;
  ASSERT_EQ(fs().set_basic(*handle, {.last_write_time = -1}), STATUS_SUCCESS);
  ASSERT_EQ(handle.write("x"), STATUS_SUCCESS);
  EXPECT_EQ(handle.info().last_write_time, start);
  ASSERT_EQ(fs().set_basic(*handle, {.last_write_time = -2}), STATUS_SUCCESS);
  ASSERT_EQ(handle.write("y"), STATUS_SUCCESS);
  EXPECT_EQ(handle.info().last_write_time, now_);
}

TEST_P(DataConformance, SetTimeStaysForThisOpen) {
  Handle handle = make(u"\\file");
  ASSERT_EQ(fs().set_basic(*handle, {.creation_time = 5, .last_write_time = 7}), STATUS_SUCCESS);
  ASSERT_EQ(handle.write("x"), STATUS_SUCCESS);
  EXPECT_EQ(handle.info().creation_time, 5u);
  EXPECT_EQ(handle.info().last_write_time, 7u);
  EXPECT_EQ(fs().set_basic(*handle, {.change_time = -3}), STATUS_INVALID_PARAMETER);
}

TEST_P(DataConformance, AttributesZeroLeavesNormalClears) {
  Handle handle = make(u"\\file", FILE_ATTRIBUTE_HIDDEN);
  ASSERT_EQ(handle.set_attributes(0), STATUS_SUCCESS);
  EXPECT_EQ(handle.info().attributes, std::uint32_t{FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE});
  ASSERT_EQ(handle.set_attributes(FILE_ATTRIBUTE_NORMAL), STATUS_SUCCESS);
  EXPECT_EQ(handle.info().attributes, std::uint32_t{FILE_ATTRIBUTE_NORMAL});
  ASSERT_EQ(handle.write("x"), STATUS_SUCCESS);
  EXPECT_EQ(handle.info().attributes, std::uint32_t{FILE_ATTRIBUTE_ARCHIVE});
  EXPECT_EQ(handle.set_attributes(FILE_ATTRIBUTE_DIRECTORY), STATUS_INVALID_PARAMETER);
}

// --- alternate streams ---

TEST_P(DataConformance, StreamHasItsOwnBytesAndTheFilesIdentity) {
  given_file("\\file", "main");
  Handle stream = make(u"\\file:Notes");
  ASSERT_EQ(stream.write("notes"), STATUS_SUCCESS);
  EXPECT_EQ(text_of(u"\\file"), "main");
  EXPECT_EQ(text_of(u"\\FILE:NOTES:$data"), "notes");
  EXPECT_EQ(text_of(u"\\file::$DATA"), "main");
  EXPECT_EQ(stream.name(), "\\file:Notes");
  EXPECT_EQ(stream.info().file_id, open(u"\\file").info().file_id);
  EXPECT_EQ(stream.info().end_of_file, 5u);
  EXPECT_THAT(streams_of(stream), ElementsAre("::$DATA", ":Notes:$DATA"));
}

TEST_P(DataConformance, StreamOfAMissingFileIsCreatedWithTheFile) {
  EXPECT_EQ(open(u"\\file:s").status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(make(u"\\file:s", FILE_ATTRIBUTE_HIDDEN).information, std::uint32_t{FILE_CREATED});
  EXPECT_EQ(text_of(u"\\file"), "");
  EXPECT_TRUE(open(u"\\file").info().attributes & FILE_ATTRIBUTE_HIDDEN);
}

TEST_P(DataConformance, DirectoryHasStreamsToo) {
  given_directory("\\dir");
  Handle stream = make(u"\\dir:s");
  ASSERT_EQ(stream.write("x"), STATUS_SUCCESS);
  EXPECT_FALSE(stream.info().directory);
  Handle dir = open(u"\\dir");
  EXPECT_THAT(streams_of(dir), ElementsAre(":s:$DATA"));
  EXPECT_EQ(open(u"\\dir::$INDEX_ALLOCATION").info().file_id, dir.info().file_id);
  EXPECT_EQ(open(u"\\dir:$I30:$INDEX_ALLOCATION").status, STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\dir::$DATA").status, STATUS_FILE_IS_A_DIRECTORY);
  EXPECT_EQ(open(u"\\dir:s", kAllAccess, FILE_DIRECTORY_FILE).status, STATUS_NOT_A_DIRECTORY);
}

TEST_P(DataConformance, DeletingAStreamLeavesTheFileAndDeletingTheFileTakesItsStreams) {
  given_file("\\file", "main");
  make(u"\\file:one");
  make(u"\\file:two");
  Handle one = open(u"\\file:one");
  ASSERT_EQ(one.remove(), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\file:one").status, STATUS_DELETE_PENDING);
  EXPECT_FALSE(one.cleanup().link_deleted);
  EXPECT_FALSE(exists(u"\\file:one"));
  EXPECT_EQ(text_of(u"\\file"), "main");
  open(u"\\file").remove();
  EXPECT_EQ(open(u"\\file:two").status, STATUS_OBJECT_NAME_NOT_FOUND);
  make(u"\\file");
  EXPECT_FALSE(exists(u"\\file:two"));
}

TEST_P(DataConformance, OverwritingAStreamLeavesTheOthersAndOverwritingTheFileTakesThem) {
  given_file("\\file", "main");
  make(u"\\file:one").write("one");
  make(u"\\file:two").write("two");
  EXPECT_EQ(open(u"\\file:one", kAllAccess, 0, FILE_OVERWRITE).information, std::uint32_t{FILE_OVERWRITTEN});
  EXPECT_EQ(text_of(u"\\file:one"), "");
  EXPECT_EQ(text_of(u"\\file:two"), "two");
  EXPECT_EQ(text_of(u"\\file"), "main");
  Handle file = open(u"\\file", kAllAccess, 0, FILE_OVERWRITE);
  EXPECT_THAT(streams_of(file), ElementsAre("::$DATA"));
}

TEST_P(DataConformance, StreamCanBeRenamed) {
  given_file("\\file");
  Handle stream = make(u"\\file:old");
  ASSERT_EQ(stream.write("x"), STATUS_SUCCESS);
  make(u"\\file:taken");
  EXPECT_EQ(stream.rename(u":taken"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(stream.rename(u":new:$DATA"), STATUS_SUCCESS);
  EXPECT_EQ(text_of(u"\\file:new"), "x");
  EXPECT_FALSE(exists(u"\\file:old"));
  EXPECT_EQ(stream.rename(u"file2"), STATUS_INVALID_PARAMETER);
}

TEST_P(DataConformance, ReadOnlyFileTakesNoNewStream) {
  make(u"\\file", FILE_ATTRIBUTE_READONLY);
  EXPECT_EQ(make(u"\\file:s").status, STATUS_ACCESS_DENIED);
}

TEST_P(DataConformance, VolumeHasALabelThatCanBeSet) {
  EXPECT_EQ(fs().set_volume_label(u"Work"), STATUS_SUCCESS);
  EXPECT_EQ(fs().set_volume_label(std::u16string(33, u'x')), STATUS_INVALID_VOLUME_LABEL);
  VolumeInformation information = fs().volume_information();
  EXPECT_EQ(information.label, u"Work");
  EXPECT_EQ(information.file_system_name, u"NTFS");
  EXPECT_EQ(information.maximum_component_length, 255u);
}

}  // namespace fltsim::fs
