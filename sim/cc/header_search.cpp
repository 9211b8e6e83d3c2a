#include "cc/header_search.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

namespace fltsim::cc {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder.ends_with('/') ? folder + name : folder + '/' + name;
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

}  // namespace

HeaderSearch::HeaderSearch(std::vector<std::string> quoted, std::vector<std::string> users,
                           std::vector<std::string> system)
    : quoted_(std::move(quoted)), users_(std::move(users)), system_(std::move(system)) {}

const std::map<std::string, std::string>& HeaderSearch::entries(const std::string& folder) {
  const auto [found, is_new] = folders_.try_emplace(folder);
  if (!is_new) return found->second;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end; !error && at != end;
       at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  // Of two names that differ in letters alone the first by its bytes is taken, on every machine.
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) found->second.try_emplace(lower(name), name);
  return found->second;
}

std::string HeaderSearch::spelled(const std::string& folder, const std::string& name) {
  std::string result;
  std::size_t at = 0;
  while (at <= name.size()) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    std::string part = name.substr(at, end - at);
    if (part != "." && part != ".." && !part.empty()) {
      const std::string inside = joined(folder, result);
      std::error_code error;
      if (!fs::exists(joined(inside, part), error)) {
        const auto& names = entries(inside);
        const auto found = names.find(lower(part));
        if (found == names.end()) return "";
        part = found->second;
      }
    }
    result += part;
    if (end == name.size()) break;
    result += '/';
    at = end + 1;
  }
  return is_file(joined(folder, result)) ? result : "";
}

std::optional<FoundHeader> HeaderSearch::find(const std::string& name, bool is_quoted,
                                              const std::string& folder) {
  std::string forward = name;
  std::replace(forward.begin(), forward.end(), '\\', '/');
  const bool is_plain = forward == name;
  if (forward.starts_with('/')) {
    if (!is_file(forward)) return std::nullopt;
    return FoundHeader{forward, forward, is_plain, false};
  }
  std::vector<std::pair<std::string, bool>> folders;  // and whether it is a system's
  if (is_quoted) {
    folders.emplace_back(folder, false);
    for (const std::string& one : quoted_) folders.emplace_back(one, false);
  }
  for (const std::string& one : users_) folders.emplace_back(one, false);
  for (const std::string& one : system_) folders.emplace_back(one, true);
  for (const auto& [one, is_system] : folders) {
    if (is_file(joined(one, forward))) return FoundHeader{joined(one, forward), forward, is_plain, is_system};
  }
  for (const auto& [one, is_system] : folders) {
    const std::string other = spelled(one, forward);
    if (!other.empty()) return FoundHeader{joined(one, other), other, false, is_system};
  }
  // What WPP's own preprocessor would have written for this source.
  constexpr const char* kTraceMacros = "km/wpp.h";
  if (!lower(forward).ends_with(".tmh")) return std::nullopt;
  auto ours = find(kTraceMacros, false, folder);
  if (ours) ours->is_exact = false;
  return ours;
}

}  // namespace fltsim::cc
