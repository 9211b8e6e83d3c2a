// Batches at the service's end: each message of a run reaches its handler, and what is damaged reaches none.
#include <fltlink/codec/record.hpp>

#include <random>

#include "service/receive_loop_fixture.hpp"

namespace fltlink {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr size_t kRecordSize = record_size_for(FLTLINK_DRIVER_MESSAGE_SIZE);

ByteVector batch_of(const std::vector<ByteVector>& messages) {
  ByteVector batch;
  for (const ByteVector& message : messages) {
    const size_t start = batch.size();
    batch.resize(start + record_size_for(static_cast<uint32_t>(message.size())));
    EXPECT_TRUE(encode_record({.message = message}, MutableBytes(batch).subspan(start)).ok());
  }
  return batch;
}

class ReceiveLoopBatchTest : public ReceiveLoopTest {
 protected:
  static constexpr uint32_t kBatchSize = 128 * 1024;

  ReceiveLoopBatchTest() {
    port_.on_request = negotiating_driver({.version = FLTLINK_VERSION_1_2, .batch_size_max = kBatchSize});
    options_.context->batch_size_max = kBatchSize;
    options_.buffer_size_max = FLTLINK_MESSAGE_HEADER_SIZE + kBatchSize;
  }

  static RecordingHandlers::Seen seen(std::u16string path, std::u16string reason = u"") {
    return {std::move(path), std::move(reason)};
  }
  // Three events, of which the test damages something.
  static ByteVector three() {
    return batch_of({file_event(u"C:\\1"), file_event(u"C:\\2"), file_event(u"C:\\3")});
  }
};

//
TEST_F(ReceiveLoopBatchTest, EachMessageOfABatchReachesItsHandlerInOrder) {
  start();
  deliver(batch_of({file_event(u"C:\\1"), block_notice(u"C:\\2", u"no"), file_event(u"C:\\3")}));
  EXPECT_THAT(handlers_.events(), ElementsAre(seen(u"C:\\1"), seen(u"C:\\3")));
  EXPECT_THAT(handlers_.blocks(), ElementsAre(seen(u"C:\\2", u"no")));
  EXPECT_EQ(count(LoopCounter::kBatches), 1u);
  EXPECT_EQ(count(LoopCounter::kReceived), 3u);
}

TEST_F(ReceiveLoopBatchTest, FillerBetweenMessagesIsSteppedOver) {
  ByteVector batch = batch_of({file_event(u"C:\\1")});
  const ByteVector given_up = file_event(u"C:\\never");
  for (const Record& filler :
       {Record{.skip = true, .message = {}}, Record{.skip = true, .message = given_up}}) {
    ByteVector record(FLTLINK_RECORD_HEADER_SIZE + filler.message.size());
    ASSERT_TRUE(encode_record(filler, record).ok());
    batch.insert(batch.end(), record.begin(), record.end());
  }
  const ByteVector last = batch_of({file_event(u"C:\\2")});
  batch.insert(batch.end(), last.begin(), last.end());
  start();
  deliver(batch);
  EXPECT_THAT(handlers_.events(), ElementsAre(seen(u"C:\\1"), seen(u"C:\\2")));
  EXPECT_EQ(count(LoopCounter::kMalformed), 0u);
}

TEST_F(ReceiveLoopBatchTest, MessageThatOwesAReplyIsNoBatch) {
  handlers_.during_message = [](ReplyToken* owed) { EXPECT_NE(owed, nullptr); };
  start();
  deliver(file_event(u"C:\\asked"), 4);
  EXPECT_THAT(handlers_.events(), ElementsAre(seen(u"C:\\asked")));
  EXPECT_EQ(count(LoopCounter::kBatches), 0u);
}

// The version rule: without the term a run is no message, and a message is no run.
TEST_F(ReceiveLoopBatchTest, WithoutAgreedBatchesEachMessageComesByItself) {
  port_.on_request = negotiating_driver({.version = FLTLINK_VERSION_1_2});
  start();
  deliver(batch_of({file_event(u"C:\\1")}));
  deliver(file_event(u"C:\\2"));
  EXPECT_EQ(count(LoopCounter::kUnknownTypes), 1u);
  EXPECT_THAT(handlers_.events(), ElementsAre(seen(u"C:\\2")));
}

TEST_F(ReceiveLoopBatchTest, WhatIsAskedForIsInTheContextAndReceivesHaveRoomForIt) {
  start();
  EXPECT_EQ(decode_connect_context(port_.contexts().at(0))->batch_size_max, kBatchSize);
  deliver(batch_of(std::vector<ByteVector>(kBatchSize / kRecordSize, file_event(u"C:\\a"))));
  EXPECT_THAT(handlers_.events(), SizeIs(227));
  EXPECT_EQ(count(LoopCounter::kReceivesTooSmall), 0u);
}

// --- damage ---

TEST_F(ReceiveLoopBatchTest, DamagedRecordEndsTheBatchAndWhatCameBeforeStands) {
  start();
  ByteVector batch = three();
  batch[kRecordSize + 6] = 0x80;
  deliver(batch);
  EXPECT_THAT(handlers_.events(), ElementsAre(seen(u"C:\\1")));
  EXPECT_EQ(loop_->counters().malformed(DecodeError::kUnknownFlags), 1u);
  EXPECT_EQ(count(LoopCounter::kReceived), 2u);
  deliver(three());
  EXPECT_THAT(handlers_.events(), SizeIs(4)) << "the next one is read";
}

TEST_F(ReceiveLoopBatchTest, MalformedMessageIsRefusedAndThoseBehindItAreHandled) {
  start();
  ByteVector batch = three();
  batch[kRecordSize + FLTLINK_RECORD_HEADER_SIZE] = 77;
  deliver(batch);
  EXPECT_THAT(handlers_.events(), ElementsAre(seen(u"C:\\1"), seen(u"C:\\3")));
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kUnknownType, 77)));
  batch = batch_of({ByteVector(3), file_event(u"C:\\4")});
  deliver(batch);
  EXPECT_EQ(loop_->counters().malformed(DecodeError::kTruncated), 1u);
  EXPECT_THAT(handlers_.events(), SizeIs(3));
}

