#include "nt/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {
namespace {

constexpr CryptoAlgorithm kAlgorithms[] = {
    {u"MD5", "MD5", 16, 64},          {u"SHA1", "SHA1", 20, 64},        {u"SHA256", "SHA2-256", 32, 64},
    {u"SHA384", "SHA2-384", 48, 128}, {u"SHA512", "SHA2-512", 64, 128}, {u"RNG", nullptr, 0, 0},
};

// The upper half of the address space, so that a driver that looks into a handle faults.
constexpr std::uint64_t kHandleBase = 0xFFFFB40000000000;
constexpr std::uint64_t kHandleStep = 64;

// OpenSSL refuses nothing of what is asked of it here but for want of memory.
void demand(bool done) {
  if (!done) misuse("OpenSSL refused a digest that the simulator offers");
}

}  // namespace

const CryptoAlgorithm* find_algorithm(std::u16string_view name) {
  const auto* found = std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                                   [&](const CryptoAlgorithm& known) { return known.name == name; });
  return found != std::end(kAlgorithms) ? found : nullptr;
}

// One of the two is there.
struct RunningHash::State {
  EVP_MD_CTX* plain = nullptr;
  EVP_MAC_CTX* keyed = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    EVP_MD_CTX_free(plain);
    EVP_MAC_CTX_free(keyed);
  }
};

RunningHash::RunningHash(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunningHash::~RunningHash() = default;

std::unique_ptr<RunningHash> RunningHash::begin(const CryptoAlgorithm& algorithm,
                                                const std::vector<std::uint8_t>* key) {
  auto state = std::make_unique<State>();
  if (key == nullptr) {
    state->plain = EVP_MD_CTX_new();
    demand(state->plain != nullptr &&
           EVP_DigestInit_ex(state->plain, EVP_get_digestbyname(algorithm.digest), nullptr) == 1);
  } else {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    state->keyed = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string("digest", const_cast<char*>(algorithm.digest), 0),
        OSSL_PARAM_construct_end()};
    // A key of no bytes is a key; a null pointer would mean the one before.
    constexpr unsigned char kNoBytes = 0;
    demand(state->keyed != nullptr &&
           EVP_MAC_init(state->keyed, key->empty() ? &kNoBytes : key->data(), key->size(), parameters) == 1);
  }
  return std::unique_ptr<RunningHash>(new RunningHash(std::move(state)));
}

std::unique_ptr<RunningHash> RunningHash::copy() const {
  auto state = std::make_unique<State>();
  if (state_->plain != nullptr) {
    state->plain = EVP_MD_CTX_new();
    demand(EVP_MD_CTX_copy_ex(state->plain, state_->plain) == 1);
  } else {
    state->keyed = EVP_MAC_CTX_dup(state_->keyed);
    demand(state->keyed != nullptr);
  }
  return std::unique_ptr<RunningHash>(new RunningHash(std::move(state)));
}

void RunningHash::add(std::span<const std::uint8_t> bytes) {
  demand(state_->plain != nullptr ? EVP_DigestUpdate(state_->plain, bytes.data(), bytes.size()) == 1
                                  : EVP_MAC_update(state_->keyed, bytes.data(), bytes.size()) == 1);
}

void RunningHash::finish(std::span<std::uint8_t> out) {
  if (state_->plain != nullptr) {
    demand(EVP_DigestFinal_ex(state_->plain, out.data(), nullptr) == 1);
    return;
  }
  std::size_t size = 0;
  demand(EVP_MAC_final(state_->keyed, out.data(), &size, out.size()) == 1);
}

// The seed of the schedule is drawn from as well; the same numbers in the same order would tie the two.
Crypto::Crypto(System& system) : system_(system), random_(system.seed() ^ 0x43727970746F524Eu) {}

void* Crypto::insert(std::shared_ptr<CryptoObject> object) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t value = kHandleBase + ++last_ * kHandleStep;
  objects_.emplace(value, std::move(object));
  return reinterpret_cast<void*>(value);
}

std::shared_ptr<CryptoObject> Crypto::find(const void* handle) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(reinterpret_cast<std::uint64_t>(handle));
  return found != objects_.end() ? found->second : nullptr;
}

bool Crypto::remove(const void* handle) {
  const std::lock_guard lock(mutex_);
  return objects_.erase(reinterpret_cast<std::uint64_t>(handle)) != 0;
}

bool Crypto::random(std::span<std::uint8_t> out) {
  if (!system_.scheduler().seeded())
    return out.empty() || RAND_bytes(out.data(), static_cast<int>(out.size())) == 1;
  const std::lock_guard lock(mutex_);
  std::uint64_t word = 0;
  for (std::size_t at = 0; at < out.size(); ++at) {
    if (at % sizeof word == 0) word = random_.next();
    out[at] = static_cast<std::uint8_t>(word >> (8 * (at % sizeof word)));
  }
  return true;
}

void Crypto::report_leaks(const DriverIdentity* driver) {
  std::size_t providers = 0;
  std::size_t hashes = 0;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = objects_.begin(); at != objects_.end();) {
      const bool mine = at->second->driver == driver;
      if (mine) ++(at->second->kind == CryptoObject::Kind::kProvider ? providers : hashes);
      at = mine ? objects_.erase(at) : std::next(at);
    }
  }
  const auto report = [&](std::size_t count, const char* what, const char* remedy) {
    if (count == 0) return;
    system_.verifier().report({.id = "VER-40",
                               .severity = Severity::kError,
                               .text = std::to_string(count) + " BCrypt " + what +
                                       " handle(s) were never closed; close each with " + remedy,
                               .driver = driver != nullptr ? driver->name : std::string(),
                               .object = {},
                               .allocated_at = {}});
  };
  report(hashes, "hash", "BCryptDestroyHash");
  report(providers, "algorithm", "BCryptCloseAlgorithmProvider");
}

}  // namespace fltsim::nt
