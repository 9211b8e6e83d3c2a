#include "cc/tolerance/typedefs.hpp"

namespace fltsim::cc {

Typedefs::Typedefs(const Text& text) {
  for (std::size_t i = text.after_space(0); i < text.size(); i = text.next(i)) {
    if (text[i] != "typedef") continue;
    std::size_t end = i;
    while (end < text.size() && text[end] != ";") {
      const std::string_view word = text[end];
      end = word == "(" || word == "{" || word == "[" ? text.closing(end) : end;
      if (end < text.size()) end = text.next(end);
    }
    add(text, text.next(i), end);
    if (end >= text.size()) return;
  }
}

// `A B, *C, (*D)(int)`: the last word in front of each comma is a name.
void Typedefs::add(const Text& text, std::size_t begin, std::size_t end) {
  std::string base;
  std::string last;
  bool is_pointer = false;
  bool is_first = true;
  const auto finish = [&] {
    if (!last.empty()) meaning_[last] = is_pointer ? "*" : base;
    is_pointer = is_first = false;
    last.clear();
  };
  for (std::size_t i = begin; i < end; i = text.next(i)) {
    const std::string_view word = text[i];
    if (word == "*") {
      // What stands in front of the first star is the type of all.
      if (is_first && !is_pointer && !last.empty()) base = last;
      is_pointer = true;
    } else if (word == ",") {
      finish();
    } else if (word == "(" && text.at(text.next(i)) == "*") {
      if (is_first && !last.empty()) base = last;
      is_pointer = true;
      for (std::size_t k = text.next(i); k < text.closing(i); k = text.next(k)) {
        if (text.is_identifier(k)) last = text[k];
      }
      i = text.closing(i);
    } else if (word == "(" || word == "{" || word == "[") {
      i = text.closing(i);
    } else if (text.is_identifier(i)) {
      if (is_first && !is_pointer) base = last;
      last = word;
    }
    if (i >= end) break;
  }
  finish();
}

bool Typedefs::is_pointer_name(std::string_view name) const {
  std::string current(name);
  for (int depth = 0; depth < 16; ++depth) {  // a name may be its own meaning
    const auto found = meaning_.find(current);
    if (found == meaning_.end()) return false;
    if (found->second == "*") return true;
    current = found->second;
  }
  return false;
}

bool Typedefs::is_pointer(const Text& text, std::size_t begin, std::size_t end) const {
  bool is_named_pointer = false;
  for (std::size_t i = text.after_space(begin); i < end; i = text.next(i)) {
    if (text[i] == "*" || text[i] == "[") return true;
    if (text.is_identifier(i) && is_pointer_name(text[i])) is_named_pointer = true;
  }
  return is_named_pointer;
}

}  // namespace fltsim::cc
