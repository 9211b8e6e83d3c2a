// The inverse of the machine's upcase table, where it has one.
#pragma once

namespace fltsim::nt {

// The lower-case form of a unit: the lowest unit that the upcase table maps to it, or the unit itself.
char16_t downcase(char16_t unit);

}  // namespace fltsim::nt
