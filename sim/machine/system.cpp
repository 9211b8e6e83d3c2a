#include "machine/system.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "fltmgr/in_flight.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/port.hpp"
#include "io/io_manager.hpp"
#include "loader/loader.hpp"
#include "nt/code_place.hpp"
#include "nt/dpc_queue.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "sched/fatal.hpp"

namespace fltsim {
namespace {

std::uint64_t seed_of(const Options& options) {
  if (options.seed) return *options.seed;
  const char* text = std::getenv("FLTLINK_SEED");
  if (text == nullptr) return 1;
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), seed);
  if (error != std::errc() || *end != '\0') nt::misuse("FLTLINK_SEED is not a decimal number");
  return seed;
}

sched::Options scheduler_options(const Options& options, std::uint64_t seed) {
  sched::Options result;
  result.seeded = options.scheduler == SchedulerKind::kSeeded;
  result.seed = seed;
  result.switches_max = options.switches_max;
  result.watchdog_ms = options.watchdog_ms;
  result.looks = options.host_looks;
  return result;
}

}  // namespace

System::System(const Options& options)
    : options_(options),
      seed_(seed_of(options)),
      scheduler_(sched::Scheduler::create(scheduler_options(options, seed_))),
      verifier_(nt::locate, options.verifier),
      trace_(options.trace, *this),
      control_thread_(trace_.lasting("control")),
      nt_(std::make_unique<nt::Executive>(*this)) {
  nt_->start();
  io_ = std::make_unique<io::IoManager>(*this);
  fltmgr_ = std::make_unique<fltmgr::FilterManager>(*this);
  loader_ = std::make_unique<loader::Loader>(*this);
}

System::~System() {
  shut_down();
  // From here on no simulated thread runs; what they left is taken down without them.
  // Its last threads ask this machine for it until it has seen their end, so the pointer goes after it, not before.
  delete scheduler_.get();
  static_cast<void>(scheduler_.release());
  fltmgr_->ports().take_down();
  loader_.reset();
  io_.reset();
  nt_->destroy_objects();
}

Trace::Caller System::caller() {
  nt::Thread* const thread = nt::current_thread_or_null();
  if (thread == nullptr) return {&control_thread_, nullptr};
  if (&thread->system != this) return {&trace_.lasting(thread->name), nullptr};
  if (thread->tracer.thread == nullptr) introduce(*thread);
  return thread->tracer;
}

// The thread may be gone before the trace is read, so its name is copied. Seeded threads take turns, and their nodes stand
// in the order of these: they have one lane for all.
void System::introduce(nt::Thread& thread) {
  thread.tracer = {&trace_.lasting(thread.name), nullptr};
  if (scheduler_->seeded()) return;
  thread.tracer.lane = trace_.take_lane();
  thread.at_end.push_back(
      [this](nt::Thread& ending) { trace_.give_back(std::exchange(ending.tracer.lane, nullptr)); });
}

nt::Process* System::keep(nt::Ref<nt::Process> process) {
  kept_.push_back(process.detach());
  return kept_.back();
}

Outcome System::outcome_of(sched::RunResult result, const char* verb) {
  if (nt_->stopped()) return Outcome::kStopped;
  const auto failed = [&](const char* id, const char* what, const nt::DriverPlace& driver = {}) {
    hung_ = true;
    verifier_.report({.id = id,
                      .severity = Severity::kError,
                      .text = std::string(verb) + ' ' + what + "\n" + scheduler_->describe_threads(),
                      .driver = driver.driver,
                      .object = {},
                      .allocated_at = {},
                      .place = driver.place});
  };
  switch (result) {
    case sched::RunResult::kDone:
      return Outcome::kDone;
    case sched::RunResult::kDeadlock:
      failed(
          "SIM-2",
          "cannot end: no thread can run and no deadline is pending. The threads, and what they wait for:");
      fltmgr::report_held_for_ever(*fltmgr_);
      return Outcome::kDeadlock;
    case sched::RunResult::kNotSettling:
      failed("SIM-3", "does not settle: its limit of switches or of virtual time is used up. The threads:",
             nt::driver_place(scheduler_->spinning_stack()));
      return Outcome::kNotSettling;
    case sched::RunResult::kWatchdog:
      failed("SIM-4",
             "was ended by the watchdog: one thread used the processor and reached no switch point. The "
             "threads:",
             nt::driver_place(scheduler_->spinning_stack()));
      return Outcome::kWatchdog;
  }
  return Outcome::kDone;
}

Outcome System::wait_for(nt::Thread& thread) {
  if (nt::Thread* caller = nt::current_thread_or_null()) {
    const nt::WaitOutcome wait =
        nt_->dispatcher().wait(*caller, thread.header, {.ends_on_termination = true, .object = thread.name});
    nt::leave_client(*caller);
    if (wait.result == nt::WaitResult::kTerminated) return Outcome::kKilled;
  } else {
    const sched::RunResult result =
        scheduler_->run_until([&] { return thread.ended.load(std::memory_order_acquire) || nt_->stopped(); });
    if (const Outcome outcome = outcome_of(result, thread.name.c_str()); outcome != Outcome::kDone)
      return outcome;
  }
  return thread.completed.load(std::memory_order_acquire) ? Outcome::kDone : Outcome::kKilled;
}

Outcome System::run_in(nt::Process& process, std::string name, std::function<void()> code) {
  if (running_check() != nullptr) nt::misuse_of_check(name.c_str());
  if (nt_->stopped()) return Outcome::kStopped;
  const nt::Thread* caller = nt::current_thread_or_null();
  if (caller != nullptr && &caller->process == &process) {
    code();
    return Outcome::kDone;
  }
  const auto thread = nt_->start_thread(process, std::move(name), std::move(code));
  return thread ? wait_for(*thread) : Outcome::kKilled;
}

Outcome System::run_to_quiescence() {
  if (nt_->stopped()) return Outcome::kStopped;
  return outcome_of(scheduler_->run_to_quiescence(), "running to quiescence");
}

Outcome System::run_switches(std::uint64_t count) {
  sched::require(scheduler_->seeded(), "only a seeded machine runs by switches");
  if (nt_->stopped()) return Outcome::kStopped;
  // Asked before each switch.
  const std::function<bool()> spent = [left = count]() mutable { return left-- == 0; };
  const sched::RunResult result = scheduler_->run_until(spent);
  const bool nobody_left = result == sched::RunResult::kDeadlock;
  return outcome_of(nobody_left ? sched::RunResult::kDone : result, "running by switches");
}

Outcome System::advance(sched::Ticks duration) {
  if (nt_->stopped()) return Outcome::kStopped;
  return outcome_of(scheduler_->advance(duration), "letting time pass");
}

void System::shut_down() {
  if (std::exchange(shut_down_, true)) return;
  checks_.drop_those_of_the_machine();
  for (const auto& process : nt_->processes()) {
    if (process->is_system || nt_->stopped()) continue;
    if (const auto rundown = nt_->terminate_process(*process, 0)) static_cast<void>(wait_for(*rundown));
  }
  while (!shutdown_.empty()) {
    const auto step = std::move(shutdown_.back());
    shutdown_.pop_back();
    step();
  }
  nt_->work().close();
  nt_->dpcs().close();
  if (nt_->stopped()) return;
  static_cast<void>(run_to_quiescence());
  // What hangs has been named with what it waits for, and cannot give back what it holds.
  if (!hung_) {
    nt_->report_leaks();
    fltmgr_->report_leaked_volumes();
  }
  nt_->report_unused_faults();
}

}  // namespace fltsim
