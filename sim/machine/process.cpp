#include "fltsim/process.hpp"

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "wdk/shared/status.h"

namespace fltsim {

std::uint32_t ThreadHandle::id() const { return thread_ != nullptr ? thread_->id : 0; }

bool ThreadHandle::done() const {
  return thread_ == nullptr || thread_->ended.load(std::memory_order_acquire);
}

Outcome ThreadHandle::join() {
  return thread_ != nullptr ? thread_->system.wait_for(*thread_) : Outcome::kKilled;
}

void ThreadHandle::terminate() {
  if (thread_ != nullptr) thread_->system.nt().terminate_thread(*thread_, STATUS_UNSUCCESSFUL);
}

std::uint32_t Process::id() const { return process_->id; }
std::u16string Process::image() const { return process_->dos_image; }
std::u16string Process::device_image() const { return process_->device_image; }
bool Process::ended() const { return process_->ended(); }

Outcome Process::run(std::function<void()> code) {
  return process_->system.run_in(*process_, process_->short_name + " thread", std::move(code));
}

ThreadHandle Process::start_thread(std::string name, std::function<void()> code) {
  nt::Ref<nt::Thread> thread =
      process_->system.nt().start_thread(*process_, std::move(name), std::move(code));
  return ThreadHandle({thread.detach(), [](nt::Thread* ended) {
                         if (ended != nullptr) nt::release(ended);
                       }});
}

Outcome Process::exit(std::int32_t code) {
  System& system = process_->system;
  if (system.nt().stopped()) return Outcome::kStopped;
  const auto rundown = system.nt().terminate_process(*process_, code);
  nt::Thread* caller = nt::current_thread_or_null();
  if (caller != nullptr && &caller->process == process_) nt::unwind_client(*caller);
  return rundown ? system.wait_for(*rundown) : Outcome::kDone;
}

Outcome Process::kill() { return exit(1); }

}  // namespace fltsim
