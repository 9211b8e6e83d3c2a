#include "nt/pool.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/poison.hpp"

namespace fltsim::nt {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHeapIsWatched = true;
#elif defined(__has_feature)
constexpr bool kHeapIsWatched = __has_feature(address_sanitizer);
#else
constexpr bool kHeapIsWatched = false;
#endif

constexpr std::size_t kFreedMax = 4096;                 // per shard
constexpr std::size_t kSizeMax = std::size_t{1} << 40;  // more than any Windows gives its pools
constexpr int kPattern = 0xA5;
constexpr int kFreedPattern = 0xDD;

std::size_t rounded(std::size_t size, std::size_t alignment) {
  return (size + alignment - 1) & ~(alignment - 1);
}

struct Block {
  void* heap;
  void* address;
};

// Large zeroed blocks are zero as the host gives them: what nobody touches then costs nothing.
Block large_block(Pool::Fill fill, std::size_t size) {
  if (fill != Pool::Fill::kZero) {
    void* address = std::aligned_alloc(Pool::kPage, rounded(size, Pool::kPage));
    if (address != nullptr) std::memset(address, kPattern, size);
    return {address, address};
  }
  const std::size_t length = size + Pool::kPage;
  auto* heap = static_cast<std::byte*>(std::calloc(1, length));
  if (heap == nullptr) return {};
  auto* address = reinterpret_cast<std::byte*>(rounded(reinterpret_cast<std::uintptr_t>(heap), Pool::kPage));
  // The address sanitizer sees what lies in front of it and behind it.
  ASAN_POISON_MEMORY_REGION(heap, static_cast<std::size_t>(address - heap));
  ASAN_POISON_MEMORY_REGION(address + size, static_cast<std::size_t>(heap + length - (address + size)));
  return {heap, address};
}

// The exact size goes to the heap, so that the address sanitizer sees the first byte too many.
Block small_block(Pool::Fill fill, std::size_t size) {
  void* address = std::malloc(std::max<std::size_t>(size, 1));
  if (address != nullptr) std::memset(address, fill == Pool::Fill::kZero ? 0 : kPattern, size);
  return {address, address};
}

std::string describe(const Pool::Allocation& known) {
  return std::to_string(known.size) + " bytes with the tag '" + tag_text(known.tag) + "'";
}

}  // namespace

std::string tag_text(std::uint32_t tag) {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    const auto character = static_cast<unsigned char>(tag >> (8 * i));
    text += character >= 0x20 && character < 0x7F ? static_cast<char>(character) : '.';
  }
  return text;
}

Pool::~Pool() {
  for (Shard& shard : shards_) {
    for (const auto& [address, allocation] : shard.live) std::free(allocation.heap);
  }
}

void* Pool::allocate(const DriverIdentity* driver, Kind kind, Fill fill, std::size_t size,
                     std::uint32_t tag) {
  if (size > kSizeMax) return nullptr;
  const auto [heap, address] = size >= kPage ? large_block(fill, size) : small_block(fill, size);
  if (address == nullptr) return nullptr;
  Shard& place = shard(address);
  const Allocation allocation{.address = address,
                              .size = size,
                              .tag = tag,
                              .kind = kind,
                              .driver = driver,
                              .number = numbers_.fetch_add(1, std::memory_order_relaxed) + 1,
                              .heap = heap};
  const PageBit bit(address);
  if (!may_be_ours(address)) pages_[bit.word].fetch_or(bit.mask, std::memory_order_relaxed);
  const std::lock_guard lock(place.mutex);
  place.freed.erase(address);
  place.live.insert_or_assign(address, allocation);
  note_start(place, address, size);
  return address;
}

void Pool::bad_free(Thread& thread, const char* routine, const char* what, const Allocation* known) {
  std::string text = std::string(routine) + ": " + what;
  if (known != nullptr) text += ": " + describe(*known);
  bug_check(thread, "VER-41", text + ". Windows stops with BAD_POOL_CALLER.");
}

void Pool::free(Thread& thread, const char* routine, void* address, std::uint32_t tag) {
  Shard& place = shard(address);
  Allocation known{};
  const char* wrong = nullptr;
  bool is_known = true;
  {
    const std::lock_guard lock(place.mutex);
    if (const auto live = place.live.find(address); live != place.live.end()) {
      known = live->second;
      if (tag != 0 && tag != known.tag) {
        wrong = "the tag is not the one of the allocation";
      } else {
        place.live.erase(live);
        forget_start(place, address, known.size);
        if (place.freed.size() >= kFreedMax) place.freed.clear();
        place.freed.emplace(address, known);
      }
    } else if (const auto freed = place.freed.find(address); freed != place.freed.end()) {
      known = freed->second;
      wrong = "the memory has been freed already";
    } else {
      is_known = false;
      wrong = "the address was never given out by the pool";
    }
  }
  if (wrong != nullptr) bad_free(thread, routine, wrong, is_known ? &known : nullptr);
  if (known.kind == Kind::kPaged) check_irql(thread, routine, kApc);
  system_.nt().driver_watch().forget(address, known.size);
  if (!kHeapIsWatched) std::memset(address, kFreedPattern, known.size);
  std::free(known.heap);
}

