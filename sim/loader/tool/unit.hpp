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
  bool is_space(std::size_t index) const { return tokens_[index].kind == Token::Kind::kSpace; }
  // Of the first token from `index` on that is no space; size() when there is none.
  std::size_t after_space(std::size_t index) const;
  // Of the token that closes the one at `open`.
  std::size_t closing(std::size_t open, std::string_view left, std::string_view right) const;
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
