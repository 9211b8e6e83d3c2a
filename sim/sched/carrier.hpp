// The operating-system threads on which simulated threads run: one process-wide pool, so that a spawn costs a
// hand-off and not a clone, and a thousand machines one after the other need no more threads than one.
//
// A carrier is never destroyed. One whose simulated thread was abandoned never comes back to the pool: it
// stays blocked, with its stack, until the process ends.
#pragma once

#include <pthread.h>

#include <chrono>
#include <string>

#include "sched/baton.hpp"

namespace fltsim::sched {

class Carrier {
 public:
  using Job = void (*)(Carrier& self, void* context);

  // Runs job(context) on a thread of the pool, or on a new one. `name` is what a debugger shows. Any thread.
  static void start(const std::string& name, Job job, void* context);

  // Gives the carrier back. The job calls it on itself as its last act before it lets anybody else go on, so
  // that the pool never grows because of a thread that is only just ending. What is started here next begins
  // after the return.
  void release();

  // For the job: wait until somebody lets this thread go on.
  Baton& baton() { return baton_; }

  // Processor time that this thread has used so far. Any thread.
  std::chrono::nanoseconds processor_time() const;

 private:
  Carrier() = default;
  static Carrier& take_idle_or_new();
  static void* thread_main(void* carrier);
  void serve();

  // Written by start() while the carrier is idle, read by its thread after the baton was posted.
  Job job_ = nullptr;
  void* context_ = nullptr;
  char name_[16] = {};

  Baton baton_;
  clockid_t processor_clock_{};
};

}  // namespace fltsim::sched
