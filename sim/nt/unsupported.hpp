// Routines that are exported and not simulated. Each exists, so that a driver that merely mentions it links, and
// stops the machine with its name when it is called. Each part of the simulator has a list of its own
// (unsupported.inc in nt, fltmgr and client).
#pragma once

#include <string>

#include "nt/enter.hpp"

// Defines one of them, in a file that does not include the WDK's headers: without its parameters. It is weak,
// so that the part of the simulator that takes it up defines it, and only has to take its name off the list.
// The section tells the refusals from everything else.
#define FLTSIM_DEFINE_UNSUPPORTED(name)                                                \
  extern "C" __attribute__((weak, noinline, section("fltsim_refusals"))) void name() { \
    fltsim::nt::unsupported(#name);                                                    \
  }

namespace fltsim::nt {

// Whether this is the address of a routine that refuses by name.
bool is_refusal(const void* routine);

// Where a routine of Windows is; null when there is none of this name, or when it refuses.
void* routine_address(const std::string& name);

}  // namespace fltsim::nt
