// The port's own arithmetic: every send on a connection is queued, waits for its reply, or has ended in one way of a
// closed list.
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

class SendCountsTest : public testing::Test {
 protected:
  SendCountsTest() { m.connect(); }
  SendCounts counts() { return m.machine.sends_by_connection().back().counts; }
  std::uint64_t ended(SendEnd end) { return counts().of(end); }

  PortMachine m;
};

TEST_F(SendCountsTest, SendsThatWaitAreCountedAsThatAndThenByTheirEnd) {
  Sending& undelivered = m.start_send({1}, {}, -5 * kMillisecond);
  Sending& unanswered = m.start_send({1, 2, 3}, 4, -9 * kMillisecond);
  m.settle();
  EXPECT_EQ(counts().queued, 2u);
  m.park(64);
  m.settle();
  m.park(64);
  m.settle();
  EXPECT_EQ(counts().awaiting, 1u);
  EXPECT_EQ(ended(SendEnd::kDelivered), 1u);
  m.finish(undelivered);
  EXPECT_EQ(m.finish(unanswered), STATUS_TIMEOUT);
  EXPECT_EQ(ended(SendEnd::kTimedOutUnanswered), 1u);
  m.finish(m.start_send({1}, {}, -kMillisecond));
  EXPECT_EQ(ended(SendEnd::kTimedOutUndelivered), 1u);
  EXPECT_EQ(counts().started, 3u);
}

TEST_F(SendCountsTest, RepliesAreCountedByWhetherTheyFit) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{9}}) {
    Parked& parked = m.park(64);
    Sending& sending = m.start_send({1}, 4);
    m.settle();
    m.reply(parked.header().MessageId, Bytes(size));
    m.finish(sending);
  }
  EXPECT_EQ(ended(SendEnd::kReplied), 1u);
  EXPECT_EQ(ended(SendEnd::kReplyTooLong), 1u);
}

TEST_F(SendCountsTest, EndOfAConnectionIsInTheTraceWithItsArithmetic) {
  m.park(64);
  m.finish(m.start_send({1}));
  m.park(64);
  Sending& delivered = m.start_send({1}, 4);
  m.settle();
  Sending& queued = m.start_send({1}, 4);
  m.settle();
  m.close_client();
  EXPECT_EQ(m.finish(delivered), STATUS_PORT_DISCONNECTED);
  EXPECT_EQ(m.finish(queued), STATUS_PORT_DISCONNECTED);
  EXPECT_THAT(m.machine.trace().to_text(),
              testing::HasSubstr("connection 1 of \\TestPort ends: 3 sends: 1 delivered, 1 disconnected "
                                 "undelivered, 1 disconnected unanswered"));
}

TEST_F(SendCountsTest, SenderThatIsTerminatedIsCountedAsThat) {
  Sending& queued = m.start_send({1}, {}, kNoTimeout);
  m.settle();
  queued.thread.terminate();
  m.finish(queued);
  EXPECT_EQ(ended(SendEnd::kTerminatedUndelivered), 1u);
}

// Whatever falls out of what is remembered stays in the sum.
TEST_F(SendCountsTest, TheSumIsOfEveryConnectionThereEverWas) {
  m.close_client();
  for (int round = 0; round < 100; ++round) {
    m.connect();
    m.finish(m.start_send({1}, {}, -kMillisecond, m.driver.slots.size() - 1));
    m.close_client();
  }
  EXPECT_EQ(m.machine.sends().started, 100u);
  EXPECT_EQ(m.machine.sends().of(SendEnd::kTimedOutUndelivered), 100u);
  EXPECT_LT(m.machine.sends_by_connection().size(), 100u);
}

}  // namespace
}  // namespace fltsim
