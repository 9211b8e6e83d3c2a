#include "service/receive_loop_fixture.hpp"

namespace fltlink {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

// --- connecting ---

TEST_F(ReceiveLoopTest, StartConnectsNegotiatesAndParksEveryReceive) {
  ConnectionTerms terms;
  terms.version = FLTLINK_VERSION_1_1;
  port_.on_request = negotiating_driver(terms);
  start();
  EXPECT_TRUE(loop_->connected());
  EXPECT_EQ(port_.outstanding(), 3u);
  EXPECT_EQ(loop_->idle_receives(), 3u);
  ASSERT_THAT(handlers_.connections(), SizeIs(1));
  EXPECT_EQ(handlers_.connections()[0].version, FLTLINK_VERSION_1_1);
  EXPECT_TRUE(decode_connect_context(port_.contexts().at(0)).ok());
  EXPECT_TRUE(decode_negotiate_request(port_.requests().at(0)).ok());
}

TEST_F(ReceiveLoopTest, WithoutContextNothingIsNegotiated) {
  options_.context.reset();
  start();
  EXPECT_THAT(port_.contexts().at(0), IsEmpty());
  EXPECT_THAT(port_.requests(), IsEmpty());
  EXPECT_EQ(handlers_.connections().at(0).version, FLTLINK_VERSION_1_0);
}

// P-6, BAD-9: pauses double from 100 ms up to the limit.
TEST_F(ReceiveLoopTest, DriverThatIsNotThereIsAskedWithGrowingPauses) {
  options_.backoff = {.first = 100 * kTicksPerMillisecond, .limit = 400 * kTicksPerMillisecond};
  port_.script_connects(std::vector<uint32_t>(5, kHresultFileNotFound));
  start();
  host_.advance(2 * kTicksPerSecond);
  const std::vector<Ticks> times = port_.connect_times();
  std::vector<Ticks> pauses;
  for (size_t i = 1; i < times.size(); ++i)
    pauses.push_back((times[i] - times[i - 1]) / kTicksPerMillisecond);
  EXPECT_THAT(pauses, ElementsAre(100, 200, 400, 400, 400));
  EXPECT_EQ(count(LoopCounter::kConnectsFailed), 5u);
  EXPECT_TRUE(loop_->connected());
}

class ConnectFailureTest : public ReceiveLoopTest, public testing::WithParamInterface<uint32_t> {};

// CONN-4 to CONN-8, and a code that nobody knows.
TEST_P(ConnectFailureTest, IsReportedAndTriedAgain) {
  port_.script_connects({GetParam()});
  start();
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kConnectFailed, GetParam())));
  EXPECT_FALSE(loop_->connected());
  host_.advance(kTicksPerSecond);
  EXPECT_TRUE(loop_->connected());
}

INSTANTIATE_TEST_SUITE_P(EveryCode, ConnectFailureTest,
                         testing::Values(kHresultFileNotFound, kHresultConnectionCount, kHresultAccessDenied,
                                         kHresultInvalidHandle, kHresultDeletingObject, 0x8007ABCD));

TEST_F(ReceiveLoopTest, FailedNegotiationClosesThePortAndPauses) {
  bool first = true;
  port_.on_request = [&first](Bytes request, MutableBytes answer) -> SendResult {
    if (std::exchange(first, false)) return {SendOutcome::kAnswered, 0, 3};
    return negotiating_driver()(request, answer);
  };
  start();
  EXPECT_FALSE(port_.connected());
  EXPECT_EQ(count(LoopCounter::kNegotiationsFailed), 1u);
  host_.advance(kTicksPerSecond);
  EXPECT_TRUE(loop_->connected());
}

// The watch, the workers, the one worker more, the connection's thread.
TEST_F(ReceiveLoopTest, StartWithTooFewThreadsLeavesNothingBehind) {
  for (size_t threads = 0; threads < options_.workers + 3; ++threads) {
    loop_.emplace(host_, port_, handlers_, options_);
    host_.spawns_left = threads;
    EXPECT_EQ(loop_->start(), StartOutcome::kNoThreads);
  }
}

// --- messages ---

TEST_F(ReceiveLoopTest, FileEventReachesItsHandler) {
  start();
  deliver(file_event(u"C:\\a.txt"));
  EXPECT_THAT(handlers_.events(), ElementsAre(Pair(u"C:\\a.txt", u"")));
  EXPECT_EQ(port_.outstanding(), 3u);
}

