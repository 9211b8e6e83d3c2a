// How far apart the host has put two processors. It decides what handing a cache line over costs, by a factor of
// four, and on a virtual machine it can change from one second to the next.
#pragma once

#include <string>

namespace fltlink::bench {

enum class Regime {
  kNear,
  kFar,
};
inline const char* regime_name(Regime regime) { return regime == Regime::kNear ? "near" : "far"; }

// Nanoseconds for a cache line to go from processor 0 to processor 1 and back, the best of several batches.
double ping_pong_ns();

// Near are processors that play a round trip of less than 250 ns; those of one core complex take about 120, others about 490.
inline Regime regime_of(double ping_pong) { return ping_pong < 250 ? Regime::kNear : Regime::kFar; }

struct Machine {
  std::string processor;
  unsigned processors;
  std::string compiler;
  // Since the program started, as parts of all processor time: taken by the host for others, and used by other programs.
  double stolen;
  double foreign;
};
Machine describe_machine();

}  // namespace fltlink::bench
