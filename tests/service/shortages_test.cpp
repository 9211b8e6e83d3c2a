#include <fltlink/service/detail/shortages.hpp>

#include <gtest/gtest.h>

namespace fltlink::detail {
namespace {

constexpr auto kNever = [](Shortage) { return false; };

TEST(ShortagesTest, ShortageBeginsOnceHoweverOftenItIsMet) {
  Shortages shortages(10);
  EXPECT_TRUE(shortages.meet(Shortage::kWorkers, 100));
  EXPECT_FALSE(shortages.meet(Shortage::kWorkers, 105));
  EXPECT_TRUE(shortages.meet(Shortage::kReceives, 105)) << "another one";
}

TEST(ShortagesTest, ShortageIsOverWhenNobodyHasMetItForAWhile) {
  Shortages shortages(10);
  static_cast<void>(shortages.meet(Shortage::kWorkers, 100));
  static_cast<void>(shortages.meet(Shortage::kWorkers, 105));
  EXPECT_EQ(shortages.next(), 115u);
  EXPECT_FALSE(shortages.take_ended(114, kNever).has_value());
  const auto ended = shortages.take_ended(115, kNever);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->shortage, Shortage::kWorkers);
  EXPECT_EQ(ended->lasted, 5u);
  EXPECT_EQ(shortages.next(), kForever);
  EXPECT_TRUE(shortages.meet(Shortage::kWorkers, 200)) << "it may begin again";
}

TEST(ShortagesTest, ShortageThatLastsIsAskedForAgainLater) {
  Shortages shortages(10);
  static_cast<void>(shortages.meet(Shortage::kReceives, 100));
  EXPECT_FALSE(shortages.take_ended(110, [](Shortage) { return true; }).has_value());
  EXPECT_EQ(shortages.next(), 120u);
  EXPECT_EQ(shortages.take_ended(120, kNever)->lasted, 10u);
}

TEST(ShortagesTest, QuietTimeWithoutEndKeepsAShortageForEver) {
  Shortages shortages(kForever);
  static_cast<void>(shortages.meet(Shortage::kReceives, 100));
  EXPECT_EQ(shortages.next(), kForever);
  EXPECT_FALSE(shortages.take_ended(kForever - 1, kNever).has_value());
}

}  // namespace
}  // namespace fltlink::detail
