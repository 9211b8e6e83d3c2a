#include "nt/enter.hpp"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {
namespace {

std::string irql_text(Irql irql) {
  switch (irql) {
    case kPassive:
      return "PASSIVE_LEVEL";
    case kApc:
      return "APC_LEVEL";
    case kDispatch:
      return "DISPATCH_LEVEL";
    default:
      return "IRQL " + std::to_string(irql);
  }
}

}  // namespace

void misuse(const std::string& text) {
  std::fprintf(stderr, "fltsim: %s\n", text.c_str());
  std::abort();
}

void misuse_of_check(const char* call) {
  misuse(std::string(call) + " was called by the check \"" + running_check() +
         "\". A check runs between two steps of the machine: it may only read memory.");
}

Thread& enter(const char* routine, Irql max) {
  Thread& thread = current_thread(routine);
  thread.routine = routine;
  thread.system.scheduler().switch_point(routine);
  thread.system.nt().halt_if_stopped(thread);
  check_irql(thread, routine, max);
  return thread;
}

void check_irql(Thread& thread, const char* routine, Irql max) {
  if (thread.irql <= max) return;
  report(thread, "VER-23", Severity::kError,
         std::string(routine) + " was called at " + irql_text(thread.irql) + "; it may be called at " +
             irql_text(max) + " or below. Release the spin lock first, or do this in a work item.");
}

void check_may_wait(Thread& thread, const char* routine) {
  if (!thread.sets_up_instance) return;
  report(
      thread, "VER-28", Severity::kWarning,
      std::string(routine) +
          " in InstanceSetup, which must not wait for other threads or processes: they may need the volume "
          "that it holds up. Do it later, in a work item (ATT-5).");
}

bool fails_now(Thread& thread, const char* routine) {
  Executive& executive = thread.system.nt();
  return executive.faults_armed() && executive.take_fault(routine);
}

void report(Thread& thread, std::string id, Severity severity, std::string text, std::string object) {
  thread.system.verifier().report({.id = std::move(id),
                                   .severity = severity,
                                   .text = std::move(text),
                                   .driver = thread.driver != nullptr ? thread.driver->name : std::string(),
                                   .object = std::move(object),
                                   .allocated_at = {}});
}

void bug_check(Thread& thread, std::string id, std::string text, std::string object) {
  report(thread, std::move(id), Severity::kFatal, std::move(text), std::move(object));
  thread.system.nt().stop(thread);
}

void unsupported(const char* routine) {
  bug_check(current_thread(routine), "SIM-1",
            std::string(routine) +
                " is declared, but not simulated. The machine has stopped rather than to make up "
                "a result.");
}

void unwind_client(Thread& thread) {
  thread.system.nt().end_requests(thread);
  if (thread.program_guard != nullptr) std::longjmp(*thread.program_guard, 1);
  throw ClientUnwind{};
}

bool enter_client(Thread& thread, const char* routine) {
  thread.routine = routine;
  thread.system.scheduler().switch_point(routine);
  thread.system.nt().halt_if_stopped(thread);
  if (!thread.terminated() || thread.kernel_depth != 0) return true;
  if (std::uncaught_exceptions() > 0) return false;
  unwind_client(thread);
}

bool enter_client_release(Thread& thread, const char* routine) noexcept {
  thread.routine = routine;
  thread.system.scheduler().switch_point(routine);
  thread.system.nt().halt_if_stopped(thread);
  return !thread.terminated() || thread.kernel_depth != 0;
}

void leave_client(Thread& thread) {
  thread.system.nt().halt_if_stopped(thread);
  if (!thread.terminated() || thread.kernel_depth != 0 || std::uncaught_exceptions() > 0) return;
  unwind_client(thread);
}

}  // namespace fltsim::nt
