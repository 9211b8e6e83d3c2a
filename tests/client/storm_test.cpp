// Several senders and receivers at once: every message is delivered once and answered once, or accounted for.
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

struct Message {
  std::uint32_t sender;
  std::uint32_t number;
};

// A service thread: receives, answers with what it received, until the port is closed.
void serve(HANDLE port, std::atomic<int>& received) {
  for (;;) {
    alignas(16) unsigned char buffer[16 + sizeof(Message)];
    auto* header = reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer);
    OVERLAPPED overlapped{};
    overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    const HRESULT posted = FilterGetMessage(port, header, sizeof buffer, &overlapped);
    DWORD count = 0;
    const bool got = posted == hr(0x800703E5) && GetOverlappedResult(port, &overlapped, &count, TRUE);
    CloseHandle(overlapped.hEvent);
    if (!got) return;
    ++received;
    if (header->ReplyLength == 0) continue;
    alignas(16) unsigned char answer[16 + sizeof(Message)];
    const FILTER_REPLY_HEADER reply{STATUS_SUCCESS, header->MessageId};
    std::memcpy(answer, &reply, sizeof reply);
    std::memcpy(answer + 16, buffer + 16, sizeof(Message));
    EXPECT_EQ(FilterReplyMessage(port, reinterpret_cast<PFILTER_REPLY_HEADER>(answer), sizeof answer), S_OK);
  }
}

void storm(const Options& options, std::uint32_t senders, int services, std::uint32_t messages) {
  PortMachine m(options);
  m.connect();
  std::atomic<int> received{0};
  std::vector<ThreadHandle> threads;
  for (int i = 0; i < services; ++i) {
    threads.push_back(m.client.start_thread("service", [&] { serve(m.port, received); }));
  }
  std::vector<ThreadHandle> sending;
  for (std::uint32_t s = 0; s < senders; ++s) {
    sending.push_back(m.machine.system_process().start_thread("sender", [&, s] {
      for (std::uint32_t n = 0; n < messages; ++n) {
        Message message{s, n};
        Message answer{};
        ULONG length = sizeof answer;
        LARGE_INTEGER timeout;
        timeout.QuadPart = -60'000 * kMillisecond;
        const bool asks = n % 2 == 0;
        EXPECT_EQ(FltSendMessage(m.driver.filter, &m.driver.slots[0].port, &message, sizeof message,
                                 asks ? &answer : nullptr, asks ? &length : nullptr, &timeout),
                  STATUS_SUCCESS);
        if (!asks) continue;
        EXPECT_EQ(answer.sender, s);
        EXPECT_EQ(answer.number, n);
      }
    }));
  }
  for (ThreadHandle& thread : sending) EXPECT_EQ(thread.join(), Outcome::kDone);
  m.settle();
  EXPECT_EQ(received, static_cast<int>(senders * messages));
  m.close_client();
  for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
  EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
}

TEST(PortStormTest, EveryMessageIsDeliveredAndAnsweredOnce) {  // SEND-17, REPLY-2, GET-5
  under_every_scheduler([](const Options& options) { storm(options, 3, 2, 6); }, 100);
}

TEST(PortStormTest, ManyMessagesOnHostThreads) {
  Options options;
  options.scheduler = SchedulerKind::kHost;
  options.trace = false;
  storm(options, 4, 3, static_cast<std::uint32_t>(scaled(2000)));
}

TEST(PortStormTest, ConnectionsComeAndGoWhileMessagesFlow) {  // DISC-1, DISC-7
  under_every_scheduler(
      [](const Options& options) {
        PortMachine m(options, {.connections_max = 4});
        std::vector<ThreadHandle> clients;
        for (int i = 0; i < 3; ++i) {
          clients.push_back(m.client.start_thread("client", [&] {
            for (int round = 0; round < 4; ++round) {
              HANDLE port = INVALID_HANDLE_VALUE;
              EXPECT_EQ(FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &port), S_OK);
              DWORD returned = 0;
              EXPECT_EQ(FilterSendMessage(port, nullptr, 0, nullptr, 0, &returned), S_OK);
              EXPECT_TRUE(CloseHandle(port));
            }
          }));
        }
        for (ThreadHandle& client : clients) EXPECT_EQ(client.join(), Outcome::kDone);
        EXPECT_EQ(m.driver.connects, 12);
        EXPECT_EQ(m.driver.disconnects, 12);
      },
      50);
}

// The driver sends through one variable, whichever client is connected: what the sample scanner does.
TEST(PortStormTest, SendsThroughTheVariableThatACloseSetsToNullReachAClientOrNobody) {  // DISC-3, SEND-22
  Options options;
  options.scheduler = SchedulerKind::kHost;
  options.trace = false;
  PortMachine m(options);
  PFLT_PORT variable = nullptr;
  m.driver.settings.closes_client_ports = false;
  m.driver.on_connect = [&](PortDriver::Slot& slot, const void*, ULONG) {
    __atomic_store_n(&variable, slot.port, __ATOMIC_RELEASE);
    return STATUS_SUCCESS;
  };
  m.driver.on_disconnect = [&](PortDriver::Slot&) { FltCloseClientPort(m.driver.filter, &variable); };
  std::atomic<bool> over{false};
  std::vector<ThreadHandle> senders;
  for (int i = 0; i < 4; ++i) {
    senders.push_back(m.machine.system_process().start_thread("sender", [&] {
      while (!over.load()) {
        unsigned char message[8] = {};
        LARGE_INTEGER at_once;
        at_once.QuadPart = -1;
        const NTSTATUS status =
            FltSendMessage(m.driver.filter, &variable, message, sizeof message, nullptr, nullptr, &at_once);
        if (status != STATUS_TIMEOUT) {
          EXPECT_EQ(status, STATUS_PORT_DISCONNECTED);
        }
      }
    }));
  }
  ThreadHandle client = m.client.start_thread("client", [&] {
    for (int round = scaled(3'000); round > 0; --round) {
      HANDLE port = INVALID_HANDLE_VALUE;
      EXPECT_EQ(FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &port), S_OK);
      EXPECT_TRUE(CloseHandle(port));
    }
  });
  EXPECT_EQ(client.join(), Outcome::kDone);
  over = true;
  for (ThreadHandle& sender : senders) EXPECT_EQ(sender.join(), Outcome::kDone);
}

TEST(PortStormTest, SameSeedReplaysTheSameTrace) {
  const auto trace_of = [](std::uint64_t seed) {
    Options options;
    options.seed = seed;
    PortMachine m(options);
    m.connect();
    for (int i = 0; i < 4; ++i) m.park(24);
    for (unsigned char i = 0; i < 4; ++i) m.start_send({i, 1, 2, 3}, 4, -kMillisecond);
    EXPECT_EQ(m.machine.advance(std::chrono::milliseconds(5)), Outcome::kDone);
    return m.machine.trace().to_text();
  };
  EXPECT_EQ(trace_of(11), trace_of(11));
}

}  // namespace
}  // namespace fltsim
