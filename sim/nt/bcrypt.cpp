// BCrypt: hashes, keyed hashes, random numbers. The statuses are those of the documentation; where it only says
// that a status is among the possible ones, what we choose is written beside it.
//
// The names of bcrypt.h are literals of driver units (-fshort-wchar); this file spells them out.
#include <bcrypt.h>

#include "nt/crypto.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

using Object = std::shared_ptr<CryptoObject>;

// What a driver would give a hash's memory: enough for the state of each algorithm.
constexpr ULONG kHashObjectSize = 512;
constexpr ULONG kProviderFlags =
    BCRYPT_PROV_DISPATCH | BCRYPT_ALG_HANDLE_HMAC_FLAG | BCRYPT_HASH_REUSABLE_FLAG;

Crypto& crypto(Thread& thread) { return thread.system.nt().crypto(); }

// The provider that a pseudo handle stands for, or null.
Object provider_of_pseudo_handle(const void* handle) {
  struct Pseudo {
    void* handle;
    std::u16string_view algorithm;
    bool keyed;
  };
  static const Pseudo kPseudoHandles[] = {
      {BCRYPT_MD5_ALG_HANDLE, u"MD5", false},           {BCRYPT_SHA1_ALG_HANDLE, u"SHA1", false},
      {BCRYPT_SHA256_ALG_HANDLE, u"SHA256", false},     {BCRYPT_SHA384_ALG_HANDLE, u"SHA384", false},
      {BCRYPT_SHA512_ALG_HANDLE, u"SHA512", false},     {BCRYPT_RNG_ALG_HANDLE, u"RNG", false},
      {BCRYPT_HMAC_MD5_ALG_HANDLE, u"MD5", true},       {BCRYPT_HMAC_SHA1_ALG_HANDLE, u"SHA1", true},
      {BCRYPT_HMAC_SHA256_ALG_HANDLE, u"SHA256", true}, {BCRYPT_HMAC_SHA384_ALG_HANDLE, u"SHA384", true},
      {BCRYPT_HMAC_SHA512_ALG_HANDLE, u"SHA512", true},
  };
  for (const Pseudo& pseudo : kPseudoHandles) {
    if (pseudo.handle != handle) continue;
    auto provider = std::make_shared<CryptoObject>();
    provider->algorithm = find_algorithm(pseudo.algorithm);
    provider->keyed = pseudo.keyed;
    return provider;
  }
  return nullptr;
}

// The object of a handle, of the kind that is asked for. Above PASSIVE_LEVEL only what was opened for it.
Object open(Thread& thread, const char* routine, const void* handle, CryptoObject::Kind kind) {
  Object object = crypto(thread).find(handle);
  if (!object && kind == CryptoObject::Kind::kProvider) object = provider_of_pseudo_handle(handle);
  if (!object || object->kind != kind) return nullptr;
  if (!object->dispatch) check_irql(thread, routine, kPassive);
  return object;
}

bool is_missing(const void* memory, ULONG size) { return memory == nullptr && size != 0; }

