// HMAC-SHA-256 by OpenSSL, as the codec takes it, and the key of the tests.
#pragma once

#include <fltlink/codec/sealed_message.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <gtest/gtest.h>

#include <vector>

namespace fltlink::test {

inline bool hmac(Bytes key, Bytes message, Mac& mac) {
  return HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
              mac.data(), nullptr) != nullptr;
}

// 00 01 02 ... 1f.
inline std::vector<uint8_t> test_key() {
  std::vector<uint8_t> key(32);
  for (size_t index = 0; index < key.size(); ++index) key[index] = static_cast<uint8_t>(index);
  return key;
}

inline Mac mac_of(Bytes key, MacPurpose purpose, const Binding& binding) {
  Mac mac{};
  EXPECT_TRUE(hmac(key, encode_binding(purpose, binding).bytes(), mac));
  return mac;
}

}  // namespace fltlink::test
