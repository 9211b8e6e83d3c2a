// Very many short runs on one load of a driver, as a fuzzer makes them.
//
// Threads: the control thread.
#pragma once

#include <cstdint>

#include "fltsim/machine.hpp"

namespace fltsim {

// Lets the machine come to rest, then forgets what is over: threads that have ended, findings, trace, debug output, and
// failures that were asked for and did not come. From here on the schedule is drawn from `seed`, and depends on nothing
// that was before. Drivers, volumes, programs and time stay, and so do trace nodes of operations and sends that go on. Seeded
// machines only.
//
// What Machine::start_process() gives stays in memory until the machine ends, for a test may go on asking it.
Outcome start_over(Machine& machine, std::uint64_t seed);

}  // namespace fltsim
