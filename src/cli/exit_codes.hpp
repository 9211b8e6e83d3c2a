// How the fltlink command ends, by verb. docs/DEMO.md, docs/RUN.md and `fltlink help` say the same.
#pragma once

namespace fltlink::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitUsage = 2;  // wrong arguments
// Ctrl-C or a request to terminate; what was done until then is reported.
inline constexpr int kExitInterrupted = 130;

// demo
inline constexpr int kExitCheckFailed = 1;  // the books, the protected files or the verifier say no
inline constexpr int kExitCannotRun = 3;    // a full disk, a missing part, a machine that came to a stop
// kExitUsage also for a DIR that is no directory one may read.

// run
inline constexpr int kExitCannotLoad = 2;  // a driver, its .inf file, a volume or a script
inline constexpr int kExitFindings = 3;    // errors that the drivers made, or a machine that came to a stop

}  // namespace fltlink::cli
