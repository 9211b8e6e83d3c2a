#include <gtest/gtest.h>
#include <fltlink/base/atomic.hpp>

#include <cstdint>

namespace fltlink {
namespace {

enum class Colour : std::uint8_t {
  kRed,
  kBlue,
};

TEST(AtomicTest, HasTheSizeAndAlignmentOfItsValue) {
  static_assert(sizeof(Atomic<Colour>) == 1);
  static_assert(sizeof(Atomic<std::uint64_t>) == 8 && alignof(Atomic<std::uint64_t>) == 8);
  static_assert(sizeof(Atomic<void*>) == sizeof(void*));
}

TEST(AtomicTest, StartsAtZeroOrAtTheGivenValue) {
  const Atomic<int> zero;
  const Atomic<int> seven{7};
  EXPECT_EQ(zero.load(MemoryOrder::kRelaxed), 0);
  EXPECT_EQ(seven.load(MemoryOrder::kRelaxed), 7);
}

TEST(AtomicTest, StoredValueIsLoadedForEveryKindOfType) {
  Atomic<Colour> colour{Colour::kRed};
  colour.store(Colour::kBlue, MemoryOrder::kRelease);
  EXPECT_EQ(colour.load(MemoryOrder::kAcquire), Colour::kBlue);

  Atomic<bool> flag{false};
  flag.store(true, MemoryOrder::kSeqCst);
  EXPECT_TRUE(flag.load(MemoryOrder::kSeqCst));

  int target = 0;
  Atomic<int*> pointer{nullptr};
  pointer.store(&target, MemoryOrder::kRelease);
  EXPECT_EQ(pointer.load(MemoryOrder::kAcquire), &target);
}

TEST(AtomicTest, ExchangeReturnsTheValueBefore) {
  Atomic<std::uint32_t> word{1};
  EXPECT_EQ(word.exchange(2, MemoryOrder::kAcqRel), 1u);
  EXPECT_EQ(word.load(MemoryOrder::kRelaxed), 2u);
}

TEST(AtomicTest, CompareExchangeReplacesOnlyTheExpectedValue) {
  Atomic<std::uint64_t> word{5};
  std::uint64_t expected = 4;
  EXPECT_FALSE(word.compare_exchange_strong(expected, 9, MemoryOrder::kAcqRel, MemoryOrder::kAcquire));
  EXPECT_EQ(expected, 5u) << "the value found comes back";
  EXPECT_TRUE(word.compare_exchange_strong(expected, 9, MemoryOrder::kAcqRel, MemoryOrder::kAcquire));
  EXPECT_EQ(word.load(MemoryOrder::kRelaxed), 9u);
}

TEST(AtomicTest, WeakCompareExchangeSucceedsInALoop) {
  Atomic<int> word{1};
  int expected = 1;
  while (!word.compare_exchange_weak(expected, 2, MemoryOrder::kRelaxed, MemoryOrder::kRelaxed)) {
    ASSERT_EQ(expected, 1);
  }
  EXPECT_EQ(word.load(MemoryOrder::kRelaxed), 2);
}

TEST(AtomicTest, ArithmeticWrapsAndReturnsTheValueBefore) {
  Atomic<std::uint32_t> word{UINT32_MAX};
  EXPECT_EQ(word.fetch_add(2, MemoryOrder::kRelaxed), UINT32_MAX);
  EXPECT_EQ(word.fetch_sub(2, MemoryOrder::kRelaxed), 1u);
  EXPECT_EQ(word.fetch_and(0xF0, MemoryOrder::kRelaxed), UINT32_MAX);
  EXPECT_EQ(word.fetch_or(0x0F, MemoryOrder::kRelaxed), 0xF0u);
  EXPECT_EQ(word.load(MemoryOrder::kRelaxed), 0xFFu);
}

}  // namespace
}  // namespace fltlink
