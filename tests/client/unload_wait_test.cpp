// What FltUnregisterFilter waits for, and what clients see meanwhile (DISC-9, PUNL-*).
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

// Holds up a callback of the driver.
class Gate {
 public:
  explicit Gate(PortMachine& m) : m_(m) {
    m.in_kernel([this] {
      KeInitializeEvent(&event_, NotificationEvent, FALSE);
      return 0;
    });
  }
  NTSTATUS wait() { return KeWaitForSingleObject(&event_, Executive, KernelMode, FALSE, nullptr); }
  void open() {
    m_.in_kernel([this] { return KeSetEvent(&event_, 0, FALSE); });
  }

 private:
  PortMachine& m_;
  KEVENT event_;
};

// Under seeds alone: on real threads a sender has left the connection a few instructions before its call returns.
TEST(UnloadWaitTest, IsDoneOnlyWhenEverySenderHasReturned) {  // PUNL-4, DISC-9
  under_seeds([](const Options& options) {
    PortMachine m(options);
    m.connect();
    m.park(24);
    Sending& delivered = m.start_send(kEight, 4, kNoTimeout);
    EXPECT_TRUE(m.next(5000).ok);
    Sending& queued = m.start_send(kEight, {}, kNoTimeout);
    m.settle();
    EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
    EXPECT_EQ(delivered.status, STATUS_PORT_DISCONNECTED);
    EXPECT_EQ(queued.status, STATUS_PORT_DISCONNECTED);
  });
}

TEST(UnloadWaitTest, WaitsForAMessageCallbackThatRuns) {  // DISC-9
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    Gate gate(m);
    m.driver.on_message = [&](const void*, ULONG, void*, ULONG, ULONG*) { return gate.wait(); };
    m.connect();
    HRESULT answered = E_FAIL;
    auto caller = m.client.start_thread("caller", [&] {
      DWORD returned = 0;
      answered = FilterSendMessage(m.port, nullptr, 0, nullptr, 0, &returned);
    });
    m.settle();
    auto unloader = m.start_unload();
    m.settle();
    EXPECT_EQ(m.driver.disconnects, 1);
    EXPECT_FALSE(unloader.done());
    gate.open();
    EXPECT_EQ(unloader.join(), Outcome::kDone);
    EXPECT_EQ(caller.join(), Outcome::kDone);
    EXPECT_EQ(answered, S_OK);
  });
}

TEST(UnloadWaitTest, ClientThatIsAcceptedMeanwhileIsDisconnectedOnce) {  // PUNL-2, PUNL-3, DISC-1
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    Gate gate(m);
    m.driver.on_connect = [&](PortDriver::Slot&, const void*, ULONG) { return gate.wait(); };
    HRESULT connected = E_FAIL;
    auto connector = m.client.start_thread("connector", [&] {
      connected = FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &m.port);
    });
    m.settle();
    auto unloader = m.start_unload();
    m.settle();
    EXPECT_FALSE(unloader.done());
    gate.open();
    EXPECT_EQ(unloader.join(), Outcome::kDone);
    EXPECT_EQ(m.driver.disconnects, 1);
    EXPECT_EQ(connector.join(), Outcome::kDone);
    EXPECT_EQ(connected, S_OK);
    EXPECT_EQ(m.message({1}), hr(0x80070006));
    m.close_client();
    EXPECT_EQ(m.driver.disconnects, 1);
  });
}

TEST(UnloadWaitTest, ClientIsCutOffBeforeDisconnectNotifyInEitherOrder) {  // DISC-9, PUNL-3
  for (const auto order :
       {Semantics::DisconnectOrder::kSendersFirst, Semantics::DisconnectOrder::kNotifyFirst}) {
    under_every_scheduler([order](const Options& options) {
      Options chosen = options;
      chosen.semantics.disconnect_order = order;
      PortMachine m(chosen);
      HRESULT during = S_OK;
      m.driver.on_disconnect = [&](PortDriver::Slot&) { during = m.message({1}); };
      m.connect();
      EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
      EXPECT_EQ(m.driver.disconnects, 1);
      EXPECT_EQ(during, hr(0x80070006));
    });
  }
}

TEST(UnloadWaitTest, OpenServerPortHangsFilterUnloadAndTheMachineSaysWho) {  // T-23: PUNL-1, PORT-9, VER-29
  under_seeds(
      [](const Options& options) {
        PortMachine m(options, {.closes_server_port = false});
        m.machine.verifier().expect("VER-29");
        m.machine.verifier().expect("SIM-2");
        EXPECT_NE(m.loaded->unload(), STATUS_SUCCESS);
        EXPECT_EQ(m.machine.verifier().count("VER-29"), 1u);
        ASSERT_EQ(m.machine.verifier().count("SIM-2"), 1u);
        const std::string text = m.machine.verifier().findings().back().text;
        EXPECT_NE(text.find("references on filter porter"), std::string::npos) << text;
      },
      20);
}

}  // namespace
}  // namespace fltsim
