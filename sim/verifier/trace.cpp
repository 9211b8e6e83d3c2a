// How nodes are kept. Whoever traces an operation that takes 50 ns has no time for a lock, an allocation or a text: a
// node is one cache line in memory that is only ever added to, and readers put the rest together.
//
// A lane has its records in chunks, so that no record ever moves. Each lane is one thread's, but for the common one.
//
//   T1  One thread at a time adds to a lane: its own thread, and to the common lane the one that holds mutex_. Records are
//       begun in their order in the lane, so the first free one is the end for a reader.
//   T2  `state` says which part of a record may be read. It goes from kFree to kBegun to kEnded, and a release store
//       stands behind the writing of each part, partner of the reader's acquire load. What is published changes no more
//       (but for T6).
//   T3  The part behind kBegun is written by one thread, which got the handle from the one that began the node.
//   T4  The beginning of a parent happens before that of its child, because the child's thread had the handle: who has
//       seen the child finds the parent begun.
//   T5  A chunk is all kFree when a release store links it to the one before, partner of the reader's acquire load.
//   T6  clear() and the destructor are alone. Records are used again only when no node is open: an open one is still to be
//       ended, and a child of it to be begun.
#include "fltsim/trace.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "fltlink/base/assert.hpp"

namespace fltsim {
namespace {

constexpr std::size_t kFirstChunk = 16;      // records: many threads trace hardly anything
constexpr std::size_t kLargestChunk = 4096;  // 256 kB

enum State : std::uint32_t {
  kFree,
  kForgotten,  // only while some node is open, whose parent it may be
  kBegun,
  kEnded
};

}  // namespace

struct alignas(64) Trace::Record {
  std::atomic<State> state{kFree};  // T2
  std::uint32_t status = 0;         // behind kBegun (T3), like those at the end
  const Record* parent = nullptr;
  const char* what = nullptr;         // null: all of the text is in `whom`, which is the record's own
  const std::string* whom = nullptr;  // else what stands behind `what`
  const std::string* thread = nullptr;
  Stamp begin = 0;
  // --- behind kBegun (T3) ---
  Stamp end = 0;
  const char* status_kind = nullptr;  // null: there is no status

  void close(Stamp at, const char* kind, std::uint32_t with) {
    end = at;
    status_kind = kind;
    status = with;
    publish(kEnded);
  }
  void free_text() {
    if (what == nullptr) delete std::exchange(whom, nullptr);
  }
  State published() const { return state.load(std::memory_order_acquire); }   // T2
  void publish(State part) { state.store(part, std::memory_order_release); }  // T2
};

struct Trace::Chunk {
  explicit Chunk(std::size_t records_in_it) : size(records_in_it), records(new Record[records_in_it]) {}

