// What a message costs from producer to consumer. The work is the same everywhere: build a 560-byte message
// (number, path, end mark), hand it over, check number and end mark, touch every byte. The consumer blocks
// when it finds nothing. A producer that finds the queue full tries again until it is not.
#include <sched.h>
#include <fltlink/os/os_host.hpp>
#include <fltlink/queue/message_queue.hpp>
#include <fltlink/queue/message_ring.hpp>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "bench.hpp"
#include "seed_queue.hpp"

namespace fltlink::bench {
namespace {

constexpr std::uint32_t kMessagesMax = 1000;
constexpr std::uint32_t kProducersMax = 4;
constexpr std::uint32_t kBurst = 64;  // messages in a row when one thread plays both sides
constexpr std::uint32_t kLanes = 5;   // independent sums; 7 steps of 80 bytes make a message
using Words [[gnu::vector_size(16)]] = std::uint64_t;
constexpr char16_t kPath[] =
    u"\\Device\\HarddiskVolume3\\Users\\someone\\Documents\\Reports\\annual report.docx";

struct Message {
  std::uint64_t producer;
  std::uint64_t number;
  char16_t path[260];
  std::uint64_t unused[2];
  std::uint64_t end_mark;
};
static_assert(sizeof(Message) == FLTLINK_DRIVER_MESSAGE_SIZE);

void build(Message& message, std::uint64_t producer, std::uint64_t number) {
  std::memset(&message, 0, sizeof message);
  message.producer = producer;
  message.number = number;
  std::memcpy(message.path, kPath, sizeof kPath);
  message.end_mark = ~number;
}

// Checks what arrives.
struct Receiver {
  std::uint64_t next[kProducersMax] = {};
  std::uint64_t received = 0;
  std::uint64_t errors = 0;
  std::uint64_t sum = 0;
  alignas(64) std::uint8_t buffer[4096];

  // Reads every byte as cheaply as the processor can, so that the hand-over is what is left to measure.
  void touch(const std::uint8_t* bytes) {
    Words totals[kLanes] = {};
    for (std::size_t at = 0; at < sizeof(Message); at += sizeof totals) {
      Words words[kLanes];
      std::memcpy(words, bytes + at, sizeof words);
      for (std::uint32_t lane = 0; lane < kLanes; ++lane) totals[lane] += words[lane];
    }
    for (const Words& total : totals) sum += total[0] + total[1];
  }

  void check(const void* bytes) {
    const auto& message = *static_cast<const Message*>(bytes);
    touch(static_cast<const std::uint8_t*>(bytes));
    const bool right = message.producer < kProducersMax && message.number == next[message.producer]++ &&
                       message.end_mark == ~message.number;
    if (!right) ++errors;
    ++received;
  }
};

// ---- candidates: produce() returns false when the queue is full; consume() takes one message, or returns false
// because none came; close() says that none will.

class Seed {
 public:
  bool produce(std::uint64_t producer, std::uint64_t number) {
    Message message;
    build(message, producer, number);
    return queue_.push(&message, sizeof message);
  }
  bool consume(Receiver& receiver) {
    if (queue_.pop(receiver.buffer) == 0) {
      queue_.wait(host_.now() + kTicksPerSecond);
      if (queue_.pop(receiver.buffer) == 0) return false;
    }
    receiver.check(receiver.buffer);
    return true;
  }
  // The seed's queue knows no end: its consumer comes back from its wait.
  void close() {}

 private:
  OsHost host_;
  SeedQueue queue_{host_, kMessagesMax};
};

template <typename Q, bool kCopies>
class Ours {
 public:
  Ours() {
    queue_.open(host_, {memory_->bytes, sizeof memory_->bytes},
                {.messages_max = kMessagesMax + 250, .critical_messages = 250, .critical_size = 256 * 1024});
  }
  bool produce(std::uint64_t producer, std::uint64_t number) {
    Reservation reservation;
    if (queue_.reserve(MessageClass::kTelemetry, sizeof(Message), reservation) != EnqueueOutcome::kAccepted)
      return false;
    build(*reinterpret_cast<Message*>(reservation.message.data()), producer, number);
    queue_.commit(reservation);
    return true;
  }
  bool consume(Receiver& receiver) {
    MessageView view;
    if (queue_.peek(view, kForever) != PeekOutcome::kMessage) return false;
    if constexpr (kCopies) {
      std::memcpy(receiver.buffer, view.message.data(), view.message.size());
      queue_.release();
      receiver.check(receiver.buffer);
    } else {
      receiver.check(view.message.data());
      queue_.release();
    }
    return true;
  }
  void close() { queue_.close(CloseMode::kDrain); }

