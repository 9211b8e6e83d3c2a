#include <cctype>
#include <set>

#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

// Words that may stand beside `long` in one type.
bool is_beside(std::string_view word) {
  static const std::set<std::string_view> kWords{"long",  "int",      "unsigned", "signed",  "double",
                                                 "const", "volatile", "__signed", "_Complex"};
  return kWords.contains(word);
}

struct Type {
  int longs = 0;
  bool has_int = false;
  bool has_double = false;

  void add(std::string_view word) {
    longs += word == "long";
    has_int = has_int || word == "int";
    has_double = has_double || word == "double";
  }
};

void shorten_type(Text& text, std::size_t index) {
  Type type;
  for (std::size_t i = index; i < text.size() && is_beside(text[i]); i = text.previous(i)) type.add(text[i]);
  for (std::size_t i = text.next(index); i < text.size() && is_beside(text[i]); i = text.next(i))
    type.add(text[i]);
  if (type.longs != 1 || type.has_double) return;
  text.replace(index, type.has_int ? "" : "int");
}

// 1L and 1UL. 1.5L is a long double, and so is 1e5L.
void shorten_number(Text& text, std::size_t index) {
  const std::string_view word = text[index];
  const std::size_t before = text.previous(index);
  if (word.find('.') != std::string_view::npos || (before + 1 == index && text[before] == ".")) return;
  const bool is_hex = word.starts_with("0x") || word.starts_with("0X");
  if (!is_hex && word.find_first_of("eE") != std::string_view::npos) return;
  const std::size_t digits = word.find_last_not_of("uUlL") + 1;
  if (text.at(index + 1) == "." || digits == 0) return;
  const std::string_view suffix = word.substr(digits);
  std::string kept;
  int longs = 0;
  for (const char c : suffix) {
    if (c == 'l' || c == 'L') {
      ++longs;
    } else {
      kept += c;
    }
  }
  if (longs == 1) text.replace(index, std::string(word.substr(0, digits)) + kept);
}

}  // namespace

void make_long_32_bits(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!text.is_word(i) || !text.is_users(i) || text[i].empty()) continue;
    if (text[i] == "long") {
      shorten_type(text, i);
    } else if (std::isdigit(static_cast<unsigned char>(text[i].front())) != 0) {
      shorten_number(text, i);
    }
  }
}

}  // namespace fltsim::cc