TEST_F(ReceiveLoopBatchTest, BatchThatIsCutShortKeepsItsWholeMessages) {
  start();
  ByteVector batch = three();
  batch.resize(2 * kRecordSize + 100);
  deliver(batch);
  EXPECT_THAT(handlers_.events(), SizeIs(2));
  EXPECT_EQ(loop_->counters().malformed(DecodeError::kTruncated), 1u);
}

TEST_F(ReceiveLoopBatchTest, BatchOfNoBytesIsRefused) {
  start();
  deliver({});
  EXPECT_EQ(loop_->counters().malformed(DecodeError::kTruncated), 1u);
  EXPECT_EQ(count(LoopCounter::kReceived), 1u);
}

// What must be answered owes a reply, and what owes a reply is in no batch.
TEST_F(ReceiveLoopBatchTest, QuestionInABatchGetsNoHandler) {
  start();
  deliver(batch_of({question(u"C:\\a"), file_event(u"C:\\b")}));
  EXPECT_THAT(handlers_.questions(), IsEmpty());
  EXPECT_EQ(count(LoopCounter::kNoRoomForVerdict), 1u);
  EXPECT_THAT(handlers_.events(), SizeIs(1));
}

// Total on any bytes: the identities of the counters are asked when the loop has ended.
TEST_F(ReceiveLoopBatchTest, DamagedBatchesAreCountedToTheLastMessage) {
  start();
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    ByteVector batch = three();
    for (int damage = 0; damage < 3; ++damage) {
      const size_t record = random() % 3 * kRecordSize;
      batch[record + random() % 32] = static_cast<uint8_t>(random());
    }
    if (random() % 4 == 0) batch.resize(random() % batch.size());
    deliver(batch);
  }
  EXPECT_EQ(count(LoopCounter::kBatches), 300u);
  EXPECT_GT(count(LoopCounter::kMalformed), 50u);
  EXPECT_GT(count(LoopCounter::kFileEvents), 300u);
}

// --- time ---

// Each handler is timed by itself: what is behind a slow one in the batch is not slow.
TEST_F(ReceiveLoopBatchTest, SlowHandlerInABatchIsReportedAlone) {
  int messages = 0;
  handlers_.during_message = [&](ReplyToken*) {
    if (++messages != 2) return;
    ParkingSpot spot;
    EXPECT_EQ(host_.park(spot, host_.now() + 3 * kTicksPerSecond), ParkOutcome::kTimedOut);
  };
  start();
  deliver(three());
  host_.advance(4 * kTicksPerSecond);
  EXPECT_THAT(handlers_.events(), SizeIs(3));
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kSlowHandler, 3000)));
}

}  // namespace
}  // namespace fltlink
