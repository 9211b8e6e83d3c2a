#include "house/routines.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <stdexcept>

#include "house/documents.hpp"

namespace house {
namespace {

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Calls `found(name, place behind it)` for each identifier.
template <class Found>
void for_each_name(std::string_view code, Found found) {
  for (std::size_t at = 0; at < code.size();) {
    if (!is_name(code[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < code.size() && is_name(code[end])) ++end;
    found(std::string(code.substr(at, end - at)), end);
    at = end;
  }
}

std::set<std::string> names_in(std::string_view code) {
  std::set<std::string> names;
  for_each_name(code, [&](std::string name, std::size_t) { names.insert(std::move(name)); });
  return names;
}

std::size_t end_of_block(std::string_view code, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < code.size(); ++at) {
    if (code[at] == '{') ++depth;
    if (code[at] == '}' && --depth == 0) return at;
  }
  return code.size();
}

const std::vector<std::string>& families() {
  static const std::vector<std::string> kFamilies{"Flt",   "Ex",     "Ke",     "Rtl",  "Mm", "Ps",
                                                  "Ob",    "Se",     "Io",     "Zw",   "Cm", "Cc",
                                                  "FsRtl", "BCrypt", "Filter", "Win32"};
  return kFamilies;
}

// Where the tests of a family live: a call there says more than one in passing elsewhere.
std::string_view home_of(std::string_view family) {
  if (family == "Flt") return "tests/fltmgr/";
  if (family == "Io") return "tests/io/";
  if (family == "Filter" || family == "Win32") return "tests/client/";
  return "tests/nt/";
}

// What the library exports; true: only to refuse by name (sim/nt/unsupported.hpp).
std::map<std::string, bool> exported() {
  const std::string command = std::string(FLTLINK_OBJDUMP) + " -T " + FLTLINK_LIBRARY;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error(command);
  std::map<std::string, bool> names;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    const std::string_view text(line);
    if (text.find(" DF ") == std::string_view::npos || text.find("*UND*") != std::string_view::npos) continue;
    const std::size_t begin = text.rfind(' ') + 1;
    names.emplace(text.substr(begin, text.find('\n', begin) - begin),
                  text.find(" fltsim_refusals") != std::string_view::npos);
  }
  if (pclose(pipe) != 0) throw std::runtime_error(command);
  return names;
}

// These folders only compile their sources, or are these tests themselves.
bool is_run(const std::string& file) {
  return !file.starts_with("tests/wdk/") && !file.starts_with("tests/abi/") &&
         !file.starts_with("tests/house/");
}

}  // namespace

std::string code_of(std::string_view source) {
  std::string code;
  for (std::size_t at = 0; at < source.size(); ++at) {
    const std::string_view rest = source.substr(at);
    if (rest.starts_with("//")) {
      at = std::min(source.find('\n', at), source.size()) - 1;
    } else if (rest.starts_with("/*")) {
      at = std::min(source.find("*/", at + 2), source.size() - 2) + 1;
      code += ' ';
    } else if (rest.starts_with("R\"(")) {
      at = std::min(source.find(")\"", at), source.size() - 2) + 1;
      code += "\"\"";
    } else if (source[at] == '"' || (source[at] == '\'' && (at == 0 || !is_name(source[at - 1])))) {
      const char quote = source[at];
      while (++at < source.size() && source[at] != quote && source[at] != '\n') {
        if (source[at] == '\\') ++at;
      }
      code += {quote, quote};
    } else {
      code += source[at];
    }
  }
  return code;
}

std::set<std::string> called_names(std::string_view code) {
  std::set<std::string> names;
  for_each_name(code, [&](std::string name, std::size_t end) {
    while (end < code.size() && is_space(code[end])) ++end;
    if (end < code.size() && code[end] == '(') names.insert(std::move(name));
  });
  return names;
}

void HeaderCode::read(std::string_view header) {
  std::string code = code_of(header);
  for (std::size_t at = code.find("\\\n"); at != std::string::npos; at = code.find("\\\n", at))
    code.replace(at, 2, " ");
  constexpr std::string_view kDefine = "#define ";
  for (std::size_t at = code.find(kDefine); at != std::string::npos; at = code.find(kDefine, at + 1)) {
    const std::size_t begin = at + kDefine.size();
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    std::size_t behind = begin;
    while (behind < end && is_name(code[behind])) ++behind;
    calls_[code.substr(begin, behind - begin)].merge(
        names_in(std::string_view(code).substr(behind, end - behind)));
  }
  constexpr std::string_view kInline = "FORCEINLINE ";
  for (std::size_t at = code.find(kInline); at != std::string::npos; at = code.find(kInline, at + 1)) {
    const std::size_t open = code.find('(', at);
    const std::size_t body = code.find('{', open);
    if (open == std::string::npos || body == std::string::npos) break;
    std::size_t begin = open;
    while (begin > at && is_name(code[begin - 1])) --begin;
    calls_[code.substr(begin, open - begin)].merge(
        called_names(std::string_view(code).substr(body, end_of_block(code, body) - body)));
  }
}

std::set<std::string> HeaderCode::closure(const std::set<std::string>& names) const {
  std::set<std::string> all = names;
  std::vector<std::string> open(names.begin(), names.end());
  while (!open.empty()) {
    const auto found = calls_.find(open.back());
    open.pop_back();
    if (found == calls_.end()) continue;
    for (const std::string& name : found->second) {
      if (all.insert(name).second) open.push_back(name);
    }
  }
  return all;
}

std::vector<std::string> HeaderCode::names() const {
  std::vector<std::string> names;
  for (const auto& [name, calls] : calls_) names.push_back(name);
  return names;
}

std::string family_of(std::string_view routine) {
  static const std::map<std::string_view, std::string_view> kOtherPrefixes{
      {"Kf", "Ke"}, {"Dbg", "Rtl"}, {"vDbg", "Rtl"}, {"Nt", "Zw"}, {"Probe", "Mm"}};
  std::string_view best = "Win32";
  std::size_t length = 0;
  const auto consider = [&](std::string_view prefix, std::string_view family) {
    if (prefix.size() <= length || !routine.starts_with(prefix) || routine.size() == prefix.size()) return;
    const char next = routine[prefix.size()];
    if (std::isupper(static_cast<unsigned char>(next)) == 0 && next != 'f' && next != 'p' && next != 'x')
      return;
    length = prefix.size();
    best = family;
  };
  for (const std::string& family : families()) consider(family, family);
  for (const auto& [prefix, family] : kOtherPrefixes) consider(prefix, family);
  return std::string(best);
}

std::vector<Routine> routines() {
  HeaderCode headers;
  std::set<std::string> declared;
  for (const std::string& file : files_below("sim/wdk", {".h"})) {
    const std::string text = read_project_file(file);
    headers.read(text);
    declared.merge(called_names(code_of(text)));
  }
  std::map<std::string, std::set<std::string>> files_of;
  for (const std::string& file : files_below("tests", {".h", ".hpp", ".c", ".cpp"})) {
    if (!is_run(file)) continue;
    for (const std::string& name : headers.closure(called_names(code_of(read_project_file(file))))) {
      files_of[name].insert(file);
    }
  }
  std::vector<Routine> all;
  for (const auto& [name, refuses] : exported()) {
    const bool ours = name.starts_with("fltsim_") || name.starts_with("fltlink_");
    if (ours || (!refuses && !declared.contains(name))) continue;
    Routine routine{name, refuses, {}};
    const std::set<std::string>& files = files_of[name];
    routine.called.assign(files.begin(), files.end());
    const std::string_view home = home_of(family_of(name));
    std::stable_partition(routine.called.begin(), routine.called.end(),
                          [&](const std::string& file) { return file.starts_with(home); });
    all.push_back(std::move(routine));
  }
  const auto place = [](const Routine& routine) {
    return std::find(families().begin(), families().end(), family_of(routine.name)) - families().begin();
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const Routine& a, const Routine& b) { return place(a) < place(b); });
  return all;
}

}  // namespace house
