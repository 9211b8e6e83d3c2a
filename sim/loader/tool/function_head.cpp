#include "loader/tool/function_head.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace fltsim::lower_seh {
namespace {

// A parenthesis behind one of these belongs to it.
bool takes_parenthesis(std::string_view word) {
  static const std::set<std::string_view> kWords{"__attribute__", "__attribute", "__declspec", "alignas",
                                                 "_Alignas",      "__typeof__",  "__typeof",   "typeof",
                                                 "decltype",      "_Atomic",     "explicit",   "noexcept",
                                                 "throw",         "asm",         "__asm__",    "__asm"};
  return kWords.contains(word);
}

// Behind `requires` and its conditions.
std::size_t after_requires(const Unit& unit, std::size_t i) {
  for (;;) {
    i = unit.next(i);
    if (unit.text(i) == "(") {
      i = unit.next(unit.closing(i));
    } else {
      while (unit.is_word(i) || unit.text(i) == "::") i = unit.next(i);
      if (unit.text(i) == "<") i = unit.next(unit.closing_angle(i));
    }
    const std::size_t second = unit.next(i);
    const bool goes_on = (unit.text(i) == "&" && unit.text(second) == "&") ||
                         (unit.text(i) == "|" && unit.text(second) == "|");
    if (!goes_on) return i;
    i = second;
  }
}

// Behind `template <...>`, `extern "C"` and [[...]]: no attribute of GNU's may stand in front of those.
std::size_t after_prefixes(const Unit& unit, std::size_t declaration) {
  std::size_t i = unit.after_space(declaration);
  for (;;) {
    if (unit.text(i) == "template" && unit.text(unit.next(i)) == "<") {
      i = unit.next(unit.closing_angle(unit.next(i)));
      if (unit.text(i) == "requires") i = after_requires(unit, i);
    } else if (unit.text(i) == "extern" && unit.text(unit.next(i)).starts_with('"')) {
      i = unit.next(unit.next(i));
    } else if (unit.text(i) == "[" && unit.text(unit.next(i)) == "[") {
      i = unit.next(unit.closing(i));
    } else {
      return i;
    }
  }
}

// The body of a constructor whose initialisers begin behind `colon`; size() when that is something else.
std::size_t after_initialisers(const Unit& unit, std::size_t colon) {
  for (std::size_t i = unit.next(colon); i < unit.size(); i = unit.next(i)) {
    while (unit.is_word(i) || unit.text(i) == "::") i = unit.next(i);
    if (unit.text(i) == "<") i = unit.next(unit.closing_angle(i));
    if (unit.text(i) != "(" && unit.text(i) != "{") return unit.size();
    i = unit.next(unit.closing(i));
    while (unit.text(i) == ".") i = unit.next(i);  // a pack
    if (unit.text(i) == "{") return i;
    if (unit.text(i) != ",") return unit.size();
  }
  return unit.size();
}

// The end of the type behind `->`: the body, or the end of the declaration.
std::size_t end_of_trailing(const Unit& unit, std::size_t i) {
  for (; i < unit.size(); i = unit.next(i)) {
    const std::string_view text = unit.text(i);
    if (text == "<") {
      i = unit.closing_angle(i);
    } else if (text == "(" || text == "[") {
      i = unit.closing(i);
    } else if (text == "{" || text == ";" || text == "requires" || text == "=") {
      return i;
    }
  }
  return i;
}

class HeadReader {
 public:
  HeadReader(const Unit& unit, std::size_t declaration)
      : unit_(unit), head_{after_prefixes(unit, declaration), 0, 0, 0} {}

  std::optional<FunctionHead> run() {
    for (std::size_t i = head_.begin; i < unit_.size(); i = unit_.next(i)) {
      if (!step(i)) return std::nullopt;
      if (head_.body != 0) return head_;
    }
    return std::nullopt;
  }

 private:
  bool has_parameters() const { return head_.parameters != 0; }
  bool names_operator(std::size_t i) const {
    for (int words = 0; words < 4 && i > head_.begin; ++words) {
      i = unit_.previous(i);
      if (unit_.text(i) == "operator") return true;
    }
    return false;
  }

