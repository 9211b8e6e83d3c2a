#include "loader/inf_service.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "fs/upcase.hpp"
#include "nt/identity.hpp"
#include "nt/text.hpp"

namespace fltsim::loader {
namespace {

using nt::to_utf8;
using Section = InfFile::Section;
using Assignment = InfFile::Assignment;

template <class Value>
using Step = std::variant<Value, InfError>;

bool ends_with(std::u16string_view text, std::u16string_view tail) {
  return text.size() >= tail.size() && fs::equal_names(text.substr(text.size() - tail.size()), tail);
}

std::vector<std::u16string_view> parts_of(std::u16string_view text, char16_t separator) {
  std::vector<std::u16string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// For which machines a section is: ".NTamd64.10.0...25952" behind its name. The higher, the more particular; a
// section for a newer Windows is better than none.
using Fitness = std::tuple<bool, int, std::uint32_t, std::uint32_t, std::uint32_t>;

std::optional<Fitness> fitness_of(std::u16string_view decoration) {
  if (decoration.empty()) return Fitness{true, 0, 0, 0, 0};
  const auto parts = parts_of(decoration.substr(1), u'.');
  const bool any_machine = fs::equal_names(parts[0], u"NT");
  // $ARCH$ is put in by the WDK's build.
  if (!any_machine && !fs::equal_names(parts[0], u"NTamd64") && !fs::equal_names(parts[0], u"NT$ARCH$"))
    return std::nullopt;
  const auto number = [&](std::size_t index) {
    return index < parts.size() ? parse_inf_number(parts[index]).value_or(0) : 0;
  };
  const std::uint32_t major = number(1);
  const std::uint32_t minor = number(2);
  const std::uint32_t build = number(5);
  const bool old_enough = std::tuple(major, minor, build) <= std::tuple(10u, 0u, nt::kBuildNumber);
  return Fitness{old_enough, any_machine ? 1 : 2, major, minor, build};
}

// The sections whose AddService lines count: the best [DefaultInstall...Services], else every other
// [...Services] that fits.
std::vector<const Section*> services_sections(const InfFile& file) {
  constexpr std::u16string_view kEnding = u".Services";
  constexpr std::u16string_view kDefault = u"DefaultInstall";
  const Section* best = nullptr;
  std::optional<Fitness> best_fitness;
  std::vector<const Section*> others;
  for (const Section& section : file.sections()) {
    if (!ends_with(section.name, kEnding) || inf_begins_with(section.name, u"DefaultUninstall")) continue;
    const auto name = std::u16string_view(section.name).substr(0, section.name.size() - kEnding.size());
    if (inf_begins_with(name, kDefault)) {
      const auto fitness = fitness_of(name.substr(kDefault.size()));
      if (!fitness || (best_fitness && *best_fitness >= *fitness)) continue;
      best = &section;
      best_fitness = fitness;
    } else {
      const std::size_t at = fs::upcase(name).find(u".NT");
      if (fitness_of(at == name.npos ? std::u16string_view() : name.substr(at))) others.push_back(&section);
    }
  }
  return best != nullptr ? std::vector{best} : others;
}

bool is_kernel_service(const InfFile& file, const Section& section) {
  const auto types = file.assignments(section, u"ServiceType");
  if (types.empty()) return true;
  const auto type = parse_inf_number(types.back().field(0));
  return !type || *type < 0x10;  // above: programs
}

Step<std::vector<InfService>> services_of(const InfFile& file, const std::string& path) {
  std::vector<InfService> services;
  for (const Section* section : services_sections(file)) {
    for (const Assignment& added : file.assignments(*section, u"AddService")) {
      if (added.field(0).empty()) continue;  // ",2": a device without a driver
      const Section* install = file.find(added.field(2));
      if (install == nullptr) {
        return InfError{file.at(added.line) + "AddService of " + to_utf8(added.field(0)) +
                        " names the section [" + to_utf8(added.field(2)) + "], which is not there"};
      }
      const bool known = std::ranges::any_of(
          services, [&](const InfService& other) { return fs::equal_names(other.name, added.field(0)); });
      if (!known && is_kernel_service(file, *install))
        services.push_back({added.field(0), install, added.line});
    }
  }
  if (services.empty()) {
    return InfError{path +
                    ": no AddService line of a driver in a [DefaultInstall.Services] or "
                    "[DefaultInstall.NTamd64.Services] "
                    "section, so there is no service to load"};
  }
  return services;
}

Step<InfService> choose(const std::vector<InfService>& services, const std::u16string& wanted,
                        const InfFile& file, const std::string& path) {
  std::string names;
  for (const InfService& service : services) {
    if (fs::equal_names(service.name, wanted)) return service;
    names += (names.empty() ? "" : ", ") + to_utf8(service.name);
  }
  if (!wanted.empty()) return InfError{path + ": there is no service " + to_utf8(wanted) + ", but " + names};
  if (services.size() == 1) return services.front();
  return InfError{file.at(services[1].line) + "there are several services: " + names +
                  "; choose one with --service NAME"};
}

}  // namespace

std::variant<InfService, InfError> choose_inf_service(const InfFile& file, const std::string& path,
                                                      const std::u16string& wanted) {
  const auto services = services_of(file, path);
  if (const auto* error = std::get_if<InfError>(&services)) return *error;
  return choose(std::get<0>(services), wanted, file, path);
}

bool inf_begins_with(std::u16string_view text, std::u16string_view head) {
  return text.size() >= head.size() && fs::equal_names(text.substr(0, head.size()), head);
}

}  // namespace fltsim::loader
