// SchedHost: the library's Host on a scheduler of the simulator. Code of the library (queue, service) that is
// given one runs in simulated threads: it parks, wakes and starts threads there, and its time is the
// machine's.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <fltlink/base/host.hpp>

#include "sched/scheduler.hpp"

namespace fltsim::sched {

// park, relax, spawn and join belong to simulated threads of the scheduler; now and wake may also be called
// by the control thread, as far as the scheduler allows it. park, relax and join are switch points; wake and
// spawn are not, so that a caller may hold a lock across them. A join names the thread that it waits for as
// its owner.
class SchedHost final : public fltlink::Host {
 public:
  // Starts a simulated thread that calls `entry`: the machine wraps its own thread object around it. It may
  // leave `entry` by an exception of its own (a client that was killed); the thread then counts as ended.
  // False: no thread can be had (the process has ended).
  using SpawnHook = std::function<bool(std::string name, std::function<void()> entry)>;

  // Whether the calling thread was told to end: its park and its join then return early, as if the time were up.
  // Whoever tells it unparks it.
  using EndHook = std::function<bool()>;

  // The scheduler outlives this object, and this object outlives every thread that it has started.
  SchedHost(
      Scheduler& scheduler, SpawnHook spawn_hook, EndHook end_hook = [] { return false; });

  fltlink::Ticks now() override { return scheduler_.now(); }
  [[nodiscard]] fltlink::ParkOutcome park(fltlink::ParkingSpot& spot, fltlink::Ticks deadline) override;
  void wake(fltlink::ParkingSpot& spot) override;
  void relax() override;
  [[nodiscard]] void* spawn(const char* name, Entry entry, void* context) override;
  void join(void* token) override;

 private:
  // What a token points to, from spawn to join.
  struct Child {
    std::string name;
    Thread* thread = nullptr;  // set by the thread itself
    bool ended = false;
    Thread* joiner = nullptr;
  };
  class EndOfChild;

  Thread& calling_thread() const;
  void begin(Child& child);
  void end(Child& child);

  Scheduler& scheduler_;
  const SpawnHook spawn_hook_;
  const EndHook is_to_end_;

  std::mutex mutex_;  // a leaf; guards the state of every parking spot and what follows
  std::unordered_map<const fltlink::ParkingSpot*, Thread*> waiters_;  // looked up, never walked
  std::unordered_map<const void*, std::unique_ptr<Child>> children_;  // likewise
};

}  // namespace fltsim::sched
