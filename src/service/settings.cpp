#include "service/settings.hpp"

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include <fltlink/wire/limits.h>

#include "service/text.hpp"

namespace drmservice {

namespace {

using nlohmann::json;

constexpr uint32_t kWorkersMax = 64;
constexpr uint32_t kReceivesMax = 1024;

// Each reader says what is wrong with a value, or nothing.
using Complaint = std::optional<std::string>;
using Reader = std::function<Complaint(const json& value, Settings& settings)>;

Reader flag(bool Settings::*field) {
  return [field](const json& value, Settings& settings) -> Complaint {
    if (!value.is_boolean()) return "must be true or false";
    settings.*field = value.get<bool>();
    return std::nullopt;
  };
}

Reader count(uint32_t Settings::*field, uint32_t max) {
  return [field, max](const json& value, Settings& settings) -> Complaint {
    const bool good =
        value.is_number_unsigned() && value.get<uint64_t>() >= 1 && value.get<uint64_t>() <= max;
    if (!good) return "must be a whole number from 1 to " + std::to_string(max);
    settings.*field = value.get<uint32_t>();
    return std::nullopt;
  };
}

Reader path(std::string Settings::*field) {
  return [field](const json& value, Settings& settings) -> Complaint {
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) return "must be a path";
    settings.*field = value.get<std::string>();
    return std::nullopt;
  };
}

Complaint read_log_level(const json& value, Settings& settings) {
  static constexpr std::pair<const char*, LogLevel> kLevels[] = {{"error", LogLevel::kError},
                                                                 {"warning", LogLevel::kWarning},
                                                                 {"info", LogLevel::kInfo},
                                                                 {"debug", LogLevel::kDebug}};
  for (const auto& [name, level] : kLevels) {
    if (value != name) continue;
    settings.log_level = level;
    return std::nullopt;
  }
  return "must be \"error\", \"warning\", \"info\" or \"debug\"";
}

// An array of texts, each of which `take` accepts or not.
template <typename Take>
Complaint read_texts(const json& value, const char* complaint, const Take& take) {
  if (!value.is_array()) return complaint;
  for (const json& text : value) {
    if (!text.is_string() || !take(text.get_ref<const std::string&>())) return complaint;
  }
  return std::nullopt;
}

Complaint read_allowed(const json& value, Settings& settings) {
  settings.allowed.clear();
  return read_texts(value, "must be a list of path patterns of 1 to 259 units", [&](const std::string& text) {
    const auto pattern = utf16_from_utf8(text);
    if (!pattern || pattern->empty() || pattern->size() > FLTLINK_PATH_FIELD_TEXT_UNITS_MAX) return false;
    settings.allowed.push_back(*pattern);
    return true;
  });
}

Complaint read_fail_open(const json& value, Settings& settings) {
  using fltlink::FailPolicy;
  static constexpr std::pair<const char*, fltlink::FailAction FailPolicy::*> kCauses[] = {
      {"timeout", &FailPolicy::timeout},
      {"disconnect", &FailPolicy::disconnect},
      {"overload", &FailPolicy::overload},
      {"protocol_error", &FailPolicy::protocol_error}};
  settings.fail_policy = FailPolicy{};
  return read_texts(value, R"(must be a list of "timeout", "disconnect", "overload", "protocol_error")",
                    [&](const std::string& text) {
                      for (const auto& [name, cause] : kCauses) {
                        if (text != name) continue;
                        settings.fail_policy.*cause = fltlink::FailAction::kAllow;
                        return true;
                      }
                      return false;
                    });
}

std::map<std::string, Reader, std::less<>> readers() {
  return {{"monitoring", flag(&Settings::monitoring)},
          {"blocking", flag(&Settings::blocking)},
          {"log_level", read_log_level},
          {"workers", count(&Settings::workers, kWorkersMax)},
          {"receives", count(&Settings::receives, kReceivesMax)},
          {"allowed", read_allowed},
          {"fail_open", read_fail_open},
          {"key_file", path(&Settings::key_file)},
          {"database", path(&Settings::database)},
          {"log_file", path(&Settings::log_file)}};
}

}  // namespace

std::variant<Settings, SettingsError> parse_settings(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return SettingsError{"The settings are not valid JSON."};
  if (!document.is_object()) return SettingsError{"The settings must be one JSON object."};
  Settings settings;
  const auto known = readers();
  for (const auto& [key, value] : document.items()) {
    const auto reader = known.find(key);
    if (reader == known.end()) return SettingsError{"There is no setting \"" + key + "\"."};
    if (const Complaint complaint = reader->second(value, settings)) {
      return SettingsError{"The setting \"" + key + "\" " + *complaint + "."};
    }
  }
  return settings;
}

std::variant<Settings, SettingsError> load_settings(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return SettingsError{"The settings file " + path + " cannot be opened."};
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return SettingsError{"The settings file " + path + " cannot be read."};
  return parse_settings(text);
}

}  // namespace drmservice