  const std::size_t size;
  const std::unique_ptr<Record[]> records;
  std::atomic<Chunk*> next{nullptr};  // T5
};

// On cache lines of its own, because it changes with each node.
struct alignas(64) Trace::Lane {
  Lane() { rewind(); }
  ~Lane() {
    for (Chunk* part = first.next.load(); part != nullptr;) delete std::exchange(part, part->next.load());
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // The next record, still free (T1).
  Record& take() {
    if (next == end) [[unlikely]]
      go_on_in(following());
    return *next++;
  }
  // None is free and none is open (T6).
  void rewind() { go_on_in(first); }

  // Any thread.
  template <typename Visit>
  void for_each_begun(Visit&& visit) const {
    for (const Chunk* part = &first; part != nullptr;
         part = part->next.load(std::memory_order_acquire)) {  // T5
      for (std::size_t index = 0; index < part->size; ++index) {
        if (part->records[index].published() == kFree) return;
        visit(part->records[index]);
      }
    }
  }

 private:
  void go_on_in(Chunk& from) {
    chunk = &from;
    next = from.records.get();
    end = next + from.size;
  }
  Chunk& following() {
    if (Chunk* const kept = chunk->next.load(std::memory_order_relaxed)) return *kept;
    auto made = std::make_unique<Chunk>(std::min(2 * chunk->size, kLargestChunk));
    chunk->next.store(made.get(), std::memory_order_release);  // T5
    return *made.release();
  }

  Chunk first{kFirstChunk};
  Chunk* chunk;  // that has the next record
  Record* next;
  Record* end;
};

const std::string Trace::kNobody;

// A node on its way to a reader, which has the begin that it is shown with.
struct Trace::Seen {
  const Record* record;
  Stamp begin;
};

Trace::Trace(bool enabled, Source& source) : enabled_(enabled), source_(source) {
  static_assert(sizeof(Record) == 64);
  if (enabled) common_ = lanes_.emplace_back(std::make_unique<Lane>()).get();
}

Trace::~Trace() {
  for (const auto& lane : lanes_) lane->for_each_begun([](Record& record) { record.free_text(); });
}

Trace::Lane* Trace::take_lane() {
  if (!enabled_) return nullptr;
  const std::lock_guard lock(mutex_);
  if (free_lanes_.empty()) return lanes_.emplace_back(std::make_unique<Lane>()).get();
  Lane* const lane = free_lanes_.back();
  free_lanes_.pop_back();
  return lane;
}

void Trace::give_back(Lane* lane) {
  const std::lock_guard lock(mutex_);
  free_lanes_.push_back(lane);
}

Trace::Handle Trace::add(Handle parent, const char* what, const std::string* whom, const Moment& at) {
  std::unique_lock<std::mutex> lock;
  if (at.caller.lane == nullptr) lock = std::unique_lock(mutex_);
  Record& record = (at.caller.lane != nullptr ? *at.caller.lane : *common_).take();
  record.parent = parent;
  record.what = what;
  record.whom = whom;
  record.thread = at.caller.thread;
  record.begin = at.stamp;
  record.publish(kBegun);
  return &record;
}

Trace::Handle Trace::begin(Handle parent, std::string what) {
  if (!enabled_) return nullptr;
  auto text = std::make_unique<const std::string>(std::move(what));
  const Handle node = add(parent, nullptr, text.get(), now());
  text.release();
  return node;
}

Trace::Stamp Trace::end(Handle node, const char* status_kind, std::uint32_t status) {
  if (node == nullptr) return 0;
  const Stamp at = source_.stamp();
  node->close(at, status_kind, status);
  return at;
}

void Trace::event(Handle parent, std::string_view what, std::string_view whom) {
  if (!enabled_) return;
  const Handle node = begin(parent, std::string(what).append(whom));
  node->close(node->begin, nullptr, 0);
}

Trace::Moment Trace::begun(Handle node) const {
  return node == nullptr ? now() : Moment{source_.caller(), node->begin};
}

const std::string& Trace::lasting(const std::string& text) {
  const std::lock_guard lock(mutex_);
  return *lasting_.insert(text).first;
}

void Trace::clear() {
  bool open = false;
  for (const auto& lane : lanes_) {
    lane->for_each_begun([&open](Record& record) {
      if (record.published() == kBegun) open = true;
      if (record.published() == kEnded) {
        record.free_text();
        record.publish(kForgotten);
      }
    });
  }
  if (open) return;
  for (const auto& lane : lanes_) {
    lane->for_each_begun([](Record& record) { record.publish(kFree); });
    lane->rewind();
  }
}

std::vector<Trace::Seen> Trace::look() const {
  std::vector<const Lane*> lanes;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& lane : lanes_) lanes.push_back(lane.get());
  }
  std::vector<Seen> seen;
  std::unordered_set<const Record*> known;
  const auto add = [&](const Record& record, Stamp earliest) {
    seen.push_back({&record, std::max(record.begin, earliest)});
    known.insert(&record);
  };
  for (const Lane* const lane : lanes) {
    // A thread may come to its turn at the common lane later than its stamp says, or use an older one.
    Stamp latest = 0;
    lane->for_each_begun([&](const Record& record) {
      if (record.published() == kForgotten) return;
      add(record, latest);
      latest = seen.back().begin;
    });
  }
  // The parent's lane may have been looked at before the parent began, and the child's after that (T4).
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const Record* const parent = seen[i].record->parent;
    if (parent == nullptr || known.contains(parent)) continue;
    FLTLINK_ASSERT(parent->published() != kFree);
    if (parent->published() != kForgotten) add(*parent, 0);
  }
  std::ranges::stable_sort(seen, {}, &Seen::begin);
  return seen;
}

std::vector<Trace::Node> Trace::nodes() const {
  if (!enabled_) return {};
  const std::vector<Seen> seen = look();
  std::unordered_map<const Record*, Index> place_of;
  for (const Seen& node : seen) place_of.emplace(node.record, static_cast<Index>(place_of.size()));
  const auto time_of = source_.times();
  std::vector<Node> all;
  all.reserve(seen.size());
  for (const auto& [record, begin] : seen) {
    Node& node = all.emplace_back();
    const auto parent = place_of.find(record->parent);
    node.parent = parent == place_of.end() ? kNone : parent->second;  // of one that is forgotten it is a root
    node.what = record->what == nullptr ? *record->whom : record->what + *record->whom;
    node.thread = *record->thread;
    node.begin = time_of(begin);
    if (record->published() != kEnded) continue;
    node.end = time_of(std::max(record->end, begin));
    if (record->status_kind == nullptr) continue;
    node.status = record->status;
    node.status_kind = record->status_kind;
  }
  return all;
}

}  // namespace fltsim
