// What a message costs when one thread plays both sides, 64 messages in and 64 out: instructions and the caches of one
// processor, and no other processor's. The instruction guard counts this, with the consumer that copies.
#include <memory>

#include "harness.hpp"
#include "queue_candidates.hpp"

namespace fltlink::bench {
namespace {

constexpr std::uint64_t kBurst = 64;

template <typename Queue>
class Alone {
 public:
  // False: a message was refused, or not there.
  bool pass(std::uint64_t messages) {
    for (const std::uint64_t end = number_ + messages; number_ < end;) {
      for (std::uint64_t i = 0; i < kBurst; ++i) {
        if (!queue_->produce(0, number_++)) return false;
      }
      for (std::uint64_t taken = 0; taken < kBurst;) {
        const std::size_t now = queue_->poll(*receiver_);
        if (now == 0) return false;
        taken += now;
      }
    }
    return receiver_->received_all(number_);
  }

 private:
  std::unique_ptr<Queue> queue_ = std::make_unique<Queue>();
  std::unique_ptr<Receiver> receiver_ = std::make_unique<Receiver>();
  std::uint64_t number_ = 0;
};

template <typename Queue>
Sample run(std::uint64_t messages) {
  Alone<Queue> alone;
  const bool warm = alone.pass(4096);  // every page of the queue has been touched
  const std::uint64_t total = messages / kBurst * kBurst;
  const double start = thread_ns();
  const bool right = alone.pass(total);
  return {(thread_ns() - start) / static_cast<double>(total), warm && right};
}

// The limit: copied in and out of a buffer as large as the queue's, and nothing else.
Sample run_copies(std::uint64_t messages) {
  constexpr std::uint64_t kSlots = 1024;
  const auto slots = std::make_unique<Message[]>(kSlots);
  const auto receiver = std::make_unique<Receiver>();
  const auto pass = [&](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t number = from; number < to; number += kBurst) {
      for (std::uint64_t i = number; i < number + kBurst; ++i) {
        Message message;
        build(&message, 0, i);
        std::memcpy(&slots[i % kSlots], &message, sizeof message);
      }
      for (std::uint64_t i = number; i < number + kBurst; ++i) {
        std::memcpy(receiver->buffer, &slots[i % kSlots], sizeof(Message));
        receiver->check_buffer();
      }
    }
  };
  pass(0, 4096);
  const std::uint64_t total = messages / kBurst * kBurst;
  const double start = thread_ns();
  pass(4096, 4096 + total);
  return {(thread_ns() - start) / static_cast<double>(total), receiver->received_all(4096 + total)};
}

template <typename Queue>
Candidate peer() {
  return {.name = Queue::kName, .run = run<Queue>, .foreign = true};
}

constexpr const char* kCopied = "MessageRing, copied out";
constexpr const char* kInPlace = "MessageRing, read in place";
constexpr const char* kRuns = "MessageRing, read in runs";
constexpr const char* kCopies = "limit: copied twice";

std::vector<Case> cases(bool) {
  Case result{.name = "1 thread", .operations = 200'000, .candidates = {}, .comparisons = {}};
  result.candidates = {
      {.name = Seed::kName, .run = run<Seed>},
      {.name = "MessageQueue, a mutex", .run = run<Ours<MessageQueue<std::mutex>, Taking::kCopied>>},
      {.name = kCopied, .run = run<Ours<MessageRing, Taking::kCopied>>},
      {.name = kInPlace, .run = run<Ours<MessageRing, Taking::kInPlace>>},
      {.name = kRuns, .run = run<Ours<MessageRing, Taking::kRuns>>},
      {.name = kCopies, .run = run_copies},
#ifdef FLTLINK_BENCH_BOOST
      peer<BoostQueue>(),
      peer<BoostSpsc>(),
#endif
#ifdef FLTLINK_BENCH_TBB
      peer<TbbQueue>(),
#endif
#ifdef FLTLINK_BENCH_MOODYCAMEL
      peer<Moodycamel>(),
#endif
#ifdef FLTLINK_BENCH_RIGTORP
      peer<Rigtorp>(),
#endif
#ifdef FLTLINK_BENCH_ATOMIC_QUEUE
      peer<AtomicQueue2>(),
#endif
  };
  result.comparisons = {
      {kCopied, Seed::kName, Relation::kTimesAsFast, 1.7},
      {kInPlace, Seed::kName, Relation::kTimesAsFast, 2.0},
      {kRuns, Seed::kName, Relation::kTimesAsFast, 2.0},
      {kCopied, kCopies, Relation::kTimesAsLong},
  };
  return {result};
}

template <Taking kTaking>
void count(std::uint64_t messages) {
  Alone<Ours<MessageRing, kTaking>> alone;
  if (!alone.pass(messages / kBurst * kBurst)) std::abort();
}

const Question kQuestion = {
    .name = "queue_alone",
    .text = "What does a message of 560 bytes cost in one thread that plays both sides?",
    .cases = cases,
    .counted = {{"copied", count<Taking::kCopied>},
                {"in_place", count<Taking::kInPlace>},
                {"runs", count<Taking::kRuns>}}};

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  return fltlink::bench::run_question(argc, argv, fltlink::bench::kQuestion);
}
