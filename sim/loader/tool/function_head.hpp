// What stands in front of a function's body. `declaration` is where the declaration begins, `brace` its body.
#pragma once

#include <cstddef>
#include <string>

#include "loader/tool/unit.hpp"

namespace fltsim::lower_seh {

// A parameter list stands before the brace, perhaps with qualifiers between: it opens a function's body.
bool follows_parameters(const Unit& unit, std::size_t declaration, std::size_t brace);

// The colon stands behind `public` and the like.
bool ends_access_specifier(const Unit& unit, std::size_t declaration, std::size_t colon);

// Behind `template <...>` and `extern "C"`: nothing may stand in front of those.
std::size_t after_prefixes(const Unit& unit, std::size_t declaration);

// Empty for void.
std::string return_type(const Unit& unit, std::size_t declaration, std::size_t brace);

}  // namespace fltsim::lower_seh
