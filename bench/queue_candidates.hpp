// The queues that are measured beside ours, all behind one interface:
//   bool produce(producer, number)   builds a message and adds it; false when the queue is full
//   size_t poll(Receiver&)           takes what is there without waiting, and checks it; how many messages
//   size_t wait_poll(Receiver&)      the same, and waits a second at most when nothing is there
// Every candidate holds 1000 messages or a little more. Those of other projects take a message by value, which is how they
// are used, and are there when their package is installed.
#pragma once

#include <fltlink/codec/record.hpp>
#include <fltlink/os/os_host.hpp>
#include <fltlink/queue/message_queue.hpp>
#include <fltlink/queue/message_ring.hpp>
#include <fltlink/queue/queue.hpp>

#include <memory>
#include <mutex>

#include "message_work.hpp"
#include "seed_queue.hpp"
#if __has_include(<boost/lockfree/queue.hpp>)
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#define FLTLINK_BENCH_BOOST 1
#endif
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
#include <concurrentqueue/blockingconcurrentqueue.h>
#define FLTLINK_BENCH_MOODYCAMEL 1
#endif
#if __has_include(<tbb/concurrent_queue.h>)
#include <tbb/concurrent_queue.h>
#define FLTLINK_BENCH_TBB 1
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
#include <atomic_queue/atomic_queue.h>
#define FLTLINK_BENCH_ATOMIC_QUEUE 1
#endif
#if __has_include(<rigtorp/MPMCQueue.h>)
#include <rigtorp/MPMCQueue.h>
#define FLTLINK_BENCH_RIGTORP 1
#endif

namespace fltlink::bench {

inline constexpr std::uint32_t kMessagesMax = 1000;
inline constexpr std::uint32_t kCapacity = 1024;  // of queues that want a power of two

class Seed {
 public:
  static constexpr const char* kName = "seed queue";
  bool produce(std::uint64_t producer, std::uint64_t number) {
    Message message;
    build(&message, producer, number);
    return queue_.push(&message, sizeof message);
  }
  std::size_t poll(Receiver& receiver) {
    if (queue_.pop(receiver.buffer) == 0) return 0;
    receiver.check_buffer();
    return 1;
  }
  std::size_t wait_poll(Receiver& receiver) {
    if (const std::size_t taken = poll(receiver)) return taken;
    queue_.wait(host_.now() + kTicksPerSecond);
    return poll(receiver);
  }

 private:
  OsHost host_;
  SeedQueue queue_{host_, kMessagesMax};
};

// How the consumer of one of ours takes messages.
enum class Taking {
  kCopied,   // one at a time, copied into its buffer, as a service's are
  kInPlace,  // one at a time, read where it lies
  kRuns,     // up to 64 at a time, read where they lie, as the driver's worker sends a batch
};

template <typename Q, Taking kTaking, std::uint32_t kPolls = QueueOptions{}.polls_before_park>
class Ours {
 public:
  Ours() {
    queue_.open(host_, {memory_->bytes, sizeof memory_->bytes},
                {.messages_max = kMessagesMax + 250,
                 .critical_messages = 250,
                 .critical_size = 256 * 1024,
                 .polls_before_park = kPolls});
  }
  // Not inlined, and neither are poll() and wait_poll(): a driver's callbacks are not either.
  [[gnu::noinline]] bool produce(std::uint64_t producer, std::uint64_t number) {
    Reservation reservation;
    if (queue_.reserve(MessageClass::kTelemetry, sizeof(Message), reservation) != EnqueueOutcome::kAccepted)
      return false;
    build(reservation.message.data(), producer, number);
    queue_.commit(reservation);
    return true;
  }
  std::size_t poll(Receiver& receiver) { return take(receiver, false); }
  std::size_t wait_poll(Receiver& receiver) { return take(receiver, true); }
  void close() { queue_.close(CloseMode::kDrain); }

 private:
  struct alignas(64) Memory {
    std::uint8_t bytes[(1024 + 256) * 1024];
  };

  [[gnu::noinline]] std::size_t take(Receiver& receiver, bool wait) {
    if constexpr (kTaking == Taking::kRuns) {
      RunView run;
      const RunLimits limits = {.messages_max = 64};
      const PeekOutcome outcome =
          wait ? queue_.peek_run(run, limits, kForever) : queue_.try_peek_run(run, limits);
      if (outcome != PeekOutcome::kMessage) return 0;
      for (RecordReader reader(run.bytes); !reader.at_end();) {
        const auto record = reader.next();
        if (!record.ok()) break;
        if (!record->skip) receiver.check(record->message.data());
      }
      queue_.release();
      return run.messages;
    } else {
      MessageView view;
      const PeekOutcome outcome = wait ? queue_.peek(view, kForever) : queue_.try_peek(view);
      if (outcome != PeekOutcome::kMessage) return 0;
      if constexpr (kTaking == Taking::kCopied) {
        std::memcpy(receiver.buffer, view.message.data(), view.message.size());
        queue_.release();
        receiver.check_buffer();
      } else {
        receiver.check(view.message.data());
        queue_.release();
      }
      return 1;
    }
  }

