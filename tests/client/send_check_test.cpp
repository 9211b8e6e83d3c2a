// What FltSendMessage refuses and warns of, and what it never answers (SEND-*, VER-26 to VER-28).
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

// What sends of this file are given unless they want something else.
struct Arguments {
  unsigned char message[8] = {};
  unsigned char reply[8] = {};
  ULONG reply_length = sizeof reply;
  LARGE_INTEGER timeout = {.QuadPart = -20 * kMillisecond};
};

TEST(SendCheckTest, SendAboveApcLevelIsFound) {  // SEND-1, VER-23
  PortMachine m;
  m.machine.verifier().expect("VER-23");
  for (const KIRQL irql : {KIRQL{APC_LEVEL}, KIRQL{DISPATCH_LEVEL}}) {
    m.in_kernel([&] {
      PFLT_PORT none = nullptr;
      Arguments a;
      KIRQL before = PASSIVE_LEVEL;
      KeRaiseIrql(irql, &before);
      const NTSTATUS status =
          FltSendMessage(m.driver.filter, &none, a.message, 8, nullptr, nullptr, &a.timeout);
      KeLowerIrql(before);
      return status;
    });
    EXPECT_EQ(m.machine.verifier().count("VER-23"), irql == APC_LEVEL ? 0u : 1u);
  }
}

