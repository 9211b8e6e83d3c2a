#include "service/event_log.hpp"

#include <chrono>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "service/text.hpp"

namespace drmservice {

namespace {

using nlohmann::ordered_json;

constexpr char kLoggerName[] = "drmservice";

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kDebug:
      break;
  }
  return spdlog::level::debug;
}

spdlog::level::level_enum level_of(EventId id) {
  constexpr int kFirstWarning = 2000;
  constexpr int kFirstError = 3000;
  const int number = static_cast<int>(id);
  if (number >= kFirstError) return spdlog::level::err;
  return number >= kFirstWarning ? spdlog::level::warn : spdlog::level::info;
}

const char* name_of(EventId id) {
  switch (id) {
    case EventId::kStarted:
      return "service started";
    case EventId::kFileEvent:
      return "file event";
    case EventId::kConnected:
      return "driver connected";
    case EventId::kStopped:
      return "service stopped";
    case EventId::kPolicyApplied:
      return "policy applied";
    case EventId::kPolicyRemoved:
      return "policy removed";
    case EventId::kAllowed:
      return "allowed on request";
    case EventId::kReceivesRecovered:
      return "receives are outstanding again; they were short for (ms)";
    case EventId::kWorkersRecovered:
      return "no message waits for a worker any more; some did for (ms)";
    case EventId::kTurningAwayEnded:
      return "no question is turned away any more; some were for (ms)";
    case EventId::kBlocked:
      return "blocked";
    case EventId::kConnectFailed:
      return "cannot connect to the driver";
    case EventId::kConnectionLost:
      return "connection to the driver lost";
    case EventId::kMalformedMessage:
      return "malformed message";
    case EventId::kUnknownMessage:
      return "message of unknown type";
    case EventId::kSlowHandler:
      return "a message took long to handle (ms)";
    case EventId::kNegotiationFailed:
      return "the driver did not agree on terms";
    case EventId::kDenied:
      return "denied on request";
    case EventId::kNoRoomForVerdict:
      return "a question came without room for a verdict (bytes)";
    case EventId::kReplyDueSoon:
      return "an answer is due soon and still missing (ms)";
    case EventId::kReplyTimedOut:
      return "no answer in time: the fail policy answered (ms)";
    case EventId::kHandlerLate:
      return "a handler returned behind the fail policy's answer (ms)";
    case EventId::kReceivesExhausted:
      return "all receives are taken: the driver's senders wait";
    case EventId::kWorkersExhausted:
      return "all workers are busy: messages wait";
    case EventId::kTurningAway:
      return "too many questions wait: the fail policy answers";
    case EventId::kAuthenticationFailed:
      return "the driver did not take the proof of the key";
    case EventId::kPolicyRefused:
      return "the driver refused a policy";
    case EventId::kPoliciesUnreadable:
      return "the policies cannot be read";
    case EventId::kConfigRefused:
      return "the driver refused its settings";
  }
  return "unnamed";
}

EventId event_of(fltlink::Trouble trouble) {
  using fltlink::Trouble;
  switch (trouble) {
    case Trouble::kConnectFailed:
      return EventId::kConnectFailed;
    case Trouble::kAuthenticationFailed:
      return EventId::kAuthenticationFailed;
    case Trouble::kNegotiationFailed:
      return EventId::kNegotiationFailed;
    case Trouble::kConnectionLost:
      return EventId::kConnectionLost;
    case Trouble::kMalformedMessage:
      return EventId::kMalformedMessage;
    case Trouble::kUnknownType:
      return EventId::kUnknownMessage;
    case Trouble::kNoRoomForVerdict:
      return EventId::kNoRoomForVerdict;
    case Trouble::kReplyDueSoon:
      return EventId::kReplyDueSoon;
    case Trouble::kReplyTimedOut:
      return EventId::kReplyTimedOut;
    case Trouble::kHandlerLate:
      return EventId::kHandlerLate;
    case Trouble::kSlowHandler:
      return EventId::kSlowHandler;
    case Trouble::kReceivesExhausted:
      return EventId::kReceivesExhausted;
    case Trouble::kReceivesRecovered:
      return EventId::kReceivesRecovered;
    case Trouble::kWorkersExhausted:
      return EventId::kWorkersExhausted;
    case Trouble::kWorkersRecovered:
      return EventId::kWorkersRecovered;
    case Trouble::kTurningAway:
      return EventId::kTurningAway;
    case Trouble::kTurningAwayEnded:
      break;
  }
  return EventId::kTurningAwayEnded;
}

