#include "house/routines.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <stdexcept>

#include "house/documents.hpp"

namespace house {
namespace {

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
bool is_name(char c) { return kNameCharacters.find(c) != std::string_view::npos; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Calls `found(name, place behind it)` for each identifier.
template <class Found>
void for_each_name(std::string_view code, Found found) {
  for (std::size_t at = 0; (at = code.find_first_of(kNameCharacters, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(code.find_first_not_of(kNameCharacters, at), code.size());
    found(code.substr(at, end - at), end);
    at = end;
  }
}

Names names_in(std::string_view code) {
  Names names;
  for_each_name(code, [&](std::string_view name, std::size_t) { names.emplace(name); });
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
  static const std::vector<std::string> kFamilies{
      "Flt", "Ex", "Ke",    "Rtl",    "Mm",  "Ps",  "Ob",         "Se",     "Io",   "Zw",
      "Cm",  "Cc", "FsRtl", "BCrypt", "Etw", "Aux", "Intrinsics", "Filter", "Win32"};
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
  code.reserve(source.size());
  for (std::size_t at = 0; at < source.size(); ++at) {
    // Up to the next character that may begin something else.
    const std::size_t next = std::min(source.find_first_of("/R\"'", at), source.size());
    code.append(source, at, next - at);
    if ((at = next) == source.size()) break;
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

Names called_names(std::string_view code) {
  Names names;
  for_each_name(code, [&](std::string_view name, std::size_t end) {
    std::size_t begin = static_cast<std::size_t>(name.data() - code.data());
    while (begin > 0 && is_space(code[begin - 1])) --begin;
    while (end < code.size() && is_space(code[end])) ++end;
    const bool is_taken = begin > 0 && (code[begin - 1] == '=' || code[begin - 1] == '&');
    if (is_taken || (end < code.size() && code[end] == '(')) names.emplace(name);
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
    if (behind < end && code[behind] == '(') functions_.insert(code.substr(begin, behind - begin));
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
    functions_.insert(code.substr(begin, open - begin));
    calls_[code.substr(begin, open - begin)].merge(
        called_names(std::string_view(code).substr(body, end_of_block(code, body) - body)));
  }
}

Names HeaderCode::closure(const Names& names) const {
  Names all = names;
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

std::string family_of(std::string_view routine) {
  static const std::map<std::string_view, std::string_view> kOtherPrefixes{
      {"Kf", "Ke"}, {"Dbg", "Rtl"},  {"vDbg", "Rtl"},
      {"Nt", "Zw"}, {"Probe", "Mm"}, {"ReadTime", "Intrinsics"}};
  if (routine.starts_with('_')) return "Intrinsics";
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
  Names declared;
  for (const std::string& file : files_below("sim/wdk", {".h"})) {
    const std::string text = read_project_file(file);
    headers.read(text);
    declared.merge(called_names(code_of(text)));
  }
  const std::map<std::string, bool> exports = exported();
  std::map<std::string, std::vector<std::string>> files_of;
  for (const std::string& file : files_below("tests", {".h", ".hpp", ".c", ".cpp"})) {
    if (!is_run(file)) continue;
    Names called;
    for (const std::string& name : called_names(code_of(read_project_file(file)))) {
      if (declared.contains(name) || exports.contains(name)) called.insert(name);
    }
    for (const std::string& name : headers.closure(called)) files_of[name].push_back(file);
  }
  std::vector<Routine> all;
  const auto add = [&](const std::string& name, bool refuses, bool in_headers) {
    Routine routine{name, refuses, in_headers, files_of[name]};
    const std::string_view home = home_of(family_of(name));
    std::stable_partition(routine.called.begin(), routine.called.end(),
                          [&](const std::string& file) { return file.starts_with(home); });
    all.push_back(std::move(routine));
  };
  for (const auto& [name, refuses] : exports) {
    const bool ours = name.starts_with("fltsim_") || name.starts_with("fltlink_") || name.starts_with("_Z");
    // Some have no prototype in our headers: drivers bring it, as with the WDK.
    if (!ours && (declared.contains(name) || family_of(name) != "Win32")) add(name, refuses, false);
  }
  for (const std::string& name : headers.functions()) {
    if (exports.contains(name) || family_of(name) == "Win32") continue;
    const Names leads_to = headers.closure({name});
    add(name,
        std::any_of(leads_to.begin(), leads_to.end(),
                    [&](const std::string& other) {
                      const auto found = exports.find(other);
                      return found != exports.end() && found->second;
                    }),
        true);
  }
  const auto place = [](const Routine& routine) {
    return std::find(families().begin(), families().end(), family_of(routine.name)) - families().begin();
  };
  std::sort(all.begin(), all.end(), [&](const Routine& a, const Routine& b) {
    return place(a) != place(b) ? place(a) < place(b) : a.name < b.name;
  });
  return all;
}

}  // namespace house
