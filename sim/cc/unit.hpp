// One unit on its way from source to object: preprocess, lower, compile.
#pragma once

#include <string>

#include "cc/flags.hpp"

namespace fltsim::cc {

struct UnitResult {
  bool is_built = false;
  std::string messages;  // of the compiler, for the user's eyes
};

// `base` is where its files in between go, without an ending. May be called for several units at once.
UnitResult build_unit(const Target& target, const std::string& source, const std::string& object,
                      const std::string& base);

}  // namespace fltsim::cc
