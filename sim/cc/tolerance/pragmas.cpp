#include <array>
#include <cctype>

#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

bool is_kept(std::string_view name) {
  constexpr std::array<std::string_view, 4> kKept{"pack", "GCC", "clang", "STDC"};
  for (const std::string_view kept : kKept) {
    if (name.starts_with(kept)) return true;
  }
  return false;
}

std::string_view without_space(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

}  // namespace

void drop_pragmas(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!text.is_space(i) || !text.is_users(i) || !text[i].starts_with('#')) continue;
    const std::string_view directive = without_space(text[i].substr(1));
    if (!directive.starts_with("pragma")) continue;
    if (!is_kept(without_space(directive.substr(6)))) text.remove(i);
  }
}

}  // namespace fltsim::cc
