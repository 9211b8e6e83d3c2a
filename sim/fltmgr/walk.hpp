// The walk: pre callbacks from the highest altitude down, the file system, post callbacks up (CB-6..CB-19,
// CB-24..28).
//
// What a walk reads is an immutable snapshot, taken at its start. What makes that safe without a shared count
// or a shared lock is the WalkSlot that each simulated thread has: a chain of its operations in flight. The
// slot's lock is the thread's own; only somebody who detaches an instance ever contends for it.
//
//   W1  A thread takes the snapshot and pushes its operation under its slot's lock.
//   W2  A detacher publishes the new snapshot first, then visits every slot under its lock. An operation
//       pushed before the visit is seen; one pushed after it has read the new snapshot (the lock hands the
//       publication over).
//   W3  A frame is one instance in one operation. Its state changes by compare-and-swap between the thread
//       that walks and the one that drains: a post callback that is owed runs exactly once, either from the
//       walk (kInPost) or, early and with DRAINING, from the drainer (kDraining; TEAR-5).
//   W4  An operation is popped only when none of its frames is kDraining.
//   W5  A snapshot that was replaced is freed when no slot names it any more.
#pragma once

#include <fltKernel.h>

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "fltmgr/objects.hpp"
#include "io/filter_stack.hpp"

namespace fltsim::fltmgr {

struct CallbackEntry {
  Instance* instance;
  PFLT_PRE_OPERATION_CALLBACK pre;
  PFLT_POST_OPERATION_CALLBACK post;
  FLT_OPERATION_REGISTRATION_FLAGS flags;
};

// Immutable once published. Per major code, the instances that registered for it, from the highest altitude
// down.
struct Snapshot {
  std::array<std::vector<CallbackEntry>, 256> by_major;
};

struct Frame {
  enum class State : std::uint8_t {
    kNotCalled,
    kInPre,
    kOwed,  // a post callback is due
    kInPost,
    kDraining,  // the drainer runs the post callback
    kDone,
  };

  const CallbackEntry* entry = nullptr;
  PVOID completion_context = nullptr;
  FLT_IO_PARAMETER_BLOCK
  received{};  // what the pre callback was given; the post callback sees the same (CB-27)
  std::atomic<State> state{State::kNotCalled};
  // The walking thread, while it waits for the drainer to leave kDraining.
  std::atomic<sched::Thread*> walker{nullptr};
};

struct ActiveOperation;
class WalkSlot;

// What drivers hold as PFLT_CALLBACK_DATA.
struct CallbackData : FLT_CALLBACK_DATA {
  ActiveOperation* operation = nullptr;
  static CallbackData& of(PFLT_CALLBACK_DATA data) { return *static_cast<CallbackData*>(data); }
};

// One operation on its way through a volume; lives on the walking thread's stack.
struct ActiveOperation {
  ActiveOperation* outer = nullptr;  // guarded by the slot's lock
  WalkSlot* slot = nullptr;          // of the walking thread
  const Snapshot* snapshot = nullptr;
  VolumeStack* volume = nullptr;
  io::Operation* request = nullptr;
  FLT_IO_PARAMETER_BLOCK current{};  // what the next lower one sees
  CallbackData data{};
  std::span<Frame> frames;
  // Where the walk is, for routines that are legal in some places only (names, contexts, FltCancelFileOpen).
  enum class Phase {
    kPre,
    kPost
  } phase = Phase::kPre;
  const Frame* running = nullptr;  // the frame whose callback runs
};

// A thread's operations in flight, innermost first. Belongs to the nt::Thread; visited by detachers.
class WalkSlot {
 public:
  void lock();
  void unlock();
  ActiveOperation* innermost = nullptr;  // guarded by the lock

 private:
  std::atomic<bool> locked_{false};
};

}  // namespace fltsim::fltmgr
