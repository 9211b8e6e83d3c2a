// The walk: pre callbacks from the highest altitude down, the file system, post callbacks up (CB-6..CB-31).
//
// What a walk reads is an immutable snapshot, taken at its start. What makes that safe without a shared count
// or a shared lock is the WalkSlot that each simulated thread has: a chain of its operations in flight. The
// slot's lock is the thread's own; only somebody who detaches an instance or completes a pended operation
// ever contends for it.
//
//   W1  A thread takes the snapshot and pushes its operation under its slot's lock.
//   W2  A detacher publishes the new snapshot first, then visits every slot under its lock. An operation
//       pushed before the visit is seen; one pushed after it has read the new snapshot (the lock hands the
//       publication over).
//   W3  A frame is one instance in one operation. Its state changes by compare-and-swap between the threads
//       that walk and the one that drains: a post callback that is owed runs exactly once, either from the
//       walk (kInPost) or, early and with DRAINING, from the drainer (kDraining; TEAR-5).
//   W4  An operation is popped only when none of its frames is kDraining, and every callback that was called
//       in it has returned.
//   W5  A snapshot that was replaced is freed when no slot names it any more.
//   W6  One thread at a time has the walk: the one that may change anything in the operation but the states.
//       It is lost by a compare-and-swap to kPended or kHeld, and won by the one from there to kAnswered; who
//       completes an operation before its callback has returned wins it from kInPre or kInPost instead, and
//       the thread in the callback finds out by its own compare-and-swap. Otherwise it is handed over
//       (Walker).
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
    kPended,    // the filter has the operation: FltCompletePendedPreOperation is due
    kAnswered,  // that, or its like for a post, has been called and is being carried out
    kOwed,      // a post callback is due
    kInPost,
    kHeld,      // the filter has the operation: FltCompletePendedPostOperation is due
    kDraining,  // the drainer runs the post callback
    kDone,
  };

  const CallbackEntry* entry = nullptr;
  PVOID completion_context = nullptr;
  // What the pre callback was given; the post callback sees the same (CB-27).
  FLT_IO_PARAMETER_BLOCK received{};
  NTSTATUS status_before_post = 0;
  // The MDL that the pre callback swapped in: the filter manager's to free at the operation's end, unless the filter
  // asks to keep it (FltRetainSwappedBufferMdlAddress).
  PMDL swapped_mdl = nullptr;
  bool retains_swapped_mdl = false;
  // Where the post callback must run, after FLT_PREOP_SYNCHRONIZE; null: wherever the walk is (CB-13, CB-24).
  nt::Thread* post_thread = nullptr;
  std::atomic<State> state{State::kNotCalled};
  // Above zero: answered before the callback has returned. One up by who wins the walk from the callback, one
  // down by the thread in the callback, in either order.
  std::atomic<int> late_returns{0};

  bool held_by_filter() const {
    const State now = state.load();
    return now == State::kPended || now == State::kHeld;
  }
  // Code of the filter runs for it, or the filter has it.
  bool busy() const {
    const State now = state.load();
    return now == State::kInPre || now == State::kInPost || now == State::kAnswered || held_by_filter() ||
           late_returns.load() != 0;
  }
};

struct ActiveOperation;
class Walker;
class WalkSlot;

// How an operation that a filter holds is cancelled (CB-58). Who disarms first decides: the filter that takes
// the operation back, or the cancellation. Each operation here releases what was written before it to the one
// that acquires it.
class Cancel {
 public:
  // What to do; written before arm(), read by who has disarmed.
  FLT_CALLBACK_DATA_QUEUE* queue = nullptr;
  IO_CSQ_IRP_CONTEXT* context = nullptr;
  PFLT_COMPLETE_CANCELED_CALLBACK callback = nullptr;  // without a queue

  // False: cancelling has been asked for already, and it is not armed.
  [[nodiscard]] bool arm() {
    std::uint8_t idle = 0;
    return state_.compare_exchange_strong(idle, kArmed);
  }
  // False: it was not armed, or the cancellation was faster.
  bool disarm() { return (state_.fetch_and(kRequested) & kArmed) != 0; }
  // True: it was armed, and the caller cancels.
  [[nodiscard]] bool request() { return (state_.exchange(kRequested) & kArmed) != 0; }
  bool requested() const { return (state_.load() & kRequested) != 0; }

 private:
  static constexpr std::uint8_t kArmed = 1;
  static constexpr std::uint8_t kRequested = 2;
  std::atomic<std::uint8_t> state_{0};
};

// What drivers hold as PFLT_CALLBACK_DATA.
struct CallbackData : FLT_CALLBACK_DATA {
  ActiveOperation* operation = nullptr;
  static CallbackData& of(PFLT_CALLBACK_DATA data) { return *static_cast<CallbackData*>(data); }
};

// One operation on its way through a volume; lives on the stack of the thread that asked for it.
struct ActiveOperation {
  ActiveOperation* outer = nullptr;  // guarded by the slot's lock
  Walker* walker = nullptr;
  nt::Thread* caller = nullptr;  // the thread that asked, and waits for the end
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
  Cancel cancel;
  Frame* running = nullptr;  // the frame whose callback runs, or whose filter has the operation
  // What FltRequestOperationStatusCallback was asked for (CB-56).
  struct StatusRequest {
    Instance* instance;
    PFLT_GET_OPERATION_STATUS_CALLBACK routine;
    PVOID context;
    FLT_IO_PARAMETER_BLOCK snapshot;
  };
  std::vector<StatusRequest> status_requests;
  ECP_LIST* own_ecp_list = nullptr;  // FltSetEcpListIntoCallbackData: it goes with the operation
  std::vector<PMDL> locked_buffers;  // made by FltLockUserBuffer; they go with the operation (CB-37)
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
