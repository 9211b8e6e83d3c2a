#include "cc/tolerance/scopes.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace fltsim::cc {
namespace {

bool is_attribute(std::string_view word) {
  static const std::set<std::string_view> kAttributes{"__attribute__", "__attribute", "__declspec",
                                                      "alignas",       "__asm__",     "asm",
                                                      "__asm",         "decltype",    "noexcept"};
  return kAttributes.contains(word);
}

bool is_type_word(std::string_view word) { return word == "class" || word == "struct" || word == "union"; }

std::size_t after_template(const Text& text, std::size_t at, std::size_t end) {
  at = text.after_space(at);
  while (at < end && text[at] == "template") {
    int depth = 0;
    for (at = text.next(at); at < end; ++at) {
      if (text[at] == "<") ++depth;
      if (text[at] == ">" && --depth == 0) break;
    }
    at = text.next(at);
  }
  return at;
}

// What a brace at declaration level opens.
struct Head {
  enum Kind {
    kScope,
    kFunction,
    kOther
  } kind = kOther;
  std::string name;
  std::size_t name_at = 0;
  std::size_t parameters = 0;
};

std::string qualified_name(const Text& text, std::size_t name_at, std::size_t head) {
  std::string name(text[name_at]);
  std::size_t at = text.previous(name_at);
  if (at < text.size() && at >= head && text[at] == "~") {
    name = "~" + name;
    at = text.previous(at);
  }
  // `::` is one token or two.
  while (at < text.size() && at > head && (text[at] == ":" || text[at] == "::")) {
    const std::size_t colon = text[at] == "::" ? at : text.previous(at);
    const std::size_t scope = text.previous(colon);
    if (scope >= text.size() || scope < head || !text[colon].starts_with(':') || !text.is_identifier(scope))
      break;
    name = std::string(text[scope]) + "::" + name;
    at = text.previous(scope);
  }
  return name;
}

Head read_head(const Text& text, std::size_t begin, std::size_t brace) {
  Head head;
  const std::size_t first = after_template(text, begin, brace);
  std::size_t type_name = text.size();
  bool is_type = false;
  for (std::size_t i = first; i < brace; i = text.next(i)) {
    const std::string_view word = text[i];
    if (is_attribute(word) && text.at(text.next(i)) == "(") {
      i = text.closing(text.next(i));
    } else if (word == "=") {
      const std::size_t before = text.previous(i);
      if (before >= text.size() || text[before] != "operator") return head;
    } else if (word == "namespace" ||
               (word == "extern" && text.is_string(text.next(i)) && text.next(text.next(i)) == brace)) {
      head.kind = Head::kScope;
      const std::size_t name = text.next(i);
      if (text.is_identifier(name)) head.name = text[name];
      return head;
    } else if (word == "enum") {
      return head;
    } else if (is_type_word(word)) {
      is_type = true;
    } else if (word == "(") {
      break;
    } else if (is_type && word == ":") {
      break;
    } else if (text.is_identifier(i)) {
      type_name = i;
    }
  }
  std::size_t name_at = text.size();
  const std::size_t parameters = parameters_of(text, first, brace, name_at);
  if (parameters < brace) {
    head.kind = Head::kFunction;
    head.name_at = name_at;
    head.parameters = parameters;
    head.name =
        text.is_identifier(name_at) ? qualified_name(text, name_at, first) : std::string(text.at(name_at));
  } else if (is_type) {
    head.kind = Head::kScope;
    if (type_name < brace) head.name = text[type_name];
  }
  return head;
}

std::string words_between(const Text& text, std::size_t begin, std::size_t end) {
  static const std::set<std::string_view> kDropped{"static",     "extern",  "inline",   "__inline",
                                                   "__inline__", "virtual", "constexpr"};
  std::string words;
  for (std::size_t i = text.after_space(begin); i < end; i = text.next(i)) {
    const std::string_view word = text[i];
    if (word == "__attribute__") {
      i = text.closing(text.next(i));
      continue;
    }
    if (kDropped.contains(word) || word.starts_with('"')) continue;
    const bool glued = words.empty() || word == "," || word == ")" || word == "*" || words.back() == '(' ||
                       word == "(" || word == ":" || words.back() == ':';
    if (!glued) words += ' ';
    words += word;
  }
  return words;
}

// The body of a function, behind what a constructor initialises: `: a(b), c{d} {`.
std::size_t body_behind(const Text& text, std::size_t parameters) {
  std::size_t i = text.next(text.closing(parameters));
  while (i < text.size() && text[i] != ":" && text[i] != "{") i = text.next(i);
  if (text.at(i) != ":") return i;
  for (i = text.next(i); i < text.size(); i = text.next(i)) {
    while (i < text.size() && text[i] != "(" && text[i] != "{") i = text.next(i);
    i = text.next(text.closing(i));
    if (text.at(i) != ",") return i;
  }
  return text.size();
}

class Walk {
 public:
  explicit Walk(const Text& text) : text_(text) {}

