// The routines that drivers have registered for the life of processes, threads and images (PsSet*NotifyRoutine*), and
// calling them. In order of registration; at most 64 of each kind, as on Windows.
//
// Threads: any simulated thread registers; the calls run in the thread that is named with each. No lock is held across
// a call, and removing a routine waits until its calls have ended.
#pragma once

#include <ntifs.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "nt/object.hpp"
#include "nt/thread.hpp"

namespace fltsim::nt {

class ProcessNotifications {
 public:
  enum class Kind : std::uint8_t {
    kProcess,    // PsSetCreateProcessNotifyRoutine
    kProcessEx,  // ...Ex, and Ex2 for ordinary processes
    kThread,
    kThreadNonSystem,  // PsSetCreateThreadNotifyRoutineEx
    kImage,
  };
  static constexpr std::size_t kRoutinesMax = 64;

  explicit ProcessNotifications(System& system) : system_(system) {}
  ProcessNotifications(const ProcessNotifications&) = delete;
  ProcessNotifications& operator=(const ProcessNotifications&) = delete;

  // STATUS_INVALID_PARAMETER: registered already, or too many.
  [[nodiscard]] Status add(Thread& thread, Kind kind, void* routine);
  // STATUS_PROCEDURE_NOT_FOUND.
  [[nodiscard]] Status remove(Thread& thread, Kind kind, void* routine);
  bool any(Kind kind) const;

  // The calling thread stands for the one that makes the process. `file`: the image's, may be null. The status that the
  // last routine to object has left in CreationStatus, or STATUS_SUCCESS.
  [[nodiscard]] Status process_begins(Thread& creator, Process& process, FILE_OBJECT* file);
  // In a thread of the process, before its handles are closed.
  void process_ends(Thread& thread, Process& process);
  void thread_begins(Thread& caller, Thread& thread);
  void thread_ends(Thread& thread);
  // `process_id` 0: a driver's image.
  void image_loaded(Thread& thread, std::u16string_view name, std::uint32_t process_id, void* base,
                    std::size_t size);

  // What the driver has left is VER-20 and goes. False: none of it is needed any more.
  bool end_driver(const DriverIdentity& driver);

 private:
  struct Entry {
    Kind kind;
    void* routine;
    const DriverIdentity* driver;
    std::uint64_t number;
    std::uint32_t running = 0;
    bool removed = false;
  };
  void thread_changes(Thread& caller, Thread& thread, bool begins);
  template <class Call>
  void for_each(Thread& thread, Kind kind, Call call);

  System& system_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::uint64_t numbers_ = 0;
};

}  // namespace fltsim::nt
