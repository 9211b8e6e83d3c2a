// What the actors of one port program share, and what the run leaves behind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fltsim/machine.hpp"
#include "fuzz/port_program.hpp"

namespace drmfilter::test {

class PortActor;

// A step that has been done: the trace of a run. `status` is what its main call returned.
struct Done {
  uint8_t step;
  uint8_t actor;
  uint32_t status;
  bool operator==(const Done&) const = default;
};

struct PortStage {
  fltsim::Machine& machine;
  std::vector<PortActor*> actors = {};
  uint32_t last_connection = 0;  // the number of a connection that was there before the run

  std::vector<Done> done = {};
  std::vector<std::u16string> policies = {};  // that may have been set
  bool settings_touched = false;
  bool files_touched = false;
  uint64_t received = 0;        // messages that receives were completed with
  bool counts_receives = true;  // false: some were received where nobody counted
};

}  // namespace drmfilter::test
