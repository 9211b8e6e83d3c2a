// Batches from the callback to the handler: who gets them, what is in them, when they are sent, and what becomes
// of each message of one.
#include "driver/batch_machine.hpp"
#include "driver/key_client.hpp"

namespace drmfilter::test {
namespace {

using namespace std::chrono_literals;

constexpr HRESULT kBufferTooSmall = hr(0x8007007A);

MESSAGE_TYPE type_of(const Buffer& message) {
  return fltlink::decode_driver_message(message, FLTLINK_VERSION_1_2)->type;
}

TEST(BatchTest, TermsAreGrantedAsAsked) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(2'000));
  EXPECT_EQ(drm.terms().version, FLTLINK_VERSION_1_2);
  EXPECT_EQ(drm.terms().batch_size_max, kBatch);
  EXPECT_EQ(drm.terms().batch_delay_us, 2'000u);
}

TEST(BatchTest, ABatchThatHoldsNoMessageAndAVersionThatHasNoneAreRefused) {
  Batches m;
  Receiver client(m.service_process());
  EXPECT_EQ(client.connect(Batches::context({.batch_size_max = 1'000})), hr(0x80070057));
  Buffer of_1_1 = Batches::context({.batch_size_max = kBatch});
  of_1_1[12] = 1;
  EXPECT_EQ(client.connect(of_1_1), hr(0x80070057));
}

// The worker is in the send of the first message while the others come.
TEST(BatchTest, WhatWaitsInTheRingGoesWithOneSend) {
  Batches m;
  Receiver receiver = m.taking_batches();
  m.violate();
  const size_t first = messages_of(receiver.receive()).size();
  for (int round = 0; round < 5; ++round) m.violate();
  const uint64_t produced = m.books().block_notices.produced;
  EXPECT_EQ(m.books().block_notices.pending, produced - first);
  const uint64_t before = m.delivered_sends();
  size_t received = messages_of(receiver.receive()).size();
  received += messages_of(receiver.receive()).size();
  EXPECT_EQ(received, produced - first);
  EXPECT_EQ(m.delivered_sends() - before, 2u) << "the one that the worker was in, and one for all the others";
  EXPECT_EQ(m.books().block_notices.delivered, produced);
  EXPECT_EQ(m.books().block_notices.pending, 0u);
}

// Nothing of the agreement changes what the others get: the same event, byte for byte.
TEST(BatchTest, ClientsWithoutBatchesGetEachMessageByItself) {
  Batches m;
  std::vector<Receiver> plain;
  plain.push_back(m.connected({}));
  for (const uint32_t newest : {FLTLINK_VERSION_1_0, FLTLINK_VERSION_1_1, FLTLINK_VERSION_1_2})
    plain.push_back(m.connected(Batches::context({.version_max = newest})));
  Receiver batched = m.taking_batches();
  m.violate();
  m.violate();
  std::vector<Buffer> expected = messages_of(batched.receive());
  for (const Buffer& message : messages_of(batched.receive())) expected.push_back(message);
  ASSERT_THAT(expected, SizeIs(2));
  for (Receiver& receiver : plain) {
    for (const Buffer& message : expected) EXPECT_EQ(receiver.receive().message, message);
  }
}

TEST(BatchTest, ALoneMessageIsARunOfOne) {
  Batches m;
  Receiver receiver = m.taking_batches();
  m.violate();
  const auto received = receiver.receive();
  const auto messages = messages_of(received);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(received.message.size(), fltlink::record_size_for(static_cast<uint32_t>(messages[0].size())));
}

// 4096 bytes hold seven plain records.
TEST(BatchTest, NoBatchIsLargerThanAgreed) {
  Batches m;
  Receiver receiver = m.taking_batches(0, 4096);
  m.events(20);
  const uint64_t produced = m.books().file_events.produced;
  EXPECT_GE(produced, 20u);
  EXPECT_THAT(messages_of(receiver.receive()), SizeIs(1));
  for (uint64_t left = produced - 1; left > 0;) {
    const auto received = receiver.receive();
    EXPECT_LE(received.message.size(), 4096u);
    const size_t messages = messages_of(received).size();
    EXPECT_EQ(messages, left < 7 ? left : 7);
    left -= messages;
  }
  EXPECT_EQ(m.books().file_events.delivered, produced);
}

//
TEST(BatchTest, CriticalMessagesAreABatchOfTheirOwnAndGoFirst) {
  Batches m;
  Receiver receiver = m.taking_batches();
  m.events(3);
  m.violate();
  m.violate();
  EXPECT_THAT(messages_of(receiver.receive()), SizeIs(1)) << "the worker was in its send already";
  const auto notices = messages_of(receiver.receive());
  EXPECT_THAT(notices, SizeIs(2));
  for (const Buffer& notice : notices) EXPECT_EQ(type_of(notice), MESSAGE_TYPE{MSG_TYPE_BLOCK_NOTIFICATION});
  const auto events = messages_of(receiver.receive());
  EXPECT_GE(events.size(), 2u);
  for (const Buffer& event : events) EXPECT_EQ(type_of(event), MESSAGE_TYPE{MSG_TYPE_FILE_EVENT});
}

// ---- delay

constexpr uint32_t kDelayUs = 50'000;

TEST(BatchTest, ALoneEventWaitsForTheAgreedDelayAndNoLonger) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(kDelayUs));
  m.control->configure(true, true);
  const auto opened = m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE});
  m.control->configure(false, true);
  EXPECT_GT(m.books().file_events.produced, 0u);
  EXPECT_EQ(m.machine.advance(49ms), Outcome::kDone);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kReceived], 0u);
  EXPECT_EQ(m.machine.advance(2ms), Outcome::kDone);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kReceived], m.books().file_events.produced);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kBatches], 1u);
  m.word.close(opened.handle);
}

