#include "loader/tool/tokens.hpp"

#include <cctype>

namespace fltsim::lower_seh {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    bool line_start = true;
    while (at_ < source_.size()) {
      const std::size_t begin = at_;
      const int line = line_;
      const Token::Kind kind = next(line_start);
      const std::string_view text = source_.substr(begin, at_ - begin);
      for (const char c : text) line_ += c == '\n';
      line_start = text.find('\n') != std::string_view::npos || (line_start && kind == Token::Kind::kSpace);
      tokens.push_back({kind, text, line});
    }
    return tokens;
  }

 private:
  Token::Kind next(bool line_start) {
    const char c = source_[at_];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      while (at_ < source_.size() && std::isspace(static_cast<unsigned char>(source_[at_])) != 0) ++at_;
      return Token::Kind::kSpace;
    }
    if (c == '#' && line_start) {
      while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      return Token::Kind::kSpace;
    }
    if (c == '"' || c == '\'') {
      quoted(c);
      return Token::Kind::kOther;
    }
    if (is_word(c)) {
      const bool is_number = std::isdigit(static_cast<unsigned char>(c)) != 0;
      while (at_ < source_.size() && (is_word(source_[at_]) || (is_number && at_digit_separator()))) ++at_;
      return Token::Kind::kWord;
    }
    ++at_;
    return Token::Kind::kOther;
  }

  // 1'000 of C++ holds no character constant.
  bool at_digit_separator() const {
    return source_[at_] == '\'' && at_ + 1 < source_.size() && is_word(source_[at_ + 1]);
  }

  void quoted(char quote) {
    if (quote == '"' && at_ > 0 && source_[at_ - 1] == 'R') return raw();
    for (++at_; at_ < source_.size() && source_[at_] != quote; ++at_) {
      if (source_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  void raw() {
    const std::size_t open = source_.find('(', at_);
    const std::string end = ')' + std::string(source_.substr(at_ + 1, open - at_ - 1)) + '"';
    at_ = source_.find(end, open) + end.size();
  }

  std::string_view source_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

void fail(int line, const std::string& message) { throw Refused{line, message}; }

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

void give_back_library_tries(std::vector<Token>& tokens) {
  const auto after_space = [&](std::size_t i) {
    while (i < tokens.size() && tokens[i].kind == Token::Kind::kSpace) ++i;
    return i;
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].text != "__try") continue;
    std::size_t end = after_space(i + 1);
    for (int depth = 0; end < tokens.size(); ++end) {
      if (tokens[end].text == "{") ++depth;
      if (tokens[end].text == "}" && --depth == 0) break;
    }
    end = after_space(end + 1);
    if (end < tokens.size() && tokens[end].text == "if") tokens[i].text = "if (true)";
  }
}

}  // namespace fltsim::lower_seh
