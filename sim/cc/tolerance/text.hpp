// The tokens of a preprocessed unit, for the transformations of this folder: each reads tokens and replaces some, and
// none changes how many lines there are. Only the user's own text is theirs to change: what lies in system headers, ours
// among them, stays.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "loader/tool/tokens.hpp"

namespace fltsim::cc {

class Text {
 public:
  // `unit` must outlive this.
  explicit Text(std::string_view unit);

  std::size_t size() const { return tokens_.size(); }
  std::string_view operator[](std::size_t index) const { return tokens_[index].text; }
  bool is_word(std::size_t index) const { return tokens_[index].kind == lower_seh::Token::Kind::kWord; }
  // White space, line markers and pragmas.
  bool is_space(std::size_t index) const { return tokens_[index].kind == lower_seh::Token::Kind::kSpace; }
  bool is_identifier(std::size_t index) const;
  bool is_string(std::size_t index) const { return tokens_[index].text.starts_with('"'); }
  bool is_users(std::size_t index) const { return users_[index]; }
  // The line of the unit that the token begins on.
  int line(std::size_t index) const { return tokens_[index].line; }

  // The first token from `index` on that is no space; size() when there is none.
  std::size_t after_space(std::size_t index) const;
  std::size_t next(std::size_t index) const { return after_space(index + 1); }
  // The last token in front of `index` that is no space; size() when there is none.
  std::size_t previous(std::size_t index) const;
  // Of the token that closes the bracket at `open`; size() when none does.
  std::size_t closing(std::size_t open) const;
  // Empty at size().
  std::string_view at(std::size_t index) const {
    return index < size() ? tokens_[index].text : std::string_view();
  }

  // Tokens that are replaced are seen so from then on. The new text of a token has as many lines as the old.
  void replace(std::size_t index, std::string text);
  void remove(std::size_t index) { replace(index, ""); }
  void insert_before(std::size_t index, const std::string& text);
  void insert_behind(std::size_t index, const std::string& text);

  std::string to_string() const;

 private:
  std::vector<lower_seh::Token> tokens_;
  std::vector<bool> users_;
  std::deque<std::string> texts_;  // of tokens that were replaced
};

}  // namespace fltsim::cc
