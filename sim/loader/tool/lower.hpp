// Turns __try, __except, __finally and __leave of a preprocessed C or C++ unit into plain GNU C.
//
// What the lowered code means is in sim/nt/seh.hpp and docs/adr/0007-structured-exceptions.md. In short:
//
//   __try { A } __except (F) { B }    { frame; if (_setjmp(frame) == 0) { A leave: exit(frame); }
//                                       else if (asked(frame)) answer(F); else { B } }
//   __try { A } __finally { B }       the same frame, then B on every way out of A. A `return`, `break`,
//                                     `continue` or `goto` that leaves A sets a code, goes to the leave
//                                     label, and is carried out after B.
//
// A function that holds a __try is compiled unoptimised: its locals must be in memory when an exception comes
// back to its frame. Everything else is copied to the letter, line by line, so that line numbers stay.
#pragma once

#include <string>
#include <vector>

#include "loader/tool/tokens.hpp"

namespace fltsim::lower_seh {

// `attribute` is put in front of every function that holds a __try. Throws Refused for what cannot be lowered, and adds to
// `warnings` what will stop the machine when it runs. Keeps nothing between calls: several threads may lower units at once.
std::string lower(const std::string& unit, const std::string& attribute, std::vector<Remark>& warnings);

}  // namespace fltsim::lower_seh
