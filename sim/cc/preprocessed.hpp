// What the line markers of a preprocessed unit say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fltsim::cc {

struct Place {
  std::string file;
  int line = 0;
};

// Where the source has what stands on `line` (from 1) of the unit.
Place place_of(std::string_view unit, int line);

// Every file that the unit was made from, once, in the order of appearance.
std::vector<std::string> files_of(std::string_view unit);

// A rule for make: `target` depends on `files`.
std::string make_rule(const std::string& target, const std::vector<std::string>& files);

}  // namespace fltsim::cc
