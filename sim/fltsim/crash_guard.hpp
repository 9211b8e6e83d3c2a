// For programs that run drivers which nobody has looked at: a driver that aborts, crashes where no
// __try and no machine can take it, or does what a sanitizer objects to, becomes the finding SIM-10 of its machine, which stops. Nothing ends with a raw core
// dump: what is no driver's doing ends the program with a sentence on stderr and `exit_code`.
//
//   fltsim::CrashGuard guard(3);   // before the first machine
//
// It takes the signals SIGABRT, SIGILL, SIGSEGV, SIGBUS, SIGFPE and SIGALRM of the process, and gives them back at its
// end. Behind a finding of it the program ends by std::_Exit: a
// thread that stopped may hold what an ordinary end would wait for. The control
// thread; one at a time.
#pragma once

namespace fltsim {

class CrashGuard {
 public:
  explicit CrashGuard(int exit_code);
  ~CrashGuard();
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;
};

}  // namespace fltsim
