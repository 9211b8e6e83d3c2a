// One simulated computer, seen from inside the simulator: it owns every subsystem, and there is no other
// state. The control surface (fltsim/machine.hpp) is the view from outside.
//
// A WDK function has no context parameter: it finds its machine through the simulated thread it runs in
// (nt::current_thread().system).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fltsim/options.hpp"
#include "fltsim/outcome.hpp"
#include "fltsim/trace.hpp"
#include "fltsim/verifier.hpp"
#include "machine/checks.hpp"
#include "sched/scheduler.hpp"

namespace fltsim {

namespace fltmgr {
class FilterManager;
}

namespace io {
class IoManager;
}

namespace loader {
class Loader;
}

namespace nt {
class Executive;
class Process;
class Thread;
template <class Body>
class Ref;
}  // namespace nt

class System final : private Trace::Source {
 public:
  explicit System(const Options& options);
  ~System();
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  const Options& options() const { return options_; }
  std::uint64_t seed() const { return seed_; }
  sched::Scheduler& scheduler() { return *scheduler_; }
  Verifier& verifier() { return verifier_; }
  Trace& trace() { return trace_; }
  Checks& checks() { return checks_; }
  nt::Executive& nt() { return *nt_; }
  io::IoManager& io() { return *io_; }
  fltmgr::FilterManager& fltmgr() { return *fltmgr_; }
  loader::Loader& loader() { return *loader_; }

  // --- verbs of the control surface build on these ---

  // Runs `code` in a new thread of `process` until it has ended; directly when the caller is in that process
  // already; by starting the thread and waiting for it when the caller is in another one.
  Outcome run_in(nt::Process& process, std::string name, std::function<void()> code);
  // Lets the machine run until the thread has ended.
  Outcome wait_for(nt::Thread& thread);
  // Control thread: nobody can run any more / so much time has passed.
  Outcome run_to_quiescence();
  Outcome run_switches(std::uint64_t count);
  Outcome advance(sched::Ticks duration);

  // Keeps a process object until the machine ends, so that a test may go on asking an ended one.
  nt::Process* keep(nt::Ref<nt::Process> process);

  // Runs once, in the control thread, before the machine goes: last registered, first run. This is where a
  // subsystem unloads its drivers and reports what was left.
  void at_shutdown(std::function<void()> step) { shutdown_.push_back(std::move(step)); }
  void shut_down();

 private:
  Outcome outcome_of(sched::RunResult result, const char* verb);

  Trace::Stamp stamp() override { return scheduler_->stamp(); }
  Trace::Caller caller() override;
  void introduce(nt::Thread& thread);
  std::function<std::uint64_t(Trace::Stamp)> times() override { return scheduler_->times_of_stamps(); }

  const Options options_;
  const std::uint64_t seed_;
  std::unique_ptr<sched::Scheduler> scheduler_;
  Verifier verifier_;
  Trace trace_;
  const std::string& control_thread_;  // what the trace calls it
  Checks checks_{*this};
  std::vector<std::function<void()>> shutdown_;
  bool shut_down_ = false;
  bool hung_ = false;               // SIM-2, SIM-3 or SIM-4 was reported
  std::vector<nt::Process*> kept_;  // each with a reference
  // The subsystems, in order of construction; each may use those above it.
  std::unique_ptr<nt::Executive> nt_;
  std::unique_ptr<io::IoManager> io_;
  std::unique_ptr<fltmgr::FilterManager> fltmgr_;
  std::unique_ptr<loader::Loader> loader_;
};

}  // namespace fltsim
