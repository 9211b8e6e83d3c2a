#include "sched/timekeeper.hpp"

namespace fltsim::sched {

void Timekeeper::call(Ticks deadline) {
  Ticks next = next_.load();
  do {
    if (next <= deadline) return;
  } while (!next_.compare_exchange_weak(next, deadline));
  if (!started_.load()) start();
  calls_.fetch_add(1);
  futex_wake(calls_);
}

void Timekeeper::start() {
  const std::lock_guard lock(mutex_);
  if (stopping_.load() || started_.load()) return;
  Carrier::start("timekeeper", kAnyProcessor, &Timekeeper::carry, this);
  started_.store(true);
}

void Timekeeper::carry(Carrier& carrier, void* timekeeper) {
  auto& self = *static_cast<Timekeeper*>(timekeeper);
  self.keep_time();
  carrier.release();
  self.gone_.post();
}

void Timekeeper::keep_time() {
  while (!stopping_.load()) {
    const std::uint32_t calls = calls_.load();
    next_.store(kForever);
    const Ticks earliest = expire_();
    Ticks next = next_.load();
    while (earliest < next && !next_.compare_exchange_weak(next, earliest)) {
    }
    static_cast<void>(futex_wait(calls_, calls, to_monotonic_(earliest)));
  }
}

void Timekeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_.exchange(true) || !started_.load()) return;
  }
  calls_.fetch_add(1);
  futex_wake(calls_);
  gone_.wait();
}

}  // namespace fltsim::sched
