#include <fltlink/send/timeout.hpp>

#include <gtest/gtest.h>

namespace fltlink {
namespace {

template <typename Count>
concept CountsMilliseconds = requires(Count count) {
  SendTimeout::milliseconds(count);
};

// Nothing becomes a timeout that was not meant as one: no number, no pointer, no signed count.
static_assert(!std::is_default_constructible_v<SendTimeout>);
static_assert(!std::is_constructible_v<SendTimeout, int64_t>);
static_assert(!std::is_constructible_v<SendTimeout, decltype(nullptr)>);
static_assert(CountsMilliseconds<uint32_t> && CountsMilliseconds<uint64_t>);
static_assert(!CountsMilliseconds<int> && !CountsMilliseconds<int64_t> && !CountsMilliseconds<bool>);

TEST(SendTimeoutTest, IsRelativeInUnitsOfTheKernel) {  // SEND-10
  EXPECT_EQ(SendTimeout::milliseconds(1u).relative_100ns(), -10'000);
  EXPECT_EQ(SendTimeout::milliseconds(SendTimeout::kMillisecondsMax).relative_100ns(), -36'000'000'000);
  EXPECT_FALSE(SendTimeout::milliseconds(1u).is_for_ever());
}

TEST(SendTimeoutTest, IsNeverZeroNorWithoutBound) {  // SEND-11, SEND-12, H-1
  EXPECT_DEATH((void)SendTimeout::milliseconds(0u), "count");
  EXPECT_DEATH((void)SendTimeout::milliseconds(SendTimeout::kMillisecondsMax + 1), "count");
  EXPECT_DEATH((void)SendTimeout::milliseconds(~uint64_t{0}), "count");
}

TEST(SendTimeoutTest, ForEverIsSaidByNameAndIsNoNumber) {  // SEND-10
  EXPECT_TRUE(SendTimeout::wait_for_ever().is_for_ever());
  EXPECT_DEATH((void)SendTimeout::wait_for_ever().relative_100ns(), "is_for_ever");
}

}  // namespace
}  // namespace fltlink
