#include "fltsim/process_host.hpp"

#include <functional>
#include <string>
#include <utility>

#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "sched/sched_host.hpp"

namespace fltsim {

std::shared_ptr<fltlink::Host> make_process_host(const Process& process) {
  nt::Process& body = process.process();
  return std::make_shared<sched::SchedHost>(
      body.system.scheduler(), [&body](std::string name, std::function<void()> entry) {
        return static_cast<bool>(body.system.nt().start_thread(body, std::move(name), std::move(entry)));
      });
}

}  // namespace fltsim
