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
#include "sched/stack.hpp"

namespace fltsim::sched {

// Which processor a carrier runs on. Handing a baton to a thread on the same processor costs about a
// microsecond; on another one it costs an interrupt and a wake-up from idle, ten times as much on a virtual
// machine.
inline constexpr int kAnyProcessor = -1;  // whichever the process may use
int current_processor();

class Carrier {
 public:
  using Job = void (*)(Carrier& self, void* context);

  // Runs job(context) on a thread of the pool, or on a new one. `name` is what a debugger shows. Any thread.
  static void start(const std::string& name, int processor, Job job, void* context);

  // Gives the carrier back. The job calls it on itself as its last act before it lets anybody else go on, so
  // that the pool never grows because of a thread that is only just ending. What is started here next begins
  // after the return.
  void release();

  // For the job: wait until somebody lets this thread go on.
  Baton& baton() { return baton_; }

  // Moves the thread to `processor`; where the system refuses, it stays where it may be. For whoever is about
  // to post the baton.
  void move_to(int processor);

  // Lets a thread that cannot be stopped run only where nobody else wants to.
  void push_aside();

  // Where its thread is, while the job runs.
  Stack stack() const { return stack_of(thread_); }

  // Processor time that this thread has used so far. Any thread.
  std::chrono::nanoseconds processor_time() const;

 private:
  static constexpr int kUnknownProcessor = -2;  // inherited from the thread that created it

  Carrier() = default;
  static Carrier& take_idle_or_new();
  static void* thread_main(void* carrier);
  void serve();

  // Written while the carrier is idle, read by its thread after the baton was posted.
  Job job_ = nullptr;
  void* context_ = nullptr;
  char name_[16] = {};
  int processor_ = kUnknownProcessor;

  Baton baton_;
  pthread_t thread_{};
  clockid_t processor_clock_{};
};

}  // namespace fltsim::sched
