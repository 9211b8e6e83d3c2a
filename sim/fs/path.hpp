// The syntax of paths below the root of a volume.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "fs/file_system.hpp"

namespace fltsim::fs {

inline constexpr std::size_t kComponentLengthMax = 255;

struct ParsedPath {
  std::vector<std::u16string_view> components;  // empty: the place where the path starts, or a stream of it
  std::u16string_view stream;   // the stream's name, without colons; empty for the default stream
  bool explicit_data = false;   // ends in ":$DATA"
  bool explicit_index = false;  // ends in "::$INDEX_ALLOCATION" or ":$I30:$INDEX_ALLOCATION"
  bool trailing_backslash = false;
};

// A file or directory name that may be created: no forbidden unit, not "." or "..", 1 to 255 units.
bool is_valid_component(std::u16string_view name);

// `path` starts behind the backslash of the root, or at a related open. The views point into it.
// SUCCESS or OBJECT_NAME_INVALID.
Status parse_path(std::u16string_view path, ParsedPath& parsed);

// ":name" or ":name:$DATA", as a rename of a stream gives it. SUCCESS or OBJECT_NAME_INVALID.
Status parse_stream_name(std::u16string_view text, std::u16string_view& name);

}  // namespace fltsim::fs
