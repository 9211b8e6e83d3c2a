#include "cc/tolerance/scopes.hpp"
#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

std::string literal(const std::string& text, bool is_wide) {
  std::string quoted = is_wide ? "L\"" : "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

void name_in(Text& text, std::size_t index, const Function& function) {
  const std::string_view word = text[index];
  if (!word.starts_with("__FUNC") && !word.starts_with("L__FUNC")) return;
  const bool is_wide = word.starts_with('L') || word == "__FUNCTIONW__";
  const std::string_view name = word.starts_with('L') ? word.substr(1) : word;
  if (name == "__FUNCTION__" || name == "__FUNCTIONW__" || name == "__FUNCDNAME__") {
    text.replace(index, literal(function.name, is_wide));
  } else if (name == "__FUNCSIG__") {
    text.replace(index, literal(function.signature, is_wide));
  }
}

// `L#x` leaves an L and a literal apart.
void join_wide(Text& text, std::size_t index) {
  if (text[index] != "L") return;
  const std::size_t behind = text.next(index);
  if (behind == index + 1 || behind >= text.size() || !text.is_string(behind)) return;
  for (std::size_t i = index + 1; i < behind; ++i) {
    if (text[i].find('\n') != std::string_view::npos) return;
  }
  text.remove(index);
  text.insert_before(behind, "L");
}

}  // namespace

void name_functions(Text& text) {
  for (const Function& function : functions_of(text)) {
    if (!text.is_users(function.body)) continue;
    for (std::size_t i = function.body; i < function.end; ++i) {
      if (text.is_word(i)) name_in(text, i, function);
    }
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.is_word(i) && text.is_users(i)) join_wide(text, i);
  }
}

}  // namespace fltsim::cc
