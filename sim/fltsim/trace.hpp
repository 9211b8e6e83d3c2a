// What happened in a machine, as trees: an I/O with the callbacks it went through, a message with its
// rendezvous. Each node says who, what, in which thread, when, with which status. A failing test prints it as
// text; the command writes it as JSON that Chrome's and Perfetto's trace viewers open.
//
// Threads: every member may be called from any thread; none blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fltsim {

class Trace {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  struct Node {
    Index parent;                         // kNone for a root
    std::string what;                     // "create \ProtectedDocs\plan.docx", "pre drmfilter"
    std::string thread;                   // name of the simulated thread
    std::uint64_t begin;                  // 100 ns, machine time
    std::uint64_t end;                    // 0 while open
    std::optional<std::uint32_t> status;  // NTSTATUS, HRESULT or callback status, as `status_kind` says
    std::string_view status_kind;         // "status", "hr", "pre", "post"
  };

  // `now` and `thread_name` describe the calling thread; both must not block.
  Trace(bool enabled, std::function<std::uint64_t()> now, std::function<std::string()> thread_name);

  bool enabled() const { return enabled_; }

  // Opens a node below `parent`: `what`, and behind it `whom`. Returns kNone when the trace is off, which then costs
  // nothing; every member takes kNone as "nothing to do".
  Index begin(Index parent, std::string_view what, std::string_view whom = {});
  // The same where `what` is a literal and `whom` lives as long as the trace: no text is made before somebody looks.
  Index begin_lasting(Index parent, const char* what, const std::string& whom = kNobody);
  void end(Index node);
  void end(Index node, std::string_view status_kind, std::uint32_t status);
  // A node without duration.
  void event(Index parent, std::string_view what, std::string_view whom = {});

  // Forgets all nodes; none may be open.
  void clear();

  std::vector<Node> nodes() const;

  // Indented text, one node a line, roots in order of begin. Times are relative to the first node; what a callback
  // answered is a word.
  std::string to_text() const;
  // Trace Event Format: {"traceEvents": [...]}; one complete event per node.
  std::string to_chrome_json() const;

 private:
  struct Record {
    Index parent;
    const char* what;         // null: the text has all of it
    const std::string* whom;  // likewise
    std::string text;
    std::string thread;
    std::uint64_t begin;
    std::uint64_t end = 0;
    std::optional<std::uint32_t> status = {};
    std::string_view status_kind = {};
  };
  static const std::string kNobody;

  Index add(Record record);

  const bool enabled_;
  const std::function<std::uint64_t()> now_;
  const std::function<std::string()> thread_name_;
  mutable std::mutex mutex_;
  std::deque<Record> records_;
};

}  // namespace fltsim
