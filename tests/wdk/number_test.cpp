// The numbers of our WDK-shaped headers against those of mingw-w64 and of Wine, independent readings of the same
// interface.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "number_mask.h"

namespace {

#define C(constant) #constant,
#define S(type) "sizeof " #type,
#define O(type, field) #type "." #field,
const char* const kNames[] = {
#include "numbers.inc"
};
const char* const kFltNames[] = {
#include "flt_numbers.inc"
};
#undef C
#undef S
#undef O

// The numbers of the `.long` lines that follow the table's label in assembler text, in order.
std::vector<uint32_t> numbers_of(const char* path) {
  std::ifstream file(path);
  std::vector<uint32_t> numbers;
  std::string line;
  while (std::getline(file, line) && line.find("fltlink_number_table:") != 0) continue;
  while (std::getline(file, line)) {
    const size_t at = line.find("\t.long\t");
    if (at == std::string::npos) break;
    const auto value = static_cast<uint32_t>(std::stoll(line.substr(at + 7), nullptr, 0));
    numbers.push_back(value ^ FLTLINK_NUMBER_MASK);
  }
  return numbers;
}

TEST(WdkNumberTest, DriverUnitsSeeTheNumbersOfWindows) {
  EXPECT_GT(std::size(kNames), 4000u);
#ifdef FLTLINK_WINDOWS_NUMBERS
  const std::vector<uint32_t> windows = numbers_of(FLTLINK_WINDOWS_NUMBERS);
  ASSERT_EQ(windows.size(), std::size(kNames));
  for (const char* path : {FLTLINK_OUR_NUMBERS, FLTLINK_OUR_NUMBERS_IN_CXX}) {
    const std::vector<uint32_t> ours = numbers_of(path);
    ASSERT_EQ(ours.size(), std::size(kNames));
    for (size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], windows[i]) << kNames[i] << " in " << path;
  }
#else
  GTEST_SKIP() << "x86_64-w64-mingw32-gcc or its ddk headers are not installed";
#endif
}

TEST(WdkNumberTest, DriverUnitsSeeTheFilterManagersNumbersOfWine) {
  EXPECT_GT(std::size(kFltNames), 300u);
#ifdef FLTLINK_WINE_FLT_NUMBERS
  const std::vector<uint32_t> wine = numbers_of(FLTLINK_WINE_FLT_NUMBERS);
  const std::vector<uint32_t> ours = numbers_of(FLTLINK_OUR_FLT_NUMBERS);
  ASSERT_EQ(wine.size(), std::size(kFltNames));
  ASSERT_EQ(ours.size(), std::size(kFltNames));
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], wine[i]) << kFltNames[i];
#else
  GTEST_SKIP() << "x86_64-w64-mingw32-gcc or Wine's headers are not installed";
#endif
}

}  // namespace
