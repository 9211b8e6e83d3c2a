// `s->##member`: MSVC pastes what makes no token and goes on with the two; gcc and clang refuse.
#pragma once

#include <string>

namespace fltsim::cc {

// A source text, not preprocessed, whose #define lines paste only what can make a token. Nothing moves.
std::string without_idle_pasting(std::string text);

}  // namespace fltsim::cc
