// Where the parts of an fltlink that runs are found: beside its program, in a build folder as after an
// installation.
#pragma once

#include <optional>
#include <string>

namespace fltlink::cli {

// The module of a driver of ours, "drmfilter"; nothing when it is in none of the two places.
[[nodiscard]] std::optional<std::string> find_driver(const std::string& name);

}  // namespace fltlink::cli
