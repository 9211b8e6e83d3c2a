// Bytes and texts for tests of what travels on the wire.
#pragma once

#include <fltlink/base/bytes.hpp>
#include <fltlink/base/text.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fltlink::test {

using ByteVector = std::vector<uint8_t>;

inline ByteVector read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// tests/wire/golden/NAME.bin.
inline ByteVector golden(const std::string& name) {
  return read_file(std::string(FLTLINK_SOURCE_DIR "/tests/wire/golden/") + name + ".bin");
}

// The paths of all golden files, sorted, so that a seeded test does not depend on the order of a directory.
inline std::vector<std::string> golden_files() {
  std::vector<std::string> paths;
  for (const auto& file : std::filesystem::directory_iterator(FLTLINK_SOURCE_DIR "/tests/wire/golden")) {
    if (file.path().extension() == ".bin") paths.push_back(file.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

inline Text text(std::u16string_view units) { return Text(units.data(), units.size()); }

inline std::u16string units(Text text) {
  std::u16string result;
  for (size_t index = 0; index < text.size(); ++index) result.push_back(text[index]);
  return result;
}

inline ByteVector vector_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace fltlink::test
