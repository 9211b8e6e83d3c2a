// A file of the host that the command writes.
#pragma once

#include <optional>
#include <string>

namespace fltlink::cli {

// All of `text`, or a sentence why not.
[[nodiscard]] std::optional<std::string> write_file(const std::string& path, const std::string& text);

}  // namespace fltlink::cli
