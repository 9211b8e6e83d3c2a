// Which of a unit's type names are pointers.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cc/tolerance/text.hpp"

namespace fltsim::cc {

class Typedefs {
 public:
  explicit Typedefs(const Text& text);

  // Of the type of the parameter in [begin, end), declared with or without a name.
  bool is_pointer(const Text& text, std::size_t begin, std::size_t end) const;

 private:
  bool is_pointer_name(std::string_view name) const;
  void add(const Text& text, std::size_t begin, std::size_t end);

  // A name, and what it is: "*" for a pointer, else the name that it stands for.
  std::map<std::string, std::string, std::less<>> meaning_;
};

}  // namespace fltsim::cc
