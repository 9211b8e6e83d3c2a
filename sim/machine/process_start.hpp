// Telling drivers of a new process.
#pragma once

namespace fltsim {

class Process;
class System;

namespace nt {
class Process;
}

// Runs the drivers' notify routines for a process and its image, if there are any, in a thread of `parent` (null: the
// system process). One that objects ends the process: it is then over before its first thread.
void announce_process(System& system, nt::Process& process, const Process* parent);

}  // namespace fltsim
