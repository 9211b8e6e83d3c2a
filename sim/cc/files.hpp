// Files as texts, and a folder that goes away.
#pragma once

#include <optional>
#include <string>

namespace fltsim::cc {

std::optional<std::string> read_file(const std::string& path);
bool write_file(const std::string& path, const std::string& text);

// A new empty folder below $TMPDIR or /tmp, removed with its contents unless it is kept.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Empty when it could not be made.
  const std::string& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

}  // namespace fltsim::cc
