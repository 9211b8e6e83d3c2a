#include "nt/status_name.hpp"

#include <ntifs.h>

#include <cstdio>

namespace fltsim::nt {
namespace {

struct Name {
  std::int32_t status;
  std::string_view name;
};

// Of several names of a value the first in the headers counts.
constexpr Name kNames[] = {
#define FLTSIM_STATUS(name) {static_cast<std::int32_t>(name), #name},
#include "status_names.inc"  // made by the build from the headers
#undef FLTSIM_STATUS
};

}  // namespace

std::string status_name(std::int32_t status) {
  for (const Name& known : kNames) {
    if (known.status == status) return std::string(known.name);
  }
  char text[12];
  std::snprintf(text, sizeof text, "0x%08X", static_cast<unsigned>(status));
  return text;
}

std::optional<std::int32_t> status_of_name(std::string_view name) {
  for (const Name& known : kNames) {
    if (known.name == name) return known.status;
  }
  return std::nullopt;
}

}  // namespace fltsim::nt
