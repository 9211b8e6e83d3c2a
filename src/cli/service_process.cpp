#include "cli/service_process.hpp"

#include "cli/protection.hpp"
#include "cli/text.hpp"

namespace fltlink::cli {

namespace {

constexpr Ticks kPatience = 30 * kTicksPerSecond;
constexpr fltsim::Duration kSettleStep = std::chrono::milliseconds(50);
constexpr int kSettleSteps = 600;

std::u16string to_string(Text text) {
  std::u16string units(text.size(), u'\0');
  copy_bytes(units.data(), text.bytes().data(), text.bytes().size());
  return units;
}

}  // namespace

// --- Witness ---

void Witness::add_latency(const DriverMessage& message) {
  const Ticks now = host_.now();
  const auto sent = static_cast<Ticks>(message.timestamp);
  latency_.add(now > sent ? now - sent : 0);
}

void Witness::on_block(const DriverMessage& notice) {
  add_latency(notice);
  const std::size_t policy = policy_for(to_string(notice.path), policies_).value_or(policies_.size());
  const std::lock_guard lock(mutex_);
  ++blocked_[policy];
}

std::vector<std::uint64_t> Witness::blocked() const {
  const std::lock_guard lock(mutex_);
  return blocked_;
}

// --- Books ---

MessageCounters Books::events() const {
  MessageCounters sum = driver.file_events;
  add(sum, driver.block_notices);
  return sum;
}

bool Books::balance() const {
  const MessageCounters all = events();
  return driver.file_events.balanced() && driver.block_notices.balanced() && all.pending == 0 &&
         all.delivered == received && received == handled &&
         driver.block_notices.produced == blocked_operations;
}

// --- ServiceProcess ---

ServiceProcess::ServiceProcess(fltsim::Machine& machine)
    : machine_(machine),
      process_(
          machine.start_process({.image = std::u16string(kServiceImage), .user = fltsim::User::kSystem})),
      host_(fltsim::make_process_host(process_)) {}

std::variant<std::unique_ptr<ServiceProcess>, std::string> ServiceProcess::create(
    fltsim::Machine& machine, const std::string& directory) {
  std::unique_ptr<ServiceProcess> service(new ServiceProcess(machine));
  if (auto trouble = service->open_files(directory)) return *trouble;
  return service;
}

std::optional<std::string> ServiceProcess::open_files(const std::string& directory) {
  drmservice::Settings settings;
  settings.database = directory + "/policies.db";
  settings.log_file = directory + "/drmservice.log";
  // Block notices and troubles, not every event: the log of a big directory would be larger than the directory.
  settings.log_level = drmservice::LogLevel::kWarning;
  auto opened = drmservice::Program::open(settings);
  if (const auto* error = std::get_if<drmservice::ProgramError>(&opened)) return error->text;
  program_ = std::move(std::get<std::unique_ptr<drmservice::Program>>(opened));
  const auto listed = program_->policies().list();
  if (const auto* error = std::get_if<drmservice::StoreError>(&listed)) return error->text;
  std::vector<std::u16string> policies;
  for (const auto& policy : std::get<std::vector<drmservice::Policy>>(listed))
    policies.push_back(policy.path);
  witness_.emplace(*host_, std::move(policies));
  return std::nullopt;
}

bool ServiceProcess::start_inside() {
  port_ = FilterPort::open(*host_, u"\\DrmFilterPort");
  if (port_ == nullptr) return false;
  return program_->start(*host_, *port_, &*witness_) == StartOutcome::kStarted &&
         program_->service().wait_until_applied(host_->now() + kPatience) && all_policies_are_active();
}

// The driver's word for it: a policy that it refused is no trouble to the service, but would be to the demo.
bool ServiceProcess::all_policies_are_active() {
  const auto status = program_->service().driver_status();
  return status.result.outcome == RequestOutcome::kDone &&
         status.value.active_policies == witness_->policies().size();
}

std::optional<std::string> ServiceProcess::start() {
  bool applied = false;
  if (process_.run([&] { applied = start_inside(); }) == fltsim::Outcome::kDone && applied)
    return std::nullopt;
  return "the service did not get its policies to the driver";
}

bool ServiceProcess::ask(Books& books) {
  bool answered = false;
  const fltsim::Outcome outcome = process_.run([&] {
    const auto counters = program_->service().driver_counters();
    const auto status = program_->service().driver_status();
    answered =
        counters.result.outcome == RequestOutcome::kDone && status.result.outcome == RequestOutcome::kDone;
    books.driver = counters.value;
    books.blocked_operations = static_cast<std::uint64_t>(status.value.blocked_operations);
  });
  const LoopCounters& seen = program_->service().counters();
  books.received = seen[LoopCounter::kReceived];
  books.handled = seen[LoopCounter::kFileEvents] + seen[LoopCounter::kBlockNotices];
  return outcome == fltsim::Outcome::kDone && answered;
}

std::variant<Books, std::string> ServiceProcess::settle_books() {
  Books books;
  for (int step = 0; step < kSettleSteps; ++step) {
    if (machine_.run_to_quiescence() != fltsim::Outcome::kDone) return "the machine did not come to rest";
    if (!ask(books)) return "the driver did not answer the service's questions";
    if (books.events().pending == 0 && books.events().delivered == books.handled) return books;
    if (machine_.advance(kSettleStep) != fltsim::Outcome::kDone) return "the machine came to a stop";
  }
  return books;
}

std::optional<std::string> ServiceProcess::stop() {
  std::optional<drmservice::ProgramError> trouble;
  const fltsim::Outcome outcome = process_.run([&] {
    trouble = program_->stop();
    if (port_ != nullptr) port_->finish();
  });
  if (outcome != fltsim::Outcome::kDone || process_.exit(0) != fltsim::Outcome::kDone) {
    return "the service could not be stopped";
  }
  if (trouble.has_value()) return trouble->text;
  return std::nullopt;
}

}  // namespace fltlink::cli
