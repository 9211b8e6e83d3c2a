// The client port that a driver's variable names, for one call of the driver's. Another thread may close the port through the
// same variable meanwhile, and the filter manager is there to order the two (SEND-22, DISC-3); so the call must not use what
// is freed before it has noticed.
//
//   U1  The thread stores the port in Thread::in_use and then finds it in the variable again. Whoever closes the port sets
//       the variable to null, and the port is freed behind a look at every thread's in_use (Ports::retire). All four are
//       sequentially consistent: the thread reads null or another port, or the look finds what it uses. A driver that goes on
//       using a variable through which nobody closed has no more than the connections that are remembered.
//
// One at a time in a thread: no call of a driver's that uses a port makes another.
#pragma once

#include <fltKernel.h>

#include "nt/thread.hpp"

namespace fltsim::fltmgr {

class PortInUse {
 public:
  PortInUse(nt::Thread& thread, PFLT_PORT* variable)
      : thread_(thread), port_(__atomic_load_n(variable, __ATOMIC_SEQ_CST)) {
    for (;;) {
      thread_.in_use.store(port_);  // U1
      PFLT_PORT const again = __atomic_load_n(variable, __ATOMIC_SEQ_CST);
      if (again == port_) return;
      port_ = again;
    }
  }
  // With the look: what the call did lies before the port is freed.
  ~PortInUse() { thread_.in_use.store(nullptr, std::memory_order_release); }
  PortInUse(const PortInUse&) = delete;
  PortInUse& operator=(const PortInUse&) = delete;

  // Null where the variable was.
  PFLT_PORT get() const { return port_; }

 private:
  nt::Thread& thread_;
  PFLT_PORT port_;
};

}  // namespace fltsim::fltmgr
