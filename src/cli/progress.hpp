// How far a demo has come, on stderr: one line that is written over on a terminal, a line every few seconds
// elsewhere.
#pragma once

#include <cstddef>
#include <cstdio>

#include <fltlink/os/os_host.hpp>

namespace fltlink::cli {

// One thread.
class Progress {
 public:
  // `doing` says what is done to the files, and outlives the progress.
  Progress(std::FILE* out, const char* doing);
  // Takes the line away again.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::size_t done, std::size_t total);

 private:
  static constexpr Ticks kTerminalPause = 100 * kTicksPerMillisecond;
  static constexpr Ticks kPlainPause = 5 * kTicksPerSecond;

  OsHost clock_;
  std::FILE* const out_;
  const char* const doing_;
  const bool terminal_;
  Ticks next_;
  bool line_shown_ = false;
};

}  // namespace fltlink::cli
