// The #include lines of a source text, whether they are in force or not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fltsim::cc {

struct IncludeLine {
  std::size_t begin;  // of the name with its quotes or brackets
  std::size_t end;
  bool is_quoted;
  std::string name;
};

std::vector<IncludeLine> include_lines(std::string_view text);

}  // namespace fltsim::cc
