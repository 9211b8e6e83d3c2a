#include "cc/include_lines.hpp"

namespace fltsim::cc {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::vector<IncludeLine> run() {
    bool line_start = true;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++at_;
        line_start = true;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
        ++at_;
      } else if (ahead("\\\n") || ahead("\\\r\n")) {
        at_ = text_.find('\n', at_) + 1;
      } else if (skip_comment()) {
        // A comment is white space.
      } else if (c == '#' && line_start) {
        ++at_;
        directive();
        line_start = false;
      } else {
        line_start = false;
        if (c == '"' || c == '\'') {
          skip_quoted(c);
        } else {
          ++at_;
        }
      }
    }
    return std::move(lines_);
  }

 private:
  bool ahead(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

  bool skip_comment() {
    if (ahead("//")) {
      // A backslash in front of the line's end takes the next line along.
      while (at_ < text_.size() && text_[at_] != '\n') {
        at_ += text_[at_] == '\\' && at_ + 1 < text_.size() ? (ahead("\\\r\n") ? 3 : 2) : 1;
      }
      return true;
    }
    if (!ahead("/*")) return false;
    const std::size_t end = text_.find("*/", at_ + 2);
    at_ = end == std::string_view::npos ? text_.size() : end + 2;
    return true;
  }

  // Prose in what is not in force may have a single quote: a line's end ends it.
  void skip_quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    }
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || ahead("/*"))) {
      if (!skip_comment()) ++at_;
    }
  }

  void directive() {
    skip_space();
    if (!ahead("include")) return;
    at_ += 7;
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '<')) return;
    const std::size_t begin = at_;
    const std::size_t end = text_.find(text_[at_] == '"' ? '"' : '>', at_ + 1);
    const std::size_t line_end = text_.find('\n', at_);
    if (end == std::string_view::npos || end > line_end) return;
    lines_.push_back(
        {begin, end + 1, text_[begin] == '"', std::string(text_.substr(begin + 1, end - begin - 1))});
    at_ = end + 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<IncludeLine> lines_;
};

}  // namespace

std::vector<IncludeLine> include_lines(std::string_view text) { return Scanner(text).run(); }

}  // namespace fltsim::cc
