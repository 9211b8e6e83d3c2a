#include "service/program.hpp"

#include <utility>

namespace drmservice {

std::variant<std::unique_ptr<Program>, ProgramError> Program::open(const Settings& settings) {
  auto policies = PolicyStore::open(settings.database);
  if (const auto* error = std::get_if<StoreError>(&policies)) return ProgramError{error->text};
  auto log = EventLog::open(settings.log_file, settings.log_level);
  if (const auto* error = std::get_if<LogError>(&log)) return ProgramError{error->text};
  std::unique_ptr<ServiceKey> key;
  if (!settings.key_file.empty()) {
    auto loaded = ServiceKey::load(settings.key_file);
    if (const auto* error = std::get_if<KeyError>(&loaded)) return ProgramError{error->text};
    key = std::move(std::get<0>(loaded));
  }
  return std::unique_ptr<Program>(new Program(settings, std::move(std::get<0>(policies)),
                                              std::move(std::get<EventLog>(log)), std::move(key)));
}

Program::Program(const Settings& settings, std::unique_ptr<PolicyStore> policies, EventLog log,
                 std::unique_ptr<ServiceKey> key)
    : settings_(settings), policies_(std::move(policies)), log_(std::move(log)), key_(std::move(key)) {}

fltlink::StartOutcome Program::start(fltlink::Host& host, fltlink::Port& port, Observer* observer,
                                     fltlink::Port* questions, uint32_t process_id) {
  FLTLINK_ASSERT(!service_.has_value());
  FLTLINK_ASSERT(questions != nullptr || settings_.allowed.empty());
  FLTLINK_ASSERT(key_ == nullptr || process_id != 0);
  if (key_ != nullptr) key_->set_process_id(process_id);
  service_.emplace(host, port, *policies_, log_, settings_, observer, key_.get());
  if (questions != nullptr) {
    authorizer_.emplace(host, *questions, log_, settings_, key_.get());
    const auto outcome = authorizer_->start();
    if (outcome != fltlink::StartOutcome::kStarted) return outcome;
  }
  const auto outcome = service_->start();
  if (outcome != fltlink::StartOutcome::kStarted && authorizer_.has_value()) authorizer_->stop();
  return outcome;
}

// The authorizer last: what the service still does may be asked about.
std::optional<ProgramError> Program::stop() {
  if (service_.has_value()) service_->stop();
  if (authorizer_.has_value()) authorizer_->stop();
  const auto error = log_.first_error();
  if (!error.has_value()) return std::nullopt;
  return ProgramError{error->text};
}

DrmService& Program::service() {
  FLTLINK_ASSERT(service_.has_value());
  return *service_;
}

const Authorizer& Program::authorizer() const {
  FLTLINK_ASSERT(authorizer_.has_value());
  return *authorizer_;
}

}  // namespace drmservice