  OsHost host_;
  std::unique_ptr<Memory> memory_ = std::make_unique<Memory>();
  Q queue_;
};

// A consumer that parks, for queues that have none. The queue's own push and pop order the messages.
template <typename Self>
class Parking {
 public:
  bool produce(std::uint64_t producer, std::uint64_t number) {
    Message message;
    build(&message, producer, number);
    if (!static_cast<Self*>(this)->push(message)) return false;
    doorbell_.ring();
    return true;
  }
  std::size_t poll(Receiver& receiver) {
    if (!static_cast<Self*>(this)->pop(*reinterpret_cast<Message*>(receiver.buffer))) return 0;
    receiver.check_buffer();
    return 1;
  }
  std::size_t wait_poll(Receiver& receiver) {
    const auto attempt = [&] { return poll(receiver) != 0 ? PeekOutcome::kMessage : PeekOutcome::kEmpty; };
    return doorbell_.wait(host_.now() + kTicksPerSecond, attempt) == PeekOutcome::kMessage ? 1 : 0;
  }

 protected:
  explicit Parking(std::uint32_t polls = 16) { doorbell_.open(host_, polls); }

 private:
  // The doorbell wants what came before it ordered by a sequentially consistent store, which these queues do not promise: a
  // fence stands in for it.
  struct FencedDoorbell : Doorbell {
    void ring() {
      __atomic_thread_fence(__ATOMIC_SEQ_CST);
      Doorbell::ring();
    }
  };
  OsHost host_;
  FencedDoorbell doorbell_;
};

#ifdef FLTLINK_BENCH_BOOST
class BoostQueue : public Parking<BoostQueue> {
 public:
  static constexpr const char* kName = "boost::lockfree::queue";
  bool push(const Message& message) { return queue_.bounded_push(message); }
  bool pop(Message& message) { return queue_.pop(message); }

 private:
  boost::lockfree::queue<Message, boost::lockfree::capacity<kCapacity>> queue_;
};

class BoostSpsc : public Parking<BoostSpsc> {
 public:
  static constexpr const char* kName = "boost::lockfree::spsc_queue (one producer only)";
  bool push(const Message& message) { return queue_.push(message); }
  bool pop(Message& message) { return queue_.pop(message); }

 private:
  boost::lockfree::spsc_queue<Message, boost::lockfree::capacity<kCapacity>> queue_;
};
#endif

#ifdef FLTLINK_BENCH_TBB
class TbbQueue {
 public:
  static constexpr const char* kName = "tbb::concurrent_bounded_queue (waits without a timeout)";
  TbbQueue() { queue_.set_capacity(kMessagesMax); }
  bool produce(std::uint64_t producer, std::uint64_t number) {
    Message message;
    build(&message, producer, number);
    return queue_.try_push(message);
  }
  std::size_t poll(Receiver& receiver) {
    if (!queue_.try_pop(*reinterpret_cast<Message*>(receiver.buffer))) return 0;
    receiver.check_buffer();
    return 1;
  }
  std::size_t wait_poll(Receiver& receiver) {
    queue_.pop(*reinterpret_cast<Message*>(receiver.buffer));
    receiver.check_buffer();
    return 1;
  }

 private:
  tbb::concurrent_bounded_queue<Message> queue_;
};
#endif

#ifdef FLTLINK_BENCH_MOODYCAMEL
class Moodycamel {
 public:
  static constexpr const char* kName = "moodycamel::BlockingConcurrentQueue (its bound is approximate)";
  bool produce(std::uint64_t producer, std::uint64_t number) {
    Message message;
    build(&message, producer, number);
    return queue_.try_enqueue(message);
  }
  std::size_t poll(Receiver& receiver) {
    if (!queue_.try_dequeue(token_, *reinterpret_cast<Message*>(receiver.buffer))) return 0;
    receiver.check_buffer();
    return 1;
  }
  std::size_t wait_poll(Receiver& receiver) {
    if (!queue_.wait_dequeue_timed(token_, *reinterpret_cast<Message*>(receiver.buffer), 1'000'000)) return 0;
    receiver.check_buffer();
    return 1;
  }

 private:
  moodycamel::BlockingConcurrentQueue<Message> queue_{kCapacity, kProducersMax, 0};
  moodycamel::ConsumerToken token_{queue_};
};
#endif

#ifdef FLTLINK_BENCH_RIGTORP
class Rigtorp : public Parking<Rigtorp> {
 public:
  static constexpr const char* kName = "rigtorp::MPMCQueue";
  bool push(const Message& message) { return queue_.try_push(message); }
  bool pop(Message& message) { return queue_.try_pop(message); }

 private:
  rigtorp::MPMCQueue<Message> queue_{kCapacity};
};
#endif

#ifdef FLTLINK_BENCH_ATOMIC_QUEUE
class AtomicQueue2 : public Parking<AtomicQueue2> {
 public:
  static constexpr const char* kName = "atomic_queue::AtomicQueue2";
  bool push(const Message& message) { return queue_.try_push(message); }
  bool pop(Message& message) { return queue_.try_pop(message); }

 private:
  atomic_queue::AtomicQueue2<Message, kCapacity> queue_;
};
#endif

}  // namespace fltlink::bench
