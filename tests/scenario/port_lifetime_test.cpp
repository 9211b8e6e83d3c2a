// Goal: whatever ends first, nobody hangs, every status is one that the rules allow, and every answer that a client
// gave has reached a sender. Method: a driver that asks each client that connects, again and again, while clients
// come, go, die and misbehave, and the filter is unloaded; under many seeds and once on host threads.
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

// A driver that starts a thread for each connection, which asks until the connection ends.
class AskingDriver {
 public:
  explicit AskingDriver(const Options& options, PortDriver::Settings settings, bool patient = false)
      : m(options, settings), patient_(patient) {
    m.driver.on_connect = [this](PortDriver::Slot& slot, const void*, ULONG) {
      // Without it the filter could be gone before the thread's last send.
      if (!NT_SUCCESS(FltObjectReference(m.driver.filter))) return STATUS_FLT_DELETING_OBJECT;
      ++accepted_;
      const std::lock_guard lock(mutex_);
      threads_.push_back(m.machine.system_process().start_thread("asker", [this, &slot] { ask(slot); }));
      return STATUS_SUCCESS;
    };
  }

  // What each asker does. The connection may end at any of its steps.
  void ask(PortDriver::Slot& slot) {
    for (NTSTATUS status = STATUS_SUCCESS; status == STATUS_SUCCESS || status == STATUS_TIMEOUT;) {
      std::uint32_t question = 1;
      std::uint32_t answer = 0;
      ULONG length = sizeof answer;
      LARGE_INTEGER timeout;
      timeout.QuadPart = -50 * kMillisecond;
      status = FltSendMessage(m.driver.filter, &slot.port, &question, sizeof question, &answer, &length,
                              patient_ ? nullptr : &timeout);
      if (status == STATUS_SUCCESS) ++answers_taken;
      if (status == STATUS_TIMEOUT) ++timeouts;
      EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_TIMEOUT || status == STATUS_PORT_DISCONNECTED)
          << std::hex << status;
    }
    FltObjectDereference(m.driver.filter);
  }

  // Every asker has ended, every connection has ended once, and what was answered was taken.
  void expect_over() {
    std::vector<ThreadHandle> threads;
    {
      const std::lock_guard lock(mutex_);
      threads.swap(threads_);
    }
    for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
    EXPECT_EQ(m.driver.disconnects, accepted_);
    EXPECT_GE(answers_taken, answers_given);
    EXPECT_TRUE(m.machine.verifier().clean());
  }

  PortMachine m;
  std::atomic<int> answers_taken{0};
  std::atomic<int> answers_given{0};  // replies that were S_OK, as far as the client lived to count them
  std::atomic<int> timeouts{0};

 private:
  const bool patient_;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::vector<ThreadHandle> threads_;
};

HANDLE connect_once() {
  HANDLE port = INVALID_HANDLE_VALUE;
  EXPECT_EQ(FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &port), S_OK);
  return port;
}

// Receives one message and answers it `times` times. False when the connection has ended.
bool serve_one(AskingDriver& asking, HANDLE port, int times = 1) {
  alignas(16) unsigned char buffer[32];
  auto* header = reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer);
  OVERLAPPED overlapped{};
  overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  DWORD count = 0;
  const HRESULT posted = FilterGetMessage(port, header, sizeof buffer, &overlapped);
  const bool got = posted == hr(0x800703E5) && GetOverlappedResult(port, &overlapped, &count, TRUE);
  CloseHandle(overlapped.hEvent);
  if (!got) return false;
  alignas(16) unsigned char answer[20] = {};
  const FILTER_REPLY_HEADER reply{STATUS_SUCCESS, header->MessageId};
  std::memcpy(answer, &reply, sizeof reply);
  for (int i = 0; i < times; ++i) {
    const HRESULT result =
        FilterReplyMessage(port, reinterpret_cast<PFILTER_REPLY_HEADER>(answer), sizeof answer);
    if (result == S_OK) ++asking.answers_given;
    EXPECT_TRUE(result == S_OK || result == hr(0x801F0020) || result == hr(0x80070006)) << std::hex << result;
    if (i > 0) {
      EXPECT_NE(result, S_OK) << "one message, one answer";
    }
  }
  return true;
}

// Lets the others run for a number of steps: with it and the seed, what comes next meets them elsewhere.
void pass(PortMachine& m, int steps) {
  auto bystander =
      m.machine.start_process({.image = u"C:\\App\\other.exe"}).start_thread("bystander", [steps] {
        for (int i = 0; i < steps; ++i) Sleep(0);
      });
  EXPECT_EQ(bystander.join(), Outcome::kDone);
}

