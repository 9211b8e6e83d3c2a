// How a consumer waits, for both queues: what it asks of the host, and when a producer calls the host.
#include <gtest/gtest.h>

#include <string>

#include "queue/queue_fixture.hpp"

namespace fltlink {
namespace {

template <typename Q>
class QueueWaitTest : public QueueFixture<Q> {
 protected:
  std::string wait(Ticks deadline = kForever) {
    MessageView view;
    switch (this->queue.peek(view, deadline)) {
      case PeekOutcome::kMessage:
        return text_of(view.message);
      case PeekOutcome::kEmpty:
        return "<empty>";
      case PeekOutcome::kClosed:
        return "<closed>";
    }
    return "<?>";
  }
};
TYPED_TEST_SUITE(QueueWaitTest, BothQueues);

TYPED_TEST(QueueWaitTest, MessageThatIsThereIsReturnedWithoutTheHost) {
  ASSERT_EQ(this->push("there"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->wait(), "there");
  EXPECT_EQ(this->host.parks + this->host.wakes + this->host.pauses, 0);
}

TYPED_TEST(QueueWaitTest, ProducerDoesNotCallTheHostWhileTheConsumerIsAwake) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(this->push("x"), EnqueueOutcome::kAccepted);
  this->queue.close(CloseMode::kDrain);
  EXPECT_EQ(this->host.wakes, 0);
}

TYPED_TEST(QueueWaitTest, ConsumerOfAnEmptyQueueParksAndIsWokenByTheFirstMessageOnly) {
  this->host.while_parked = [&] {
    EXPECT_EQ(this->push("first"), EnqueueOutcome::kAccepted);
    EXPECT_EQ(this->push("second"), EnqueueOutcome::kAccepted);
    EXPECT_EQ(this->push_critical("third"), EnqueueOutcome::kAccepted);
  };
  EXPECT_EQ(this->wait(), "third");
  EXPECT_EQ(this->host.parks, 1);
  EXPECT_EQ(this->host.wakes, 1);
}

TYPED_TEST(QueueWaitTest, DeadlineThatPassesReturnsEmpty) {
  EXPECT_EQ(this->wait(this->host.time + 50), "<empty>");
  EXPECT_EQ(this->host.time, 1050u);
  ASSERT_EQ(this->push("later"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->host.wakes, 0) << "nobody is parked any more";
  EXPECT_EQ(this->wait(), "later");
}

TYPED_TEST(QueueWaitTest, ConsumerBehindAReservationParksUntilItIsCommitted) {
  Reservation slow = this->reserve("slow");
  ASSERT_EQ(this->push("behind"), EnqueueOutcome::kAccepted);
  this->host.while_parked = [&] { this->queue.commit(slow); };
  EXPECT_EQ(this->wait(), "slow");
  EXPECT_EQ(this->host.parks, 1);
}

TYPED_TEST(QueueWaitTest, CommitBehindAReservationWakesTheConsumerWhichParksAgain) {
  Reservation slow = this->reserve("slow");
  Reservation quick = this->reserve("quick");
  this->host.while_parked = [&] { this->queue.commit(this->host.parks == 1 ? quick : slow); };
  EXPECT_EQ(this->wait(), "slow");
  EXPECT_EQ(this->host.parks, 2);
  EXPECT_EQ(this->host.wakes, 2) << "one wake a park";
}

TYPED_TEST(QueueWaitTest, AbandonedReservationWakesAConsumerThatWaitsBehindIt) {
  Reservation given_up = this->reserve("given up");
  ASSERT_EQ(this->push("behind"), EnqueueOutcome::kAccepted);
  this->host.while_parked = [&] { this->queue.abandon(given_up); };
  EXPECT_EQ(this->wait(), "behind");
}

TYPED_TEST(QueueWaitTest, CloseWakesTheConsumer) {
  this->host.while_parked = [&] { this->queue.close(CloseMode::kDrain); };
  EXPECT_EQ(this->wait(), "<closed>");
  EXPECT_EQ(this->host.wakes, 1);
}

TYPED_TEST(QueueWaitTest, ConsumerOfAClosedQueueParksUntilTheLastReservationIsSettled) {
  Reservation slow = this->reserve("slow");
  this->queue.close(CloseMode::kDiscard);
  this->host.while_parked = [&] { this->queue.commit(slow); };
  EXPECT_EQ(this->wait(), "<closed>");
  EXPECT_EQ(this->telemetry().discarded, 1u);
}

TYPED_TEST(QueueWaitTest, PollingConsumerFindsTheMessageBeforeItParks) {
  QueueOptions polite = kSmall;
  polite.polls_before_park = 4;
  this->open(polite);
  this->host.while_relaxing = [&] {
    if (this->host.pauses == 100) {
      ASSERT_EQ(this->push("in time"), EnqueueOutcome::kAccepted);
    }
  };
  EXPECT_EQ(this->wait(), "in time");
  EXPECT_EQ(this->host.pauses, 128) << "it looks every 64 pauses";
  EXPECT_EQ(this->host.parks + this->host.wakes, 0);
}

TYPED_TEST(QueueWaitTest, PollingConsumerParksWhenItsPollsAreUsedUp) {
  QueueOptions polite = kSmall;
  polite.polls_before_park = 4;
  this->open(polite);
  EXPECT_EQ(this->wait(this->host.time + 1), "<empty>");
  EXPECT_EQ(this->host.pauses, 4 * 64);
  EXPECT_EQ(this->host.parks, 1);
}

}  // namespace
}  // namespace fltlink
