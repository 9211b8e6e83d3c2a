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
  explicit Progress(std::FILE* out);
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
  const bool terminal_;
  Ticks next_;
  bool line_shown_ = false;
};

}  // namespace fltlink::cli
