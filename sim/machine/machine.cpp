#include "fltsim/machine.hpp"

#include "machine/system.hpp"
#include "nt/executive.hpp"

// Defined by the tests' support library, which turns unexpected findings into a failure of the running test.
extern "C" __attribute__((weak)) void fltsim_machine_ending(fltsim::Machine& machine);

namespace fltsim {

Machine::Machine(const Options& options) : system_(std::make_unique<System>(options)) {}

Machine::~Machine() {
  system_->shut_down();
  if (fltsim_machine_ending != nullptr) fltsim_machine_ending(*this);
}

std::uint64_t Machine::seed() const { return system_->seed(); }
Verifier& Machine::verifier() { return system_->verifier(); }
Trace& Machine::trace() { return system_->trace(); }

Process Machine::start_process(const ProcessOptions& options) {
  nt::Ref<nt::Process> process = system_->nt().create_process(options.image, options.user);
  return Process(system_->keep(std::move(process)));
}

Process Machine::system_process() { return Process(&system_->nt().system_process()); }

Outcome Machine::run_to_quiescence() { return system_->run_to_quiescence(); }

Outcome Machine::advance(Duration duration) {
  return system_->advance(static_cast<sched::Ticks>(duration.count()));
}

void Machine::fail_next(std::string_view routine, std::uint32_t times) {
  system_->nt().fail_next(routine, times);
}

bool Machine::stopped() const { return system_->nt().stopped(); }

}  // namespace fltsim
