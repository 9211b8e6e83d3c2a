// One simulated thread as the executive sees it (ETHREAD and KTHREAD are one object: PETHREAD and PKTHREAD
// point here).
#pragma once

#include <array>
#include <atomic>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fltsim/trace.hpp"
#include "nt/dispatcher.hpp"
#include "nt/object.hpp"

struct fltsim_seh_frame;
struct _EXCEPTION_RECORD;

namespace fltsim::nt {

class Executive;
struct FilterCall;
class MessageBuffers;
class Process;
class UserScratch;

using Irql = std::uint8_t;
inline constexpr Irql kPassive = 0;
inline constexpr Irql kApc = 1;
inline constexpr Irql kDispatch = 2;
inline constexpr Irql kAnyIrql = 31;

// A driver, as findings and the pool name it. Lives as long as the machine.
struct DriverIdentity {
  std::string name;
};

// A lock that the thread holds, for findings about locks held where they must not be.
struct HeldLock {
  const void* address;
  const char* kind;  // "spin lock", "guarded mutex", ...; a lock is let go as the kind that it was taken as
  std::uint32_t count;
};

// Members without a comment on threads are used by the thread itself alone.
class Thread final {
 public:
  Thread(System& system, Process& process, std::string name);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  DispatcherHeader header;  // first; signalled when the thread has ended

  // --- fixed at birth: any thread ---
  System& system;
  Process& process;
  const std::string name;
  std::uint32_t id = 0;                             // a multiple of 4
  const DriverIdentity* started_by = nullptr;       // PsCreateSystemThread's caller
  bool announced = false;                           // its creator has told the drivers' notify routines
  std::atomic<sched::Thread*> scheduled = nullptr;  // set by the thread itself before it runs any code

  // --- any thread ---

  // What the thread's call uses without a reference: written by the thread, asked before such a thing is freed
  // (fltmgr/port_in_use.hpp).
  std::atomic<const void*> in_use{nullptr};

  // Set once by termination. Client code no longer runs in this thread; kernel code goes on to the boundary.
  bool terminated() const { return terminated_.load(); }
  std::atomic<std::int32_t> exit_status{0x103};  // STATUS_PENDING while it runs
  std::atomic<std::int32_t> priority{8};
  std::atomic<bool> ended{false};
  std::atomic<bool> completed{false};  // its code ran to its end; false also for one that was terminated

  // --- the thread itself ---
  Irql irql = kPassive;
  std::uint32_t critical_regions = 0;
  std::uint32_t guarded_regions = 0;
  std::uint32_t kernel_depth = 0;          // > 0 inside a client entry: kernel code runs
  bool called_by_kernel = false;           // ExGetPreviousMode: whether the system service came from a driver
  const DriverIdentity* driver = nullptr;  // whose code runs, null for the simulator's and the client's own
  void* top_level_irp = nullptr;           // IoSetTopLevelIrp
  Trace::Handle trace_node = nullptr;  // what the thread is in, in the machine's trace; new nodes go below
  Trace::Caller tracer{};              // what the trace calls it, once it has traced something
  void* walk_slot = nullptr;           // the filter manager's (fltmgr/walk.hpp)
  // The filters, instances and volumes that the thread asked the filter manager about lately, and where the next one
  // goes (FilterManager::knows()).
  std::array<const void*, 6> known_flt_objects{};
  std::uint32_t next_known_flt_object = 0;
  Process* attached = nullptr;  // KeStackAttachProcess
  std::vector<HeldLock> held_locks;
  std::function<void(const void* lock)> on_lock_wait;  // told of each lock that the thread has to wait for
  bool sets_up_instance = false;                       // InstanceSetup runs, where nothing may wait (VER-28)
  std::uint32_t last_error = 0;                        // Win32's GetLastError
  std::unique_ptr<UserScratch> scratch;
  fltsim_seh_frame* exception_chain = nullptr;  // the innermost __try that is active (nt/seh.hpp)
  bool has_outer_try = false;                   // a driver whose call led to this callback is in a __try
  FilterCall* filter_call = nullptr;            // the exception filter that is asked, if any
  const char* routine = "";                     // that was entered last, for the text of a crash
  MessageBuffers* message_buffers = nullptr;    // of the MessageNotify that runs (nt/driver_watch.hpp)
  const void* judged = nullptr;                 // the callback whose answer is looked at (nt/code_place.hpp)
  bool reads_for_driver = false;  // a fault now is the calling driver's (DriverReads in nt/seh.hpp)
  // Where PsTerminateSystemThread goes; set while a system thread's routine runs.
  std::jmp_buf* exit_guard = nullptr;
  // Threads of a client program (client/program.hpp): where they go when they end inside the program's code, whose
  // frames hold nothing of ours, and what is told of an exception that nobody took there. Null in all others.
  std::jmp_buf* program_guard = nullptr;
  void (*program_failed)(Thread& thread, const _EXCEPTION_RECORD& record) = nullptr;
  std::vector<void*> local_storage;         // TlsSetValue
  std::atomic<std::uint32_t> suspended{0};  // CREATE_SUSPENDED: it has not begun; any thread
  // What gives back at its end what the thread was given (its walk slot), in its own context, last in, first out. Its
  // requests are cancelled and the drivers told by then; none of these runs code of a driver.
  std::vector<std::function<void(Thread&)>> at_end;

