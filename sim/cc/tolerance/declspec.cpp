#include <map>
#include <set>

#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

// What each word of the list means here. The others say nothing to a module: dllexport, dllimport, novtable, nothrow,
// uuid, allocate, code_seg, guard, safebuffers, property's like.
std::string attribute(const std::string& word, const std::string& value) {
  static const std::map<std::string, std::string> kPlain{
      {"noinline", "noinline"}, {"noreturn", "noreturn"}, {"selectany", "weak"},
      {"restrict", "malloc"},   {"noalias", ""},          {"deprecated", ""},
  };
  if (word == "align") return "aligned(" + value + ")";
  const auto found = kPlain.find(word);
  return found == kPlain.end() ? "" : found->second;
}

std::string attributes_between(const Text& text, std::size_t open, std::size_t close) {
  std::string list;
  for (std::size_t i = text.next(open); i < close; i = text.next(i)) {
    const std::string word(text[i]);
    std::string value;
    if (text.at(text.next(i)) == "(") {
      const std::size_t begin = text.next(i);
      const std::size_t end = text.closing(begin);
      for (std::size_t k = begin + 1; k < end; ++k) value += text[k];
      i = end;
    }
    const std::string found = attribute(word, value);
    if (!found.empty()) list += (list.empty() ? "" : ", ") + found;
  }
  return list.empty() ? "" : "__attribute__((" + list + "))";
}

bool is_type_word(std::string_view word) { return word == "struct" || word == "union" || word == "class"; }

// In front of the whole type, as MSVC takes it: behind `struct`, when its body follows.
std::size_t type_that_follows(const Text& text, std::size_t behind) {
  static const std::set<std::string_view> kBetween{"typedef", "static", "extern", "const", "volatile"};
  std::size_t i = text.after_space(behind);
  while (i < text.size() && kBetween.contains(text[i])) i = text.next(i);
  if (i >= text.size() || !is_type_word(text[i])) return text.size();
  std::size_t body = text.next(i);
  if (text.is_identifier(body)) body = text.next(body);
  const std::string_view word = text.at(body);
  return word == "{" || word == ":" ? i : text.size();
}

}  // namespace

void replace_declspec(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != "__declspec" && text[i] != "_declspec") continue;
    const std::size_t open = text.next(i);
    if (text.at(open) != "(") continue;
    const std::size_t close = text.closing(open);
    if (close == text.size()) return;
    const std::string list = attributes_between(text, open, close);
    for (std::size_t k = i; k <= close; ++k) {
      if (!text.is_space(k)) text.remove(k);
    }
    const std::size_t type = type_that_follows(text, close + 1);
    if (type < text.size() && list.find("aligned") != std::string::npos) {
      text.insert_behind(type, " " + list);
    } else {
      text.replace(i, list);
    }
  }
}

}  // namespace fltsim::cc
