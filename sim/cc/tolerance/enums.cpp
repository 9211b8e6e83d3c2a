#include <map>
#include <set>
#include <string>

#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

struct Uses {
  std::size_t first;           // the first token that says `enum NAME`
  std::size_t definition = 0;  // of the name, in front of its {
  bool is_defined = false;
  bool is_early = false;  // named before it is defined
};

}  // namespace

void declare_enums(Text& text) {
  std::map<std::string, Uses> enums;
  std::size_t begin = 0;  // of the declaration that stands at file level or in a class
  for (std::size_t i = text.after_space(0); i < text.size(); i = text.next(i)) {
    const std::string_view word = text[i];
    if (word == ";" || word == "{" || word == "}") begin = text.next(i);
    if (word != "enum" || !text.is_users(i)) continue;
    const std::size_t name = text.next(i);
    if (!text.is_identifier(name) || text[name] == "class" || text[name] == "struct") continue;
    const std::string_view behind = text.at(text.next(name));
    if (behind == ":") continue;
    Uses& uses = enums.try_emplace(std::string(text[name]), Uses{begin}).first->second;
    if (behind == "{") {
      uses.is_defined = true;
      uses.definition = name;
    } else if (!uses.is_defined) {
      uses.is_early = true;
    }
  }
  for (const auto& [name, uses] : enums) {
    if (!uses.is_early) continue;
    text.insert_before(uses.first, "enum " + name + " : int; ");
    if (uses.is_defined) text.insert_behind(uses.definition, " : int");
  }
  // `enum E;` itself, which would now say less than the line in front of it.
  for (std::size_t i = text.after_space(0); i < text.size(); i = text.next(i)) {
    if (!text[i].ends_with("enum") || !text.is_users(i)) continue;
    const std::size_t name = text.next(i);
    if (!text.is_identifier(name) || text.at(text.next(name)) != ";") continue;
    const auto found = enums.find(std::string(text[name]));
    const std::size_t before = text.previous(i);
    const bool is_alone =
        before >= text.size() || text[before].ends_with(";") || text[before] == "}" || text[before] == "{";
    if (found == enums.end() || !found->second.is_early || !is_alone) continue;
    const std::string_view whole = text[i];
    text.replace(i, std::string(whole.substr(0, whole.size() - 4)));
    text.remove(name);
  }
}

}  // namespace fltsim::cc
