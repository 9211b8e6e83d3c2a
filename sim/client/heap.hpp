// The heap of a process, in its part of the user range: what a program hands to a driver lies where Windows has it, and
// goes with the process.
//
// Threads: any; one leaf lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace fltsim::nt {
class Process;
}

namespace fltsim::client {

class Heap {
 public:
  explicit Heap(nt::Process& process) : process_(process) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // 16-byte aligned; null when the user range is full. Not zeroed.
  void* allocate(std::size_t size);
  // False: `memory` is no block of this heap, or no more.
  [[nodiscard]] bool free(void* memory);
  // What was asked for; nothing for what is no block.
  std::optional<std::size_t> size_of(const void* memory);

 private:
  struct Block {
    std::size_t room;   // a multiple of 16
    std::size_t asked;  // meaningful while it is taken
    bool taken;
  };
  using Blocks = std::map<std::uintptr_t, Block>;

  bool grow(std::size_t room);
  void merge_with_next(Blocks::iterator block);

  nt::Process& process_;
  std::mutex mutex_;
  Blocks blocks_;                                          // all, by address
  std::set<std::pair<std::size_t, std::uintptr_t>> free_;  // by room, then address
  std::set<std::uintptr_t> seams_;                         // where another piece of the range begins
};

}  // namespace fltsim::client
