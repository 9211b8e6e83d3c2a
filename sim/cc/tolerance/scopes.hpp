// Which function a token of a unit stands in, told from braces and the heads in front of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cc/tolerance/text.hpp"

namespace fltsim::cc {

struct Function {
  std::string name;       // with the namespaces and classes around it, as MSVC's __FUNCTION__
  std::string signature;  // nearly MSVC's __FUNCSIG__
  std::size_t head;       // the first token of its declaration
  std::size_t name_at;
  std::size_t parameters;  // its (
  std::size_t body;        // its {
  std::size_t end;         // its }
};

// All functions with a body, in order; none inside another.
std::vector<Function> functions_of(const Text& text);

// The parameter list of the declaration in [head, end): its ( ; `end` when there is none. `name_at` is the word in front.
std::size_t parameters_of(const Text& text, std::size_t head, std::size_t end, std::size_t& name_at);

}  // namespace fltsim::cc
