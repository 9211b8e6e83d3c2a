#include "cli/run.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/output_file.hpp"
#include "cli/run_report.hpp"
#include "cli/sanitizer_runtime.hpp"
#include "cli/script.hpp"
#include "cli/smoke.hpp"
#include "cli/text.hpp"
#include "cli/told.hpp"
#include "fltsim/crash_guard.hpp"
#include "fltsim/inf.hpp"
#include "fltsim/machine.hpp"
#include "machine/system.hpp"
#include "nt/status_name.hpp"
#include "service/text.hpp"

namespace fltlink::cli {

namespace {

namespace fs = std::filesystem;
using fltsim::nt::status_name;

constexpr std::int32_t kSuccess = 0;
constexpr std::uint32_t kNoAutomaticAttachment = 1;
// About what a processor does in a second. A step of a workload takes some thousands.
constexpr double kSwitchesASecond = 400'000;
constexpr std::chrono::milliseconds kTimeForClients{500};

std::u16string wide(const std::string& text) {
  return drmservice::utf16_from_utf8(text).value_or(std::u16string(text.begin(), text.end()));
}

bool same_name(const std::string& left, const std::string& right) {
  return std::ranges::equal(
      left, right, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

fltsim::Options machine_options(const RunArguments& arguments) {
  fltsim::Options options;
  options.scheduler = arguments.host_threads ? fltsim::SchedulerKind::kHost : fltsim::SchedulerKind::kSeeded;
  options.seed = arguments.seed;
  options.watchdog_ms = static_cast<std::uint64_t>(arguments.watchdog_s * 1000);
  options.switches_max = static_cast<std::uint64_t>(arguments.watchdog_s * kSwitchesASecond);
  options.trace = arguments.trace_file.has_value();
  return options;
}

// The .inf file of a driver: the one that was named, or the one beside it; empty when there is none.
std::string inf_of(const RunArguments::Driver& driver) {
  if (!driver.inf.empty()) return driver.inf;
  for (const char* ending : {".inf", ".INF", ".Inf"}) {
    const fs::path beside = fs::path(driver.path).replace_extension(ending);
    std::error_code error;
    if (fs::is_regular_file(beside, error)) return beside.string();
  }
  return {};
}

const char* name_of(fltsim::ClientEnd end) {
  switch (end) {
    case fltsim::ClientEnd::kNotStarted:
      return "not started";
    case fltsim::ClientEnd::kRunning:
      return "still running";
    case fltsim::ClientEnd::kExited:
      return "exited";
    case fltsim::ClientEnd::kCrashed:
      return "crashed";
    case fltsim::ClientEnd::kInterrupted:
      return "interrupted";
    case fltsim::ClientEnd::kKilled:
      return "killed";
  }
  return "";
}

// Each step needs the one before.
class Run {
 public:
  Run(const RunArguments& arguments, std::FILE* err)
      : arguments_(arguments), err_(err), script_(arguments.script), machine_(machine_options(arguments)) {
    report_.seed = arguments.seed;
    report_.seeded = !arguments.host_threads;
    report_.workload = arguments.script.empty() ? "smoke" : arguments.script;
  }

  // What can be told without running anything: the script, the .inf files, the volumes. `missing`: why a driver cannot
  // be loaded at all, or empty.
  [[nodiscard]] bool prepare(const std::string& missing);
  void run();
  RunReport finish();
  // False: the machine came to a stop or hangs.
  [[nodiscard]] bool goes_on() const { return !machine_.stopped() && !hung_; }

 private:
  struct Loaded {
    fltsim::Driver driver;
    std::size_t index;  // in the report
  };

  bool fail(const std::string& reason) {
    report_.error = reason;
    return false;
  }
  [[nodiscard]] bool mount();
  [[nodiscard]] bool read_infs();
  [[nodiscard]] bool add_parameters();
  [[nodiscard]] bool load_all();
  [[nodiscard]] bool load(std::size_t index);
  std::string why_not_loaded(std::size_t index, const fltsim::Driver& driver);
  void attach_by_hand();
  [[nodiscard]] bool start_clients();
  [[nodiscard]] bool let_them_run();
  void stop_clients();
  void note_instances();
  [[nodiscard]] bool work();
  void detach_and_attach();
  void unload_all();
  const RunArguments& arguments_;
  std::FILE* const err_;
  RunReport report_;
  Told told_;
  Script script_;
  std::vector<fltsim::DriverOptions> options_;
  fltsim::Machine machine_;
  std::vector<fltsim::Volume> volumes_;
  std::vector<Loaded> loaded_;
  std::vector<fltsim::ClientProgram> clients_;
  bool hung_ = false;
};

bool Run::prepare(const std::string& missing) {
  if (!missing.empty()) return fail(missing);
  if (!arguments_.script.empty()) {
    if (const auto error = script_.read()) return fail(*error);
  }
  return read_infs() && add_parameters() && mount();
}

bool Run::read_infs() {
  for (const RunArguments::Driver& driver : arguments_.drivers) {
    RunReport::Driver& described = report_.drivers.emplace_back();
    described.file = driver.path;
    fltsim::DriverOptions options;
    options.name = wide(fs::path(driver.path).stem().string());
    if (const std::string inf = inf_of(driver); !inf.empty()) {
      auto read = fltsim::driver_options_from_inf(inf, wide(driver.service));
      if (const auto* error = std::get_if<fltsim::InfError>(&read)) return fail(error->text);
      options = std::move(std::get<fltsim::DriverOptions>(read));
    } else {
      // The next free one of the group Activity Monitor, as the loader would choose.
      options.altitude = decimal(360'000 + 10 * options_.size());
      described.notes.push_back("no .inf file: its one instance is at a default altitude");
    }
    described.name = printable(options.name);
    described.altitude = printable(options.altitude);
    for (const fltsim::DriverOptions& other : options_) {
      if (same_name(printable(other.name), described.name))
        return fail(driver.path + ": there is a driver called " + described.name + " already");
    }
    options_.push_back(std::move(options));
  }
  return true;
}

bool Run::add_parameters() {
  for (const RunArguments::Parameter& parameter : arguments_.parameters) {
    bool used = false;
    for (std::size_t i = 0; i < options_.size(); ++i) {
      const bool meant = parameter.driver.empty() || same_name(parameter.driver, report_.drivers[i].name) ||
                         same_name(parameter.driver, fs::path(arguments_.drivers[i].path).stem().string());
      if (!meant) continue;
      used = true;
      fltsim::DriverParameter value{wide(parameter.name), {}};
      if (const auto* number = std::get_if<std::uint32_t>(&parameter.value)) {
        value.value = *number;
      } else {
        value.value = wide(std::get<std::string>(parameter.value));
      }
      options_[i].parameters.push_back(std::move(value));
    }
    if (!used)
      return fail("--registry " + parameter.driver + ':' + parameter.name + " is for no driver here");
  }
  return true;
}

bool Run::mount() {
  for (const RunArguments::Volume& volume : arguments_.volumes) {
    if (volume.directory.empty()) {
      volumes_.push_back(machine_.add_volume(wide(volume.drive)));
      continue;
    }
    const fltsim::MountResult mounted = machine_.mount(wide(volume.drive), volume.directory);
    if (mounted.volume == nullptr) return fail(mounted.error);
    volumes_.push_back(*mounted.volume);
  }
  return true;
}

void Run::run() {
  if (load_all()) {
    attach_by_hand();
    note_instances();
    if (start_clients()) {
      hung_ = goes_on() && !work();
      if (goes_on() && !interrupted()) detach_and_attach();
    }
    stop_clients();
  }
  report_.interrupted = interrupted();
  if (goes_on()) unload_all();
}

bool Run::load_all() {
  for (std::size_t index = 0; index < options_.size(); ++index) {
    if (!load(index)) return false;
  }
  return true;
}

bool Run::load(std::size_t index) {
  const fltsim::Driver driver = machine_.load_driver(arguments_.drivers[index].path, options_[index]);
  if (driver.status() < 0) {
    fail(why_not_loaded(index, driver));
    hung_ = driver.loaded();  // its DriverEntry never returned
    return false;
  }
  report_.drivers[index].loaded = true;
  loaded_.push_back({driver, index});
  return true;
}

std::string Run::why_not_loaded(std::size_t index, const fltsim::Driver& driver) {
  const std::string& path = arguments_.drivers[index].path;
  if (!driver.error().empty()) return driver.error();
  RunReport found;
  found.add(machine_.verifier().unexpected_errors());
  const bool is_end = machine_.stopped() || driver.loaded();
  if (is_end && !found.findings.empty()) {
    const RunReport::Finding& last = found.findings.back();
    const std::string text = last.what.text.substr(0, last.what.text.find('\n'));
    return path + ": DriverEntry did not return: " + text + (last.source.empty() ? "" : " At " + last.source);
  }
  return path + ": DriverEntry returned " + status_name(driver.status());
}

// As somebody with fltmc would: what the .inf file keeps from attaching by itself.
void Run::attach_by_hand() {
  for (Loaded& loaded : loaded_) {
    RunReport::Driver& described = report_.drivers[loaded.index];
    const auto definitions = loaded.driver.definitions();
    if (definitions.empty()) {
      described.notes.push_back("it has registered no filter (FltRegisterFilter): nothing calls it here");
      continue;
    }
    for (const auto& definition : definitions) {
      if ((definition.flags & kNoAutomaticAttachment) == 0) continue;
      for (const fltsim::Volume& volume : volumes_) {
        const std::int32_t status = loaded.driver.attach(volume, definition.name);
        if (status != kSuccess)
          described.notes.push_back(fmt::format("{} {} was not attached: {}", printable(volume.drive()),
                                                printable(definition.name), status_name(status)));
      }
    }
  }
}

// They have time to connect before the workload begins.
bool Run::start_clients() {
  for (const RunArguments::Client& client : arguments_.clients) {
    fltsim::ClientOptions options{.arguments = client.arguments};
    if (!client.input.empty()) {
      std::ifstream in(client.input, std::ios::binary);
      if (!in) return fail(client.input + ": cannot be read");
      options.standard_input.assign(std::istreambuf_iterator<char>(in), {});
    }
    clients_.push_back(machine_.start_client(client.path, options));
    if (!clients_.back().error().empty()) return fail(clients_.back().error());
    RunReport::Client& described = report_.clients.emplace_back();
    described.program = client.path;
  }
  if (!clients_.empty()) hung_ = let_them_run();
  return true;
}

// True when they do not come to rest.
bool Run::let_them_run() {
  const bool rests = machine_.run_to_quiescence() == fltsim::Outcome::kDone;
  return !rests || machine_.advance(kTimeForClients) != fltsim::Outcome::kDone;
}

// What they still have to say, and then their end.
void Run::stop_clients() {
  if (goes_on() && !clients_.empty()) hung_ = let_them_run();
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    fltsim::ClientProgram& client = clients_[i];
    if (i >= report_.clients.size()) break;  // it could not be started
    const fltsim::ClientEnd end = goes_on() ? client.stop() : client.end();
    RunReport::Client& described = report_.clients[i];
    described.end = name_of(end);
    described.exit_code = client.exit_code();
    described.out = client.standard_output();
    described.errors = client.standard_error();
  }
}

void Run::note_instances() {
  for (const Loaded& loaded : loaded_) {
    RunReport::Driver& described = report_.drivers[loaded.index];
    for (const auto& instance : loaded.driver.instances()) {
      described.instances.push_back(fmt::format("{} {} at {}", printable(instance.volume),
                                                printable(instance.name), printable(instance.altitude)));
    }
    if (described.instances.empty() && !loaded.driver.definitions().empty())
      described.notes.push_back("it is attached to no volume");
  }
}

// False: the machine came to a stop, or cannot go on; a finding says why.
bool Run::work() {
  if (!arguments_.script.empty()) return script_.play(machine_, report_.seeded, told_);
  for (const fltsim::Volume& volume : volumes_) {
    Smoke smoke(machine_, volume.drive(), report_.seeded, told_);
    if (!smoke.run(&interrupted)) return false;
  }
  return true;
}

void Run::detach_and_attach() {
  bool attached = false;
  for (Loaded& loaded : loaded_) {
    RunReport::Driver& described = report_.drivers[loaded.index];
    for (const auto& instance : loaded.driver.instances()) {
      const auto volume = std::ranges::find(volumes_, instance.volume, &fltsim::Volume::drive);
      if (volume == volumes_.end()) continue;
      const std::string name = printable(instance.volume) + ' ' + printable(instance.name);
      if (const std::int32_t status = loaded.driver.detach(*volume, instance.name); status != kSuccess) {
        described.notes.push_back(name + " was not detached by hand: " + status_name(status));
        continue;
      }
      if (const std::int32_t status = loaded.driver.attach(*volume, instance.name); status != kSuccess) {
        described.notes.push_back(name + " was not attached again: " + status_name(status));
      } else {
        attached = true;
      }
      if (!goes_on()) return;
    }
  }
  if (!attached || !arguments_.script.empty()) return;
  for (const fltsim::Volume& volume : volumes_) {
    Smoke smoke(machine_, volume.drive(), report_.seeded, told_);
    if (!smoke.run_short()) {
      hung_ = true;
      return;
    }
  }
}

// As fltmc unload does it, and where that is refused as sc stop does; the last one first.
void Run::unload_all() {
  for (auto loaded = loaded_.rbegin(); loaded != loaded_.rend(); ++loaded) {
    RunReport::Driver& described = report_.drivers[loaded->index];
    const std::int32_t asked = loaded->driver.unload();
    if (asked != kSuccess && goes_on() && loaded->driver.loaded()) {
      described.notes.push_back("fltmc unload: " + status_name(asked));
      const std::int32_t stopped = loaded->driver.stop();
      described.notes.push_back("sc stop: " + status_name(stopped));
    }
    described.unloaded = !loaded->driver.loaded();
    if (machine_.stopped()) return;
  }
}

RunReport Run::finish() {
  machine_.system().shut_down();
  report_.add(machine_.verifier().findings());
  report_.callbacks = machine_.callbacks();
  report_.log = machine_.debug_output();
  report_.operations = told_.take();
  if (arguments_.trace_file) {
    if (const auto trouble = write_file(*arguments_.trace_file, machine_.trace().to_chrome_json()))
      std::fprintf(err_, "fltlink: %s\n", trouble->c_str());
  }
  return std::move(report_);
}

}  // namespace

int run_drivers(const RunArguments& arguments, std::FILE* out, std::FILE* err) {
  std::vector<std::string> modules;
  for (const RunArguments::Driver& driver : arguments.drivers) modules.push_back(driver.path);
  for (const RunArguments::Client& client : arguments.clients) modules.push_back(client.path);
  // Comes back where no driver needs a sanitizer's runtime, or it is there; else with why it is not.
  const std::string missing = start_again_with_sanitizers(modules);
  const fltsim::CrashGuard guard(kExitFindings);
  auto run = std::make_unique<Run>(arguments, err);
  if (run->prepare(missing)) run->run();
  const RunReport report = run->finish();
  // Threads of a machine that came to a stop never end, and may still look at it.
  if (!run->goes_on()) static_cast<void>(run.release());
  if (!report.error.empty()) std::fprintf(err, "fltlink: %s\n", report.error.c_str());
  if (report.interrupted) std::fputs("fltlink: interrupted; the drivers were unloaded\n", err);
  const std::string text = arguments.json ? to_json(report) : to_table(report);
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
  if (!written) std::fprintf(err, "fltlink: the output cannot be written: %s\n", std::strerror(errno));
  return written ? exit_code_of(report) : kExitFindings;
}

}  // namespace fltlink::cli
