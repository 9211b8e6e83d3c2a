// One walk of one operation (walk.hpp has the invariants W1-W5).
#pragma once

#include <array>
#include <memory>

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

  void walk(const io::FileSystemCall& file_system);

 private:
  enum class Down {
    kGoOn,
    kCompleted
  };

  std::size_t first_frame(const std::vector<CallbackEntry>& entries) const;
  Down down();
  Down call_pre(Frame& frame);
  Down act_on(Frame& frame, FLT_PREOP_CALLBACK_STATUS status);
  void call_file_system(const io::FileSystemCall& file_system);
  void up();
  void call_post(Frame& frame);
  void check_changes(const Frame& frame);
  void check_completion(const Frame& frame);
  void leave(Frame& frame, Frame::State state);

  VolumeStack& volume_;
  nt::Thread& thread_;
  io::Operation& request_;
  WalkSlot& slot_;
  ActiveOperation operation_;
  static constexpr std::size_t kInlineFrames = 6;
  std::array<Frame, kInlineFrames> inline_frames_;
  std::unique_ptr<Frame[]> more_frames_;
  std::size_t below_ = 0;  // frames [0, below_) have been passed
};

// Runs the post callback of `frame` early, on a copy of the data (TEAR-5). For VolumeStack::drain().
void call_post_draining(ActiveOperation& operation, Frame& frame);

}  // namespace fltsim::fltmgr
