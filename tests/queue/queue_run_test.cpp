// Runs: several messages peeked at as they lie, and released together. One suite for both queues.
#include <gtest/gtest.h>
#include <fltlink/codec/record.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "queue/queue_fixture.hpp"

namespace fltlink {
namespace {

using Texts = std::vector<std::string>;

template <typename Q>
class QueueRunTest : public QueueFixture<Q> {
 protected:
  // The messages of the next run as a receiver of its bytes reads them.
  Texts read_run(const RunLimits& limits = {}) {
    if (this->queue.try_peek_run(run, limits) != PeekOutcome::kMessage) return {};
    EXPECT_EQ(run.bytes.size() % 8, 0u);
    Texts messages;
    RecordReader reader(run.bytes);
    while (!reader.at_end()) {
      const auto record = reader.next();
      if (!record.ok()) {
        ADD_FAILURE() << "no record at byte " << run.bytes.size() - reader.rest().size();
        break;
      }
      if (record->skip) continue;
      EXPECT_EQ(record->message_class, static_cast<std::uint8_t>(run.message_class));
      messages.push_back(text_of(record->message));
    }
    EXPECT_EQ(messages.size(), run.messages);
    return messages;
  }
  RunView run;
};
TYPED_TEST_SUITE(QueueRunTest, BothQueues);

TYPED_TEST(QueueRunTest, RunHoldsEveryCommittedMessageAndIsReleasedWhole) {
  for (const char* text : {"one", "two", "three"}) ASSERT_EQ(this->push(text), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run(), (Texts{"one", "two", "three"}));
  EXPECT_EQ(this->telemetry().pending, 3u);
  this->queue.release();
  EXPECT_EQ(this->telemetry().delivered, 3u);
  EXPECT_EQ(this->peek(), "<empty>");
}

TYPED_TEST(QueueRunTest, RunThatIsDiscardedCountsEachOfItsMessages) {
  for (const char* text : {"one", "two", "three"}) ASSERT_EQ(this->push(text), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run().size(), 3u);
  this->queue.discard();
  EXPECT_EQ(this->telemetry().discarded, 3u);
  EXPECT_EQ(this->telemetry().pending, 0u);
}

TYPED_TEST(QueueRunTest, MessageThatComesBehindARunIsNotReleasedWithIt) {
  ASSERT_EQ(this->push("seen"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run(), Texts{"seen"});
  ASSERT_EQ(this->push("later"), EnqueueOutcome::kAccepted);
  this->queue.release();
  EXPECT_EQ(this->take(), "later");
}

TYPED_TEST(QueueRunTest, RunIsOfOneClassAndCriticalFirst) {
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push_critical("notice"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run(), Texts{"notice"});
  this->queue.release();
  EXPECT_EQ(this->read_run(), Texts{"event"});
}

// A message of 8 bytes takes a granule of 64 each: 16 + 8 bytes and a SKIP record of 40.
TYPED_TEST(QueueRunTest, RunEndsBeforeTheMessageThatWouldMakeItTooLarge) {
  for (const char* text : {"8 bytes.", "also 8..", "third..."})
    ASSERT_EQ(this->push(text), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run({.size_max = 64 + 24}), (Texts{"8 bytes.", "also 8.."}));
  EXPECT_TRUE(this->run.complete);
  EXPECT_EQ(this->run.bytes.size(), 64u + 24u);
  EXPECT_EQ(this->read_run({.size_max = 64 + 23}), (Texts{"8 bytes."}));
  EXPECT_EQ(this->read_run({.messages_max = 2}).size(), 2u);
  EXPECT_TRUE(this->run.complete);
  EXPECT_EQ(this->read_run({.messages_max = 3}).size(), 3u);
}

TYPED_TEST(QueueRunTest, FirstMessageIsInTheRunWhateverItsSize) {
  ASSERT_EQ(this->push(std::string(200, 'x')), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push("behind"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run({.size_max = 8}).size(), 1u);
  this->queue.release();
  EXPECT_EQ(this->take(), "behind");
}

TYPED_TEST(QueueRunTest, AbandonedReservationsInARunAreSteppedOverAndCounted) {
  ASSERT_EQ(this->push("first"), EnqueueOutcome::kAccepted);
  Reservation given_up = this->reserve("never seen");
  ASSERT_EQ(this->push("second"), EnqueueOutcome::kAccepted);
  this->queue.abandon(given_up);
  EXPECT_EQ(this->read_run(), (Texts{"first", "second"}));
  this->queue.release();
  EXPECT_EQ(this->telemetry().delivered, 2u);
  EXPECT_EQ(this->telemetry().abandoned, 1u);
}

TYPED_TEST(QueueRunTest, RunEndsBeforeAReservationThatIsNotCommitted) {
  ASSERT_EQ(this->push("first"), EnqueueOutcome::kAccepted);
  Reservation slow = this->reserve("slow");
  ASSERT_EQ(this->push("behind"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run(), Texts{"first"});
  EXPECT_FALSE(this->run.complete) << "the slow one may still join";
  this->queue.commit(slow);
  EXPECT_EQ(this->read_run(), (Texts{"first", "slow", "behind"}));
}

// Bytes lie behind each other up to the end of the lane's memory.
TYPED_TEST(QueueRunTest, RunEndsWhereTheLaneWraps) {
  this->open(kSmallInBytes);
  ASSERT_EQ(this->push(payload_of_granules(7, 'a')), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push(payload_of_granules(6, 'b')), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->take(), payload_of_granules(7, 'a'));
  ASSERT_EQ(this->push(payload_of_granules(7, 'c')), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run().size(), 1u);
  EXPECT_TRUE(this->run.complete);
  EXPECT_EQ(this->run.bytes.size(), 6u * 64) << "without the gap";
  this->queue.release();
  EXPECT_EQ(this->read_run().size(), 1u);
  this->queue.release();
  EXPECT_EQ(this->telemetry().delivered, 3u);
}

TYPED_TEST(QueueRunTest, RunThatTheConsumerHoldsSurvivesADiscardingClose) {
  ASSERT_EQ(this->push("held"), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push("held too"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->read_run().size(), 2u);
  this->queue.close(CloseMode::kDiscard);
  this->queue.release();
  EXPECT_EQ(this->telemetry().delivered, 2u);
  EXPECT_EQ(this->peek(), "<closed>");
}

// ---- waiting

TYPED_TEST(QueueRunTest, PeekRunWaitsForTheFirstMessage) {
  this->host.while_parked = [&] { ASSERT_EQ(this->push("first"), EnqueueOutcome::kAccepted); };
  EXPECT_EQ(this->queue.peek_run(this->run, {}, kForever), PeekOutcome::kMessage);
  EXPECT_EQ(this->run.messages, 1u);
  this->queue.close(CloseMode::kDrain);
  this->queue.release();
  EXPECT_EQ(this->queue.peek_run(this->run, {}, kForever), PeekOutcome::kClosed);
}

TYPED_TEST(QueueRunTest, RunThatStaysIncompleteIsWaitedForUntilTheDeadline) {
  ASSERT_EQ(this->push("alone"), EnqueueOutcome::kAccepted);
  this->queue.await_complete_run({}, this->host.time + 50);
  EXPECT_EQ(this->host.time, 1050u);
  EXPECT_EQ(this->read_run().size(), 1u);
}

TYPED_TEST(QueueRunTest, RunThatTakesHalfOfTheMessagesIsWaitedForNoLonger) {
  ASSERT_EQ(this->push("first"), EnqueueOutcome::kAccepted);
  this->host.while_parked = [&] { ASSERT_EQ(this->push("second of four"), EnqueueOutcome::kAccepted); };
  this->queue.await_complete_run({}, this->host.time + 50);
  EXPECT_EQ(this->host.parks, 1);
  EXPECT_EQ(this->host.time, 1000u);
}

TYPED_TEST(QueueRunTest, RunThatTakesHalfOfTheBytesIsWaitedForNoLonger) {
  this->open(kSmallInBytes);
  ASSERT_EQ(this->push("first"), EnqueueOutcome::kAccepted);
  this->host.while_parked = [&] { ASSERT_EQ(this->push(payload_of_granules(7)), EnqueueOutcome::kAccepted); };
  this->queue.await_complete_run({}, this->host.time + 50);
  EXPECT_EQ(this->host.parks, 1);
  EXPECT_EQ(this->host.time, 1000u);
}

TYPED_TEST(QueueRunTest, RunThatReachesItsLimitIsWaitedForNoLonger) {
  this->open(kSmallInBytes);
  ASSERT_EQ(this->push("first"), EnqueueOutcome::kAccepted);
  this->host.while_parked = [&] {
    for (const char* text : {"second", "third"}) ASSERT_EQ(this->push(text), EnqueueOutcome::kAccepted);
  };
  this->queue.await_complete_run({.messages_max = 3}, this->host.time + 50);
  EXPECT_EQ(this->host.parks, 1);
  EXPECT_EQ(this->host.time, 1000u);
}

// What only joins a run wakes nobody before the run is large enough.
TYPED_TEST(QueueRunTest, WaitForMoreIsNotWokenForEachMessage) {
  this->open(kSmallInBytes);
  ASSERT_EQ(this->push("first"), EnqueueOutcome::kAccepted);
  this->host.while_parked = [&] {
    for (int more = 0; more < 6; ++more) ASSERT_EQ(this->push("more"), EnqueueOutcome::kAccepted);
    EXPECT_EQ(this->host.wakes, 0);
    ASSERT_EQ(this->push("half of all"), EnqueueOutcome::kAccepted);
    EXPECT_EQ(this->host.wakes, 1);
  };
  this->queue.await_complete_run({}, this->host.time + 50);
  EXPECT_EQ(this->host.time, 1000u);
  EXPECT_EQ(this->read_run().size(), 8u);
}

// The front is not committed: nothing is complete, however much there is, and others wake the consumer again and again.
TYPED_TEST(QueueRunTest, WaitForMoreEndsAtItsDeadlineWhateverWakesTheConsumer) {
  this->open(kSmallInBytes);
  ASSERT_EQ(this->push("first"), EnqueueOutcome::kAccepted);
  Reservation slow = this->reserve("slow");
  this->host.while_parked = [&] {
    this->host.time += 20;
    ASSERT_EQ(this->push(payload_of_granules(4)), EnqueueOutcome::kAccepted);
  };
  this->queue.await_complete_run({}, this->host.time + 50);
  EXPECT_LE(this->host.time, 1060u);
  this->queue.commit(slow);
}

//
TYPED_TEST(QueueRunTest, CriticalMessageEndsTheWaitForMoreTelemetry) {
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  this->host.while_parked = [&] { ASSERT_EQ(this->push_critical("notice"), EnqueueOutcome::kAccepted); };
  this->queue.await_complete_run({}, this->host.time + 50);
  EXPECT_EQ(this->host.time, 1000u);
  EXPECT_EQ(this->read_run(), Texts{"notice"});
}

TYPED_TEST(QueueRunTest, CloseEndsTheWaitForMoreTelemetry) {
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  this->host.while_parked = [&] { this->queue.close(CloseMode::kDrain); };
  this->queue.await_complete_run({}, this->host.time + 50);
  EXPECT_EQ(this->host.time, 1000u);
  EXPECT_EQ(this->read_run().size(), 1u);
}

}  // namespace
}  // namespace fltlink
