// A whole run of fltlink-cc.
#pragma once

#include <iosfwd>

#include "cc/arguments.hpp"

namespace fltsim::cc {

// Does what `arguments` say. Messages go to `errors`. False when something does not compile or link.
bool build(const Arguments& arguments, std::ostream& errors);

}  // namespace fltsim::cc
