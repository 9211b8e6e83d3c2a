// The demo's programs at work on every file, each in a process and a thread of its own, at the same time.
//
// The files are cut into batches, which go from program to program: while the reader has one batch, the
// copier has the one before, the editor the one before that, and the deleter the first of the four; the
// walker lists directories meanwhile. So no two programs fight for one file, which would make refusals that
// no policy made, and what the copier and the editor have written is deleted soon: memory holds four batches,
// however many files there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "cli/applications.hpp"
#include "fltsim/machine.hpp"

namespace fltlink::cli {

// A run of files. Bounded in number, so that an interrupt is seen soon, and in bytes.
struct Batch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

inline constexpr std::size_t kBatchFilesMax = 256;
inline constexpr std::uint64_t kBatchBytesMax = 16 * 1024 * 1024;

// Cuts `files` into batches; a file counts with what the programs look at of it.
[[nodiscard]] std::vector<Batch> cut_into_batches(const std::vector<TargetFile>& files);

enum class WorkloadOutcome {
  kDone,
  kInterrupted,
  kStopped,  // the machine came to a stop; the verifier says why
};

class Workload {
 public:
  // `survey` and `tally` outlive the workload.
  Workload(fltsim::Machine& machine, const Survey& survey, Tally& tally);

  // Works through all files. `progress` is told how many files all programs are through with. The control
  // thread.
  [[nodiscard]] WorkloadOutcome run(const std::function<void(std::size_t done)>& progress);

 private:
  static constexpr std::size_t kStages = 4;

  [[nodiscard]] bool run_step(std::size_t step);
  void start_stage(std::size_t stage, std::size_t step, std::vector<fltsim::ThreadHandle>& threads);
  void start_walker(std::size_t step, std::vector<fltsim::ThreadHandle>& threads);
  [[nodiscard]] std::size_t steps() const { return batches_.size() + kStages - 1; }

  const Survey& survey_;
  const std::vector<Batch> batches_;
  Program reader_;
  Program copier_;
  Program editor_;
  Program deleter_;
  Program walker_;
};

}  // namespace fltlink::cli
