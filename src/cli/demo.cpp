#include "cli/demo.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <fltlink/os/os_host.hpp>

#include "cli/applications.hpp"
#include "cli/exit_codes.hpp"
#include "cli/installation.hpp"
#include "cli/interrupt.hpp"
#include "cli/output_file.hpp"
#include "cli/progress.hpp"
#include "cli/protection.hpp"
#include "cli/report.hpp"
#include "cli/sample_directory.hpp"
#include "cli/service_process.hpp"
#include "cli/statuses.hpp"
#include "cli/temporary_directory.hpp"
#include "cli/text.hpp"
#include "cli/workload.hpp"
#include "fltsim/driver.hpp"
#include "fltsim/machine.hpp"
#include "fs/file_system.hpp"
#include "io/volume.hpp"
#include "machine/system.hpp"

namespace fltlink::cli {

namespace {

using Trouble = std::optional<std::string>;

constexpr std::u16string_view kCopies = u"C:\\Demo Copies";

fltsim::Options machine_options(const DemoArguments& arguments) {
  fltsim::Options options;
  options.scheduler = arguments.seed ? fltsim::SchedulerKind::kSeeded : fltsim::SchedulerKind::kHost;
  options.seed = arguments.seed.value_or(0);
  options.trace = arguments.trace_file.has_value();
  return options;
}

// Where the copier works. A directory of this name that is there already will do.
Trouble make_folder_for_copies(fltsim::Process& installer) {
  const std::int32_t status = installer.mkdir(kCopies).status;
  if (status == kStatusSuccess) return std::nullopt;
  fltsim::ListResult listed = installer.list(kCopies);
  if (status == kStatusNameCollision && listed.status == kStatusSuccess) return std::nullopt;
  return "the folder " + printable(kCopies) + " cannot be made: " + status_word(status);
}

// One demo on one directory, from the mount to the report. Each step needs the one before.
class Demo {
 public:
  Demo(const DemoArguments& arguments, std::string source, std::FILE* err)
      : arguments_(arguments), err_(err), machine_(machine_options(arguments)) {
    report_.source = std::move(source);
    report_.seed = arguments.seed;
  }

  // A directory that cannot be shown is a sentence.
  [[nodiscard]] Trouble mount(const std::string& directory);
  // `state` is a directory of the host for the service's files. What goes wrong is in the report.
  void run(const std::string& state);

  [[nodiscard]] const Report& report() const { return report_; }

 private:
  [[nodiscard]] Trouble prepare(const std::string& state);
  [[nodiscard]] Trouble survey_files();
  [[nodiscard]] Trouble start_protection();
  void work();
  void settle();
  void finish();
  void check_protected_files();
  void describe_operations();
  void note(const Trouble& trouble) {
    if (trouble) report_.troubles.push_back(*trouble);
  }

