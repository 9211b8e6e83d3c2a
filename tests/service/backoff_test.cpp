#include <fltlink/service/backoff.hpp>

#include <gtest/gtest.h>

namespace fltlink {
namespace {

TEST(BackoffTest, DoublesUpToTheLimitAndStartsAnew) {
  Backoff backoff({.first = 3, .limit = 10});
  EXPECT_EQ(backoff.next(), 3u);
  EXPECT_EQ(backoff.next(), 6u);
  EXPECT_EQ(backoff.next(), 10u);
  EXPECT_EQ(backoff.next(), 10u);
  backoff.reset();
  EXPECT_EQ(backoff.next(), 3u);
}

TEST(BackoffTest, LargestLimitDoesNotWrap) {
  Backoff backoff({.first = kForever / 2 + 1, .limit = kForever});
  EXPECT_EQ(backoff.next(), kForever / 2 + 1);
  EXPECT_EQ(backoff.next(), kForever);
}

}  // namespace
}  // namespace fltlink