 private:
  friend class Dispatcher;
  friend class Executive;
  friend class InterruptibleWait;
  std::atomic<bool> terminated_{false};
  // Whom termination unparks; set by InterruptibleWait. Sequentially consistent with terminated_: a thread
  // sets this, then asks terminated(); termination sets that, then reads this. One of the two sees the other.
  std::atomic<sched::Thread*> interruptible_{nullptr};
  void* wait_ = nullptr;  // the dispatcher's; under its lock
  ListLink mutants_{&mutants_, &mutants_};
  void* start_ = nullptr;
};

// The simulated thread that runs, or null on the control thread.
inline Thread* current_thread_or_null() { return static_cast<Thread*>(sched::Scheduler::current_user()); }
// The same where there must be one: a WDK or client function was called outside a machine otherwise, which
// ends the program with `routine` in the text.
Thread& current_thread(const char* routine = "a simulated routine");

// While it lives, the calling thread is unparked when it is terminated. For a wait that parks by itself and
// asks thread.terminated() before each park; waits through the Dispatcher have
// WaitOptions::ends_on_termination.
class InterruptibleWait {
 public:
  explicit InterruptibleWait(Thread& thread) : thread_(thread) {
    thread.interruptible_.store(thread.scheduled.load());
  }
  // Who still sees it leaves a permit over.
  ~InterruptibleWait() { thread_.interruptible_.store(nullptr, std::memory_order_relaxed); }
  InterruptibleWait(const InterruptibleWait&) = delete;
  InterruptibleWait& operator=(const InterruptibleWait&) = delete;

 private:
  Thread& thread_;
};

// A system service that a driver has called runs in this thread until the end of the scope: with a driver's
// rights, whoever the thread belongs to.
class KernelCallScope {
 public:
  explicit KernelCallScope(Thread& thread)
      : thread_(thread), before_(std::exchange(thread.called_by_kernel, true)) {}
  ~KernelCallScope() { thread_.called_by_kernel = before_; }
  KernelCallScope(const KernelCallScope&) = delete;
  KernelCallScope& operator=(const KernelCallScope&) = delete;

 private:
  Thread& thread_;
  const bool before_;
};

// Code of `driver` runs in this thread until the end of the scope.
class DriverScope {
 public:
  DriverScope(Thread& thread, const DriverIdentity* driver) : thread_(thread), before_(thread.driver) {
    thread.driver = driver;
  }
  ~DriverScope() { thread_.driver = before_; }
  DriverScope(const DriverScope&) = delete;
  DriverScope& operator=(const DriverScope&) = delete;

 private:
  Thread& thread_;
  const DriverIdentity* before_;
};

}  // namespace fltsim::nt