  const DemoArguments& arguments_;
  std::FILE* const err_;
  Report report_;
  Tally tally_;
  Survey survey_;
  Fingerprints before_;
  // The service lives as long as the machine, whose threads run it.
  std::unique_ptr<ServiceProcess> service_;
  fltsim::Machine machine_;
  fltsim::Volume* volume_ = nullptr;
  std::optional<fltsim::Driver> driver_;
};

Trouble Demo::mount(const std::string& directory) {
  const fltsim::MountResult mounted = machine_.mount(u"C:", directory);
  if (mounted.volume == nullptr) return directory + ": " + mounted.error;
  volume_ = mounted.volume;
  return std::nullopt;
}

Trouble Demo::prepare(const std::string& state) {
  auto created = ServiceProcess::create(machine_, state);
  if (const auto* trouble = std::get_if<std::string>(&created)) return *trouble;
  service_ = std::move(std::get<std::unique_ptr<ServiceProcess>>(created));
  if (Trouble trouble = survey_files()) return trouble;
  return start_protection();
}

// Before the driver is there: the installer's own operations are nobody's business.
Trouble Demo::survey_files() {
  const std::vector<std::u16string>& policies = service_->witness().policies();
  fltsim::Process installer = machine_.start_process({.image = u"C:\\Programs\\installer.exe"});
  Trouble trouble;
  const fltsim::Outcome outcome = installer.run([&] {
    Tally uncounted;
    Program walker(installer, uncounted);
    survey_ = walk(walker, u"C:\\");
    trouble = move_under_protection(installer, survey_.files, policies);
    if (!trouble) trouble = make_folder_for_copies(installer);
  });
  if (outcome != fltsim::Outcome::kDone) return "the files could not be listed";
  for (std::size_t index = 0; index < survey_.files.size(); ++index)
    survey_.files[index].copy = std::u16string(kCopies) + u'\\' + decimal(index + 1);
  if (trouble) return trouble;
  Progress progress(err_, "remembering what is protected");
  before_ = fingerprint_protected(*volume_, survey_.files, policies,
                                  [&](std::size_t done) { progress.show(done, survey_.files.size()); });
  report_.files = survey_.files.size();
  report_.protected_files = before_.size();
  if (before_.empty() && !survey_.files.empty() && !interrupted())
    return "none of the files could be put under protection";
  return std::nullopt;
}

Trouble Demo::start_protection() {
  const auto module = find_driver("drmfilter");
  if (!module) return "drmfilter.sys is neither beside this program's build nor installed with it";
  driver_ = machine_.load_driver(
      *module, {.parameters = {{.name = u"AllowedImage", .value = service_->device_image()}}});
  if (driver_->status() != kStatusSuccess) {
    return "DrmFilter did not start: " + status_word(driver_->status()) + ' ' + driver_->error();
  }
  return service_->start();
}

void Demo::work() {
  Progress progress(err_, "at work");
  Workload workload(machine_, survey_, tally_);
  const WorkloadOutcome outcome =
      workload.run([&](std::size_t done) { progress.show(done, survey_.files.size()); });
  report_.interrupted = outcome == WorkloadOutcome::kInterrupted;
  if (outcome == WorkloadOutcome::kStopped) report_.troubles.push_back("the machine came to a stop");
}

void Demo::settle() {
  const auto settled = service_->settle_books();
  if (const auto* trouble = std::get_if<std::string>(&settled)) {
    report_.troubles.push_back(*trouble);
    return;
  }
  const Books& books = std::get<Books>(settled);
  report_.events = books.events();
  report_.received = books.received;
  report_.blocked = books.blocked_operations;
  report_.queue_capacity = books.driver.queue_messages_max;
  report_.queue_high_water = books.driver.queue_high_water;
  report_.books_balance = books.balance();
}

// The disconnect comes first, as it would on Windows; then the driver goes; then the machine looks for what
// was left.
void Demo::finish() {
  if (service_ != nullptr && !machine_.stopped()) note(service_->stop());
  if (driver_ && driver_->loaded() && !machine_.stopped()) {
    const std::int32_t status = driver_->unload();
    if (status != kStatusSuccess)
      report_.troubles.push_back("DrmFilter did not unload: " + status_word(status));
  }
  check_protected_files();
  const fltsim::fs::LowerCounts counts = volume_->volume().file_system().lower_counts();
  report_.unreadable = counts.unreadable;
  report_.changed_below = counts.changed_below;
  report_.not_shown = counts.symbolic_links + counts.special_files + counts.case_collisions;
  machine_.system().shut_down();
  for (const fltsim::Finding& finding : machine_.verifier().findings())
    report_.findings.push_back(to_string(finding));
  report_.verifier_clean = machine_.verifier().clean();
  if (arguments_.trace_file) note(write_file(*arguments_.trace_file, machine_.trace().to_chrome_json()));
  // Threads of a machine that came to a stop never end, and may still look at the service.
  if (machine_.stopped()) static_cast<void>(service_.release());
}

void Demo::check_protected_files() {
  Progress progress(err_, "checking what was protected");
  const auto show = [&](std::size_t done) { progress.show(done, before_.size()); };
  for (const std::u16string& path : changed_since(*volume_, before_, show))
    report_.changed_files.push_back(printable(path));
}

void Demo::describe_operations() {
  for (std::size_t kind = 0; kind < static_cast<std::size_t>(Operation::kCount); ++kind) {
    const auto operation = static_cast<Operation>(kind);
    std::map<std::string, std::uint64_t> results;
    for (const auto& [status, count] : tally_.results(operation)) results[status_word(status)] += count;
    report_.operations.emplace_back(operation_word(operation), std::move(results));
  }
  report_.operation_count = tally_.total();
  if (service_ == nullptr) return;
  const Witness& witness = service_->witness();
  const std::vector<std::uint64_t> blocked = witness.blocked();
  for (std::size_t index = 0; index < witness.policies().size(); ++index)
    report_.blocked_by_policy.emplace_back(printable(witness.policies()[index]), blocked[index]);
  if (blocked.back() != 0) report_.blocked_by_policy.emplace_back("none of these", blocked.back());
  const std::array<std::uint64_t, 3> parts{500, 990, 999};
  for (std::size_t index = 0; index < parts.size(); ++index) {
    report_.latency_us[index] = static_cast<double>(witness.latency().percentile(parts[index])) /
                                static_cast<double>(kTicksPerMicrosecond);
  }
}

void Demo::run(const std::string& state) {
  if (const Trouble trouble = prepare(state)) {
    report_.troubles.push_back(*trouble);
    // Where there was no driver, nothing was produced.
    report_.books_balance = !driver_;
  } else {
    fltlink::OsHost clock;  // what the run takes here; the machine may live in virtual time
    const fltlink::Ticks start = clock.now();
    work();
    settle();
    report_.elapsed_s =
        static_cast<double>(clock.now() - start) / static_cast<double>(fltlink::kTicksPerSecond);
  }
  describe_operations();
  finish();
}

// What is shown, and where its files come from.
struct Place {
  std::optional<TemporaryDirectory> samples;  // set when the user named no directory
  std::string directory;
  std::string description;
};

std::variant<Place, std::string> choose_place(const DemoArguments& arguments) {
  if (arguments.directory) return Place{std::nullopt, *arguments.directory, *arguments.directory};
  auto made = TemporaryDirectory::make();
  if (const auto* trouble = std::get_if<std::string>(&made)) return *trouble;
  Place place{std::move(std::get<TemporaryDirectory>(made)), {}, {}};
  place.directory = place.samples->path();
  const auto copied = copy_samples(place.directory);
  if (const auto* trouble = std::get_if<std::string>(&copied)) return *trouble;
  place.description = "a temporary directory with real files of this machine";
  return place;
}

// Why `directory` cannot be shown; nothing when it can.
Trouble why_not_shown(const std::string& directory) {
  struct stat entry {};
  if (::stat(directory.c_str(), &entry) != 0) return directory + ": " + std::strerror(errno);
  if (!S_ISDIR(entry.st_mode)) return directory + " is no directory";
  return std::nullopt;
}

// A trace in the directory that stays as it is would change it.
Trouble why_not_traced(const DemoArguments& arguments) {
  if (!arguments.trace_file || !arguments.directory) return std::nullopt;
  const auto folder = std::filesystem::absolute(*arguments.trace_file).parent_path();
  std::error_code error;
  const auto inside = std::filesystem::relative(folder, *arguments.directory, error);
  if (error || *inside.begin() == "..") return std::nullopt;
  return *arguments.trace_file + " lies inside " + *arguments.directory + ", which the demo never changes";
}

int refuse(std::FILE* err, const std::string& text, int exit_code) {
  std::fprintf(err, "fltlink: %s\n", text.c_str());
  return exit_code;
}

int print(const Report& report, bool json, std::FILE* out, std::FILE* err) {
  for (const std::string& trouble : report.troubles) std::fprintf(err, "fltlink: %s\n", trouble.c_str());
  if (report.unreadable != 0)
    std::fprintf(err, "fltlink: files and directories that this user may not read: %llu\n",
                 static_cast<unsigned long long>(report.unreadable));
  if (report.changed_below != 0)
    std::fprintf(err, "fltlink: reads refused because somebody changed the directory meanwhile: %llu\n",
                 static_cast<unsigned long long>(report.changed_below));
  if (report.interrupted)
    std::fputs("fltlink: interrupted; the service was disconnected and the driver unloaded\n", err);
  const std::string text = json ? to_json(report) : to_table(report);
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
  if (!written)
    return refuse(err, std::string("the output cannot be written: ") + std::strerror(errno), kExitCannotRun);
  return exit_code_of(report);
}

}  // namespace

int run_demo(const DemoArguments& arguments, std::FILE* out, std::FILE* err) {
  if (arguments.directory) {
    if (const Trouble trouble = why_not_shown(*arguments.directory)) return refuse(err, *trouble, kExitUsage);
  }
  if (const Trouble trouble = why_not_traced(arguments)) return refuse(err, *trouble, kExitUsage);
  auto chosen = choose_place(arguments);
  if (const auto* trouble = std::get_if<std::string>(&chosen)) return refuse(err, *trouble, kExitCannotRun);
  const Place& place = std::get<Place>(chosen);
  const auto state = TemporaryDirectory::make(place.samples ? std::string() : place.directory);
  if (const auto* trouble = std::get_if<std::string>(&state)) return refuse(err, *trouble, kExitCannotRun);

  Demo demo(arguments, place.description, err);
  if (const Trouble trouble = demo.mount(place.directory)) return refuse(err, *trouble, kExitUsage);
  demo.run(std::get<TemporaryDirectory>(state).path());
  return print(demo.report(), arguments.json, out, err);
}

}  // namespace fltlink::cli
