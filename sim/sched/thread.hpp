// What both schedulers know about a simulated thread. Internal to sched/.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "sched/carrier.hpp"
#include "sched/scheduler.hpp"

namespace fltsim::sched {

class Thread {
 public:
  Thread(Scheduler& owner, std::uint32_t number, std::string thread_name, void* user_pointer,
         std::function<void()> entry_point)
      : scheduler(owner),
        id(number),
        name(std::move(thread_name)),
        user(user_pointer),
        entry(std::move(entry_point)) {}

  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Calls the entry and destroys what it holds, with this thread as the current one. An exception that
  // escapes ends the program with the thread's name.
  void run_entry();

  Scheduler& scheduler;
  const std::uint32_t id;
  const std::string name;
  void* const user;
  std::function<void()> entry;

  // Set once the thread runs; never reset, for the watchdog reads it from the control thread.
  std::atomic<Carrier*> carrier{nullptr};

  // Its scheduler is gone or has given up on it: it blocks for good as soon as it asks anything of sched.
  std::atomic<bool> abandoned{false};

 protected:
  ~Thread() = default;
};

// The calling thread, nullptr outside simulated threads. Unlike Scheduler::current_thread() it never blocks.
Thread* this_thread();

// Makes the calling thread look like the control thread while it asks a predicate of the control thread.
class AsControlThread {
 public:
  AsControlThread();
  ~AsControlThread();
  AsControlThread(const AsControlThread&) = delete;
  AsControlThread& operator=(const AsControlThread&) = delete;

 private:
  Thread* const thread_;
};

// Takes a scheduler whose threads were abandoned; it stays whole and reachable until the process ends.
void keep_forever(Scheduler* scheduler);

// The text of ThreadState::waits_for.
std::string wait_text(const WaitReason& reason);

}  // namespace fltsim::sched
