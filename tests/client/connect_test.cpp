// Server ports and connecting (PORT-*, CONN-*).
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

TEST(ConnectTest, ConnectionBeyondTheMaximumIsRefusedWithoutAskingTheDriver) {  // T-14: CONN-6
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    EXPECT_EQ(m.try_connect(m.client).result, S_OK);
    const auto second = m.try_connect(m.client);
    EXPECT_EQ(second.result, hr(0x800704D6));
    EXPECT_EQ(second.port, INVALID_HANDLE_VALUE);
    EXPECT_EQ(m.driver.connects, 1);
  });
}

TEST(ConnectTest, DriverRefusesWithItsOwnStatusAndTheSlotComesBack) {  // T-17: CONN-8
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    bool refuse = true;
    m.driver.on_connect = [&](PortDriver::Slot&, const void*, ULONG) {
      return refuse ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
    };
    const auto refused = m.try_connect(m.client);
    EXPECT_EQ(refused.result, hr(0x80070005));
    EXPECT_EQ(refused.port, INVALID_HANDLE_VALUE);
    EXPECT_EQ(m.driver.disconnects, 0);
    refuse = false;
    EXPECT_EQ(m.try_connect(m.client).result, S_OK);
  });
}

TEST(ConnectTest, RefusedConnectionEndsTheSenderThatWaitsOnIt) {  // CONN-8, SEND-14
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    Sending* sending = nullptr;
    m.driver.on_connect = [&](PortDriver::Slot&, const void*, ULONG) {
      sending = &m.start_send({1}, {}, kNoTimeout);
      LARGE_INTEGER moment;
      moment.QuadPart = -kMillisecond;
      KeDelayExecutionThread(KernelMode, FALSE, &moment);
      EXPECT_FALSE(sending->done());
      return STATUS_ACCESS_DENIED;
    };
    EXPECT_EQ(m.try_connect(m.client).result, hr(0x80070005));
    EXPECT_EQ(m.finish(*sending), STATUS_PORT_DISCONNECTED);
  });
}

TEST(ConnectTest, UnknownAndClosedPortsAreNotFound) {  // T-18: CONN-4, PORT-11
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    EXPECT_EQ(m.try_connect(m.client, {}, 0, u"\\NoSuchPort").result, hr(0x80070002));
    m.in_kernel([&] {
      FltCloseCommunicationPort(m.driver.server);
      m.driver.server = nullptr;
      return 0;
    });
    EXPECT_EQ(m.try_connect(m.client).result, hr(0x80070002));
  });
}

TEST(ConnectTest, SecondPortOfTheSameNameCollides) {  // T-25: PORT-5
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    PFLT_PORT second = nullptr;
    EXPECT_EQ(m.in_kernel([&] { return m.driver.create_port(&second); }), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(second, nullptr);
  });
}

TEST(ConnectTest, PortNeedsAKernelHandleAndRoomForAConnection) {  // T-26: PORT-2, PORT-3
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    PFLT_PORT port = nullptr;
    m.driver.settings.attributes = OBJ_CASE_INSENSITIVE;
    EXPECT_EQ(m.in_kernel([&] { return m.driver.create_port(&port, u"\\Other"); }), STATUS_INVALID_PARAMETER);
    m.driver.settings.attributes = OBJ_KERNEL_HANDLE;
    for (const LONG none : {0, -1}) {
      m.driver.settings.connections_max = none;
      EXPECT_EQ(m.in_kernel([&] { return m.driver.create_port(&port, u"\\Other"); }),
                STATUS_INVALID_PARAMETER);
    }
  });
}

