// Deferred procedure calls, and the timers that queue them: one system thread, which stands for a processor's software
// interrupt, runs the routines at DISPATCH_LEVEL, first in, first out. It is started with the first use.
//
// A KDPC is the driver's memory: DpcData says that it is queued, as on Windows.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "nt/dispatcher.hpp"
#include "nt/thread.hpp"

struct _KDPC;

namespace fltsim::nt {

class DpcQueue {
 public:
  explicit DpcQueue(System& system);
  DpcQueue(const DpcQueue&) = delete;
  DpcQueue& operator=(const DpcQueue&) = delete;

  // Any simulated thread, any IRQL. False: it is queued already, and keeps its arguments.
  bool queue(Thread& thread, _KDPC& dpc, void* argument1, void* argument2);
  // False: it was not queued (it may run).
  bool remove(_KDPC& dpc);
  // Waits until what is queued has run. PASSIVE_LEVEL.
  void flush(Thread& thread);

  // The timer queues the DPC whenever it comes due, until disarm(). Arming again replaces.
  void arm(Thread& thread, const Timer& timer, sched::Ticks due, std::uint32_t period_ms, _KDPC& dpc);
  void disarm(const Timer& timer);

  // Timers and DPCs that the driver has left are VER-20 and go. True: a routine of it still runs.
  bool end_driver(const DriverIdentity& driver);
  // The end of the machine.
  void close();

 private:
  struct Queued {
    _KDPC* dpc;
    const DriverIdentity* driver;
  };
  struct Armed {
    const Timer* timer;
    sched::Ticks due;
    std::uint32_t period_ms;
    _KDPC* dpc;
    const DriverIdentity* driver;
  };

  void wake();
  void run(Thread& processor);
  void queue_due(sched::Ticks now);
  void call(Thread& processor, const Queued& next);

  System& system_;
  std::mutex mutex_;
  std::deque<Queued> queue_;
  std::vector<Armed> armed_;  // in order of arming
  const DriverIdentity* running_ = nullptr;
  bool busy_ = false;
  bool started_ = false;
  bool closing_ = false;
  DispatcherHeader wake_{};  // synchronization event: something to do
  DispatcherHeader idle_{};  // notification event: nothing queued or running
};

}  // namespace fltsim::nt
