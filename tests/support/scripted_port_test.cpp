#include "support/scripted_port.hpp"

#include <gtest/gtest.h>

#include "support/fake_host.hpp"

namespace fltlink {
namespace {

class ScriptedPortTest : public testing::Test {
 protected:
  struct Slot {
    explicit Slot(size_t size) : bytes(size) { receive.buffer = bytes; }
    ByteVector bytes;
    Receive receive;
  };

  ScriptedPortTest() { EXPECT_EQ(port_.connect({}).outcome, ConnectOutcome::kConnected); }

  ReplyResult reply(uint64_t id, size_t payload_size) {
    const FltlinkReplyHeader header{.status = 0, .padding = 0, .message_id = id};
    ByteVector bytes(FLTLINK_REPLY_HEADER_SIZE + payload_size);
    std::memcpy(bytes.data(), &header, sizeof header);
    return port_.reply(ConnectionNumber{1}, bytes);
  }

  FakeHost host_;
  ScriptedPort port_{host_};
};

// WIRE-9: the size is 16 + the message.
TEST_F(ScriptedPortTest, DeliveredMessageCompletesAReceive) {
  Slot slot(64);
  ASSERT_EQ(port_.post(slot.receive).outcome, PostOutcome::kPosted);
  port_.deliver({1, 2, 3});
  const Completion completion = port_.wait(kForever);
  EXPECT_EQ(completion.receive, &slot.receive);
  EXPECT_EQ(completion.result, ReceiveOutcome::kMessage);
  EXPECT_EQ(completion.size, 19u);
}

// GET-7: the message stays with its sender.
TEST_F(ScriptedPortTest, SmallReceiveFailsAndTheMessageStays) {
  Slot small(17);
  Slot large(64);
  port_.deliver({1, 2, 3});
  ASSERT_EQ(port_.post(small.receive).outcome, PostOutcome::kPosted);
  EXPECT_EQ(port_.wait(kForever).result, ReceiveOutcome::kTooSmall);
  ASSERT_EQ(port_.post(large.receive).outcome, PostOutcome::kPosted);
  EXPECT_EQ(port_.wait(kForever).result, ReceiveOutcome::kMessage);
}

TEST_F(ScriptedPortTest, WaitReturnsAtItsDeadline) {
  const Ticks start = host_.now();
  EXPECT_EQ(port_.wait(start + kTicksPerSecond).outcome, WaitOutcome::kTimedOut);
  EXPECT_EQ(host_.now(), start + kTicksPerSecond);
}

// GET-10, GET-12.
TEST_F(ScriptedPortTest, CancelledReceiveComesBackAborted) {
  Slot slot(64);
  ASSERT_EQ(port_.post(slot.receive).outcome, PostOutcome::kPosted);
  port_.cancel_all();
  EXPECT_EQ(port_.wait(kForever).result, ReceiveOutcome::kAborted);
}

// REPLY-3, WIRE-11: the first reply wins, and a long one is used up.
TEST_F(ScriptedPortTest, ReplyIsMatchedOnce) {
  const uint64_t first = port_.deliver({1}, 4);
  const uint64_t second = port_.deliver({1}, 4);
  EXPECT_EQ(reply(first, 4).outcome, ReplyOutcome::kReplied);
  EXPECT_EQ(reply(first, 4).outcome, ReplyOutcome::kNoWaiter);
  EXPECT_EQ(reply(second, 5).outcome, ReplyOutcome::kTooLong);
  EXPECT_EQ(reply(second, 4).outcome, ReplyOutcome::kNoWaiter);
}

// GET-9.
TEST_F(ScriptedPortTest, HangingUpEndsReceivesAndLaterCalls) {
  Slot slot(64);
  ASSERT_EQ(port_.post(slot.receive).outcome, PostOutcome::kPosted);
  port_.hang_up();
  EXPECT_EQ(port_.wait(kForever).result, ReceiveOutcome::kDisconnected);
  EXPECT_EQ(port_.post(slot.receive).outcome, PostOutcome::kDisconnected);
  EXPECT_EQ(port_.send({}, {}).outcome, SendOutcome::kDisconnected);
}

TEST_F(ScriptedPortTest, InterruptLetsOneWaitReturn) {
  port_.interrupt();
  EXPECT_EQ(port_.wait(kForever).outcome, WaitOutcome::kInterrupted);
  EXPECT_EQ(port_.wait(host_.now() + 1).outcome, WaitOutcome::kTimedOut);
}

}  // namespace
}  // namespace fltlink
