#include <cctype>

#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {

void replace_suffixes(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view word = text[i];
    if (!text.is_word(i) || !text.is_users(i) || word.empty()) continue;
    if (std::isdigit(static_cast<unsigned char>(word.front())) == 0) continue;
    const std::size_t letter = word.find_first_of("iI");
    if (letter == std::string_view::npos) continue;
    const std::string_view bits = word.substr(letter + 1);
    if (bits != "8" && bits != "16" && bits != "32" && bits != "64") continue;
    text.replace(i, std::string(word.substr(0, letter)) + (bits == "64" ? "LL" : ""));
  }
}

}  // namespace fltsim::cc
