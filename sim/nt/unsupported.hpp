// Routines that the WDK-shaped headers declare and the executive does not simulate. Each exists, so that a
// driver that merely mentions it links, and stops the machine with its name when it is called.
#pragma once

#include <string_view>

namespace fltsim::nt {

bool is_unsupported(std::string_view routine);

}  // namespace fltsim::nt
