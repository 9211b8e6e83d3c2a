// Where fltlink-cc looks for its package.
#include "cc/installation.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "cc/files.hpp"

namespace fltsim::cc {
namespace {

TEST(InstallationTest, ABuildThatHasNotLinkedTheSimulatorIsFoundToo) {
  const TemporaryFolder root;
  std::filesystem::create_directories(root.path() + "/lib/fltlink");
  const auto installation = find_installation(root.path() + "/bin/fltlink-cc");
  ASSERT_TRUE(installation);
  EXPECT_EQ(installation->wdk, root.path() + "/include/fltsim/wdk");
  EXPECT_EQ(installation->simulator, root.path() + "/lib/libfltsim.so");
}

TEST(InstallationTest, AProgramOutsideAPackageHasNone) {
  const TemporaryFolder root;
  EXPECT_FALSE(find_installation(root.path() + "/bin/fltlink-cc"));
}

}  // namespace
}  // namespace fltsim::cc
