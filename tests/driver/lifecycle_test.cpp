// Loading, unloading, and what is left: nothing (P-5, P-7, P-12).
#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"

namespace drmfilter::test {
namespace {

class LifecycleTest : public DrmMachine {};

TEST_F(LifecycleTest, UnloadWithoutClientsLeavesNothing) {
  load();
  EXPECT_EQ(word.read(kPlan).content, "secret");
  EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
  EXPECT_EQ(word.write(kPlan, "changed").status, STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

// P-12: the driver closes its clients' ports itself; closing the server port would not.
TEST_F(LifecycleTest, UnloadWithALiveClientDisconnectsIt) {
  start();
  protect_documents();
  EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
  EXPECT_FALSE(service->connected());
  EXPECT_EQ(word.write(kPlan, "changed").status, STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(LifecycleTest, UnloadWithMessagesThatNobodyReceivesEnds) {
  load();
  RawClient silent(service_process());
  ASSERT_EQ(silent.connect(), S_OK);
  for (int round = 0; round < 5; ++round) static_cast<void>(word.read(kFree));
  EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(LifecycleTest, AMandatoryUnloadIsTheSame) {
  start();
  EXPECT_EQ(driver->stop(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(LifecycleTest, TheServiceComesBackAfterAReload) {
  start();
  protect_documents();
  EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
  EXPECT_EQ(driver->reload(), STATUS_SUCCESS);
  static_cast<void>(machine.advance(std::chrono::seconds(60)));
  EXPECT_TRUE(service->connected());
  EXPECT_EQ(service->status().active_policies, 0u);
}

TEST_F(LifecycleTest, ManyCyclesWithAClientLeaveNothing) {
  load();
  for (int cycle = 0; cycle < 20; ++cycle) {
    RawClient client(service_process());
    ASSERT_EQ(client.connect(), S_OK);
    static_cast<void>(word.read(kFree));
    ASSERT_EQ(driver->unload(), STATUS_SUCCESS);
    ASSERT_EQ(driver->reload(), STATUS_SUCCESS);
  }
  EXPECT_TRUE(machine.verifier().clean());
}

// P-7: the way out is the same from wherever DriverEntry failed.
TEST_F(LifecycleTest, ADriverEntryThatFailsLeavesNothing) {
  for (const auto routine :
       {fltsim::routine::kExAllocatePool2, fltsim::routine::kFltCreateCommunicationPort}) {
    machine.fail_next(routine);
    const auto failed = machine.load_driver(FLTLINK_DRIVER("drmfilter"), driver_options());
    EXPECT_NE(failed.status(), STATUS_SUCCESS);
  }
  EXPECT_TRUE(machine.verifier().clean());
}

// P-14. What is left of it would be a finding.
TEST_F(LifecycleTest, ThePortsSecurityDescriptorIsFreedWhetherOrNotThePortIsMade) {
  load();
  EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
  machine.fail_next(fltsim::routine::kFltCreateCommunicationPort);
  EXPECT_NE(driver->reload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

// P-5, PORT-8: a client that is there as soon as the port is.
TEST_F(LifecycleTest, AClientMayConnectWhileTheDriverIsStillStarting) {
  auto process = service_process();
  auto early = process.start_thread("early", [&] {
    for (;;) {
      HANDLE port = INVALID_HANDLE_VALUE;
      if (FilterConnectCommunicationPort(u"\\DrmFilterPort", 0, nullptr, 0, nullptr, &port) != S_OK) continue;
      CloseHandle(port);
      return;
    }
  });
  load();
  EXPECT_EQ(early.join(), fltsim::Outcome::kDone);
  EXPECT_TRUE(machine.verifier().clean());
}

// The letter of a volume that was given one late is found (DOS paths are mapped when they are needed).
TEST_F(LifecycleTest, AVolumeMountedAfterThePolicyIsCovered) {
  start();
  service->protect(u"E:\\Vault\\*", ProtectionFlags::kWrite);
  fltsim::Volume& e = machine.add_volume(u"E:");
  e.write_file(u"\\Vault\\plan.docx", "secret");
  EXPECT_EQ(word.write(u"E:\\Vault\\plan.docx", "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(e.read_file(u"\\Vault\\plan.docx"), "secret");
}

}  // namespace
}  // namespace drmfilter::test