TEST(ConnectTest, PortNameIsAPathInTheObjectManager) {  // PORT-7
  PortMachine m;
  PFLT_PORT port = nullptr;
  EXPECT_EQ(m.in_kernel([&] { return m.driver.create_port(&port, u"Other"); }),
            STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(m.in_kernel([&] { return m.driver.create_port(&port, u"\\No\\Other"); }),
            STATUS_OBJECT_PATH_NOT_FOUND);
}

TEST(ConnectTest, OnlySystemAndAdministratorsGetThroughTheDefaultDescriptor) {  // CONN-5, PORT-13
  PortMachine m({}, {.connections_max = 3});
  const auto as = [&](User user) {
    return m.try_connect(m.machine.start_process({.image = u"C:\\App\\other.exe", .user = user})).result;
  };
  EXPECT_EQ(as(User::kSystem), S_OK);
  EXPECT_EQ(as(User::kAdministrator), S_OK);
  EXPECT_EQ(as(User::kOrdinary), hr(0x80070005));
}

TEST(ConnectTest, ConnectRightAloneIsEnoughOnlyWhereTheOptionSaysSo) {  // PORT-14
  for (const bool all : {true, false}) {
    Options options;
    options.semantics.connect_needs_all_access = all;
    PortMachine m(options, {.access = FLT_PORT_CONNECT});
    EXPECT_EQ(m.try_connect(m.client).result, all ? hr(0x80070005) : S_OK);
  }
}

TEST(ConnectTest, NullDaclAdmitsEverybodyAndIsAWarning) {  // PORT-15, BAD-14
  PortMachine m({}, {.null_dacl = true});
  EXPECT_EQ(m.machine.verifier().count("VER-37"), 1u);
  EXPECT_EQ(m.try_connect(m.machine.start_process({.image = u"C:\\x.exe", .user = User::kOrdinary})).result,
            S_OK);
}

TEST(ConnectTest, ContextIsACopyOfTheClientsBytes) {  // CONN-11
  PortMachine m;
  const Bytes sent = {4, 3, 2, 1};
  Bytes seen;
  const void* address = nullptr;
  m.driver.on_connect = [&](PortDriver::Slot&, const void* context, ULONG size) {
    address = context;
    seen.assign(static_cast<const unsigned char*>(context),
                static_cast<const unsigned char*>(context) + size);
    return STATUS_SUCCESS;
  };
  EXPECT_EQ(m.try_connect(m.client, sent).result, S_OK);
  EXPECT_EQ(seen, sent);
  EXPECT_NE(address, sent.data());
}

TEST(ConnectTest, ContextAndSizeBelongTogether) {  // CONN-2
  PortMachine m;
  HANDLE port = nullptr;
  EXPECT_EQ(
      m.in_client([&] { return FilterConnectCommunicationPort(kPortName, 0, nullptr, 4, nullptr, &port); }),
      hr(0x80070057));
  EXPECT_EQ(m.in_client([&] { return FilterConnectCommunicationPort(kPortName, 0, "x", 0, nullptr, &port); }),
            hr(0x80070057));
}

TEST(ConnectTest, LargestContextPassesAndOneByteMoreOverflows) {  // CONN-3
  PortMachine m({}, {.connections_max = 2});
  EXPECT_EQ(m.try_connect(m.client, Bytes(65511)).result, S_OK);
  EXPECT_EQ(m.try_connect(m.client, Bytes(65512)).result, hr(0x80070216));
  EXPECT_EQ(m.driver.connects, 1);
}

TEST(ConnectTest, EmptyContextIsNullUnlessTheOptionSaysOtherwise) {  // CONN-12, H-7
  for (const auto empty : {Semantics::EmptyContext::kNull, Semantics::EmptyContext::kNonNull}) {
    Options options;
    options.semantics.empty_connect_context = empty;
    PortMachine m(options);
    bool null = false;
    m.driver.on_connect = [&](PortDriver::Slot&, const void* context, ULONG) {
      null = context == nullptr;
      return STATUS_SUCCESS;
    };
    EXPECT_EQ(m.try_connect(m.client).result, S_OK);
    EXPECT_EQ(null, empty == Semantics::EmptyContext::kNull);
  }
}

TEST(ConnectTest, NameThatIsNoPortIsATypeMismatch) {  // CONN-7
  PortMachine m;
  EXPECT_EQ(m.try_connect(m.client, {}, 0, u"\\Device").result, hr(0x80070006));
}

TEST(ConnectTest, PortThatWasMadeForOneSpellingHasNoOther) {  // CONN-19
  PortMachine m({}, {.attributes = OBJ_KERNEL_HANDLE});
  EXPECT_EQ(m.try_connect(m.client, {}, 0, u"\\testport").result, hr(0x80070002));
  EXPECT_EQ(m.try_connect(m.client).result, S_OK);
}

TEST(ConnectTest, NameInOtherCaseConnectsWithAWarning) {  // CONN-19, H-6
  PortMachine m;
  EXPECT_EQ(m.try_connect(m.client, {}, 0, u"\\testport").result, S_OK);
  EXPECT_EQ(m.machine.verifier().count("VER-46"), 1u);
  Options exact;
  exact.semantics.port_names_case_insensitive = false;
  PortMachine strict(exact);
  EXPECT_EQ(strict.try_connect(strict.client, {}, 0, u"\\testport").result, hr(0x80070002));
}

TEST(ConnectTest, ConnectNotifyRunsInTheClientsThreadAtPassiveLevel) {  // CONN-10
  PortMachine m;
  HANDLE process = nullptr;
  HANDLE notified = nullptr;
  KIRQL irql = DISPATCH_LEVEL;
  m.driver.on_connect = [&](PortDriver::Slot&, const void*, ULONG) {
    process = PsGetCurrentProcessId();
    notified = PsGetCurrentThreadId();
    irql = KeGetCurrentIrql();
    return STATUS_SUCCESS;
  };
  const DWORD connecting = m.in_client([&] {
    HANDLE port = INVALID_HANDLE_VALUE;
    EXPECT_EQ(FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &port), S_OK);
    return GetCurrentThreadId();
  });
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(process), m.client.id());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(notified), connecting);
  EXPECT_EQ(irql, PASSIVE_LEVEL);
}

