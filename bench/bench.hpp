// What the benchmarks share. Each question has one file and one entry in main.cpp. Candidates are
// interleaved: a round runs every candidate once, ratios are taken within a round, and the median of the
// rounds is reported, because the absolute times of a virtual machine change while it runs.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace fltlink::bench {

struct Effort {
  int rounds;
  std::uint64_t operations;  // per candidate and round
};

// Prints a table. Returns false when a candidate gave a wrong result.
bool queue_throughput(const Effort& effort);

inline double now_ns() {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// REQUIRES: not empty.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace fltlink::bench
