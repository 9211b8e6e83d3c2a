#include "cli/run_report.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>
#include <nlohmann/json.hpp>

#include "cli/exit_codes.hpp"

namespace fltlink::cli {

namespace {

const char* name_of(fltsim::Severity severity) {
  switch (severity) {
    case fltsim::Severity::kWarning:
      return "warning";
    case fltsim::Severity::kError:
      return "error";
    case fltsim::Severity::kFatal:
      return "fatal";
  }
  return "error";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

using Counts = std::map<std::string, std::map<std::string, std::map<std::string, std::uint64_t>>>;

// A driver that was loaded twice counts once.
Counts sums_of(const std::vector<fltsim::CallbackCount>& callbacks) {
  Counts counts;
  for (const fltsim::CallbackCount& count : callbacks)
    counts[count.driver][count.operation][count.result] += count.count;
  return counts;
}

void add_drivers(std::string& out, const RunReport& report) {
  out += fmt::format("{:<24}{:<16}{:<10}{}\n", "driver", "altitude", "loaded", "unloaded");
  for (const RunReport::Driver& driver : report.drivers) {
    out += fmt::format("{:<24}{:<16}{:<10}{}\n", driver.name, driver.altitude, driver.loaded ? "yes" : "no",
                       driver.unloaded ? "yes" : "no");
    for (const std::string& instance : driver.instances) out += fmt::format("  {}\n", instance);
    for (const std::string& note : driver.notes) out += fmt::format("  {}\n", note);
  }
}

void add_counts(std::string& out, const char* title, const RunReport::Operations& operations) {
  out += fmt::format("\n{}\n", title);
  for (const auto& [operation, results] : operations) {
    std::string_view shown = operation;
    for (const auto& [result, count] : results) {
      out += fmt::format("  {:<44}{:<40}{:>8}\n", shown, result, count);
      shown = "";
    }
  }
}

void add_clients(std::string& out, const RunReport& report) {
  for (const RunReport::Client& client : report.clients) {
    out += fmt::format("\nclient {} {}: {}\n", client.program, client.end, client.exit_code);
    for (const std::string& line : lines_of(client.out)) out += "  " + line + '\n';
    for (const std::string& line : lines_of(client.errors)) out += "  stderr: " + line + '\n';
  }
}

void add_findings(std::string& out, const RunReport& report) {
  out += fmt::format("\nfindings {:>38}\n", report.findings.size());
  for (const RunReport::Finding& finding : report.findings) {
    out += fmt::format("  {}{}\n", to_string(finding.what),
                       finding.source.empty() ? std::string() : "\n    at " + finding.source);
  }
}

}  // namespace

void RunReport::add(const std::vector<fltsim::Finding>& found) {
  std::vector<fltsim::CodePlace> places;
  for (const fltsim::Finding& finding : found) places.push_back(finding.place);
  const std::vector<std::string> lines = fltsim::source_lines(places);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto driver = std::ranges::find(drivers, found[i].driver, &Driver::name);
    if (found[i].id == "SIM-9" && driver != drivers.end()) {
      driver->notes.push_back(found[i].text);  // a limit of the machine and no fault of the driver
    } else {
      findings.push_back({found[i], lines[i]});
    }
  }
}

int exit_code_of(const RunReport& report) {
  if (!report.error.empty()) return kExitCannotLoad;
  if (report.interrupted) return kExitInterrupted;
  const bool wrong = std::ranges::any_of(report.findings, [](const RunReport::Finding& finding) {
    return finding.what.severity != fltsim::Severity::kWarning;
  });
  return wrong ? kExitFindings : kExitDone;
}

std::string to_table(const RunReport& report) {
  std::string out;
  add_drivers(out, report);
  for (const auto& [driver, operations] : sums_of(report.callbacks))
    add_counts(out, ("callbacks of " + driver).c_str(), operations);
  if (!report.operations.empty())
    add_counts(out, ("what programs were told (" + report.workload + ")").c_str(), report.operations);
  if (!report.log.empty()) {
    out += "\nprinted by drivers\n";
    for (const std::string& line : lines_of(report.log)) out += "  " + line + '\n';
  }
  add_clients(out, report);
  add_findings(out, report);
  return out;
}

std::string to_json(const RunReport& report) {
  using nlohmann::ordered_json;
  ordered_json object;
  object["drivers"] = ordered_json::array();
  for (const RunReport::Driver& driver : report.drivers) {
    object["drivers"].push_back({{"name", driver.name},
                                 {"altitude", driver.altitude},
                                 {"loaded", driver.loaded},
                                 {"unloaded", driver.unloaded},
                                 {"file", driver.file},
                                 {"instances", driver.instances},
                                 {"notes", driver.notes}});
  }
  object["callbacks"] = ordered_json::object();
  for (const auto& [driver, operations] : sums_of(report.callbacks)) object["callbacks"][driver] = operations;
  object["log"] = lines_of(report.log);
  object["clients"] = ordered_json::array();
  for (const RunReport::Client& client : report.clients)
    object["clients"].push_back({{"program", client.program},
                                 {"end", client.end},
                                 {"exit_code", client.exit_code},
                                 {"stdout", client.out},
                                 {"stderr", client.errors}});
  object["findings"] = ordered_json::array();
  for (const RunReport::Finding& finding : report.findings) {
    object["findings"].push_back({{"id", finding.what.id},
                                  {"severity", name_of(finding.what.severity)},
                                  {"driver", finding.what.driver},
                                  {"text", finding.what.text},
                                  {"source", finding.source},
                                  {"object", finding.what.object}});
  }
  object["workload"] = {{"name", report.workload}, {"operations", report.operations}};
  object["seed"] = report.seeded ? ordered_json(report.seed) : ordered_json(nullptr);
  object["error"] = report.error;
  // Names and what drivers print need not be text.
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace fltlink::cli
