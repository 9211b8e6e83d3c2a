// Findings: what a driver or a client did that would crash, hang, leak or mislead on Windows. Each has a
// number (VER-n, docs/SEMANTICS.md), says what happened to which object and what to do instead.
//
// Threads: every member may be called from any thread; none blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fltsim {

enum class Severity {
  kWarning,  // legal, and dangerous
  kError,    // wrong: Windows would leak, hang, or crash later
  kFatal,    // Windows would have stopped here with a bug check; the simulated machine stops too
};

// A place in a driver's code, as an offset in its module: source_lines() makes a file and a line of it.
struct CodePlace {
  std::string module;  // the file it was loaded from; empty: the place is not known
  std::uint64_t offset = 0;
  bool operator==(const CodePlace&) const = default;
};

struct Finding {
  std::string id;  // "VER-29"; "SIM-n" for limits of the simulator itself
  Severity severity = Severity::kError;
  std::string text;          // what happened, and what to do about it
  std::string driver;        // empty when a client or the machine is meant
  std::string object;        // the object in question, by name
  std::string allocated_at;  // where that object was made, if known
  CodePlace place{};         // where the driver was when it was found; filled in by report()
};

// "VER-29 error [drmfilter] port \DrmFilterPort: ..." on one line.
std::string to_string(const Finding& finding);

class Verifier {
 public:
  using Locate = std::function<CodePlace(const Finding&)>;

  // `locate` says where the driver is that the calling thread runs for. It must not block, and does not report. One that
  // is not enabled keeps fatal findings and
  // those of the simulator itself (SIM-n) only.
  explicit Verifier(Locate locate = {}, bool enabled = true)
      : locate_(std::move(locate)), enabled_(enabled) {}

  // Records a finding. A second one with the same id, driver, object and text is counted, not listed again.
  void report(Finding finding);

  // A test that provokes a finding announces it: it then no longer counts against clean().
  void expect(std::string_view id);

  // Forgets what was reported and what was announced.
  void clear();

  // True when there is no error and no fatal finding that was not expected.
  bool clean() const;

  std::vector<Finding> findings() const;           // in the order reported, each once
  std::vector<Finding> unexpected_errors() const;  // what clean() objects to
  std::size_t count(std::string_view id) const;    // repetitions included

 private:
  struct Entry {
    Finding finding;
    std::size_t count;
  };
  // `hash` is the finding's.
  Entry* find(const Finding& finding, std::size_t hash);

  const Locate locate_;
  const bool enabled_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::unordered_multimap<std::size_t, std::size_t> places_;  // in entries_, by hash; looked up only
  std::set<std::string, std::less<>> expected_;
};

}  // namespace fltsim