  std::vector<Function> run() {
    std::size_t begin = 0;
    for (std::size_t i = text_.after_space(0); i < text_.size(); i = text_.next(i)) {
      const std::string_view word = text_[i];
      if (word == "(" || word == "[") {
        i = std::min(text_.closing(i), text_.size() - 1);
      } else if (word == ";") {
        begin = i + 1;
      } else if (word == "}") {
        if (!scopes_.empty()) scopes_.pop_back();
        begin = i + 1;
      } else if (word == ":" && is_access(begin, i)) {
        begin = i + 1;
      } else if (word == "{") {
        i = open(begin, i);
        begin = i + 1;
      }
    }
    return std::move(functions_);
  }

 private:
  bool is_access(std::size_t begin, std::size_t colon) const {
    const std::size_t first = text_.after_space(begin);
    const std::string_view word = text_.at(first);
    return text_.next(first) == colon && (word == "public" || word == "protected" || word == "private");
  }

  // Where to go on: behind a body, inside a scope.
  std::size_t open(std::size_t begin, std::size_t brace) {
    const Head head = read_head(text_, begin, brace);
    if (head.kind == Head::kScope) {
      scopes_.push_back(head.name);
      return brace;
    }
    if (head.kind == Head::kFunction) brace = std::min(body_behind(text_, head.parameters), text_.size() - 1);
    const std::size_t end = std::min(text_.closing(brace), text_.size() - 1);
    if (head.kind == Head::kFunction) {
      std::string name;
      for (const std::string& scope : scopes_) {
        if (!scope.empty()) name += scope + "::";
      }
      name += head.name;
      const std::size_t first = after_template(text_, begin, brace);
      const std::size_t close = text_.closing(head.parameters);
      std::string type = words_between(text_, first, head.name_at);
      while (type.ends_with(':') || type.ends_with('~'))
        type.erase(type.find_last_of(' ') == std::string::npos ? 0 : type.find_last_of(' '));
      std::string parameters = words_between(text_, head.parameters, close + 1);
      functions_.push_back({name, type + (type.empty() ? "" : " ") + "__cdecl " + name + parameters, first,
                            head.name_at, head.parameters, brace, end});
    }
    return end;
  }

  const Text& text_;
  std::vector<std::string> scopes_;
  std::vector<Function> functions_;
};

}  // namespace

std::size_t parameters_of(const Text& text, std::size_t head, std::size_t end, std::size_t& name_at) {
  for (std::size_t i = text.after_space(head); i < end; i = text.next(i)) {
    const std::string_view word = text[i];
    if (is_attribute(word) && text.at(text.next(i)) == "(") {
      i = text.closing(text.next(i));
      continue;
    }
    if (word == "operator") {
      name_at = i;
      // `operator()(...)`: its own brackets are a name.
      std::size_t open = text.next(i);
      if (text.at(open) == "(" && text.at(text.next(open)) == ")") open = text.next(text.next(open));
      while (open < end && text[open] != "(") open = text.next(open);
      return open;
    }
    if (word == "(") {
      const std::size_t before = text.previous(i);
      if (before >= text.size() || before < head || !text.is_identifier(before)) return end;
      name_at = before;
      return i;
    }
  }
  return end;
}

std::vector<Function> functions_of(const Text& text) { return Walk(text).run(); }

}  // namespace fltsim::cc
