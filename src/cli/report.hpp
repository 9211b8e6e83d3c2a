// What a demo found out, and its two forms: a table for people and one JSON object for programs. Nothing here
// depends on the locale, and what is counted is ordered by name, never by where it lies in memory.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fltlink/codec/counters.hpp>

namespace fltlink::cli {

// FLTLINK_DROP_* in words.
inline constexpr std::array<std::string_view, kDropReasonCount> kDropWords{
    "no_subscriber", "queue_full", "too_large",    "timed_out",
    "disconnected",  "shutdown",   "no_resources", "send_failed"};

struct Report {
  // What was shown as C:.
  std::string source;
  std::uint64_t files = 0;
  std::uint64_t protected_files = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t changed_below = 0;  // reads refused because somebody changed the directory meanwhile
  std::uint64_t not_shown = 0;

  // By kind of operation and by result, both in words.
  std::vector<std::pair<std::string, std::map<std::string, std::uint64_t>>> operations;
  std::uint64_t operation_count = 0;

  std::uint64_t blocked = 0;  // by the driver's count
  std::vector<std::pair<std::string, std::uint64_t>>
      blocked_by_policy;  // by the service's, with the policy's path

  MessageCounters events;
  std::uint64_t received = 0;  // by the service
  std::uint32_t queue_capacity = 0;
  std::uint32_t queue_high_water = 0;

  // Microseconds from the driver's time stamp to the service's handler, by parts of a thousand: 500, 990,
  // 999.
  std::array<double, 3> latency_us{};

  double elapsed_s = 0;
  std::vector<std::string> findings;  // of the verifier, as text
  std::optional<std::uint64_t> seed;

  // The checks that decide the exit code.
  bool books_balance = false;
  std::vector<std::string> changed_files;  // protected files that are not what they were
  bool verifier_clean = false;
  bool interrupted = false;
  std::vector<std::string> troubles;  // why it could not do all of its work

  [[nodiscard]] bool checks_hold() const { return books_balance && changed_files.empty() && verifier_clean; }
};

[[nodiscard]] int exit_code_of(const Report& report);
[[nodiscard]] std::string to_table(const Report& report);
// Ends with a line feed. The keys are those that docs/DEMO.md lists.
[[nodiscard]] std::string to_json(const Report& report);

}  // namespace fltlink::cli