TEST(BatchTest, WithoutADelayALoneEventIsSentAtOnce) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches());
  m.control->configure(true, true);
  static_cast<void>(m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE}));
  m.control->configure(false, true);
  EXPECT_THAT(drm.events(), Not(IsEmpty()));
}

//
TEST(BatchTest, ANoticeIsNotDelayedAndEndsTheDelayOfEvents) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(kDelayUs));
  m.violate();
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kBlockNotices], 1u);
  m.control->configure(true, true);
  const auto opened = m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE});
  m.control->configure(false, true);
  const uint64_t events = m.books().file_events.pending;
  EXPECT_GT(events, 0u);
  m.violate();
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kBlockNotices], 2u);
  EXPECT_EQ(m.machine.advance(51ms), Outcome::kDone);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kFileEvents], events);
  m.word.close(opened.handle);
}

// The delay is the event's, however many notices go before it.
TEST(BatchTest, NoticesThatKeepComingDoNotDelayEventsFurther) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(kDelayUs));
  m.control->configure(true, true);
  static_cast<void>(m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE}));
  m.control->configure(false, true);
  EXPECT_GT(m.books().file_events.pending, 0u);
  for (int notice = 0; notice < 3; ++notice) {
    EXPECT_EQ(m.machine.advance(20ms), Outcome::kDone);
    m.violate();
  }
  EXPECT_EQ(m.books().file_events.pending, 0u);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kFileEvents], m.books().file_events.produced);
}

// Half of the room is enough: the other half is for what comes while the batch is sent.
TEST(BatchTest, ADelayDoesNotFillTheRing) {
  Batches m;
  LoopOptions options = Batches::service_of_batches(kDelayUs);
  options.context->queue_messages_max = 16;
  RecordingService drm(m.machine, m.service_process(), options);
  m.events(40);
  EXPECT_EQ(m.machine.advance(51ms), Outcome::kDone);
  EXPECT_EQ(dropped(m.books().file_events, DropReason::kQueueFull), 0u);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kFileEvents], m.books().file_events.produced);
}

TEST(BatchTest, AnUnloadDoesNotWaitForTheDelay) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(kDelayUs));
  m.control->configure(true, true);
  static_cast<void>(m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE}));
  EXPECT_GT(m.books().file_events.pending, 0u);
  EXPECT_EQ(m.driver->unload(), STATUS_SUCCESS);
  EXPECT_TRUE(m.machine.verifier().clean());
}

