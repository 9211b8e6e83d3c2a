// Goal: MessageRing does in every order of steps what MessageQueue does. Method: the same random steps on
// both, from fixed seeds, with everything that can be seen compared after each. Lanes are small, so that they
// fill, wrap and run dry all the time.
#include <gtest/gtest.h>
#include <fltlink/codec/record.hpp>

#include <random>
#include <string>
#include <vector>

#include "queue/queue_fixture.hpp"

namespace fltlink {
namespace {

// One queue, and what its test sees of it.
template <typename Q>
struct Subject {
  ScriptedHost host;
  AlignedMemory memory{kSmallSize};
  Q queue;
  std::vector<Reservation> reservations;
  bool peeked = false;

  void open(const QueueOptions& options) {
    queue.open(host, memory.bytes(), options);
    reservations.clear();
    peeked = false;
  }

  EnqueueOutcome reserve(MessageClass message_class, const std::string& text) {
    Reservation reservation;
    const auto outcome = queue.reserve(message_class, static_cast<std::uint32_t>(text.size()), reservation);
    if (outcome == EnqueueOutcome::kAccepted) {
      std::memcpy(reservation.message.data(), text.data(), text.size());
      reservations.push_back(reservation);
    }
    return outcome;
  }

  void settle(std::size_t index, bool commit) {
    commit ? queue.commit(reservations[index]) : queue.abandon(reservations[index]);
    reservations.erase(reservations.begin() + static_cast<std::ptrdiff_t>(index));
  }

  std::string peek() {
    MessageView view;
    const PeekOutcome outcome = queue.try_peek(view);
    peeked = outcome == PeekOutcome::kMessage;
    if (peeked) return std::to_string(static_cast<int>(view.message_class)) + text_of(view.message);
    return outcome == PeekOutcome::kClosed ? "<closed>" : "<empty>";
  }

  // The bytes of a run are compared up to the padding of each record, which has no meaning.
  std::string peek_run(const RunLimits& limits) {
    RunView run;
    const PeekOutcome outcome = queue.try_peek_run(run, limits);
    peeked = outcome == PeekOutcome::kMessage;
    if (!peeked) return outcome == PeekOutcome::kClosed ? "<closed>" : "<empty>";
    std::string seen = std::to_string(run.messages) + (run.complete ? " complete" : "");
    for (RecordReader reader(run.bytes); !reader.at_end();) {
      const auto record = reader.next();
      if (!record.ok()) return "<damaged>";
      if (!record->skip) seen += "/" + text_of(record->message);
    }
    return seen + "/" + std::to_string(run.bytes.size());
  }

  void finish_peek(bool deliver) {
    deliver ? queue.release() : queue.discard();
    peeked = false;
  }
};

void expect_equal(const QueueCounters& a, const QueueCounters& b) {
  EXPECT_EQ(a.accepted, b.accepted);
  EXPECT_EQ(a.delivered, b.delivered);
  EXPECT_EQ(a.discarded, b.discarded);
  EXPECT_EQ(a.abandoned, b.abandoned);
  EXPECT_EQ(a.pending, b.pending);
  EXPECT_EQ(a.refused_full, b.refused_full);
  EXPECT_EQ(a.refused_closed, b.refused_closed);
  EXPECT_EQ(a.refused_too_large, b.refused_too_large);
}

class QueueModelTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  std::uint64_t draw(std::uint64_t count) { return random_() % count; }

  void open_both() {
    QueueOptions options = draw(2) == 0 ? kSmall : kSmallInBytes;
    options.messages_start = (std::uint64_t{1} << 40) - draw(50);
    oracle_.open(options);
    ring_.open(options);
  }

  void reserve_on_both() {
    const auto message_class = static_cast<MessageClass>(draw(FLTLINK_CLASS_COUNT));
    std::string text(draw(draw(4) == 0 ? 600 : 100), static_cast<char>('a' + draw(26)));
    ASSERT_EQ(ring_.reserve(message_class, text), oracle_.reserve(message_class, text));
  }

  void settle_on_both() {
    if (oracle_.reservations.empty()) return;
    const std::size_t index = draw(oracle_.reservations.size());
    const bool commit = draw(8) != 0;
    oracle_.settle(index, commit);
    ring_.settle(index, commit);
  }

  void consume_on_both() {
    if (draw(2) == 0) {
      ASSERT_EQ(ring_.peek(), oracle_.peek());
    } else {
      const RunLimits limits{.size_max = static_cast<std::uint32_t>(draw(1024)),
                             .messages_max = static_cast<std::uint32_t>(1 + draw(4))};
      ASSERT_EQ(ring_.peek_run(limits), oracle_.peek_run(limits));
    }
    if (!oracle_.peeked || draw(4) == 0) return;
    const bool deliver = draw(8) != 0;
    oracle_.finish_peek(deliver);
    ring_.finish_peek(deliver);
  }

  void close_both() {
    const CloseMode mode = draw(2) == 0 ? CloseMode::kDrain : CloseMode::kDiscard;
    oracle_.queue.close(mode);
    ring_.queue.close(mode);
  }

  void step() {
    switch (draw(8)) {
      case 0:
      case 1:
      case 2:
        return reserve_on_both();
      case 3:
      case 4:
        return settle_on_both();
      case 5:
      case 6:
        return consume_on_both();
      default:
        if (draw(100) == 0) close_both();
    }
  }

  void compare() {
    for (MessageClass message_class : {MessageClass::kTelemetry, MessageClass::kCritical})
      expect_equal(ring_.queue.counters(message_class), oracle_.queue.counters(message_class));
  }

  std::mt19937_64 random_{GetParam()};
  Subject<MessageQueue<std::mutex>> oracle_;
  Subject<MessageRing> ring_;
};

TEST_P(QueueModelTest, RingDoesWhatTheReferenceDoes) {
  for (int life = 0; life < 10; ++life) {
    open_both();
    for (int i = 0; i < 2000 && !HasFailure(); ++i) {
      step();
      compare();
    }
    close_both();
    while (!oracle_.reservations.empty()) settle_on_both();
    for (int i = 0; i < 1000; ++i) consume_on_both();
    ASSERT_EQ(ring_.peek(), "<closed>");
    compare();
    ASSERT_FALSE(HasFailure()) << "seed " << GetParam() << ", life " << life;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, QueueModelTest, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace fltlink
