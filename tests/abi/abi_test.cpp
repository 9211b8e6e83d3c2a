// The wire layout as this C compiler, this C++ compiler and, where it is installed, a Windows compiler see
// it.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "layout_table.h"

extern "C" const uint32_t fltlink_layout_table[];

namespace {

struct Row {
  const char* name;
  size_t value;
};

#define FLTLINK_LAYOUT_ROW(name, value) {name, value},
const Row kRows[] = {FLTLINK_LAYOUT_TABLE(FLTLINK_LAYOUT_ROW)};

// The values of the `.long` lines in assembler text, in order.
std::vector<uint32_t> long_values(const char* path) {
  std::ifstream file(path);
  std::vector<uint32_t> values;
  for (std::string line; std::getline(file, line);) {
    const size_t at = line.find(".long");
    if (at != std::string::npos)
      values.push_back(static_cast<uint32_t>(std::stoul(line.substr(at + 5), nullptr, 0)));
  }
  return values;
}

void expect_same_layout(const std::vector<uint32_t>& values) {
  ASSERT_EQ(values.size(), std::size(kRows));
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i] - FLTLINK_LAYOUT_BIAS, kRows[i].value) << kRows[i].name;
  }
}

TEST(AbiTest, CAndCxxSeeTheSameLayout) {
  expect_same_layout({fltlink_layout_table, fltlink_layout_table + std::size(kRows)});
}

TEST(AbiTest, Windows64CompilerSeesTheSameLayout) {
#ifdef FLTLINK_WINDOWS64_LAYOUT
  expect_same_layout(long_values(FLTLINK_WINDOWS64_LAYOUT));
#else
  GTEST_SKIP() << "x86_64-w64-mingw32-gcc is not installed";
#endif
}

TEST(AbiTest, Linux32CompilerSeesTheSameLayout) {
#ifdef FLTLINK_LINUX32_LAYOUT
  expect_same_layout(long_values(FLTLINK_LINUX32_LAYOUT));
#else
  GTEST_SKIP() << "the C compiler does not take -m32";
#endif
}

}  // namespace
