// A text of the source tree, for tests that hold a page against the code it shows.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace fltlink::test {

// `path` is relative to the root of the source tree. Throws when there is no such file.
inline std::string source_text(const std::string& path) {
  std::ifstream file(FLTLINK_SOURCE_DIR "/" + path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace fltlink::test
