// FltUnregisterFilter while messages are under way (PUNL-*): whoever waits is woken, in whatever order the filter manager
// ends things.
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

using Order = Semantics::UnregisterOrder;
using Disconnect = Semantics::DisconnectOrder;

constexpr int kClients = 10;

// Under each order of the ends (H-10, DISC-9), each under every scheduler.
void under_every_order(const std::function<void(const Options&)>& scenario, std::uint64_t seeds) {
  for (const Order order : {Order::kInstancesFirst, Order::kPortsFirst}) {
    for (const Disconnect disconnect : {Disconnect::kSendersFirst, Disconnect::kNotifyFirst}) {
      under_every_scheduler(
          [&](Options options) {
            options.semantics.unregister_order = order;
            options.semantics.disconnect_order = disconnect;
            scenario(options);
          },
          seeds);
    }
  }
}

// FltSendMessage with a reply and without a timeout.
NTSTATUS ask(PortDriver& driver, PortDriver::Slot& slot) {
  unsigned char question = 1;
  unsigned char answer[4];
  ULONG length = sizeof answer;
  return FltSendMessage(driver.filter, &slot.port, &question, 1, answer, &length, nullptr);
}

// PUNL-2, PUNL-4, TEAR-6.
TEST(UnloadTest, SendersInsidePreCallbacksAreWokenThoughNoClientEverReplies) {
  under_every_order(
      [](const Options& options) {
        PortMachine m(options, {.connections_max = kClients}, false);
        m.machine.add_volume(u"C:");
        std::atomic<int> asking = 0;
        std::atomic<int> woken = 0;
        m.driver.operations = {{.major = IRP_MJ_CREATE, .pre = [&](auto, auto, auto) {
                                  const int slot = asking++;
                                  if (slot < kClients &&
                                      ask(m.driver, m.driver.slots[slot]) == STATUS_PORT_DISCONNECTED)
                                    ++woken;
                                  return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                }}};
        m.load_driver();
        std::deque<Parked> received;  // by clients that never look at them
        for (int i = 0; i < kClients; ++i) {
          auto client = m.machine.start_process({.image = u"C:\\App\\silent.exe", .user = User::kSystem});
          const HANDLE port = m.try_connect(client).port;
          Parked& parked = received.emplace_back(24);
          client.start_thread("silent", [&parked, port] {
            FilterGetMessage(port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data()), 24,
                             nullptr);
            Sleep(INFINITE);
          });
        }
        auto app = m.machine.start_process({.image = u"C:\\App\\app.exe"});
        std::vector<ThreadHandle> opens;
        for (int i = 0; i < kClients; ++i)
          opens.push_back(app.start_thread("open", [app] { app.exists(u"C:\\"); }));
        m.settle();
        EXPECT_EQ(asking, kClients);
        EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
        for (ThreadHandle& open : opens) EXPECT_EQ(open.join(), Outcome::kDone);
        EXPECT_EQ(woken, kClients);
        EXPECT_EQ(m.driver.disconnects, kClients);
      },
      20);
}

// PUNL-2, PUNL-4, MSG-13: neither connection can end before the other.
TEST(UnloadTest, MessageNotifyThatSendsOnAnotherConnectionIsWoken) {
  under_every_order(
      [](const Options& options) {
        PortMachine m(options, {.connections_max = 2});
        m.connect();
        auto other = m.machine.start_process({.image = u"C:\\App\\other.exe", .user = User::kSystem});
        ASSERT_EQ(m.try_connect(other).result, S_OK);
        NTSTATUS status = STATUS_PENDING;
        m.driver.on_message = [&](const void*, ULONG, void*, ULONG, ULONG*) {
          status = ask(m.driver, m.driver.slots[1]);
          return STATUS_SUCCESS;
        };
        auto caller = m.client.start_thread("caller", [&] {
          DWORD returned = 0;
          unsigned char byte = 1;
          FilterSendMessage(m.port, &byte, 1, nullptr, 0, &returned);
        });
        m.settle();
        EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
        EXPECT_EQ(caller.join(), Outcome::kDone);
        EXPECT_EQ(status, STATUS_PORT_DISCONNECTED);
      },
      50);
}

// DISC-9: the connection is marked first.
TEST(UnloadTest, SendFromDisconnectNotifyIsRefusedAtOnce) {
  under_every_order(
      [](const Options& options) {
        PortMachine m(options);
        NTSTATUS status = STATUS_PENDING;
        m.driver.on_disconnect = [&](PortDriver::Slot& slot) { status = ask(m.driver, slot); };
        m.connect();
        if (options.seed.value_or(0) % 2 == 0) m.close_client();
        EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
        EXPECT_EQ(status, STATUS_PORT_DISCONNECTED);
      },
      10);
}

}  // namespace
}  // namespace fltsim
