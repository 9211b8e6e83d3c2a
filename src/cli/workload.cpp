#include "cli/workload.hpp"

#include <algorithm>

#include "cli/interrupt.hpp"

namespace fltlink::cli {

namespace {

Program start_program(fltsim::Machine& machine, std::u16string_view image, Tally& tally) {
  return {machine.start_process({.image = std::u16string(image)}), tally};
}

}  // namespace

std::vector<Batch> cut_into_batches(const std::vector<TargetFile>& files) {
  std::vector<Batch> batches;
  std::uint64_t bytes = 0;
  for (std::size_t index = 0; index < files.size(); ++index) {
    const std::uint64_t size = std::min(files[index].size, kBytesOfAFileMax);
    const bool fits =
        !batches.empty() && index - batches.back().begin < kBatchFilesMax && bytes + size <= kBatchBytesMax;
    if (!fits) {
      batches.push_back({index, index});
      bytes = 0;
    }
    batches.back().end = index + 1;
    bytes += size;
  }
  return batches;
}

Workload::Workload(fltsim::Machine& machine, const Survey& survey, Tally& tally)
    : survey_(survey),
      batches_(cut_into_batches(survey.files)),
      reader_(start_program(machine, u"C:\\Programs\\viewer.exe", tally)),
      copier_(start_program(machine, u"C:\\Programs\\backup.exe", tally)),
      editor_(start_program(machine, u"C:\\Programs\\editor.exe", tally)),
      deleter_(start_program(machine, u"C:\\Programs\\cleaner.exe", tally)),
      walker_(start_program(machine, u"C:\\Programs\\indexer.exe", tally)) {}

WorkloadOutcome Workload::run(const std::function<void(std::size_t done)>& progress) {
  for (std::size_t step = 0; step < steps(); ++step) {
    if (interrupted()) return WorkloadOutcome::kInterrupted;
    if (!run_step(step)) return WorkloadOutcome::kStopped;
    if (step + 1 >= kStages) progress(batches_[step + 1 - kStages].end);
  }
  return interrupted() ? WorkloadOutcome::kInterrupted : WorkloadOutcome::kDone;
}

bool Workload::run_step(std::size_t step) {
  std::vector<fltsim::ThreadHandle> threads;
  for (std::size_t stage = 0; stage < kStages; ++stage) start_stage(stage, step, threads);
  start_walker(step, threads);
  bool done = true;
  for (fltsim::ThreadHandle& thread : threads) done = thread.join() == fltsim::Outcome::kDone && done;
  return done;
}

void Workload::start_stage(std::size_t stage, std::size_t step, std::vector<fltsim::ThreadHandle>& threads) {
  struct Stage {
    const char* name;
    Program& program;
    void (*work)(Program&, const TargetFile&);
  };
  const Stage stages[kStages] = {{"reader", reader_, &read_file},
                                 {"copier", copier_, &copy_file},
                                 {"editor", editor_, &edit_file},
                                 {"deleter", deleter_, &delete_file}};
  if (step < stage || step - stage >= batches_.size()) return;
  const Batch batch = batches_[step - stage];
  const Stage& chosen = stages[stage];
  threads.push_back(chosen.program.process().start_thread(
      chosen.name, [this, batch, &program = chosen.program, work = chosen.work] {
        for (std::size_t index = batch.begin; index < batch.end && !interrupted(); ++index)
          work(program, survey_.files[index]);
      }));
}

// The directories are spread evenly over the steps.
void Workload::start_walker(std::size_t step, std::vector<fltsim::ThreadHandle>& threads) {
  const std::size_t count = survey_.directories.size();
  const Batch share{count * step / steps(), count * (step + 1) / steps()};
  if (share.begin == share.end) return;
  threads.push_back(walker_.process().start_thread("walker", [this, share] {
    fltsim::ListResult listed;
    for (std::size_t index = share.begin; index < share.end && !interrupted(); ++index)
      walker_.list(survey_.directories[index], listed);
  }));
}

}  // namespace fltlink::cli
