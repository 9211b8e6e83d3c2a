#include "cli/temporary_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

namespace fltlink::cli {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> candidates() {
  std::vector<fs::path> paths;
  if (const char* chosen = std::getenv("TMPDIR"); chosen != nullptr && *chosen != '\0')
    paths.emplace_back(chosen);
  for (const char* usual : {"/tmp", "/var/tmp", "/dev/shm"}) paths.emplace_back(usual);
  return paths;
}

// Both are canonical.
bool is_inside(const fs::path& path, const fs::path& directory) {
  const auto [path_at, directory_at] =
      std::mismatch(path.begin(), path.end(), directory.begin(), directory.end());
  return directory_at == directory.end();
}

}  // namespace

std::variant<TemporaryDirectory, std::string> TemporaryDirectory::make(const std::string& outside_of) {
  std::error_code error;
  const fs::path shown = outside_of.empty() ? fs::path() : fs::canonical(outside_of, error);
  std::string reason = "every usual place for one lies inside " + outside_of;
  for (const fs::path& candidate : candidates()) {
    const fs::path base = fs::canonical(candidate, error);
    if (error || (!shown.empty() && is_inside(base, shown))) continue;
    std::string path = (base / "fltlink-XXXXXX").string();
    if (::mkdtemp(path.data()) != nullptr) return TemporaryDirectory(path);
    reason = base.string() + ": " + std::strerror(errno);
  }
  return "there is no place for a temporary directory (" + reason + "); name one in TMPDIR";
}

// What cannot be removed stays behind; there is nobody left to tell.
TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace fltlink::cli
