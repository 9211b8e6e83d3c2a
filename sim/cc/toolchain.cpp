#include "cc/toolchain.hpp"

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <sstream>

#include "cc/process.hpp"

namespace fltsim::cc {
namespace {

// The folders that the compiler says it searches for <...>.
std::vector<std::string> search_folders(const std::string& said) {
  std::vector<std::string> folders;
  std::istringstream lines(said);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("End of search list")) break;
    if (inside && line.starts_with(' ')) folders.push_back(line.substr(1));
    if (line.starts_with("#include <...>")) inside = true;
  }
  return folders;
}

bool is_standard_library(const std::string& folder) {
  return folder.find("/c++/") != std::string::npos && !folder.ends_with("/backward");
}

bool is_own(const std::string& folder) {
  const bool named = folder.find("/gcc/") != std::string::npos ||
                     folder.find("/clang/") != std::string::npos || folder.find("/llvm") != std::string::npos;
  return named && folder.ends_with("/include") && folder.find("/c++/") == std::string::npos;
}

std::optional<ProcessResult> ask(const std::string& compiler, const char* language) {
  ProcessResult result = run({compiler, "-x", language, "-E", "-v", "/dev/null"});
  if (result.status != 0) return std::nullopt;
  return result;
}

}  // namespace

std::variant<Toolchain, NoToolchain> find_toolchain(const std::string& name, bool with_cxx) {
  std::optional<ProcessResult> said;
  if (with_cxx) said = ask(name, "c++");
  const bool has_cxx = said.has_value();
  if (!said) said = ask(name, "c");
  if (!said) return NoToolchain{name + " is no C compiler that can be run here"};
  Toolchain toolchain{name, said->errors.find("clang version") != std::string::npos, {}, {}};
  for (const std::string& folder : search_folders(said->errors)) {
    if (is_standard_library(folder)) toolchain.cxx_headers.push_back(folder);
    if (is_own(folder)) toolchain.c_headers.push_back(folder);
  }
  if (toolchain.c_headers.empty()) return NoToolchain{name + " does not say where its headers are"};
  if (has_cxx) {
    toolchain.cxx_headers.insert(toolchain.cxx_headers.end(), toolchain.c_headers.begin(),
                                 toolchain.c_headers.end());
  } else if (with_cxx) {
    return NoToolchain{name + " has no C++"};
  }
  return toolchain;
}

std::string default_compiler() { return access(FLTLINK_DEFAULT_CC, X_OK) == 0 ? FLTLINK_DEFAULT_CC : "gcc"; }

}  // namespace fltsim::cc
