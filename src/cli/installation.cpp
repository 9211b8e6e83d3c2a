#include "cli/installation.hpp"

#include <filesystem>

namespace fltlink::cli {

std::optional<std::string> find_driver(const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return std::nullopt;
  const fs::path root = program.parent_path().parent_path();
  for (const fs::path& folder : {root / "drivers", root / FLTLINK_INSTALLED_DRIVERS}) {
    fs::path module = folder / (name + ".sys");
    if (fs::is_regular_file(module, error)) return module.string();
  }
  return std::nullopt;
}

}  // namespace fltlink::cli