// ---- what becomes of a batch that is not taken

TEST(BatchTest, ADisconnectCountsEachMessageOfTheBatch) {
  Batches m;
  Receiver receiver = m.taking_batches();
  for (int round = 0; round < 4; ++round) m.violate();
  const uint64_t produced = m.books().block_notices.produced;
  const size_t taken = messages_of(receiver.receive()).size();
  ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  receiver.disconnect();
  EXPECT_EQ(dropped(m.books().block_notices, DropReason::kDisconnected), produced - taken);
  EXPECT_TRUE(m.books().block_notices.balanced());
}

// a receive that is too small takes nothing out, and the larger one gets the whole batch.
TEST(BatchTest, AReceiveThatIsTooSmallLeavesTheBatch) {
  Batches m;
  Receiver receiver = m.taking_batches();
  for (int round = 0; round < 4; ++round) m.violate();
  EXPECT_THAT(messages_of(receiver.receive()), SizeIs(1));
  ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(receiver.receive(800).result, kBufferTooSmall);
  EXPECT_THAT(messages_of(receiver.receive()), SizeIs(3));
  EXPECT_EQ(m.books().block_notices.delivered, 4u);
}

// It has agreed to batches and has no room for one: it is served after the time of one attempt, message by message.
TEST(BatchTest, AClientWithRoomForOneMessageOnlyLosesNothing) {
  Batches m;
  Receiver receiver = m.taking_batches();
  for (int round = 0; round < 5; ++round) m.violate();
  EXPECT_THAT(messages_of(receiver.receive(800)), SizeIs(1));
  ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(receiver.receive(800).result, kBufferTooSmall);
  EXPECT_EQ(m.machine.advance(1001ms), Outcome::kDone);
  for (int message = 1; message < 5; ++message) {
    EXPECT_THAT(messages_of(receiver.receive(800)), SizeIs(1)) << message;
    ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  }
  EXPECT_EQ(m.books().block_notices.delivered, 5u);
  EXPECT_EQ(m.books().block_notices.pending, 0u);
}

// a client that never receives.
TEST(BatchTest, MessagesThatNobodyTakesAreGivenUpOneByOne) {
  Batches m;
  Receiver receiver = m.taking_batches();
  for (int round = 0; round < 3; ++round) m.violate();
  EXPECT_EQ(m.machine.advance(3001ms), Outcome::kDone);
  EXPECT_EQ(dropped(m.books().block_notices, DropReason::kTimedOut), 1u) << "three attempts of a second";
  EXPECT_EQ(m.machine.advance(4001ms), Outcome::kDone);
  EXPECT_EQ(dropped(m.books().block_notices, DropReason::kTimedOut), 2u) << "one more for the batch";
  EXPECT_EQ(m.machine.advance(3001ms), Outcome::kDone);
  EXPECT_EQ(dropped(m.books().block_notices, DropReason::kTimedOut), 3u);
  EXPECT_TRUE(m.books().block_notices.balanced());
  receiver.disconnect();
}

// ---- both ends

TEST(BatchTest, ProgramsAtWorkLoseNothingWhateverTheSchedule) {
  for (uint64_t seed = 1; seed <= 9; ++seed) {
    SCOPED_TRACE(seed);
    fltsim::Options options;
    options.seed = seed;
    Batches(options).expect_nothing_lost(seed % 3 == 0 ? 300 : 0);
  }
}

// The proof covers the terms of a batch.
TEST(BatchTest, AClientThatProvesWhoItIsGetsBatches) {
  class Keys : public KeyMachine {
   public:
    void TestBody() override {
      load_with_key(fltlink::test::test_key());
      const ConnectContext asked{.batch_size_max = kBatch};
      KeyClient client = authenticated(asked);
      KeyClient liar = connected(asked);
      liar.binding().context.batch_size_max = 0;
      EXPECT_EQ(liar.authenticate(), kAccessDenied);
    }
  } keys;
  keys.TestBody();
}

}  // namespace
}  // namespace drmfilter::test
