// EventLog: what the service tells its operator, one JSON object a line. The ids are those of a Windows event
// log source; 1001 and 2001 are the protocol's own.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <spdlog/logger.h>

#include <fltlink/base/host.hpp>
#include <fltlink/service/handlers.hpp>

#include "service/settings.hpp"

namespace drmservice {

// 1xxx information, 2xxx warning, 3xxx error.
enum class EventId : int {
  kStarted = 1000,
  kFileEvent = 1001,
  kConnected = 1002,
  kStopped = 1003,
  kPolicyApplied = 1004,
  kPolicyRemoved = 1005,
  kAllowed = 1006,
  kReceivesRecovered = 1007,
  kWorkersRecovered = 1008,
  kTurningAwayEnded = 1009,
  kBlocked = 2001,
  kConnectFailed = 2002,
  kConnectionLost = 2003,
  kMalformedMessage = 2004,
  kUnknownMessage = 2005,
  kSlowHandler = 2006,
  kNegotiationFailed = 2007,
  kDenied = 2008,
  kNoRoomForVerdict = 2009,
  kReplyDueSoon = 2010,
  kReplyTimedOut = 2011,
  kHandlerLate = 2012,
  kReceivesExhausted = 2013,
  kWorkersExhausted = 2014,
  kTurningAway = 2015,
  kAuthenticationFailed = 2016,
  kPolicyRefused = 3001,
  kPoliciesUnreadable = 3002,
  kConfigRefused = 3003,
};

// One sentence for the operator.
struct LogError {
  std::string text;
};

// Any thread; lines do not mix. Times are taken from the caller, never from the system's clock.
class EventLog final {
 public:
  // Appends to the file at `path`.
  [[nodiscard]] static std::variant<EventLog, LogError> open(const std::string& path, LogLevel level);

  // Writes to any logger; its pattern is set to the bare line.
  EventLog(std::shared_ptr<spdlog::logger> logger, LogLevel level);

  // File events are information, block notices warnings. The path is in the line as text; a lone surrogate in
  // it is shown as U+FFFD.
  void file_event(const fltlink::DriverMessage& event);
  void block(const fltlink::DriverMessage& notice);

  // What the service said to a question. An allowance is information, a denial a warning.
  void verdict(const fltlink::DriverMessage& question, fltlink::Verdict verdict);

  // What the receive loop has to tell, with the kind of message that it is about as the subject.
  void trouble(const fltlink::TroubleReport& report, fltlink::Ticks time);

  // Anything else: what happened, to what, and a code where there is one. `subject` is UTF-8.
  void write(EventId id, fltlink::Ticks time, std::string_view subject = {}, uint32_t code = 0);

  void flush() { logger_->flush(); }

  // What kept a line from being written first, if anything did: a full disk, for instance.
  [[nodiscard]] std::optional<LogError> first_error() const;

 private:
  struct Failures {
    std::mutex mutex;
    std::string first;  // under mutex
  };

  std::shared_ptr<Failures> failures_ = std::make_shared<Failures>();
  std::shared_ptr<spdlog::logger> logger_;
};

// A point in time as 2025-01-31T12:00:00.0000000Z; one beyond the year 9999, which only a broken sender
// sends, as its bare number.
[[nodiscard]] std::string iso_time(fltlink::Ticks time);

}  // namespace drmservice
