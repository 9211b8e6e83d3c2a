// Runs another program to its end.
#pragma once

#include <string>
#include <vector>

namespace fltsim::cc {

struct ProcessResult {
  int status;  // the exit status; 127 when it could not be started, 128 and the signal when one ended it
  std::string output;  // standard output
  std::string errors;  // standard error
};

// Blocks. Messages come in English. May be called from several threads at once.
ProcessResult run(const std::vector<std::string>& arguments);

// As one would type it.
std::string command_text(const std::vector<std::string>& arguments);

}  // namespace fltsim::cc
