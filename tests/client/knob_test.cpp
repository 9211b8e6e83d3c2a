// The values of the port's knobs that are not the default: each changes what it says, and nothing breaks.
#include "client/port_machine.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

template <class Member, class Value>
Options with(Member Semantics::*knob, Value value) {
  Options options;
  options.semantics.*knob = static_cast<Member>(value);
  return options;
}

TEST(KnobTest, ZeroTimeoutMayWaitForEver) {  // SEND-11, H-1
  PortMachine m(with(&Semantics::send_zero_timeout, Semantics::ZeroTimeout::kForever));
  m.connect();
  Sending& sending = m.start_send(kEight, 4, 0);
  EXPECT_EQ(m.machine.advance(std::chrono::hours(1)), Outcome::kDone);
  EXPECT_FALSE(sending.done());
  Parked& parked = m.park(24);
  EXPECT_EQ(m.machine.advance(std::chrono::hours(1)), Outcome::kDone);
  EXPECT_FALSE(sending.done());
  EXPECT_EQ(m.reply(parked.header().MessageId, kFour), S_OK);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
}

TEST(KnobTest, EveryMessageMayHaveANumber) {  // WIRE-15, H-4
  PortMachine m(with(&Semantics::message_ids, Semantics::MessageIds::kEveryMessage));
  m.connect();
  Parked& told = m.park(24);
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(told.header().MessageId, 1u);
  EXPECT_EQ(m.reply(1, kFour), hr(0x801F0020));
  Parked& asked = m.park(24);
  Sending& sending = m.start_send(kEight, 4);
  m.settle();
  EXPECT_EQ(asked.header().MessageId, 2u);
  EXPECT_EQ(m.reply(2, kFour), S_OK);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
}

