// Goal: with real threads nothing is lost, doubled, torn or reordered within a class, the bound holds at
// every moment that anybody looks, and the books balance whenever the queue closes. Method: producers that
// write records of every length into lanes of a few records, so that these are full or empty most of the
// time, and a consumer that checks each byte. FLTLINK_TEST_SCALE divides the counts.
#include <gtest/gtest.h>
#include <fltlink/codec/record.hpp>
#include <fltlink/os/os_host.hpp>

#include <array>
#include <atomic>
#include <thread>

#include "queue/queue_fixture.hpp"
#include "support/scale.hpp"

namespace fltlink {
namespace {

using fltlink::test::scaled;

constexpr int kProducersMax = 8;

struct Stamp {
  std::uint32_t producer;
  std::uint32_t number;  // counts the accepted messages of one producer and class
};

std::uint32_t size_of_message(Stamp stamp) {
  return sizeof(Stamp) + (stamp.number * 37 + stamp.producer) % 300;
}
std::uint8_t byte_of_message(Stamp stamp, std::size_t index) {
  return static_cast<std::uint8_t>(stamp.producer * 101 + stamp.number * 7 + index);
}

template <typename Q>
class QueueStressTest : public testing::Test {
 protected:
  static constexpr QueueOptions kOptions = {
      .messages_max = 12, .critical_messages = 4, .critical_size = 32 * 64, .polls_before_park = 2};

  struct Producer {
    QueueStressTest* test;
    std::uint32_t id;
    int count;
    std::array<std::uint32_t, FLTLINK_CLASS_COUNT> accepted = {};
    std::uint32_t abandoned = 0;
    void* thread = nullptr;
  };

  // Of these it is the bytes that run out: the message numbers do not help a producer to tell one lap from another.
  static constexpr QueueOptions kBoundByBytes = {
      .messages_max = 1000, .critical_messages = 250, .critical_size = 14 * 64, .polls_before_park = 2};

  QueueStressTest() { open(memory.bytes(), kOptions); }

  void open(MutableBytes bytes, const QueueOptions& terms) {
    options = terms;
    queue.open(host, bytes, options);
  }

  // Every third message is critical, every seventh reservation is given up.
  static void produce(void* context) {
    auto& self = *static_cast<Producer*>(context);
    for (int i = 0; i < self.count; ++i) {
      const auto message_class = i % 3 == 0 ? MessageClass::kCritical : MessageClass::kTelemetry;
      if (self.test->produce_one(self, message_class, i % 7 == 6) == EnqueueOutcome::kClosed) return;
    }
  }

  EnqueueOutcome produce_one(Producer& producer, MessageClass message_class, bool abandon) {
    std::uint32_t& number = producer.accepted[static_cast<std::size_t>(message_class)];
    const Stamp stamp = {producer.id, number};
    Reservation reservation;
    EnqueueOutcome outcome = queue.reserve(message_class, size_of_message(stamp), reservation);
    for (; outcome == EnqueueOutcome::kFull;
         outcome = queue.reserve(message_class, size_of_message(stamp), reservation))
      std::this_thread::yield();
    if (outcome != EnqueueOutcome::kAccepted) return outcome;
    if (abandon) {
      queue.abandon(reservation);
      ++producer.abandoned;
      return outcome;
    }
    std::memcpy(reservation.message.data(), &stamp, sizeof stamp);
    for (std::size_t i = sizeof stamp; i < reservation.message.size(); ++i)
      reservation.message[i] = byte_of_message(stamp, i);
    queue.commit(reservation);
    ++number;
    return outcome;
  }

  void check(const MessageView& view) {
    Stamp stamp = {};
    ASSERT_GE(view.message.size(), sizeof stamp);
    std::memcpy(&stamp, view.message.data(), sizeof stamp);
    ASSERT_LT(stamp.producer, static_cast<std::uint32_t>(kProducersMax));
    auto& next = seen[stamp.producer][static_cast<std::size_t>(view.message_class)];
    ASSERT_EQ(stamp.number, next) << "producer " << stamp.producer;
    ++next;
    ASSERT_EQ(view.message.size(), size_of_message(stamp));
    for (std::size_t i = sizeof stamp; i < view.message.size(); ++i)
      ASSERT_EQ(view.message[i], byte_of_message(stamp, i));
  }

  // Takes and checks until the queue has finished: a message, and a run that there is waited for, in turn.
  static void consume(void* context) {
    auto& self = *static_cast<QueueStressTest*>(context);
    for (bool whole_run = false; self.consume_next(whole_run); whole_run = !whole_run) {
      self.check_bounds();
      self.queue.release();
    }
  }

  bool consume_next(bool whole_run) {
    if (!whole_run) {
      MessageView view;
      if (queue.peek(view, kForever) != PeekOutcome::kMessage) return false;
      check(view);
      return true;
    }
    RunView run;
    const RunLimits limits = {.size_max = 2048};
    if (queue.peek_run(run, limits, kForever) != PeekOutcome::kMessage) return false;
    // Producers that find the lane full go on only if one of them has woken this thread: a wake that is lost is a hang.
    queue.await_complete_run(limits, kForever);
    if (queue.try_peek_run(run, limits) != PeekOutcome::kMessage) return consume_next(true);  // discarded
    for (RecordReader reader(run.bytes); !reader.at_end();) {
      const auto record = reader.next();
      if (!record.ok()) {
        ADD_FAILURE() << "a damaged run";
        return true;
      }
      if (!record->skip) check({run.message_class, record->message});
    }
    return true;
  }

