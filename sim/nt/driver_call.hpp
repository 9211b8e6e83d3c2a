// The boundary from the simulator into driver code.
#pragma once

#include <utility>

#include "nt/seh.hpp"

namespace fltsim::nt {

// Runs `call`, which calls a driver's routine, with an exception chain of its own: an exception that the
// driver does not take is a bug check here instead of a jump over the simulator's frames. A simulated thread.
template <class Call>
auto call_driver(Call&& call) {
  const ExceptionChainScope scope;
  return std::forward<Call>(call)();
}

}  // namespace fltsim::nt
