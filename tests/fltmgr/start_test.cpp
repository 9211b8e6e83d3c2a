// From FltStartFiltering to FltUnregisterFilter, where a driver of lambdas is too well-behaved (LIFE-10 to
// LIFE-24, ALT-9, H-12).
#include <fltUser.h>

#include "fltmgr/registration_machine.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Log* calls = nullptr;  // of the test that runs; callbacks have no context

class StartTest : public RegistrationTest {
 protected:
  StartTest() { calls = &log; }
  ~StartTest() override { calls = nullptr; }

  PFLT_FILTER register_filter() {
    PFLT_FILTER given = nullptr;
    EXPECT_EQ(FltRegisterFilter(&driver_, &registration, &given), STATUS_SUCCESS);
    return given;
  }
  FilterManager& manager() { return machine.system().fltmgr(); }

  Log log;
};

TEST_F(StartTest, CallbacksRunBeforeTheStartHasReturned) {  // LIFE-10
  registration.InstanceSetupCallback = [](PCFLT_RELATED_OBJECTS objects, auto, auto, auto) -> NTSTATUS {
    calls->push_back("setup");
    LARGE_INTEGER size{};
    Counted name(u"\\Device\\HarddiskVolume1\\plan.txt");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE handle = nullptr;
    IO_STATUS_BLOCK block;
    EXPECT_EQ(FltCreateFileEx(objects->Filter, objects->Instance, &handle, nullptr, FILE_READ_ATTRIBUTES,
                              &attributes, &block, &size, 0, FILE_SHARE_READ, FILE_OPEN, 0, nullptr, 0, 0),
              STATUS_SUCCESS);
    FltClose(handle);
    return STATUS_SUCCESS;
  };
  app.exists(u"C:\\");
  kernel([&] {
    PFLT_FILTER given = register_filter();
    EXPECT_EQ(FltStartFiltering(given), STATUS_SUCCESS);
    log.push_back("started");
    FltUnregisterFilter(given);
  });
  EXPECT_THAT(log, ElementsAre("setup", "started"));
}

TEST_F(StartTest, DriverWhoseStartFailsUnregisters) {  // LIFE-11
  machine.fail_next("FltStartFiltering");
  Driver driver = machine.load_driver(noting());
  EXPECT_EQ(driver.status(), STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_FALSE(driver.loaded());
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(StartTest, PortMadeBeforeTheStartWorksAtOnce) {  // LIFE-15, PORT-8
  LambdaDriver driver;
  PFLT_PORT server = nullptr;
  HRESULT connected = E_FAIL;
  static PFLT_PORT client;
  static PFLT_FILTER owner;
  driver.registered = [&](PFLT_FILTER given) {
    owner = given;
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    EXPECT_EQ(FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS), STATUS_SUCCESS);
    Counted name(u"\\StartPort");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, descriptor);
    const auto connect = [](PFLT_PORT port, auto, auto, auto, auto) -> NTSTATUS {
      client = port;
      return STATUS_SUCCESS;
    };
    const auto disconnect = [](auto) { FltCloseClientPort(owner, &client); };
    EXPECT_EQ(
        FltCreateCommunicationPort(given, &server, &attributes, nullptr, connect, disconnect, nullptr, 1),
        STATUS_SUCCESS);
    FltFreeSecurityDescriptor(descriptor);
    Process service = machine.start_process({.image = u"C:\\Service\\s.exe", .user = User::kSystem});
    EXPECT_EQ(service.run([&] {
      HANDLE port = INVALID_HANDLE_VALUE;
      connected = FilterConnectCommunicationPort(u"\\StartPort", 0, nullptr, 0, nullptr, &port);
      CloseHandle(port);
    }),
              Outcome::kDone);
    return STATUS_SUCCESS;
  };
  driver.unload = [&](auto, auto) {
    FltCloseCommunicationPort(server);
    return STATUS_SUCCESS;
  };
  Driver loaded = machine.load_driver(std::move(driver));
  EXPECT_EQ(connected, S_OK);
  EXPECT_EQ(loaded.unload(), STATUS_SUCCESS);
}

TEST_F(StartTest, UnloadThatForgetsToUnregisterIsReportedAndFinished) {  // LIFE-23, LIFE-24, VER-30, VER-31
  registration.FilterUnloadCallback = [](FLT_FILTER_UNLOAD_FLAGS) -> NTSTATUS { return STATUS_SUCCESS; };
  registration.InstanceTeardownCompleteCallback = [](auto, auto) { calls->push_back("complete"); };
  app.exists(u"C:\\");
  kernel([&] {
    PFLT_FILTER given = register_filter();
    EXPECT_EQ(FltStartFiltering(given), STATUS_SUCCESS);
    EXPECT_EQ(manager().unload(*Filter::from(given), false), STATUS_SUCCESS);
    EXPECT_EQ(FltObjectReference(given), STATUS_FLT_DELETING_OBJECT);
  });
  EXPECT_THAT(finding("VER-31"), HasSubstr("LIFE-24"));
  EXPECT_THAT(finding("VER-30"), HasSubstr("FltObjectReference"));
  EXPECT_THAT(log, ElementsAre("complete"));
}

TEST_F(StartTest, FilterWithoutAQueryCallbackIsNotDetachedByHand) {  // ATT-11
  registration.InstanceTeardownCompleteCallback = [](auto, auto) { calls->push_back("complete"); };
  app.exists(u"C:\\");
  kernel([&] {
    PFLT_FILTER given = register_filter();
    EXPECT_EQ(FltStartFiltering(given), STATUS_SUCCESS);
    Counted name(u"C:");
    ASSERT_EQ(FltGetVolumeFromName(given, &name, &volume), STATUS_SUCCESS);
    EXPECT_EQ(FltDetachVolume(given, volume, nullptr), STATUS_FLT_DO_NOT_DETACH);
    EXPECT_TRUE(log.empty());
    FltObjectDereference(volume);
    FltUnregisterFilter(given);
  });
  EXPECT_THAT(log, ElementsAre("complete"));
}

// --- two filters of one altitude ---

TEST_F(StartTest, SecondFilterOfAnAltitudeGetsNoInstance) {  // ALT-9, H-12
  load(recording(log, "first", IRP_MJ_WRITE), {.altitude = u"370000"});
  Driver second = machine.load_driver(recording(log, "second", IRP_MJ_WRITE), {.altitude = u"370000.0"});
  EXPECT_EQ(second.status(), STATUS_SUCCESS);
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("first.pre", "first.post"));
}

TEST(StartOptionsTest, AltitudeClashMayFailTheRegistration) {  // ALT-9, H-12
  Log log;
  Options options;
  options.semantics.altitude_clash_fails_registration = true;
  Machine machine(options);
  EXPECT_EQ(machine.load_driver(recording(log, "first", IRP_MJ_WRITE), {.altitude = u"370000"}).status(),
            STATUS_SUCCESS);
  EXPECT_EQ(machine.load_driver(recording(log, "second", IRP_MJ_WRITE), {.altitude = u"370000.0"}).status(),
            STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
}

}  // namespace
}  // namespace fltsim::fltmgr
