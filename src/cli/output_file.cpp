#include "cli/output_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fltlink::cli {

std::optional<std::string> write_file(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return path + " cannot be written: " + std::strerror(errno);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int reason = errno;
  if (std::fclose(file) != 0) return path + " cannot be written: " + std::strerror(errno);
  if (!written) return path + " cannot be written: " + std::strerror(reason);
  return std::nullopt;
}

}  // namespace fltlink::cli
