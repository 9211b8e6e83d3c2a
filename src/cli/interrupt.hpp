// Ctrl-C and requests to terminate. The first one is noted, for the control thread and the simulated programs
// to see; a second one ends the process as it always does.
#pragma once

namespace fltlink::cli {

// Once, by main.
void catch_interrupts();

// Any thread.
[[nodiscard]] bool interrupted();

}  // namespace fltlink::cli
