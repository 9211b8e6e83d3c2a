#include "nt/user_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/guarded_copy.hpp"

namespace fltsim::nt {
namespace {

constexpr std::size_t kPages = UserSpace::kSize / kUserPage;
constexpr std::size_t kPresentedAlignment = 16;
constexpr std::uintptr_t kLowestAddress = 0x10000;
constexpr std::uintptr_t kEndOfPrograms = std::uintptr_t{1} << 47;

std::size_t pages_for(std::size_t length) {
  return std::max<std::size_t>(1, (length + kUserPage - 1) / kUserPage);
}

// Whether an address can be a program's: what lies elsewhere is not touched.
bool may_be_program(const void* address, std::size_t length) {
  return reinterpret_cast<std::uintptr_t>(address) >= kLowestAddress && !beyond_programs(address, length);
}

}  // namespace

UserSpace::UserSpace() {
  void* range = mmap(nullptr, kSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) misuse("no room in the address space for a machine's user memory (1 GB)");
  base_ = static_cast<std::byte*>(range);
  prepare_guarded_copies();
}

UserSpace::~UserSpace() { munmap(base_, kSize); }

bool UserSpace::contains(const void* address, std::size_t length) const {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  const auto base = reinterpret_cast<std::uintptr_t>(base_);
  return first >= base && first - base <= kSize && length <= kSize - (first - base);
}

bool UserSpace::is_mapped(const void* address, std::size_t length) const {
  return length == 0 || (contains(address, length) && guarded_touch(address, length));
}

std::size_t UserSpace::find_room(std::size_t from, std::size_t pages) const {
  std::size_t first = from;
  for (auto block = blocks_.lower_bound(from); block != blocks_.end(); ++block) {
    if (block->first - first > pages) break;  // one page more: an unmapped guard behind every block
    first = block->first + block->second.pages + 1;
  }
  return pages >= kPages || first > kPages - pages - 1 ? 0 : first;
}

void* UserSpace::allocate(const Process* owner, std::size_t length) {
  const std::size_t pages = pages_for(length);
  const std::lock_guard lock(mutex_);
  std::size_t first = find_room(next_, pages);
  if (first == 0) first = find_room(kFirstPage, pages);
  if (first == 0) return nullptr;
  std::byte* address = base_ + first * kUserPage;
  // Mapped anew, not merely unprotected: what a former owner left must not show.
  void* mapped = mmap(address, pages * kUserPage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  blocks_.emplace(first, Block{pages, owner});
  next_ = first + pages + 1;
  return address;
}

void UserSpace::take_away(std::size_t first, std::size_t pages) {
  void* mapped = mmap(base_ + first * kUserPage, pages * kUserPage, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (mapped == MAP_FAILED) misuse("user memory could not be unmapped");
}

void UserSpace::free(void* address) {
  const std::size_t first = static_cast<std::size_t>(static_cast<std::byte*>(address) - base_) / kUserPage;
  const std::lock_guard lock(mutex_);
  const auto block = blocks_.find(first);
  if (block == blocks_.end()) misuse("user memory was freed that was not allocated");
  take_away(first, block->second.pages);
  blocks_.erase(block);
}

bool UserSpace::free_of(const Process& owner, void* address) {
  if (!contains(address, 1) || (static_cast<std::byte*>(address) - base_) % kUserPage != 0) return false;
  const std::size_t first = static_cast<std::size_t>(static_cast<std::byte*>(address) - base_) / kUserPage;
  const std::lock_guard lock(mutex_);
  const auto block = blocks_.find(first);
  if (block == blocks_.end() || block->second.owner != &owner) return false;
  take_away(first, block->second.pages);
  blocks_.erase(block);
  return true;
}

void UserSpace::free_all(const Process& owner) {
  const std::lock_guard lock(mutex_);
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    if (block->second.owner != &owner) {
      ++block;
      continue;
    }
    take_away(block->first, block->second.pages);
    block = blocks_.erase(block);
  }
}

void UserSpace::unmap(void* address, std::size_t length) {
  const std::size_t offset = static_cast<std::size_t>(static_cast<std::byte*>(address) - base_);
  const std::size_t first = offset / kUserPage;
  const std::size_t pages = (offset + length - 1) / kUserPage - first + 1;
  const std::lock_guard lock(mutex_);
  take_away(first, pages);
}

UserScratch::~UserScratch() {
  if (base_ != nullptr) space_.free(base_);
}

bool beyond_programs(const void* address, std::size_t length) {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  return first >= kEndOfPrograms || length > kEndOfPrograms - first;
}

bool client_memory(const void* address, std::size_t length) {
  return may_be_program(address, length) && guarded_touch(address, length);
}

bool copy_to_client(void* client, const void* from, std::size_t length) {
  return length == 0 || (may_be_program(client, length) && guarded_write(client, from, length));
}

bool copy_from_client(void* to, const void* client, std::size_t length) {
  return length == 0 || (may_be_program(client, length) && guarded_read(to, client, length));
}

bool peek(void* to, const void* from, std::size_t length) {
  return may_be_program(from, length) && guarded_peek(to, from, length);
}

UserBuffer::UserBuffer(Thread& thread, const void* client, std::size_t length, Use use)
    : thread_(thread), client_(const_cast<void*>(client)), length_(length), use_(use), presented_(client_) {
  UserSpace& space = thread.system.nt().user_space();
  // What starts in the range, or where nothing is, is left for the driver's probe to judge.
  if (!may_be_program(client, length) || space.contains(client, 0) || !guarded_touch(client, length)) return;
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(client) % kPresentedAlignment;
  std::byte* room = take_scratch(space, offset + length);
  if (room == nullptr) {
    place_ = Place::kPages;
    room = static_cast<std::byte*>(space.allocate(&thread.process, offset + length));
    if (room == nullptr) bug_check(thread, "SIM-7", "the machine's user memory is full");
  }
  presented_ = room + offset;
  if (length != 0) std::memcpy(presented_, client, length);
}

std::byte* UserBuffer::take_scratch(UserSpace& space, std::size_t length) {
  if (thread_.scratch == nullptr) thread_.scratch = std::make_unique<UserScratch>(space);
  UserScratch& scratch = *thread_.scratch;
  if (length > UserScratch::kSize - scratch.used_) return nullptr;
  if (scratch.base_ == nullptr) {
    scratch.base_ = static_cast<std::byte*>(space.allocate(nullptr, UserScratch::kSize));
    if (scratch.base_ == nullptr) return nullptr;
  }
  place_ = Place::kScratch;
  scratch_before_ = scratch.used_;
  std::byte* room = scratch.base_ + scratch.used_;
  scratch.used_ = std::min((scratch.used_ + length + kPresentedAlignment - 1) & ~(kPresentedAlignment - 1),
                           UserScratch::kSize);
  return room;
}

UserBuffer::~UserBuffer() {
  if (place_ == Place::kSame) return;
  if (use_ == Use::kOutput && length_ != 0) std::memcpy(client_, presented_, length_);
  if (place_ == Place::kScratch) {
    thread_.scratch->used_ = scratch_before_;
  } else {
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(client_) % kPresentedAlignment;
    thread_.system.nt().user_space().free(static_cast<std::byte*>(presented_) - offset);
  }
}

}  // namespace fltsim::nt
