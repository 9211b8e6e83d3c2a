// The end of a connection from either side, and of the whole filter (DISC-*, PUNL-*).
#include "client/port_machine.hpp"
#include "fltmgr/connection.hpp"
#include "fltmgr/port_in_use.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

constexpr DWORD kInvalidHandle = 6;

TEST(DisconnectTest, SlotComesBackOnlyAfterDisconnectNotify) {  // T-15: DISC-7
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    HRESULT during = S_OK;
    m.driver.on_disconnect = [&](PortDriver::Slot& slot) {
      FltCloseClientPort(m.driver.filter, &slot.port);
      auto other = m.machine.start_process({.image = u"C:\\App\\other.exe", .user = User::kSystem});
      during = m.try_connect(other).result;
    };
    m.close_client();
    EXPECT_EQ(during, hr(0x800704D6));
    EXPECT_EQ(m.driver.disconnects, 1);
    m.driver.on_disconnect = nullptr;
    EXPECT_EQ(m.try_connect(m.client).result, S_OK);
  });
}

TEST(DisconnectTest, ForgottenCloseLosesTheSlotAndIsFoundAtUnload) {  // T-16: DISC-8, BAD-4, VER-29
  under_every_scheduler([](const Options& options) {
    PortMachine m(options, {.closes_client_ports = false});
    m.machine.verifier().expect("VER-29");
    m.connect();
    m.close_client();
    EXPECT_EQ(m.try_connect(m.client).result, hr(0x800704D6));
    EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
    EXPECT_EQ(m.machine.verifier().count("VER-29"), 1u);
  });
}

TEST(DisconnectTest, ExitOfTheClientEndsTheSenderAndNotifiesOnce) {  // T-19: SEND-14, DISC-1, DISC-10
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    HANDLE process = nullptr;
    m.driver.on_disconnect = [&](PortDriver::Slot&) { process = PsGetCurrentProcessId(); };
    m.park(24);
    Sending& answered_never = m.start_send(kEight, 4, -100'000 * kMillisecond);
    EXPECT_TRUE(m.next(5000).ok);
    Sending& delivered_never = m.start_send(kEight, {}, -100'000 * kMillisecond);
    EXPECT_EQ(m.client.kill(), Outcome::kDone);
    EXPECT_EQ(m.finish(answered_never), STATUS_PORT_DISCONNECTED);
    EXPECT_EQ(m.finish(delivered_never), STATUS_PORT_DISCONNECTED);
    EXPECT_EQ(m.driver.disconnects, 1);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(process), m.client.id());
  });
}

TEST(DisconnectTest, KilledClientIsGoneWhereverItStands) {  // DISC-10, decision 14
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    auto service = m.client.start_thread("service", [&] {
      HANDLE port = INVALID_HANDLE_VALUE;
      if (FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &port) != S_OK) return;
      for (;;) {
        Parked parked(24);
        auto* header = reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data());
        if (FilterGetMessage(port, header, 24, &parked.overlapped) != hr(0x800703E5)) return;
        DWORD count = 0;
        if (!GetOverlappedResult(port, &parked.overlapped, &count, TRUE)) return;
        Bytes answer(20);
        const FILTER_REPLY_HEADER reply{STATUS_SUCCESS, header->MessageId};
        std::memcpy(answer.data(), &reply, sizeof reply);
        FilterReplyMessage(port, reinterpret_cast<PFILTER_REPLY_HEADER>(answer.data()), 20);
      }
    });
    auto killer = m.machine.system_process().start_thread("killer", [&] {
      for (int i = 0; i < 5; ++i) {
        PFLT_PORT none = nullptr;
        PFLT_PORT* port = m.driver.connects > 0 ? &m.driver.slots[0].port : &none;
        LARGE_INTEGER timeout;
        timeout.QuadPart = -kMillisecond;
        unsigned char bytes[8] = {};
        ULONG length = 4;
        unsigned char answer[4];
        const NTSTATUS status = FltSendMessage(m.driver.filter, port, bytes, 8, answer, &length, &timeout);
        EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_TIMEOUT ||
                    status == STATUS_PORT_DISCONNECTED)
            << status;
      }
    });
    static_cast<void>(m.client.kill());
    EXPECT_EQ(killer.join(), Outcome::kDone);
    m.settle();
    EXPECT_TRUE(service.done());
    EXPECT_EQ(m.driver.disconnects, m.driver.connects);
    EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
  });
}

