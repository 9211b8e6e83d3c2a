// FakeHost: a Host with virtual time, on which exactly one thread runs at a time. The test's own thread is
// one of them: it starts out running and gives way when it parks, joins, or calls settle() or advance(). Time
// stands still while anybody can run, and jumps to the next deadline when all wait.
//
// Seed 0 runs threads in the order in which they became ready. Any other seed draws the next one, also at
// every wake() and relax(), and replays. Threads whose deadlines are equal become ready together.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <fltlink/base/host.hpp>
#include <fltlink/os/assert.hpp>

namespace fltlink {

class FakeHost final : public Host {
 public:
  explicit FakeHost(uint64_t seed = 0) : random_(seed) {
    threads_.push_back(std::make_unique<Thread>("test"));
    current_ = threads_.front().get();
  }
  // REQUIRES: every spawned thread has been joined.
  ~FakeHost() { FLTLINK_ASSERT(live_ == 0); }

  Ticks now() override { return now_; }

  ParkOutcome park(ParkingSpot& spot, Ticks deadline) override {
    if (spot.state.exchange(kIdle, MemoryOrder::kRelaxed) == kWakePending) return ParkOutcome::kWoken;
    if (deadline <= now_) return ParkOutcome::kTimedOut;
    current_->spot = &spot;
    current_->deadline = deadline;
    give_way();
    return current_->woken ? ParkOutcome::kWoken : ParkOutcome::kTimedOut;
  }

  void wake(ParkingSpot& spot) override {
    const auto parked = std::find_if(threads_.begin(), threads_.end(),
                                     [&spot](const auto& thread) { return thread->spot == &spot; });
    if (parked == threads_.end()) {
      spot.state.store(kWakePending, MemoryOrder::kRelaxed);
    } else {
      make_ready(**parked, true);
    }
    relax();
  }

  void relax() override {
    if (random_ == 0) return;
    ready_.push_back(current_);
    give_way();
  }

  void* spawn(const char* name, Entry entry, void* context) override {
    if (spawns_left == 0) return nullptr;
    --spawns_left;
    Thread& thread = *threads_.emplace_back(std::make_unique<Thread>(name));
    ++live_;
    thread.os = std::thread([this, &thread, entry, context] {
      thread.baton.acquire();
      entry(context);
      end(thread);
    });
    ready_.push_back(&thread);
    return &thread;
  }

  void join(void* token) override {
    auto& thread = *static_cast<Thread*>(token);
    if (!thread.ended) {
      thread.joiner = current_;
      give_way();
    }
    thread.os.join();
    --live_;
  }

  // Runs the other threads until all of them wait. Time stands still.
  void settle() { advance(0); }

  // Lets `duration` pass: every deadline in it comes due, in order.
  void advance(Ticks duration) {
    FLTLINK_ASSERT(current_ == threads_.front().get());
    watching_until_ = now_ + duration;
    give_way();
  }

  // Behind that many more, spawn() has no thread to give.
  size_t spawns_left = SIZE_MAX;

 private:
  static constexpr uint32_t kIdle = 0;
  static constexpr uint32_t kWakePending = 1;

  struct Thread {
    explicit Thread(const char* thread_name) : name(thread_name) {}
    std::string name;
    std::thread os;
    std::binary_semaphore baton{0};
    ParkingSpot* spot = nullptr;  // where it is parked
    Ticks deadline = kForever;
    bool woken = false;
    bool ended = false;
    Thread* joiner = nullptr;
  };

  void make_ready(Thread& thread, bool woken) {
    thread.spot = nullptr;
    thread.woken = woken;
    ready_.push_back(&thread);
  }

  void end(Thread& thread) {
    thread.ended = true;
    if (thread.joiner != nullptr) ready_.push_back(thread.joiner);
    current_ = &next();
    current_->baton.release();
  }

  // Hands the baton on; returns when the calling thread has it again.
  void give_way() {
    Thread& self = *current_;
    Thread& chosen = next();
    if (&chosen == &self) return;
    current_ = &chosen;
    chosen.baton.release();
    self.baton.acquire();
  }

  Thread& next() {
    while (ready_.empty()) pass_time();
    size_t index = 0;
    if (random_ != 0) {
      random_ ^= random_ << 13;
      random_ ^= random_ >> 7;
      random_ ^= random_ << 17;
      index = random_ % ready_.size();
    }
    Thread& chosen = *ready_[index];
    ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(index));
    return chosen;
  }

  // Nobody can run: the next deadline comes due, or the test that watches gets its turn.
  void pass_time() {
    Thread* due = nullptr;
    for (const auto& thread : threads_) {
      if (thread->spot != nullptr && thread->deadline != kForever &&
          (due == nullptr || thread->deadline < due->deadline)) {
        due = thread.get();
      }
    }
    if (due != nullptr && due->deadline <= watching_until_) {
      const Ticks deadline = due->deadline;
      now_ = std::max(now_, deadline);
      for (const auto& thread : threads_) {
        if (thread->spot != nullptr && thread->deadline == deadline) make_ready(*thread, false);
      }
      return;
    }
    if (watching_until_ == kForever) fail_deadlocked();
    now_ = watching_until_;
    watching_until_ = kForever;
    ready_.push_back(threads_.front().get());
  }

  [[noreturn]] void fail_deadlocked() const {
    std::fprintf(stderr, "FakeHost: everybody waits for ever\n");
    for (const auto& thread : threads_) {
      if (!thread->ended) {
        std::fprintf(stderr, "  %s%s\n", thread->name.c_str(), thread->spot != nullptr ? " (parked)" : "");
      }
    }
    std::abort();
  }

  Ticks now_ = 1'000 * kTicksPerSecond;
  uint64_t random_;
  Ticks watching_until_ = kForever;  // not kForever: the test waits for this moment in advance()
  std::vector<std::unique_ptr<Thread>> threads_;
  std::deque<Thread*> ready_;
  Thread* current_;
  size_t live_ = 0;
};

}  // namespace fltlink