 private:
  struct alignas(64) Memory {
    std::uint8_t bytes[(1024 + 256) * 1024];
  };
  OsHost host_;
  std::unique_ptr<Memory> memory_ = std::make_unique<Memory>();
  Q queue_;
};

// ---- one run

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

template <typename Candidate>
void produce_all(Candidate& candidate, std::uint64_t producer, std::uint64_t count) {
  for (std::uint64_t number = 0; number < count; ++number) {
    while (!candidate.produce(producer, number)) sched_yield();
  }
}

struct Figure {
  double ns_per_message;
  bool right;
};

template <typename Candidate>
Figure run_alone(std::uint64_t messages) {
  const auto candidate = std::make_unique<Candidate>();
  const auto receiver = std::make_unique<Receiver>();
  const double start = now_ns();
  for (std::uint64_t number = 0; number < messages;) {
    for (std::uint32_t i = 0; i < kBurst; ++i) static_cast<void>(candidate->produce(0, number++));
    for (std::uint32_t i = 0; i < kBurst; ++i) static_cast<void>(candidate->consume(*receiver));
  }
  return {(now_ns() - start) / static_cast<double>(receiver->received),
          receiver->errors == 0 && receiver->received >= messages};
}

// One producer and the consumer get a processor each; more producers are the scheduler's.
template <typename Candidate>
Figure run_threads(std::uint32_t producers, std::uint64_t messages) {
  const auto candidate = std::make_unique<Candidate>();
  const auto receiver = std::make_unique<Receiver>();
  const std::uint64_t each = messages / producers;
  const bool pinned = producers == 1 && std::thread::hardware_concurrency() >= 2;
  double took = 0;
  std::atomic<bool> produced = false;
  std::thread consumer([&] {
    if (pinned) pin(0);
    const double start = now_ns();
    while (receiver->received < each * producers) {
      // Messages that were lost do not keep it waiting: all are there, and none comes.
      const bool all_are_there = produced;
      if (!candidate->consume(*receiver) && all_are_there) break;
    }
    took = now_ns() - start;
  });
  std::vector<std::thread> threads;
  for (std::uint32_t producer = 0; producer < producers; ++producer) {
    threads.emplace_back([&, producer] {
      if (pinned) pin(1);
      produce_all(*candidate, producer, each);
    });
  }
  for (std::thread& thread : threads) thread.join();
  produced = true;
  candidate->close();
  consumer.join();
  return {took / static_cast<double>(receiver->received),
          receiver->errors == 0 && receiver->received == each * producers};
}

// ---- the table

struct Candidate {
  const char* name;
  Figure (*alone)(std::uint64_t messages);
  Figure (*threads)(std::uint32_t producers, std::uint64_t messages);
};

template <typename T>
constexpr Candidate candidate(const char* name) {
  return {name, &run_alone<T>, &run_threads<T>};
}

constexpr Candidate kCandidates[] = {
    candidate<Seed>("seed queue"),
    candidate<Ours<MessageQueue<std::mutex>, true>>("MessageQueue, copied out"),
    candidate<Ours<MessageRing, true>>("MessageRing, copied out"),
    candidate<Ours<MessageRing, false>>("MessageRing, read in place"),
};

struct Row {
  std::vector<double> nanoseconds;
  std::vector<double> ratios;  // how many times faster than the seed queue of the same round
};

// `producers` 0: one thread plays both sides.
bool measure(std::uint32_t producers, const Effort& effort) {
  Row rows[std::size(kCandidates)];
  for (int round = 0; round < effort.rounds; ++round) {
    double seed = 0;
    for (std::size_t i = 0; i < std::size(kCandidates); ++i) {
      const Figure figure = producers == 0 ? kCandidates[i].alone(effort.operations)
                                           : kCandidates[i].threads(producers, effort.operations);
      if (!figure.right) {
        std::printf("  %s lost or changed a message\n", kCandidates[i].name);
        return false;
      }
      if (i == 0) seed = figure.ns_per_message;
      rows[i].nanoseconds.push_back(figure.ns_per_message);
      rows[i].ratios.push_back(seed / figure.ns_per_message);
    }
  }
  std::printf("  %s\n", producers == 0 ? "one thread" : (std::to_string(producers) + " producer(s)").c_str());
  for (std::size_t i = 0; i < std::size(kCandidates); ++i) {
    std::vector<double>& ratios = rows[i].ratios;
    std::sort(ratios.begin(), ratios.end());
    std::printf("    %-28s %8.1f ns   x %5.2f  (%.2f .. %.2f)\n", kCandidates[i].name,
                median(rows[i].nanoseconds), median(ratios), ratios.front(), ratios.back());
  }
  return true;
}

}  // namespace

bool queue_throughput(const Effort& effort) {
  std::printf("  median of %d rounds; x: times as fast as the seed queue in the same round (least .. most)\n",
              effort.rounds);
  for (const std::uint32_t producers : {0u, 1u, 2u, 4u}) {
    if (!measure(producers, effort)) return false;
  }
  return true;
}

}  // namespace fltlink::bench
