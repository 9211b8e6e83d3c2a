#include "nt/thread.hpp"

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/process.hpp"
#include "nt/user_memory.hpp"

namespace fltsim::nt {

Thread::Thread(System& owner, Process& in_process, std::string thread_name)
    : system(owner), process(in_process), name(std::move(thread_name)) {
  Dispatcher::initialize(header, DispatcherType::kThread, 0);
  reference(&process);
}

Thread::~Thread() { release(&process); }

Thread& current_thread(const char* routine) {
  if (running_check() != nullptr) misuse_of_check(routine);
  Thread* thread = current_thread_or_null();
  if (thread == nullptr) {
    misuse(std::string(routine) +
           " was called outside a simulated machine. Run the code in a process of the machine: "
           "Machine::start_process() and Process::run(), or Machine::system_process() for kernel code.");
  }
  return *thread;
}

}  // namespace fltsim::nt
