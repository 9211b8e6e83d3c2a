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
  const char* chosen = std::getenv("TMPDIR");
  if (chosen != nullptr && *chosen != '\0') return {chosen};
  return {"/tmp", "/var/tmp", "/dev/shm"};
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
  if (error) return outside_of + ": " + error.message();
  std::string reasons;
  for (const fs::path& candidate : candidates()) {
    const fs::path base = fs::canonical(candidate, error);
    std::string path = (base / "fltlink-XXXXXX").string();
    if (error) {
      reasons += ' ' + candidate.string() + ": " + error.message() + ';';
    } else if (!shown.empty() && is_inside(base, shown)) {
      reasons += ' ' + candidate.string() + ": lies inside " + outside_of + ';';
    } else if (::mkdtemp(path.data()) != nullptr) {
      return TemporaryDirectory(path);
    } else {
      reasons += ' ' + candidate.string() + ": " + std::strerror(errno) + ';';
    }
  }
  return "there is no place for a temporary directory:" + reasons + " name one in TMPDIR";
}

// What cannot be removed stays behind; there is nobody left to tell.
TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace fltlink::cli
