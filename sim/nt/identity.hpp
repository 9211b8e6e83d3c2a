// What the machine says about itself, by whatever routine or variable it is asked.
#pragma once

#include <cstdint>

#include "nt/security.hpp"

namespace fltsim::nt {

inline constexpr std::uint32_t kProcessors = 2;
inline constexpr std::uint32_t kBuildNumber = 22621;  // Windows 11, 22H2

// Services and the system live in session 0, the user in session 1.
inline std::uint32_t session_of(const Token& token) {
  return token.holds(make_sid(5, {18})) ? 0 : 1;  // LocalSystem
}

}  // namespace fltsim::nt
