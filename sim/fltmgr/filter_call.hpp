// Calling a driver's routine, and speaking about one in findings.
#pragma once

#include <string>
#include <utility>

#include "fltmgr/objects.hpp"
#include "fltsim/verifier.hpp"
#include "nt/driver_call.hpp"
#include "nt/thread.hpp"

namespace fltsim::fltmgr {

// Runs `call`, which calls into the driver of `filter`, in the calling thread: the thread's driver is that
// one meanwhile, and an exception that escapes is a bug check.
template <class Call>
auto call_filter(nt::Thread& thread, const Filter& filter, Call&& call) {
  return nt::DriverCalls(thread)(filter.identity, std::forward<Call>(call));
}

// What a callback of `instance` is told it runs for; `file` may be null.
FLT_RELATED_OBJECTS related_objects(Instance& instance, PFILE_OBJECT file);

void report(const Filter& filter, std::string id, Severity severity, std::string text,
            std::string object = {});

}  // namespace fltsim::fltmgr
