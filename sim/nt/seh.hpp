// Structured exceptions at run time: the chain of active __try frames of each thread, raising, and real
// faults in driver code.
//
// A driver's __try blocks are lowered when the driver is built (loader/tool/seh_lower.cpp). Their frames are
// linked into a chain per simulated thread. Raising goes to the innermost frame with longjmp; it never
// crosses a frame of the simulator, because every call into a driver begins a chain of its own
// (driver_call.hpp). An exception that no frame of that call takes is a bug check, finding SIM-8.
//
// One pass instead of Windows' two: a filter runs after the __finally blocks inside its __try.
// EXCEPTION_CONTINUE_EXECUTION is a bug check.
#pragma once

#include <ntifs.h>

#include "nt/thread.hpp"

namespace fltsim::nt {

// The calling thread has an empty chain of its own until the end of the scope (driver_call.hpp).
class ExceptionChainScope {
 public:
  ExceptionChainScope();
  ~ExceptionChainScope();
  ExceptionChainScope(const ExceptionChainScope&) = delete;
  ExceptionChainScope& operator=(const ExceptionChainScope&) = delete;

 private:
  Thread& thread_;
  fltsim_seh_frame* const outer_;
};

// The simulator touches memory for the driver that called it: a fault until the end of the scope is the driver's. No
// frame inside may own anything, for an exception leaves it by longjmp.
class DriverReads {
 public:
  explicit DriverReads(Thread& thread) : thread_(thread) { thread_.reads_for_driver = true; }
  ~DriverReads() { thread_.reads_for_driver = false; }
  DriverReads(const DriverReads&) = delete;
  DriverReads& operator=(const DriverReads&) = delete;

 private:
  Thread& thread_;
};

// Raises in the calling thread. No frame between the caller's driver and here may own a destructor that
// matters.
[[noreturn]] void raise_exception(NTSTATUS code, ULONG parameter_count = 0, ULONG_PTR first = 0,
                                  ULONG_PTR second = 0);

// A fault (SIGSEGV, SIGBUS, SIGFPE) whose instruction lies in [begin, end), or a call from there to where no
// code is, becomes an exception in the faulting thread; any other fault goes to whoever handled it before.
// The first call installs the process-wide handler. Returns false when more modules are loaded than can be
// watched. Any thread.
[[nodiscard]] bool watch_faults(const void* begin, const void* end);
void unwatch_faults(const void* begin);

}  // namespace fltsim::nt
