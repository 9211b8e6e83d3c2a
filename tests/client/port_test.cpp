// Server ports: who may make one, when, and who may come in (PORT-*).
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

TEST(PortTest, CreatingAtApcLevelIsFound) {  // PORT-1, VER-23
  PortMachine m;
  m.machine.verifier().expect("VER-23");
  PFLT_PORT port = nullptr;
  m.in_kernel([&] {
    KIRQL before = PASSIVE_LEVEL;
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\Other");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    KeRaiseIrql(APC_LEVEL, &before);
    const NTSTATUS status = FltCreateCommunicationPort(m.driver.filter, &port, &attributes, nullptr, nullptr,
                                                       nullptr, nullptr, 0);
    KeLowerIrql(before);
    return status;
  });
  EXPECT_EQ(m.machine.verifier().count("VER-23"), 1u);
}

// Runs `call` at `irql`; how many findings VER-23 that makes.
std::size_t too_high_at(PortMachine& m, KIRQL irql, const std::function<void()>& call) {
  const std::size_t before = m.machine.verifier().count("VER-23");
  m.in_kernel([&] {
    KIRQL old = PASSIVE_LEVEL;
    KeRaiseIrql(irql, &old);
    call();
    KeLowerIrql(old);
    return 0;
  });
  return m.machine.verifier().count("VER-23") - before;
}

TEST(PortTest, ClosingAtApcLevelIsFound) {  // PORT-10, DISC-3, VER-23
  PortMachine m;
  m.machine.verifier().expect("VER-23");
  m.connect();
  EXPECT_EQ(too_high_at(m, APC_LEVEL, [&] { FltCloseClientPort(m.driver.filter, &m.driver.slots[0].port); }),
            1u);
  EXPECT_EQ(
      too_high_at(m, APC_LEVEL, [&] { FltCloseCommunicationPort(std::exchange(m.driver.server, nullptr)); }),
      1u);
}

TEST(PortTest, DefaultDescriptorIsBuiltAtApcLevelAndNotAbove) {  // PORT-13, VER-23
  PortMachine m;
  m.machine.verifier().expect("VER-23");
  const auto build = [] {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    EXPECT_EQ(FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS), STATUS_SUCCESS);
    FltFreeSecurityDescriptor(descriptor);
  };
  EXPECT_EQ(too_high_at(m, APC_LEVEL, build), 0u);
  EXPECT_GT(too_high_at(m, DISPATCH_LEVEL, build), 0u);
}

