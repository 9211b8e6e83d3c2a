// How long FltSendMessage waits, and what ends the wait (SEND-5 to SEND-17).
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

TEST(SendWaitTest, TimeIsUpAfterTwentyMillisecondsAndNotBefore) {  // T-2: SEND-6, SEND-8, SEND-10
  for (const bool delivered : {false, true}) {
    under_seeds([delivered](const Options& options) {
      PortMachine m(options);
      m.connect();
      if (delivered) m.park(24);
      Sending& sending = m.start_send(kEight, 4, -20 * kMillisecond);
      m.advance(19);
      EXPECT_EQ(m.next().ok != FALSE, delivered);
      EXPECT_FALSE(sending.done());
      m.advance(1);
      EXPECT_TRUE(sending.done());
      EXPECT_EQ(m.finish(sending), STATUS_TIMEOUT);
    });
  }
}

TEST(SendWaitTest, TerminatedThreadTakesItsUndeliveredMessageAlong) {  // SEND-13
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Sending& sending = m.start_send(kEight, 4, kNoTimeout);
    m.settle();
    sending.thread.terminate();
    m.settle();
    EXPECT_EQ(sending.status, STATUS_THREAD_IS_TERMINATING);
    Parked& parked = m.park(24);
    EXPECT_EQ(m.next().error, static_cast<DWORD>(WAIT_TIMEOUT));
    EXPECT_EQ(m.finish(m.start_send(kFour)), STATUS_SUCCESS);
    EXPECT_EQ(parked.payload(20), kFour);
  });
}

TEST(SendWaitTest, CloseByTheDriverEndsEverySenderThatWaits) {  // SEND-14, DISC-5
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    m.park(24);
    Sending& delivered = m.start_send(kEight, 4, kNoTimeout);
    EXPECT_TRUE(m.next(5000).ok);
    Sending& queued = m.start_send(kEight, {}, kNoTimeout);
    m.settle();
    m.in_kernel([&] {
      FltCloseClientPort(m.driver.filter, &m.driver.slots[0].port);
      return 0;
    });
    EXPECT_EQ(m.finish(delivered), STATUS_PORT_DISCONNECTED);
    EXPECT_EQ(m.finish(queued), STATUS_PORT_DISCONNECTED);
  });
}

TEST(SendWaitTest, AsManySendersGoOnAsReceivesAreParked) {  // SEND-5, SEND-17, GET-5
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    for (int i = 0; i < 3; ++i) m.park(17);
    std::vector<Sending*> sends;
    for (unsigned char i = 0; i < 5; ++i) sends.push_back(&m.start_send({i}, {}, kNoTimeout));
    const auto done = [&] { return std::ranges::count_if(sends, [](Sending* one) { return one->done(); }); };
    m.settle();
    EXPECT_EQ(done(), 3);
    m.park(17);
    m.settle();
    EXPECT_EQ(done(), 4);
    m.park(17);
    for (Sending* one : sends) EXPECT_EQ(m.finish(*one), STATUS_SUCCESS);
    Bytes seen;
    for (const Parked& one : m.receives) seen.push_back(one.bytes[16]);
    std::ranges::sort(seen);
    EXPECT_EQ(seen, (Bytes{0, 1, 2, 3, 4})) << "each message once";
  });
}

TEST(SendWaitTest, MessagesThatWaitAreDeliveredInTheOrderOfTheirSends) {  // SEND-17
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    for (unsigned char i = 0; i < 3; ++i) {
      m.start_send({i}, {}, kNoTimeout);
      m.settle();
    }
    for (unsigned char i = 0; i < 3; ++i) EXPECT_EQ(m.park(17).bytes[16], i);
  });
}

TEST(SendWaitTest, MessageWithoutAReplyUsesNoNumberUp) {  // WIRE-15, H-4
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    std::vector<std::uint64_t> ids;
    for (const bool asks : {false, true, false, true}) {
      Parked& parked = m.park(24);
      Sending& sending = m.start_send(kEight, asks ? std::optional<ULONG>(4) : std::nullopt);
      EXPECT_TRUE(m.next(5000).ok);
      ids.push_back(parked.header().MessageId);
      EXPECT_EQ(m.reply(ids.back(), kFour), asks ? S_OK : hr(0x801F0020));
      EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
    }
    EXPECT_EQ(ids, (std::vector<std::uint64_t>{0, 1, 0, 2}));
  });
}

}  // namespace
}  // namespace fltsim
