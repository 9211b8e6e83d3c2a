// How the fltlink command ends. docs/DEMO.md and `fltlink help` say the same.
#pragma once

namespace fltlink::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitCheckFailed = 1;  // the books, the protected files or the verifier say no
inline constexpr int kExitUsage = 2;        // wrong arguments, or a DIR that is no directory one may read
inline constexpr int kExitCannotRun = 3;    // a full disk, a missing part, a machine that came to a stop
inline constexpr int kExitInterrupted =
    130;  // Ctrl-C or a request to terminate; the table shows what was done

}  // namespace fltlink::cli
