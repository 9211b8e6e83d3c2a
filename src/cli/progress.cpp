#include "cli/progress.hpp"

#include <unistd.h>

namespace fltlink::cli {

Progress::Progress(std::FILE* out, const char* doing)
    : out_(out), doing_(doing), terminal_(::isatty(::fileno(out)) == 1), next_(clock_.now()) {
  if (!terminal_) next_ += kPlainPause;
}

Progress::~Progress() {
  if (!line_shown_) return;
  std::fputs("\r\033[K", out_);
  std::fflush(out_);
}

void Progress::show(std::size_t done, std::size_t total) {
  const Ticks now = clock_.now();
  if (now < next_) return;
  next_ = now + (terminal_ ? kTerminalPause : kPlainPause);
  const std::size_t percent = total == 0 ? 100 : done * 100 / total;
  std::fprintf(out_,
               terminal_ ? "\r%s: %zu of %zu files, %zu %%\033[K" : "fltlink: %s: %zu of %zu files, %zu %%\n",
               doing_, done, total, percent);
  std::fflush(out_);
  line_shown_ = terminal_;
}

}  // namespace fltlink::cli
