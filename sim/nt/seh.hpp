// Structured exceptions at run time: the chain of active __try frames of each thread, raising, and real
// faults in driver code.
//
// A driver's __try blocks are lowered when the driver is built (loader/tool/seh_lower.cpp). Their frames are
// linked into a chain per simulated thread. An exception never crosses a frame of the simulator, because every call into a driver begins a chain of its own
// (driver_call.hpp). An exception that no frame of that call takes is a bug check, finding SIM-8.
//
// Two passes, as on Windows: the filters are asked from the innermost frame outwards, with the frames of the exception
// in place, until one takes it; then the __finally blocks between run, and its handler. EXCEPTION_CONTINUE_EXECUTION is a
// bug check.
#pragma once

#include <ntifs.h>

#include <utility>

#include "nt/thread.hpp"

namespace fltsim::nt {

// The calling thread has an empty chain of its own until the end of the scope (driver_call.hpp).
class ExceptionChainScope {
 public:
  explicit ExceptionChainScope(Thread& thread)
      : thread_(thread),
        outer_(std::exchange(thread.exception_chain, nullptr)),
        filter_call_(thread.filter_call),
        had_outer_try_(std::exchange(thread.has_outer_try, thread.has_outer_try || outer_ != nullptr)) {}
  ~ExceptionChainScope() {
    thread_.exception_chain = outer_;
    thread_.has_outer_try = had_outer_try_;
    thread_.filter_call = filter_call_;  // PsTerminateSystemThread may have been called in a filter
  }
  ExceptionChainScope(const ExceptionChainScope&) = delete;
  ExceptionChainScope& operator=(const ExceptionChainScope&) = delete;

 private:
  Thread& thread_;
  fltsim_seh_frame* const outer_;
  FilterCall* const filter_call_;
  const bool had_outer_try_;
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

// Raises in the calling thread, from the driver's instruction behind the call of the routine, `from`. No frame between the
// driver and here may own a destructor that matters.
[[noreturn]] void raise_exception(NTSTATUS code, const void* from, ULONG parameter_count = 0,
                                  ULONG_PTR first = 0, ULONG_PTR second = 0);

// The same with a record of the caller's, which the filters see.
[[noreturn]] void raise_record(EXCEPTION_RECORD& record);

// Installs the process-wide handler of faults, once. Any thread.
void handle_faults();
// A fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP) whose instruction lies in [begin, end), or a call from there to where no
// code is, becomes an exception in the faulting thread; any other fault goes to whoever handled it before.
// Returns false when more modules are loaded than can be watched. Any thread.
[[nodiscard]] bool watch_faults(const void* begin, const void* end);
void unwatch_faults(const void* begin);

}  // namespace fltsim::nt
