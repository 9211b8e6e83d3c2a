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
  int line;  // of the preprocessed unit
};

// What is said of a line of the preprocessed unit.
struct Remark {
  int line;
  std::string message;
};

// What is thrown for a unit that cannot be lowered.
struct Refused : Remark {};
[[noreturn]] void fail(const Token& token, const std::string& message);

// The texts of all tokens, in order, are `source`, which must outlive them; a digraph has the text of what it stands for.
// `::` and `->` are one token each.
std::vector<Token> tokenize(std::string_view source);

// libstdc++ spells its own try blocks `__try {...} __catch(x) {...}`; without exceptions the second word is
// an `if (false)` (wdk/crt/bits/exception_defines.h). The first becomes `if (true)`.
void give_back_library_tries(std::vector<Token>& tokens);

}  // namespace fltsim::lower_seh
