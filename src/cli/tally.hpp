// What the simulated programs did: operations by kind and result.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>

namespace fltlink::cli {

enum class Operation : std::size_t {
  kOpen,
  kCreate,
  kRead,
  kWrite,
  kRename,
  kDelete,
  kList,
  kClose,
  kCount
};

[[nodiscard]] constexpr std::string_view operation_word(Operation operation) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Operation::kCount)> kWords{
      "open", "create", "read", "write", "rename", "delete", "list", "close"};
  return kWords[static_cast<std::size_t>(operation)];
}

// Any thread; never blocks for long.
class Tally {
 public:
  using Results = std::map<std::int32_t, std::uint64_t>;  // by NTSTATUS

  void add(Operation operation, std::int32_t status) {
    const std::lock_guard lock(mutex_);
    ++results_[static_cast<std::size_t>(operation)][status];
  }

  [[nodiscard]] Results results(Operation operation) const {
    const std::lock_guard lock(mutex_);
    return results_[static_cast<std::size_t>(operation)];
  }

  [[nodiscard]] std::uint64_t total() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t total = 0;
    for (const Results& results : results_) {
      for (const auto& [status, count] : results) total += count;
    }
    return total;
  }

 private:
  mutable std::mutex mutex_;
  std::array<Results, static_cast<std::size_t>(Operation::kCount)> results_;
};

}  // namespace fltlink::cli
