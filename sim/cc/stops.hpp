// What --allow-unsupported links in place of what is missing.
#pragma once

#include <string>
#include <vector>

#include "cc/imports.hpp"

namespace fltsim::cc {

// C source that defines each of `imports` as a function that stops the machine with its name (SIM-1). Those that the
// simulator has as refusals need none.
std::string stops_for(const std::vector<MissingImport>& imports);

// Whether a stop can stand for it: something that nobody calls may be data, and reading a function would be silent.
bool can_be_a_stop(const MissingImport& import);

}  // namespace fltsim::cc
