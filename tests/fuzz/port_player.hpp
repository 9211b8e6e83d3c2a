// Plays port programs in one machine with DrmFilter, whose module stays loaded: after each program everybody is
// gone, the driver is as it was, and what must hold then is checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fltsim/driver.hpp"
#include "fltsim/machine.hpp"
#include "fuzz/port_messages.hpp"
#include "fuzz/port_stage.hpp"
#include "nt/pool.hpp"

#include <fltlink/codec/counters.hpp>

namespace drmfilter::test {

class PortPlayer {
 public:
  // `module` is the driver's. With `trace` the machine keeps its own trace, for people.
  explicit PortPlayer(const std::string& module, bool trace = false);

  // Plays the bytes; empty when everything held, else what did not, with the steps that were done. After that the
  // player is of no more use.
  [[nodiscard]] std::string play(fltlink::Bytes bytes);

  // The last play's: each step in the order in which they ended, and a hash of the schedule.
  [[nodiscard]] const std::vector<Done>& done() const { return done_; }
  [[nodiscard]] uint64_t schedule_hash() const { return schedule_hash_; }
  [[nodiscard]] fltsim::Machine& machine() { return machine_; }

 private:
  // What must be the same after every program.
  struct Rest {
    size_t processes = 0;
    size_t threads = 0;
    size_t allocations = 0;
    size_t bytes = 0;
    bool operator==(const Rest&) const = default;
  };
  // What the driver told the janitor.
  struct Answers {
    std::string refused;  // the first request that was
    uint32_t active_policies = 0;
    fltlink::CountersReply counters;
  };

  void lay_out_files();
  void perform(const PortProgram& program, PortStage& stage);
  void clear_away(const PortStage& stage);
  Answers ask_driver(const PortStage& stage);
  Rest at_rest();
  std::string judge(const PortStage& stage, const Answers& answers);
  std::string describe(const PortProgram& program, const std::string& what);

  fltsim::Machine machine_;
  fltsim::Volume& c_;
  fltsim::Driver driver_;
  fltsim::Process janitor_;
  Rest rest_;
  uint64_t delivered_ = 0;
  uint32_t last_connection_ = 0;
  bool warm_ = false;
  std::string failure_;
  std::vector<Done> done_;
  uint64_t schedule_hash_ = 0;
};

}  // namespace drmfilter::test
