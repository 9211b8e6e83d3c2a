// Workloads as text: what programs do, one operation a line. docs/RUN.md has the language.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/script_player.hpp"
#include "cli/told.hpp"
#include "fltsim/machine.hpp"

namespace fltlink::cli {

// The words of a line: split at blanks. What is in double quotes is one word, in which \n \t \0 \" \\ and \xHH stand for
// a byte; elsewhere a backslash is one. # begins a comment. Nothing for a quote that does not end.
[[nodiscard]] std::optional<std::vector<std::string>> split_line(const std::string& line);

class Script {
 public:
  explicit Script(std::string path) : path_(std::move(path)) {}

  // Reads it, and every line of it; "file:12: ..." when one is not understood.
  [[nodiscard]] std::optional<std::string> read();

  // False when the machine came to a stop or hangs. An `expect` that does not hold is the finding RUN-2.
  [[nodiscard]] bool play(fltsim::Machine& machine, bool seeded, Told& told) const;

 private:
  struct Line {
    int number;
    Player::Step step;
  };
  const std::string path_;
  std::vector<Line> lines_;
};

}  // namespace fltlink::cli