TEST(DisconnectTest, DriverMayCloseFirst) {  // T-20: DISC-3, DISC-5, DISC-6, GET-9, MSG-11, REPLY-7
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    m.park(24);
    m.in_kernel([&] {
      FltCloseClientPort(m.driver.filter, &m.driver.slots[0].port);
      return 0;
    });
    EXPECT_EQ(m.driver.slots[0].port, nullptr);
    EXPECT_EQ(m.next().error, kInvalidHandle);
    EXPECT_EQ(m.message({1}), hr(0x80070006));
    EXPECT_EQ(m.park(24).result, hr(0x80070006));
    EXPECT_EQ(m.reply(1, {}), hr(0x80070006));
    EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_PORT_DISCONNECTED);
    m.close_client();
    EXPECT_EQ(m.driver.disconnects, 0);
    EXPECT_EQ(m.try_connect(m.client).result, S_OK);
  });
}

TEST(DisconnectTest, NotifyAfterKernelCloseIsAnOption) {  // DISC-6, H-8
  Options options;
  options.semantics.disconnect_notify_after_kernel_close = true;
  PortMachine m(options);
  m.connect();
  m.in_kernel([&] {
    FltCloseClientPort(m.driver.filter, &m.driver.slots[0].port);
    return 0;
  });
  EXPECT_EQ(m.driver.disconnects, 0);
  m.close_client();
  EXPECT_EQ(m.driver.disconnects, 1);
}

// SIM-2: the verb has given up, and the unload ends behind it.
TEST(DisconnectTest, UnloadThatHungMayEndLater) {
  PortMachine m({}, {.closes_server_port = false});
  m.machine.verifier().expect("SIM-2");
  m.machine.verifier().expect("VER-29");
  const PFLT_PORT server = m.driver.server;
  EXPECT_EQ(m.loaded->unload(), STATUS_UNSUCCESSFUL);
  EXPECT_TRUE(m.loaded->loaded());
  m.in_kernel([&] {
    FltCloseCommunicationPort(server);
    return 0;
  });
  m.settle();
  EXPECT_FALSE(m.loaded->loaded());
}

TEST(DisconnectTest, ConnectionsOutliveTheServerPort) {  // T-21: PORT-10
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    m.in_kernel([&] {
      FltCloseCommunicationPort(m.driver.server);
      m.driver.server = nullptr;
      return 0;
    });
    EXPECT_EQ(m.driver.disconnects, 0);
    Parked& parked = m.park(24);
    Sending& sending = m.start_send(kEight, 4);
    EXPECT_TRUE(m.next(5000).ok);
    EXPECT_EQ(m.reply(parked.header().MessageId, {1}), S_OK);
    EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
    EXPECT_EQ(m.message({1}), S_OK);
    EXPECT_EQ(m.try_connect(m.client).result, hr(0x80070002));
  });
}

TEST(DisconnectTest, UnloadEndsClientsAndSendersInEitherOrder) {  // T-22: PUNL-2..PUNL-5, DISC-9
  for (const auto order :
       {Semantics::DisconnectOrder::kSendersFirst, Semantics::DisconnectOrder::kNotifyFirst}) {
    under_every_scheduler([order](const Options& options) {
      Options chosen = options;
      chosen.semantics.disconnect_order = order;
      PortMachine m(chosen);
      m.connect();
      m.park(24);
      Sending& sending = m.start_send(kEight, 4, kNoTimeout);
      EXPECT_TRUE(m.next(5000).ok);
      m.park(24);
      EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
      EXPECT_EQ(m.finish(sending), STATUS_PORT_DISCONNECTED);
      EXPECT_EQ(m.driver.disconnects, 1);
      EXPECT_EQ(m.next().error, kInvalidHandle);
      EXPECT_EQ(m.message({1}), hr(0x80070006));
      m.close_client();
      EXPECT_EQ(m.driver.disconnects, 1);
    });
  }
}

TEST(DisconnectTest, OpenServerPortHangsTheUnload) {  // T-23: PUNL-1, VER-29
  under_every_scheduler([](const Options& options) {
    PortMachine m(options, {.closes_server_port = false});
    m.machine.verifier().expect("VER-29");
    const PFLT_PORT server = m.driver.server;
    auto unloader = m.start_unload();
    m.settle();
    EXPECT_FALSE(unloader.done());
    EXPECT_EQ(m.machine.verifier().count("VER-29"), 1u);
    m.in_kernel([&] {
      FltCloseCommunicationPort(server);
      return 0;
    });
    EXPECT_EQ(unloader.join(), Outcome::kDone);
  });
}

TEST(DisconnectTest, RefusedUnloadLeavesThePortWorkingAndAMandatoryOneDoesNotAsk) {  // T-24: LIFE-17
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.driver.on_unload = [](FLT_FILTER_UNLOAD_FLAGS) { return STATUS_FLT_DO_NOT_DETACH; };
    m.connect();
    EXPECT_EQ(m.loaded->unload(), STATUS_FLT_DO_NOT_DETACH);
    EXPECT_EQ(m.message({1}), S_OK);
    EXPECT_EQ(m.loaded->stop(), STATUS_SUCCESS);
    EXPECT_EQ(m.message({1}), hr(0x80070006));
  });
}

