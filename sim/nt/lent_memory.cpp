#include "nt/lent_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "nt/enter.hpp"
#include "nt/poison.hpp"
#include "nt/user_memory.hpp"

namespace fltsim::nt {
namespace {

constexpr std::size_t kAlignment = 16;
// How many loans are remembered, so that a late touch is explained.
constexpr std::size_t kRemembered = 64;

std::size_t in_whole(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

LentMemory::~LentMemory() {
  for (const Loan& loan : loans_) unmap(loan);
}

void LentMemory::unmap(const Loan& loan) {
  ASAN_UNPOISON_MEMORY_REGION(loan.pages, loan.length);
  munmap(loan.pages, loan.length);
}

void* LentMemory::lend(const void* bytes, std::size_t size, std::string what) {
  const std::size_t there = in_whole(size, kUserPage);
  const std::size_t length = there + kUserPage;
  void* mapped = mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED || (there != 0 && mprotect(mapped, there, PROT_READ | PROT_WRITE) != 0))
    misuse("the host has no memory for a buffer that a driver is lent");
  auto* const pages = static_cast<std::byte*>(mapped);
  std::byte* const start = pages + there - in_whole(size, kAlignment);
  if (size != 0) std::memcpy(start, bytes, size);
  // What alignment leaves behind the end can be seen by the address sanitizer alone.
  ASAN_POISON_MEMORY_REGION(start + size, static_cast<std::size_t>(pages + there - (start + size)));
  const std::lock_guard lock(mutex_);
  if (loans_.size() >= kRemembered) {
    const auto oldest =
        std::find_if(loans_.begin(), loans_.end(), [](const Loan& one) { return one.returned; });
    if (oldest != loans_.end()) {
      unmap(*oldest);
      loans_.erase(oldest);
    }
  }
  loans_.push_back({pages, length, start, size, false, std::move(what)});
  return start;
}

void LentMemory::take_back(const void* address) {
  const std::lock_guard lock(mutex_);
  const auto loan = std::find_if(loans_.begin(), loans_.end(),
                                 [&](const Loan& one) { return one.start == address && !one.returned; });
  if (loan == loans_.end()) misuse("memory was taken back that was not lent");
  loan->returned = true;
  if (mprotect(loan->pages, loan->length, PROT_NONE) != 0) misuse("lent memory could not be taken away");
}

std::string LentMemory::explain(std::uintptr_t address) const {
  const std::lock_guard lock(mutex_);
  for (const Loan& loan : loans_) {
    if (address - reinterpret_cast<std::uintptr_t>(loan.pages) >= loan.length) continue;
    if (loan.returned) return loan.what + " was touched after the callback that it was lent to had returned";
    const auto offset = static_cast<std::intptr_t>(address - reinterpret_cast<std::uintptr_t>(loan.start));
    return "byte " + std::to_string(offset) + " of " + loan.what + " was touched, which has " +
           std::to_string(loan.size) + " bytes";
  }
  return {};
}

}  // namespace fltsim::nt
