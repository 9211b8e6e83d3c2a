#include "peer.hpp"

#include "authority.hpp"
#include "clients.hpp"
#include "lock.hpp"

namespace drmfilter {
namespace {

// How many proofs are looked at. A key cannot be guessed; this only ends a client that has another one.
constexpr uint32_t kAttemptsMax = 3;

}  // namespace

void Peer::open(const fltlink::ConnectContext& context, uint32_t connection_id) {
  process_ = PsGetCurrentProcess();
  ObReferenceObject(process_);
  binding_ = {.nonce = {},
              .connection_id = connection_id,
              .process_id = HandleToULong(PsGetCurrentProcessId()),
              .context = context};
  has_nonce_ = false;
  failures_ = 0;
  window_ = {};
  given_up_.store(false, MemoryOrder::kRelaxed);
  authenticated_.store(!authority.demands_proof(), MemoryOrder::kRelease);
}

void Peer::close() {
  authenticated_.store(false, MemoryOrder::kRelease);
  fltlink::wipe(sealing_key_);
  fltlink::wipe(binding_.nonce);
  ObDereferenceObject(process_);
  process_ = nullptr;
}

bool Peer::is_sender() const {
  return PsGetCurrentProcess() == process_ && NT_SUCCESS(check_current_token());
}

NTSTATUS Peer::give_nonce(fltlink::NonceReply& reply) {
  const ExclusiveLock lock(lock_);
  if (is_authenticated()) return STATUS_INVALID_DEVICE_REQUEST;
  has_nonce_ = false;
  const NTSTATUS status =
      BCryptGenRandom(NULL, binding_.nonce.data(), static_cast<ULONG>(binding_.nonce.size()),
                      BCRYPT_USE_SYSTEM_PREFERRED_RNG);
  if (!NT_SUCCESS(status)) return status;
  has_nonce_ = true;
  reply = {.connection_id = binding_.connection_id,
           .attempts_left = kAttemptsMax - failures_,
           .nonce = binding_.nonce};
  return STATUS_SUCCESS;
}

NTSTATUS Peer::check_proof(const fltlink::Mac& proof) {
  const ExclusiveLock lock(lock_);
  if (is_authenticated()) return STATUS_INVALID_DEVICE_REQUEST;
  if (!has_nonce_ || failures_ == kAttemptsMax) return STATUS_ACCESS_DENIED;
  has_nonce_ = false;
  fltlink::Mac expected;
  NTSTATUS status = authority.mac(fltlink::MacPurpose::kProof, binding_, expected);
  const bool right = NT_SUCCESS(status) && fltlink::equal_in_constant_time(expected, proof);
  fltlink::wipe(expected);
  if (!NT_SUCCESS(status)) return status;
  if (!right) {
    if (++failures_ == kAttemptsMax) give_up();
    return STATUS_ACCESS_DENIED;
  }
  status = authority.mac(fltlink::MacPurpose::kSeal, binding_, sealing_key_);
  if (NT_SUCCESS(status)) authenticated_.store(true, MemoryOrder::kRelease);
  return status;
}

fltlink::Result<fltlink::Bytes, fltlink::DecodeError> Peer::open_seal(fltlink::Bytes bytes) {
  const auto hash = [](fltlink::Bytes key, fltlink::Bytes covered, fltlink::Mac& mac) {
    return NT_SUCCESS(authority.mac(key, covered, mac));
  };
  const ExclusiveLock lock(lock_);
  return fltlink::open_sealed_message(bytes, sealing_key_, hash, window_);
}

}  // namespace drmfilter
