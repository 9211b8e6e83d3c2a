// The machine's registry: a small tree of keys and values, in memory. Names are case-insensitive and keep
// their case; enumeration is in the order of the upcased names.
//
// Threads: one leaf lock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fltsim::nt {

enum class ValueType : std::uint32_t {
  kNone = 0,
  kString = 1,
  kExpandString = 2,
  kBinary = 3,
  kDword = 4,
  kLink = 6,
  kMultiString = 7,
  kQword = 11,
};

struct RegistryValue {
  ValueType type = ValueType::kNone;
  std::vector<std::uint8_t> data;
  std::u16string name{};  // as it was first set; out of get() only
};

// The body of kKeyType. `name` is the path as a driver is shown it (CmCallbackGetKeyObjectID).
struct RegistryKey {
  std::u16string path;
  // Laid out as UNICODE_STRING, which not everybody who includes this knows.
  struct Counted {
    std::uint16_t length;
    std::uint16_t capacity;
    const char16_t* text;
  } name{};
};

// A path is absolute: \Registry\Machine\System\CurrentControlSet\Services\drmfilter\Parameters.
class Registry {
 public:
  // `now` tells the time of changes; none before it is set.
  void set_clock(std::function<std::uint64_t()> now) { now_ = std::move(now); }

  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  bool exists(std::u16string_view path) const;
  // The path with the case that its keys were made with; nothing when there is no such key.
  std::optional<std::u16string> spelled(std::u16string_view path) const;
  // Makes the key and every key above it. True when it is new.
  bool create(std::u16string_view path);
  // Only a key without subkeys: false otherwise, or when there is none.
  bool remove(std::u16string_view path);

  std::vector<std::u16string> subkeys(std::u16string_view path) const;
  // Names with their case, in order; "" is the default value.
  std::vector<std::u16string> values(std::u16string_view path) const;
  std::optional<RegistryValue> get(std::u16string_view path, std::u16string_view name) const;
  // False when there is no such key.
  [[nodiscard]] bool set(std::u16string_view path, std::u16string_view name, RegistryValue value);
  bool remove_value(std::u16string_view path, std::u16string_view name);
  // Gives the key another last component. False: there is no such key, or the name is taken.
  [[nodiscard]] bool rename(std::u16string_view path, std::u16string_view name);
  // When the key, its values or its subkeys were changed last.
  std::uint64_t last_write(std::u16string_view path) const;

  // Conveniences for the loader and tests: the key is made if it is missing.
  void set_string(std::u16string_view path, std::u16string_view name, std::u16string_view value);
  void set_dword(std::u16string_view path, std::u16string_view name, std::uint32_t value);
  void set_multi_string(std::u16string_view path, std::u16string_view name,
                        const std::vector<std::u16string>& values);
  // REG_SZ and REG_EXPAND_SZ, without the terminator.
  std::optional<std::u16string> get_string(std::u16string_view path, std::u16string_view name) const;

 private:
  struct Key;
  Key* find(std::u16string_view path) const;
  void put(std::u16string_view path, std::u16string_view name, RegistryValue value);

  mutable std::mutex mutex_;
  std::unique_ptr<Key> root_;
  std::function<std::uint64_t()> now_;
};

}  // namespace fltsim::nt
