#include "fuzz/port_player.hpp"

#include <fltUser.h>

#include <array>
#include <chrono>

#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/status_reply.hpp>

#include "fltsim/start_over.hpp"
#include "fuzz/port_actor.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace drmfilter::test {
namespace {

using namespace std::chrono_literals;
using fltlink::Bytes;

constexpr const char16_t* kServiceImage = u"C:\\Drm\\drmservice.exe";
constexpr const char16_t* kServiceDevicePath = u"\\Device\\HarddiskVolume1\\Drm\\drmservice.exe";
constexpr const char16_t* kProgramImage = u"C:\\Office\\winword.exe";
// Longer than all that a program can sleep, wait for its turn or be made to wait by the driver, one after the other.
constexpr auto kRunTime = 600s;
// Longer than the driver trusts what it knows of drive letters, so that each program begins without.
constexpr auto kPause = 2s;

fltsim::Options options_for(bool trace) {
  fltsim::Options options;
  options.seed = 1;
  options.trace = trace;
  return options;
}

fltsim::DriverOptions driver_options() {
  fltsim::DriverOptions options;
  options.name = u"drmfilter";
  options.parameters = {{u"AllowedImage", std::u16string(kServiceDevicePath)}};
  return options;
}

fltsim::ProcessOptions role_of(uint8_t actor, uint8_t cast) {
  using fltsim::User;
  if (actor == 0) return {.image = kServiceImage, .user = User::kSystem};
  if (actor == 2)
    return {.image = (cast & kProgramIsTheService) != 0 ? kServiceImage : kProgramImage,
            .user = User::kOrdinary};
  if ((cast & kSecondIsAnotherImage) != 0) return {.image = kProgramImage, .user = User::kSystem};
  if ((cast & kSecondIsOrdinary) != 0) return {.image = kServiceImage, .user = User::kOrdinary};
  return {.image = kServiceImage,
          .user = (cast & kSecondIsAdministrator) != 0 ? User::kAdministrator : User::kSystem};
}

Buffer janitors_context() {
  fltlink::ConnectContext context;
  context.version_min = context.version_max = FLTLINK_VERSION_1_1;
  context.role = FLTLINK_ROLE_CONTROL;
  Buffer bytes(FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST);
  FLTLINK_ASSERT(fltlink::encode_connect_context(context, bytes).ok());
  return bytes;
}

// The janitor's side of the port.
class Request {
 public:
  Request(HANDLE port, std::string& refused) : port_(port), refused_(refused) {}

  // The answer; empty when it was refused.
  Bytes operator()(const char* name, Buffer message, size_t room = 0) {
    DWORD returned = 0;
    const HRESULT result =
        FilterSendMessage(port_, message.data(), static_cast<DWORD>(message.size()),
                          room == 0 ? nullptr : answer_.data(), static_cast<DWORD>(room), &returned);
    if (result == S_OK && returned == room) return Bytes(answer_.data(), room);
    if (refused_.empty()) refused_ = std::string("the driver refuses ") + name;
    return {};
  }

 private:
  HANDLE port_;
  std::string& refused_;
  std::array<uint8_t, FLTLINK_COUNTERS_REPLY_SIZE> answer_{};
};

std::string number_text(const char* what, uint64_t is, uint64_t was) {
  return std::string(what) + ": " + std::to_string(is) + " instead of " + std::to_string(was);
}

}  // namespace

PortPlayer::PortPlayer(const std::string& module, bool trace)
    : machine_(options_for(trace)),
      c_(machine_.add_volume(u"C:")),
      driver_(machine_.load_driver(module, driver_options())),
      janitor_(machine_.start_process({.image = kServiceImage, .user = fltsim::User::kSystem})) {
  if (driver_.status() != 0) failure_ = "the driver was not loaded: " + driver_.error();
  lay_out_files();
  // Once with everything that is made when it is first needed and then stays; what is left is what must be left later.
  const PortProgram first{.steps = {{.verb = Verb::kFile, .actor = 2, .arguments = {1, 1, 8, 0}}}};
  failure_ = failure_.empty() ? play(write_program(first)) : failure_;
  warm_ = true;
  rest_ = at_rest();
}

// What is not there at the beginning must not be there at the end either, and what a directory stands in the way of
// is made last.
void PortPlayer::lay_out_files() {
  for (const char16_t* path : kPaths) c_.remove(std::u16string_view(path).substr(2));
  c_.remove(u"\\P");
  for (size_t index : {0, 1}) c_.write_file(std::u16string_view(kPaths[index]).substr(2), "secret");
}

std::string PortPlayer::play(Bytes bytes) {
  if (!failure_.empty()) return failure_;
  const PortProgram program = read_program(bytes);
  PortStage stage{.machine = machine_, .last_connection = last_connection_};
  std::string what;
  if (fltsim::start_over(machine_, program.seed) != fltsim::Outcome::kDone)
    what = "the machine does not come to rest";
  if (what.empty()) perform(program, stage);
  done_ = stage.done;
  schedule_hash_ = machine_.system().scheduler().schedule_hash();
  if (what.empty()) what = judge(stage, ask_driver(stage));
  if (!what.empty()) failure_ = describe(program, what);
  return failure_;
}

