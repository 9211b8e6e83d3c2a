#include "fltsim/start_over.hpp"

#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim {

Outcome start_over(Machine& machine, std::uint64_t seed) {
  System& system = machine.system();
  if (const Outcome outcome = system.run_to_quiescence(); outcome != Outcome::kDone) return outcome;
  system.nt().forget_faults();
  system.nt().debug_log().clear();
  system.verifier().clear();
  system.trace().clear();
  system.scheduler().start_over(seed);
  return Outcome::kDone;
}

}  // namespace fltsim