// W-3: the reason is what lies at byte 560.
TEST_F(ReceiveLoopTest, BlockNoticeArrivesWithItsReason) {
  start();
  deliver(block_notice(u"C:\\a.docx", u"Write is protected"));
  EXPECT_THAT(handlers_.blocks(), ElementsAre(Pair(u"C:\\a.docx", u"Write is protected")));
}

// GET-5, GET-6: more messages than receives; each arrives once.
TEST_F(ReceiveLoopTest, MoreMessagesThanReceivesAllArrive) {
  start();
  for (uint32_t i = 0; i < 50; ++i) port_.deliver(file_event(u"C:\\a.txt", i));
  host_.settle();
  EXPECT_THAT(handlers_.events(), SizeIs(50));
  EXPECT_EQ(port_.undelivered(), 0u);
}

TEST_F(ReceiveLoopTest, MalformedMessagesAreCountedByReasonAndSurvived) {
  ByteVector cut = file_event(u"C:\\a.txt");
  cut.resize(cut.size() - 1);
  ByteVector beyond = file_event(u"C:\\a.txt");
  beyond[offsetof(DRIVER_MESSAGE, AdditionalDataSize)] = 1;
  start();
  deliver({});
  deliver(cut);
  deliver(beyond);
  deliver(file_event(u"C:\\b.txt"));
  EXPECT_EQ(loop_->counters().malformed(DecodeError::kTruncated), 2u);
  EXPECT_EQ(loop_->counters().malformed(DecodeError::kAdditionalDataBeyond), 1u);
  EXPECT_THAT(handlers_.events(), ElementsAre(Pair(u"C:\\b.txt", u"")));
}

TEST_F(ReceiveLoopTest, UnknownTypeIsCountedAndReported) {
  ByteVector message = file_event(u"C:\\a.txt");
  message[0] = 99;
  start();
  deliver(message);
  EXPECT_EQ(count(LoopCounter::kUnknownTypes), 1u);
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kUnknownType, 99)));
}

// --- receives that end otherwise ---

// GET-7: the buffer doubles until the message fits.
TEST_F(ReceiveLoopTest, SmallBufferGrowsUntilTheMessageFits) {
  options_.context.reset();
  options_.receives = 1;
  options_.buffer_size = 300;
  options_.buffer_size_max = 3000;
  start();
  const ByteVector padded(2500);
  ByteVector message = file_event(u"C:\\a.txt");
  message.resize(2500);
  deliver(message);
  EXPECT_THAT(handlers_.events(), SizeIs(1));
  EXPECT_EQ(count(LoopCounter::kReceivesTooSmall), count(LoopCounter::kBuffersGrown));
  EXPECT_GT(count(LoopCounter::kBuffersGrown), 0u);
}

// A message larger than any allowed buffer costs the connection, and never a spin.
TEST_F(ReceiveLoopTest, MessageBeyondTheLargestBufferReconnects) {
  options_.context.reset();
  options_.buffer_size = options_.buffer_size_max = 1200;
  start();
  deliver(ByteVector(2000));
  EXPECT_EQ(count(LoopCounter::kConnectionsLost), 1u);
  EXPECT_LE(port_.posts(), 8u);
  host_.advance(kTicksPerSecond);
  EXPECT_TRUE(loop_->connected());
}

// GET-10: somebody else's cancel does not end the loop.
TEST_F(ReceiveLoopTest, UnaskedAbortIsPostedAgain) {
  start();
  port_.fail_one_receive(kHresultAborted);
  host_.settle();
  EXPECT_EQ(port_.outstanding(), 3u);
  EXPECT_EQ(count(LoopCounter::kReceivesAborted), 1u);
  EXPECT_EQ(count(LoopCounter::kConnectionsLost), 0u);
}

TEST_F(ReceiveLoopTest, AbortsWithoutEndReconnectInsteadOfSpinning) {
  start();
  for (int i = 0; i < 200 && port_.connected(); ++i) {
    port_.fail_one_receive(kHresultAborted);
    host_.settle();
  }
  EXPECT_EQ(count(LoopCounter::kReceivesAborted), 64u);
  EXPECT_EQ(count(LoopCounter::kConnectionsLost), 1u);
}

class ReceiveFailureTest : public ReceiveLoopTest, public testing::WithParamInterface<uint32_t> {};

