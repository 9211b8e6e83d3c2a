#include "fltsim/source_lines.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string_view>

namespace fltsim {
namespace {

// What the program prints on its standard output; empty when it cannot be run.
std::string output_of(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  // A sanitizer that this process was given is none of the program's business.
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("LD_PRELOAD=")) environment.push_back(*variable);
  }
  environment.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t size = 0; failed == 0 && (size = read(ends[0], part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(size));
  close(ends[0]);
  if (failed == 0) waitpid(child, nullptr, 0);
  return text;
}

// "./sim/x.c:12 (discriminator 3)" to "sim/x.c:12"; empty for "??:0".
std::string cleaned(std::string_view line) {
  line = line.substr(0, line.find(" ("));
  if (line.starts_with("./")) line.remove_prefix(2);
  if (line.starts_with("??") || line.ends_with(":?") || line.ends_with(":0")) return {};
  return std::string(line);
}

// Of the lines of one place, the innermost first, the one to show.
std::string chosen(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (!line.empty() && line.find("/wdk/") == line.npos) return line;
  }
  return lines.empty() ? std::string() : lines.front();
}

std::string hexadecimal(std::uint64_t value) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

// For each address, its line and those that it was inlined into.
std::vector<std::vector<std::string>> parse(std::string_view text) {
  std::vector<std::vector<std::string>> places;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with("0x")) {
      places.emplace_back();
    } else if (!places.empty()) {
      places.back().push_back(cleaned(line));
    }
  }
  return places;
}

}  // namespace

std::vector<std::string> source_lines(const std::vector<CodePlace>& places) {
  std::vector<std::string> result(places.size());
  std::map<std::string, std::vector<std::size_t>> by_module;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!places[i].module.empty()) by_module[places[i].module].push_back(i);
  }
  for (const auto& [module, indices] : by_module) {
    std::vector<std::string> words{"addr2line", "-a", "-i", "-e", module};
    for (const std::size_t index : indices) words.push_back(hexadecimal(places[index].offset));
    const auto lines = parse(output_of(std::move(words)));
    for (std::size_t i = 0; i < indices.size() && i < lines.size(); ++i)
      result[indices[i]] = chosen(lines[i]);
  }
  return result;
}

}  // namespace fltsim
