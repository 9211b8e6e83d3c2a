#include "cli/script_words.hpp"

#include <charconv>

#include "service/text.hpp"

namespace fltlink::cli::verbs {

bool is_handle(const std::string& word) { return word.size() > 1 && word.front() == '$'; }

std::u16string path_of(const std::string& word) {
  return drmservice::utf16_from_utf8(word).value_or(std::u16string(word.begin(), word.end()));
}

std::optional<std::uint64_t> number_of(const std::string& word) {
  const bool hexadecimal = word.starts_with("0x");
  const char* begin = word.data() + (hexadecimal ? 2 : 0);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(begin, word.data() + word.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

}  // namespace fltlink::cli::verbs
