// The one suite for both queues: what a bounded queue does, one thread at a time. Interleavings of producers
// and the consumer are written out: reserve, commit and abandon are separate steps.
#include <gtest/gtest.h>
#include <fltlink/codec/record.hpp>

#include <string>
#include <vector>

#include "queue/queue_fixture.hpp"

namespace fltlink {
namespace {

template <typename Q>
class QueueBehaviourTest : public QueueFixture<Q> {};
TYPED_TEST_SUITE(QueueBehaviourTest, BothQueues);

// ---- order and content

TYPED_TEST(QueueBehaviourTest, NewQueueIsEmpty) {
  static_assert(BoundedQueue<TypeParam>);
  EXPECT_EQ(this->peek(), "<empty>");
  EXPECT_EQ(this->telemetry().accepted, 0u);
}

TYPED_TEST(QueueBehaviourTest, QueueThatWasNeverOpenedRefusesAsClosed) {
  TypeParam unopened;
  Reservation reservation;
  EXPECT_EQ(unopened.reserve(MessageClass::kTelemetry, 1, reservation), EnqueueOutcome::kClosed);
}

TYPED_TEST(QueueBehaviourTest, MessagesOfOneClassComeOutUnchangedInOrder) {
  EXPECT_EQ(this->push("one"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push(""), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push(std::string(200, 'z')), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->take(), "one");
  EXPECT_EQ(this->take(), "");
  EXPECT_EQ(this->take(), std::string(200, 'z'));
  EXPECT_EQ(this->take(), "<empty>");
}

TYPED_TEST(QueueBehaviourTest, CriticalMessageOvertakesTelemetry) {
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push_critical("block notice"), EnqueueOutcome::kAccepted);
  MessageView view;
  ASSERT_EQ(this->queue.try_peek(view), PeekOutcome::kMessage);
  EXPECT_EQ(view.message_class, MessageClass::kCritical);
  EXPECT_EQ(this->take(), "block notice");
  EXPECT_EQ(this->take(), "event");
}

TYPED_TEST(QueueBehaviourTest, PeekLeavesTheMessageUntilItIsReleased) {
  ASSERT_EQ(this->push("stays"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->peek(), "stays");
  EXPECT_EQ(this->peek(), "stays");
  EXPECT_EQ(this->telemetry().pending, 1u);
  this->queue.release();
  EXPECT_EQ(this->peek(), "<empty>");
  EXPECT_EQ(this->telemetry().delivered, 1u);
}

TYPED_TEST(QueueBehaviourTest, ReservationsComeOutInOrderOfReservationNotOfCommit) {
  Reservation first = this->reserve("first");
  Reservation second = this->reserve("second");
  this->queue.commit(second);
  EXPECT_EQ(this->take(), "<empty>") << "the first is still being written";
  this->queue.commit(first);
  EXPECT_EQ(this->take(), "first");
  EXPECT_EQ(this->take(), "second");
}

TYPED_TEST(QueueBehaviourTest, UncommittedTelemetryDoesNotHoldUpCriticalMessages) {
  Reservation slow = this->reserve("slow");
  ASSERT_EQ(this->push_critical("verdict"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->take(), "verdict");
  this->queue.commit(slow);
  EXPECT_EQ(this->take(), "slow");
}

TYPED_TEST(QueueBehaviourTest, AbandonedReservationIsSteppedOverAndCounted) {
  Reservation given_up = this->reserve("never seen");
  ASSERT_EQ(this->push("seen"), EnqueueOutcome::kAccepted);
  this->queue.abandon(given_up);
  EXPECT_EQ(this->take(), "seen");
  EXPECT_EQ(this->telemetry().abandoned, 1u);
  EXPECT_EQ(this->telemetry().delivered, 1u);
}

// ---- bounds

TYPED_TEST(QueueBehaviourTest, PushOnFullClassReturnsFullAndIsCounted) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(this->push("x"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push("x"), EnqueueOutcome::kFull);
  EXPECT_EQ(this->telemetry().pending, 4u);
  EXPECT_EQ(this->telemetry().refused_full, 1u);
}

TYPED_TEST(QueueBehaviourTest, ReleaseOnAFullClassMakesRoomForExactlyOne) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(this->push("x"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->take(), "x");
  EXPECT_EQ(this->push("y"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push("y"), EnqueueOutcome::kFull);
}

TYPED_TEST(QueueBehaviourTest, ReservationCountsTowardsTheBoundBeforeItIsCommitted) {
  std::vector<Reservation> reservations;
  for (int i = 0; i < 4; ++i) reservations.push_back(this->reserve("x"));
  EXPECT_EQ(this->push("x"), EnqueueOutcome::kFull);
  for (Reservation& reservation : reservations) this->queue.commit(reservation);
  EXPECT_EQ(this->push("x"), EnqueueOutcome::kFull);
}

TYPED_TEST(QueueBehaviourTest, FloodOfTelemetryLeavesTheCriticalReserveAlone) {
  while (this->push("event") == EnqueueOutcome::kAccepted) {
  }
  EXPECT_EQ(this->push_critical("block"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push_critical("block"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push_critical("block"), EnqueueOutcome::kFull);
  EXPECT_EQ(this->critical().refused_full, 1u);
}

TYPED_TEST(QueueBehaviourTest, DefaultBoundIsAThousandMessagesInAMegabyte) {
  AlignedMemory megabyte(FLTLINK_QUEUE_SIZE_DEFAULT);
  this->queue.open(this->host, megabyte.bytes(), QueueOptions{});
  const std::string message(FLTLINK_DRIVER_MESSAGE_SIZE, 'm');
  int accepted = 0;
  while (this->push(message) == EnqueueOutcome::kAccepted) ++accepted;
  while (this->push_critical(message) == EnqueueOutcome::kAccepted) ++accepted;
  EXPECT_EQ(accepted, 1000);
}

TYPED_TEST(QueueBehaviourTest, RecordsThatFillALaneExactlyAreAcceptedAndOneByteMoreIsNot) {
  this->open(kSmallInBytes);
  EXPECT_EQ(this->push(payload_of_granules(8)), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push(payload_of_granules(7)), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push(payload_of_granules(1) + "x"), EnqueueOutcome::kFull);
  EXPECT_EQ(this->push(payload_of_granules(1)), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push(""), EnqueueOutcome::kFull);
}

TYPED_TEST(QueueBehaviourTest, RecordThatDoesNotFitBeforeTheEndStartsAtTheBeginning) {
  this->open(kSmallInBytes);
  ASSERT_EQ(this->push(payload_of_granules(7, 'a')), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push(payload_of_granules(6, 'b')), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->take(), payload_of_granules(7, 'a'));
  // 3 granules are left at the end, 7 at the beginning.
  EXPECT_EQ(this->push(payload_of_granules(8)), EnqueueOutcome::kFull);
  EXPECT_EQ(this->push(payload_of_granules(7, 'c')), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push(""), EnqueueOutcome::kFull) << "the remainder at the end is taken";
  EXPECT_EQ(this->take(), payload_of_granules(6, 'b'));
  EXPECT_EQ(this->take(), payload_of_granules(7, 'c'));
  EXPECT_EQ(this->telemetry().accepted, 3u) << "filler is no message";
}

TYPED_TEST(QueueBehaviourTest, MessageOverHalfALaneIsTooLargeForEver) {
  const std::uint32_t largest = this->queue.message_size_max(MessageClass::kTelemetry);
  EXPECT_EQ(largest, payload_of_granules(8).size());
  EXPECT_EQ(this->push(std::string(largest, 'x')), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->push(std::string(largest + 1, 'x')), EnqueueOutcome::kTooLarge);
  EXPECT_EQ(this->telemetry().refused_too_large, 1u);
  EXPECT_EQ(this->telemetry().refused_full, 0u);
}

TYPED_TEST(QueueBehaviourTest, LargestMessageFitsAnEmptyLaneWhereverItsTailStands) {
  this->open(kSmallInBytes);
  for (int step = 0; step < 40; ++step) {
    ASSERT_EQ(this->push(payload_of_granules(8)), EnqueueOutcome::kAccepted) << step;
    ASSERT_EQ(this->take(), payload_of_granules(8));
    ASSERT_EQ(this->push("s"), EnqueueOutcome::kAccepted);
    ASSERT_EQ(this->take(), "s");
  }
}

TYPED_TEST(QueueBehaviourTest, AbandonedReservationTakesRoomUntilTheConsumerComesBy) {
  std::vector<Reservation> reservations;
  for (int i = 0; i < 4; ++i) reservations.push_back(this->reserve("x"));
  for (Reservation& reservation : reservations) this->queue.abandon(reservation);
  EXPECT_EQ(this->push("y"), EnqueueOutcome::kFull);
  EXPECT_EQ(this->take(), "<empty>");
  EXPECT_EQ(this->push("y"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->take(), "y");
}

// ---- a buffer that is too small

TYPED_TEST(QueueBehaviourTest, TakeIntoATooSmallBufferLeavesTheMessageAndTellsItsSize) {
  ASSERT_EQ(this->push("twelve bytes"), EnqueueOutcome::kAccepted);
  std::uint8_t small[11];
  std::uint8_t enough[12];
  MessageView view;
  EXPECT_EQ(try_take(this->queue, small, view), TakeOutcome::kBufferTooSmall);
  EXPECT_EQ(view.message.size(), 12u);
  EXPECT_EQ(this->telemetry().delivered, 0u);
  EXPECT_EQ(try_take(this->queue, enough, view), TakeOutcome::kTaken);
  EXPECT_EQ(text_of(view.message), "twelve bytes");
  EXPECT_EQ(view.message.data(), enough);
  EXPECT_EQ(try_take(this->queue, enough, view), TakeOutcome::kEmpty);
}

TYPED_TEST(QueueBehaviourTest, OversizedTelemetryAtTheHeadDoesNotStopCriticalMessages) {
  std::uint8_t small[8];
  MessageView view;
  ASSERT_EQ(this->push("too large for the buffer"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(try_take(this->queue, small, view), TakeOutcome::kBufferTooSmall);
  ASSERT_EQ(this->push_critical("verdict"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(try_take(this->queue, small, view), TakeOutcome::kTaken);
  EXPECT_EQ(text_of(view.message), "verdict");
}

TYPED_TEST(QueueBehaviourTest, OversizedMessageIsDiscardedAndCountedWhenTheConsumerSaysSo) {
  std::uint8_t small[8];
  MessageView view;
  ASSERT_EQ(this->push_critical("too large for the buffer"), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push_critical("fits"), EnqueueOutcome::kAccepted);
  ASSERT_EQ(try_take(this->queue, small, view), TakeOutcome::kBufferTooSmall);
  this->queue.discard();
  EXPECT_EQ(try_take(this->queue, small, view), TakeOutcome::kTaken);
  EXPECT_EQ(text_of(view.message), "fits");
  EXPECT_EQ(this->critical().discarded, 1u);
  EXPECT_EQ(this->critical().delivered, 1u);
}

// ---- closing

TYPED_TEST(QueueBehaviourTest, ClosedQueueRefusesAndCounts) {
  this->queue.close(CloseMode::kDrain);
  EXPECT_EQ(this->push("late"), EnqueueOutcome::kClosed);
  EXPECT_EQ(this->push_critical("late"), EnqueueOutcome::kClosed);
  EXPECT_EQ(this->telemetry().refused_closed, 1u);
  EXPECT_EQ(this->critical().refused_closed, 1u);
  EXPECT_EQ(this->take(), "<closed>");
}

TYPED_TEST(QueueBehaviourTest, DrainingCloseDeliversWhatIsPendingAndThenReportsClosed) {
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push_critical("block"), EnqueueOutcome::kAccepted);
  this->queue.close(CloseMode::kDrain);
  EXPECT_EQ(this->take(), "block");
  EXPECT_EQ(this->take(), "event");
  EXPECT_EQ(this->take(), "<closed>");
  EXPECT_EQ(this->telemetry().delivered, 1u);
}

TYPED_TEST(QueueBehaviourTest, DiscardingCloseCountsWhatIsPending) {
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  ASSERT_EQ(this->push_critical("block"), EnqueueOutcome::kAccepted);
  this->queue.close(CloseMode::kDiscard);
  EXPECT_EQ(this->take(), "<closed>");
  EXPECT_EQ(this->telemetry().discarded, 2u);
  EXPECT_EQ(this->critical().discarded, 1u);
  EXPECT_EQ(this->telemetry().pending + this->critical().pending, 0u);
}

TYPED_TEST(QueueBehaviourTest, ClosingTwiceChangesNothing) {
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  this->queue.close(CloseMode::kDrain);
  this->queue.close(CloseMode::kDrain);
  EXPECT_EQ(this->take(), "event");
  this->queue.close(CloseMode::kDrain);
  EXPECT_EQ(this->take(), "<closed>");
  EXPECT_EQ(this->take(), "<closed>");
}

TYPED_TEST(QueueBehaviourTest, DiscardOverridesDrainButNotTheOtherWayRound) {
  ASSERT_EQ(this->push("event"), EnqueueOutcome::kAccepted);
  this->queue.close(CloseMode::kDrain);
  this->queue.close(CloseMode::kDiscard);
  this->queue.close(CloseMode::kDrain);
  EXPECT_EQ(this->take(), "<closed>");
  EXPECT_EQ(this->telemetry().discarded, 1u);
}

TYPED_TEST(QueueBehaviourTest, ReservationCommittedAfterADrainingCloseIsDelivered) {
  Reservation slow = this->reserve("slow");
  ASSERT_EQ(this->push("behind"), EnqueueOutcome::kAccepted);
  this->queue.close(CloseMode::kDrain);
  EXPECT_EQ(this->take(), "<empty>") << "not closed while an accepted message is still being written";
  EXPECT_EQ(this->telemetry().pending, 2u);
  this->queue.commit(slow);
  EXPECT_EQ(this->take(), "slow");
  EXPECT_EQ(this->take(), "behind");
  EXPECT_EQ(this->take(), "<closed>");
}

TYPED_TEST(QueueBehaviourTest, ReservationCommittedAfterADiscardingCloseIsCountedAsDiscarded) {
  Reservation slow = this->reserve("slow");
  this->queue.close(CloseMode::kDiscard);
  EXPECT_EQ(this->take(), "<empty>");
  this->queue.commit(slow);
  EXPECT_EQ(this->take(), "<closed>");
  EXPECT_EQ(this->telemetry().discarded, 1u);
}

TYPED_TEST(QueueBehaviourTest, ReservationAbandonedAfterCloseLetsTheQueueFinish) {
  Reservation slow = this->reserve("slow", MessageClass::kCritical);
  this->queue.close(CloseMode::kDrain);
  EXPECT_EQ(this->take(), "<empty>");
  this->queue.abandon(slow);
  EXPECT_EQ(this->take(), "<closed>");
  EXPECT_EQ(this->critical().abandoned, 1u);
}

TYPED_TEST(QueueBehaviourTest, MessageThatTheConsumerHoldsSurvivesADiscardingClose) {
  ASSERT_EQ(this->push("held"), EnqueueOutcome::kAccepted);
  MessageView view;
  ASSERT_EQ(this->queue.try_peek(view), PeekOutcome::kMessage);
  this->queue.close(CloseMode::kDiscard);
  EXPECT_EQ(text_of(view.message), "held");
  this->queue.release();
  EXPECT_EQ(this->telemetry().delivered, 1u);
  EXPECT_EQ(this->take(), "<closed>");
}

TYPED_TEST(QueueBehaviourTest, QueueThatIsOpenedAgainStartsAfresh) {
  ASSERT_EQ(this->push("old"), EnqueueOutcome::kAccepted);
  this->queue.close(CloseMode::kDiscard);
  this->open(kSmall);
  EXPECT_EQ(this->take(), "<empty>");
  EXPECT_EQ(this->telemetry().accepted, 0u);
  EXPECT_EQ(this->push("new"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->take(), "new");
}

// ---- wraps and bytes

TYPED_TEST(QueueBehaviourTest, CountersSurviveTheWrapOfTheirPositions) {
  for (const std::uint64_t wrap : {std::uint64_t{1} << 32, std::uint64_t{1} << 40, std::uint64_t{0}}) {
    QueueOptions options = kSmall;
    options.messages_start = wrap - 3;
    this->open(options);
    for (int i = 0; i < 100; ++i) {
      while (this->push(std::to_string(i)) == EnqueueOutcome::kAccepted) {
      }
      ASSERT_EQ(this->telemetry().pending, 4u);
      for (int k = 0; k < 4; ++k) ASSERT_EQ(this->take(), std::to_string(i));
      ASSERT_EQ(this->telemetry().pending, 0u);
    }
    EXPECT_EQ(this->telemetry().accepted, 400u);
    this->queue.close(CloseMode::kDrain);
    EXPECT_EQ(this->take(), "<closed>");
  }
}

std::vector<std::string> messages_of_run(Bytes run) {
  std::vector<std::string> messages;
  for (RecordReader reader(run); !reader.at_end();) {
    const Result<Record, DecodeError> record = reader.next();
    EXPECT_TRUE(record.ok());
    if (!record.ok()) break;
    if (!record->skip) messages.push_back(text_of(record->message));
  }
  return messages;
}

TYPED_TEST(QueueBehaviourTest, CommittedRecordsAreARunThatCanGoOnTheWire) {
  this->open(kSmallInBytes);
  const std::vector<std::string> sent = {"", "a", std::string(41, 'b'), std::string(48, 'c')};
  ASSERT_EQ(this->push(sent[0]), EnqueueOutcome::kAccepted);
  Reservation given_up = this->reserve("given up");
  for (const std::string& text : {sent[1], sent[2], sent[3]})
    ASSERT_EQ(this->push(text), EnqueueOutcome::kAccepted);
  this->queue.abandon(given_up);
  RunView run;
  ASSERT_EQ(this->queue.try_peek_run(run, {}), PeekOutcome::kMessage);
  EXPECT_EQ(messages_of_run(run.bytes), sent);
}

// ---- our own mistakes

template <typename Q>
class QueueDeathTest : public QueueFixture<Q> {};
TYPED_TEST_SUITE(QueueDeathTest, BothQueues);

TYPED_TEST(QueueDeathTest, SettlingAReservationTwiceIsAMistake) {
  Reservation reservation = this->reserve("once");
  this->queue.commit(reservation);
  EXPECT_DEATH(this->queue.commit(reservation), "reservation");
}

TYPED_TEST(QueueDeathTest, ReleasingWithoutAPeekIsAMistake) {
  ASSERT_EQ(this->push("x"), EnqueueOutcome::kAccepted);
  EXPECT_EQ(this->take(), "x");
  EXPECT_DEATH(this->queue.release(), "peeked_");
}

TYPED_TEST(QueueDeathTest, TermsThatCannotHoldAreAMistake) {
  QueueOptions no_telemetry = kSmall;
  no_telemetry.critical_messages = no_telemetry.messages_max;
  EXPECT_DEATH(this->open(no_telemetry), "messages_max");
  QueueOptions no_bytes = kSmall;
  no_bytes.critical_size = kSmallSize;
  EXPECT_DEATH(this->open(no_bytes), "critical_size");
  QueueOptions odd = kSmall;
  odd.critical_size = 100;
  EXPECT_DEATH(this->open(odd), "kGranuleSize");
}

}  // namespace
}  // namespace fltlink
