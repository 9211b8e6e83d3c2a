// Memory that a driver is lent for one call: it ends where the loan ends, and is gone once the call has
// returned. A touch beyond its end or after the call faults, and the fault is explained from here (VER-25).
//
// Threads: any; one leaf lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace fltsim::nt {

class LentMemory {
 public:
  LentMemory() = default;
  ~LentMemory();
  LentMemory(const LentMemory&) = delete;
  LentMemory& operator=(const LentMemory&) = delete;

  // A copy of `size` bytes, 16-aligned, with a page behind it that is not there. `what` names it in findings.
  void* lend(const void* bytes, std::size_t size, std::string what);
  // What lend() gave: none of it is there any more.
  void take_back(const void* address);

  // What a touch of `address` did wrong; empty when the address belongs to no loan.
  std::string explain(std::uintptr_t address) const;

 private:
  struct Loan {
    std::byte* pages;
    std::size_t length;  // of the mapping, the missing page included
    std::byte* start;
    std::size_t size;
    bool returned;
    std::string what;
  };
  static void unmap(const Loan& loan);

  mutable std::mutex mutex_;
  std::deque<Loan> loans_;  // those that run, and the last that were returned
};

}  // namespace fltsim::nt
