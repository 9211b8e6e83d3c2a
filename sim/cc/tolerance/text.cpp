#include "cc/tolerance/text.hpp"

#include <cctype>
#include <utility>

namespace fltsim::cc {
namespace {

// Whether the text behind the markers in `space` is the user's. Only entering a file and coming back to one count:
// gcc also marks what a system header's macro left in the user's line.
void follow_markers(std::string_view space, bool& is_users) {
  for (std::size_t at = 0; at < space.size();) {
    const std::size_t end = std::min(space.find('\n', at), space.size());
    const std::string_view line = space.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("# ")) continue;
    const std::size_t quote = line.rfind('"');
    if (quote == std::string_view::npos) continue;
    const std::string_view flags = line.substr(quote + 1);
    const bool enters_or_returns = flags.find(" 1") == 0 || flags.find(" 2") == 0;
    if (enters_or_returns) is_users = flags.find(" 3") == std::string_view::npos;
  }
}

}  // namespace

Text::Text(std::string_view unit) : tokens_(lower_seh::tokenize(unit)) {
  users_.reserve(tokens_.size());
  bool is_users = true;
  for (const lower_seh::Token& token : tokens_) {
    if (token.kind == lower_seh::Token::Kind::kSpace && token.text.starts_with('#')) {
      follow_markers(token.text, is_users);
    }
    users_.push_back(is_users);
  }
}

bool Text::is_identifier(std::size_t index) const {
  if (index >= size() || !is_word(index)) return false;
  const std::string_view text = tokens_[index].text;
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0;
}

std::size_t Text::after_space(std::size_t index) const {
  while (index < size() && (is_space(index) || tokens_[index].text.empty())) ++index;
  return index < size() ? index : size();
}

std::size_t Text::previous(std::size_t index) const {
  while (index-- > 0) {
    if (!is_space(index) && !tokens_[index].text.empty()) return index;
  }
  return size();
}

std::size_t Text::closing(std::size_t open) const {
  int depth = 0;
  for (std::size_t i = open; i < size(); ++i) {
    const std::string_view text = tokens_[i].text;
    if (text == "(" || text == "[" || text == "{") ++depth;
    if ((text == ")" || text == "]" || text == "}") && --depth == 0) return i;
  }
  return size();
}

void Text::replace(std::size_t index, std::string text) {
  texts_.push_back(std::move(text));
  tokens_[index].text = texts_.back();
}

void Text::insert_before(std::size_t index, const std::string& text) {
  replace(index, text + std::string(tokens_[index].text));
}

void Text::insert_behind(std::size_t index, const std::string& text) {
  replace(index, std::string(tokens_[index].text) + text);
}

std::string Text::to_string() const {
  std::size_t size = 0;
  for (const lower_seh::Token& token : tokens_) size += token.text.size();
  std::string text;
  text.reserve(size);
  for (const lower_seh::Token& token : tokens_) text += token.text;
  return text;
}

}  // namespace fltsim::cc
