// FilterReplyMessage (REPLY-*).
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

TEST(ReplyTest, SecondReplyHasNoWaiter) {  // T-9: REPLY-3
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Parked& parked = m.park(24);
    Sending& sending = m.start_send(kEight, 4);
    EXPECT_TRUE(m.next(5000).ok);
    EXPECT_EQ(m.reply(parked.header().MessageId, kFour), S_OK);
    EXPECT_EQ(m.reply(parked.header().MessageId, kFour), hr(0x801F0020));
    EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  });
}

TEST(ReplyTest, ReplyToAMessageWithoutReplyHasNoWaiter) {  // REPLY-3
  PortMachine m;
  m.connect();
  Parked& parked = m.park(24);
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(m.reply(parked.header().MessageId, kFour), hr(0x801F0020));
}

TEST(ReplyTest, ReplyShorterThanItsHeaderIsRefusedAndTheSenderWaits) {  // T-10: REPLY-4
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Parked& parked = m.park(24);
    Sending& sending = m.start_send(kEight, 4);
    EXPECT_TRUE(m.next(5000).ok);
    EXPECT_EQ(m.reply_raw(Bytes(16), 15), hr(0x80070057));
    m.settle();
    EXPECT_FALSE(sending.done());
    EXPECT_EQ(m.reply(parked.header().MessageId, kFour), S_OK);
    EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  });
}

TEST(ReplyTest, BadBufferDoesNotConsumeTheWaiter) {  // REPLY-8
  PortMachine m;
  m.connect();
  Parked& parked = m.park(24);
  Sending& sending = m.start_send(kEight, 4);
  EXPECT_TRUE(m.next(5000).ok);
  alignas(16) static unsigned char odd[24];
  EXPECT_EQ(m.in_client([&] { return FilterReplyMessage(m.port, nullptr, 20); }), hr(0x800703E6));
  EXPECT_EQ(m.in_client([&] {
    return FilterReplyMessage(m.port, reinterpret_cast<PFILTER_REPLY_HEADER>(odd + 1), 20);
  }),
            hr(0x800703E6));
  EXPECT_EQ(m.reply(parked.header().MessageId, kFour), S_OK);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
}

TEST(ReplyTest, RepliesMayComeInAnyOrder) {  // REPLY-10
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Parked& first = m.park(24);
    Parked& second = m.park(24);
    Sending& a = m.start_send({1, 1, 1, 1, 1, 1, 1, 1}, 1);
    EXPECT_TRUE(m.next(5000).ok);
    Sending& b = m.start_send({2, 2, 2, 2, 2, 2, 2, 2}, 1);
    EXPECT_TRUE(m.next(5000).ok);
    EXPECT_EQ(m.reply(second.header().MessageId, {second.bytes[16]}), S_OK);
    EXPECT_EQ(m.reply(first.header().MessageId, {first.bytes[16]}), S_OK);
    EXPECT_EQ(m.finish(a), STATUS_SUCCESS);
    EXPECT_EQ(m.finish(b), STATUS_SUCCESS);
    EXPECT_EQ(a.reply[0], 1);
    EXPECT_EQ(b.reply[0], 2);
  });
}

TEST(ReplyTest, PayloadOfAFailingReplyIsCopiedUnlessTheOptionSaysNo) {  // REPLY-6
  for (const bool copied : {true, false}) {
    Options options;
    options.semantics.reply_payload_on_error_status = copied;
    PortMachine m(options);
    m.connect();
    Parked& parked = m.park(24);
    Sending& sending = m.start_send(kEight, 4);
    EXPECT_TRUE(m.next(5000).ok);
    EXPECT_EQ(m.reply(parked.header().MessageId, kFour, STATUS_ACCESS_DENIED), S_OK);
    EXPECT_EQ(m.finish(sending), STATUS_ACCESS_DENIED);
    EXPECT_EQ(sending.reply[0], copied ? 9 : Sending::kUntouched);
  }
}

TEST(ReplyTest, StatusOfAReplyIsPassedOnWhateverItSays) {  // REPLY-5, SEND-16, SEND-20
  for (const NTSTATUS said : {NTSTATUS{1}, STATUS_TIMEOUT, STATUS_PENDING, STATUS_PORT_DISCONNECTED}) {
    PortMachine m;
    m.connect();
    Parked& parked = m.park(24);
    Sending& sending = m.start_send(kEight, 4);
    EXPECT_TRUE(m.next(5000).ok);
    sending.status = STATUS_UNSUCCESSFUL;  // not what it is before the call returns
    EXPECT_EQ(m.reply(parked.header().MessageId, kFour, said), S_OK);
    EXPECT_EQ(m.finish(sending), said);
    EXPECT_EQ(sending.reply_length, 4u);
    EXPECT_EQ(sending.reply[0], 9);
  }
}

TEST(ReplyTest, MessageOfOneConnectionIsNotAnsweredThroughAnother) {  // REPLY-2, REPLY-3, WIRE-14
  under_every_scheduler([](const Options& options) {
    PortMachine m(options, {.connections_max = 2});
    m.connect();
    const HANDLE second = m.try_connect(m.client).port;
    Parked& parked = m.park(24);
    Sending& sending = m.start_send(kEight, 4, kNoTimeout);
    EXPECT_TRUE(m.next(5000).ok);
    FILTER_REPLY_HEADER reply{STATUS_SUCCESS, parked.header().MessageId};
    EXPECT_EQ(m.in_client([&] { return FilterReplyMessage(second, &reply, sizeof reply); }), hr(0x801F0020));
    m.settle();
    EXPECT_FALSE(sending.done());
    EXPECT_EQ(m.reply(parked.header().MessageId, kFour), S_OK);
    EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  });
}

}  // namespace
}  // namespace fltsim
