// Kernel pool: the program's own heap (so that the address sanitizer sees overruns), with a record per
// allocation.
//
// Wrong use is a finding: memory freed twice, with the wrong tag, or that never came from the pool
// (VER-41), a zero tag (VER-37), paged pool at DISPATCH_LEVEL (VER-23), and what a driver has not freed when it
// is unloaded.
//
// Threads: any; sharded leaf locks.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "nt/thread.hpp"

namespace fltsim::nt {

// A tag as the debugger prints it: 4 characters, '.' for those that do not print.
std::string tag_text(std::uint32_t tag);

class Pool {
 public:
  enum class Kind : std::uint8_t {
    kNonPaged,
    kPaged,
  };
  enum class Fill : std::uint8_t {
    kZero,
    kPattern,  // uninitialised: 0xA5
  };

  struct Allocation {
    const void* address;
    std::size_t size;
    std::uint32_t tag;
    Kind kind;
    const DriverIdentity* driver;  // null: the simulator on nobody's behalf
    std::uint64_t number;          // in order of allocation
    void* heap = nullptr;          // the block of the host's heap that holds it
    bool handed_back = false;      // mark_handed_back()
  };

  // Of what is left of one tag.
  struct Leak {
    std::uint32_t tag;
    std::size_t count;
    std::size_t bytes;
    std::uint64_t first_number;
    std::size_t handed_back = 0;  // how many of them
  };

  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kAlignment = 16;  // of allocations of less than a page; others begin one

  explicit Pool(System& system) : system_(system) {}
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // 16-aligned; page-aligned from a page on. Null for a size that no machine has, and when the host has no
  // memory.
  void* allocate(const DriverIdentity* driver, Kind kind, Fill fill, std::size_t size, std::uint32_t tag);
  // `tag` 0: any. `routine` names the caller in findings.
  void free(Thread& thread, const char* routine, void* address, std::uint32_t tag);

  // The allocation that holds `address`, if it is the start of one.
  bool find(const void* address, Allocation& allocation) const;
  // The allocation that holds `address`, wherever in it.
  bool find_holding(const void* address, Allocation& allocation) const;

  // A post callback was given this memory as its completion context and has returned: whose it is now is the
  // driver's business, but if it leaks, this is why (VER-13). Other addresses are ignored.
  void mark_handed_back(const void* address);

  // What `driver` (null: the simulator) has not freed, by tag in order of its first allocation.
  std::vector<Leak> leaks(const DriverIdentity* driver) const;
  // The findings for that, one per tag, and the memory is given back. For the loader, after DriverUnload.
  void report_leaks(const DriverIdentity& driver);

 private:
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<const void*, Allocation> live;
    // Where in a page allocations of less than a page begin, by the number of the page.
    std::unordered_map<std::uintptr_t, std::bitset<kPage / kAlignment>> starts;
    std::unordered_map<const void*, Allocation> freed;  // recent ones, to tell a double free; bounded
  };
  // A page's bit in pages_, which it shares with others.
  struct PageBit {
    explicit PageBit(const void* address)
        : word(reinterpret_cast<std::uintptr_t>(address) / kPage / 64 % kPageWords),
          mask(std::uint64_t{1} << (reinterpret_cast<std::uintptr_t>(address) / kPage % 64)) {}
    std::size_t word;
    std::uint64_t mask;
  };
  static constexpr std::size_t kPageWords = 1024;
  // Allocations of one page are in one shard.
  Shard& shard(const void* address) {
    return shards_[reinterpret_cast<std::uintptr_t>(address) / kPage % shards_.size()];
  }
  const Shard& shard(const void* address) const { return const_cast<Pool*>(this)->shard(address); }
  // False for most addresses that the pool has never given out; takes no lock.
  bool may_be_ours(const void* address) const {
    const PageBit bit(address);
    return (pages_[bit.word].load(std::memory_order_relaxed) & bit.mask) != 0;
  }
  // With the lock of the address's shard held.
  void note_start(Shard& place, const void* address, std::size_t size);
  void forget_start(Shard& place, const void* address, std::size_t size);
  // The nearest start of an allocation of less than a page that could hold `address`; of one of a page and more.
  const void* small_start_below(std::uintptr_t address) const;
  const void* large_start_below(std::uintptr_t address) const;
  [[noreturn]] void bad_free(Thread& thread, const char* routine, const char* what, const Allocation* known);

  System& system_;
  std::atomic<std::uint64_t> numbers_{0};
  std::array<Shard, 16> shards_;
  // In which pages allocations have begun. Bits are set before the address is given out, and never cleared: whoever has
  // the address sees its bit, whatever the order of accesses.
  std::array<std::atomic<std::uint64_t>, kPageWords> pages_{};
  mutable std::mutex large_mutex_;  // taken under a shard's
  std::set<std::uintptr_t> large_;  // where allocations of a page and more begin
};

}  // namespace fltsim::nt