void PortPlayer::perform(const PortProgram& program, PortStage& stage) {
  std::array<std::unique_ptr<PortActor>, kActors> actors;
  stage.actors.resize(kActors);
  for (const Step& step : program.steps) {
    if (actors[step.actor] != nullptr) continue;
    actors[step.actor] = std::make_unique<PortActor>(stage, role_of(step.actor, program.cast));
    stage.actors[step.actor] = actors[step.actor].get();
  }
  for (uint8_t actor = 0; actor < kActors; ++actor) {
    if (actors[actor] != nullptr) actors[actor]->start(program.steps, actor);
  }
  static_cast<void>(machine_.advance(kRunTime));
  for (const auto& actor : actors) {
    if (actor != nullptr && !actor->process().ended()) static_cast<void>(actor->process().kill());
  }
  static_cast<void>(machine_.run_to_quiescence());
  for (const auto& actor : actors) {
    if (actor != nullptr) actor->count_received();
  }
}

PortPlayer::Answers PortPlayer::ask_driver(const PortStage& stage) {
  Answers answers;
  if (machine_.stopped()) return answers;
  machine_.system().nt().forget_faults();
  const auto outcome = janitor_.run([&] {
    const Buffer context = janitors_context();
    HANDLE port = nullptr;
    if (FilterConnectCommunicationPort(u"\\DrmFilterPort", 0, context.data(),
                                       static_cast<WORD>(context.size()), nullptr, &port) != S_OK) {
      answers.refused = "the port does not let the service in";
      return;
    }
    Request request(port, answers.refused);
    for (const std::u16string& policy : stage.policies)
      request("the removal of a policy", removal_of(policy));
    if (stage.settings_touched) request("the settings", default_settings());
    if (const auto status = fltlink::decode_status_reply(
            request("a status request", status_request(), FLTLINK_STATUS_REPLY_SIZE));
        status.ok()) {
      answers.active_policies = status->active_policies;
    }
    if (const auto counters = fltlink::decode_counters_reply(
            request("a counters request", counters_request(), FLTLINK_COUNTERS_REPLY_SIZE));
        counters.ok()) {
      answers.counters = *counters;
    }
    CloseHandle(port);
  });
  if (outcome != fltsim::Outcome::kDone && answers.refused.empty())
    answers.refused = "the janitor does not end";
  if (stage.files_touched && !machine_.stopped()) lay_out_files();
  static_cast<void>(machine_.advance(std::chrono::duration_cast<fltsim::Duration>(kPause)));
  return answers;
}

PortPlayer::Rest PortPlayer::at_rest() {
  fltsim::nt::Executive& nt = machine_.system().nt();
  Rest rest;
  for (const auto& process : nt.processes()) {
    ++rest.processes;
    rest.threads += process->threads().size();
  }
  for (const auto& leak : nt.pool().leaks(&nt.driver("drmfilter"))) {
    rest.allocations += leak.count;
    rest.bytes += leak.bytes;
  }
  return rest;
}

std::string PortPlayer::judge(const PortStage& stage, const Answers& answers) {
  for (const fltsim::Finding& finding : machine_.verifier().unexpected_errors()) return to_string(finding);
  if (!answers.refused.empty()) return answers.refused;
  if (answers.active_policies != 0) return number_text("policies", answers.active_policies, 0);
  const fltlink::CountersReply& counters = answers.counters;
  if (counters.connections != 1) return number_text("connections", counters.connections, 1);
  for (const auto& books : {counters.file_events, counters.block_notices}) {
    if (!books.balanced())
      return number_text("messages accounted for", books.delivered + books.dropped_total() + books.pending,
                         books.produced);
    if (books.pending != 0) return number_text("pending messages", books.pending, 0);
  }
  const uint64_t delivered = counters.file_events.delivered + counters.block_notices.delivered;
  const uint64_t newly = delivered - std::exchange(delivered_, delivered);
  if (stage.counts_receives && newly != stage.received)
    return number_text("messages that the driver takes for delivered", newly, stage.received);
  if (!warm_) return {};
  const Rest rest = at_rest();
  if (rest.processes != rest_.processes) return number_text("processes", rest.processes, rest_.processes);
  if (rest.threads != rest_.threads) return number_text("threads", rest.threads, rest_.threads);
  if (rest.allocations != rest_.allocations)
    return number_text("allocations of the driver", rest.allocations, rest_.allocations);
  if (rest.bytes != rest_.bytes) return number_text("bytes of the driver", rest.bytes, rest_.bytes);
  return {};
}

std::string PortPlayer::describe(const PortProgram& program, const std::string& what) {
  std::string text =
      what + "\nseed " + std::to_string(program.seed) + ", cast " + std::to_string(program.cast) + "\n";
  for (const Done& done : done_) {
    char line[96];
    std::snprintf(line, sizeof line, "  step %u, actor %u: %s, 0x%08X\n", done.step, done.actor,
                  name_of(program.steps[done.step].verb), done.status);
    text += line;
  }
  for (const fltsim::Finding& finding : machine_.verifier().findings()) text += to_string(finding) + "\n";
  return text + machine_.debug_output() + machine_.trace().to_text();
}

}  // namespace drmfilter::test