TEST(ConnectTest, StoredPortSendsAtOnceAndTheCookieComesBack) {  // CONN-13
  under_every_scheduler(
      [](const Options& options) {
        PortMachine m(options);
        ThreadHandle sender{nullptr};
        NTSTATUS sent = STATUS_PENDING;
        m.driver.on_connect = [&](PortDriver::Slot& slot, const void*, ULONG) {
          sender = m.machine.system_process().start_thread("sender", [&] {
            LARGE_INTEGER timeout;
            timeout.QuadPart = -60'000 * kMillisecond;
            unsigned char byte = 7;
            sent = FltSendMessage(m.driver.filter, &slot.port, &byte, 1, nullptr, nullptr, &timeout);
          });
          return STATUS_SUCCESS;
        };
        m.connect();
        Parked& parked = m.park(17);
        EXPECT_EQ(sender.join(), Outcome::kDone);
        EXPECT_EQ(sent, STATUS_SUCCESS);
        EXPECT_EQ(parked.bytes[16], 7);
        PortDriver::Slot* closed = nullptr;
        m.driver.on_disconnect = [&](PortDriver::Slot& slot) { closed = &slot; };
        m.close_client();
        EXPECT_EQ(closed, &m.driver.slots[0]);
      },
      20);
}

void* g_cookie = &g_cookie;

TEST(ConnectTest, CookieThatConnectNotifyDoesNotSetIsNull) {  // CONN-13
  PortMachine m;
  m.machine.verifier().expect("VER-29");  // this driver never closes the connection
  PFLT_PORT port = nullptr;
  const NTSTATUS created = m.in_kernel([&] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\Other");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    return FltCreateCommunicationPort(
        m.driver.filter, &port, &attributes, nullptr,
        [](PFLT_PORT, PVOID, PVOID, ULONG, PVOID*) { return STATUS_SUCCESS; }, [](PVOID) {},
        [](PVOID cookie, PVOID, ULONG, PVOID, ULONG, PULONG) {
          g_cookie = cookie;
          return STATUS_SUCCESS;
        },
        1);
  });
  ASSERT_EQ(created, STATUS_SUCCESS);
  m.port = m.try_connect(m.client, {}, 0, u"\\Other").port;
  EXPECT_EQ(m.message({1}), S_OK);
  EXPECT_EQ(g_cookie, nullptr);
  m.in_kernel([&] {
    FltCloseCommunicationPort(port);
    return 0;
  });
}

TEST(ConnectTest, ConnectingWhileTheFilterGoesIsDeletingObject) {  // H-27
  PortMachine m({}, {.closes_server_port = false});
  m.machine.verifier().expect("VER-29");
  const PFLT_PORT server = m.driver.server;
  auto unloader =
      m.machine.system_process().start_thread("unloader", [&] { FltUnregisterFilter(m.driver.filter); });
  m.settle();
  EXPECT_EQ(m.try_connect(m.client).result, hr(0x801F000B));
  m.in_kernel([&] {
    FltCloseCommunicationPort(server);
    return 0;
  });
  EXPECT_EQ(m.try_connect(m.client).result, hr(0x80070002));
  EXPECT_EQ(unloader.join(), Outcome::kDone);
  m.machine.verifier().expect("VER-30");
  m.machine.verifier().expect("VER-31");
}

TEST(ConnectTest, OddSuccessOfConnectNotifyIsAWarning) {  // CONN-9
  PortMachine m;
  m.driver.on_connect = [&](PortDriver::Slot&, const void*, ULONG) { return STATUS_TIMEOUT; };
  EXPECT_EQ(m.try_connect(m.client).result, S_OK);
  EXPECT_EQ(m.machine.verifier().count("VER-45"), 1u);
}

TEST(ConnectTest, UnknownOptionBitsAreAWarning) {  // CONN-17
  PortMachine m;
  EXPECT_EQ(m.try_connect(m.client, {}, 8).result, S_OK);
  EXPECT_EQ(m.machine.verifier().count("VER-46"), 1u);
}

TEST(ConnectTest, PortClosedTwiceIsFound) {  // PORT-12
  PortMachine m;
  m.machine.verifier().expect("VER-29");
  m.in_kernel([&] {
    PFLT_PORT port = m.driver.server;
    FltCloseCommunicationPort(port);
    FltCloseCommunicationPort(port);
    m.driver.server = nullptr;
    return 0;
  });
  EXPECT_EQ(m.machine.verifier().count("VER-29"), 1u);
}

}  // namespace
}  // namespace fltsim
