// Everything public of send that needs no WDK, used once in a translation unit that is compiled as for a driver.
// A test looks at what the object imports; nothing here is ever run.
#include <fltlink/send/result.hpp>
#include <fltlink/send/timeout.hpp>

using namespace fltlink;

extern "C" int64_t fltlink_use_timeouts(uint32_t milliseconds) {
  const SendTimeout timeout =
      milliseconds == 0 ? SendTimeout::wait_for_ever() : SendTimeout::milliseconds(milliseconds);
  return timeout.is_for_ever() ? 0 : timeout.relative_100ns();
}

extern "C" size_t fltlink_use_results(int32_t status, const uint8_t* room, size_t size, size_t reply_size) {
  const FltSendResult sent(status);
  const FltAskResult asked(status, Bytes(room, size), reply_size);
  size_t sum = static_cast<size_t>(sent.outcome()) + static_cast<size_t>(sent.status());
  sum += static_cast<size_t>(asked.outcome()) + static_cast<size_t>(asked.status());
  return asked.replied() ? sum + asked.reply().size() : sum;
}
