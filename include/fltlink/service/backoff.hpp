// Backoff: how long to wait before the next attempt to connect.
#pragma once

#include <fltlink/base/host.hpp>

namespace fltlink {

struct BackoffOptions {
  Ticks first = 100 * kTicksPerMillisecond;
  Ticks limit = 30 * kTicksPerSecond;
};

// Doubles from `first` to `limit`. One thread.
class Backoff {
 public:
  // REQUIRES: 0 < first <= limit.
  explicit Backoff(const BackoffOptions& options) : options_(options), next_(options.first) {}

  // The pause before the next attempt.
  [[nodiscard]] Ticks next() {
    const Ticks pause = next_;
    next_ = next_ > options_.limit / 2 ? options_.limit : next_ * 2;
    return pause;
  }

  // The last attempt led to a connection that lasted: start from the beginning.
  void reset() { next_ = options_.first; }

 private:
  BackoffOptions options_;
  Ticks next_;
};

}  // namespace fltlink
