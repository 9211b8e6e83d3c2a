// What a module needs that nobody here has.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cc/flags.hpp"

namespace fltsim::cc {

struct MissingImport {
  enum Kind {
    kRefused,      // the simulator has it, as a routine that refuses by name
    kUnsimulated,  // our headers know the name, and nothing else
    kUnknown
  } kind;
  std::string symbol;
  bool is_called = false;           // at least once; else its address is taken, or it is data
  std::vector<std::string> places;  // "foo.c:120", each once, in the order of the link
};

// Of the objects and archives of a link.
std::vector<MissingImport> missing_imports(const Target& target, const std::vector<std::string>& files);

// One line for the user, without an end.
std::string describe(const MissingImport& import);

// A name as it stands in the source.
std::string source_name(const std::string& symbol);

}  // namespace fltsim::cc
