#include "authority.hpp"

namespace drmfilter {
namespace {

// BCrypt takes what it only reads as PUCHAR.
[[nodiscard]] PUCHAR readable(fltlink::Bytes bytes) { return const_cast<PUCHAR>(bytes.data()); }

}  // namespace

constinit Authority authority;

NTSTATUS Authority::start(const AuthenticationKey& key) {
  if (key.size == 0) return STATUS_SUCCESS;
  const NTSTATUS status =
      BCryptOpenAlgorithmProvider(&hmac_, BCRYPT_SHA256_ALGORITHM, NULL, BCRYPT_ALG_HANDLE_HMAC_FLAG);
  if (!NT_SUCCESS(status)) {
    hmac_ = nullptr;
    return status;
  }
  fltlink::copy_bytes(key_.data(), key.bytes.data(), key.size);
  key_size_ = key.size;
  return STATUS_SUCCESS;
}

void Authority::stop() {
  fltlink::wipe(key_);
  key_size_ = 0;
  if (hmac_ != nullptr) BCryptCloseAlgorithmProvider(hmac_, 0);
  hmac_ = nullptr;
}

NTSTATUS Authority::mac(fltlink::MacPurpose purpose, const fltlink::Binding& binding, fltlink::Mac& mac) {
  FLTLINK_ASSERT(demands_proof());
  return this->mac(fltlink::Bytes(key_).first(key_size_), fltlink::encode_binding(purpose, binding).bytes(),
                   mac);
}

// Not BCryptHash, which Windows has since version 10 only.
NTSTATUS Authority::mac(fltlink::Bytes key, fltlink::Bytes bytes, fltlink::Mac& mac) {
  BCRYPT_HASH_HANDLE hash = nullptr;
  NTSTATUS status = BCryptCreateHash(hmac_, &hash, NULL, 0, readable(key), static_cast<ULONG>(key.size()), 0);
  if (!NT_SUCCESS(status)) return status;
  status = BCryptHashData(hash, readable(bytes), static_cast<ULONG>(bytes.size()), 0);
  if (NT_SUCCESS(status)) status = BCryptFinishHash(hash, mac.data(), static_cast<ULONG>(mac.size()), 0);
  BCryptDestroyHash(hash);
  return status;
}

}  // namespace drmfilter
