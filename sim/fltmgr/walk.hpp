// The walk: pre callbacks from the highest altitude down, the file system, post callbacks up (CB-6..CB-31).
//
// What a walk reads is an immutable snapshot, taken at its start. What makes that safe without a shared count
// or a shared lock is the WalkSlot that each simulated thread has: a chain of its operations in flight, under a lock
// that is biased to the thread (biased_lock.hpp). Walking is common and takes it with a store and a load; to detach an
// instance and to complete a pended operation are rare, and pay for both sides.
//
//   W1  A thread takes the snapshot and pushes its operation under its slot's lock.
//   W2  A detacher publishes the new snapshot first, then visits every slot under its lock. An operation
//       pushed before the visit is seen; one pushed after it has read the new snapshot (the lock hands the
//       publication over).
//   W3  A frame is one instance in one operation. Its state, and how many frames there are, change under the slot's
//       lock only: a post callback that is owed runs exactly once, either from the walk (kInPost) or, early and with
//       DRAINING, from the drainer (kDraining; TEAR-5).
//   W4  An operation is popped only when none of its frames is kDraining, and every callback that was called
//       in it has returned.
//   W5  A snapshot that was replaced is freed when no slot names it any more.
//   W6  One thread at a time has the walk: the one that may change anything in the operation but the states.
//       It is lost by the change to kPended or kHeld, and won by the one from there to kAnswered; who
//       completes an operation before its callback has returned wins it from kInPre or kInPost instead, and
//       the thread in the callback finds that the state is no longer its own. Otherwise it is handed over
//       (Walker).
//   W7  Who drains an instance sets Instance::detached first and then, on its visit, ActiveOperation::drained of each
//       operation of the volume. A walk that finds the latter asks for the former before it calls a pre callback
//       (TEAR-3), and tells the drainer of each callback that is over. A walk that does not find it has to do neither.
//   W8  An operation that was ever completed in another thread keeps its slot revoked until it is popped: the threads
//       that take the walk up own another slot.
#pragma once

#include <fltKernel.h>

#include <array>
#include <atomic>
#include <forward_list>
#include <memory>
#include <span>
#include <vector>

#include "fltmgr/biased_lock.hpp"
#include "fltmgr/objects.hpp"
#include "io/filter_stack.hpp"

namespace fltsim::fltmgr {

struct CallbackEntry {
  Instance* instance;
  PFLT_PRE_OPERATION_CALLBACK pre;
  PFLT_POST_OPERATION_CALLBACK post;
  FLT_OPERATION_REGISTRATION_FLAGS flags;
  const nt::DriverIdentity* driver;
  FLT_RELATED_OBJECTS objects;  // but for the file object
};

// Immutable once published. Per major code, the instances that registered for it, from the highest altitude
// down.
struct Snapshot {
  std::array<std::vector<CallbackEntry>, 256> by_major;
};

// Trivial, so that those that are not used cost nothing.
struct Frame {
  enum class State : std::uint8_t {
    kInPre,
    kPended,  // the filter has the operation: FltCompletePendedPreOperation is due
    kAnswered,  // that, or its like for a post, has been called and is being carried out, or the callback's answer is
    kOwed,  // a post callback is due
    kInPost,
    kHeld,      // the filter has the operation: FltCompletePendedPostOperation is due
    kDraining,  // the drainer runs the post callback
    kDone,
  };

  const CallbackEntry* entry;
  // What the pre callback was given; the post callback sees the same (CB-27). TargetInstance is not part of it.
  const FLT_IO_PARAMETER_BLOCK* received;
  PVOID completion_context;
  // Where the post callback must run, after FLT_PREOP_SYNCHRONIZE; null: wherever the walk is (CB-13, CB-24).
  nt::Thread* post_thread;
  State state;
  // Above zero: answered before the callback has returned. One up by who wins the walk from the callback, one
  // down by the thread in the callback, in either order.
  std::int8_t late_returns;

