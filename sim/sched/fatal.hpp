// Misuse of the scheduler is a mistake in the simulator or in a test: the program says which and stops.
#pragma once

#include <string_view>

namespace fltsim::sched {

[[noreturn]] void fatal(std::string_view what, std::string_view name = {});

inline void require(bool condition, std::string_view what, std::string_view name = {}) {
  if (!condition) [[unlikely]]
    fatal(what, name);
}

}  // namespace fltsim::sched
