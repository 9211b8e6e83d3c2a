// A Host without threads and with a clock that stands still. Parking runs a script: what another thread would
// have done meanwhile happens inside park().
#pragma once

#include <fltlink/base/host.hpp>
#include <fltlink/os/assert.hpp>

#include <functional>

namespace fltlink {

class ScriptedHost final : public Host {
 public:
  Ticks now() override { return time; }

  ParkOutcome park(ParkingSpot&, Ticks deadline) override {
    ++parks;
    if (while_parked) while_parked();
    if (wake_pending_) {
      wake_pending_ = false;
      return ParkOutcome::kWoken;
    }
    FLTLINK_ASSERT(deadline != kForever);  // the test would hang
    time = deadline;
    return ParkOutcome::kTimedOut;
  }

  void wake(ParkingSpot&) override {
    ++wakes;
    wake_pending_ = true;
  }

  void relax() override {
    ++pauses;
    if (while_relaxing) while_relaxing();
  }

  void* spawn(const char*, Entry, void*) override { return nullptr; }
  void join(void*) override {}

  Ticks time = 1000;
  int parks = 0;
  int wakes = 0;
  int pauses = 0;
  std::function<void()> while_parked;
  std::function<void()> while_relaxing;

 private:
  bool wake_pending_ = false;
};

}  // namespace fltlink
