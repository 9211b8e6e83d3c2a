// The boundary from the simulator into driver code.
#pragma once

#include <atomic>
#include <utility>

#include "nt/seh.hpp"

namespace fltsim::nt {

// Calls of drivers' routines by one frame of the simulator, in a simulated thread that runs for `driver` meanwhile. They
// have an exception chain of their own: an exception that the driver does not take is a bug check here instead of a
// jump over the simulator's frames. Behind each call, a thread whose machine has ended stays where it is.
class DriverCalls {
 public:
  explicit DriverCalls(Thread& thread) : thread_(thread), before_(thread.driver), chain_(thread) {}
  DriverCalls(const DriverCalls&) = delete;
  DriverCalls& operator=(const DriverCalls&) = delete;

  template <class Call>
  auto operator()(const DriverIdentity* driver, Call&& call) {
    thread_.driver = driver;
    thread_.exception_chain = nullptr;
    const Return at_return{*this};
    return std::forward<Call>(call)();
  }

 private:
  struct Return {
    ~Return() {
      if (calls.abandoned_.load(std::memory_order_acquire)) [[unlikely]]
        sched::Scheduler::stay_if_abandoned();
      calls.thread_.driver = calls.before_;
    }
    DriverCalls& calls;
  };

  Thread& thread_;
  const DriverIdentity* const before_;
  const std::atomic<bool>& abandoned_ = sched::Scheduler::abandoned_flag();
  const ExceptionChainScope chain_;
};

// One such call, for the driver that the thread runs for already.
template <class Call>
auto call_driver(Call&& call) {
  Thread& thread = current_thread("a call into a driver");
  return DriverCalls(thread)(thread.driver, std::forward<Call>(call));
}

}  // namespace fltsim::nt
