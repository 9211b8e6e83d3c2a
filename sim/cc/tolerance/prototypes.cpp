// C alone: MSVC warns where a function's definition has other pointer types than its prototype, or is static where that is
// not; gcc and clang refuse.
#include <algorithm>
#include <map>
#include <vector>

#include "cc/tolerance/scopes.hpp"
#include "cc/tolerance/tolerance.hpp"
#include "cc/tolerance/typedefs.hpp"

namespace fltsim::cc {
namespace {

struct Prototype {
  std::size_t head;
  std::size_t name_at;
  std::size_t parameters;
};

// The declarations of `name` at file level, from the start of the unit to `end`.
std::vector<Prototype> prototypes_of(const Text& text, std::string_view name, std::size_t end) {
  std::vector<Prototype> found;
  std::size_t begin = 0;
  for (std::size_t i = text.after_space(0); i < end; i = text.next(i)) {
    const std::string_view word = text[i];
    if (word == "{" || word == "[" || word == "(") {
      const bool is_body = word == "{";
      i = std::min(text.closing(i), text.size() - 1);
      if (is_body && text.at(text.next(i)) != ";" && text.at(text.next(i)) != "," &&
          !text.is_identifier(text.next(i))) {
        begin = i + 1;
      }
    } else if (word == ";") {
      begin = i + 1;
    } else if (word == name && text.at(text.next(i)) == "(" &&
               text.at(text.next(text.closing(text.next(i)))) == ";") {
      found.push_back({text.after_space(begin), i, text.next(i)});
    }
  }
  return found;
}

struct Parameter {
  std::size_t begin;
  std::size_t end;
};

std::vector<Parameter> split(const Text& text, std::size_t open) {
  std::vector<Parameter> parameters;
  const std::size_t close = text.closing(open);
  std::size_t begin = open + 1;
  for (std::size_t i = text.next(open); i < close; i = text.next(i)) {
    if (text[i] == "(" || text[i] == "[" || text[i] == "{") i = text.closing(i);
    if (text[i] != ",") continue;
    parameters.push_back({begin, i});
    begin = i + 1;
  }
  parameters.push_back({begin, close});
  return parameters;
}

// The words that make the type: qualifiers and the parameter's own name do not count.
std::vector<std::string> type_words(const Text& text, const Parameter& parameter) {
  std::vector<std::string> words;
  for (std::size_t i = text.after_space(parameter.begin); i < parameter.end; i = text.next(i)) {
    if (text[i] != "const" && text[i] != "volatile") words.emplace_back(text[i]);
  }
  return words;
}

bool is_same_type(std::vector<std::string> left, std::vector<std::string> right) {
  if (left == right) return true;
  // One of them, or both, may have a name behind.
  const auto without_name = [](std::vector<std::string> words) {
    if (words.size() > 1) words.pop_back();
    return words;
  };
  return without_name(left) == right || left == without_name(right) ||
         without_name(left) == without_name(right);
}

bool differs_in_pointers_alone(const Text& text, std::size_t prototype, std::size_t definition) {
  const Typedefs typedefs(text);
  const std::vector<Parameter> left = split(text, prototype);
  const std::vector<Parameter> right = split(text, definition);
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (is_same_type(type_words(text, left[i]), type_words(text, right[i]))) continue;
    if (!typedefs.is_pointer(text, left[i].begin, left[i].end) ||
        !typedefs.is_pointer(text, right[i].begin, right[i].end)) {
      return false;
    }
  }
  return true;
}

// What stands in front of the definition goes on calling the same function by another name, with the types that it
// was promised.
void rename_before(Text& text, const Function& function) {
  const std::string name(text[function.name_at]);
  const std::string other = "fltsim_promised_" + name;
  for (const Prototype& prototype : prototypes_of(text, name, function.head)) {
    for (std::size_t i = prototype.head; i < prototype.name_at; ++i) {
      if (text[i] == "static") text.remove(i);
    }
    text.insert_behind(text.closing(prototype.parameters), " __asm__(\"" + name + "\")");
  }
  for (std::size_t i = 0; i < function.head; ++i) {
    if (text.is_word(i) && text[i] == name) text.replace(i, other);
  }
  // A static function that is called by the other name alone would be dropped.
  text.insert_before(function.head, "__attribute__((used)) ");
}

}  // namespace

bool reconcile_prototypes(Text& text, const std::set<std::string>& functions) {
  bool is_changed = false;
  for (const Function& function : functions_of(text)) {
    if (!functions.contains(function.name)) continue;
    const std::vector<Prototype> prototypes = prototypes_of(text, function.name, function.head);
    const bool agree = !prototypes.empty() &&
                       std::all_of(prototypes.begin(), prototypes.end(), [&](const Prototype& prototype) {
                         return differs_in_pointers_alone(text, prototype.parameters, function.parameters);
                       });
    if (!agree) continue;
    rename_before(text, function);
    is_changed = true;
  }
  return is_changed;
}

bool make_static(Text& text, const std::set<std::string>& names) {
  bool is_changed = false;
  std::size_t begin = 0;
  for (std::size_t i = text.after_space(0); i < text.size(); i = text.next(i)) {
    const std::string_view word = text[i];
    if (word == ";" || word == "}") begin = i + 1;
    if (word == "{" || word == "(" || word == "[") {
      const bool is_body = word == "{";
      i = std::min(text.closing(i), text.size() - 1);
      if (is_body && text.at(text.next(i)) != ";") begin = i + 1;
      continue;
    }
    if (!text.is_identifier(i) || !names.contains(std::string(word)) || !text.is_users(i)) continue;
    const std::size_t head = text.after_space(begin);
    bool is_static = false;
    for (std::size_t k = head; k < i; ++k) {
      is_static = is_static || text[k].find("static") != std::string_view::npos;
      if (text[k] == "extern") text.remove(k);
    }
    if (is_static || head >= i) continue;
    text.insert_before(head, "static ");
    is_changed = true;
  }
  return is_changed;
}

}  // namespace fltsim::cc