  void check_bounds() {
    const QueueCounters telemetry = queue.counters(MessageClass::kTelemetry);
    const QueueCounters critical = queue.counters(MessageClass::kCritical);
    ASSERT_LE(telemetry.pending, options.messages_max - options.critical_messages);
    ASSERT_LE(critical.pending, options.critical_messages);
  }

  void run(int producer_count, int messages, CloseMode mode, bool close_early) {
    void* consumer = host.spawn("consumer", &consume, this);
    ASSERT_NE(consumer, nullptr);
    std::vector<Producer> producers;
    for (int i = 0; i < producer_count; ++i)
      producers.push_back({this, static_cast<std::uint32_t>(i), messages / producer_count});
    for (Producer& producer : producers) {
      producer.thread = host.spawn("producer", &produce, &producer);
      ASSERT_NE(producer.thread, nullptr);
    }
    if (close_early) close_after(messages / 3, mode);
    for (Producer& producer : producers) host.join(producer.thread);
    queue.close(mode);
    host.join(consumer);
    expect_balance(producers, mode);
  }

  // Waits until about `messages` were accepted, and closes.
  void close_after(int messages, CloseMode mode) {
    while (queue.counters(MessageClass::kTelemetry).accepted < static_cast<std::uint64_t>(messages) / 2) {
      check_bounds();
      std::this_thread::yield();
    }
    queue.close(mode);
  }

  void expect_balance(const std::vector<Producer>& producers, CloseMode mode) {
    std::uint64_t abandoned = 0;
    for (MessageClass message_class : {MessageClass::kTelemetry, MessageClass::kCritical}) {
      const auto index = static_cast<std::size_t>(message_class);
      std::uint64_t committed = 0, received = 0;
      for (const Producer& producer : producers) {
        committed += producer.accepted[index];
        received += seen[producer.id][index];
      }
      const QueueCounters counters = queue.counters(message_class);
      EXPECT_EQ(counters.pending, 0u);
      EXPECT_EQ(counters.accepted, counters.delivered + counters.discarded + counters.abandoned);
      EXPECT_EQ(counters.delivered, received);
      EXPECT_EQ(counters.delivered + counters.discarded, committed);
      EXPECT_TRUE(mode == CloseMode::kDiscard || counters.discarded == 0);
      abandoned += counters.abandoned;
    }
    std::uint64_t given_up = 0;
    for (const Producer& producer : producers) given_up += producer.abandoned;
    EXPECT_EQ(abandoned, given_up);
  }

  OsHost host;
  QueueOptions options;
  AlignedMemory memory{96 * 64};
  Q queue;
  std::array<std::array<std::uint32_t, FLTLINK_CLASS_COUNT>, kProducersMax> seen = {};
};
TYPED_TEST_SUITE(QueueStressTest, BothQueues);

TYPED_TEST(QueueStressTest, OneProducerLosesNothing) {
  this->run(1, scaled(40'000), CloseMode::kDrain, false);
}
TYPED_TEST(QueueStressTest, TwoProducersLoseNothing) {
  this->run(2, scaled(40'000), CloseMode::kDrain, false);
}
TYPED_TEST(QueueStressTest, FourProducersLoseNothing) {
  this->run(4, scaled(40'000), CloseMode::kDrain, false);
}
TYPED_TEST(QueueStressTest, EightProducersLoseNothing) {
  this->run(8, scaled(40'000), CloseMode::kDrain, false);
}

TYPED_TEST(QueueStressTest, EightProducersLoseNothingWhereBytesRunOut) {
  this->open(this->memory.bytes().first(30 * 64), this->kBoundByBytes);
  this->run(8, scaled(40'000), CloseMode::kDrain, false);
}

TYPED_TEST(QueueStressTest, BooksBalanceWhenAQueueThatDrainsIsClosedAmongProducers) {
  this->run(4, scaled(20'000), CloseMode::kDrain, true);
}

TYPED_TEST(QueueStressTest, BooksBalanceWhenAQueueThatDiscardsIsClosedAmongProducers) {
  this->run(4, scaled(20'000), CloseMode::kDiscard, true);
}

// A producer that is stopped between reserve and commit while the queue closes under a parked consumer.
TYPED_TEST(QueueStressTest, ConsumerWaitsForAProducerThatWasStoppedWhileTheQueueClosed) {
  Reservation slow;
  ASSERT_EQ(this->queue.reserve(MessageClass::kTelemetry, size_of_message({0, 0}), slow),
            EnqueueOutcome::kAccepted);
  void* consumer = this->host.spawn("consumer", &TestFixture::consume, this);
  ASSERT_NE(consumer, nullptr);
  this->queue.close(CloseMode::kDrain);
  const Stamp stamp = {0, 0};
  std::memcpy(slow.message.data(), &stamp, sizeof stamp);
  for (std::size_t i = sizeof stamp; i < slow.message.size(); ++i)
    slow.message[i] = byte_of_message(stamp, i);
  this->queue.commit(slow);
  this->host.join(consumer);
  EXPECT_EQ(this->queue.counters(MessageClass::kTelemetry).delivered, 1u);
}

}  // namespace
}  // namespace fltlink
