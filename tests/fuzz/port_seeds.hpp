// Port programs written by hand: where the fuzzer begins. The corpus holds each as seed-<name>; what this file says is
// what stands there, which a test sees to.
#pragma once

#include <string>
#include <vector>

#include "fuzz/port_program.hpp"

namespace drmfilter::test {

struct PortSeed {
  const char* name;
  PortProgram program;
};

[[nodiscard]] std::vector<PortSeed> port_seeds();

}  // namespace drmfilter::test
