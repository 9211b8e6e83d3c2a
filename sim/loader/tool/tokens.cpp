#include "loader/tool/tokens.hpp"

#include <algorithm>
#include <cctype>

namespace fltsim::lower_seh {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
// Bytes beyond ASCII are letters: identifiers of both languages may have them.
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    bool line_start = true;
    while (at_ < source_.size()) {
      const std::size_t begin = at_;
      Token token{Token::Kind::kOther, {}, line_};
      token.kind = next(line_start, token.text);
      const std::string_view text = source_.substr(begin, at_ - begin);
      if (token.text.empty()) token.text = text;
      line_ += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
      line_start =
          text.find('\n') != std::string_view::npos || (line_start && token.kind == Token::Kind::kSpace);
      tokens.push_back(token);
    }
    return tokens;
  }

 private:
  bool ahead(std::string_view text) const { return source_.substr(at_, text.size()) == text; }

  void skip_through(std::string_view end) {
    const std::size_t found = source_.find(end, at_);
    at_ = found == std::string_view::npos ? source_.size() : found + end.size();
  }

  // Advances by one token; sets `text` where that is not what the source says.
  Token::Kind next(bool line_start, std::string_view& text) {
    const char c = source_[at_];
    if (is_space(c)) {
      while (at_ < source_.size() && is_space(source_[at_])) ++at_;
      return Token::Kind::kSpace;
    }
    if ((c == '#' && line_start) || ahead("//")) {
      at_ = std::min(source_.find('\n', at_), source_.size());
      return Token::Kind::kSpace;
    }
    if (ahead("/*")) {
      skip_through("*/");
      return Token::Kind::kSpace;
    }
    if (c == '"' || c == '\'') {
      quoted(c);
      return Token::Kind::kOther;
    }
    if (is_word(c) || (c == '.' && at_ + 1 < source_.size() && is_digit(source_[at_ + 1]))) {
      word(c);
      return Token::Kind::kWord;
    }
    punctuation(text);
    return Token::Kind::kOther;
  }

  void word(char first) {
    const bool is_number = is_digit(first) || first == '.';
    ++at_;
    while (at_ < source_.size() && (is_word(source_[at_]) || (is_number && continues_number()))) ++at_;
  }

  // 1'000 of C++ holds no character constant.
  bool continues_number() const {
    return source_[at_] == '.' ||
           (source_[at_] == '\'' && at_ + 1 < source_.size() && is_word(source_[at_ + 1]));
  }

  void punctuation(std::string_view& text) {
    struct Digraph {
      std::string_view written;
      std::string_view meant;
    };
    static constexpr Digraph kPairs[] = {{"<%", "{"}, {"%>", "}"},  {"<:", "["},
                                         {":>", "]"}, {"::", "::"}, {"->", "->"}};
    // In C++ `<::` is no digraph unless `:` or `>` follows.
    const bool plain_less = ahead("<::") && !ahead("<:::") && !ahead("<::>");
    for (const Digraph& pair : kPairs) {
      if (plain_less || !ahead(pair.written)) continue;
      at_ += pair.written.size();
      text = pair.meant;
      return;
    }
    ++at_;
  }

  void quoted(char quote) {
    if (quote == '"' && at_ > 0 && source_[at_ - 1] == 'R') return raw();
    for (++at_; at_ < source_.size() && source_[at_] != quote; ++at_) {
      if (source_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, source_.size());
  }

  void raw() {
    const std::size_t open = source_.find('(', at_);
    const std::string end = ')' + std::string(source_.substr(at_ + 1, open - at_ - 1)) + '"';
    at_ = open;
    skip_through(end);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

void fail(const Token& token, const std::string& message) { throw Refused{{token.line, message}}; }

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