TEST(SendCheckTest, SendWithoutAFilterIsFound) {  // SEND-2, VER-30
  PortMachine m;
  m.machine.verifier().expect("VER-30");
  m.connect();
  EXPECT_EQ(m.in_kernel([&] {
    Arguments a;
    return FltSendMessage(nullptr, &m.driver.slots[0].port, a.message, 8, nullptr, nullptr, &a.timeout);
  }),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(m.machine.verifier().count("VER-30"), 1u);
}

TEST(SendCheckTest, PortMessageAndTheLengthOfTheReplyAreNeeded) {  // SEND-2, VER-26
  PortMachine m;
  m.machine.verifier().expect("VER-26");
  m.connect();
  m.in_kernel([&] {
    Arguments a;
    PFLT_PORT* const port = &m.driver.slots[0].port;
    const auto send = [&](PFLT_PORT* to, void* message, void* reply, ULONG* length) {
      return FltSendMessage(m.driver.filter, to, message, 8, reply, length, &a.timeout);
    };
    EXPECT_EQ(send(nullptr, a.message, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(send(port, nullptr, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(send(port, a.message, a.reply, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(send(port, a.message, nullptr, nullptr), STATUS_TIMEOUT);
    return 0;
  });
  EXPECT_EQ(m.machine.verifier().count("VER-26"), 3u);
}

TEST(SendCheckTest, LengthThatOverflowsWithItsHeaderIsRefused) {  // SEND-19, VER-26
  constexpr ULONG kLargest = 0xFFFFFFEF;
  PortMachine m;
  m.machine.verifier().expect("VER-26");
  m.in_kernel([&] {
    PFLT_PORT none = nullptr;
    Arguments a;
    const auto send = [&](ULONG size, ULONG reply_size) {
      return FltSendMessage(m.driver.filter, &none, a.message, size, a.reply, &reply_size, &a.timeout);
    };
    EXPECT_EQ(send(kLargest, kLargest), STATUS_PORT_DISCONNECTED);
    EXPECT_EQ(send(kLargest + 1, 8), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(send(8, kLargest + 1), STATUS_INVALID_PARAMETER);
    return 0;
  });
  EXPECT_EQ(m.machine.verifier().count("VER-26"), 2u);
}

TEST(SendCheckTest, MessageIsCopiedWhenTheReceiveComesAndNotBefore) {  // SEND-19, WIRE-18
  PortMachine m;
  m.connect();
  Sending& sending = m.start_send(kEight);
  m.settle();
  sending.message[0] = 99;
  Parked& parked = m.park(24);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  sending.message[1] = 99;
  EXPECT_EQ(parked.payload(24), (Bytes{99, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(SendCheckTest, BytesBehindTheMessageAreUntouched) {  // WIRE-9
  PortMachine m;
  m.connect();
  Parked& parked = m.park(40);
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(m.next().count, 24u);
  EXPECT_EQ(Bytes(parked.bytes.begin() + 24, parked.bytes.end()), Bytes(16, 0xEE));
}

TEST(SendCheckTest, TimeoutMayBeADate) {  // SEND-10
  PortMachine m;
  m.connect();
  const std::int64_t now = m.in_kernel([] {
    LARGE_INTEGER time;
    KeQuerySystemTime(&time);
    return time.QuadPart;
  });
  Sending& sending = m.start_send(kEight, {}, now + 20 * kMillisecond);
  EXPECT_EQ(m.machine.advance(std::chrono::milliseconds(19)), Outcome::kDone);
  EXPECT_FALSE(sending.done());
  EXPECT_EQ(m.machine.advance(std::chrono::milliseconds(2)), Outcome::kDone);
  EXPECT_TRUE(sending.done());
  EXPECT_EQ(m.finish(sending), STATUS_TIMEOUT);
}

TEST(SendCheckTest, TimeoutPassesForASuccess) {  // SEND-9, BAD-1
  PortMachine m;
  m.connect();
  const NTSTATUS status = m.finish(m.start_send(kEight, 4, -kMillisecond));
  EXPECT_EQ(status, STATUS_TIMEOUT);
  EXPECT_TRUE(NT_SUCCESS(status));
}

TEST(SendCheckTest, OverflowedReplyIsNeitherSuccessNorError) {  // WIRE-13
  PortMachine m;
  m.connect();
  Parked& parked = m.park(24);
  Sending& sending = m.start_send(kEight, 4);
  EXPECT_TRUE(m.next(5000).ok);
  EXPECT_EQ(m.reply(parked.header().MessageId, kEight), hr(0x800700EA));
  const NTSTATUS status = m.finish(sending);
  EXPECT_FALSE(NT_SUCCESS(status));
  EXPECT_FALSE(NT_ERROR(status));
  EXPECT_TRUE(NT_WARNING(status));
}

TEST(SendCheckTest, WhateverEndsTheWaitTheStatusIsADocumentedOne) {  // SEND-20
  under_every_scheduler(
      [](const Options& options) {
        PortMachine m(options);
        m.connect();
        Sending* sends[] = {&m.start_send(kEight, 4, -kMillisecond), &m.start_send(kEight, {}, -kMillisecond),
                            &m.start_send(kEight, 4), &m.start_send(kEight)};
        Parked& parked = m.park(24);
        auto replier = m.client.start_thread("replier", [&] {
          Sleep(1);
          FILTER_REPLY_HEADER reply{STATUS_SUCCESS, parked.header().MessageId};
          FilterReplyMessage(m.port, &reply, sizeof reply);
          CloseHandle(m.port);
        });
        EXPECT_EQ(replier.join(), Outcome::kDone);
        for (Sending* one : sends) {
          const NTSTATUS status = m.finish(*one);
          EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_TIMEOUT ||
                      status == STATUS_PORT_DISCONNECTED)
              << std::hex << status;
        }
      },
      100);
}

TEST(SendCheckTest, SendingInConnectNotifyIsAWarningAndTimesOut) {  // H-25, VER-26
  PortMachine m;
  NTSTATUS status = STATUS_SUCCESS;
  m.driver.on_connect = [&](PortDriver::Slot& slot, const void*, ULONG) {
    Arguments a;
    status = FltSendMessage(m.driver.filter, &slot.port, a.message, 8, nullptr, nullptr, &a.timeout);
    return STATUS_SUCCESS;
  };
  m.connect();
  EXPECT_EQ(status, STATUS_TIMEOUT);
  EXPECT_EQ(m.machine.verifier().count("VER-26"), 1u);
  EXPECT_EQ(m.finish(m.start_send(kEight, {}, -kMillisecond)), STATUS_TIMEOUT);
  EXPECT_EQ(m.machine.verifier().count("VER-26"), 1u) << "later sends are as they should be";
}

TEST(SendCheckTest, SendingInInstanceSetupIsAWarning) {  // VER-28
  PortMachine m;
  m.connect();
  m.driver.on_instance_setup = [&] {
    Arguments a;
    FltSendMessage(m.driver.filter, &m.driver.slots[0].port, a.message, 8, nullptr, nullptr, &a.timeout);
  };
  m.machine.add_volume(u"C:");
  EXPECT_TRUE(m.client.exists(u"C:\\"));  // the first create attaches
  EXPECT_EQ(m.machine.verifier().count("VER-28"), 1u);
  EXPECT_EQ(m.finish(m.start_send(kEight, {}, -kMillisecond)), STATUS_TIMEOUT);
  EXPECT_EQ(m.machine.verifier().count("VER-28"), 1u);
}

TEST(SendCheckTest, SendingWithATopLevelIrpSetIsAWarning) {  // VER-27, BAD-15
  PortMachine m;
  m.connect();
  for (const bool top_level : {false, true}) {
    m.in_kernel([&] {
      Arguments a;
      if (top_level) IoSetTopLevelIrp(reinterpret_cast<PIRP>(FSRTL_FSP_TOP_LEVEL_IRP));
      FltSendMessage(m.driver.filter, &m.driver.slots[0].port, a.message, 8, nullptr, nullptr, &a.timeout);
      IoSetTopLevelIrp(nullptr);
      return 0;
    });
    EXPECT_EQ(m.machine.verifier().count("VER-27"), top_level ? 1u : 0u);
  }
}

TEST(SendCheckTest, ServiceThatWaitsForItsOwnAnswerForEverIsAHang) {  // SEND-18, SIM-2
  PortMachine m({}, {}, false);
  m.machine.verifier().expect("SIM-2");
  m.machine.add_volume(u"C:");
  m.driver.operations = {{.major = IRP_MJ_WRITE, .pre = [&](auto, auto, auto) {
                            Arguments a;
                            FltSendMessage(m.driver.filter, &m.driver.slots[0].port, a.message, 8, nullptr,
                                           nullptr, nullptr);
                            return FLT_PREOP_SUCCESS_NO_CALLBACK;
                          }}};
  m.load_driver();
  m.connect();
  auto service = m.client.start_thread("service", [&] { m.client.write(u"C:\\b.txt", "x"); });
  EXPECT_EQ(service.join(), Outcome::kDeadlock);
  ASSERT_EQ(m.machine.verifier().count("SIM-2"), 1u);
  const std::string text = m.machine.verifier().findings().back().text;
  EXPECT_NE(text.find("\\TestPort: nobody receives"), std::string::npos) << text;
}

TEST(SendCheckTest, AskingTheServiceAboutItsOwnOperationIsAWarning) {  // SEND-18, VER-27
  PortMachine m({}, {}, false);
  m.machine.add_volume(u"C:");
  m.driver.operations = {{.major = IRP_MJ_WRITE, .pre = [&](auto, auto, auto) {
                            Arguments a;
                            FltSendMessage(m.driver.filter, &m.driver.slots[0].port, a.message, 8, nullptr,
                                           nullptr, &a.timeout);
                            return FLT_PREOP_SUCCESS_NO_CALLBACK;
                          }}};
  m.load_driver();
  m.connect();
  EXPECT_EQ(m.machine.start_process({.image = u"C:\\App\\other.exe"}).write(u"C:\\a.txt", "x").status,
            STATUS_SUCCESS);
  EXPECT_EQ(m.machine.verifier().count("VER-27"), 0u);
  EXPECT_EQ(m.client.write(u"C:\\b.txt", "x").status, STATUS_SUCCESS);
  EXPECT_EQ(m.machine.verifier().count("VER-27"), 1u);
}

}  // namespace
}  // namespace fltsim
