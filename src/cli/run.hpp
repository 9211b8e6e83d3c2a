// fltlink run: one run of drivers, from their load to the report.
#pragma once

#include <cstdio>

#include "cli/run_arguments.hpp"

namespace fltlink::cli {

// Loads the drivers, plays the workload, detaches, attaches again, unloads, and reports. The exit code: kExitDone,
// kExitFindings, kExitCannotLoad with the reason as the first line of `err`, or kExitInterrupted.
[[nodiscard]] int run_drivers(const RunArguments& arguments, std::FILE* out, std::FILE* err);

}  // namespace fltlink::cli
