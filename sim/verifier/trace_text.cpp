// The trace as people and viewers get it.
#include "fltsim/trace.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <iterator>
#include <map>
#include <utility>

namespace fltsim {
namespace {

std::string hex(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08" PRIX32, value);
  return text;
}

// What a callback answered, by the name that the WDK gives it without FLT_PREOP_ or FLT_POSTOP_.
std::string status_text(std::string_view kind, std::uint32_t value) {
  constexpr std::string_view kPre[] = {
      "SUCCESS_WITH_CALLBACK", "SUCCESS_NO_CALLBACK", "PENDING", "DISALLOW_FASTIO", "COMPLETE",
      "SYNCHRONIZE",           "DISALLOW_FSFILTER_IO"};
  constexpr std::string_view kPost[] = {"FINISHED_PROCESSING", "MORE_PROCESSING_REQUIRED",
                                        "DISALLOW_FSFILTER_IO"};
  if (kind == "pre" && value < std::size(kPre)) return std::string(kPre[value]);
  if (kind == "post" && value < std::size(kPost)) return std::string(kPost[value]);
  return hex(value);
}

std::string microseconds(std::uint64_t ticks) {
  char text[32];
  std::snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, ticks / 10, ticks % 10);
  return text;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string text_line(const Trace::Node& node, std::uint64_t zero, std::size_t depth) {
  std::string line = '+' + microseconds(node.begin - zero) + "us " + std::string(2 * depth, ' ');
  line += node.what + "  [" + node.thread + ']';
  if (node.status)
    line += "  " + std::string(node.status_kind) + ' ' + status_text(node.status_kind, *node.status);
  if (node.end == 0) line += "  (not finished)";
  return line + '\n';
}

std::string json_event(const Trace::Node& node, std::uint64_t zero, int thread_id) {
  std::string event = R"({"ph":"X","pid":1,"tid":)" + std::to_string(thread_id) +
                      ",\"ts\":" + microseconds(node.begin - zero) +
                      ",\"dur\":" + microseconds(std::max(node.end, node.begin) - node.begin) +
                      ",\"name\":" + json_string(node.what) + ",\"args\":{";
  if (node.status)
    event += json_string(node.status_kind) + ':' + json_string(status_text(node.status_kind, *node.status));
  return event + "}}";
}

}  // namespace

std::string Trace::to_text() const {
  const std::vector<Node> all = nodes();
  if (all.empty()) return {};
  std::map<Index, std::vector<Index>> children;
  for (Index i = 0; i < all.size(); ++i) children[all[i].parent].push_back(i);
  std::string text;
  // An explicit stack: a trace may be deeper than the thread's.
  std::vector<std::pair<Index, std::size_t>> todo;
  const auto push_children = [&](Index parent, std::size_t depth) {
    const auto found = children.find(parent);
    if (found == children.end()) return;
    for (auto it = found->second.rbegin(); it != found->second.rend(); ++it) todo.emplace_back(*it, depth);
  };
  push_children(kNone, 0);
  while (!todo.empty()) {
    const auto [index, depth] = todo.back();
    todo.pop_back();
    text += text_line(all[index], all.front().begin, depth);
    push_children(index, depth + 1);
  }
  return text;
}

std::string Trace::to_chrome_json() const {
  const std::vector<Node> all = nodes();
  std::map<std::string, int> thread_ids;
  for (const Node& node : all) thread_ids.emplace(node.thread, static_cast<int>(thread_ids.size()) + 1);
  const std::uint64_t zero = all.empty() ? 0 : all.front().begin;
  std::string json = "{\"traceEvents\":[";
  const char* separator = "\n";
  for (const auto& [name, id] : thread_ids) {
    json += separator;
    json += R"({"ph":"M","name":"thread_name","pid":1,"tid":)" + std::to_string(id) +
            ",\"args\":{\"name\":" + json_string(name) + "}}";
    separator = ",\n";
  }
  for (const Node& node : all) json += separator + json_event(node, zero, thread_ids[node.thread]);
  return json + "\n],\"displayTimeUnit\":\"ns\"}\n";
}

}  // namespace fltsim