TEST(PortLifetimeTest, ClientsComeAndGoWhileMessagesFlow) {  // DISC-7, DISC-9, SEND-14, REPLY-2
  under_every_scheduler([](const Options& options) {
    AskingDriver asking(options, {.connections_max = 3});
    std::vector<ThreadHandle> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(asking.m.client.start_thread("client", [&] {
        for (int round = 0; round < 4; ++round) {
          const HANDLE port = connect_once();
          for (int n = 0; n < round; ++n) EXPECT_TRUE(serve_one(asking, port));
          EXPECT_TRUE(CloseHandle(port));
        }
      }));
    }
    for (ThreadHandle& client : clients) EXPECT_EQ(client.join(), Outcome::kDone);
    asking.expect_over();
    EXPECT_EQ(asking.m.driver.connects, 12);
    EXPECT_EQ(asking.answers_given, 18);
    EXPECT_EQ(asking.answers_taken, 18);
  });
}

TEST(PortLifetimeTest, ServiceIsKilledWhereverItStands) {  // DISC-1, DISC-10, SEND-14, PUNL-2
  under_every_scheduler(
      [steps = 0](const Options& options) mutable {
        AskingDriver asking(options, {.connections_max = 2});
        ++steps;
        auto service = asking.m.client.start_thread("service", [&] {
          for (;;) {
            const HANDLE port = connect_once();
            while (serve_one(asking, port) && asking.answers_given % 3 != 0) continue;
            CloseHandle(port);
          }
        });
        pass(asking.m, steps % 97);
        EXPECT_EQ(asking.m.client.kill(), Outcome::kDone);
        EXPECT_EQ(service.join(), Outcome::kKilled);
        asking.expect_over();
        EXPECT_EQ(asking.m.loaded->unload(), STATUS_SUCCESS);
      },
      1000);
}

TEST(PortLifetimeTest,
     UnloadEndsTenClientsThatNeverReplyAndSendersThatWaitForEver) {  // PUNL-2, PUNL-4, DISC-9
  for (const auto order :
       {Semantics::DisconnectOrder::kSendersFirst, Semantics::DisconnectOrder::kNotifyFirst}) {
    under_every_scheduler(
        [order](const Options& given) {
          Options options = given;
          options.semantics.disconnect_order = order;
          AskingDriver asking(options, {.connections_max = 10}, true);
          std::vector<ThreadHandle> clients;
          for (int i = 0; i < 10; ++i) {
            clients.push_back(asking.m.client.start_thread("client", [&] {
              const HANDLE port = connect_once();
              alignas(16) unsigned char buffer[32];
              auto* header = reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer);
              EXPECT_EQ(FilterGetMessage(port, header, sizeof buffer, nullptr), S_OK);
              EXPECT_EQ(FilterGetMessage(port, header, sizeof buffer, nullptr), hr(0x80070006));
            }));
          }
          asking.m.settle();
          EXPECT_EQ(asking.m.loaded->unload(), STATUS_SUCCESS);
          for (ThreadHandle& client : clients) EXPECT_EQ(client.join(), Outcome::kDone);
          EXPECT_EQ(asking.m.driver.disconnects, 10);
          asking.expect_over();
        },
        50);
  }
}

// A driver that asks a client of its own about every open, for as long as that takes.
class AskingBeforeOpens {
 public:
  static constexpr int kClients = 10;

  explicit AskingBeforeOpens(const Options& options) : m(options, {.connections_max = kClients}, false) {
    m.machine.add_volume(u"C:");
    m.driver.operations = {{.major = IRP_MJ_CREATE, .pre = [this](auto, auto, auto) {
                              ask(m.driver.slots[static_cast<std::size_t>(next_++ % kClients)]);
                              return FLT_PREOP_SUCCESS_NO_CALLBACK;
                            }}};
    m.load_driver();
    for (int i = 0; i < kClients; ++i) connect_silent_client();
  }

  void ask(PortDriver::Slot& slot) {
    std::uint32_t question = 1;
    std::uint32_t answer = 0;
    ULONG length = sizeof answer;
    EXPECT_EQ(
        FltSendMessage(m.driver.filter, &slot.port, &question, sizeof question, &answer, &length, nullptr),
        STATUS_PORT_DISCONNECTED);
    ++woken;
  }
  // One that opens a file `times` times: each open waits for ever while the driver is there.
  ThreadHandle start_program(int times) {
    auto app = m.machine.start_process({.image = u"C:\\App\\app.exe"});
    return app.start_thread("opens", [app, times] {
      for (int i = 0; i < times; ++i) app.exists(u"C:\\");
    });
  }

  PortMachine m;
  std::atomic<int> woken{0};

 private:
  // Receives what comes, and never replies.
  void connect_silent_client() {
    auto client = m.machine.start_process({.image = u"C:\\App\\silent.exe", .user = User::kSystem});
    const HANDLE port = m.try_connect(client).port;
    client.start_thread("silent", [port] {
      alignas(16) unsigned char buffer[32];
      while (FilterGetMessage(port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer), sizeof buffer,
                              nullptr) == S_OK)
        continue;
      Sleep(INFINITE);
    });
  }

  std::atomic<int> next_{0};
};

