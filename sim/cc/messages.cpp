#include "cc/messages.hpp"

#include <array>
#include <sstream>

namespace fltsim::cc {
namespace {

constexpr std::array kUndeclared{"implicit declaration of function '", "call to undeclared function '"};

bool has(const std::string& line, const char* text) { return line.find(text) != std::string::npos; }

}  // namespace

// A message begins with "file:line: error: " or "warning: ", notes belong to the one in front of them, and "In file included
// from" and "In function" to the one behind.
std::string errors_alone(const std::string& messages) {
  std::istringstream lines(messages);
  std::string kept;
  std::string pending;
  bool is_kept = true;
  for (std::string line; std::getline(lines, line);) {
    const bool leads_in = line.starts_with("In file included from ") ||
                          line.starts_with("                 from ") || has(line, ": In function ") ||
                          has(line, ": In member function ") || has(line, ": At top level:");
    if (leads_in) {
      pending += line + '\n';
      continue;
    }
    if (has(line, ": warning: ")) is_kept = false;
    if (has(line, ": error: ") || has(line, ": fatal error: ")) is_kept = true;
    const bool counts = line.ends_with(" generated.") && has(line, "warning");
    if (is_kept && !counts) kept += pending + line + '\n';
    pending.clear();
  }
  return kept;
}

std::set<std::string> names_behind(const std::string& messages, const std::string& what) {
  std::set<std::string> names;
  for (std::size_t at = messages.find(what); at != std::string::npos; at = messages.find(what, at)) {
    at += what.size();
    names.insert(messages.substr(at, messages.find('\'', at) - at));
  }
  return names;
}

std::string about_undeclared(const std::string& messages) {
  std::istringstream lines(messages);
  std::set<std::string> seen;
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    for (const char* const what : kUndeclared) {
      if (!has(line, ": error: ")) continue;
      for (const std::string& name : names_behind(line, what)) {
        if (!seen.insert(name).second) continue;
        text += "fltlink-cc: " + name +
                " is not declared; without its prototype pointers would be cut to 32 bits. First used in " +
                line.substr(0, line.find(": error: ")) + '\n';
      }
    }
  }
  return text;
}

}  // namespace fltsim::cc
