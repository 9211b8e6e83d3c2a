// The answers of a filter's callbacks, counted: one add for each, and names only for who asks.
#pragma once

#include <fltKernel.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "fltsim/callback_count.hpp"

namespace fltsim::fltmgr {

class CallbackCounts {
 public:
  // Before the first callback: what the filter has registered for. A record of a filter stays as long as its machine, so
  // there is room for nothing else.
  void make_room(const std::vector<FLT_OPERATION_REGISTRATION>& operations);

  // Any thread.
  void add(UCHAR major, FLT_PREOP_CALLBACK_STATUS status) { add_to(major, 0, kPreResults, status); }
  void add(UCHAR major, FLT_POSTOP_CALLBACK_STATUS status) {
    add_to(major, kPreResults, kPostResults, status);
  }

  // Appends what is not zero, in order of registration, then by result.
  void append_to(std::vector<CallbackCount>& counts, const std::string& driver) const;

 private:
  // Each with one more for answers that are none.
  static constexpr std::size_t kPreResults = 8;
  static constexpr std::size_t kPostResults = 4;
  struct Row {
    UCHAR major;
    std::array<std::atomic<std::uint64_t>, kPreResults + kPostResults> counts{};
  };

  void add_to(UCHAR major, std::size_t first, std::size_t results, int status) {
    const auto result = static_cast<std::size_t>(status);
    const std::size_t index = first + (result < results - 1 ? result : results - 1);
    rows_[row_of_[major]].counts[index].fetch_add(1, std::memory_order_relaxed);
  }

  std::array<std::uint8_t, 256> row_of_{};
  std::deque<Row> rows_;  // as registered
};

// "IRP_MJ_CREATE"; "IRP_MJ 0x42" for a number that has no name.
std::string major_name(UCHAR major);

}  // namespace fltsim::fltmgr
