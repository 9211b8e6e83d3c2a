#include "cc/installation.hpp"

#include <filesystem>

namespace fltsim::cc {

namespace fs = std::filesystem;

std::optional<Installation> find_installation(const std::string& program) {
  const fs::path root = fs::path(program).parent_path().parent_path();
  std::error_code error;
  for (const char* const folder : {FLTLINK_INSTALL_LIBDIR, "lib"}) {
    const fs::path library = root / folder;
    // Not the library itself: units are compiled before it in a build of the whole project.
    if (!fs::is_directory(library / "fltlink", error)) continue;
    const fs::path headers = root / FLTLINK_INSTALL_INCLUDEDIR;
    return Installation{
        (headers / "fltsim/wdk").string(),
        (headers / "fltsim/wdk/crt").string(),
        (headers / "fltsim/wdk/um").string(),
        (headers / "fltsim/wdk/client").string(),
        headers.string(),
        (library / "fltlink/libfltsim-driver-runtime.a").string(),
        (library / "fltlink/libfltsim-watched-driver-runtime.a").string(),
        (library / "fltlink/libfltsim-client-runtime.a").string(),
        (library / "libfltsim.so").string(),
    };
  }
  return std::nullopt;
}

std::string own_path() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

}  // namespace fltsim::cc
