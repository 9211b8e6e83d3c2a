#include "cli/interrupt.hpp"

#include <csignal>

#include <fltlink/base/atomic.hpp>

namespace fltlink::cli {

namespace {

// The one global of the command: a signal handler has no other way to tell anybody anything. Lock-free, so
// the handler may write it; relaxed, because it guards nothing.
Atomic<unsigned char> noted{0};

extern "C" void note_interrupt(int) { noted.store(1, MemoryOrder::kRelaxed); }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = &note_interrupt;
  // SA_RESETHAND: the second signal has its usual effect. SA_RESTART: no call of a simulated thread is cut
  // short.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A reader of the output that went away and a limit on file sizes are failed writes, which are reported.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() { return noted.load(MemoryOrder::kRelaxed) != 0; }

}  // namespace fltlink::cli