  // Looks at one token, and perhaps moves `i` to the end of a group. False: no function begins here.
  bool step(std::size_t& i) {
    const std::string_view text = unit_.text(i);
    if (text == "(") return parenthesis(i);
    if (text == "[") return i = unit_.closing(i), true;
    if (text == "<" && !has_parameters() && !names_operator(i)) return i = unit_.closing_angle(i), true;
    if (text == "{") return head_.body = i, has_parameters();
    if (text == "}") return false;
    if (text == ";") return old_style_;
    if (text == ",") return old_style_ || names_operator(i);
    if (text == "=") return !has_parameters() && names_operator(i);
    if (text == ":") {
      head_.body = after_initialisers(unit_, i);
      return has_parameters() && head_.body < unit_.size();
    }
    if (text == "->" && has_parameters()) {
      head_.trailing = unit_.next(i);
      head_.trailing_end = end_of_trailing(unit_, head_.trailing);
      i = unit_.previous(head_.trailing_end);
      return true;
    }
    if (text == "requires" && has_parameters()) {
      i = unit_.previous(after_requires(unit_, i));
    } else if (has_parameters() && unit_.is_word(i) && !is_qualifier(text)) {
      old_style_ = true;
    }
    return true;
  }

  static bool is_qualifier(std::string_view word) {
    static const std::set<std::string_view> kQualifiers{"const",      "volatile", "override", "final",
                                                        "__restrict", "restrict", "mutable"};
    return kQualifiers.contains(word) || takes_parenthesis(word);
  }

  bool parenthesis(std::size_t& i) {
    const std::size_t open = i;
    const std::size_t close = unit_.closing(open);
    const std::size_t before = open > head_.begin ? unit_.previous(open) : unit_.size();
    const std::size_t first = unit_.next(open);
    i = close;
    if (has_parameters() || takes_parenthesis(unit_.text(before))) return true;
    if (unit_.text(before) == "operator" && first == close) return true;  // operator()
    const bool is_declarator =
        unit_.text(unit_.next(close)) == "(" && before < unit_.size() && unit_.text(before) != "operator";
    if (is_declarator && (unit_.text(first) == "*" || unit_.text(first) == "&")) return wrapped(first, close);
    if (is_declarator && unit_.next(first) == close && unit_.is_word(first) && !names_operator(open)) {
      head_.name = first;  // int (f)(int a): what follows are the parameters
      head_.wrapped = true;
      i = close;
      return true;
    }
    if (head_.name == 0) head_.name = before;
    head_.parameters = open;
    return true;
  }

  // int (*f(int a))(void)
  bool wrapped(std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; i = unit_.next(i)) {
      if (unit_.text(i) != "(" || takes_parenthesis(unit_.text(unit_.previous(i)))) {
        if (unit_.text(i) == "(") i = unit_.closing(i);
        continue;
      }
      head_.name = unit_.previous(i);
      head_.parameters = i;
      head_.wrapped = true;
      return unit_.is_word(head_.name);
    }
    return false;
  }

  const Unit& unit_;
  FunctionHead head_;
  bool old_style_ = false;  // declarations of parameters stand behind them
};

using Words = std::vector<std::string_view>;

Words words_between(const Unit& unit, std::size_t begin, std::size_t end) {
  static const std::set<std::string_view> kDropped{"static",     "extern",        "inline",       "__inline",
                                                   "__inline__", "__extension__", "virtual",      "constexpr",
                                                   "consteval",  "friend",        "register",     "_Noreturn",
                                                   "explicit",   "override",      "__forceinline"};
  Words words;
  for (std::size_t i = unit.after_space(begin); i < end; i = unit.next(i)) {
    const std::string_view text = unit.text(i);
    if (text == "__attribute__" || text == "__attribute" || text == "__declspec") {
      i = unit.closing(unit.next(i));
    } else if (text == "[") {
      i = unit.closing(i);
    } else if (!kDropped.contains(text) && !text.starts_with('"')) {
      words.push_back(text);
    }
  }
  return words;
}

// A variable of the type is assigned to: the const of the type itself goes, that of what it points to stays.
std::string as_type(Words words) {
  while (!words.empty() && (words.back() == "const" || words.back() == "volatile")) words.pop_back();
  bool points = false;
  for (const std::string_view word : words) points = points || word == "*" || word == "&";
  std::string type;
  for (const std::string_view word : words) {
    if (!points && (word == "const" || word == "volatile")) continue;
    type += (type.empty() ? "" : " ") + std::string(word);
  }
  return type == "void" ? "" : type;
}

