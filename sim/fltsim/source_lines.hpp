// Places in drivers' code as lines of their source.
#pragma once

#include <string>
#include <vector>

#include "fltsim/verifier.hpp"

namespace fltsim {

// "filter.c:120" for each place, as the compiler was given the file; empty where the place is not known, the module was
// built without -g, or the program addr2line, of the package that the linker is in too, is not there. Of code
// that was inlined from a header of the WDK, the line that uses it. Starts one process for each module.
std::vector<std::string> source_lines(const std::vector<CodePlace>& places);

}  // namespace fltsim
