// System worker threads: routines that run later, at PASSIVE_LEVEL, in the system process. A worker is
// started when work is queued and none is idle, up to a limit; beyond it work waits, first in, first out.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

#include "nt/object.hpp"

namespace fltsim::nt {

class Thread;

class WorkQueue {
 public:
  static constexpr std::size_t kWorkersMax = 16;

  explicit WorkQueue(System& system) : system_(system) {}
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // Any simulated thread, any IRQL up to DISPATCH_LEVEL.
  void queue(std::function<void(Thread&)> work);

  // The end of the machine: workers leave when nothing is queued.
  void close();

  // How many routines are queued or running.
  std::size_t pending() const;

 private:
  void run(Thread& worker);

  System& system_;
  mutable std::mutex mutex_;
  std::deque<std::function<void(Thread&)>> queue_;
  std::deque<DispatcherHeader*> idle_;  // one event per idle worker
  std::size_t workers_ = 0;
  std::size_t running_ = 0;
  bool closing_ = false;
};

}  // namespace fltsim::nt