// PUNL-2, PUNL-4, TEAR-6, DISC-9 and H-10 in every order, and in time wherever the seed and the steps put it.
TEST(PortLifetimeTest, UnloadMeetsSendersInsidePreCallbacksWhereverTheyStand) {
  for (const auto disconnect :
       {Semantics::DisconnectOrder::kSendersFirst, Semantics::DisconnectOrder::kNotifyFirst}) {
    for (const auto unregister :
         {Semantics::UnregisterOrder::kInstancesFirst, Semantics::UnregisterOrder::kPortsFirst}) {
      under_every_scheduler(
          [&, steps = 0](const Options& given) mutable {
            Options options = given;
            options.semantics.disconnect_order = disconnect;
            options.semantics.unregister_order = unregister;
            AskingBeforeOpens asking(options);
            std::vector<ThreadHandle> programs;
            for (int i = 0; i < 4; ++i) programs.push_back(asking.start_program(3));
            pass(asking.m, ++steps % 97);
            EXPECT_EQ(asking.m.loaded->unload(), STATUS_SUCCESS);
            for (ThreadHandle& program : programs) EXPECT_EQ(program.join(), Outcome::kDone);
            EXPECT_EQ(asking.m.driver.disconnects, AskingBeforeOpens::kClients);
          },
          200);
    }
  }
}

TEST(PortLifetimeTest, UnloadMeetsClientsThatComeAndGo) {  // PUNL-2, PUNL-4, H-27
  under_every_scheduler([steps = 0](const Options& options) mutable {
    AskingDriver asking(options, {.connections_max = 4});
    std::vector<ThreadHandle> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(asking.m.client.start_thread("client", [&] {
        for (;;) {
          HANDLE port = INVALID_HANDLE_VALUE;
          const HRESULT result = FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &port);
          if (result == hr(0x80070002) || result == hr(0x801F000B)) return;  // the filter has gone
          EXPECT_EQ(result, S_OK);
          DWORD returned = 0;
          const HRESULT sent = FilterSendMessage(port, nullptr, 0, nullptr, 0, &returned);
          EXPECT_TRUE(sent == S_OK || sent == hr(0x80070006)) << std::hex << sent;
          serve_one(asking, port);
          CloseHandle(port);
        }
      }));
    }
    pass(asking.m, ++steps % 97);
    EXPECT_EQ(asking.m.loaded->unload(), STATUS_SUCCESS);
    for (ThreadHandle& client : clients) EXPECT_EQ(client.join(), Outcome::kDone);
    asking.expect_over();
  });
}

TEST(PortLifetimeTest, ServerPortIsClosedUnderClientsThatWorkOn) {  // PORT-10, PORT-11
  under_every_scheduler([](const Options& options) {
    AskingDriver asking(options, {.connections_max = 3});
    std::vector<ThreadHandle> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(asking.m.client.start_thread("client", [&] {
        HANDLE port = INVALID_HANDLE_VALUE;
        const HRESULT result = FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &port);
        EXPECT_TRUE(result == S_OK || result == hr(0x80070002)) << std::hex << result;
        for (int n = 0; result == S_OK && n < 5; ++n) EXPECT_TRUE(serve_one(asking, port));
        if (result == S_OK) {
          EXPECT_TRUE(CloseHandle(port));
        }
      }));
    }
    asking.m.in_kernel([&] {
      FltCloseCommunicationPort(asking.m.driver.server);
      asking.m.driver.server = nullptr;
      return 0;
    });
    for (ThreadHandle& client : clients) EXPECT_EQ(client.join(), Outcome::kDone);
    asking.expect_over();
    EXPECT_EQ(asking.answers_given, 5 * asking.m.driver.connects);
  });
}

TEST(PortLifetimeTest, SilentClientsAndOnesThatAnswerTwiceDisturbNobodyElse) {  // REPLY-3, SEND-6, SEND-8
  under_every_scheduler([](const Options& options) {
    AskingDriver asking(options, {.connections_max = 3});
    Process& client = asking.m.client;
    std::atomic<int> served{0};
    auto good = client.start_thread("good", [&] {
      const HANDLE port = connect_once();
      for (int i = 0; i < 5; ++i) served += serve_one(asking, port);
      CloseHandle(port);
    });
    auto twice = client.start_thread("twice", [&] {
      const HANDLE port = connect_once();
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(serve_one(asking, port, 2));
      CloseHandle(port);
    });
    auto silent = client.start_thread("silent", [&] {
      const HANDLE port = connect_once();
      Sleep(200);
      CloseHandle(port);
    });
    for (ThreadHandle* thread : {&good, &twice, &silent}) EXPECT_EQ(thread->join(), Outcome::kDone);
    asking.expect_over();
    EXPECT_EQ(served, 5);
    EXPECT_GE(asking.timeouts, 3);
  });
}

}  // namespace
}  // namespace fltsim
