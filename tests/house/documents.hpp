// The project's files as the house's tests read them.
#pragma once

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace house {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Files below `folder` of the project, relative to it, in the order of their names.
inline std::vector<std::string> files_below(const std::string& folder, const std::set<std::string>& endings) {
  const std::filesystem::path root = FLTLINK_SOURCE_DIR;
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
    if (entry.is_regular_file() && endings.contains(entry.path().extension().string())) {
      names.insert(std::filesystem::relative(entry.path(), root).generic_string());
    }
  }
  return {names.begin(), names.end()};
}

inline std::string read_project_file(const std::string& name) {
  return read_file(std::filesystem::path(FLTLINK_SOURCE_DIR) / name);
}

// The pages that the reader finds: README.md and everything below docs/.
inline std::vector<std::string> pages() {
  std::vector<std::string> names = files_below("docs", {".md"});
  names.insert(names.begin(), "README.md");
  return names;
}

struct Link {
  std::string text;
  std::string target;
};

inline std::string without_code_blocks(const std::string& page) {
  std::string text;
  bool in_code = false;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) in_code = !in_code;
    if (!in_code) text += line + '\n';
  }
  return text;
}

// `[text](target)` outside code blocks, in order.
inline std::vector<Link> links_of(const std::string& whole_page) {
  const std::string page = without_code_blocks(whole_page);
  std::vector<Link> links;
  for (std::size_t middle = page.find("]("); middle != std::string::npos;
       middle = page.find("](", middle + 1)) {
    const std::size_t begin = page.rfind('[', middle);
    const std::size_t end = page.find(')', middle);
    if (begin == std::string::npos || end == std::string::npos) continue;
    links.push_back({page.substr(begin + 1, middle - begin - 1), page.substr(middle + 2, end - middle - 2)});
  }
  return links;
}

}  // namespace house
