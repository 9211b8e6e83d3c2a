#include "cc/preprocessed.hpp"

#include <cctype>
#include <optional>
#include <set>

namespace fltsim::cc {
namespace {

// `# 12 "file" 1` and `#line 12 "file"`.
std::optional<Place> marker(std::string_view line) {
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  if (line.starts_with("line")) line.remove_prefix(4);
  while (line.starts_with(' ')) line.remove_prefix(1);
  if (line.empty() || std::isdigit(static_cast<unsigned char>(line.front())) == 0) return std::nullopt;
  Place place;
  while (!line.empty() && std::isdigit(static_cast<unsigned char>(line.front())) != 0) {
    place.line = place.line * 10 + (line.front() - '0');
    line.remove_prefix(1);
  }
  const std::size_t quote = line.find('"');
  if (quote == std::string_view::npos) return std::nullopt;
  for (std::size_t i = quote + 1; i < line.size() && line[i] != '"'; ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    place.file += line[i];
  }
  return place;
}

template <class Visit>
void for_each_line(std::string_view unit, Visit visit) {
  while (!unit.empty()) {
    const std::size_t end = unit.find('\n');
    if (!visit(unit.substr(0, end))) return;
    unit.remove_prefix(end == std::string_view::npos ? unit.size() : end + 1);
  }
}

}  // namespace

Place place_of(std::string_view unit, int line) {
  Place place;
  int at = 0;
  for_each_line(unit, [&](std::string_view text) {
    if (++at == line) return false;
    if (auto found = marker(text)) {
      place = *found;
    } else {
      ++place.line;
    }
    return true;
  });
  return place;
}

std::vector<std::string> files_of(std::string_view unit) {
  std::vector<std::string> files;
  std::set<std::string> seen;
  for_each_line(unit, [&](std::string_view text) {
    auto found = marker(text);
    if (!found || found->file.starts_with('<') || found->file.ends_with("//")) return true;
    if (seen.insert(found->file).second) files.push_back(found->file);
    return true;
  });
  return files;
}

std::string make_rule(const std::string& target, const std::vector<std::string>& files) {
  std::string rule;
  const auto add = [&](const std::string& name) {
    for (const char c : name) {
      if (c == ' ' || c == '#') rule += '\\';
      if (c == '$') rule += '$';
      rule += c;
    }
  };
  add(target);
  rule += ':';
  for (const std::string& file : files) {
    rule += " \\\n  ";
    add(file);
  }
  return rule + '\n';
}

}  // namespace fltsim::cc
