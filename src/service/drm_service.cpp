#include "service/drm_service.hpp"

#include <algorithm>
#include <utility>

#include "service/text.hpp"

namespace drmservice {

using fltlink::ConnectionUse;
using fltlink::RequestOutcome;
using fltlink::RequestResult;

namespace {

// Room for a hundred plain messages, and for one of any size.
constexpr uint32_t kBatchSize = 128 * 1024;
static_assert(kBatchSize >= FLTLINK_RECORD_SIZE_MAX);

fltlink::LoopOptions subscriber_loop_options(const Settings& settings,
                                             const fltlink::Authenticator* authenticator) {
  fltlink::LoopOptions options;
  options.authenticator = authenticator;
  options.workers = settings.workers;
  options.receives = settings.receives;
  options.context->message_size_max = FLTLINK_MESSAGE_SIZE_MAX;  // the longest path comes whole (W-6)
  options.context->batch_size_max = kBatchSize;                  // without a delay
  options.buffer_size_max = FLTLINK_MESSAGE_HEADER_SIZE + kBatchSize;
  return options;
}

// The driver's levels: 1 errors, 2 clients and policies too, 3 each decision too.
uint32_t driver_log_level(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
    case LogLevel::kWarning:
      return 1;
    case LogLevel::kInfo:
      return 2;
    case LogLevel::kDebug:
      break;
  }
  return 3;
}

// The driver answered, if only with a no: the connection is as good as before.
bool was_answered(const RequestResult& result) {
  return result.outcome == RequestOutcome::kDone || result.outcome == RequestOutcome::kRefused ||
         result.outcome == RequestOutcome::kNotSendable;
}

}  // namespace

DrmService::DrmService(fltlink::Host& host, fltlink::Port& port, PolicyStore& policies, EventLog& log,
                       const Settings& settings, Observer* observer,
                       const fltlink::Authenticator* authenticator)
    : host_(host),
      policies_(policies),
      log_(log),
      observer_(observer),
      driver_(port),
      config_{.enable_monitoring = settings.monitoring,
              .enable_blocking = settings.blocking,
              .log_level = driver_log_level(settings.log_level)},
      loop_(host, port, *this, subscriber_loop_options(settings, authenticator)) {}

fltlink::StartOutcome DrmService::start() {
  const fltlink::StartOutcome outcome = loop_.start();
  running_ = outcome == fltlink::StartOutcome::kStarted;
  if (running_) log_.write(EventId::kStarted, host_.now());
  return outcome;
}

void DrmService::stop() {
  loop_.stop();
  if (std::exchange(running_, false)) log_.write(EventId::kStopped, host_.now());
  log_.flush();
}

StoreResult<Done> DrmService::add_policy(std::u16string_view path, uint32_t flags) {
  auto result = policies_.add(path, flags);
  if (std::holds_alternative<Done>(result)) announce_change();
  return result;
}

StoreResult<Done> DrmService::remove_policy(std::u16string_view path) {
  auto result = policies_.remove(path);
  if (std::holds_alternative<Done>(result)) announce_change();
  return result;
}

void DrmService::configure(bool monitoring, bool blocking) {
  {
    const std::lock_guard lock(mutex_);
    config_.enable_monitoring = monitoring;
    config_.enable_blocking = blocking;
    ++config_number_;
  }
  announce_change();
}

void DrmService::announce_change() {
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
  }
  loop_.request_attention();
}

bool DrmService::wait_until_applied(fltlink::Ticks deadline) {
  const auto waiter = std::make_shared<Waiter>();
  uint64_t wanted = 0;
  {
    const std::lock_guard lock(mutex_);
    wanted = changes_;
    if (applied_ >= wanted) return true;
    waiters_.push_back(waiter);
  }
  bool applied = false;
  bool in_time = true;
  while (!applied && in_time) {
    in_time = host_.park(waiter->spot, deadline) == fltlink::ParkOutcome::kWoken;
    const std::lock_guard lock(mutex_);
    applied = applied_ >= wanted;
    if (applied || !in_time) std::erase(waiters_, waiter);
  }
  return applied;
}

void DrmService::announce_applied(uint64_t change) {
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    applied_ = change;
    waiters = waiters_;
  }
  for (const auto& waiter : waiters) host_.wake(waiter->spot);
}

// --- the loop's handlers ---

