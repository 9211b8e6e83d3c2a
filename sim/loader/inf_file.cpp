#include "loader/inf_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "fs/host_names.hpp"
#include "fs/upcase.hpp"

namespace fltsim::loader {
namespace {

bool is_blank(char16_t c) { return c == u' ' || c == u'\t' || c == u'\r' || c == 0x1A || c == 0; }

std::u16string_view trimmed(std::u16string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::u16string from_units(std::string_view bytes, bool big_endian) {
  std::u16string text;
  text.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(bytes[i + 1]);
    text += static_cast<char16_t>(big_endian ? first << 8 | second : second << 8 | first);
  }
  return text;
}

// 0x80 to 0x9F of Windows-1252; the five that are not given out stay themselves.
constexpr std::array<char16_t, 32> kWindows1252{
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

std::u16string from_windows_1252(std::string_view bytes) {
  std::u16string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += value >= 0x80 && value < 0xA0 ? kWindows1252[value - 0x80u] : static_cast<char16_t>(value);
  }
  return text;
}

// UTF-16 without a mark: a text begins with a character of ASCII.
bool looks_like_units(std::string_view bytes) {
  return bytes.size() >= 2 && bytes.size() % 2 == 0 && bytes[0] != 0 && bytes[1] == 0;
}

// Behind the last character of the line that is no comment.
std::size_t end_of_code(std::u16string_view line, bool& quoted) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == u'"') quoted = !quoted;
    if (line[i] == u';' && !quoted) return i;
  }
  return line.size();
}

std::size_t find_unquoted(std::u16string_view text, char16_t wanted) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == u'"') quoted = !quoted;
    if (text[i] == wanted && !quoted) return i;
  }
  return text.npos;
}

// What the directory numbers of %12% stand for.
std::optional<std::u16string> directory(std::u16string_view number) {
  constexpr std::pair<std::u16string_view, std::u16string_view> kDirectories[] = {
      {u"10", u"C:\\Windows"},
      {u"11", u"C:\\Windows\\System32"},
      {u"12", u"C:\\Windows\\System32\\drivers"},
      {u"13", u"C:\\Windows\\System32\\DriverStore\\FileRepository"},
      {u"17", u"C:\\Windows\\INF"},
      {u"24", u"C:"},
      {u"30", u"C:"},
      {u"16422", u"C:\\Program Files"},
      {u"16427", u"C:\\Program Files\\Common Files"}};
  for (const auto& [known, path] : kDirectories) {
    if (known == number) return std::u16string(path);
  }
  return std::nullopt;
}

}  // namespace

std::u16string decode_inf_text(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE")) return from_units(bytes.substr(2), false);
  if (bytes.starts_with("\xFE\xFF")) return from_units(bytes.substr(2), true);
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (looks_like_units(bytes)) return from_units(bytes, false);
  if (auto text = fs::text_of_utf8(bytes)) return *text;
  return from_windows_1252(bytes);
}

std::optional<std::uint32_t> parse_inf_number(std::u16string_view text) {
  std::string digits;
  for (const char16_t c : text) digits += c < 0x80 ? static_cast<char>(c) : '?';
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  int base = 10;
  if (rest.starts_with("0x") || rest.starts_with("0X")) {
    rest.remove_prefix(2);
    base = 16;
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
  if (error != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
  return negative ? 0u - value : value;
}

std::variant<InfFile, std::string> InfFile::read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  // A directory opens, and fails at the first byte.
  if (!in || (in.peek() == std::ifstream::traits_type::eof() && !in.eof())) {
    return path + ": cannot be read: " + std::strerror(errno);
  }
  bytes << in.rdbuf();
  InfFile file;
  file.path_ = path;
  file.add_lines(decode_inf_text(bytes.str()));
  if (file.sections_.empty()) return path + ": is no .inf file: it has no [section]";
  file.add_strings();
  return file;
}

void InfFile::add_lines(std::u16string_view text) {
  int number = 0;
  int first = 0;  // of a line that goes on
  std::u16string line;
  bool quoted = false;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(u'\n'), text.size());
    std::u16string_view part = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    ++number;
    if (line.empty()) {
      first = number;
      quoted = false;
    }
    part = trimmed(part.substr(0, end_of_code(part, quoted)));
    const bool goes_on = part.ends_with(u'\\');
    line += goes_on ? part.substr(0, part.size() - 1) : part;
    if (goes_on && !line.empty()) continue;
    add_line(first, line);
    line.clear();
  }
  add_line(first, line);
}

