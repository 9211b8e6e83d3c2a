// How a verb of the control surface ended.
#pragma once

namespace fltsim {

enum class [[nodiscard]] Outcome{
    kDone,
    kKilled,    // the thread was terminated before its code had ended
    kDeadlock,  // nobody can run and nothing is due: finding SIM-2 names every thread and what it waits for
    kNotSettling,  // the run used up its limit of switches or of virtual time: SIM-3
    kWatchdog,     // one thread used the processor without reaching a switch point: SIM-4
    kStopped,      // the machine has stopped at a fatal finding, now or earlier
};

}  // namespace fltsim
