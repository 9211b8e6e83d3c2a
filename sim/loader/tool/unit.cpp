#include "loader/tool/unit.hpp"

#include <algorithm>

namespace fltsim::lower_seh {

std::size_t Unit::after_space(std::size_t index) const {
  while (index < tokens_.size() && tokens_[index].kind == Token::Kind::kSpace) ++index;
  return index;
}

std::size_t Unit::previous(std::size_t index) const {
  while (index-- > 0) {
    if (tokens_[index].kind != Token::Kind::kSpace) return index;
  }
  return tokens_.size();
}

std::size_t Unit::closing(std::size_t open) const {
  const std::string_view left = text(open);
  const std::string_view right = left == "(" ? ")" : left == "[" ? "]" : "}";
  int depth = 0;
  for (std::size_t i = open; i < tokens_.size(); ++i) {
    if (tokens_[i].text == left) ++depth;
    if (tokens_[i].text == right && --depth == 0) return i;
  }
  fail(tokens_[std::min(open, tokens_.size() - 1)], "no matching " + std::string(right));
}

std::size_t Unit::closing_angle(std::size_t open) const {
  int depth = 0;
  for (std::size_t i = open; i < tokens_.size(); ++i) {
    const std::string_view text = tokens_[i].text;
    if (text == "(" || text == "[" || text == "{") i = closing(i);
    depth += text == "<" ? 1 : text == ">" ? -1 : 0;
    if (depth == 0) return i;
    if (text == ";" || text == ")" || text == "]" || text == "}") return open;
  }
  return open;
}

std::string Unit::text_between(std::size_t begin, std::size_t end) const {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) text += tokens_[i].text;
  return text;
}

bool Unit::contains_try(std::size_t begin, std::size_t end) const {
  for (std::size_t i = begin; i < end; ++i) {
    if (tokens_[i].text == "__try") return true;
  }
  return false;
}

bool Unit::is_label(std::size_t index) const {
  if (tokens_[index].kind != Token::Kind::kWord) return false;
  if (tokens_[index].text == "case" || tokens_[index].text == "default") return true;
  return text(next(index)) == ":";
}

std::size_t Unit::end_of_simple(std::size_t index) const {
  int depth = 0;
  for (std::size_t i = index; i < tokens_.size(); ++i) {
    const std::string_view text = tokens_[i].text;
    if (text == "(" || text == "[" || text == "{") ++depth;
    if (text == ")" || text == "]" || text == "}") --depth;
    if (text == ";" && depth == 0) return i;
    if (depth < 0) break;
  }
  fail(tokens_[index], "a statement without its semicolon");
}

}  // namespace fltsim::lower_seh
