// The main job: DrmFilter and its service at work on a real directory.
#pragma once

#include <cstdio>

#include "cli/arguments.hpp"

namespace fltlink::cli {

// Prints the table or the JSON object to `out`, progress and troubles to `err`; returns the exit code. Blocks
// until the demo is over. Called once, by main, outside of any machine.
[[nodiscard]] int run_demo(const DemoArguments& arguments, std::FILE* out, std::FILE* err);

}  // namespace fltlink::cli
