// Doorbell: how a consumer waits for its producers. It parks only when it has found nothing to do, and a
// producer calls the host only when the consumer is parked: adding to a queue whose consumer is awake makes
// no system call, and one park costs at most one wake.
//
// Why no wake is lost. A producer first publishes its message and then loads `parked_`; the consumer first
// stores `parked_` and then looks for messages. All four are sequentially consistent (or, in MessageQueue,
// the two accesses to the message are ordered by its lock), so at least one side sees the other: the consumer
// finds the message, or the producer finds the consumer parked. A consumer that is parked for more (kForMore) has said before
// that how much it wants; producers that see it parked see this too.
#pragma once

#include <stdint.h>

#include <fltlink/base/atomic.hpp>
#include <fltlink/base/host.hpp>
#include <fltlink/queue/outcome.hpp>

namespace fltlink {

class Doorbell {
 public:
  // What the consumer is parked for. One that has something already, and waits so that more can join it, is to be left
  // alone by what only joins; when that is enough is the queue's to say.
  enum class Sleep : uint32_t {
    kNone,
    kForAnything,
    kForMore,
  };

  // No other thread uses the doorbell.
  void open(Host& host, uint32_t polls_before_park) {
    host_ = &host;
    polls_before_park_ = polls_before_park;
    parked_.store(Sleep::kNone, MemoryOrder::kRelaxed);
  }

  // Any thread, after it has made something ready with a sequentially consistent store. Never blocks.
  [[nodiscard]] Sleep sleep() const {
    // SYNC POINT PARK: pairs with the store in wait().
    return parked_.load(MemoryOrder::kSeqCst);
  }
  void ring() {
    if (sleep() != Sleep::kNone) wake();
  }

  // The consumer: calls `attempt` until it returns something else than kEmpty or `deadline` has passed.
  template <typename Attempt>
  PeekOutcome wait(Ticks deadline, Attempt attempt, Sleep sleep = Sleep::kForAnything);

 private:
  static constexpr int kPausesPerPoll = 64;

  void wake() {
    // Of many producers one takes the park's only wake. A wake that comes after the consumer has gone on
    // makes its next park return at once; wait() looks again then.
    if (parked_.exchange(Sleep::kNone, MemoryOrder::kAcqRel) != Sleep::kNone) host_->wake(spot_);
  }

  template <typename Attempt>
  PeekOutcome poll(Attempt& attempt);

  Host* host_ = nullptr;
  uint32_t polls_before_park_ = 0;
  ParkingSpot spot_;
  alignas(64) Atomic<Sleep> parked_{Sleep::kNone};
};

template <typename Attempt>
PeekOutcome Doorbell::poll(Attempt& attempt) {
  PeekOutcome outcome = attempt();
  for (uint32_t poll = 0; outcome == PeekOutcome::kEmpty && poll < polls_before_park_; ++poll) {
    for (int pause = 0; pause < kPausesPerPoll; ++pause) host_->relax();
    outcome = attempt();
  }
  return outcome;
}

template <typename Attempt>
PeekOutcome Doorbell::wait(Ticks deadline, Attempt attempt, Sleep sleep) {
  PeekOutcome outcome = poll(attempt);
  while (outcome == PeekOutcome::kEmpty) {
    // SYNC POINT PARK: pairs with the load in ring().
    parked_.store(sleep, MemoryOrder::kSeqCst);
    outcome = attempt();
    if (outcome != PeekOutcome::kEmpty) break;
    const ParkOutcome parked = host_->park(spot_, deadline);
    outcome = attempt();
    // Wakes for what is no answer to this attempt may go on coming.
    if (parked == ParkOutcome::kTimedOut || (deadline != kForever && host_->now() >= deadline)) break;
  }
  parked_.store(Sleep::kNone, MemoryOrder::kRelaxed);
  return outcome;
}

}  // namespace fltlink