bool Pool::find(const void* address, Allocation& allocation) const {
  const Shard& place = shard(address);
  const std::lock_guard lock(place.mutex);
  const auto live = place.live.find(address);
  if (live == place.live.end()) return false;
  allocation = live->second;
  return true;
}

bool Pool::find_holding(const void* address, Allocation& allocation) const {
  if (find(address, allocation)) return true;
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  for (const void* start : {small_start_below(wanted), large_start_below(wanted)}) {
    if (start == nullptr || !find(start, allocation)) continue;
    if (wanted - reinterpret_cast<std::uintptr_t>(start) < allocation.size) return true;
  }
  return false;
}

void Pool::note_start(Shard& place, const void* address, std::size_t size) {
  const auto start = reinterpret_cast<std::uintptr_t>(address);
  if (size < kPage) {
    place.starts[start / kPage].set(start % kPage / kAlignment);
  } else {
    const std::lock_guard lock(large_mutex_);
    large_.insert(start);
  }
}

void Pool::forget_start(Shard& place, const void* address, std::size_t size) {
  const auto start = reinterpret_cast<std::uintptr_t>(address);
  if (size < kPage) {
    const auto page = place.starts.find(start / kPage);
    if (page->second.reset(start % kPage / kAlignment).none()) place.starts.erase(page);
  } else {
    const std::lock_guard lock(large_mutex_);
    large_.erase(start);
  }
}

// In its own page, or behind all others in the page before.
const void* Pool::small_start_below(std::uintptr_t address) const {
  std::size_t slots = address % kPage / kAlignment + 1;
  for (const std::uintptr_t page : {address / kPage, address / kPage - 1}) {
    const Shard& place = shard(reinterpret_cast<const void*>(page * kPage));
    const std::lock_guard lock(place.mutex);
    if (const auto found = place.starts.find(page); found != place.starts.end()) {
      while (slots != 0) {
        if (found->second.test(--slots))
          return reinterpret_cast<const void*>(page * kPage + slots * kAlignment);
      }
    }
    slots = kPage / kAlignment;
  }
  return nullptr;
}

const void* Pool::large_start_below(std::uintptr_t address) const {
  const std::lock_guard lock(large_mutex_);
  const auto above = large_.upper_bound(address);
  return above == large_.begin() ? nullptr : reinterpret_cast<const void*>(*std::prev(above));
}

void Pool::mark_handed_back(const void* address) {
  if (!may_be_ours(address)) return;
  Shard& place = shard(address);
  const std::lock_guard lock(place.mutex);
  if (const auto live = place.live.find(address); live != place.live.end()) live->second.handed_back = true;
}

std::vector<Pool::Leak> Pool::leaks(const DriverIdentity* driver) const {
  std::map<std::uint32_t, Leak> by_tag;
  for (const Shard& place : shards_) {
    const std::lock_guard lock(place.mutex);
    for (const auto& [address, allocation] : place.live) {
      if (allocation.driver != driver) continue;
      Leak& leak = by_tag.try_emplace(allocation.tag, Leak{allocation.tag, 0, 0, UINT64_MAX}).first->second;
      ++leak.count;
      leak.bytes += allocation.size;
      leak.handed_back += allocation.handed_back ? 1 : 0;
      leak.first_number = std::min(leak.first_number, allocation.number);
    }
  }
  std::vector<Leak> all;
  for (const auto& [tag, leak] : by_tag) all.push_back(leak);
  std::sort(all.begin(), all.end(),
            [](const Leak& a, const Leak& b) { return a.first_number < b.first_number; });
  return all;
}

void Pool::report_leaks(const DriverIdentity& driver) {
  for (const Leak& leak : leaks(&driver)) {
    if (leak.handed_back != 0) {
      system_.verifier().report({.id = "VER-13",
                                 .severity = Severity::kError,
                                 .text = std::to_string(leak.handed_back) +
                                         " completion context(s) with the tag '" + tag_text(leak.tag) +
                                         "' were handed to a post callback and not freed; free them there, "
                                         "draining or not",
                                 .driver = driver.name,
                                 .object = {},
                                 .allocated_at = {}});
    }
    system_.verifier().report(
        {.id = "VER-40",
         .severity = Severity::kError,
         .text = "pool was not freed when the driver was unloaded: " + std::to_string(leak.count) +
                 " allocation(s), " + std::to_string(leak.bytes) + " bytes with the tag '" +
                 tag_text(leak.tag) + "'; free them in the unload routine",
         .driver = driver.name,
         .object = {},
         .allocated_at = {}});
  }
  for (Shard& place : shards_) {
    const std::lock_guard lock(place.mutex);
    std::erase_if(place.live, [&](const auto& entry) {
      if (entry.second.driver != &driver) return false;
      forget_start(place, entry.first, entry.second.size);
      std::free(entry.second.heap);
      return true;
    });
  }
}

}  // namespace fltsim::nt
