// MSVC lets an array without a size stand in a union, or alone in a structure; gcc does not. With the size 0 it means the same.
#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

// Whether the brace opens the body of a structure or a union.
bool is_record(const Text& text, std::size_t brace) {
  std::size_t i = text.previous(brace);
  if (text.is_identifier(i) && text[i] != "struct" && text[i] != "union") i = text.previous(i);
  if (text.at(i) == ")") return false;
  const std::string_view word = text.at(i);
  return word.ends_with("struct") || word.ends_with("union");
}

}  // namespace

bool size_flexible_arrays(Text& text) {
  bool is_changed = false;
  std::size_t end = 0;  // of the outermost record
  for (std::size_t i = text.after_space(0); i < text.size(); i = text.next(i)) {
    if (text[i] == "{" && i > end && text.is_users(i) && is_record(text, i)) end = text.closing(i);
    if (i >= end || text[i] != "[" || text.at(text.next(i)) != "]") continue;
    if (text.at(text.next(text.next(i))) != ";") continue;
    text.insert_behind(i, "0");
    is_changed = true;
  }
  return is_changed;
}

}  // namespace fltsim::cc