// The memory of a hash: given, and then large enough, or left to the routine.
NTSTATUS check_hash_memory(const void* memory, ULONG size) {
  if (memory == nullptr) return size == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  return size >= kHashObjectSize ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

NTSTATUS check_hash_of(const CryptoObject& provider, const void* secret, ULONG secret_size) {
  if (!provider.algorithm->hashes()) return STATUS_NOT_SUPPORTED;
  const bool wrong = is_missing(secret, secret_size) || (!provider.keyed && secret_size != 0);
  return wrong ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

Object make_hash(Thread& thread, const CryptoObject& provider, const UCHAR* secret, ULONG secret_size,
                 bool reusable) {
  auto hash = std::make_shared<CryptoObject>();
  hash->kind = CryptoObject::Kind::kHash;
  hash->algorithm = provider.algorithm;
  hash->keyed = provider.keyed;
  hash->reusable = reusable;
  hash->dispatch = provider.dispatch;
  hash->driver = thread.driver;
  if (secret_size != 0) hash->key.assign(secret, secret + secret_size);
  hash->begin();
  return hash;
}

void end_hash(CryptoObject& hash, UCHAR* output, ULONG size) {
  hash.running->finish({output, size});
  hash.running = nullptr;
  if (hash.reusable) hash.begin();
}

NTSTATUS give(const void* value, ULONG size, PUCHAR output, ULONG room, ULONG* needed) {
  *needed = size;
  if (output == nullptr) return STATUS_SUCCESS;
  if (room < size) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(output, value, size);
  return STATUS_SUCCESS;
}

NTSTATUS give_number(ULONG value, PUCHAR output, ULONG room, ULONG* needed) {
  return give(&value, sizeof value, output, room, needed);
}

NTSTATUS give_property(const CryptoAlgorithm& algorithm, std::u16string_view property, PUCHAR output,
                       ULONG room, ULONG* needed) {
  if (property == u"AlgorithmName") {
    const std::u16string name(algorithm.name);
    return give(name.c_str(), static_cast<ULONG>((name.size() + 1) * sizeof(WCHAR)), output, room, needed);
  }
  if (!algorithm.hashes()) return STATUS_NOT_SUPPORTED;
  if (property == u"ObjectLength") return give_number(kHashObjectSize, output, room, needed);
  if (property == u"HashDigestLength") return give_number(algorithm.hash_size, output, room, needed);
  if (property == u"HashBlockLength") return give_number(algorithm.block_size, output, room, needed);
  return STATUS_NOT_SUPPORTED;
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::CryptoObject;
using nt::enter;
using CryptoKind = nt::CryptoObject::Kind;

extern "C" {

NTSTATUS BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE* phAlgorithm, LPCWSTR pszAlgId,
                                     LPCWSTR pszImplementation, ULONG dwFlags) {
  nt::Thread& thread = enter("BCryptOpenAlgorithmProvider", nt::kPassive);
  if (phAlgorithm == nullptr || pszAlgId == nullptr || (dwFlags & ~nt::kProviderFlags) != 0)
    return STATUS_INVALID_PARAMETER;
  const bool known_provider = pszImplementation == nullptr ||
                              std::u16string_view(pszImplementation) == u"Microsoft Primitive Provider";
  const nt::CryptoAlgorithm* algorithm = nt::find_algorithm(pszAlgId);
  if (algorithm == nullptr || !known_provider) return STATUS_NOT_FOUND;
  constexpr ULONG kHashFlags = BCRYPT_ALG_HANDLE_HMAC_FLAG | BCRYPT_HASH_REUSABLE_FLAG;
  if (!algorithm->hashes() && (dwFlags & kHashFlags) != 0) return STATUS_INVALID_PARAMETER;
  if (nt::fails_now(thread, "BCryptOpenAlgorithmProvider")) return STATUS_NO_MEMORY;
  auto provider = std::make_shared<CryptoObject>();
  provider->algorithm = algorithm;
  provider->keyed = (dwFlags & BCRYPT_ALG_HANDLE_HMAC_FLAG) != 0;
  provider->reusable = (dwFlags & BCRYPT_HASH_REUSABLE_FLAG) != 0;
  provider->dispatch = (dwFlags & BCRYPT_PROV_DISPATCH) != 0;
  provider->driver = thread.driver;
  *phAlgorithm = nt::crypto(thread).insert(std::move(provider));
  return STATUS_SUCCESS;
}

NTSTATUS BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags) {
  nt::Thread& thread = enter("BCryptCloseAlgorithmProvider", nt::kDispatch);
  if (dwFlags != 0) return STATUS_INVALID_PARAMETER;
  const auto provider = nt::crypto(thread).find(hAlgorithm);
  if (!provider || provider->kind != CryptoKind::kProvider) return STATUS_INVALID_HANDLE;
  if (!provider->dispatch) nt::check_irql(thread, "BCryptCloseAlgorithmProvider", nt::kPassive);
  return nt::crypto(thread).remove(hAlgorithm) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

// Of a provider or of a hash. Without a buffer it says how large one has to be.
NTSTATUS BCryptGetProperty(BCRYPT_HANDLE hObject, LPCWSTR pszProperty, PUCHAR pbOutput, ULONG cbOutput,
                           ULONG* pcbResult, ULONG dwFlags) {
  nt::Thread& thread = enter("BCryptGetProperty", nt::kDispatch);
  auto object = nt::crypto(thread).find(hObject);
  if (!object) object = nt::provider_of_pseudo_handle(hObject);
  if (!object) return STATUS_INVALID_HANDLE;
  if (!object->dispatch) nt::check_irql(thread, "BCryptGetProperty", nt::kPassive);
  if (pszProperty == nullptr || pcbResult == nullptr || dwFlags != 0) return STATUS_INVALID_PARAMETER;
  return nt::give_property(*object->algorithm, pszProperty, pbOutput, cbOutput, pcbResult);
}

NTSTATUS BCryptCreateHash(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_HASH_HANDLE* phHash, PUCHAR pbHashObject,
                          ULONG cbHashObject, PUCHAR pbSecret, ULONG cbSecret, ULONG dwFlags) {
  nt::Thread& thread = enter("BCryptCreateHash", nt::kDispatch);
  const auto provider = nt::open(thread, "BCryptCreateHash", hAlgorithm, CryptoKind::kProvider);
  if (!provider) return STATUS_INVALID_HANDLE;
  if (phHash == nullptr || (dwFlags & ~ULONG{BCRYPT_HASH_REUSABLE_FLAG}) != 0)
    return STATUS_INVALID_PARAMETER;
  NTSTATUS status = nt::check_hash_of(*provider, pbSecret, cbSecret);
  if (status == STATUS_SUCCESS) status = nt::check_hash_memory(pbHashObject, cbHashObject);
  if (status != STATUS_SUCCESS) return status;
  if (nt::fails_now(thread, "BCryptCreateHash")) return STATUS_NO_MEMORY;
  const bool reusable = provider->reusable || (dwFlags & BCRYPT_HASH_REUSABLE_FLAG) != 0;
  *phHash = nt::crypto(thread).insert(nt::make_hash(thread, *provider, pbSecret, cbSecret, reusable));
  return STATUS_SUCCESS;
}

// A hash that has ended is no valid handle any more, but for its destruction.
NTSTATUS BCryptHashData(BCRYPT_HASH_HANDLE hHash, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags) {
  nt::Thread& thread = enter("BCryptHashData", nt::kDispatch);
  const auto hash = nt::open(thread, "BCryptHashData", hHash, CryptoKind::kHash);
  if (!hash || !hash->running) return STATUS_INVALID_HANDLE;
  if (nt::is_missing(pbInput, cbInput) || dwFlags != 0) return STATUS_INVALID_PARAMETER;
  if (nt::fails_now(thread, "BCryptHashData")) return STATUS_UNSUCCESSFUL;
  hash->running->add({pbInput, cbInput});
  return STATUS_SUCCESS;
}

NTSTATUS BCryptFinishHash(BCRYPT_HASH_HANDLE hHash, PUCHAR pbOutput, ULONG cbOutput, ULONG dwFlags) {
  nt::Thread& thread = enter("BCryptFinishHash", nt::kDispatch);
  const auto hash = nt::open(thread, "BCryptFinishHash", hHash, CryptoKind::kHash);
  if (!hash || !hash->running) return STATUS_INVALID_HANDLE;
  if (pbOutput == nullptr || cbOutput != hash->algorithm->hash_size || dwFlags != 0)
    return STATUS_INVALID_PARAMETER;
  if (nt::fails_now(thread, "BCryptFinishHash")) return STATUS_UNSUCCESSFUL;
  nt::end_hash(*hash, pbOutput, cbOutput);
  return STATUS_SUCCESS;
}

NTSTATUS BCryptDuplicateHash(BCRYPT_HASH_HANDLE hHash, BCRYPT_HASH_HANDLE* phNewHash, PUCHAR pbHashObject,
                             ULONG cbHashObject, ULONG dwFlags) {
  nt::Thread& thread = enter("BCryptDuplicateHash", nt::kDispatch);
  const auto hash = nt::open(thread, "BCryptDuplicateHash", hHash, CryptoKind::kHash);
  if (!hash || !hash->running) return STATUS_INVALID_HANDLE;
  if (phNewHash == nullptr || dwFlags != 0) return STATUS_INVALID_PARAMETER;
  const NTSTATUS status = nt::check_hash_memory(pbHashObject, cbHashObject);
  if (status != STATUS_SUCCESS) return status;
  if (nt::fails_now(thread, "BCryptDuplicateHash")) return STATUS_NO_MEMORY;
  auto twin = std::make_shared<CryptoObject>();
  twin->kind = CryptoKind::kHash;
  twin->algorithm = hash->algorithm;
  twin->keyed = hash->keyed;
  twin->reusable = hash->reusable;
  twin->dispatch = hash->dispatch;
  twin->driver = thread.driver;
  twin->key = hash->key;
  twin->running = hash->running->copy();
  *phNewHash = nt::crypto(thread).insert(std::move(twin));
  return STATUS_SUCCESS;
}

NTSTATUS BCryptDestroyHash(BCRYPT_HASH_HANDLE hHash) {
  nt::Thread& thread = enter("BCryptDestroyHash", nt::kDispatch);
  const auto hash = nt::open(thread, "BCryptDestroyHash", hHash, CryptoKind::kHash);
  return hash && nt::crypto(thread).remove(hHash) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS BCryptHash(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbSecret, ULONG cbSecret, PUCHAR pbInput,
                    ULONG cbInput, PUCHAR pbOutput, ULONG cbOutput) {
  nt::Thread& thread = enter("BCryptHash", nt::kDispatch);
  const auto provider = nt::open(thread, "BCryptHash", hAlgorithm, CryptoKind::kProvider);
  if (!provider) return STATUS_INVALID_HANDLE;
  const NTSTATUS status = nt::check_hash_of(*provider, pbSecret, cbSecret);
  if (status != STATUS_SUCCESS) return status;
  if (nt::is_missing(pbInput, cbInput) || pbOutput == nullptr || cbOutput != provider->algorithm->hash_size)
    return STATUS_INVALID_PARAMETER;
  if (nt::fails_now(thread, "BCryptHash")) return STATUS_NO_MEMORY;
  const auto hash = nt::make_hash(thread, *provider, pbSecret, cbSecret, false);
  hash->running->add({pbInput, cbInput});
  nt::end_hash(*hash, pbOutput, cbOutput);
  return STATUS_SUCCESS;
}

// In a seeded machine these are no random numbers: the seed decides each of them, so that a run replays. The
// flag BCRYPT_RNG_USE_ENTROPY_IN_BUFFER is ignored, as it is since Windows 8.
NTSTATUS BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags) {
  nt::Thread& thread = enter("BCryptGenRandom", nt::kDispatch);
  constexpr ULONG kFlags = BCRYPT_RNG_USE_ENTROPY_IN_BUFFER | BCRYPT_USE_SYSTEM_PREFERRED_RNG;
  if ((dwFlags & ~kFlags) != 0 || nt::is_missing(pbBuffer, cbBuffer)) return STATUS_INVALID_PARAMETER;
  if ((dwFlags & BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0) {
    nt::check_irql(thread, "BCryptGenRandom with BCRYPT_USE_SYSTEM_PREFERRED_RNG", nt::kPassive);
    if (hAlgorithm != nullptr) return STATUS_INVALID_PARAMETER;
  } else {
    const auto provider = nt::open(thread, "BCryptGenRandom", hAlgorithm, CryptoKind::kProvider);
    if (!provider || provider->algorithm->hashes()) return STATUS_INVALID_HANDLE;
  }
  if (nt::fails_now(thread, "BCryptGenRandom")) return STATUS_UNSUCCESSFUL;
  return nt::crypto(thread).random({pbBuffer, cbBuffer}) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

}  // extern "C"