// The names of the parameters, as the arguments of a call; nothing when one has none.
std::optional<std::string> arguments(const Unit& unit, std::size_t open) {
  const std::size_t close = unit.closing(open);
  std::string result;
  std::size_t name = 0;
  std::size_t words = 0;
  for (std::size_t i = unit.next(open);; i = unit.next(i)) {
    const std::string_view text = unit.text(i);
    if (i == close || text == ",") {
      if (words == 1 && unit.text(name) == "void") return result;
      if (words == 1) return std::nullopt;
      if (name != 0) result += (result.empty() ? "" : ", ") + std::string(unit.text(name));
      if (i == close) return result;
      name = words = 0;
    } else if (text == "(" && takes_parenthesis(unit.text(unit.previous(i)))) {
      i = unit.closing(i);
    } else if (text == "(" && unit.text(unit.next(i)) == "*") {
      for (std::size_t j = unit.next(i); unit.text(j) != ")"; j = unit.next(j)) {
        if (unit.is_word(j)) name = j;
      }
      words += 2;
      i = unit.closing(i);
      if (unit.text(unit.next(i)) == "(") i = unit.closing(unit.next(i));
    } else if (text == "[") {
      i = unit.closing(i);
    } else if (unit.is_word(i) && !takes_parenthesis(text)) {
      name = i;
      ++words;
    }
  }
}

}  // namespace

std::optional<FunctionHead> function_at(const Unit& unit, std::size_t declaration) {
  return HeadReader(unit, declaration).run();
}

std::optional<LambdaHead> lambda_at(const Unit& unit, std::size_t open) {
  static const std::set<std::string_view> kBeforeExpression{"return", "case", "co_return", "else", "do"};
  const std::size_t before = open == 0 ? unit.size() : unit.previous(open);
  const bool is_subscript = (unit.is_word(before) && !kBeforeExpression.contains(unit.text(before))) ||
                            unit.text(before) == ")" || unit.text(before) == "]";
  if (is_subscript || unit.text(unit.next(open)) == "[") return std::nullopt;
  LambdaHead head{unit.closing(open), 0, 0};
  std::size_t i = unit.next(head.introducer_end);
  if (unit.text(i) == "<") i = unit.next(unit.closing_angle(i));
  if (unit.text(i) == "(") {
    head.parameters_end = unit.closing(i);
    i = unit.next(head.parameters_end);
  }
  for (; i < unit.size(); i = unit.next(i)) {
    const std::string_view text = unit.text(i);
    if (text == "{") {
      head.body = i;
      return head;
    }
    if (text == "->") {
      head.trailing = unit.next(i);
      head.trailing_end = end_of_trailing(unit, head.trailing);
      i = unit.previous(head.trailing_end);
    } else if (takes_parenthesis(text) && unit.text(unit.next(i)) == "(") {
      i = unit.closing(unit.next(i));
    } else if (!unit.is_word(i)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string return_type(const Unit& unit, const FunctionHead& head) {
  if (head.trailing != 0) return as_type(words_between(unit, head.trailing, head.trailing_end));
  if (head.wrapped) {
    const std::optional<std::string> call = arguments(unit, head.parameters);
    if (!call) fail(unit[head.name], "a function with __try has a parameter without a name");
    return "__typeof__(" + std::string(unit.text(head.name)) + "(" + *call + "))";
  }
  // The name, and the class in front of it: NTSTATUS Guard<T>::read(...)
  std::size_t end = head.name;
  for (;;) {
    const std::size_t colons = unit.previous(end);
    if (colons >= unit.size() || colons < head.begin || unit.text(colons) != "::") break;
    end = unit.previous(colons);
    if (unit.text(end) == ">") {
      for (int depth = 0;; end = unit.previous(end)) {
        depth += unit.text(end) == ">" ? 1 : unit.text(end) == "<" ? -1 : 0;
        if (depth == 0) break;
      }
      end = unit.previous(end);
    }
  }
  Words words = words_between(unit, head.begin, end);
  const auto op = std::find(words.begin(), words.end(), "operator");
  if (op == words.begin() && op != words.end()) {
    words.erase(op);  // a conversion: its name is the type
    words.emplace_back(unit.text(head.name));
  } else {
    words.erase(op, words.end());
  }
  return as_type(std::move(words));
}

std::string return_type(const Unit& unit, const LambdaHead& head) {
  return head.trailing == 0 ? "auto" : as_type(words_between(unit, head.trailing, head.trailing_end));
}

}  // namespace fltsim::lower_seh
