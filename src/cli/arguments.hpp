// The command line of fltlink: what was asked for, or why it was not understood.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/run_arguments.hpp"

namespace fltlink::cli {

// fltlink demo [DIR] [--seed N] [--json] [--trace FILE]
struct DemoArguments {
  std::optional<std::string> directory;
  std::optional<std::uint64_t> seed;
  bool json = false;
  std::optional<std::string> trace_file;
};

// There is nothing to run: `text` is the whole answer, for stdout when the code is 0 and for stderr
// otherwise.
struct Answer {
  int exit_code;
  std::string text;
};

// `words` are those behind the program's name. An unknown word or a value that cannot be read is exit code 2.
[[nodiscard]] std::variant<DemoArguments, RunArguments, Answer> parse_arguments(
    const std::vector<std::string>& words);

}  // namespace fltlink::cli
