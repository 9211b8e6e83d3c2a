// Hashes, keyed hashes and random numbers of one machine, and the handles by which drivers hold them. The
// arithmetic is OpenSSL's; this is the only part of the simulator that names it (crypto.cpp).
//
// Threads: any. The table's lock is a leaf and is not held while anything is computed; a running hash belongs to
// one thread at a time, as the documentation asks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "nt/pool.hpp"
#include "sched/prng.hpp"

namespace fltsim::nt {

inline constexpr std::size_t kHashSizeMax = 64;

struct CryptoAlgorithm {
  std::u16string_view name;
  const char* digest;  // OpenSSL's name; null: random numbers
  std::uint32_t hash_size;
  std::uint32_t block_size;

  bool hashes() const { return digest != nullptr; }
};

// Null: no such algorithm here.
const CryptoAlgorithm* find_algorithm(std::u16string_view name);

// A hash on its way.
class RunningHash {
 public:
  struct State;

  // `key` null: a plain hash. Never null; OpenSSL that refuses one of our algorithms ends the program.
  static std::unique_ptr<RunningHash> begin(const CryptoAlgorithm& algorithm,
                                            const std::vector<std::uint8_t>* key);
  ~RunningHash();
  RunningHash(const RunningHash&) = delete;
  RunningHash& operator=(const RunningHash&) = delete;

  std::unique_ptr<RunningHash> copy() const;
  void add(std::span<const std::uint8_t> bytes);
  // Once, and the last call. `out` has the algorithm's size.
  void finish(std::span<std::uint8_t> out);

 private:
  explicit RunningHash(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What a BCRYPT handle stands for.
struct CryptoObject {
  enum class Kind {
    kProvider,
    kHash
  };
  Kind kind = Kind::kProvider;
  const CryptoAlgorithm* algorithm = nullptr;
  bool keyed = false;     // HMAC
  bool reusable = false;  // begins anew after its end
  bool dispatch = false;  // opened with BCRYPT_PROV_DISPATCH
  const DriverIdentity* driver = nullptr;

  // Of a hash. `running` is null when it has ended and is not reusable.
  std::vector<std::uint8_t> key;
  std::unique_ptr<RunningHash> running;

  void begin() { running = RunningHash::begin(*algorithm, keyed ? &key : nullptr); }
};

class Crypto {
 public:
  explicit Crypto(System& system);
  Crypto(const Crypto&) = delete;
  Crypto& operator=(const Crypto&) = delete;

  // Handles look like kernel addresses, are never given out twice, and come in the same order in every replay.
  void* insert(std::shared_ptr<CryptoObject> object);
  // Null: no such handle.
  std::shared_ptr<CryptoObject> find(const void* handle) const;
  bool remove(const void* handle);

  // Seeded: a function of the machine's seed and of what was drawn before. On the host scheduler: the operating
  // system's. False when that has none to give.
  [[nodiscard]] bool random(std::span<std::uint8_t> out);

  // VER-40 for each kind of handle that the driver (null: kernel code of nobody) has left.
  void report_leaks(const DriverIdentity* driver);

 private:
  System& system_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<CryptoObject>> objects_;
  std::uint64_t last_ = 0;
  sched::Prng random_;
};

}  // namespace fltsim::nt
