// What a pre or post callback may do with its operation, and what its answer means. Everything that a
// callback gets wrong with its return value or its data is found here (VER-1 to VER-10, VER-34, VER-35).
#pragma once

#include <utility>

#include "fltmgr/walk.hpp"
#include "nt/thread.hpp"

namespace fltsim::fltmgr {

// What IoStatus.Status holds before a pre callback: no driver returns it by chance (CB-15).
inline constexpr NTSTATUS kUntouched = static_cast<NTSTATUS>(0xEBADF00D);

// How an operation goes on behind a pre callback.
enum class Answer {
  kGoOnWithPost,
  kGoOn,
  kCompleted,  // IoStatus holds the result
};

// The flags of callback data for this request that no filter may change (CB-2).
inline FLT_CALLBACK_DATA_FLAGS fixed_flags(const io::Operation& request) {
  const FLT_CALLBACK_DATA_FLAGS generated =
      (request.below != nullptr ? FLTFL_CALLBACK_DATA_GENERATED_IO : 0) |
      (request.reissued ? FLTFL_CALLBACK_DATA_REISSUED_IO : 0);
  switch (request.kind) {
    case io::Operation::Kind::kIrp:
      return generated | FLTFL_CALLBACK_DATA_IRP_OPERATION |
             ((request.parameters.IrpFlags & IRP_BUFFERED_IO) != 0 ? FLTFL_CALLBACK_DATA_SYSTEM_BUFFER : 0);
    case io::Operation::Kind::kFastIo:
      return generated | FLTFL_CALLBACK_DATA_FAST_IO_OPERATION;
    case io::Operation::Kind::kFsFilter:
      return generated | FLTFL_CALLBACK_DATA_FS_FILTER_OPERATION;
  }
  return 0;
}

// CB-57.
bool is_synchronous(const FLT_CALLBACK_DATA& data);

// VER-33.
void report_own_create(const Filter& filter);

// Whether a pre callback that goes on, and has marked no change, or a post callback that has finished and is none of a
// create, has done nothing that judge_pre or judge_post would report. Said of a post, its completion context is handed
// back (VER-13).
bool is_flawless(const ActiveOperation& operation, const Frame& frame, FLT_PREOP_CALLBACK_STATUS status,
                 PVOID completion_context);
bool is_flawless(const ActiveOperation& operation, const Frame& frame);

// Reports what is wrong with the answer of a pre callback, takes back the changes that do not count (CB-34,
// CB-36), and sets IoStatus where the manager does. `status` is not FLT_PREOP_PENDING.
Answer judge_pre(nt::Thread& thread, ActiveOperation& operation, Frame& frame,
                 FLT_PREOP_CALLBACK_STATUS status);

// The same for a post callback that has finished.
void judge_post(ActiveOperation& operation, const Frame& frame, FLT_POSTOP_CALLBACK_STATUS status);

// What a thread held when a callback was called; locks and an IRQL that the callback leaves behind are found
// by comparing (VER-34, VER-42).
struct HeldBefore {
  std::size_t locks;
  nt::Irql irql;
};

// While it lives, what is found in this thread is the fault of the callback `code`, which has returned.
class Judging {
 public:
  Judging(nt::Thread& thread, const void* code)
      : thread_(thread), before_(std::exchange(thread.judged, code)) {}
  ~Judging() { thread_.judged = before_; }
  Judging(const Judging&) = delete;
  Judging& operator=(const Judging&) = delete;

 private:
  nt::Thread& thread_;
  const void* const before_;
};

void check_left_behind(nt::Thread& thread, const Filter& filter, const char* callback,
                       const HeldBefore& before);

}  // namespace fltsim::fltmgr
