// The right to answer, on the operating system's threads, for the thread sanitizer.
#include <fltlink/service/reply_token.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include <fltlink/os/assert.hpp>

#include "support/mock_port.hpp"
#include "support/scale.hpp"

namespace fltlink {
namespace {

using testing::_;
using testing::NiceMock;
using testing::Return;

// Gives way when the other one is long in coming, because it has no processor.
void await(const Atomic<uint32_t>& word, uint32_t value) {
  for (uint32_t spins = 0; word.load(MemoryOrder::kAcquire) != value; ++spins) {
    if (spins % 1024 == 1023) std::this_thread::yield();
  }
}

// Both come at the same moment, as near as two processors can: in each round exactly one of them gets the
// right.
TEST(ReplyTokenThreadsTest, HandlerAndWatchNeverBothGetTheRightToAnswer) {
  const uint32_t rounds = test::scaled<uint32_t>(100'000);
  NiceMock<MockPort> port;
  ON_CALL(port, reply(_, _)).WillByDefault(Return(ReplyResult{ReplyOutcome::kReplied, 0}));
  LoopCounters counters;
  std::optional<ReplyToken> token;
  Atomic<uint32_t> round{0};     // released with the token, acquired by the watch
  Atomic<uint32_t> finished{0};  // the other way round
  uint64_t taken_over = 0;
  std::thread watch([&] {
    for (uint32_t number = 1; number <= rounds; ++number) {
      await(round, number);
      if (token->take_over()) ++taken_over;
      finished.store(number, MemoryOrder::kRelease);
    }
  });
  for (uint32_t number = 1; number <= rounds; ++number) {
    token.emplace(port, counters, ReplyAddress{ConnectionNumber{1}, number, 16});
    round.store(number, MemoryOrder::kRelease);
    static_cast<void>(token->reply(0));
    await(finished, number);
  }
  watch.join();
  EXPECT_EQ(counters[LoopCounter::kReplied] + taken_over, rounds);
  EXPECT_EQ(counters[LoopCounter::kTooLateReplies], taken_over);
}

}  // namespace
}  // namespace fltlink
