// The executive of one machine: processes and threads, objects and names, waiting, pool, user memory,
// registry.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "nt/crypto.hpp"
#include "nt/debug_log.hpp"
#include "nt/dispatcher.hpp"
#include "nt/driver_watch.hpp"
#include "nt/lent_memory.hpp"
#include "nt/lock_table.hpp"
#include "nt/namespace.hpp"
#include "nt/pool.hpp"
#include "nt/process.hpp"
#include "nt/registry.hpp"
#include "nt/thread.hpp"
#include "nt/user_memory.hpp"
#include "nt/work_queue.hpp"

namespace fltsim::nt {

class DpcQueue;
class HandleCallbacks;
class ProcessNotifications;
class RegistryCallbacks;

class Executive {
 public:
  explicit Executive(System& system);
  // Makes the names and the system process; apart from construction, because objects find their executive
  // through the system.
  void start();
  ~Executive();
  Executive(const Executive&) = delete;
  Executive& operator=(const Executive&) = delete;

  Dispatcher& dispatcher() { return dispatcher_; }
  LockTable& locks() { return locks_; }
  Namespace& names() { return *names_; }
  Pool& pool() { return pool_; }
  UserSpace& user_space() { return user_space_; }
  LentMemory& lent_memory() { return lent_memory_; }
  DriverWatch& driver_watch() { return driver_watch_; }
  Registry& registry() { return registry_; }
  WorkQueue& work() { return work_; }
  Crypto& crypto() { return crypto_; }
  DpcQueue& dpcs() { return *dpcs_; }
  ProcessNotifications& notifications() { return *notifications_; }
  HandleCallbacks& handle_callbacks() { return *handle_callbacks_; }
  RegistryCallbacks& registry_callbacks() { return *registry_callbacks_; }
  sched::Ticks boot_time() const { return boot_time_; }
  DebugLog& debug_log() { return debug_log_; }

  // --- drivers ---

  // One identity per name.
  const DriverIdentity& driver(std::string_view name);

  // --- processes and threads: any thread ---
  Process& system_process() { return *system_process_; }
  // `device_image` may be empty: it is then derived through \??\C: .
  Ref<Process> create_process(std::u16string dos_image, User user, std::u16string device_image = {},
                              bool is_system = false);
  Ref<Process> process_by_id(std::uint32_t id) const;  // null when unknown or gone
  Ref<Thread> thread_by_id(std::uint32_t id) const;
  std::vector<Ref<Process>> processes() const;
  // For the words of locks, which name their holder by id. False: this machine never gave that id to anybody.
  bool was_given_out(std::uintptr_t id) const;
  // Whether the call of some thread uses it (Thread::in_use).
  bool in_use(const void* object) const;
  // Null for a thread that has not begun or has ended.
  sched::Thread* scheduled_thread(std::uintptr_t id) const;

  // Starts a thread: kernel code in a system process, else client code. Null when the process is terminating.
  // `driver`: on whose behalf; it shows in findings.
  // `suspended`: what Thread::suspended is before it runs.
  Ref<Thread> start_thread(Process& process, std::string name, std::function<void()> entry,
                           const DriverIdentity* driver = nullptr, std::uint32_t suspended = 0);

  // Terminates a thread: it runs no further client code; its wait ends where that is documented.
  void terminate_thread(Thread& thread, Status status);
  // Terminates a process: from now on none of its client code runs (decision 14). In a thread of the dying
  // process its handles are closed and the hooks below run; until then the kernel may still answer what its
  // threads had asked. The returned thread does that; its end is the end of the process. Null when it was
  // terminating already.
  Ref<Thread> terminate_process(Process& process, Status status);
  // Runs in the dying process's context after its handles are closed, in order of registration. Before
  // threads run.
  void on_process_exit(std::function<void(Process&)> hook);
  // Runs in a thread before the frames of a killed client are unwound, and when its code has ended: what its
  // process has outstanding in the kernel must no longer touch the client's memory. Registered before threads
  // run.
  void on_requests_end(std::function<void(Thread&)> hook);
  // Runs when a driver's image is about to go, after its unload routine: what the driver has left is reported and taken
  // away. True: its code may still be called, so that the image has to stay. Before threads run.
  void on_driver_end(std::function<bool(const DriverIdentity&)> hook);
  [[nodiscard]] bool end_driver(const DriverIdentity& driver);
  void end_requests(Thread& thread);

  // --- the machine's stop ---
  bool stopped() const { return stopped_.load(); }
  [[noreturn]] void stop(Thread& thread);
  // Parks the calling thread for ever if the machine has stopped.
  void halt_if_stopped(Thread& thread) {
    if (stopped()) stop(thread);
  }

  // --- faults ---
  void fail_next(std::string_view routine, std::uint32_t times);
  bool faults_armed() const { return faults_armed_.load(std::memory_order_acquire) != 0; }
  bool take_fault(std::string_view routine);
  void forget_faults();

  // --- the end of the machine: the control thread, after the last run ---
  void report_leaks();
  void report_unused_faults();
  // The end of all objects, those first that were made last, whatever refers to them. Nothing runs any more.
  void destroy_objects();
  bool tearing_down() const { return tearing_down_; }

  // --- for create_object() ---
  void add_object(ObjectHeader& header);
  void remove_object(ObjectHeader& header);

 private:
  void run_thread(Thread& thread, const std::function<void()>& entry);
  void end_thread(Thread& thread);
  Ref<Thread> make_thread(Process& process, std::string name);
  // The thread is on its process's list already.
  void launch(Thread& thread, std::function<void()> entry);
  void check_left_clean(Thread& thread);
  void run_down(Process& process, Status status);

  System& system_;
  const sched::Ticks boot_time_;
  std::atomic<bool> stopped_{false};
  bool tearing_down_ = false;  // written when no simulated thread is left
  std::atomic<std::uint32_t> faults_armed_{0};

  mutable std::mutex mutex_;
  ObjectHeader* oldest_ = nullptr;
  ObjectHeader* newest_ = nullptr;
  std::uint64_t object_count_ = 0;
  std::uint32_t next_id_ = 4;
  std::map<std::uint32_t, Process*> processes_;
  std::map<std::uint32_t, Thread*> threads_;
  std::map<std::string, std::uint32_t, std::less<>> faults_;
  std::deque<DriverIdentity> drivers_;
  std::vector<std::function<void(Process&)>> exit_hooks_;
  std::vector<std::function<void(Thread&)>> request_hooks_;
  std::vector<std::function<bool(const DriverIdentity&)>> driver_hooks_;

  Dispatcher dispatcher_;
  LockTable locks_;
  Pool pool_;
  UserSpace user_space_;
  LentMemory lent_memory_;
  DriverWatch driver_watch_;
  Registry registry_;
  WorkQueue work_;
  Crypto crypto_;
  DebugLog debug_log_;
  std::unique_ptr<DpcQueue> dpcs_;
  std::unique_ptr<ProcessNotifications> notifications_;
  std::unique_ptr<HandleCallbacks> handle_callbacks_;
  std::unique_ptr<RegistryCallbacks> registry_callbacks_;
  std::unique_ptr<Namespace> names_;
  Ref<Process> system_process_;
};

}  // namespace fltsim::nt
