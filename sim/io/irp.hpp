// Request packets that go to drivers' devices: made, sent down, completed, cancelled. The IRP itself is memory that
// drivers read and write; what the machine knows about each one that is alive is here.
//
// Wrong use is VER-50: a request completed twice or by nobody, with STATUS_PENDING or with its cancel routine still
// set; a dispatch routine whose status contradicts what it did.
#pragma once

#include <ntifs.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "nt/thread.hpp"

namespace fltsim {
class System;
}

namespace fltsim::io {

class Irps {
 public:
  // What happens when the last driver has let go: the result is in `irp.IoStatus`. The packet is freed behind it. Runs
  // in the thread that completes, up to DISPATCH_LEVEL.
  using Finish = std::function<void(IRP& irp)>;

  explicit Irps(System& system) : system_(system) {}
  Irps(const Irps&) = delete;
  Irps& operator=(const Irps&) = delete;

  // A zeroed packet; null without memory. `owner` null: the I/O manager's. Without a `finish` it is a driver's own
  // (IoAllocateIrp), which must not come back to the I/O manager.
  IRP* allocate(const nt::DriverIdentity* owner, CCHAR stack_size, Finish finish);
  static void initialize(IRP& irp, USHORT size, CCHAR stack_size);
  // Without completion: IoFreeIrp, or a request that was never sent.
  void free(nt::Thread& thread, const char* routine, IRP& irp);

  // IoCallDriver. The dispatch routine's status.
  NTSTATUS call(nt::Thread& thread, DEVICE_OBJECT& device, IRP& irp);
  void complete(nt::Thread& thread, IRP& irp);
  // True: its cancel routine was called.
  bool cancel(nt::Thread& thread, IRP& irp);
  // Cancels what a thread that ends has asked for.
  void cancel_all_of(nt::Thread& requestor);
  // Lists the packet as the thread's until it is complete.
  void set_requestor(IRP& irp, nt::Thread* requestor);

 private:
  // Outlives the packet, for who has called a dispatch routine with it.
  struct State {
    std::uint64_t number;
    const nt::DriverIdentity* owner;
    Finish finish;
    nt::Thread* requestor = nullptr;
    bool done = false;  // completed or freed
    // By location, 1 being the last driver's: whether it has been completed, and with which Control.
    struct Location {
      bool completed = false;
      UCHAR control = 0;
    };
    std::vector<Location> locations;
  };

  std::shared_ptr<State> find(const IRP& irp) const;
  std::shared_ptr<State> require(nt::Thread& thread, const char* routine, const IRP& irp) const;
  void forget(const IRP& irp);
  void check_dispatch(nt::Thread& thread, const DEVICE_OBJECT& device, const IRP& irp, const State& state,
                      CHAR location, const IO_STACK_LOCATION& at, UCHAR major, NTSTATUS status) const;

  System& system_;
  mutable std::mutex mutex_;
  std::unordered_map<const IRP*, std::shared_ptr<State>> live_;  // never iterated but by number
  std::uint64_t numbers_ = 0;

 public:
  KSPIN_LOCK cancel_lock = 0;  // the system's one cancel spin lock
};

// What MajorFunction holds until a driver says otherwise: STATUS_INVALID_DEVICE_REQUEST.
NTSTATUS refuse_request(DEVICE_OBJECT* device, IRP* irp);

}  // namespace fltsim::io
