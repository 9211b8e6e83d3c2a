#include "cc/pasting.hpp"

#include <cctype>
#include <string_view>

namespace fltsim::cc {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\\'; }
bool is_bracket(char c) { return std::string_view("()[]{};,?:.").find(c) != std::string_view::npos; }

// Of a directive that begins at `begin`: behind its last line, continued ones included.
std::size_t directive_end(const std::string& text, std::size_t begin) {
  for (std::size_t end = text.find('\n', begin); end != std::string::npos; end = text.find('\n', end + 1)) {
    const std::size_t last = end > begin && text[end - 1] == '\r' ? end - 1 : end;
    if (last == begin || text[last - 1] != '\\') return end;
  }
  return text.size();
}

// Whether what stands on both sides of ## can become one token.
bool can_paste(char left, char right) {
  if (left == ',') return true;  // , ## __VA_ARGS__
  if (is_word(left)) return is_word(right) || right == '"' || right == '\'' || right == '#';
  if (is_word(right)) return left == '.' && std::isdigit(static_cast<unsigned char>(right)) != 0;
  return left != '"' && left != '\'' && !is_bracket(left) && !is_bracket(right);
}

void mend_directive(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t at = text.find("##", begin); at < end; at = text.find("##", at + 2)) {
    std::size_t left = at;
    while (left > begin && is_space(text[left - 1])) --left;
    std::size_t right = at + 2;
    while (right < end && is_space(text[right])) ++right;
    if (left == begin || right == end || can_paste(text[left - 1], text[right])) continue;
    text[at] = text[at + 1] = ' ';
  }
}

bool is_define(const std::string& text, std::size_t begin) {
  std::size_t at = text.find_first_not_of(" \t", begin);
  if (at == std::string::npos || text[at] != '#') return false;
  at = text.find_first_not_of(" \t", at + 1);
  return at != std::string::npos && text.compare(at, 6, "define") == 0;
}

}  // namespace

std::string without_idle_pasting(std::string text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = directive_end(text, at);
    if (is_define(text, at)) mend_directive(text, at, end);
    at = end + 1;
  }
  return text;
}

}  // namespace fltsim::cc
