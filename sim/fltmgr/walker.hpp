// One walk of one operation (walk.hpp has the invariants W1-W8).
//
// A walk begins and ends in the thread that asked for the operation. Between these it may change threads:
// when a filter holds the operation, the thread leaves it, and whoever completes it takes it up where it was
// (CB-22). Some callbacks must run in a certain thread: the posts of a create in the caller's, a post after
// FLT_PREOP_SYNCHRONIZE in that of its pre (CB-24). Such a thread waits until it is called back.
//
//   walker.cpp          the way down and up, which most operations never leave
//   walker_answers.cpp  calls that are watched, and answers that need more than a note
//   walker_held.cpp     what a filter holds: giving the walk up, taking it up, waiting
//   walker_end.cpp      what an operation has gathered on its way
#pragma once

#include <array>
#include <memory>

#include "fltmgr/callback_checks.hpp"
#include "fltmgr/walk.hpp"
#include "fltsim/trace.hpp"
#include "nt/driver_call.hpp"
#include "nt/thread.hpp"

namespace fltsim::fltmgr {

class FilterManager;

class Walker {
 public:
  Walker(FilterManager& manager, VolumeStack& volume, io::Operation& request);
  Walker(const Walker&) = delete;
  Walker& operator=(const Walker&) = delete;

  // Registers the operation with the calling thread (W1). Returns when it is complete and nothing refers to it any more.
  void walk(const std::atomic<const Snapshot*>& current, const io::FileSystemCall& file_system);

  // For the filter that has the operation, in any thread: `frame` is kAnswered by the caller (W6). The rest
  // of the walk, or a part of it, runs in the calling thread; the walker may be gone on return.
  void complete_pre(Frame& frame, FLT_PREOP_CALLBACK_STATUS status, PVOID context);
  void complete_post(Frame& frame);

  // CB-56: in the thread that asked for the operation, and once for each request.
  void tell_status(NTSTATUS status);

 private:
  // A thread's stay in the walk.
  struct Visit {
    Visit(nt::Thread& of, bool owns, int reasons)
        : thread(of), owns_slot(owns), irql(of.irql), reasons_to_wait(reasons), drivers(of) {}

    nt::Thread& thread;
    const bool owns_slot;
    const nt::Irql irql;  // at which all callbacks of the visit are called, and have to return (VER-42)
    int reasons_to_wait;  // how many callbacks, or the end, are this thread's
    nt::DriverCalls drivers;
    // When the thread last came out of code that is not the manager's: what it calls next begins then.
    Trace::Moment boundary = {};
  };
  enum class Heading : std::uint8_t {
    kDown,
    kUp
  };
  // The lock of the slot, for a thread that has the walk (W8).
  class Section {
   public:
    Section(WalkSlot& slot, bool owns_slot) : slot_(slot), owner_(owns_slot) { lock(); }
    void lock() { owner_ ? slot_.lock() : slot_.lock_spin(); }
    void unlock() { owner_ ? slot_.unlock() : slot_.unlock_spin(); }

   private:
    WalkSlot& slot_;
    const bool owner_;
  };

  void push(const std::atomic<const Snapshot*>& current);
  void skip_those_above();
  void carry_on(Visit& visit);
  // These answer whether the calling thread still has the walk; if not, the walker may be gone. There is one for each
  // kind of visit (Visit::owns_slot) and of machine (watched_ or verifier_).
  template <bool kOwnsSlot, bool kWatched>
  [[nodiscard]] bool go(Visit& visit);
  template <bool kOwnsSlot, bool kWatched>
  [[nodiscard]] bool go_down(Visit& visit);
  template <bool kOwnsSlot, bool kWatched>
  [[nodiscard]] bool go_up(Visit& visit);
  Frame& next_frame(const CallbackEntry& entry);
  void show(Frame& frame);
  struct Routine {
    const char* kind;
    const void* code;
  };
  template <bool kWatched, class Call>
  auto check_call(const Visit& visit, const CallbackEntry& entry, const Routine& routine, Call&& call);
  template <bool kWatched>
  FLT_PREOP_CALLBACK_STATUS run_pre(Visit& visit, Frame& frame, PVOID& context);
  template <bool kWatched>
  FLT_POSTOP_CALLBACK_STATUS run_post(Visit& visit, Frame& frame);
  void call_file_system(Visit& visit);
  void turn_up();
  nt::Thread* wanted_thread() const;
  void pop();
  [[noreturn]] static void stop_at_second_answer(nt::Thread& thread);

  // --- walker_answers.cpp ---
  Trace::Handle begin_watched(const Visit& visit, const char* verb, const CallbackEntry& entry);
  void end_watched(Visit& visit, Trace::Handle node, const CallbackEntry& entry,
                   FLT_PREOP_CALLBACK_STATUS status);
  void end_watched(Visit& visit, Trace::Handle node, const CallbackEntry& entry,
                   FLT_POSTOP_CALLBACK_STATUS status);
  [[nodiscard]] bool take_pre_answer(Visit& visit, Frame& frame, FLT_PREOP_CALLBACK_STATUS status,
                                     PVOID context);
  [[nodiscard]] bool take_post_answer(Visit& visit, Frame& frame, FLT_POSTOP_CALLBACK_STATUS status);
  void answer_once(Visit& visit, Frame& frame, Frame::State in_callback);
  void follow(Visit& visit, Frame& frame, FLT_PREOP_CALLBACK_STATUS status);
  void finish_post(Visit& visit, Frame& frame, FLT_POSTOP_CALLBACK_STATUS status);
  void settle(Visit& visit, Frame& frame, Frame::State to);

  // --- walker_held.cpp ---
  void give_up(Visit& visit, Frame& frame, Frame::State from, Frame::State to);
  // Takes the walk up in the thread that completes what `frame` held, whose answer(visit) comes first.
  template <class Answer>
  void resume(nt::Thread& thread, Frame& frame, Answer&& answer);
  void hand_over(nt::Thread& wanted);
  void wait_for_turn(nt::Thread& thread);
  void pop_behind_stragglers();

  // --- walker_end.cpp ---
  void end_extras();

  VolumeStack& volume_;
  nt::Thread& thread_;  // the caller's
  io::Operation& request_;
  const nt::DriverIdentity* const issuer_;  // the driver whose code asked; null for a program
  WalkSlot& slot_;
  ActiveOperation operation_;
  static constexpr std::size_t kInlineFrames = 16;
  Frame inline_frames_[kInlineFrames];
  std::unique_ptr<Frame[]> more_frames_;

  // --- of the thread that has the walk ---
  const io::FileSystemCall* file_system_ = nullptr;
  const CallbackEntry* next_ = nullptr;  // down: whom to call next
  const CallbackEntry* end_ = nullptr;
  std::size_t above_ = 0;  // up: how many frames there are above the one that was called last
  const bool is_create_;
  const bool watched_;  // by the trace, or by who counts
  const bool verifier_;
  Heading heading_ = Heading::kDown;
  bool bound_posts_ = false;   // some belong to a thread (Frame::post_thread)
  bool stragglers_ = false;    // W4: somebody may still be in a callback
  NTSTATUS lower_status_ = 0;  // what those below the first who turned it up have answered
  bool over_ = false;          // set and read by the caller's thread

  // Who is to take the walk up; stored by who had it, taken back by who takes it.
  std::atomic<nt::Thread*> called_{nullptr};
};

// CB-7: whether registration flags keep an instance out of an operation.
bool skips(const CallbackEntry& entry, const io::Operation& request);

// What happened to a frame; a drainer that waits for its instance is told.
void tell_drainer(Instance& instance);

}  // namespace fltsim::fltmgr
