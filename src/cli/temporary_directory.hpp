// A directory of our own on the host that is gone, with all that is in it, when the object is.
#pragma once

#include <string>
#include <variant>

namespace fltlink::cli {

class TemporaryDirectory {
 public:
  // Made below $TMPDIR, or where that is not set below /tmp, /var/tmp or /dev/shm, the first of them that
  // will do. It is never made inside `outside_of` (a path, or empty), for the directory that a demo shows
  // must not change. Otherwise a sentence says why there is none.
  [[nodiscard]] static std::variant<TemporaryDirectory, std::string> make(const std::string& outside_of = {});

  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace fltlink::cli
