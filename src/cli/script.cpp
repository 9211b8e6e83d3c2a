#include "cli/script.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <variant>

#include "cli/interrupt.hpp"
#include "cli/script_verbs.hpp"

namespace fltlink::cli {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Behind a backslash in quotes; moves `at` behind what was read. -1: it means nothing.
int escaped(const std::string& line, std::size_t& at) {
  if (at >= line.size()) return -1;
  switch (line[at++]) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '0':
      return 0;
    case '"':
      return '"';
    case '\\':
      return '\\';
    case 'x': {
      int value = 0;
      const char* begin = line.data() + at;
      const char* end = line.data() + std::min(at + 2, line.size());
      if (end - begin < 2 || std::from_chars(begin, end, value, 16).ptr != end) return -1;
      at += 2;
      return value;
    }
    default:
      return -1;
  }
}

}  // namespace

std::optional<std::vector<std::string>> split_line(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    if (is_blank(line[at])) {
      ++at;
    } else if (line[at] == '#') {
      break;
    } else if (line[at] == '"') {
      std::string word;
      for (++at;;) {
        if (at >= line.size()) return std::nullopt;
        const char c = line[at++];
        if (c == '"') break;
        const int byte = c == '\\' ? escaped(line, at) : static_cast<unsigned char>(c);
        if (byte < 0) return std::nullopt;
        word += static_cast<char>(byte);
      }
      words.push_back(std::move(word));
    } else {
      std::string word;
      while (at < line.size() && !is_blank(line[at])) word += line[at++];
      words.push_back(std::move(word));
    }
  }
  return words;
}

std::optional<std::string> Script::read() {
  std::ifstream in(path_, std::ios::binary);
  if (!in || (in.peek() == std::ifstream::traits_type::eof() && !in.eof()))
    return path_ + " cannot be read: " + std::strerror(errno);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string where = path_ + ':' + std::to_string(++number) + ": ";
    const auto words = split_line(line);
    if (!words) return where + "a quote does not end, or a backslash in it stands before something unknown";
    if (words->empty()) continue;
    auto step = compile(*words);
    if (const auto* error = std::get_if<std::string>(&step)) return where + *error;
    lines_.push_back({number, std::move(std::get<Player::Step>(step))});
  }
  return std::nullopt;
}

bool Script::play(fltsim::Machine& machine, bool seeded, Told& told) const {
  Player player(machine, seeded, told);
  for (const Line& line : lines_) {
    if (interrupted()) break;
    player.set_place(path_ + ':' + std::to_string(line.number));
    if (!player.play(line.step)) return false;
  }
  return player.finish();
}

}  // namespace fltlink::cli
