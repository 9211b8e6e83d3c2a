// fltlink run: what is to be loaded, onto which volumes, and what goes on there.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace fltlink::cli {

struct RunArguments {
  struct Driver {
    std::string path;
    std::string inf;      // empty: the .inf file beside it, if there is one
    std::string service;  // of several in its .inf file
  };
  // A value below Parameters.
  struct Parameter {
    std::string driver;  // service or file name without its ending; empty: of every driver
    std::string name;
    std::variant<std::string, std::uint32_t> value;
  };
  struct Volume {
    std::string drive;      // "C:"
    std::string directory;  // empty: in memory
  };

  // A program built by fltlink-cc --client.
  struct Client {
    std::string path;
    std::vector<std::string> arguments;
    std::string input;  // a file of the host, whose text is typed; empty: nothing is
  };

  std::vector<Driver> drivers;
  std::vector<Client> clients;
  std::vector<Parameter> parameters;
  std::vector<Volume> volumes;  // C: in memory when none was named
  std::string script;           // empty: the smoke workload
  std::uint64_t seed = 1;
  bool host_threads = false;
  double watchdog_s = 10;
  bool json = false;
  std::optional<std::string> trace_file;
};

// Adds the verb. Behind a parse that named it, the function makes the arguments of it, or says what is wrong with them.
[[nodiscard]] std::pair<CLI::App*, std::function<std::variant<RunArguments, std::string>()>> add_run_verb(
    CLI::App& app);

// Decimal digits and nothing else; CLI11 alone would also take 0x7, 1e3 and wrap a minus.
[[nodiscard]] std::optional<std::uint64_t> parse_whole_number(const std::string& text);
// An empty text, or what a seed is: for CLI11.
[[nodiscard]] std::string check_seed(const std::string& text);

}  // namespace fltlink::cli
