#include <set>
#include <string_view>

#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

bool take(std::string_view& word, std::string_view front) {
  if (!word.starts_with(front)) return false;
  word.remove_prefix(front.size());
  return true;
}

// __in_bcount_opt(size), __deref_out_opt and all between. __inline, __int64 and __internal are none.
bool is_direction(std::string_view word) {
  if (!take(word, "__")) return false;
  if (take(word, "deref_")) take(word, "opt_");
  if (!take(word, "inout") && !take(word, "in") && !take(word, "out")) return false;
  return word.empty() || word.front() == '_';
}

bool is_first_generation(std::string_view word) {
  static const std::set<std::string_view> kNames{"IN",
                                                 "OUT",
                                                 "OPTIONAL",
                                                 "__reserved",
                                                 "__notnull",
                                                 "__maybenull",
                                                 "__nullterminated",
                                                 "__bcount",
                                                 "__ecount",
                                                 "__success",
                                                 "__checkReturn",
                                                 "__format_string",
                                                 "__typefix",
                                                 "__range",
                                                 "__callback",
                                                 "__valid",
                                                 "__notvalid",
                                                 "__nullnullterminated",
                                                 "__struct_bcount",
                                                 "__blocksOn",
                                                 "__control_entrypoint",
                                                 "__data_entrypoint"};
  return kNames.contains(word) || word.starts_with("__field_") || is_direction(word);
}

void drop(Text& text, std::size_t index) {
  const std::size_t open = text.next(index);
  const bool has_arguments = text[index] != "IN" && text[index] != "OUT" && text[index] != "OPTIONAL";
  if (has_arguments && text.at(open) == "(") {
    const std::size_t close = text.closing(open);
    for (std::size_t i = open; i <= close && i < text.size(); ++i) {
      if (!text.is_space(i)) text.remove(i);
    }
  }
  text.remove(index);
}

}  // namespace

void drop_first_annotations(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.is_word(i) && text.is_users(i) && is_first_generation(text[i])) drop(text, i);
  }
}

void replace_noop(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!text.is_users(i) || (text[i] != "__noop" && text[i] != "__annotation")) continue;
    const std::size_t open = text.next(i);
    if (text.at(open) == "(") {
      const std::size_t close = text.closing(open);
      for (std::size_t k = open; k <= close && k < text.size(); ++k) {
        if (!text.is_space(k)) text.remove(k);
      }
    }
    text.replace(i, "((int)0)");
  }
}

}  // namespace fltsim::cc
