#include <gtest/gtest.h>
#include <fltlink/os/assert.hpp>

namespace {

TEST(AssertDeathTest, FalseExpressionIsPrintedWithItsPlaceAndAborts) {
  EXPECT_DEATH(FLTLINK_ASSERT(1 + 1 == 3), "assert_test\\.cpp:[0-9]+: assertion failed: 1 \\+ 1 == 3");
}

TEST(AssertTest, TrueExpressionIsEvaluatedOnceAndDoesNothing) {
  int evaluations = 0;
  FLTLINK_ASSERT(++evaluations == 1);
  EXPECT_EQ(evaluations, 1);
}

}  // namespace
