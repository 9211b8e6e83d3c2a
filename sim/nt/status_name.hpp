// NTSTATUS values by the names that the WDK-shaped headers give them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fltsim::nt {

// "STATUS_ACCESS_DENIED"; "0xC0000123" for a value without a name.
std::string status_name(std::int32_t status);
// Nothing for a name that the headers do not have.
std::optional<std::int32_t> status_of_name(std::string_view name);

}  // namespace fltsim::nt
