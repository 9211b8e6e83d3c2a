// What programs of a workload were told: each answer goes through here on its way to whoever asked.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "cli/run_report.hpp"
#include "nt/status_name.hpp"

namespace fltlink::cli {

class Told {
 public:
  // Any thread.
  void add(const std::string& operation, std::int32_t status) {
    const std::lock_guard lock(mutex_);
    ++operations_[operation][fltsim::nt::status_name(status)];
  }
  template <class Result>
  Result answer(const std::string& operation, Result result) {
    add(operation, result.status);
    return result;
  }

  // When nobody adds any more.
  [[nodiscard]] RunReport::Operations take() { return std::move(operations_); }

 private:
  std::mutex mutex_;
  RunReport::Operations operations_;
};

}  // namespace fltlink::cli
