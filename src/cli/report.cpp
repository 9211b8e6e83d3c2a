#include "cli/report.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <spdlog/fmt/fmt.h>
#include <nlohmann/json.hpp>

#include "cli/exit_codes.hpp"

namespace fltlink::cli {

namespace {

// More names than this say no more.
constexpr std::size_t kNamesShownMax = 5;

double milliseconds_exactly(double seconds) { return std::round(seconds * 1000) / 1000; }

// Every result that occurs, success first.
std::vector<std::string> columns_of(const Report& report) {
  std::set<std::string> names;
  for (const auto& [kind, results] : report.operations) {
    for (const auto& [result, count] : results) names.insert(result);
  }
  std::vector<std::string> columns{"success"};
  names.erase("success");
  columns.insert(columns.end(), names.begin(), names.end());
  return columns;
}

void add_source(std::string& out, const Report& report) {
  out += fmt::format("C: shows {}.\nThat directory is only read: all changes were made in memory.\n",
                     report.source);
  out += fmt::format(
      "A viewer, a backup, an editor, a cleaner and an indexer worked on its {} files at once. Policies "
      "protect {} of\n"
      "them: one in ten was given a name in C:\\ProtectedDocs or C:\\Confidential for this, and keeps its "
      "real bytes.\n",
      report.files, report.protected_files);
  if (report.unreadable != 0)
    out += fmt::format("{} files could not be read on this machine\n", report.unreadable);
  if (report.changed_below != 0)
    out += fmt::format("{} reads were refused: somebody changed the directory meanwhile\n",
                       report.changed_below);
  if (report.not_shown != 0)
    out += fmt::format("{} links and special files are not shown\n", report.not_shown);
}

// Wide enough for its title and for a big number.
std::size_t width_of(const std::string& column) { return std::max<std::size_t>(column.size() + 2, 12); }

void add_operations(std::string& out, const Report& report) {
  const std::vector<std::string> columns = columns_of(report);
  out += fmt::format("\n{:<12}", "operations");
  for (const std::string& column : columns) out += fmt::format("{:>{}}", column, width_of(column));
  out += '\n';
  for (const auto& [kind, results] : report.operations) {
    if (results.empty()) continue;
    out += fmt::format("  {:<10}", kind);
    for (const std::string& column : columns) {
      const auto found = results.find(column);
      const std::string text = found == results.end() ? "-" : std::to_string(found->second);
      out += fmt::format("{:>{}}", text, width_of(column));
    }
    out += '\n';
  }
}

void add_blocked(std::string& out, const Report& report) {
  out += fmt::format("\n{:<40}{:>12}\n", "blocked by policy", report.blocked);
  for (const auto& [policy, count] : report.blocked_by_policy)
    out += fmt::format("  {:<38}{:>12}\n", policy, count);
}

void add_events(std::string& out, const Report& report) {
  out += fmt::format("\n{:<40}{:>12}\n", "events produced", report.events.produced);
  out += fmt::format("  {:<38}{:>12}\n", "delivered", report.events.delivered);
  for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
    if (report.events.dropped[reason] == 0) continue;
    out += fmt::format("  {:<38}{:>12}\n", fmt::format("dropped, {}", kDropWords[reason]),
                       report.events.dropped[reason]);
  }
  out += fmt::format("  {:<38}{:>12}\n", "pending", report.events.pending);
  out += fmt::format("{:<40}{:>12}\n", "received by the service", report.received);
  out += fmt::format("{:<40}{:>12}\n", "queue high water",
                     fmt::format("{} of {}", report.queue_high_water, report.queue_capacity));
}

void add_speed(std::string& out, const Report& report) {
  out += fmt::format("{:<40}{:>12}\n", "latency p50, p99, p99.9 in us",
                     fmt::format("{:.1f}, {:.1f}, {:.1f}", report.latency_us[0], report.latency_us[1],
                                 report.latency_us[2]));
  const double rate =
      report.elapsed_s > 0 ? static_cast<double>(report.operation_count) / report.elapsed_s : 0;
  out += fmt::format("{:<40}{:>12}\n", fmt::format("operations a second ({:.3f} s)", report.elapsed_s),
                     fmt::format("{:.0f}", rate));
}

void add_list(std::string& out, const std::vector<std::string>& lines) {
  for (std::size_t index = 0; index < lines.size(); ++index) {
    if (index == kNamesShownMax) {
      out += fmt::format("  and {} more\n", lines.size() - index);
      return;
    }
    out += "  " + lines[index] + '\n';
  }
}

void add_checks(std::string& out, const Report& report) {
  const auto verdict = [](bool holds) { return holds ? "yes" : "NO"; };
  out += fmt::format("\n{:<48}{:>4}\n", "produced = delivered + dropped + pending",
                     verdict(report.books_balance));
  out += fmt::format("{:<48}{:>4}\n", "denied operations changed nothing",
                     verdict(report.changed_files.empty()));
  add_list(out, report.changed_files);
  out += fmt::format("{:<48}{:>4}\n", "verifier clean", verdict(report.verifier_clean));
  add_list(out, report.findings);
  if (report.seed) out += fmt::format("replay with --seed {}\n", *report.seed);
  if (report.interrupted) out += "interrupted: the numbers are those of the work done until then\n";
  for (const std::string& trouble : report.troubles) out += "not all was done: " + trouble + '\n';
}

}  // namespace

int exit_code_of(const Report& report) {
  if (!report.troubles.empty()) return kExitCannotRun;
  if (!report.checks_hold()) return kExitCheckFailed;
  return report.interrupted ? kExitInterrupted : kExitDone;
}

std::string to_table(const Report& report) {
  std::string out;
  add_source(out, report);
  add_operations(out, report);
  add_blocked(out, report);
  add_events(out, report);
  add_speed(out, report);
  add_checks(out, report);
  return out;
}

std::string to_json(const Report& report) {
  using nlohmann::ordered_json;
  ordered_json operations = ordered_json::object();
  for (const auto& [kind, results] : report.operations) operations[kind] = results;
  ordered_json dropped = ordered_json::object();
  for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
    dropped[std::string(kDropWords[reason])] = report.events.dropped[reason];
  }
  ordered_json object;
  object["operations"] = std::move(operations);
  object["blocked"] = report.blocked;
  object["events"] = {{"produced", report.events.produced},
                      {"delivered", report.events.delivered},
                      {"dropped", std::move(dropped)},
                      {"pending", report.events.pending}};
  object["queue"] = {{"capacity", report.queue_capacity}, {"high_water", report.queue_high_water}};
  object["latency_us"] = {
      {"p50", report.latency_us[0]}, {"p99", report.latency_us[1]}, {"p999", report.latency_us[2]}};
  object["elapsed_s"] = milliseconds_exactly(report.elapsed_s);
  object["verifier"] = {{"findings", report.findings}};
  object["seed"] = report.seed ? ordered_json(*report.seed) : ordered_json(nullptr);
  // Names need not be text; a lone surrogate has been replaced already, so this is for what a finding may
  // hold.
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace fltlink::cli