// GET-9, BAD-6, BAD-9: a dead port, or a code that is in no table, leads to one new connection after a pause.
TEST_P(ReceiveFailureTest, ReconnectsAfterAPauseAndServesOn) {
  start();
  port_.fail_one_receive(GetParam());
  host_.settle();
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kConnectionLost, GetParam())));
  EXPECT_THAT(port_.connect_times(), SizeIs(1));
  host_.advance(kTicksPerSecond);
  EXPECT_THAT(port_.connect_times(), SizeIs(2));
  deliver(file_event(u"C:\\after.txt"));
  EXPECT_THAT(handlers_.events(), SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(EveryCode, ReceiveFailureTest,
                         testing::Values(kHresultInvalidHandle, kHresultNoAccess, 0x800704D3, 0x8007ABCD));

class PostFailureTest : public ReceiveLoopTest, public testing::WithParamInterface<uint32_t> {};

TEST_P(PostFailureTest, ReconnectsAfterAPause) {
  port_.script_posts({kHresultOk, GetParam()});
  start();
  EXPECT_FALSE(loop_->connected());
  EXPECT_THAT(handlers_.connections(), IsEmpty());
  EXPECT_THAT(port_.connect_times(), SizeIs(1));
  host_.advance(kTicksPerSecond);
  EXPECT_TRUE(loop_->connected());
}

INSTANTIATE_TEST_SUITE_P(EveryCode, PostFailureTest,
                         testing::Values(kHresultInvalidHandle, kHresultInvalidParameter, kHresultNoAccess,
                                         kHresultNoResources, 0x8007ABCD));

// BAD-9: ten seconds of a driver that accepts and hangs up cost a handful of connects.
TEST_F(ReceiveLoopTest, DriverThatHangsUpAtOnceIsNotHammered) {
  handlers_.when_connected = [this](DriverClient&) {
    port_.hang_up();
    return ConnectionUse::kKeep;
  };
  start();
  host_.advance(10 * kTicksPerSecond);
  EXPECT_LE(port_.connect_times().size(), 8u);
  EXPECT_GE(port_.connect_times().size(), 5u);
}

TEST_F(ReceiveLoopTest, ConnectionThatLastedStartsThePausesAnew) {
  port_.script_connects(std::vector<uint32_t>(6, kHresultFileNotFound));
  start();
  host_.advance(60 * kTicksPerSecond);
  ASSERT_TRUE(loop_->connected());
  port_.hang_up();
  host_.advance(100 * kTicksPerMillisecond);
  EXPECT_TRUE(loop_->connected());
}

TEST_F(ReceiveLoopTest, HandlerMayGiveTheConnectionUp) {
  int calls = 0;
  handlers_.when_connected = [&calls](DriverClient&) {
    return ++calls == 1 ? ConnectionUse::kReconnect : ConnectionUse::kKeep;
  };
  start();
  EXPECT_FALSE(port_.connected());
  host_.advance(kTicksPerSecond);
  EXPECT_THAT(handlers_.connections(), SizeIs(2));
}

TEST_F(ReceiveLoopTest, AttentionRunsOnTheConnectionsThread) {
  start();
  loop_->request_attention();
  host_.settle();
  EXPECT_EQ(handlers_.attentions(), 1u);
}

TEST_F(ReceiveLoopTest, AttentionAskedWhileDisconnectedIsNotLost) {
  port_.script_connects({kHresultFileNotFound});
  start();
  loop_->request_attention();
  host_.settle();
  EXPECT_EQ(handlers_.attentions(), 0u);
  host_.advance(kTicksPerSecond);
  EXPECT_EQ(handlers_.attentions(), 1u);
}

TEST_F(ReceiveLoopTest, HandlerThatWantsToTryAgainIsAskedAfterGrowingPausesOnTheSameConnection) {
  int calls = 0;
  handlers_.when_connected = [](DriverClient&) { return ConnectionUse::kTryAgain; };
  handlers_.when_attended = [&calls](DriverClient&) {
    return ++calls < 3 ? ConnectionUse::kTryAgain : ConnectionUse::kKeep;
  };
  start();
  host_.advance(100 * kTicksPerMillisecond);
  EXPECT_EQ(calls, 1);
  host_.advance(199 * kTicksPerMillisecond);
  EXPECT_EQ(calls, 1);
  host_.advance(kTicksPerMillisecond);
  EXPECT_EQ(calls, 2);
  host_.advance(60 * kTicksPerSecond);
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(handlers_.connections(), SizeIs(1));
}

// --- replies ---

TEST_F(ReceiveLoopTest, OwedReplyIsSentWithItsStatusAndPayload) {
  handlers_.during_message = [](ReplyToken* owed) {
    ASSERT_NE(owed, nullptr);
    EXPECT_EQ(owed->payload_max(), 4u);
    EXPECT_EQ(owed->reply(0, uint32_t{7}), ReplyTokenOutcome::kReplied);
  };
  start();
  const uint64_t id = deliver(file_event(u"C:\\a.txt"), 4);
  ASSERT_THAT(port_.replies(), SizeIs(1));
  EXPECT_EQ(port_.replies()[0].header.message_id, id);
  EXPECT_EQ(port_.replies()[0].header.status, 0);
  EXPECT_THAT(port_.replies()[0].payload, ElementsAre(7, 0, 0, 0));
}

// A message that wants no reply has no token.
TEST_F(ReceiveLoopTest, WithoutAReplyOwedThereIsNoToken) {
  handlers_.during_message = [](ReplyToken* owed) { EXPECT_EQ(owed, nullptr); };
  start();
  deliver(file_event(u"C:\\a.txt"));
  EXPECT_EQ(count(LoopCounter::kRepliesOwed), 0u);
}

TEST_F(ReceiveLoopTest, ForgottenReplyIsDeniedWithTheConfiguredStatus) {
  options_.deny_status = static_cast<int32_t>(0xC0000022);
  start();
  deliver(file_event(u"C:\\a.txt"), 4);
  ASSERT_THAT(port_.replies(), SizeIs(1));
  EXPECT_EQ(port_.replies()[0].header.status, static_cast<int32_t>(0xC0000022));
  EXPECT_THAT(port_.replies()[0].payload, IsEmpty());
  EXPECT_EQ(count(LoopCounter::kUnanswered), 1u);
}

TEST_F(ReceiveLoopTest, MalformedMessageThatWaitsForAReplyIsDenied) {
  start();
  deliver({1}, 4);
  ASSERT_THAT(port_.replies(), SizeIs(1));
  EXPECT_EQ(port_.replies()[0].header.status, kStatusUnsuccessful);
}

TEST_F(ReceiveLoopTest, SecondReplyIsRefusedAndCounted) {
  handlers_.during_message = [](ReplyToken* owed) {
    EXPECT_EQ(owed->reply(0), ReplyTokenOutcome::kReplied);
    EXPECT_EQ(owed->reply(0), ReplyTokenOutcome::kAlreadyReplied);
  };
  start();
  deliver(file_event(u"C:\\a.txt"), 0);
  EXPECT_THAT(port_.replies(), SizeIs(1));
  EXPECT_EQ(count(LoopCounter::kSecondReplies), 1u);
}

// WIRE-11: an oversized reply never reaches the port, and the sender still gets the default.
TEST_F(ReceiveLoopTest, OversizedReplyIsRefusedAndStillOwed) {
  handlers_.during_message = [](ReplyToken* owed) {
    EXPECT_EQ(owed->reply(0, uint64_t{1}), ReplyTokenOutcome::kOversized);
    EXPECT_TRUE(owed->owed());
  };
  start();
  deliver(file_event(u"C:\\a.txt"), 4);
  EXPECT_EQ(count(LoopCounter::kOversizedReplies), 1u);
  EXPECT_EQ(count(LoopCounter::kRepliesTooLong), 0u);
  EXPECT_THAT(port_.replies(), SizeIs(1));
}

// BAD-10, REPLY-3: a late reply is harmless, and the worker lives on.
TEST_F(ReceiveLoopTest, LateReplyIsCountedAndTheNextMessageIsServed) {
  uint64_t id = 0;
  handlers_.during_message = [this, &id](ReplyToken* owed) {
    if (owed == nullptr) return;
    port_.expire(++id);
    EXPECT_EQ(owed->reply(0), ReplyTokenOutcome::kNoWaiter);
  };
  start();
  deliver(file_event(u"C:\\a.txt"), 4);
  deliver(file_event(u"C:\\b.txt"));
  EXPECT_EQ(count(LoopCounter::kRepliesLate), 1u);
  EXPECT_THAT(handlers_.events(), SizeIs(2));
  EXPECT_EQ(count(LoopCounter::kConnectionsLost), 0u);
}

// WIRE-14: ids repeat from connection to connection, so a late reply must not hit a message of the next one.
TEST_F(ReceiveLoopTest, ReplyAfterHangUpDoesNotReachTheNextConnection) {
  handlers_.during_message = [this](ReplyToken* owed) {
    port_.hang_up();
    EXPECT_EQ(owed->reply(0), ReplyTokenOutcome::kDisconnected);
  };
  start();
  deliver(file_event(u"C:\\a.txt"), 4);
  host_.advance(kTicksPerSecond);
  EXPECT_TRUE(loop_->connected());
  EXPECT_THAT(port_.replies(), IsEmpty());
  EXPECT_EQ(count(LoopCounter::kRepliesDisconnected), 1u);
}

// --- load ---

TEST_F(ReceiveLoopTest, SaturationIsVisible) {
  options_.workers = 1;
  options_.receives = 1;
  handlers_.during_message = [this](ReplyToken*) {
    EXPECT_EQ(loop_->idle_receives(), 0u);
    EXPECT_EQ(loop_->busy_workers(), 1u);
  };
  start();
  deliver(file_event(u"C:\\a.txt"));
  EXPECT_EQ(count(LoopCounter::kReceivesExhausted), 1u);
  EXPECT_EQ(count(LoopCounter::kWorkersExhausted), 1u);
  EXPECT_EQ(loop_->busy_workers(), 0u);
}

// Nobody waits for its answer.
TEST_F(ReceiveLoopTest, SlowHandlerIsReported) {
  options_.slow_handler_after = kTicksPerSecond;
  handlers_.during_message = [this](ReplyToken*) {
    ParkingSpot spot;
    EXPECT_EQ(host_.park(spot, host_.now() + 3 * kTicksPerSecond), ParkOutcome::kTimedOut);
  };
  start();
  port_.deliver(file_event(u"C:\\a.txt"));
  host_.advance(4 * kTicksPerSecond);
  EXPECT_THAT(handlers_.troubles(), Contains(Pair(Trouble::kSlowHandler, 3000)));
}

// --- stopping ---

TEST_F(ReceiveLoopTest, StopCancelsOutstandingReceivesAndIsIdempotent) {
  start();
  loop_->stop();
  loop_->stop();
  EXPECT_EQ(port_.outstanding(), 0u);
  EXPECT_FALSE(port_.connected());
  EXPECT_EQ(count(LoopCounter::kConnectionsLost), 0u);
}

TEST_F(ReceiveLoopTest, StopFromAHandlerIsARequest) {
  handlers_.during_message = [this](ReplyToken*) { loop_->request_stop(); };
  start();
  deliver(file_event(u"C:\\a.txt"));
  EXPECT_FALSE(port_.connected());
}

TEST_F(ReceiveLoopTest, StopDuringThePauseDoesNotWaitForIt) {
  options_.backoff = {.first = 30 * kTicksPerSecond, .limit = 30 * kTicksPerSecond};
  port_.script_connects({kHresultFileNotFound});
  start();
  const Ticks before = host_.now();
  loop_->stop();
  EXPECT_EQ(host_.now(), before);
}

TEST_F(ReceiveLoopTest, StopBeforeStartIsHarmless) {
  loop_.emplace(host_, port_, handlers_, options_);
  loop_->stop();
}

// Whatever the interleaving: every message that left the driver is handled, every owed reply is attempted
// once.
class ReceiveLoopSeedTest : public ReceiveLoopTest, public testing::WithParamInterface<int> {
 protected:
  ReceiveLoopSeedTest() : ReceiveLoopTest(static_cast<uint64_t>(GetParam()) * 0x9E3779B97F4A7C15u + 1) {}
};

TEST_P(ReceiveLoopSeedTest, StopWhileMessagesFlowLosesNoneThatWasReceived) {
  start();
  // Few, so that a receive that is posted too late finds no message that would end it.
  const uint32_t messages = 1 + static_cast<uint32_t>(GetParam()) % 8;
  for (uint32_t i = 0; i < messages; ++i) port_.deliver(file_event(u"C:\\a.txt", i), i % 2 == 0 ? 4 : 0);
  loop_->stop();
  EXPECT_EQ(handlers_.events().size(), count(LoopCounter::kReceived));
  EXPECT_EQ(loop_->idle_receives(), 0u);
}

TEST_P(ReceiveLoopSeedTest, HangUpWhileMessagesFlowBalances) {
  start();
  for (int round = 0; round < 4; ++round) {
    for (uint32_t i = 0; i < 5; ++i) port_.deliver(file_event(u"C:\\a.txt", i), 4);
    port_.hang_up();
    host_.advance(40 * kTicksPerSecond);
    ASSERT_TRUE(loop_->connected());
    EXPECT_EQ(port_.outstanding(), 3u);
  }
  EXPECT_EQ(count(LoopCounter::kConnected), 5u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReceiveLoopSeedTest, testing::Range(0, 50));

}  // namespace
}  // namespace fltlink
