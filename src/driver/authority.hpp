// Authority: the driver's key, and the MACs that it makes. One instance, in static storage.
#pragma once

#include <fltKernel.h>

#include <bcrypt.h>

#include <fltlink/codec/authenticate.hpp>

#include "state.hpp"

namespace drmfilter {

// The value AuthenticationKey as it was read. `size` 0: there is none.
struct AuthenticationKey {
  std::array<uint8_t, FLTLINK_KEY_SIZE_MAX> bytes{};
  size_t size = 0;

  AuthenticationKey() = default;
  ~AuthenticationKey() { fltlink::wipe(bytes); }
  AuthenticationKey(const AuthenticationKey&) = delete;
  AuthenticationKey& operator=(const AuthenticationKey&) = delete;
};

// PASSIVE_LEVEL, all of it but demands_proof().
class Authority {
 public:
  constexpr Authority() = default;

  // Before the port is created. With a key, every client must show that it holds the same. The status of BCrypt,
  // and then there is no authority to start a driver with.
  [[nodiscard]] NTSTATUS start(const AuthenticationKey& key);
  // After the last connection; any number of times.
  void stop();

  [[nodiscard]] bool demands_proof() const { return key_size_ != 0; }

  // The MAC of a connection under the driver's key. REQUIRES: demands_proof().
  [[nodiscard]] NTSTATUS mac(fltlink::MacPurpose purpose, const fltlink::Binding& binding, fltlink::Mac& mac);
  // The MAC of any bytes under any key.
  [[nodiscard]] NTSTATUS mac(fltlink::Bytes key, fltlink::Bytes bytes, fltlink::Mac& mac);

 private:
  BCRYPT_ALG_HANDLE hmac_ = nullptr;
  std::array<uint8_t, FLTLINK_KEY_SIZE_MAX> key_{};
  size_t key_size_ = 0;
};

extern Authority authority;

}  // namespace drmfilter
