// What `fltlink run` says of a run: a table for people, one JSON object for programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fltsim/callback_count.hpp"
#include "fltsim/source_lines.hpp"
#include "fltsim/verifier.hpp"

namespace fltlink::cli {

struct RunReport {
  struct Driver {
    std::string name;
    std::string altitude;
    std::string file;
    bool loaded = false;    // DriverEntry succeeded, at the first load
    bool unloaded = false;  // and it went at the end
    std::vector<std::string>
        instances;  // "C: Null Instance at 370020", as they were attached before the workload
    std::vector<std::string> notes;  // how attaching, detaching and unloading went, where it was not plain
  };
  struct Client {
    std::string program;
    std::string end;  // "exited", "crashed", "interrupted", "killed"
    std::uint32_t exit_code = 0;
    std::string out;
    std::string errors;
  };
  struct Finding {
    fltsim::Finding what;
    std::string source;  // "file:line", or empty
  };
  // What the workload's programs were told: by operation and status.
  using Operations = std::map<std::string, std::map<std::string, std::uint64_t>>;

  std::vector<Driver> drivers;
  std::vector<fltsim::CallbackCount> callbacks;
  std::string log;  // what drivers printed
  std::vector<Client> clients;
  std::vector<Finding> findings;
  std::string workload;
  Operations operations;
  std::uint64_t seed = 1;
  bool seeded = true;
  std::string error;  // why something could not be loaded; empty
  bool interrupted = false;

  // Adds them with their lines.
  void add(const std::vector<fltsim::Finding>& found);
};

[[nodiscard]] int exit_code_of(const RunReport& report);
[[nodiscard]] std::string to_table(const RunReport& report);
// Ends with a line feed. The keys are those that docs/RUN.md lists.
[[nodiscard]] std::string to_json(const RunReport& report);

}  // namespace fltlink::cli