TEST(PortTest, ConnectAndDisconnectCallbacksAreNeededAndTheMessageCallbackIsNot) {  // PORT-4, VER-37
  PortMachine m({}, {.answers_messages = false});
  m.machine.verifier().expect("VER-37");
  EXPECT_EQ(m.try_connect(m.client).result, S_OK) << "the port that has no message callback";
  PFLT_PORT port = nullptr;
  const auto create = [&] { return m.driver.create_port(&port, u"\\Other"); };
  m.driver.settings.has_connect_notify = false;
  EXPECT_EQ(m.in_kernel(create), STATUS_INVALID_PARAMETER);
  m.driver.settings.has_connect_notify = true;
  m.driver.settings.has_disconnect_notify = false;
  EXPECT_EQ(m.in_kernel(create), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(m.machine.verifier().count("VER-37"), 2u);
}

TEST(PortTest, FilterOnItsWayOutGetsNoPort) {  // PORT-6
  PortMachine m;
  m.connect();
  PFLT_PORT port = nullptr;
  NTSTATUS status = STATUS_SUCCESS;
  m.driver.on_disconnect = [&](PortDriver::Slot&) { status = m.driver.create_port(&port, u"\\Other"); };
  EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
  EXPECT_EQ(status, STATUS_FLT_DELETING_OBJECT);
  EXPECT_EQ(port, nullptr);
}

TEST(PortTest, CreatingWithoutMemoryIsInsufficientResources) {  // PORT-6
  PortMachine m;
  PFLT_PORT port = nullptr;
  m.machine.fail_next(routine::kFltCreateCommunicationPort);
  EXPECT_EQ(m.in_kernel([&] { return m.driver.create_port(&port, u"\\Other"); }),
            STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_EQ(port, nullptr);
}

TEST(PortTest, ClientMayConnectBeforeTheDriverHasStartedFiltering) {  // PORT-8
  under_every_scheduler(
      [](const Options& options) {
        PortMachine m(options, {}, false);
        HRESULT result = E_FAIL;
        auto early = m.client.start_thread("early", [&] {
          HANDLE port = INVALID_HANDLE_VALUE;
          do {
            Sleep(1);
            result = FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, nullptr, &port);
          } while (result == hr(0x80070002));
        });
        int connected = 0;
        m.driver.on_created = [&] {
          LARGE_INTEGER while_;
          while_.QuadPart = -200 * kMillisecond;
          KeDelayExecutionThread(KernelMode, FALSE, &while_);
          connected = m.driver.connects;
        };
        m.load_driver();
        EXPECT_EQ(early.join(), Outcome::kDone);
        EXPECT_EQ(result, S_OK);
        EXPECT_EQ(connected, 1);
      },
      20);
}

TEST(PortTest, ClosingNoPortIsFound) {  // PORT-12, VER-29
  PortMachine m;
  m.machine.verifier().expect("VER-29");
  m.in_kernel([] {
    FltCloseCommunicationPort(nullptr);
    return 0;
  });
  EXPECT_EQ(m.machine.verifier().count("VER-29"), 1u);
}

// PORT-13, BAD-14: the usual way to open a port to everybody.
TEST(PortTest, DefaultDescriptorTakesAnotherList) {
  PortMachine m;
  m.in_kernel([&] {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    EXPECT_EQ(FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS), STATUS_SUCCESS);
    EXPECT_EQ(RtlSetDaclSecurityDescriptor(descriptor, TRUE, nullptr, FALSE), STATUS_SUCCESS);
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\Open");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, descriptor);
    PFLT_PORT port = nullptr;
    const auto accept = [](PFLT_PORT, PVOID, PVOID, ULONG, PVOID*) { return STATUS_SUCCESS; };
    EXPECT_EQ(FltCreateCommunicationPort(
                  m.driver.filter, &port, &attributes, nullptr, accept, [](PVOID) {}, nullptr, 1),
              STATUS_SUCCESS);
    FltFreeSecurityDescriptor(descriptor);
    FltCloseCommunicationPort(port);
    return 0;
  });
  EXPECT_EQ(m.machine.verifier().count("VER-37"), 1u);
}

TEST(PortTest, WithoutADescriptorTheDefaultOfTheCreatorApplies) {  // PORT-15
  PortMachine m({}, {.connections_max = 2, .default_security = true});
  const auto as = [&](User user) {
    return m.try_connect(m.machine.start_process({.image = u"C:\\App\\other.exe", .user = user})).result;
  };
  EXPECT_EQ(as(User::kSystem), S_OK);
  EXPECT_EQ(as(User::kOrdinary), hr(0x80070005));
  EXPECT_EQ(m.machine.verifier().count("VER-37"), 0u);
}

// LIFE-18. On real threads: its worker outlives every client, and still runs when the machine ends.
TEST(PortTest, DriverThatCannotBeUnloadedMaySendUntilTheMachineIsGone) {
  PortDriver driver;  // outlives the machine
  driver.settings.closes_client_ports = false;
  Options options;
  options.scheduler = SchedulerKind::kHost;
  PortMachine m(options, {}, false);
  m.machine.verifier().expect("VER-20");  // the worker
  LambdaDriver lambdas = driver.lambdas();
  lambdas.registration_flags = FLTFL_REGISTRATION_DO_NOT_SUPPORT_SERVICE_STOP;
  lambdas.unload = [](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS) { return STATUS_FLT_DO_NOT_DETACH; };
  ASSERT_EQ(m.machine.load_driver(std::move(lambdas), {.name = u"stays"}).status(), STATUS_SUCCESS);
  ASSERT_EQ(m.try_connect(m.client).result, S_OK);
  m.machine.system_process().start_thread("worker", [&] {
    for (int sends = 0; sends < 10'000; ++sends) {
      LARGE_INTEGER moment;
      moment.QuadPart = -kMillisecond;
      char message = 0;
      FltSendMessage(driver.filter, &driver.slots.front().port, &message, 1, nullptr, nullptr, &moment);
      KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
  });
}

}  // namespace
}  // namespace fltsim
