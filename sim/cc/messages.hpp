// The compiler's messages, for the user.
#pragma once

#include <set>
#include <string>

namespace fltsim::cc {

// Without warnings and what belongs to them.
std::string errors_alone(const std::string& messages);

// The names in quotes behind `what`: "conflicting types for '".
std::set<std::string> names_behind(const std::string& messages, const std::string& what);

// A line for each function that is called and not declared.
std::string about_undeclared(const std::string& messages);

}  // namespace fltsim::cc
