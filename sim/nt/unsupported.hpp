// Routines that the WDK-shaped headers declare and that are not simulated. Each exists, so that a driver that
// merely mentions it links, and stops the machine with its name when it is called. Each part of the simulator
// has a list of its own (nt/unsupported.cpp, fltmgr/unsupported.cpp).
#pragma once

#include <string_view>

#include "nt/enter.hpp"

// Defines one of them, in a file that does not include the WDK's headers: without its parameters. It is weak,
// so that the part of the simulator that takes it up defines it, and only has to take its name off the list.
#define FLTSIM_DEFINE_UNSUPPORTED(name) \
  extern "C" __attribute__((weak)) void name() { fltsim::nt::unsupported(#name); }

namespace fltsim::nt {

// Of the executive's list.
bool is_unsupported(std::string_view routine);

}  // namespace fltsim::nt
