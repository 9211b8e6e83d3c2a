// One simulated computer, seen from inside the simulator: it owns every subsystem, and there is no other
// state. The control surface (fltsim/machine.hpp) is the view from outside.
//
// A WDK function has no context parameter: it finds its machine through the simulated thread it runs in
// (nt::current_thread().system).
#pragma once

#include <cstdint>
#include <memory>

#include "fltsim/options.hpp"
#include "fltsim/trace.hpp"
#include "fltsim/verifier.hpp"
#include "sched/scheduler.hpp"

namespace fltsim {

namespace nt {
class Executive;
}

class System {
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
  nt::Executive& nt() { return *nt_; }

 private:
  const Options options_;
  const std::uint64_t seed_;
  std::unique_ptr<sched::Scheduler> scheduler_;
  Verifier verifier_;
  Trace trace_;
  // The subsystems, in order of construction; each may use those above it.
  std::unique_ptr<nt::Executive> nt_;
};

}  // namespace fltsim
