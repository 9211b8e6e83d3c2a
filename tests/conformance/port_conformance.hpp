// What every Port does, whoever implements it and whatever is at its far end. An implementation joins by a
// PortEnvironment and one line:
//
//   INSTANTIATE_TEST_SUITE_P(Ports, PortConformance, Values(PortImplementation{"Mine", &make_mine}), &port_name);
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <deque>
#include <string>

#include <fltlink/wire/port_headers.h>

#include "conformance/port_environment.hpp"

namespace fltlink::test {

inline std::string port_name(const testing::TestParamInfo<PortImplementation>& info) {
  return info.param.name;
}

class PortConformance : public testing::TestWithParam<PortImplementation> {
 protected:
  struct Slot {
    explicit Slot(size_t size) : bytes(size, 0xEE) { receive.buffer = bytes; }
    PortBytes bytes;
    Receive receive;
  };

  PortConformance() : environment_(GetParam().make()) {}

  template <typename Call>
  auto as_client(Call call) {
    std::optional<decltype(call(environment_->port()))> result;
    environment_->as_client([&] { result.emplace(call(environment_->port())); });
    return *result;
  }

  ConnectResult connect(PortBytes context = {}) {
    return as_client([&](Port& port) { return port.connect(context); });
  }
  void connected() { ASSERT_EQ(connect().outcome, ConnectOutcome::kConnected); }
  void close() {
    environment_->as_client([this] { environment_->port().close(); });
  }
  PostOutcome post(Slot& slot) {
    return as_client([&](Port& port) { return port.post(slot.receive).outcome; });
  }
  Slot& posted(size_t size = 64) {
    Slot& slot = slots_.emplace_back(size);
    EXPECT_EQ(post(slot), PostOutcome::kPosted);
    return slot;
  }
  // What has ended already; waits for nothing.
  Completion next() {
    return as_client([&](Port& port) { return port.wait(environment_->host().now()); });
  }
  ReplyOutcome reply(ConnectionNumber connection, uint64_t id, const PortBytes& payload, int32_t status = 0) {
    const FltlinkReplyHeader header{.status = status, .padding = 0, .message_id = id};
    PortBytes bytes(FLTLINK_REPLY_HEADER_SIZE + payload.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    std::copy(payload.begin(), payload.end(), bytes.begin() + FLTLINK_REPLY_HEADER_SIZE);
    return as_client([&](Port& port) { return port.reply(connection, bytes).outcome; });
  }
  // Sends a message that wants a reply, takes it out of the port, and returns its id.
  uint64_t received_message(size_t reply_room) {
    Slot& slot = posted();
    environment_->send({1, 2, 3}, reply_room);
    EXPECT_EQ(next().result, ReceiveOutcome::kMessage);
    return header_of(slot).message_id;
  }

  static FltlinkMessageHeader header_of(const Slot& slot) {
    FltlinkMessageHeader header;
    std::memcpy(&header, slot.bytes.data(), sizeof header);
    return header;
  }
  static PortBytes payload_of(const Slot& slot, size_t size) {
    return {slot.bytes.begin() + FLTLINK_MESSAGE_HEADER_SIZE,
            slot.bytes.begin() + static_cast<std::ptrdiff_t>(size)};
  }

  // Before the environment: its end gives back the receives that are outstanding.
  std::deque<Slot> slots_;
  std::unique_ptr<PortEnvironment> environment_;
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Replied = PortEnvironment::Replied;

inline constexpr auto kFirst = ConnectionNumber{1};

// --- connecting ---

TEST_P(PortConformance, ConnectionsAreNumberedFromOne) {
  EXPECT_EQ(connect().connection, kFirst);
  close();
  EXPECT_EQ(connect().connection, ConnectionNumber{2});
}

// CONN-8: the refusal is the answer, and the next connect is asked anew.
TEST_P(PortConformance, RefusedConnectLeavesTheWayFreeForTheNext) {
  environment_->refuse_connects(true);
  const ConnectResult refused = connect();
  EXPECT_EQ(refused.outcome, ConnectOutcome::kRefused);
  EXPECT_EQ(refused.connection, ConnectionNumber::kNone);
  environment_->refuse_connects(false);
  EXPECT_EQ(connect().outcome, ConnectOutcome::kConnected);
}

// CONN-6: the other client's end gives the place back.
TEST_P(PortConformance, ConnectIsBusyWhileAnotherClientHasTheOnePlace) {
  environment_->occupy(true);
  const ConnectResult busy = connect();
  EXPECT_EQ(busy.outcome, ConnectOutcome::kBusy);
  EXPECT_EQ(busy.connection, ConnectionNumber::kNone);
  environment_->occupy(false);
  EXPECT_EQ(connect().outcome, ConnectOutcome::kConnected);
}

// CONN-5.
TEST_P(PortConformance, ConnectThatTheDescriptorDoesNotAdmitIsRefused) {
  environment_->deny_access();
  EXPECT_EQ(connect().outcome, ConnectOutcome::kRefused);
}

// CONN-4, PORT-11.
TEST_P(PortConformance, ConnectToAPortThatIsGoneFindsNoPort) {
  environment_->close_server_port();
  EXPECT_EQ(connect().outcome, ConnectOutcome::kNoPort);
}

TEST_P(PortConformance, WithoutAConnectionEveryCallIsDisconnected) {
  Slot slot(64);
  EXPECT_EQ(post(slot), PostOutcome::kDisconnected);
  EXPECT_EQ(reply(kFirst, 1, {}), ReplyOutcome::kDisconnected);
  const SendResult sent = as_client([](Port& port) { return port.send({}, {}); });
  EXPECT_EQ(sent.outcome, SendOutcome::kDisconnected);
  environment_->as_client([this] {
    environment_->port().cancel_all();
    environment_->port().close();
  });
  EXPECT_EQ(next().outcome, WaitOutcome::kTimedOut);
}

// --- receiving ---

// WIRE-4, WIRE-9, GET-2: header, message, and both in the count; what lies behind is untouched.
TEST_P(PortConformance, MessageCompletesAReceiveWithItsHeaderAndSize) {
  connected();
  Slot& slot = posted();
  EXPECT_EQ(slot.receive.connection, kFirst);
  environment_->send({1, 2, 3}, 4);
  const Completion completion = next();
  EXPECT_EQ(completion.outcome, WaitOutcome::kReceive);
  EXPECT_EQ(completion.receive, &slot.receive);
  EXPECT_EQ(completion.result, ReceiveOutcome::kMessage);
  ASSERT_EQ(completion.size, FLTLINK_MESSAGE_HEADER_SIZE + 3);
  EXPECT_EQ(header_of(slot).reply_length, FLTLINK_REPLY_HEADER_SIZE + 4);
  EXPECT_THAT(payload_of(slot, completion.size), ElementsAre(1, 2, 3));
  EXPECT_EQ(slot.bytes[completion.size], 0xEE);
}

// WIRE-4, WIRE-17.
TEST_P(PortConformance, MessageThatWantsNoReplyHasAReplyLengthOfZero) {
  connected();
  Slot& slot = posted(FLTLINK_MESSAGE_HEADER_SIZE);
  environment_->send({}, std::nullopt);
  EXPECT_EQ(next().size, FLTLINK_MESSAGE_HEADER_SIZE);
  EXPECT_EQ(header_of(slot).reply_length, 0u);
}

// WIRE-18, SEND-4: the sender waits, not the message.
TEST_P(PortConformance, MessageSentBeforeAReceiveIsTakenByIt) {
  connected();
  environment_->send({7}, std::nullopt);
  Slot& slot = posted();
  const Completion completion = next();
  EXPECT_EQ(completion.receive, &slot.receive);
  EXPECT_THAT(payload_of(slot, completion.size), ElementsAre(7));
}

// GET-5.
TEST_P(PortConformance, ReceivesAreServedInTheOrderOfTheirPosts) {
  connected();
  Slot& first = posted();
  Slot& second = posted();
  environment_->send({1}, std::nullopt);
  environment_->send({2}, std::nullopt);
  EXPECT_EQ(next().result, ReceiveOutcome::kMessage);
  EXPECT_EQ(next().result, ReceiveOutcome::kMessage);
  EXPECT_EQ(first.bytes[FLTLINK_MESSAGE_HEADER_SIZE], 1);
  EXPECT_EQ(second.bytes[FLTLINK_MESSAGE_HEADER_SIZE], 2);
}

// GET-7, T-11.
TEST_P(PortConformance, TooSmallAReceiveFailsAndALargerOneGetsTheMessage) {
  connected();
  posted(FLTLINK_MESSAGE_HEADER_SIZE + 2);
  environment_->send({1, 2, 3}, std::nullopt);
  const Completion small = next();
  EXPECT_EQ(small.result, ReceiveOutcome::kTooSmall);
  EXPECT_EQ(small.size, 0u);
  Slot& large = posted();
  const Completion completion = next();
  EXPECT_EQ(completion.result, ReceiveOutcome::kMessage);
  EXPECT_THAT(payload_of(large, completion.size), ElementsAre(1, 2, 3));
}

TEST_P(PortConformance, WaitReturnsAtItsDeadline) {
  connected();
  posted();
  const Ticks start = environment_->host().now();
  const Completion completion =
      as_client([&](Port& port) { return port.wait(start + kTicksPerMillisecond); });
  EXPECT_EQ(completion.outcome, WaitOutcome::kTimedOut);
  EXPECT_GE(environment_->host().now(), start + kTicksPerMillisecond);
}

TEST_P(PortConformance, EachMessageWakesOneOfTheThreadsThatWait) {
  connected();
  posted();
  posted();
  std::atomic<int> messages = 0;
  for (int thread = 0; thread < 2; ++thread) {
    environment_->start_client_thread([&] {
      if (environment_->port().wait(kForever).result == ReceiveOutcome::kMessage) ++messages;
    });
  }
  environment_->send({1}, std::nullopt);
  EXPECT_EQ(messages, 1);
  environment_->send({2}, std::nullopt);
  EXPECT_EQ(messages, 2);
}

// --- the end of receives ---

// GET-10, GET-12, T-13.
TEST_P(PortConformance, CancelledReceivesComeBackAbortedAndALaterMessageWaits) {
  connected();
  for (int count = 0; count < 3; ++count) posted();
  environment_->as_client([this] { environment_->port().cancel_all(); });
  for (int count = 0; count < 3; ++count) EXPECT_EQ(next().result, ReceiveOutcome::kAborted);
  environment_->send({1}, std::nullopt);
  EXPECT_EQ(next().outcome, WaitOutcome::kTimedOut);
  posted();
  EXPECT_EQ(next().result, ReceiveOutcome::kMessage);
}

// GET-12: a message that was faster is not lost.
TEST_P(PortConformance, MessageThatCameBeforeTheCancelIsKept) {
  connected();
  posted();
  environment_->send({1}, std::nullopt);
  environment_->as_client([this] { environment_->port().cancel_all(); });
  EXPECT_EQ(next().result, ReceiveOutcome::kMessage);
}

// GET-11: the client's own close.
TEST_P(PortConformance, ReceivesOfAClosedConnectionComeBackAborted) {
  connected();
  posted();
  close();
  EXPECT_EQ(next().result, ReceiveOutcome::kAborted);
}

// GET-9, DISC-5, T-20: the driver's close.
TEST_P(PortConformance, HangingUpEndsReceivesAndLaterCalls) {
  connected();
  Slot& slot = posted();
  environment_->hang_up();
  EXPECT_EQ(next().result, ReceiveOutcome::kDisconnected);
  EXPECT_EQ(post(slot), PostOutcome::kDisconnected);
  const SendResult sent = as_client([](Port& port) { return port.send({}, {}); });
  EXPECT_EQ(sent.outcome, SendOutcome::kDisconnected);
  close();
  EXPECT_EQ(connect().outcome, ConnectOutcome::kConnected);
}

// REPLY-7.
TEST_P(PortConformance, ReplyAfterHangingUpIsDisconnected) {
  connected();
  const uint64_t id = received_message(4);
  environment_->hang_up();
  EXPECT_EQ(reply(kFirst, id, {1}), ReplyOutcome::kDisconnected);
  EXPECT_THAT(environment_->replied(), IsEmpty());
}

// PUNL-3, T-22: the driver goes, with a sender that waits.
TEST_P(PortConformance, UnloadEndsReceivesAndLaterCallsAndLeavesNoPort) {
  connected();
  const uint64_t id = received_message(4);
  Slot& slot = posted();
  environment_->unload();
  EXPECT_EQ(next().result, ReceiveOutcome::kDisconnected);
  EXPECT_EQ(post(slot), PostOutcome::kDisconnected);
  EXPECT_EQ(reply(kFirst, id, {1}), ReplyOutcome::kDisconnected);
  close();
  EXPECT_EQ(connect().outcome, ConnectOutcome::kNoPort);
}

// --- interrupts ---

TEST_P(PortConformance, InterruptLetsOneWaitReturnAndIsUsedUp) {
  environment_->as_client([this] { environment_->port().interrupt(); });
  EXPECT_EQ(next().outcome, WaitOutcome::kInterrupted);
  EXPECT_EQ(next().outcome, WaitOutcome::kTimedOut);
}

TEST_P(PortConformance, InterruptWakesAThreadThatWaits) {
  std::atomic<bool> interrupted = false;
  environment_->start_client_thread(
      [&] { interrupted = environment_->port().wait(kForever).outcome == WaitOutcome::kInterrupted; });
  environment_->as_client([this] { environment_->port().interrupt(); });
  EXPECT_TRUE(interrupted);
}

// --- replies ---

// REPLY-2, REPLY-5, WIRE-10: a shorter one is taken, and its status is the sender's.
TEST_P(PortConformance, ReplyReachesItsSenderWithStatusAndPayload) {
  connected();
  const uint64_t id = received_message(4);
  EXPECT_EQ(reply(kFirst, id, {9, 8}, 0), ReplyOutcome::kReplied);
  EXPECT_THAT(environment_->replied(), ElementsAre(Replied{0, {9, 8}}));
}

// REPLY-3, T-9.
TEST_P(PortConformance, SecondReplyHasNoWaiter) {
  connected();
  const uint64_t id = received_message(4);
  EXPECT_EQ(reply(kFirst, id, {1}), ReplyOutcome::kReplied);
  EXPECT_EQ(reply(kFirst, id, {2}), ReplyOutcome::kNoWaiter);
  EXPECT_THAT(environment_->replied(), ElementsAre(Replied{0, {1}}));
}

// REPLY-9, T-8, T-41.
TEST_P(PortConformance, ReplyToASenderThatGaveUpHasNoWaiter) {
  connected();
  const uint64_t id = received_message(4);
  environment_->give_up_sending();
  EXPECT_EQ(reply(kFirst, id, {1}), ReplyOutcome::kNoWaiter);
  EXPECT_THAT(environment_->replied(), IsEmpty());
}

// WIRE-11, T-5: it is used up.
TEST_P(PortConformance, TooLongAReplyFailsAndIsUsedUp) {
  connected();
  const uint64_t id = received_message(2);
  EXPECT_EQ(reply(kFirst, id, {1, 2, 3}), ReplyOutcome::kTooLong);
  EXPECT_EQ(reply(kFirst, id, {1, 2}), ReplyOutcome::kNoWaiter);
  EXPECT_THAT(environment_->replied(), IsEmpty());
}

// WIRE-14: ids repeat from one connection to the next.
TEST_P(PortConformance, ReplyForAnEarlierConnectionGoesNowhere) {
  connected();
  const uint64_t early = received_message(4);
  close();
  connected();
  const uint64_t late = received_message(4);
  EXPECT_EQ(early, late);
  EXPECT_EQ(reply(kFirst, early, {1}), ReplyOutcome::kDisconnected);
  EXPECT_EQ(reply(ConnectionNumber{2}, late, {2}), ReplyOutcome::kReplied);
  EXPECT_THAT(environment_->replied(), ElementsAre(Replied{0, {2}}));
}

// --- requests ---

// MSG-1, MSG-7.
TEST_P(PortConformance, RequestReachesTheDriverAndItsAnswerComesBack) {
  connected();
  environment_->answer_requests({4, 5});
  PortBytes answer(8, 0xEE);
  const PortBytes request{1, 2, 3};
  const SendResult result = as_client([&](Port& port) { return port.send(request, answer); });
  EXPECT_EQ(result.outcome, SendOutcome::kAnswered);
  ASSERT_EQ(result.size, 2u);
  EXPECT_THAT(environment_->requests(), ElementsAre(ElementsAre(1, 2, 3)));
  EXPECT_EQ(answer[0], 4);
  EXPECT_EQ(answer[1], 5);
  EXPECT_EQ(answer[2], 0xEE);
}

// MSG-7, MSG-8.
TEST_P(PortConformance, RefusedRequestHasNoAnswer) {
  connected();
  environment_->refuse_requests();
  PortBytes answer(8);
  const SendResult result = as_client([&](Port& port) { return port.send(PortBytes{1}, answer); });
  EXPECT_EQ(result.outcome, SendOutcome::kRefused);
  EXPECT_EQ(result.size, 0u);
}

// PORT-10, T-21.
TEST_P(PortConformance, ConnectionOutlivesTheServerPort) {
  connected();
  environment_->close_server_port();
  EXPECT_EQ(reply(kFirst, received_message(1), {1}), ReplyOutcome::kReplied);
  const SendResult sent = as_client([](Port& port) { return port.send(PortBytes{1}, {}); });
  EXPECT_EQ(sent.outcome, SendOutcome::kAnswered);
}

}  // namespace fltlink::test
