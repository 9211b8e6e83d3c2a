// fltsim::ClientProgram: starting, watching and stopping a client program.
#include "fltsim/client_program.hpp"

#include <windows.h>

#include <filesystem>

#include "client/process_state.hpp"
#include "client/program.hpp"
#include "fltsim/machine.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

constexpr sched::Ticks kGrace = 5 * sched::kTicksPerSecond;
// For the end of the input on the operating system's threads, where a service that reads nothing would cost all of it.
constexpr sched::Ticks kGraceOfInputOnHost = sched::kTicksPerSecond / 4;
// For a program that neither waits nor looks at what it is told.
constexpr std::uint64_t kSwitchesOfGrace = 200'000;
constexpr std::uint32_t kDeafReads = 16;

}  // namespace

ClientProgram Machine::start_client(const std::string& module_path, const ClientOptions& options) {
  std::u16string image = options.image;
  if (image.empty()) {
    const std::u16string stem = std::filesystem::path(module_path).stem().u16string();
    image = u"C:\\Program Files\\" + stem + u"\\" + stem + u".exe";
  }
  const Process process = start_process({.image = image, .user = options.user});
  nt::Process& body = process.process();
  client::ProcessState& state = client::state_of(body);
  state.console.type(options.standard_input);
  state.program = std::make_unique<client::Program>(body, options.arguments);
  std::string error = "the machine has stopped";
  static_cast<void>(
      system_->run_in(body, body.short_name + " loader", [&] { error = state.program->load(module_path); }));
  ClientProgram client(process, error);
  if (!error.empty()) {
    state.program.reset();
    static_cast<void>(client.process().kill());
    return client;
  }
  static_cast<void>(system_->nt().start_thread(
      body, body.short_name + " main",
      [program = state.program.get()] { program->run_main(nt::current_thread()); }));
  return client;
}

ClientEnd ClientProgram::end() const {
  if (!error_.empty()) return ClientEnd::kNotStarted;
  if (!process_.ended()) return ClientEnd::kRunning;
  if (client::program_of(process_.process())->crashed) return ClientEnd::kCrashed;
  return stopped_by_;
}

std::uint32_t ClientProgram::exit_code() const {
  return static_cast<std::uint32_t>(process_.process().exit_status.load(std::memory_order_acquire));
}

std::string ClientProgram::standard_output() const {
  return client::state_of(process_.process()).console.output();
}

std::string ClientProgram::standard_error() const {
  return client::state_of(process_.process()).console.error();
}

void ClientProgram::type(const std::string& text) { client::state_of(process_.process()).console.type(text); }

bool ClientProgram::ends_within_grace(bool reading_on_is_deaf) const {
  nt::Process& body = process_.process();
  System& system = body.system;
  const client::Console& console = client::state_of(body).console;
  const sched::Ticks grace =
      reading_on_is_deaf && !system.scheduler().seeded() ? kGraceOfInputOnHost : kGrace;
  const auto stopwatch = system.nt().start_thread(system.nt().system_process(), "patience", [&system, grace] {
    nt::Thread& self = nt::current_thread();
    static_cast<void>(system.nt().dispatcher().sleep(self, {.deadline = system.scheduler().now() + grace,
                                                            .ends_on_termination = true,
                                                            .kind = "patience",
                                                            .object = {}}));
  });
  std::uint64_t left = kSwitchesOfGrace;
  static_cast<void>(system.scheduler().run_until([&] {
    const bool deaf = reading_on_is_deaf && console.ends_read() > kDeafReads;
    return body.ended() || stopwatch->ended || system.nt().stopped() || deaf || left-- == 0;
  }));
  system.nt().terminate_thread(*stopwatch, STATUS_SUCCESS);
  return body.ended() || system.nt().stopped();
}

// Runs its handlers in a thread of its own, as the console does; the last handler of all ends the process. True when
// that one was reached.
bool ClientProgram::interrupt(std::uint32_t event) const {
  nt::Process& body = process_.process();
  client::Console& console = client::state_of(body).console;
  if (event == CTRL_C_EVENT && console.ignores_interrupts()) return false;
  const auto handlers = console.handlers();
  auto unhandled = std::make_shared<std::atomic<bool>>(false);
  const auto thread =
      body.system.nt().start_thread(body, body.short_name + " control", [&body, handlers, event, unhandled] {
        client::program_of(body)->run(nt::current_thread(), [&] {
          for (const auto handler : handlers) {
            if (handler(event) != FALSE) return;
          }
          *unhandled = true;
          client::end_process(nt::current_thread(), static_cast<std::int32_t>(STATUS_CONTROL_C_EXIT));
        });
      });
  static_cast<void>(thread);
  return ends_within_grace(false) && *unhandled;
}

ClientEnd ClientProgram::stop() {
  if (!running()) return end();
  nt::Process& body = process_.process();
  client::state_of(body).console.close_input();
  if (ends_within_grace(true)) return end();
  for (const std::uint32_t event : {CTRL_C_EVENT, CTRL_CLOSE_EVENT}) {
    const bool unhandled = interrupt(event);
    if (unhandled) stopped_by_ = ClientEnd::kInterrupted;
    if (!running()) return end();
  }
  stopped_by_ = ClientEnd::kKilled;
  if (const auto rundown =
          body.system.nt().terminate_process(body, static_cast<std::int32_t>(STATUS_CONTROL_C_EXIT)))
    static_cast<void>(body.system.wait_for(*rundown));
  return end();
}

}  // namespace fltsim
