// A tokenized unit, and what is asked about it from an index on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "loader/tool/tokens.hpp"

namespace fltsim::lower_seh {

class Unit {
 public:
  explicit Unit(const std::vector<Token>& tokens) : tokens_(tokens) {}

  std::size_t size() const { return tokens_.size(); }
  const Token& operator[](std::size_t index) const { return tokens_[index]; }
  // Empty behind the end.
  std::string_view text(std::size_t index) const {
    return index < tokens_.size() ? tokens_[index].text : std::string_view();
  }
  bool is_space(std::size_t index) const { return tokens_[index].kind == Token::Kind::kSpace; }
  bool is_word(std::size_t index) const {
    return index < tokens_.size() && tokens_[index].kind == Token::Kind::kWord;
  }
  // Of the first token from `index` on that is no space; size() when there is none.
  std::size_t after_space(std::size_t index) const;
  // The next one that is no space, behind `index`.
  std::size_t next(std::size_t index) const { return after_space(index + 1); }
  // The last one before `index` that is no space; size() when there is none.
  std::size_t previous(std::size_t index) const;
  // Of the token that closes the one at `open`, which is one of ( [ {.
  std::size_t closing(std::size_t open) const;
  // Of the > that closes the < at `open`; `open` itself where that is an operator.
  std::size_t closing_angle(std::size_t open) const;
  std::string text_between(std::size_t begin, std::size_t end) const;
  bool contains_try(std::size_t begin, std::size_t end) const;
  // A label, `case` or `default` begins at `index`.
  bool is_label(std::size_t index) const;
  // Of the semicolon of the expression or declaration that begins at `index`.
  std::size_t end_of_simple(std::size_t index) const;

 private:
  const std::vector<Token>& tokens_;
};

}  // namespace fltsim::lower_seh