  bool held_by_filter() const { return state == State::kPended || state == State::kHeld; }
  // Code of the filter runs for it, or the filter has it.
  bool busy() const {
    return state == State::kInPre || state == State::kInPost || state == State::kAnswered ||
           held_by_filter() || late_returns != 0;
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
  FLT_CALLBACK_DATA_QUEUE* queue;
  IO_CSQ_IRP_CONTEXT* context;
  PFLT_COMPLETE_CANCELED_CALLBACK callback;  // without a queue

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
  WalkSlot* slot = nullptr;  // that the operation is in; null in the copy that a draining callback is given
  static CallbackData& of(PFLT_CALLBACK_DATA data) { return *static_cast<CallbackData*>(data); }
};

// One operation on its way through a volume; lives on the stack of the thread that asked for it.
struct ActiveOperation {
  ActiveOperation* outer;  // guarded by the slot's lock
  Walker* walker;
  nt::Thread* caller;  // the thread that asked, and waits for the end
  const Snapshot* snapshot;
  VolumeStack* volume;
  io::Operation* request;
  // What the next lower one is to see: the request's, or those of the last who changed them.
  const FLT_IO_PARAMETER_BLOCK* parameters;
  FLT_IO_PARAMETER_BLOCK current;  // the copy of them that callbacks are given
  CallbackData data{};
  FLT_CALLBACK_DATA_FLAGS flags;  // those of the data that no filter may change (CB-2, CB-10)
  // The frames of those that were called so far: the number is guarded by the slot's lock (W3). Where they are is the
  // owner's alone until the first is counted.
  Frame* first_frame;
  std::size_t frame_count = 0;
  std::span<Frame> frames() const {
    return frame_count == 0 ? std::span<Frame>() : std::span<Frame>(first_frame, frame_count);
  }
  bool drained = false;  // guarded by the slot's lock (W7)
  bool revoked = false;  // guarded by the slot's lock (W8)
  // Where the walk is, for routines that are legal in some places only (names, contexts, FltCancelFileOpen).
  enum class Phase : std::uint8_t {
    kPre,
    kPost
  } phase = Phase::kPre;
  Cancel cancel;
  NTSTATUS status_before_post;
  Frame* running = nullptr;  // the frame whose callback runs, or whose filter has the operation

  // What FltRequestOperationStatusCallback was asked for (CB-56).
  struct StatusRequest {
    Instance* instance;
    PFLT_GET_OPERATION_STATUS_CALLBACK routine;
    PVOID context;
    FLT_IO_PARAMETER_BLOCK snapshot;
  };
  // Parameters that a pre callback has changed.
  struct Change {
    FLT_IO_PARAMETER_BLOCK parameters;  // as those below receive them
    const Frame* by;                    // null: none, but the filter manager itself
    Instance* instance;                 // whose callback that was
    // The MDL that the callback swapped in: the filter manager's to free at the operation's end, unless the filter
    // asks to keep it (FltRetainSwappedBufferMdlAddress).
    PMDL swapped_mdl = nullptr;
    bool retains_swapped_mdl = false;
  };
  // What few operations have.
  struct Extras {
    std::forward_list<Change> changes;  // the last first; frames point into them
    std::vector<StatusRequest> status_requests;
    ECP_LIST* own_ecp_list = nullptr;  // FltSetEcpListIntoCallbackData: it goes with the operation
    std::vector<PMDL> locked_buffers;  // made by FltLockUserBuffer; they go with the operation (CB-37)
  };
  std::unique_ptr<Extras> extras;
  Extras& make_extras() {
    if (!extras) extras = std::make_unique<Extras>();
    return *extras;
  }
  // The change that `frame` has made; null if it has made none.
  Change* change_by(const Frame& frame) {
    if (!extras) return nullptr;
    for (Change& change : extras->changes) {
      if (change.by == &frame) return &change;
    }
    return nullptr;
  }
};

// A thread's operations in flight, innermost first. Belongs to the nt::Thread, the owner of the lock; visited by others.
class WalkSlot : public BiasedLock {
 public:
  ActiveOperation* innermost = nullptr;  // guarded by the lock
};

// The lock of a slot, once, in any thread: the owner takes it as such, all others make it a visit.
class SlotVisit {
 public:
  SlotVisit(WalkSlot& slot, bool owns_slot) : slot_(slot), owner_(owns_slot) {
    if (owner_) {
      slot.lock();
      return;
    }
    slot.revoke();
    BiasedLock::let_owners_pass();
    slot.wait_for_owner();
    slot.lock_spin();
  }
  ~SlotVisit() {
    if (owner_) {
      slot_.unlock();
      return;
    }
    slot_.unlock_spin();
    slot_.restore();
  }
  SlotVisit(const SlotVisit&) = delete;
  SlotVisit& operator=(const SlotVisit&) = delete;

 private:
  WalkSlot& slot_;
  const bool owner_;
};

}  // namespace fltsim::fltmgr
