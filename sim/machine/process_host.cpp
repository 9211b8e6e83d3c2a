#include "fltsim/process_host.hpp"

#include <functional>
#include <string>
#include <utility>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "sched/sched_host.hpp"

namespace fltsim {
namespace {

// What waits is a client entry: a thread that is killed there leaves its wait and runs no further client code
// (decision 14).
class ProcessHost final : public fltlink::Host {
 public:
  explicit ProcessHost(nt::Process& process)
      : host_(
            process.system.scheduler(),
            [&process](std::string name, std::function<void()> entry) {
              return static_cast<bool>(
                  process.system.nt().start_thread(process, std::move(name), std::move(entry)));
            },
            [] { return nt::current_thread().terminated(); }) {}

  fltlink::Ticks now() override { return host_.now(); }
  [[nodiscard]] fltlink::ParkOutcome park(fltlink::ParkingSpot& spot, fltlink::Ticks deadline) override {
    return nt::client_call("Host::park", fltlink::ParkOutcome::kTimedOut, [&](nt::Thread& thread) {
      const nt::InterruptibleWait interruptible(thread);
      return host_.park(spot, deadline);
    });
  }
  void wake(fltlink::ParkingSpot& spot) override { host_.wake(spot); }
  void relax() override {
    nt::client_call("Host::relax", 0, [&](nt::Thread&) {
      host_.relax();
      return 0;
    });
  }
  [[nodiscard]] void* spawn(const char* name, Entry entry, void* context) override {
    return host_.spawn(name, entry, context);
  }
  void join(void* token) override {
    nt::client_call("Host::join", 0, [&](nt::Thread& thread) {
      const nt::InterruptibleWait interruptible(thread);
      host_.join(token);
      return 0;
    });
  }

 private:
  sched::SchedHost host_;
};

}  // namespace

std::shared_ptr<fltlink::Host> make_process_host(const Process& process) {
  return std::make_shared<ProcessHost>(process.process());
}

}  // namespace fltsim
