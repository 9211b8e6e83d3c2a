// Settings: the service's settings file, JSON. Every key has a default; a key that is not listed here is
// refused, so a misspelt one does not go unnoticed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fltlink/service/fail_policy.hpp>

namespace drmservice {

// Of the service's log; the driver's follows it.
enum class LogLevel : uint32_t {
  kError = 1,
  kWarning = 2,
  kInfo = 3,
  kDebug = 4,
};

struct Settings {
  bool monitoring = true;                // "monitoring": the driver reports file operations
  bool blocking = true;                  // "blocking": the driver enforces policies
  LogLevel log_level = LogLevel::kInfo;  // "log_level": "error", "warning", "info" or "debug"
  uint32_t workers = 4;                  // "workers": threads that handle messages, 1 to 64
  uint32_t receives = 16;                // "receives": outstanding receives, 1 to 1024
  // "allowed": patterns of the paths where what a policy with ASK forbids is allowed on request. Any makes
  // the service an authorizer too.
  std::vector<std::u16string> allowed;
  // "fail_open": the causes in which a question that is not answered is allowed, out of "timeout",
  // "disconnect", "overload" and "protocol_error".
  fltlink::FailPolicy fail_policy;
  // "key_file": path of the file with the key that the service shares with the driver, which only the service's user
  // may use. Empty: the driver has no key.
  std::string key_file;
  std::string database = "policies.db";     // "database": path of the policy database
  std::string log_file = "drmservice.log";  // "log_file": path of the event log
};

// One sentence for the person who wrote the file.
struct SettingsError {
  std::string text;
};

[[nodiscard]] std::variant<Settings, SettingsError> parse_settings(std::string_view json);

[[nodiscard]] std::variant<Settings, SettingsError> load_settings(const std::string& path);

}  // namespace drmservice
