#include "client/heap.hpp"

#include <algorithm>

#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/process.hpp"

namespace fltsim::client {
namespace {

constexpr std::size_t kUnit = 16;
constexpr std::size_t kPiece = std::size_t{1} << 18;

}  // namespace

bool Heap::grow(std::size_t room) {
  const std::size_t size = std::max(room, kPiece);
  void* piece = process_.system.nt().user_space().allocate(&process_, size);
  if (piece == nullptr) return false;
  const auto begin = reinterpret_cast<std::uintptr_t>(piece);
  blocks_.emplace(begin, Block{size, 0, false});
  free_.emplace(size, begin);
  seams_.insert(begin);
  return true;
}

void* Heap::allocate(std::size_t size) {
  if (size > SIZE_MAX / 2) return nullptr;
  const std::size_t room = std::max(kUnit, (size + kUnit - 1) / kUnit * kUnit);
  const std::lock_guard lock(mutex_);
  auto found = free_.lower_bound({room, 0});
  if (found == free_.end()) {
    if (!grow(room)) return nullptr;
    found = free_.lower_bound({room, 0});
  }
  const std::uintptr_t begin = found->second;
  Block& block = blocks_.at(begin);
  free_.erase(found);
  if (block.room > room) {
    blocks_.emplace(begin + room, Block{block.room - room, 0, false});
    free_.emplace(block.room - room, begin + room);
    block.room = room;
  }
  block.asked = size;
  block.taken = true;
  return reinterpret_cast<void*>(begin);
}

void Heap::merge_with_next(Blocks::iterator block) {
  const auto next = std::next(block);
  if (next == blocks_.end() || next->second.taken || seams_.contains(next->first)) return;
  free_.erase({next->second.room, next->first});
  block->second.room += next->second.room;
  blocks_.erase(next);
}

bool Heap::free(void* memory) {
  const std::lock_guard lock(mutex_);
  auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(memory));
  if (found == blocks_.end() || !found->second.taken) return false;
  found->second.taken = false;
  merge_with_next(found);
  if (found != blocks_.begin() && !seams_.contains(found->first)) {
    const auto before = std::prev(found);
    if (!before->second.taken) {
      free_.erase({before->second.room, before->first});
      merge_with_next(before);
      found = before;
    }
  }
  free_.emplace(found->second.room, found->first);
  return true;
}

std::optional<std::size_t> Heap::size_of(const void* memory) {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(memory));
  if (found == blocks_.end() || !found->second.taken) return std::nullopt;
  return found->second.asked;
}

}  // namespace fltsim::client
