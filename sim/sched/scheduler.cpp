#include "sched/scheduler.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>

#include "sched/fatal.hpp"
#include "sched/futex.hpp"
#include "sched/hand_over.hpp"
#include "sched/host_scheduler.hpp"
#include "sched/seeded_scheduler.hpp"
#include "sched/thread.hpp"

namespace fltsim::sched {
namespace {

[[gnu::tls_model("initial-exec")]] thread_local Thread* t_thread = nullptr;

// A thread that was given up must not get back into the machine's code, which may be gone.
Thread* live_thread() {
  Thread* thread = t_thread;
  if (thread != nullptr && thread->abandoned.load(std::memory_order_acquire)) [[unlikely]]
    block_forever();
  return thread;
}

std::string line_for(const ThreadState& state, Ticks now) {
  std::string line = "\"" + state.name + "\"";
  if (state.phase == ThreadState::Phase::kRunnable) {
    line += " can run";
    if (!state.place.empty()) line += ", last seen at " + state.place;
    return line + "\n";
  }
  line += " waits for " + state.waits_for;
  if (state.deadline != kForever) {
    const Ticks left = state.deadline > now ? state.deadline - now : 0;
    line += ", for another " + std::to_string(left / kTicksPerMillisecond) + " ms";
  }
  return line + "\n";
}

}  // namespace

void fatal(std::string_view what, std::string_view name) {
  std::fprintf(stderr, "fltsim scheduler: %.*s", static_cast<int>(what.size()), what.data());
  if (!name.empty()) std::fprintf(stderr, " (thread \"%.*s\")", static_cast<int>(name.size()), name.data());
  std::fputc('\n', stderr);
  std::abort();
}

void Thread::run_entry() {
  t_thread = this;
  try {
    entry();
    entry = nullptr;
  } catch (const std::exception& error) {
    fatal("an exception left the entry of a simulated thread: " + std::string(error.what()), name);
  } catch (...) {
    fatal("an exception of unknown type left the entry of a simulated thread", name);
  }
  t_thread = nullptr;
}

Thread* this_thread() { return t_thread; }

AsControlThread::AsControlThread() : thread_(t_thread) { t_thread = nullptr; }
AsControlThread::~AsControlThread() { t_thread = thread_; }

void keep_forever(Scheduler* scheduler) {
  static std::mutex mutex;
  static auto& kept = *new std::vector<Scheduler*>;
  std::lock_guard lock(mutex);
  kept.push_back(scheduler);
}

std::string wait_text(const WaitReason& reason) {
  std::string text(reason.kind);
  const std::string object = reason.describe ? reason.describe() : reason.object;
  if (!object.empty()) text += " \"" + object + "\"";
  if (reason.owner != nullptr) text += ", owned by \"" + reason.owner->name + "\"";
  return text;
}

void Waking::wake() {
  first_->scheduler.unpark(*first_);
  for (Thread* thread : more_) thread->scheduler.unpark(*thread);
}

std::unique_ptr<Scheduler> Scheduler::create(const Options& options) {
  if (options.seeded) return std::make_unique<SeededScheduler>(options);
  return std::make_unique<HostScheduler>(options);
}

std::uint32_t Scheduler::id(const Thread& thread) { return thread.id; }

Scheduler* Scheduler::current() {
  Thread* thread = live_thread();
  return thread == nullptr ? nullptr : &thread->scheduler;
}

Thread* Scheduler::current_thread() { return live_thread(); }

const std::atomic<bool>& Scheduler::abandoned_flag() { return t_thread->abandoned; }

void* Scheduler::current_user() {
  Thread* thread = live_thread();
  return thread == nullptr ? nullptr : thread->user;
}

std::string Scheduler::describe_threads() const {
  std::string text;
  for (const ThreadState& state : threads()) {
    if (state.phase != ThreadState::Phase::kEnded) text += line_for(state, now());
  }
  return text;
}

}  // namespace fltsim::sched
