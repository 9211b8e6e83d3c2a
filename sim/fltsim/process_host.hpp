// The library's Host for code that runs in a simulated process: it waits, wakes and starts threads there, and
// its time is the machine's. With it the service library runs in a machine as it runs on an operating system.
#pragma once

#include <memory>

#include <fltlink/base/host.hpp>

#include "fltsim/process.hpp"

namespace fltsim {

// What the host spawns are threads of `process`; one that has ended starts none. park, relax, spawn and join
// belong to simulated threads of the machine; now and wake may also be called by the control thread. The
// machine outlives the host, and the host outlives every thread that it has started.
[[nodiscard]] std::shared_ptr<fltlink::Host> make_process_host(const Process& process);

}  // namespace fltsim
