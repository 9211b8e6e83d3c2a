// How long a producer is kept by one message, which is what a callback pays: while the consumer is awake, and when it is
// parked and has to be woken. Percentiles matter here, and a clock read costs as much as building a message, so each
// sample times one message and what reading the clock costs is taken off. The time that a parked consumer needs to wake up is
// the host's and not in it.
#include <atomic>
#include <cstdlib>
#include <thread>

#include "harness.hpp"
#include "queue_candidates.hpp"

namespace fltlink::bench {
namespace {

// What two reads of the clock in a row differ by, mostly.
double clock_cost() {
  std::vector<double> differences(1001);
  for (double& difference : differences) {
    const double start = now_ns();
    difference = now_ns() - start;
  }
  return median(differences);
}

enum class Consumer {
  kAwake,   // always looking; the producer waits until it has everything before the next message
  kParked,  // has had time to park
};

// The time until produce() has returned: the median of single messages.
template <typename Queue>
Sample run(Consumer state, std::uint64_t messages) {
  const auto queue = std::make_unique<Queue>();
  const auto receiver = std::make_unique<Receiver>();
  std::atomic<std::uint64_t> taken = 0;
  std::atomic<bool> all_are_in = false;
  std::thread consumer([&] {
    pin_to(0);
    while (taken < messages) {
      const bool last_chance = all_are_in;
      const std::size_t now =
          state == Consumer::kAwake ? queue->poll(*receiver) : queue->wait_poll(*receiver);
      if (now == 0 && last_chance) break;
      taken += now;
    }
  });
  std::vector<double> samples;
  std::thread producer([&] {
    pin_to(1);
    const double cost = clock_cost();
    for (std::uint64_t number = 0; number < messages; ++number) {
      // A parked consumer has looked a few times, some microseconds apart, before it parked.
      const double pause = state == Consumer::kAwake ? 1'000 : 200'000;
      for (const double start = now_ns(); now_ns() - start < pause;) __builtin_ia32_pause();
      const double start = now_ns();
      if (!queue->produce(0, number)) std::abort();
      samples.push_back(now_ns() - start - cost);
      while (taken <= number) __builtin_ia32_pause();
    }
  });
  producer.join();
  all_are_in = true;
  if constexpr (requires { queue->close(); }) queue->close();
  consumer.join();
  return {std::max(1.0, median(samples)), receiver->received_all(messages)};
}

// The floor: the message built where nobody looks at it.
Sample run_build(std::uint64_t messages) {
  const auto message = std::make_unique<Message>();
  const double cost = clock_cost();
  std::vector<double> samples;
  for (std::uint64_t number = 0; number < messages; ++number) {
    const double start = now_ns();
    build(message.get(), 0, number);
    samples.push_back(now_ns() - start - cost);
  }
  return {std::max(1.0, median(samples)), true};
}

template <typename Queue>
Candidate candidate(Consumer state, const char* name, bool foreign = false) {
  return {.name = name,
          .run = [=](std::uint64_t messages) { return run<Queue>(state, messages); },
          .foreign = foreign};
}

constexpr const char* kRing = "MessageRing";

Case make_case(Consumer state, const char* name, std::uint64_t messages) {
  Case result{
      .name = name, .operations = messages, .candidates = {}, .comparisons = {}, .crosses_processors = true};
  result.candidates = {
      candidate<Ours<MessageRing, Taking::kCopied>>(state, kRing),
      candidate<Ours<MessageQueue<std::mutex>, Taking::kCopied>>(state, "MessageQueue, a mutex"),
      candidate<Seed>(state, Seed::kName),
      {.name = "limit: build the message", .run = run_build},
#ifdef FLTLINK_BENCH_MOODYCAMEL
      candidate<Moodycamel>(state, "moodycamel::BlockingConcurrentQueue", true),
#endif
  };
  result.comparisons = {{kRing, Seed::kName},
                        {kRing, "moodycamel::BlockingConcurrentQueue"},
                        {kRing, "limit: build the message", Relation::kTimesAsLong}};
  return result;
}

std::vector<Case> cases(bool) {
  return {make_case(Consumer::kAwake, "consumer awake", 20'000),
          make_case(Consumer::kParked, "consumer parked", 500)};
}

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  return fltlink::bench::run_question(argc, argv,
                                      {.name = "enqueue_latency",
                                       .text = "How long does one message keep its producer?",
                                       .cases = fltlink::bench::cases});
}
