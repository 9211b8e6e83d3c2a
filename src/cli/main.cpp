// The fltlink command.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fltlink/os/assert.hpp>

#include "cli/arguments.hpp"
#include "cli/demo.hpp"
#include "cli/interrupt.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv) {
  namespace cli = fltlink::cli;
  const auto parsed = cli::parse_arguments(std::vector<std::string>(argv + 1, argv + argc));
  if (const cli::Answer* answer = std::get_if<cli::Answer>(&parsed)) {
    std::fputs(answer->text.c_str(), answer->exit_code == 0 ? stdout : stderr);
    return answer->exit_code;
  }
  cli::catch_interrupts();
  if (const auto* run = std::get_if<cli::RunArguments>(&parsed)) {
    const int exit_code = cli::run_drivers(*run, stdout, stderr);
    // A thread of a driver that was stopped anywhere in the C library may hold what an ordinary end would wait for.
    std::fflush(nullptr);
    std::_Exit(exit_code);
  }
  return cli::run_demo(std::get<cli::DemoArguments>(parsed), stdout, stderr);
}