void DrmService::on_file_event(const fltlink::DriverMessage& event, fltlink::ReplyToken*) {
  if (observer_ != nullptr) observer_->on_file_event(event);
  log_.file_event(event);
}

void DrmService::on_block(const fltlink::DriverMessage& notice, fltlink::ReplyToken*) {
  if (observer_ != nullptr) observer_->on_block(notice);
  log_.block(notice);
}

// A new connection may lead to a driver that was restarted and knows nothing: tell it everything.
ConnectionUse DrmService::on_connected(fltlink::DriverClient& driver, const fltlink::ConnectionTerms&) {
  log_.write(EventId::kConnected, host_.now());
  told_versions_.clear();
  told_config_ = 0;
  return apply_changes(driver);
}

ConnectionUse DrmService::on_attention(fltlink::DriverClient& driver) { return apply_changes(driver); }

void DrmService::on_trouble(const fltlink::TroubleReport& report) { log_.trouble(report, host_.now()); }

ConnectionUse DrmService::apply_changes(fltlink::DriverClient& driver) {
  uint64_t change = 0;
  {
    const std::lock_guard lock(mutex_);
    change = changes_;
  }
  if (apply_config(driver) == ConnectionUse::kReconnect) return ConnectionUse::kReconnect;
  const ConnectionUse use = apply_policies(driver);
  if (use != ConnectionUse::kKeep) return use;
  announce_applied(change);
  return ConnectionUse::kKeep;
}

ConnectionUse DrmService::apply_config(fltlink::DriverClient& driver) {
  fltlink::ConfigChange config;
  uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    config = config_;
    number = config_number_;
  }
  if (number == told_config_) return ConnectionUse::kKeep;
  const RequestResult result = driver.set_config(config);
  if (result.outcome != RequestOutcome::kDone)
    log_.write(EventId::kConfigRefused, host_.now(), {}, result.code);
  told_config_ = number;
  return was_answered(result) ? ConnectionUse::kKeep : ConnectionUse::kReconnect;
}

// A store that cannot be read now, because somebody else is writing to it, is no fault of the connection's.
ConnectionUse DrmService::apply_policies(fltlink::DriverClient& driver) {
  const auto listed = policies_.list_to_apply();
  if (const StoreError* error = std::get_if<StoreError>(&listed)) {
    log_.write(EventId::kPoliciesUnreadable, host_.now(), error->text);
    return ConnectionUse::kTryAgain;
  }
  // Removals first: to the driver, two spellings that are two rows here can be one policy, and the removal of
  // one takes the other away. So behind a removal everything that stays is told again.
  for (const bool removals : {true, false}) {
    for (const Policy& policy : std::get<std::vector<Policy>>(listed)) {
      if ((policy.flags == 0) != removals) continue;
      if (apply_policy(driver, policy) == ConnectionUse::kReconnect) return ConnectionUse::kReconnect;
    }
  }
  return ConnectionUse::kKeep;
}

ConnectionUse DrmService::apply_policy(fltlink::DriverClient& driver, const Policy& policy) {
  const auto told = told_versions_.find(policy.path);
  if (told != told_versions_.end() && told->second == policy.version) return ConnectionUse::kKeep;
  const fltlink::Text path = as_text(policy.path);
  const bool removed = policy.flags == 0;
  const RequestResult result =
      removed ? driver.remove_policy(path, policy.version)
              : driver.set_policy({.version = policy.version, .flags = policy.flags, .path = path});
  if (!was_answered(result)) return ConnectionUse::kReconnect;
  told_versions_[policy.path] = policy.version;
  if (result.outcome != RequestOutcome::kDone) {
    log_.write(EventId::kPolicyRefused, host_.now(), printable(path), result.code);
  } else {
    log_.write(removed ? EventId::kPolicyRemoved : EventId::kPolicyApplied, host_.now(), printable(path));
  }
  if (removed && result.outcome == RequestOutcome::kDone) forget(policy);
  return ConnectionUse::kKeep;
}

// The row goes, and with it its version: a policy for the same path starts again at 1. What cannot be forgotten
// now is removed again with the next change or connection, which does no harm.
void DrmService::forget(const Policy& policy) {
  told_versions_.clear();
  const auto forgotten = policies_.forget_removed(policy.path, policy.version);
  if (const StoreError* error = std::get_if<StoreError>(&forgotten)) {
    log_.write(EventId::kPoliciesUnreadable, host_.now(), error->text);
  }
}

}  // namespace drmservice
