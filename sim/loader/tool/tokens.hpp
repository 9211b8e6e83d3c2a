// The tokens of a preprocessed C or C++ unit, as far as lowering needs them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fltsim::lower_seh {

struct Token {
  enum class Kind {
    kSpace,
    kWord,
    kOther
  } kind;  // line markers and comments count as space
  std::string_view text;
  int line;
};

// What is thrown for a unit that cannot be lowered. `line` is one of the preprocessed unit.
struct Refused {
  int line;
  std::string message;
};
[[noreturn]] void fail(int line, const std::string& message);

// The texts of all tokens, in order, are `source`, which must outlive them.
std::vector<Token> tokenize(std::string_view source);

// libstdc++ spells its own try blocks `__try {...} __catch(x) {...}`; without exceptions the second word is
// an `if (false)` (wdk/crt/bits/exception_defines.h). The first becomes `if (true)`.
void give_back_library_tries(std::vector<Token>& tokens);

}  // namespace fltsim::lower_seh
