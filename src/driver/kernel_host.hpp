// KernelHost: fltlink::Host over the kernel's events, threads and clock, for one thread at a time.
#pragma once

#include <fltKernel.h>

#include <fltlink/base/host.hpp>

namespace drmfilter {

// A connection's ring has one consumer, its worker, and so one spot that anybody parks on: one event and one
// thread are all that its host needs, and neither is allocated. The event is a synchronization event: it
// remembers one wake, as a spot does.
class KernelHost final : public fltlink::Host {
 public:
  constexpr KernelHost() = default;

  // Before any other call, and again before each ring that is opened on this host.
  void start() { KeInitializeEvent(&event_, SynchronizationEvent, FALSE); }

  fltlink::Ticks now() override;
  [[nodiscard]] fltlink::ParkOutcome park(fltlink::ParkingSpot& spot, fltlink::Ticks deadline) override;
  void wake(fltlink::ParkingSpot& spot) override;
  void relax() override { YieldProcessor(); }

  // REQUIRES: no thread of this host that has not been joined.
  [[nodiscard]] void* spawn(const char* name, Entry entry, void* context) override;
  void join(void* token) override;

 private:
  static void run(PVOID host);

  KEVENT event_{};
  Entry entry_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace drmfilter
