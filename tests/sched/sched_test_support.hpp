// Verbs that the tests of the schedulers share.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>

#include "sched/scheduler.hpp"
#include "support/scale.hpp"

namespace fltsim::sched {

// Names for GoogleTest's output.
inline std::ostream& operator<<(std::ostream& out, RunResult result) {
  constexpr const char* kNames[] = {"kDone", "kDeadlock", "kNotSettling", "kWatchdog"};
  return out << kNames[static_cast<int>(result)];
}

inline std::unique_ptr<Scheduler> make_seeded(std::uint64_t seed = 1) {
  return Scheduler::create({.seeded = true, .seed = seed});
}

using fltlink::test::scaled;

inline auto os_thread_count() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

inline const WaitReason& test_wait() {
  static const WaitReason& reason = *new WaitReason{"test", "wait", nullptr};
  return reason;
}

// An event that stays signalled: what code on the scheduler waits with, in its smallest form.
class Flag {
 public:
  explicit Flag(Scheduler& scheduler) : scheduler_(scheduler) {}

  void set() {
    Thread* waiter;
    {
      std::lock_guard lock(mutex_);
      set_ = true;
      waiter = std::exchange(waiter_, nullptr);
    }
    if (waiter != nullptr) scheduler_.unpark(*waiter);
  }

  // False: the deadline passed first. One waiter at a time.
  bool wait(Ticks deadline = kForever) {
    for (;;) {
      {
        std::lock_guard lock(mutex_);
        if (set_) return true;
        waiter_ = Scheduler::current_thread();
      }
      if (scheduler_.park(deadline, {"flag", "", nullptr}) == ParkResult::kDeadline) return is_set();
    }
  }

  bool is_set() {
    std::lock_guard lock(mutex_);
    return set_;
  }

 private:
  Scheduler& scheduler_;
  std::mutex mutex_;
  bool set_ = false;
  Thread* waiter_ = nullptr;
};

}  // namespace fltsim::sched
