// How often the operating system has to wake a thread for a message: once for a partner that is parked, never for one that
// is not. On the operating system's threads; a thread that the machine has settled around is parked.
#include "client/port_machine.hpp"
#include "machine/system.hpp"

namespace fltsim {
namespace {

Options on_host_threads(std::uint32_t looks = 0) {
  Options options;
  options.scheduler = SchedulerKind::kHost;
  options.host_looks = looks;
  return options;
}

class WakeTest : public testing::Test {
 protected:
  WakeTest() { m.connect(); }

  // Since the last time; everybody has come to rest.
  std::uint64_t wakes() {
    m.settle();
    const std::uint64_t now = m.machine.system().scheduler().wakes();
    return now - std::exchange(before_, now);
  }
  // A thread in FilterGetMessage without an OVERLAPPED.
  ThreadHandle start_receive(Parked& buffer) {
    return m.client.start_thread("receiver", [this, &buffer] {
      buffer.result = FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.bytes.data()),
                                       static_cast<DWORD>(buffer.bytes.size()), nullptr);
    });
  }

  Parked buffer_{24};
  PortMachine m{on_host_threads()};

 private:
  std::uint64_t before_ = 0;
};

TEST_F(WakeTest, MessageWakesItsReceiverOnceAndTheReplyItsSenderOnce) {
  start_receive(buffer_);
  wakes();
  Sending& sending = m.start_send(kEight, 4);
  EXPECT_EQ(wakes(), 1u) << "the receiver";
  EXPECT_EQ(buffer_.result, S_OK);
  EXPECT_EQ(m.reply(buffer_.header().MessageId, kFour), S_OK);
  EXPECT_EQ(wakes(), 1u) << "the sender";
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
}

TEST_F(WakeTest, MessageWithoutReplyWakesItsReceiverOnce) {
  start_receive(buffer_);
  wakes();
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(wakes(), 1u);
}

TEST_F(WakeTest, ReceiveThatComesSecondWakesASenderThatWantsNoReply) {
  Sending& sending = m.start_send(kEight);
  wakes();
  EXPECT_EQ(start_receive(buffer_).join(), Outcome::kDone);
  EXPECT_EQ(wakes(), 1u);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
}

TEST_F(WakeTest, ReceiveThatComesSecondLetsASenderThatWantsAReplySleep) {
  Sending& sending = m.start_send(kEight, 4);
  wakes();
  EXPECT_EQ(start_receive(buffer_).join(), Outcome::kDone);
  EXPECT_EQ(wakes(), 0u);
  EXPECT_EQ(m.reply(buffer_.header().MessageId, kFour), S_OK);
  EXPECT_EQ(wakes(), 1u);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
}

TEST_F(WakeTest, PacketWakesTheThreadAtTheCompletionPortOnceAndNobodyWhereNoneWaits) {
  m.park(24);
  wakes();
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(wakes(), 0u);
  EXPECT_TRUE(m.next().ok);
  m.park(24);
  BOOL taken = FALSE;
  m.client.start_thread("taker", [&] {
    DWORD count = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* overlapped = nullptr;
    taken = GetQueuedCompletionStatus(m.completions, &count, &key, &overlapped, INFINITE);
  });
  wakes();
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(wakes(), 1u);
  EXPECT_TRUE(taken);
}

TEST_F(WakeTest, EventOfAReceiveWakesTheThreadThatWaitsForItOnceAndNobodyWhereNoneWaits) {
  HANDLE event = m.in_client([] { return CreateEventW(nullptr, TRUE, FALSE, nullptr); });
  buffer_.overlapped.hEvent = event;
  BOOL result = FALSE;
  const auto receive = [&](bool waits) {
    return m.client.start_thread("receiver", [&, waits] {
      FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer_.bytes.data()), 24,
                       &buffer_.overlapped);
      DWORD count = 0;
      if (waits) result = GetOverlappedResult(m.port, &buffer_.overlapped, &count, TRUE);
    });
  };
  receive(false);
  wakes();
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(wakes(), 0u);
  receive(true);
  wakes();
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(wakes(), 1u);
  EXPECT_TRUE(result);
}

TEST(LookingTest, PartnersThatLookAreNeverWoken) {
  constexpr int kMessages = 10;
  PortMachine m(on_host_threads(UINT32_MAX));
  m.connect();
  std::vector<Bytes> replies;
  auto service = m.client.start_thread("service", [&] {
    Parked buffer(24);
    for (int i = 0; i < kMessages; ++i) {
      FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.bytes.data()), 24, nullptr);
      struct {
        FILTER_REPLY_HEADER header;
        unsigned char payload[4];
      } answer{{STATUS_SUCCESS, buffer.header().MessageId}, {9, 8, 7, static_cast<unsigned char>(i)}};
      FilterReplyMessage(m.port, &answer.header, 20);
    }
  });
  const std::uint64_t before = m.machine.system().scheduler().wakes();
  auto sender = m.machine.system_process().start_thread("sender", [&] {
    for (int i = 0; i < kMessages; ++i) {
      Bytes message = kEight;
      Bytes reply(4);
      ULONG size = 4;
      LARGE_INTEGER timeout;
      timeout.QuadPart = -60'000 * kMillisecond;
      EXPECT_EQ(FltSendMessage(m.driver.filter, &m.driver.slots[0].port, message.data(), 8, reply.data(),
                               &size, &timeout),
                STATUS_SUCCESS);
      EXPECT_EQ(reply, (Bytes{9, 8, 7, static_cast<unsigned char>(i)}));
    }
  });
  EXPECT_EQ(sender.join(), Outcome::kDone);
  EXPECT_EQ(service.join(), Outcome::kDone);
  EXPECT_EQ(m.machine.system().scheduler().wakes(), before);
}

}  // namespace
}  // namespace fltsim
