// What an .inf file says of a minifilter's service (fltsim/inf.hpp).
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fltmgr/altitude.hpp"
#include "fltsim/inf.hpp"
#include "fs/upcase.hpp"
#include "loader/inf_file.hpp"
#include "loader/inf_service.hpp"
#include "nt/registry.hpp"
#include "nt/text.hpp"

namespace fltsim {
namespace {

using loader::inf_begins_with;
using loader::InfFile;
using loader::InfService;
using loader::parse_inf_number;
using nt::to_utf8;
using Section = InfFile::Section;
using Assignment = InfFile::Assignment;

// Any of the two is thrown away by the other: a step that fails ends the reading.
template <class Value>
using Step = std::variant<Value, InfError>;

constexpr std::u16string_view kInstances = u"Instances";
constexpr std::u16string_view kIsolatedInstances = u"Parameters\\Instances";
constexpr std::u16string_view kServicesKey = u"System\\CurrentControlSet\\Services\\";

std::vector<std::uint8_t> bytes_of(std::u16string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::vector<std::uint8_t> data(bytes, bytes + text.size() * sizeof(char16_t));
  data.insert(data.end(), sizeof(char16_t), 0);
  return data;
}

std::vector<std::uint8_t> bytes_of(std::uint32_t number) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&number);
  return {bytes, bytes + sizeof number};
}

constexpr std::uint32_t type_number(nt::ValueType type) { return static_cast<std::uint32_t>(type); }

class ServiceKey {
 public:
  ServiceKey(const InfFile& file, const InfService& service) : file_(file), service_(service) {}

  Step<DriverOptions> read();

 private:
  // A key that is or lies below Instances, and where it is set first.
  struct Place {
    std::u16string key;
    int line;
    std::u16string section;
  };

  std::optional<InfError> add_registry(const Section& section);
  std::optional<InfError> add_value(const InfFile::Line& line);
  std::optional<std::u16string> key_of(const std::vector<std::u16string>& fields) const;
  void add_own_settings();
  std::optional<InfError> find_instances();
  std::optional<InfError> check_instance(const Place& place, const std::u16string& name) const;
  const Place* place_of(std::u16string_view key) const;
  const ServiceValue* find(std::u16string_view key, std::u16string_view name) const;
  std::u16string text(std::u16string_view key, std::u16string_view name) const;
  void set(std::u16string key, std::u16string name, nt::ValueType type, std::vector<std::uint8_t> data);

  std::string where(const Place& place) const { return file_.at(place.line); }
  static std::string text_of(const Place& place) { return " in [" + to_utf8(place.section) + ']'; }

  const InfFile& file_;
  const InfService& service_;
  DriverOptions options_;
  std::vector<Place> instance_places_;
  const std::u16string* registry_section_ = nullptr;  // the one that is being read
};

Step<DriverOptions> ServiceKey::read() {
  options_.name = service_.name;
  add_own_settings();
  for (const Assignment& added : file_.assignments(*service_.section, u"AddReg")) {
    for (const std::u16string& name : added.fields) {
      if (name.empty()) continue;
      const Section* section = file_.find(name);
      if (section == nullptr) {
        return InfError{file_.at(added.line) + "AddReg names the section [" + to_utf8(name) +
                        "], which is not there"};
      }
      if (auto error = add_registry(*section)) return *error;
    }
  }
  if (auto error = find_instances()) return *error;
  return options_;
}

// What the directives of the service-install section leave in the registry.
void ServiceKey::add_own_settings() {
  constexpr std::pair<std::u16string_view, std::u16string_view> kNumbers[] = {
      {u"ServiceType", u"Type"}, {u"StartType", u"Start"}, {u"ErrorControl", u"ErrorControl"}};
  for (const auto& [directive, name] : kNumbers) {
    for (const Assignment& given : file_.assignments(*service_.section, directive)) {
      if (const auto number = parse_inf_number(given.field(0)))
        set({}, std::u16string(name), nt::ValueType::kDword, bytes_of(*number));
    }
  }
  constexpr std::pair<std::u16string_view, std::u16string_view> kTexts[] = {
      {u"DisplayName", u"DisplayName"}, {u"Description", u"Description"}, {u"LoadOrderGroup", u"Group"}};
  for (const auto& [directive, name] : kTexts) {
    for (const Assignment& given : file_.assignments(*service_.section, directive))
      set({}, std::u16string(name), nt::ValueType::kString, bytes_of(given.field(0)));
  }
  for (const Assignment& given : file_.assignments(*service_.section, u"ServiceBinary")) {
    constexpr std::u16string_view kWindows = u"C:\\Windows\\";
    std::u16string path = given.field(0);
    if (inf_begins_with(path, kWindows)) path.replace(0, kWindows.size(), u"\\SystemRoot\\");
    set({}, u"ImagePath", nt::ValueType::kExpandString, bytes_of(path));
  }
  for (const Assignment& given : file_.assignments(*service_.section, u"Dependencies")) {
    std::vector<std::uint8_t> names;
    for (const std::u16string& name : given.fields) {
      if (name.empty() || name.front() == u'+') continue;  // +: a group
      const auto bytes = bytes_of(name);
      names.insert(names.end(), bytes.begin(), bytes.end());
    }
    names.insert(names.end(), sizeof(char16_t), 0);
    set({}, u"DependOnService", nt::ValueType::kMultiString, names);
  }
}

