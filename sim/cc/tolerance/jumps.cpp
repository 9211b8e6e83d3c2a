// C++: MSVC warns of a `goto` or a `case` that passes an initialiser; gcc and clang refuse. The declaration is split in two.
#include <algorithm>
#include <array>
#include <sstream>

#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

constexpr std::array kNotes{"crosses initialization of '", "jump bypasses variable initialization"};

struct PassedPlace {
  std::string file;
  int line = 0;
  int column = 0;    // 0 when `name` says which
  std::string name;  // empty when the column does
};

// "file:12:7: note: ...".
bool read_note(const std::string& line, PassedPlace& place) {
  const std::size_t note = line.find(": note: ");
  if (note == std::string::npos) return false;
  const bool is_about_jumps = std::any_of(
      kNotes.begin(), kNotes.end(), [&](const char* what) { return line.find(what) != std::string::npos; });
  const std::size_t column = line.rfind(':', note - 1);
  const std::size_t number = column == std::string::npos ? column : line.rfind(':', column - 1);
  if (!is_about_jumps || number == std::string::npos) return false;
  place.file = line.substr(0, number);
  place.line = std::atoi(line.c_str() + number + 1);
  const std::size_t quote = line.rfind('\'');
  if (quote == std::string::npos) {
    place.column = std::atoi(line.c_str() + column + 1);
    return true;
  }
  std::size_t begin = quote;
  while (begin > 0 &&
         (std::isalnum(static_cast<unsigned char>(line[begin - 1])) != 0 || line[begin - 1] == '_'))
    --begin;
  place.name = line.substr(begin, quote - begin);
  return true;
}

std::vector<PassedPlace> passed_places(const std::string& messages) {
  std::vector<PassedPlace> places;
  std::istringstream lines(messages);
  for (std::string line; std::getline(lines, line);) {
    PassedPlace place;
    if (read_note(line, place)) places.push_back(place);
  }
  return places;
}

// Walks along the lines that the source had.
class SourceLines {
 public:
  // Of the next token.
  void add(std::string_view token) {
    for (std::size_t at = 0; at < token.size();) {
      const std::size_t end = std::min(token.find('\n', at), token.size());
      column_ += static_cast<int>(end - at);
      if (token.starts_with('#') && at == 0) read_marker(token.substr(0, end));
      if (end == token.size()) return;
      ++line_;
      column_ = 1;
      at = end + 1;
    }
  }
  bool is_at(const PassedPlace& place) const {
    return line_ == place.line && file_ == place.file && (place.column == 0 || place.column == column_);
  }

 private:
  void read_marker(std::string_view text) {
    const std::size_t open = text.find('"');
    const std::size_t close = text.rfind('"');
    if (!text.starts_with("# ") || open == close) return;
    line_ = std::atoi(std::string(text.substr(2, open - 2)).c_str()) - 1;
    file_ = text.substr(open + 1, close - open - 1);
  }

  std::string file_;
  int line_ = 1;
  int column_ = 1;
};

// What `int a = f(), *b = 0;` begins with; size() when this is no declaration that can be split.
std::size_t declaration_begin(const Text& text, std::size_t name) {
  std::size_t begin = name;
  for (std::size_t i = text.previous(name); i < text.size(); i = text.previous(i)) {
    const std::string_view word = text[i];
    if (word == ";" || word == "{" || word == "}" || word == ":" || word == ")") {
      if (word == ":" && text.at(text.previous(i)) == ":") continue;
      break;
    }
    if (word == "auto" || word == "&" || word == "static" || word == "(" || word == "for") return text.size();
    begin = i;
  }
  return begin == name ? text.size() : begin;
}

std::string flat(const Text& text, std::size_t begin, std::size_t end) {
  std::string words;
  for (std::size_t i = text.after_space(begin); i < end; i = text.next(i))
    words += std::string(text[i]) + ' ';
  return words;
}

bool split(Text& text, std::size_t name) {
  const std::size_t begin = declaration_begin(text, name);
  if (begin == text.size()) return false;
  std::string assignments;
  std::size_t i = begin;
  std::size_t last_word = begin;
  const bool has_pointer = [&] {
    for (std::size_t k = begin; k < name; ++k) {
      if (text[k] == "*") return true;
    }
    return false;
  }();
  for (; i < text.size() && text[i] != ";"; i = text.next(i)) {
    const std::string_view word = text[i];
    if (word == "const" && !has_pointer) text.remove(i);
    if (word == "[") return false;
    if (text.is_identifier(i)) last_word = i;
    if (word != "=" && word != "(" && word != "{") continue;
    const std::size_t value = word == "=" ? text.next(i) : i;
    std::size_t end = value;
    while (end < text.size() && text[end] != "," && text[end] != ";") {
      if (text[end] == "(" || text[end] == "{" || text[end] == "[") end = text.closing(end);
      end = text.next(end);
    }
    assignments += ' ' + std::string(text[last_word]) + " = " + flat(text, value, end) + ';';
    for (std::size_t k = i; k < end; ++k) {
      if (!text.is_space(k)) text.remove(k);
    }
    i = text.previous(end);
  }
  if (i >= text.size() || assignments.empty()) return false;
  text.insert_behind(i, assignments);
  return true;
}

}  // namespace

bool split_passed_declarations(Text& text, const std::string& messages) {
  std::vector<PassedPlace> places = passed_places(messages);
  if (places.empty()) return false;
  std::vector<std::size_t> names;
  SourceLines lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_meant = [&](const PassedPlace& place) {
      return lines.is_at(place) && (place.name.empty() || text[i] == place.name);
    };
    // The first time that a name stands on the line, it is declared there.
    if (text.is_identifier(i) && std::erase_if(places, is_meant) != 0) names.push_back(i);
    lines.add(text[i]);
  }
  bool is_changed = false;
  for (const std::size_t name : names) is_changed = split(text, name) || is_changed;
  return is_changed;
}

}  // namespace fltsim::cc
