#include "fltsim/crash_guard.hpp"

#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string>

#include "machine/system.hpp"
#include "nt/code_place.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

constexpr std::array kSignals{SIGABRT, SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};
constexpr unsigned kSecondsToReport = 10;

// Signal handlers have no other way to their guard.
std::atomic<bool> g_armed{false};
std::atomic<int> g_exit_code{0};
std::array<struct sigaction, kSignals.size()> g_before;

[[noreturn]] void leave(const char* what) {
  constexpr char kName[] = "fltlink: ";
  static_cast<void>(!write(STDERR_FILENO, kName, sizeof kName - 1));
  static_cast<void>(!write(STDERR_FILENO, what, std::strlen(what)));
  static_cast<void>(!write(STDERR_FILENO, "\n", 1));
  _exit(g_exit_code.load());
}

const char* cause_of(int signal) {
  switch (signal) {
    case SIGABRT:
      return "the process was aborted: by abort(), by a corrupt heap, or by a check of the C library";
    case SIGILL:
      return "an instruction that the processor does not have, or that a compiler puts where code cannot "
             "come to";
    case SIGFPE:
      return "a division that cannot be done";
    default:
      return "a touch of memory that is not there";
  }
}

// The calling thread's machine stops here if a driver's code is on its stack. What is needed for that may be in disorder:
// the alarm ends a report that does not come to its end.
void blame_driver(const std::string& what) {
  nt::Thread* thread = nt::current_thread_or_null();
  if (thread == nullptr || thread->system.nt().stopped()) return;
  const nt::DriverPlace place = nt::driver_place(sched::current_stack());
  if (place.driver.empty()) return;
  thread->system.verifier().report({.id = "SIM-10",
                                    .severity = Severity::kFatal,
                                    .text = what,
                                    .driver = place.driver,
                                    .object = {},
                                    .allocated_at = {},
                                    .place = place.place});
  thread->system.nt().stop(*thread);
}

void on_signal(int signal) {
  if (signal == SIGALRM) leave("a driver has crashed, and what it left behind cannot be reported any more");
  alarm(kSecondsToReport);
  blame_driver(std::string("the driver has ended the process in code that is not its own: ") +
               cause_of(signal) + ". Windows would stop.");
  leave(signal == SIGABRT
            ? "the simulator gave up: see the line above"
            : "the simulator has crashed outside every driver's code; run it under gdb to see where");
}

// A sanitizer has printed what it found and is about to end the process.
void on_sanitizer() {
  if (!g_armed.load()) return;
  alarm(kSecondsToReport);
  blame_driver("a sanitizer has found an error in the driver's code, and describes it on stderr.");
}

// Of the runtime that is in the process, built in or preloaded.
void set_death_callback(void (*callback)()) {
  using Setter = void (*)(void (*)());
  if (auto* set = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "__sanitizer_set_death_callback")))
    set(callback);
}

}  // namespace

CrashGuard::CrashGuard(int exit_code) {
  g_exit_code = exit_code;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &g_before[i]);
  g_armed = true;
  set_death_callback(on_sanitizer);
}

CrashGuard::~CrashGuard() {
  g_armed = false;
  alarm(0);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &g_before[i], nullptr);
}

}  // namespace fltsim
