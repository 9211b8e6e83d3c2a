// How far a demo has come, on stderr: one line that is written over on a terminal, a line every few seconds
// elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>

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
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTerminalPause{100};
  static constexpr std::chrono::milliseconds kPlainPause{5000};

  std::FILE* const out_;
  const bool terminal_;
  Clock::time_point next_;
  bool line_shown_ = false;
};

}  // namespace fltlink::cli
