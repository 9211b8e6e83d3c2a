// What the benchmarks share. Each question is one program, bench/QUESTION.cpp, whose main() is run_question().
//
// Absolute times of a virtual machine change while it runs, ratios taken side by side do not: the candidates of a case
// are interleaved, each once a round and in random order, a ratio is taken between two candidates of the same round,
// and the median over the rounds is reported with its quartiles. Where two processors hand data to each other it matters
// more than anything else how far apart the host has put them, so such a round is tagged with its regime (regime.hpp),
// and the regimes are reported apart.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fltlink::bench {

// What one run of a candidate came to.
struct Sample {
  double ns;          // per operation
  bool right = true;  // false: it lost, changed or reordered something, which fails the program
};

struct Candidate {
  std::string name;
  // Does `operations` operations, everything that needs preparation included but not timed.
  std::function<Sample(std::uint64_t operations)> run;
  // Of another project: when it is wrong, that round of it is left out and told of, and the program does not fail.
  bool foreign = false;
};

enum class Relation {
  kTimesAsFast,  // the peer's time over ours; a bar is the least that will do
  kTimesAsLong,  // our time over the peer's; a bar is the most that will do
};

// Two candidates of one case, by their names. A bar of 0 is none: the ratio is published and judged by nobody.
struct Comparison {
  std::string ours;
  std::string peer;
  Relation relation = Relation::kTimesAsFast;
  double bar = 0;
  double far_bar = 0;  // where the processors are far from each other; cases that cross processors only
};

struct Case {
  std::string name;
  std::uint64_t operations;  // of each candidate in a round
  std::vector<Candidate> candidates;
  std::vector<Comparison> comparisons;
  bool crosses_processors = false;
  int rounds = 15;
};

// Does nothing but `operations` of ours, for an instruction counter.
struct Counted {
  const char* what;
  void (*run)(std::uint64_t operations);
};

struct Question {
  const char* name;  // that of its file
  const char* text;
  // `quick`: the run shows that the benchmark works, and its figures mean nothing. Then operations and rounds are cut
  // by the harness; what the cases prepare is theirs to cut.
  std::vector<Case> (*cases)(bool quick);
  std::vector<Counted> counted = {};
};

// The program's main: [--json] [--quick] | --count WHAT N. Exits 1 when a candidate was wrong and 2 for bad arguments; a
// bar that is missed is reported and does not fail.
int run_question(int argc, char** argv, const Question& question);

inline double now_ns() {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The processor time of the calling thread, which other people's load does not enter.
double thread_ns();

// Binds the calling thread to one processor; no effect where there is only one.
void pin_to(int processor);

// REQUIRES: not empty.
inline double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  const double at = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (at - static_cast<double>(below));
}
inline double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace fltlink::bench
