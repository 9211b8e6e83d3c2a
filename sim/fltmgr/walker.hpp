// One walk of one operation (walk.hpp has the invariants W1-W6).
//
// A walk begins and ends in the thread that asked for the operation. Between these it may change threads:
// when a filter holds the operation, the thread leaves it, and whoever completes it takes it up where it was
// (CB-22). Some callbacks must run in a certain thread: the posts of a create in the caller's, a post after
// FLT_PREOP_SYNCHRONIZE in that of its pre (CB-24). Such a thread waits until it is called back.
#pragma once

#include <array>
#include <memory>

#include "fltmgr/callback_checks.hpp"
#include "fltmgr/walk.hpp"
#include "nt/thread.hpp"

namespace fltsim::fltmgr {

class Walker {
 public:
  // Takes the snapshot and registers the operation with the calling thread (W1).
  Walker(VolumeStack& volume, const std::atomic<const Snapshot*>& current, io::Operation& request);
  ~Walker();
  Walker(const Walker&) = delete;
  Walker& operator=(const Walker&) = delete;

  // Returns when the operation is complete and nothing refers to it any more.
  void walk(const io::FileSystemCall& file_system);

  // For the filter that has the operation, in any thread: `frame` is kAnswered by the caller (W6). The rest
  // of the walk, or a part of it, runs in the calling thread; the walker may be gone on return.
  void complete_pre(Frame& frame, FLT_PREOP_CALLBACK_STATUS status, PVOID context);
  void complete_post(Frame& frame);

 private:
  // A thread's stay in the walk.
  struct Visit {
    nt::Thread& thread;
    int reasons_to_wait = 0;  // how many callbacks, or the end, are this thread's
  };
  enum class Heading {
    kDown,
    kUp
  };

  std::size_t first_frame(const std::vector<CallbackEntry>& entries) const;
  void carry_on(Visit& visit);
  // The steps answer whether the calling thread still has the walk; if not, the walker may be gone.
  [[nodiscard]] bool step(Visit& visit);
  [[nodiscard]] bool call_pre(Visit& visit, Frame& frame);
  [[nodiscard]] bool call_post(Visit& visit, Frame& frame);
  FLT_PREOP_CALLBACK_STATUS run_pre(nt::Thread& thread, Frame& frame, PVOID& context);
  FLT_POSTOP_CALLBACK_STATUS run_post(nt::Thread& thread, Frame& frame);
  void follow(Visit& visit, Frame& frame, FLT_PREOP_CALLBACK_STATUS status, Frame::State from);
  void finish_post(nt::Thread& thread, Frame& frame, FLT_POSTOP_CALLBACK_STATUS status, Frame::State from);
  void give_up(Visit& visit, Frame& frame, Frame::State from, Frame::State to);
  void call_file_system();
  void turn_up();
  nt::Thread* wanted_thread() const;
  void wait_for_turn(nt::Thread& thread);
  void wait_for_stragglers();
  void tell_status(NTSTATUS status);
  void free_descriptors();

  VolumeStack& volume_;
  nt::Thread& thread_;  // the caller's
  io::Operation& request_;
  const nt::DriverIdentity* const issuer_;  // the driver whose code asked; null for a program
  WalkSlot& slot_;
  ActiveOperation operation_;
  static constexpr std::size_t kInlineFrames = 6;
  std::array<Frame, kInlineFrames> inline_frames_;
  std::unique_ptr<Frame[]> more_frames_;

  // --- of the thread that has the walk ---
  const io::FileSystemCall* file_system_ = nullptr;
  Heading heading_ = Heading::kDown;
  std::size_t next_ = 0;       // down: the frame to call next; up: those below it have been called
  bool stragglers_ = false;    // W4: somebody may still be in a callback
  NTSTATUS lower_status_ = 0;  // what those below the first who turned it up have answered
  bool over_ = false;          // set and read by the caller's thread

  // Who is to take the walk up; stored by who had it, taken back by who takes it.
  std::atomic<nt::Thread*> called_{nullptr};
};

}  // namespace fltsim::fltmgr