std::optional<InfError> ServiceKey::add_registry(const Section& section) {
  registry_section_ = &section.name;
  for (const InfFile::Line& line : section.lines) {
    if (auto error = add_value(line)) return error;
  }
  return std::nullopt;
}

// The key below the service's that the line is about; nothing for a line about another key.
std::optional<std::u16string> ServiceKey::key_of(const std::vector<std::u16string>& fields) const {
  std::u16string key = fields.size() > 1 ? fields[1] : std::u16string();
  while (key.ends_with(u'\\')) key.pop_back();
  if (fs::equal_names(fields[0], u"HKR")) return key;
  const std::u16string ours = std::u16string(kServicesKey) + service_.name;
  if (!fs::equal_names(fields[0], u"HKLM") || !inf_begins_with(key, ours)) return std::nullopt;
  key.erase(0, ours.size());
  if (key.empty()) return key;
  if (key.front() != u'\\') return std::nullopt;  // of another service
  return key.substr(1);
}

// root, key, name, flags, value...
std::optional<InfError> ServiceKey::add_value(const InfFile::Line& line) {
  constexpr std::uint32_t kBinaryKind = 1;
  constexpr std::uint32_t kDeletes = 4;
  constexpr std::uint32_t kAppends = 8;
  constexpr std::uint32_t kKeyOnly = 0x10;
  const auto fields = file_.fields(line.text);
  const auto key = key_of(fields);
  if (!key) return std::nullopt;
  const std::u16string name = fields.size() > 2 ? fields[2] : std::u16string();
  std::uint32_t flags = 0;
  if (fields.size() > 3 && !fields[3].empty()) {
    const auto number = parse_inf_number(fields[3]);
    if (!number) {
      return InfError{file_.at(line.number) +
                      "the flags of an AddReg line are no number: " + to_utf8(fields[3])};
    }
    flags = *number;
  }
  for (const std::u16string_view instances : {kInstances, kIsolatedInstances}) {
    if (!inf_begins_with(*key, instances)) continue;
    if (place_of(*key) == nullptr) instance_places_.push_back({*key, line.number, *registry_section_});
  }
  if ((flags & kDeletes) != 0) return std::nullopt;
  if ((flags & kKeyOnly) != 0) {
    options_.values.push_back({.key = *key, .name = {}, .type = 0, .data = {}, .key_only = true});
    return std::nullopt;
  }
  const std::vector<std::u16string> values(fields.begin() + std::min<std::ptrdiff_t>(4, std::ssize(fields)),
                                           fields.end());
  const std::uint32_t type = flags & 0xFFFF0001;
  std::vector<std::uint8_t> data;
  nt::ValueType kind = nt::ValueType::kString;
  if (type == 0x0001'0001 && values.size() <= 1) {
    const auto number = parse_inf_number(values.empty() || values[0].empty() ? u"0" : values[0]);
    if (!number) {
      return InfError{file_.at(line.number) + "the value of " + to_utf8(name) +
                      " is no number of 32 bits: " + to_utf8(values[0])};
    }
    kind = nt::ValueType::kDword;
    data = bytes_of(*number);
  } else if ((type & kBinaryKind) != 0) {
    const std::uint32_t given = flags >> 16;
    kind = static_cast<nt::ValueType>(given == 0   ? type_number(nt::ValueType::kBinary)
                                      : given == 1 ? type_number(nt::ValueType::kDword)
                                      : given == 2 ? type_number(nt::ValueType::kNone)
                                                   : given);
    for (const std::u16string& value : values) {
      if (value.empty()) continue;
      const auto byte = parse_inf_number(inf_begins_with(value, u"0x") ? value : u"0x" + value);
      if (!byte || *byte > 0xFF) {
        return InfError{file_.at(line.number) + "the value of " + to_utf8(name) +
                        " holds what is no byte: " + to_utf8(value)};
      }
      data.push_back(static_cast<std::uint8_t>(*byte));
    }
  } else if (type == 0x0001'0000) {
    kind = nt::ValueType::kMultiString;
    if (const ServiceValue* before = find(*key, name); before != nullptr && (flags & kAppends) != 0)
      data.assign(before->data.begin(), before->data.end() - sizeof(char16_t));
    for (const std::u16string& value : values) {
      const auto bytes = bytes_of(value);
      if (!value.empty()) data.insert(data.end(), bytes.begin(), bytes.end());
    }
    data.insert(data.end(), sizeof(char16_t), 0);
  } else {
    if (type == 0x0002'0000) kind = nt::ValueType::kExpandString;
    data = bytes_of(values.empty() ? std::u16string() : values[0]);
  }
  set(*key, name, kind, std::move(data));
  return std::nullopt;
}

const ServiceValue* ServiceKey::find(std::u16string_view key, std::u16string_view name) const {
  const auto found = std::ranges::find_if(options_.values, [&](const ServiceValue& value) {
    return !value.key_only && fs::equal_names(value.key, key) && fs::equal_names(value.name, name);
  });
  return found == options_.values.end() ? nullptr : &*found;
}

void ServiceKey::set(std::u16string key, std::u16string name, nt::ValueType type,
                     std::vector<std::uint8_t> data) {
  std::erase_if(options_.values, [&](const ServiceValue& value) {
    return !value.key_only && fs::equal_names(value.key, key) && fs::equal_names(value.name, name);
  });
  options_.values.push_back(
      {.key = std::move(key), .name = std::move(name), .type = type_number(type), .data = std::move(data)});
}

std::u16string ServiceKey::text(std::u16string_view key, std::u16string_view name) const {
  const ServiceValue* value = find(key, name);
  if (value == nullptr || value->data.size() < sizeof(char16_t)) return {};
  const auto* units = reinterpret_cast<const char16_t*>(value->data.data());
  return {units, value->data.size() / sizeof(char16_t) - 1};
}

// A minifilter needs instances with altitudes; another driver has none.
std::optional<InfError> ServiceKey::find_instances() {
  if (instance_places_.empty()) {
    const bool filters = inf_begins_with(text({}, u"Group"), u"FSFilter") ||
                         inf_begins_with(text({}, u"Group"), u"Filter") ||
                         inf_begins_with(text({}, u"DependOnService"), u"FltMgr");
    if (!filters) return std::nullopt;
    return InfError{file_.at(service_.section->number) + "no altitude: [" + to_utf8(service_.section->name) +
                    "] installs a minifilter, and no AddReg of it sets Instances\\DefaultInstance and "
                    "Instances\\<name>\\Altitude"};
  }
  const bool isolated = std::ranges::any_of(
      instance_places_, [](const Place& place) { return inf_begins_with(place.key, kIsolatedInstances); });
  const std::u16string base(isolated ? kIsolatedInstances : kInstances);
  options_.instance = text(base, u"DefaultInstance");
  if (options_.instance.empty()) {
    return InfError{where(instance_places_.front()) + "no DefaultInstance below " + to_utf8(base) +
                    text_of(instance_places_.front())};
  }
  const std::u16string default_key = base + u'\\' + options_.instance;
  const Place* default_place = place_of(default_key);
  const Place& named = default_place != nullptr ? *default_place : instance_places_.front();
  if (auto error = check_instance({default_key, named.line, named.section}, options_.instance)) return error;
  for (const Place& place : instance_places_) {
    if (place.key.size() <= base.size() || !inf_begins_with(place.key, base + u'\\')) continue;
    if (auto error = check_instance(place, place.key.substr(base.size() + 1))) return error;
  }
  options_.altitude = text(default_key, u"Altitude");
  if (const ServiceValue* flags = find(default_key, u"Flags"); flags != nullptr && flags->data.size() == 4)
    options_.instance_flags = flags->data[0];
  return std::nullopt;
}

std::optional<InfError> ServiceKey::check_instance(const Place& place, const std::u16string& name) const {
  if (find(place.key, u"Altitude") == nullptr) {
    return InfError{where(place) + "no Altitude for the instance \"" + to_utf8(name) + '"' + text_of(place)};
  }
  const std::u16string altitude = text(place.key, u"Altitude");
  if (fltmgr::Altitude::parse(altitude)) return std::nullopt;
  return InfError{where(place) + "the Altitude of the instance \"" + to_utf8(name) +
                  "\" is no number: " + to_utf8(altitude)};
}

const ServiceKey::Place* ServiceKey::place_of(std::u16string_view key) const {
  const auto found = std::ranges::find_if(
      instance_places_, [&](const Place& place) { return fs::equal_names(place.key, key); });
  return found == instance_places_.end() ? nullptr : &*found;
}

}  // namespace

std::variant<DriverOptions, InfError> driver_options_from_inf(const std::string& path,
                                                              const std::u16string& service) {
  const auto read = InfFile::read(path);
  if (const auto* error = std::get_if<std::string>(&read)) return InfError{*error};
  const InfFile& file = std::get<InfFile>(read);
  const auto chosen = loader::choose_inf_service(file, path, service);
  if (const auto* error = std::get_if<InfError>(&chosen)) return *error;
  return ServiceKey(file, std::get<InfService>(chosen)).read();
}

}  // namespace fltsim