TEST(DisconnectTest, RefusalAfterClosingTheServerPortIsFound) {  // PUNL-6, VER-31
  PortMachine m;
  m.machine.verifier().expect("VER-31");
  m.driver.on_unload = [&](FLT_FILTER_UNLOAD_FLAGS flags) {
    if ((flags & FLTFL_FILTER_UNLOAD_MANDATORY) != 0 || m.driver.server == nullptr) return STATUS_SUCCESS;
    FltCloseCommunicationPort(m.driver.server);
    m.driver.server = nullptr;
    return STATUS_FLT_DO_NOT_DETACH;
  };
  EXPECT_EQ(m.loaded->unload(), STATUS_FLT_DO_NOT_DETACH);
  EXPECT_EQ(m.machine.verifier().count("VER-31"), 1u);
  EXPECT_EQ(m.try_connect(m.client).result, hr(0x80070002));
}

TEST(DisconnectTest, RefusalOfAFilterThatHasLongClosedItsPortIsNoFinding) {  // PUNL-6
  PortMachine m;
  m.in_kernel([&] {
    FltCloseCommunicationPort(m.driver.server);
    m.driver.server = nullptr;
    return 0;
  });
  m.driver.on_unload = [&](FLT_FILTER_UNLOAD_FLAGS) { return STATUS_FLT_DO_NOT_DETACH; };
  EXPECT_EQ(m.loaded->unload(), STATUS_FLT_DO_NOT_DETACH);
  EXPECT_EQ(m.machine.verifier().count("VER-31"), 0u);
}

TEST(DisconnectTest, CloseThatComesBehindDisconnectNotifyIsLegal) {  // DISC-2
  PortMachine m({}, {.closes_client_ports = false});
  m.connect();
  KEVENT told;
  auto closer = m.machine.system_process().start_thread("closer", [&] {
    KeInitializeEvent(&told, NotificationEvent, FALSE);
    EXPECT_EQ(FltObjectReference(m.driver.filter), STATUS_SUCCESS);
    KeWaitForSingleObject(&told, Executive, KernelMode, FALSE, nullptr);
    FltCloseClientPort(m.driver.filter, &m.driver.slots[0].port);
    FltObjectDereference(m.driver.filter);
  });
  m.settle();
  m.driver.on_disconnect = [&](PortDriver::Slot&) { KeSetEvent(&told, 0, FALSE); };
  EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
  EXPECT_EQ(closer.join(), Outcome::kDone);
  EXPECT_EQ(m.machine.verifier().count("VER-29"), 0u);
}

TEST(DisconnectTest, NotifyThatWaitsForALockOfASenderIsFound) {  // DISC-11, VER-27
  Options options;
  options.semantics.disconnect_order = Semantics::DisconnectOrder::kNotifyFirst;
  PortMachine m(options);
  m.machine.verifier().expect("VER-27");
  m.connect();
  FAST_MUTEX mutex;
  NTSTATUS status = STATUS_SUCCESS;
  auto sender = m.machine.system_process().start_thread("sender", [&] {
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    LARGE_INTEGER timeout;
    timeout.QuadPart = -50 * kMillisecond;
    unsigned char byte = 1;
    status = FltSendMessage(m.driver.filter, &m.driver.slots[0].port, &byte, 1, nullptr, nullptr, &timeout);
    ExReleaseFastMutex(&mutex);
  });
  m.settle();
  m.driver.on_disconnect = [&](PortDriver::Slot&) {
    ExAcquireFastMutex(&mutex);
    ExReleaseFastMutex(&mutex);
  };
  m.close_client();
  EXPECT_EQ(sender.join(), Outcome::kDone);
  EXPECT_EQ(status, STATUS_TIMEOUT) << "nobody but its timeout ended the wait";
  EXPECT_EQ(m.machine.verifier().unexpected_errors().size(), 0u);
  EXPECT_EQ(m.machine.verifier().count("VER-27"), 2u) << "for the send with a lock held, and for the wait";
}

