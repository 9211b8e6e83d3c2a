#include "loader/tool/function_head.hpp"

#include <set>
#include <string_view>
#include <vector>

namespace fltsim::lower_seh {
namespace {

// The words in front of the function's parameters.
std::vector<std::size_t> words_of_head(const Unit& unit, std::size_t declaration, std::size_t brace) {
  std::vector<std::size_t> words;
  for (std::size_t i = declaration; i < brace && unit[i].text != "("; ++i) {
    if (unit[i].text == "__attribute__") {
      i = unit.closing(unit.after_space(i + 1), "(", ")");
    } else if (unit[i].text == "[") {
      i = unit.closing(i, "[", "]");
    } else if (!unit.is_space(i)) {
      words.push_back(i);
    }
  }
  return words;
}

}  // namespace

bool follows_parameters(const Unit& unit, std::size_t declaration, std::size_t brace) {
  static const std::set<std::string_view> kQualifiers{"const", "noexcept", "override", "final", "volatile"};
  for (std::size_t i = brace; i-- > declaration;) {
    if (unit.is_space(i) || kQualifiers.contains(unit[i].text)) continue;
    return unit[i].text == ")";
  }
  return false;
}

bool ends_access_specifier(const Unit& unit, std::size_t declaration, std::size_t colon) {
  static const std::set<std::string_view> kAccess{"public", "protected", "private"};
  const std::size_t first = unit.after_space(declaration);
  return first < colon && kAccess.contains(unit[first].text) && unit.after_space(first + 1) == colon;
}

std::size_t after_prefixes(const Unit& unit, std::size_t declaration) {
  std::size_t i = unit.after_space(declaration);
  for (;;) {
    if (unit[i].text == "template") {
      i = unit.after_space(unit.closing(unit.after_space(i + 1), "<", ">") + 1);
    } else if (unit[i].text == "extern" && unit[unit.after_space(i + 1)].text.front() == '"') {
      i = unit.after_space(unit.after_space(i + 1) + 1);
    } else {
      return i;
    }
  }
}

// The words in front of the function's name, less storage classes and attributes.
std::string return_type(const Unit& unit, std::size_t declaration, std::size_t brace) {
  static const std::set<std::string_view> kDropped{"static",     "extern",        "inline",  "__inline",
                                                   "__inline__", "__extension__", "virtual", "constexpr"};
  std::vector<std::size_t> words = words_of_head(unit, declaration, brace);
  if (!words.empty()) words.pop_back();  // the function's name, and the class in front of it
  const auto is_colon = [&](std::size_t i) { return unit[words[i]].text == ":"; };
  while (words.size() >= 3 && is_colon(words.size() - 1) && is_colon(words.size() - 2)) {
    words.resize(words.size() - 3);
  }
  std::string type;
  for (const std::size_t index : words) {
    const std::string_view word = unit[index].text;
    if (!kDropped.contains(word) && word.front() != '"') type += std::string(word) + ' ';
  }
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type == "void" ? "" : type;
}

}  // namespace fltsim::lower_seh
