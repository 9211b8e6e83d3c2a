// What happened in a machine, as trees: an I/O with the callbacks it went through, a message with its
// rendezvous. Each node says who, what, in which thread, when, with which status. A failing test prints it as
// text; the command writes it as JSON that Chrome's and Perfetto's trace viewers open.
//
// Threads: every member may be called from any thread, clear() while no other one is; a node waits for
// another thread only where it has no lane of its own. How the threads get along with each other stands in verifier/trace.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fltsim {

class Trace {
 public:
  struct Record;
  struct Lane;
  // Names a node to the members below. Null names none: what is below it is a root, and there is nothing to end.
  using Handle = Record*;
  // A point in time, in a unit that the source alone knows.
  using Stamp = std::uint64_t;
  // Who traces.
  struct Caller {
    const std::string* thread;  // its name; lasts as long as the trace, e.g. by lasting()
    // A lane that no other thread uses at the same time, where they do not get into each other's way; or null. Nodes of
    // one lane, and of those without one, stand in the order in which they were begun, others in that of their stamps.
    Lane* lane;
  };
  // Who begins a node, and when.
  struct Moment {
    Caller caller;
    Stamp stamp;
  };

  // A node's place in nodes().
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  struct Node {
    Index parent;         // kNone for a root
    std::string what;     // "create \ProtectedDocs\plan.docx", "pre drmfilter"
    std::string thread;   // name of the simulated thread
    std::uint64_t begin;  // 100 ns, machine time; nearly so on host threads (sched/stamp_clock.hpp)
    std::uint64_t end;    // 0 while open
    std::optional<std::uint32_t> status;  // NTSTATUS, HRESULT or callback status, as `status_kind` says
    std::string_view status_kind;         // "status", "hr", "pre", "post"
  };

  // Where the trace gets time and thread from. stamp() and caller() are asked in the thread that they are about, with
  // nothing of the trace locked: that of a machine which ends may stop there for ever.
  class Source {
   public:
    virtual Stamp stamp() = 0;
    virtual Caller caller() = 0;
    // The function that makes 100 ns of machine time of the stamps so far. A later stamp is no earlier time.
    virtual std::function<std::uint64_t(Stamp)> times() = 0;

   protected:
    ~Source() = default;
  };

  Trace(bool enabled, Source& source);
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  bool enabled() const { return enabled_; }

  // Opens a node below `parent`. Returns null when the trace is off, which then costs nothing.
  Handle begin(Handle parent, std::string what);
  // The same for `what` and behind it `whom`, where that is a literal and this lives as long as the trace: no text is
  // made before somebody looks. The caller has asked for the moment in this thread just before, or has the stamp from
  // end(): a clock takes longer to read than all the rest.
  Handle begin_lasting(Handle parent, const char* what, const std::string& whom, const Moment& at) {
    return enabled_ ? add(parent, what, &whom, at) : nullptr;
  }
  static const std::string kNobody;
  // Closes a node, which its opener or somebody whom he has told may do, once. Returns when that was. `status_kind` is a
  // literal.
  Stamp end(Handle node) { return end(node, nullptr, 0); }
  Stamp end(Handle node, const char* status_kind, std::uint32_t status);
  // A node without duration: `what`, and behind it `whom`.
  void event(Handle parent, std::string_view what, std::string_view whom = {});

  // The calling thread now, and at the time when the node began, which it may close; for null that is now too.
  Moment now() const { return enabled_ ? Moment{source_.caller(), source_.stamp()} : Moment{}; }
  Moment begun(Handle node) const;

  // The text, for as long as the trace lives; the same for equal texts.
  const std::string& lasting(const std::string& text);

  // A lane for a thread, until it is given back. Null when the trace is off.
  Lane* take_lane();
  void give_back(Lane* lane);

  // Forgets all nodes that have ended. Their memory is kept, for the next ones when none is open.
  void clear();

  // In order of begin. What another thread does meanwhile is there or not; a node's parent always is.
  std::vector<Node> nodes() const;

  // Indented text, one node a line, roots in order of begin. Times are relative to the first node; what a callback
  // answered is a word.
  std::string to_text() const;
  // Trace Event Format: {"traceEvents": [...]}; one complete event per node.
  std::string to_chrome_json() const;

 private:
  struct Chunk;
  struct Seen;

  Handle add(Handle parent, const char* what, const std::string* whom, const Moment& at);
  std::vector<Seen> look() const;

  const bool enabled_;
  Source& source_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> free_lanes_;
  Lane* common_ = nullptr;  // of those who have none
  std::set<std::string> lasting_;
};

}  // namespace fltsim
