#include "cli/sample_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "cli/temporary_directory.hpp"

namespace fltlink::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class SampleDirectoryTest : public testing::Test {
 protected:
  void write(const std::string& name, std::size_t size, fs::perms permissions = fs::perms(0644)) {
    const fs::path path = fs::path(source_.path()) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << std::string(size, 'x');
    fs::permissions(path, permissions);
  }

  std::set<std::string> copied_names(const SampleOptions& options) {
    const TemporaryDirectory target = std::get<TemporaryDirectory>(TemporaryDirectory::make());
    EXPECT_TRUE(std::holds_alternative<Samples>(copy_samples(target.path(), options)));
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(target.path())) {
      if (entry.is_regular_file()) names.insert(entry.path().filename());
    }
    return names;
  }

  TemporaryDirectory source_ = std::get<TemporaryDirectory>(TemporaryDirectory::make());
};

TEST_F(SampleDirectoryTest, ChoiceIsBoundedByCountKindAndSize) {
  for (int i = 0; i < 5; ++i) write("a" + std::to_string(i) + ".txt", 10);
  write("b/c.conf", 20);
  write("d.big", 1000);
  EXPECT_THAT(copied_names({.sources = {source_.path()}, .files_of_a_kind_max = 2, .file_size_max = 100}),
              ElementsAre("1-a0.txt", "2-a1.txt", "3-c.conf"));
  EXPECT_THAT(copied_names({.sources = {source_.path()}, .files_max = 1}), ElementsAre("1-a0.txt"));
}

TEST_F(SampleDirectoryTest, WhatNotEverybodyMayReadAndLinksAreLeftOut) {
  write("open.txt", 1);
  write("secret.txt", 1, fs::perms(0600));
  fs::create_symlink("open.txt", fs::path(source_.path()) / "link.txt");
  EXPECT_THAT(copied_names({.sources = {source_.path()}}), ElementsAre("1-open.txt"));
}

TEST_F(SampleDirectoryTest, NothingToCopyIsASentence) {
  const TemporaryDirectory target = std::get<TemporaryDirectory>(TemporaryDirectory::make());
  EXPECT_TRUE(
      std::holds_alternative<std::string>(copy_samples(target.path(), {.sources = {"/nonexistent"}})));
}

TEST_F(SampleDirectoryTest, TargetThatCannotBeWrittenIsASentence) {
  write("open.txt", 1);
  const auto result = copy_samples("/proc/self/nowhere", {.sources = {source_.path()}});
  ASSERT_TRUE(std::holds_alternative<std::string>(result));
}

TEST_F(SampleDirectoryTest, ThisMachineHasSamples) {
  const TemporaryDirectory target = std::get<TemporaryDirectory>(TemporaryDirectory::make());
  const auto result = copy_samples(target.path());
  ASSERT_TRUE(std::holds_alternative<Samples>(result)) << std::get<std::string>(result);
  EXPECT_LE(std::get<Samples>(result).files, SampleOptions().files_max);
}

TEST(TemporaryDirectoryTest, IsGoneWithItsContentWhenTheObjectIs) {
  std::string path;
  {
    const TemporaryDirectory directory = std::get<TemporaryDirectory>(TemporaryDirectory::make());
    path = directory.path();
    std::ofstream(path + "/file") << "x";
    EXPECT_TRUE(fs::exists(path + "/file"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryDirectoryTest, IsNotMadeInTheDirectoryThatIsShown) {
  const auto made = TemporaryDirectory::make("/");
  ASSERT_TRUE(std::holds_alternative<std::string>(made));
  EXPECT_THAT(std::get<std::string>(made), ::testing::HasSubstr("TMPDIR"));
}

}  // namespace
}  // namespace fltlink::cli
