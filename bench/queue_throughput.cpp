// What a message costs from producers to a consumer in another thread (queue_candidates.hpp, message_work.hpp). The
// consumer blocks when it finds nothing; a producer that finds the queue full tries again until it is not. One producer and
// the consumer have a processor each; more producers share both with it, as the scheduler likes.
#include <sched.h>

#include <atomic>
#include <optional>
#include <thread>
#include <type_traits>

#include "harness.hpp"
#include "queue_candidates.hpp"

namespace fltlink::bench {
namespace {

template <typename Queue>
void produce_all(Queue& queue, std::uint64_t producer, std::uint64_t messages) {
  for (std::uint64_t number = 0; number < messages; ++number) {
    while (!queue.produce(producer, number)) sched_yield();
  }
}

// The consumer's thread. `all_are_in` tells it that what it has not found is lost.
template <typename Queue>
double consume_all(Queue& queue, Receiver& receiver, std::uint64_t messages,
                   const std::atomic<bool>& all_are_in) {
  const double start = now_ns();
  while (receiver.received() < messages) {
    const bool last_chance = all_are_in;
    if (queue.wait_poll(receiver) == 0 && last_chance) break;
  }
  return now_ns() - start;
}

template <typename Queue>
Sample run(std::uint32_t producers, std::uint64_t messages) {
  const auto queue = std::make_unique<Queue>();
  const auto receiver = std::make_unique<Receiver>();
  const std::uint64_t each = messages / producers;
  const std::uint64_t total = each * producers;
  std::atomic<bool> all_are_in = false;
  double took = 0;
  std::thread consumer([&] {
    if (producers == 1) pin_to(0);
    took = consume_all(*queue, *receiver, total, all_are_in);
  });
  std::vector<std::thread> threads;
  for (std::uint32_t producer = 0; producer < producers; ++producer) {
    threads.emplace_back([&, producer] {
      if (producers == 1) pin_to(1);
      produce_all(*queue, producer, each);
    });
  }
  for (std::thread& thread : threads) thread.join();
  all_are_in = true;
  if constexpr (requires { queue->close(); }) queue->close();
  consumer.join();
  return {took / static_cast<double>(total), receiver->received_all(total)};
}

// The limit: two threads that hand 64 messages at a time over, where they lie and with nothing else around. The consumer
// leaves every line modified, as ours does.
Sample run_hand_over(std::uint64_t messages) {
  constexpr std::uint64_t kSlots = 1024;
  constexpr std::uint64_t kBatch = 64;
  constexpr std::uint64_t kStride = 576;
  struct alignas(64) Position {
    std::atomic<std::uint64_t> value{0};
  };
  struct alignas(64) Slots {
    std::uint8_t bytes[kSlots * kStride];
  };
  const auto slots = std::make_unique<Slots>();
  const auto receiver = std::make_unique<Receiver>();
  Position tail, head;
  const std::uint64_t total = messages / kBatch * kBatch;
  const auto slot = [&](std::uint64_t number) { return slots->bytes + number % kSlots * kStride; };
  std::thread producer([&] {
    pin_to(1);
    for (std::uint64_t at = 0; at < total; at += kBatch) {
      while (at + kBatch - head.value.load(std::memory_order_acquire) > kSlots) __builtin_ia32_pause();
      for (std::uint64_t i = 0; i < kBatch; ++i) build(slot(at + i), 0, at + i);
      tail.value.store(at + kBatch, std::memory_order_release);
    }
  });
  double took = 0;
  std::thread consumer([&] {
    pin_to(0);
    const double start = now_ns();
    for (std::uint64_t at = 0; at < total; at += kBatch) {
      while (tail.value.load(std::memory_order_acquire) < at + kBatch) __builtin_ia32_pause();
      for (std::uint64_t i = 0; i < kBatch; ++i) {
        std::uint8_t* message = slot(at + i);
        receiver->check(message);
        for (std::uint64_t line = 0; line < kStride; line += 64) {
          const std::uint64_t zero = 0;
          std::memcpy(message + line, &zero, sizeof zero);
        }
      }
      head.value.store(at + kBatch, std::memory_order_release);
    }
    took = now_ns() - start;
  });
  producer.join();
  consumer.join();
  return {took / static_cast<double>(total), receiver->received_all(total)};
}

template <typename Queue>
Candidate candidate(std::uint32_t producers, std::string name) {
  return {std::move(name), [=](std::uint64_t messages) { return run<Queue>(producers, messages); }};
}

template <typename Queue>
Candidate peer(std::uint32_t producers) {
  Candidate result = candidate<Queue>(producers, Queue::kName);
  result.foreign = true;
  return result;
}

constexpr const char* kCopied = "MessageRing, copied out";
constexpr const char* kInPlace = "MessageRing, read in place";
constexpr const char* kRuns = "MessageRing, read in runs";
constexpr const char* kCopiedAtOnce = "MessageRing, copied out, parks at once";
constexpr const char* kHandOver = "limit: bare hand-over in batches of 64";
constexpr const char* kMoodycamel = "moodycamel::BlockingConcurrentQueue (its bound is approximate)";

Case make_case(std::uint32_t producers) {
  Case result{.name = std::to_string(producers) + (producers == 1 ? " producer" : " producers"),
              .operations = 200'000,
              .candidates = {},
              .comparisons = {},
              .crosses_processors = true};
  result.candidates = {
      candidate<Seed>(producers, Seed::kName),
      candidate<Ours<MessageQueue<std::mutex>, Taking::kCopied>>(producers, "MessageQueue, a mutex"),
      candidate<Ours<MessageRing, Taking::kCopied>>(producers, kCopied),
      candidate<Ours<MessageRing, Taking::kCopied, 0>>(producers, kCopiedAtOnce),
      candidate<Ours<MessageRing, Taking::kInPlace>>(producers, kInPlace),
      candidate<Ours<MessageRing, Taking::kRuns>>(producers, kRuns),
#ifdef FLTLINK_BENCH_BOOST
      peer<BoostQueue>(producers),
#endif
#ifdef FLTLINK_BENCH_TBB
      peer<TbbQueue>(producers),
#endif
#ifdef FLTLINK_BENCH_MOODYCAMEL
      peer<Moodycamel>(producers),
#endif
#ifdef FLTLINK_BENCH_RIGTORP
      peer<Rigtorp>(producers),
#endif
#ifdef FLTLINK_BENCH_ATOMIC_QUEUE
      peer<AtomicQueue2>(producers),
#endif
  };
  const Relation faster = Relation::kTimesAsFast;
  result.comparisons = {
      {kCopied, Seed::kName, faster, producers <= 2 ? 10.0 : 8.0, 8},
      {kCopiedAtOnce, Seed::kName, faster, producers <= 2 ? 0.0 : 4.5, 0},
      {kInPlace, Seed::kName, faster},
      {kRuns, Seed::kName, faster},
      {kCopied, kMoodycamel, faster, producers <= 2 ? 3.0 : 0.0, 0},
      {kCopied, "MessageQueue, a mutex", faster},
  };
  if (producers == 1) {
#ifdef FLTLINK_BENCH_BOOST
    result.candidates.push_back(peer<BoostSpsc>(producers));
#endif
    result.candidates.push_back({kHandOver, run_hand_over});
    result.comparisons.push_back({kRuns, kHandOver, Relation::kTimesAsLong});
  }
  return result;
}

std::vector<Case> cases(bool) { return {make_case(1), make_case(2), make_case(4)}; }

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  return fltlink::bench::run_question(
      argc, argv,
      {.name = "queue_throughput",
       .text = "What does a message of 560 bytes cost from producers to a consumer in another thread?",
       .cases = fltlink::bench::cases});
}
