#include "cli/protection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/program_run.hpp"
#include "fltsim/machine.hpp"

namespace fltlink::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

const std::vector<std::u16string> kPolicies{u"C:\\ProtectedDocs\\*.docx", u"C:\\ProtectedDocs\\*.xlsx",
                                            u"C:\\Confidential\\*"};

const auto kQuietly = [](std::size_t) {};

class ProtectionTest : public testing::Test {
 protected:
  std::vector<TargetFile> write_files(std::size_t count) {
    std::vector<TargetFile> files;
    for (std::size_t index = 0; index < count; ++index) {
      const std::u16string name = u"\\" + std::u16string(1, static_cast<char16_t>(u'a' + index));
      volume_.write_file(name, "text " + std::to_string(index));
      files.push_back({.path = u"C:" + name, .size = 6, .copy = {}});
    }
    return files;
  }

  fltsim::Machine machine_;
  fltsim::Volume& volume_ = machine_.add_volume(u"C:");
  fltsim::Process installer_ = machine_.start_process({.image = u"C:\\installer.exe"});
};

TEST_F(ProtectionTest, PoliciesMatchWithoutCase) {
  EXPECT_THAT(policy_for(u"c:\\protecteddocs\\PLAN.DOCX", kPolicies), Optional(0u));
  EXPECT_THAT(policy_for(u"C:\\Confidential\\deep\\x", kPolicies), Optional(2u));
  EXPECT_FALSE(policy_for(u"C:\\ProtectedDocs\\plan.txt", kPolicies));
}

TEST_F(ProtectionTest, EveryTenthFileComesUnderAPolicyWithItsBytes) {
  std::vector<TargetFile> files = write_files(25);
  EXPECT_FALSE(move_under_protection(installer_, files, kPolicies));
  EXPECT_EQ(files[0].path, u"C:\\ProtectedDocs\\1-a.xlsx");
  EXPECT_EQ(files[1].path, u"C:\\b");
  EXPECT_EQ(files[10].path, u"C:\\Confidential\\2-k");
  EXPECT_EQ(files[20].path, u"C:\\ProtectedDocs\\3-u.docx");
  EXPECT_THAT(volume_.read_file(u"\\ProtectedDocs\\3-u.docx"), Optional(std::string("text 20")));
  EXPECT_FALSE(volume_.exists(u"\\u"));
}

TEST_F(ProtectionTest, FileThatAPolicyCoversAlreadyStaysWhereItIs) {
  volume_.write_file(u"\\Confidential\\plan", "x");
  std::vector<TargetFile> files{{.path = u"C:\\Confidential\\plan", .size = 1, .copy = {}}};
  EXPECT_FALSE(move_under_protection(installer_, files, kPolicies));
  EXPECT_EQ(files[0].path, u"C:\\Confidential\\plan");
}

TEST_F(ProtectionTest, FileThatCannotBeMovedStaysWhereItIs) {
  volume_.write_file(u"\\ProtectedDocs", "a file where the folder should be");
  std::vector<TargetFile> files = write_files(1);
  EXPECT_FALSE(move_under_protection(installer_, files, kPolicies));
  EXPECT_EQ(files[0].path, u"C:\\a");
}

TEST_F(ProtectionTest, ChangedAndMissingFilesAreFoundAndOthersAreNot) {
  for (const char16_t* name : {u"\\Confidential\\same", u"\\Confidential\\changed", u"\\Confidential\\gone"})
    volume_.write_file(name, "text");
  std::vector<TargetFile> files;
  for (const char16_t* path :
       {u"C:\\Confidential\\same", u"C:\\Confidential\\changed", u"C:\\Confidential\\gone"})
    files.push_back({.path = path, .size = 4, .copy = {}});
  const Fingerprints before = fingerprint_protected(volume_, files, kPolicies, kQuietly);
  EXPECT_EQ(before.size(), 3u);
  EXPECT_THAT(changed_since(volume_, before, kQuietly), IsEmpty());
  volume_.write_file(u"\\Confidential\\changed", "tEXt");
  EXPECT_EQ(installer_.remove(u"C:\\Confidential\\gone").status, 0);
  EXPECT_THAT(changed_since(volume_, before, kQuietly),
              ElementsAre(u"C:\\Confidential\\changed", u"C:\\Confidential\\gone"));
}

// The directory belongs to its user, who may go on working in it.
TEST_F(ProtectionTest, WhatSomebodyElseChangesInTheDirectoryIsNoChangeByTheDemo) {
  const TemporaryDirectory directory = test::make_directory();
  const std::string host_file = directory.path() + "/Confidential";
  std::filesystem::create_directory(host_file);
  std::ofstream(host_file + "/plan") << "text";
  fltsim::Volume& volume = *machine_.mount(u"D:", directory.path()).volume;
  const std::vector<TargetFile> files{{.path = u"D:\\Confidential\\plan", .size = 4, .copy = {}}};
  const std::vector<std::u16string> policies{u"D:\\Confidential\\*"};
  const Fingerprints before = fingerprint_protected(volume, files, policies, kQuietly);
  EXPECT_EQ(before.size(), 1u);
  std::ofstream(host_file + "/plan") << "another text";
  EXPECT_THAT(changed_since(volume, before, kQuietly), IsEmpty());
}

TEST_F(ProtectionTest, SizeCountsWhereTheHashEnds) {
  const std::string large(kBytesOfAFileMax, 'x');
  volume_.write_file(u"\\Confidential\\large", large + "1");
  const std::vector<TargetFile> files{
      {.path = u"C:\\Confidential\\large", .size = large.size() + 1, .copy = {}}};
  const Fingerprints before = fingerprint_protected(volume_, files, kPolicies, kQuietly);
  EXPECT_THAT(changed_since(volume_, before, kQuietly), IsEmpty());
  volume_.write_file(u"\\Confidential\\large", large + "12");
  EXPECT_THAT(changed_since(volume_, before, kQuietly), ElementsAre(u"C:\\Confidential\\large"));
}

TEST_F(ProtectionTest, FilesWithoutAPolicyAreNotWatched) {
  const std::vector<TargetFile> files = write_files(2);
  EXPECT_THAT(fingerprint_protected(volume_, files, kPolicies, kQuietly), IsEmpty());
}

}  // namespace
}  // namespace fltlink::cli
