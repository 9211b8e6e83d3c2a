// SendTimeout: how long a send may wait, for delivery and reply together (SEND-10). FltSendMessage takes a
// pointer to a number for that, and most numbers are traps: NULL waits for ever, zero polls or waits for ever
// (SEND-11, H-1), a positive number is a date. None of these can come about here by accident.
#pragma once

#include <stdint.h>

#include <concepts>

#include <fltlink/base/assert.hpp>

namespace fltlink {

class SendTimeout {
 public:
  static constexpr uint32_t kMillisecondsMax = 60 * 60 * 1000;

  // REQUIRES: 1 to kMillisecondsMax. Unsigned types only, so that no negative number is taken for a long time.
  template <std::unsigned_integral Count>
  requires(!std::same_as<Count, bool>) [[nodiscard]] static constexpr SendTimeout milliseconds(Count count) {
    FLTLINK_ASSERT(count >= 1 && count <= kMillisecondsMax);
    return SendTimeout(-static_cast<int64_t>(count) * 10'000);
  }

  // For a sender that somebody else is sure to wake: by closing the port, or by ending the thread.
  [[nodiscard]] static constexpr SendTimeout wait_for_ever() { return SendTimeout(0); }

  [[nodiscard]] constexpr bool is_for_ever() const { return relative_ == 0; }

  // In units of 100 ns, negative, as the kernel counts. REQUIRES: !is_for_ever().
  [[nodiscard]] constexpr int64_t relative_100ns() const {
    FLTLINK_ASSERT(!is_for_ever());
    return relative_;
  }

 private:
  explicit constexpr SendTimeout(int64_t relative) : relative_(relative) {}

  int64_t relative_;  // 0: for ever
};

}  // namespace fltlink