TEST(KnobTest, TooLongAReplyMayLeaveNothing) {  // WIRE-12
  PortMachine m(with(&Semantics::reply_overflow_copy, Semantics::OverflowCopy::kNothing));
  m.connect();
  Parked& parked = m.park(24);
  Sending& sending = m.start_send(kEight, 4);
  m.settle();
  EXPECT_EQ(m.reply(parked.header().MessageId, kEight), hr(0x800700EA));
  EXPECT_EQ(m.finish(sending), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(sending.reply, Bytes(12, Sending::kUntouched));
}

TEST(KnobTest, TooShortAReceiveMayFailAtDelivery) {  // GET-13
  PortMachine m(with(&Semantics::short_receive_fails_at_call, false));
  m.connect();
  Parked& small = m.park(15);
  EXPECT_EQ(small.result, hr(0x800703E5));
  Sending& sending = m.start_send({1});
  const Completed failed = m.next(5000);
  EXPECT_EQ(failed.error, 122u);
  EXPECT_EQ(small.bytes, Bytes(15, 0xEE));
  m.park(17);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
}

TEST(KnobTest, BadReceiveBufferMayFailAtDelivery) {  // GET-14
  PortMachine m(with(&Semantics::receive_buffer_checked_at_call, false));
  m.connect();
  OVERLAPPED overlapped{};
  EXPECT_EQ(m.in_client([&] { return FilterGetMessage(m.port, nullptr, 24, &overlapped); }), hr(0x800703E5));
  Parked& good = m.park(24);
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(m.next().error, 998u);
  EXPECT_EQ(m.next().overlapped, &good.overlapped);
  EXPECT_EQ(good.payload(24), kEight);
}

TEST(KnobTest, OddReplyBufferMayBeTaken) {  // REPLY-8
  PortMachine m(with(&Semantics::reply_alignment_checked, false));
  m.connect();
  Parked& parked = m.park(24);
  Sending& sending = m.start_send(kEight, 4);
  m.settle();
  alignas(16) static unsigned char room[32];
  const FILTER_REPLY_HEADER header{STATUS_SUCCESS, parked.header().MessageId};
  std::memcpy(room + 1, &header, sizeof header);
  std::copy(kFour.begin(), kFour.end(), room + 17);
  EXPECT_EQ(m.in_client([&] {
    return FilterReplyMessage(m.port, reinterpret_cast<PFILTER_REPLY_HEADER>(room + 1), 20);
  }),
            S_OK);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  EXPECT_EQ(sending.reply[0], 9);
}

TEST(KnobTest, PortWithoutMessageNotifyMayAnswerAnyStatus) {  // MSG-6, H-5
  for (const auto& [status, result] : {std::pair{STATUS_INVALID_DEVICE_REQUEST, 0x80070001u},
                                       std::pair{STATUS_NOT_SUPPORTED, 0x80070032u}}) {
    PortMachine m(with(&Semantics::no_message_notify_status, status), {.answers_messages = false});
    m.connect();
    EXPECT_EQ(m.message({1}), hr(result));
  }
}

TEST(KnobTest, OwnCloseMayDisconnectTheReceives) {  // GET-11, H-9
  PortMachine m(with(&Semantics::own_close_receive_status, STATUS_PORT_DISCONNECTED));
  m.connect();
  m.park(24);
  m.close_client();
  EXPECT_EQ(m.next().error, 6u);
}

TEST(KnobTest,
     DisconnectNotifyAloneMayFreeThePlaceAndTheForgottenCloseIsStillFound) {  // DISC-8, DISC-2, VER-29
  PortMachine m(with(&Semantics::slot_needs_client_port_close, false), {.closes_client_ports = false});
  m.machine.verifier().expect("VER-29");
  m.connect();
  m.close_client();
  EXPECT_EQ(m.try_connect(m.client).result, S_OK);
  EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
  EXPECT_EQ(m.machine.verifier().count("VER-29"), 2u);
}

TEST(KnobTest, SendersMayBeToldAfterDisconnectNotify) {  // DISC-9
  for (const auto order :
       {Semantics::DisconnectOrder::kSendersFirst, Semantics::DisconnectOrder::kNotifyFirst}) {
    PortMachine m(with(&Semantics::disconnect_order, order));
    m.connect();
    Sending& sending = m.start_send(kEight, 4);
    m.settle();
    bool told = false;
    m.driver.on_disconnect = [&](PortDriver::Slot&) {
      LARGE_INTEGER a_while;
      a_while.QuadPart = -5 * kMillisecond;
      KeDelayExecutionThread(KernelMode, FALSE, &a_while);
      told = sending.done();
    };
    m.close_client();
    EXPECT_EQ(told, order == Semantics::DisconnectOrder::kSendersFirst);
    EXPECT_EQ(m.finish(sending), STATUS_PORT_DISCONNECTED);
  }
}

TEST(KnobTest, UnregisteringMayEndPortsBeforeInstances) {  // H-10, PUNL-2
  for (const auto order :
       {Semantics::UnregisterOrder::kInstancesFirst, Semantics::UnregisterOrder::kPortsFirst}) {
    PortMachine m(with(&Semantics::unregister_order, order), {}, false);
    m.machine.add_volume(u"C:");
    std::string seen;
    m.driver.on_instance_teardown = [&] { seen += "instance "; };
    m.driver.on_disconnect = [&](PortDriver::Slot&) { seen += "port "; };
    m.load_driver();
    EXPECT_TRUE(m.client.exists(u"C:\\"));  // the first create attaches
    m.connect();
    EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
    EXPECT_EQ(seen,
              order == Semantics::UnregisterOrder::kInstancesFirst ? "instance port " : "port instance ");
  }
}

TEST(KnobTest, NotifyThatIsDueAfterTheDriversCloseRunsBeforeTheFilterGoes) {  // DISC-6, H-8
  PortMachine m(with(&Semantics::disconnect_notify_after_kernel_close, true));
  m.connect();
  m.in_kernel([&] {
    FltCloseClientPort(m.driver.filter, &m.driver.slots[0].port);
    return 0;
  });
  EXPECT_EQ(m.loaded->unload(), STATUS_SUCCESS);
  EXPECT_EQ(m.driver.disconnects, 1);
  m.close_client();
  EXPECT_EQ(m.driver.disconnects, 1) << "the driver is gone";
}

TEST(KnobTest, NotifyMayBeDueAfterACloseInsideConnectNotify) {  // DISC-6, H-8
  PortMachine m(with(&Semantics::disconnect_notify_after_kernel_close, true));
  m.driver.on_connect = [&](PortDriver::Slot& slot, const void*, ULONG) {
    FltCloseClientPort(m.driver.filter, &slot.port);
    return STATUS_SUCCESS;
  };
  m.connect();
  EXPECT_EQ(m.driver.disconnects, 0);
  m.close_client();
  EXPECT_EQ(m.driver.disconnects, 1);
}

}  // namespace
}  // namespace fltsim