TEST(DisconnectTest, NotifyMayRunBesideAMessageCallbackOfTheConnection) {  // H-26, DISC-9
  PortMachine m;
  m.connect();
  KEVENT leave;
  m.in_kernel([&] {
    KeInitializeEvent(&leave, NotificationEvent, FALSE);
    return 0;
  });
  m.driver.on_message = [&](const void*, ULONG, void*, ULONG, ULONG*) {
    return KeWaitForSingleObject(&leave, Executive, KernelMode, FALSE, nullptr);
  };
  HRESULT answered = E_FAIL;
  auto caller = m.client.start_thread("caller", [&] {
    DWORD returned = 0;
    answered = FilterSendMessage(m.port, nullptr, 0, nullptr, 0, &returned);
  });
  m.settle();
  m.close_client();
  EXPECT_EQ(m.driver.disconnects, 1);
  EXPECT_FALSE(caller.done());
  EXPECT_EQ(m.try_connect(m.client).result, hr(0x800704D6))
      << "the place comes back behind the last callback";
  m.in_kernel([&] { return KeSetEvent(&leave, 0, FALSE); });
  EXPECT_EQ(caller.join(), Outcome::kDone);
  EXPECT_EQ(answered, S_OK);
  EXPECT_EQ(m.try_connect(m.client).result, S_OK);
}

TEST(DisconnectTest, OldHandleStaysDeadAfterAReload) {  // PUNL-5
  PortMachine m;
  m.connect();
  EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
  EXPECT_EQ(m.loaded->reload(), STATUS_SUCCESS);
  EXPECT_EQ(m.message({1}), hr(0x80070006));
  EXPECT_EQ(m.try_connect(m.client).result, S_OK);
}

TEST(DisconnectTest, DuplicatedHandleKeepsTheConnection) {  // CONN-18
  PortMachine m;
  m.connect();
  const HANDLE copy = m.in_client([&] {
    HANDLE made = nullptr;
    EXPECT_TRUE(DuplicateHandle(GetCurrentProcess(), m.port, GetCurrentProcess(), &made, 0, FALSE,
                                DUPLICATE_SAME_ACCESS));
    return made;
  });
  m.close_client();
  EXPECT_EQ(m.driver.disconnects, 0);
  EXPECT_TRUE(m.in_client([&] { return CloseHandle(copy); }));
  EXPECT_EQ(m.driver.disconnects, 1);
}

TEST(DisconnectTest, OwnCloseAbortsParkedReceives) {  // GET-11, H-9
  PortMachine m;
  m.connect();
  m.park(24);
  m.close_client();
  EXPECT_EQ(m.next().error, 995u);
}

TEST(DisconnectTest, ClosingANullVariableIsAWarning) {  // DISC-4
  PortMachine m;
  m.in_kernel([&] {
    PFLT_PORT none = nullptr;
    FltCloseClientPort(m.driver.filter, &none);
    return 0;
  });
  EXPECT_EQ(m.machine.verifier().count("VER-29"), 1u);
  EXPECT_TRUE(m.machine.verifier().clean());
}

// A driver's call that has read the port's variable, and goes on when many other connections have ended.
TEST(DisconnectTest, PortThatACallUsesStaysUntilTheCallIsOver) {  // DISC-3, SEND-22
  PortMachine m;
  m.connect();
  const auto first_is_known = [&m] {
    return std::ranges::any_of(m.machine.sends_by_connection(),
                               [](const ConnectionSends& sends) { return sends.connection == 1; });
  };
  KEVENT over;
  m.in_kernel([&] {
    KeInitializeEvent(&over, NotificationEvent, FALSE);
    return true;
  });
  ThreadHandle call = m.machine.system_process().start_thread("caller", [&] {
    const fltmgr::PortInUse port(nt::current_thread(), &m.driver.slots.front().port);
    EXPECT_EQ(KeWaitForSingleObject(&over, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(fltmgr::Connection::from(port.get())->number(), 1u);
  });
  m.settle();
  const auto end_many = [&m] {
    for (int i = 0; i < 100; ++i) {
      m.close_client();
      m.connect();
    }
  };
  end_many();
  EXPECT_TRUE(first_is_known());
  m.in_kernel([&] { return KeSetEvent(&over, IO_NO_INCREMENT, FALSE); });
  EXPECT_EQ(call.join(), Outcome::kDone);
  end_many();
  EXPECT_FALSE(first_is_known());
}

TEST(DisconnectTest, SendUsesItsPortUntilItReturns) {  // DISC-3, SEND-22
  PortMachine m;
  m.connect();
  PFLT_PORT const port = m.driver.slots.front().port;
  const nt::Executive& executive = m.machine.system().nt();
  Sending& sending = m.start_send(kEight, 4);
  m.settle();
  EXPECT_TRUE(executive.in_use(port));
  m.close_client();
  EXPECT_EQ(m.finish(sending), STATUS_PORT_DISCONNECTED);
  EXPECT_FALSE(executive.in_use(port));
}

}  // namespace
}  // namespace fltsim