void InfFile::add_line(int number, std::u16string_view text) {
  if (text.empty()) return;
  if (text.front() == u'[') {
    const std::u16string_view name = trimmed(text.substr(1, std::min(text.find(u']'), text.size()) - 1));
    const Section* known = find(name);
    current_ = known != nullptr ? static_cast<std::size_t>(known - sections_.data()) : sections_.size();
    if (known == nullptr) sections_.push_back({std::u16string(name), number, {}});
  } else if (!sections_.empty()) {
    sections_[current_].lines.push_back({number, std::u16string(text)});
  }
}

// [Strings], and what [Strings.0409], that of an English Windows, says instead.
void InfFile::add_strings() {
  for (const char16_t* name : {u"Strings", u"Strings.0409"}) {
    const Section* section = find(name);
    if (section == nullptr) continue;
    for (const Line& line : section->lines) {
      const std::size_t equals = find_unquoted(line.text, u'=');
      if (equals == line.text.npos) continue;
      const auto key = split(trimmed(std::u16string_view(line.text).substr(0, equals)), false);
      const auto value = split(std::u16string_view(line.text).substr(equals + 1), false);
      strings_[fs::upcase(key.front())] = value.front();
    }
  }
}

const InfFile::Section* InfFile::find(std::u16string_view name) const {
  const auto found = std::ranges::find_if(
      sections_, [&](const Section& section) { return fs::equal_names(section.name, name); });
  return found == sections_.end() ? nullptr : &*found;
}

std::u16string InfFile::replaced(std::u16string_view text) const {
  std::u16string result;
  while (!text.empty()) {
    const std::size_t begin = text.find(u'%');
    const std::size_t end = begin == text.npos ? text.npos : text.find(u'%', begin + 1);
    if (end == text.npos) return result.append(text);
    result += text.substr(0, begin);
    const std::u16string_view token = text.substr(begin + 1, end - begin - 1);
    const auto known = strings_.find(fs::upcase(token));
    std::size_t used = end + 1;
    if (token.empty()) {
      result += u'%';
    } else if (known != strings_.end()) {
      result += known->second;
    } else if (const auto path = directory(token)) {
      result += *path;
    } else {
      // Not a token: the second sign may begin one.
      result += text.substr(begin, end - begin);
      used = end;
    }
    text.remove_prefix(used);
  }
  return result;
}

std::vector<std::u16string> InfFile::split(std::u16string_view text, bool replace) const {
  std::vector<std::u16string> result;
  std::u16string field;
  std::size_t keep = 0;  // blanks before this were quoted
  bool quoted = false;
  const auto finish = [&] {
    while (field.size() > keep && is_blank(field.back())) field.pop_back();
    result.push_back(replace ? replaced(field) : field);
    field.clear();
    keep = 0;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char16_t c = text[i];
    if (c == u'"' && quoted && i + 1 < text.size() && text[i + 1] == u'"') {
      field += c;
      ++i;
    } else if (c == u'"') {
      quoted = !quoted;
    } else if (c == u',' && !quoted) {
      finish();
      continue;
    } else if (quoted || !field.empty() || !is_blank(c)) {
      field += c;
    }
    if (quoted) keep = field.size();
  }
  finish();
  return result;
}

std::vector<std::u16string> InfFile::fields(std::u16string_view text) const { return split(text, true); }

const std::u16string& InfFile::Assignment::field(std::size_t index) const {
  static const std::u16string none;
  return index < fields.size() ? fields[index] : none;
}

std::optional<InfFile::Assignment> InfFile::assignment(const Line& line) const {
  const std::size_t equals = find_unquoted(line.text, u'=');
  if (equals == line.text.npos) return std::nullopt;
  const std::u16string_view text = line.text;
  return Assignment{fields(text.substr(0, equals)).front(), fields(text.substr(equals + 1)), line.number};
}

std::vector<InfFile::Assignment> InfFile::assignments(const Section& section, std::u16string_view key) const {
  std::vector<Assignment> all;
  for (const Line& line : section.lines) {
    auto found = assignment(line);
    if (found && fs::equal_names(found->key, key)) all.push_back(std::move(*found));
  }
  return all;
}

std::string InfFile::at(int line) const { return path_ + ':' + std::to_string(line) + ": "; }

}  // namespace fltsim::loader