// Nothing for a type that the loop does not know.
std::string_view kind_of(MESSAGE_TYPE type) {
  switch (type) {
    case MSG_TYPE_FILE_EVENT:
      return "file event";
    case MSG_TYPE_BLOCK_NOTIFICATION:
      return "block notice";
    case FLTLINK_MSG_TYPE_AUTHORIZE:
      return "question";
    default:
      return {};
  }
}

ordered_json line_for(EventId id, fltlink::Ticks time) {
  return {{"time", iso_time(time)}, {"id", static_cast<int>(id)}, {"event", name_of(id)}};
}

ordered_json line_for(EventId id, const fltlink::DriverMessage& message) {
  ordered_json line = line_for(id, static_cast<fltlink::Ticks>(message.timestamp));
  line["path"] = printable(message.path);
  if (message.path_cut) line["path_cut"] = true;
  line["pid"] = message.process_id;
  line["tid"] = message.thread_id;
  line["operation"] = message.operation;
  line["status"] = fmt::format("0x{:08X}", static_cast<uint32_t>(message.result_status));
  return line;
}

}  // namespace

std::string iso_time(fltlink::Ticks time) {
  using Tick = std::chrono::duration<int64_t, std::ratio<1, fltlink::kTicksPerSecond>>;
  constexpr auto kEpoch = std::chrono::sys_days{std::chrono::year{1601} / 1 / 1};
  constexpr auto kEnd = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};
  if (time >= static_cast<uint64_t>(Tick{kEnd - kEpoch}.count())) return fmt::format("{}", time);
  const Tick ticks{static_cast<int64_t>(time)};
  const auto days = std::chrono::floor<std::chrono::days>(ticks);
  const std::chrono::year_month_day date{kEpoch + days};
  const std::chrono::hh_mm_ss clock{ticks - days};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::variant<EventLog, LogError> EventLog::open(const std::string& path, LogLevel level) {
  // The one place where spdlog throws: what it cannot open.
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    return EventLog(std::make_shared<spdlog::logger>(kLoggerName, std::move(sink)), level);
  } catch (const spdlog::spdlog_ex& error) {
    return LogError{"The log file " + path + " cannot be opened: " + error.what() + "."};
  }
}

EventLog::EventLog(std::shared_ptr<spdlog::logger> logger, LogLevel level) : logger_(std::move(logger)) {
  logger_->set_pattern("%v", spdlog::pattern_time_type::utc);
  logger_->set_level(level_of(level));
  logger_->flush_on(spdlog::level::warn);
  logger_->set_error_handler([failures = failures_](const std::string& text) {
    const std::lock_guard lock(failures->mutex);
    if (failures->first.empty()) failures->first = text;
  });
}

std::optional<LogError> EventLog::first_error() const {
  const std::lock_guard lock(failures_->mutex);
  if (failures_->first.empty()) return std::nullopt;
  return LogError{"The event log is incomplete: " + failures_->first + "."};
}

void EventLog::file_event(const fltlink::DriverMessage& event) {
  if (!logger_->should_log(level_of(EventId::kFileEvent))) return;
  logger_->log(level_of(EventId::kFileEvent), line_for(EventId::kFileEvent, event).dump());
}

void EventLog::block(const fltlink::DriverMessage& notice) {
  if (!logger_->should_log(level_of(EventId::kBlocked))) return;
  ordered_json line = line_for(EventId::kBlocked, notice);
  line["reason"] = printable(notice.reason);
  logger_->log(level_of(EventId::kBlocked), line.dump());
}

void EventLog::verdict(const fltlink::DriverMessage& question, fltlink::Verdict verdict) {
  const EventId id = verdict == fltlink::Verdict::kAllow ? EventId::kAllowed : EventId::kDenied;
  if (!logger_->should_log(level_of(id))) return;
  ordered_json line = line_for(id, question);
  line["reason"] = printable(question.reason);
  logger_->log(level_of(id), line.dump());
}

void EventLog::trouble(const fltlink::TroubleReport& report, fltlink::Ticks time) {
  write(event_of(report.trouble), time, kind_of(report.type), report.code);
}

void EventLog::write(EventId id, fltlink::Ticks time, std::string_view subject, uint32_t code) {
  if (!logger_->should_log(level_of(id))) return;
  ordered_json line = line_for(id, time);
  if (!subject.empty()) line["subject"] = subject;
  if (code != 0) line["code"] = fmt::format("0x{:08X}", code);
  logger_->log(level_of(id), line.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

}  // namespace drmservice
