// Authenticator: what a service that was given the driver's key proves itself with. The library computes no MAC of
// its own; whoever has a cryptographic library implements this.
#pragma once

#include <fltlink/codec/authenticate.hpp>

namespace fltlink {

// Any thread, several at once.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // The id of the process that connects, as the operating system of the driver knows it.
  [[nodiscard]] virtual uint32_t process_id() const = 0;

  // HMAC-SHA-256 under the service's key. False: it could not be computed.
  [[nodiscard]] virtual bool mac(Bytes message, Mac& mac) const = 0;
  // The same under another key.
  [[nodiscard]] virtual bool mac_under(const Mac& key, Bytes message, Mac& mac) const = 0;
};

}  // namespace fltlink
