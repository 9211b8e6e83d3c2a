#include "nt/executive.hpp"

#include <algorithm>
#include <exception>

#include "machine/system.hpp"
#include "nt/dpc_queue.hpp"
#include "nt/enter.hpp"
#include "nt/handle_callbacks.hpp"
#include "nt/process_notifications.hpp"
#include "nt/registry_callbacks.hpp"
#include "wdk/shared/status.h"

namespace fltsim::nt {
namespace {

constexpr char16_t kSystemImage[] = u"C:\\Windows\\System32\\ntoskrnl.exe";
constexpr std::uint32_t kIdStep = 4;

// C:\dir\file to \Device\HarddiskVolume1\dir\file by the drive's link; the DOS form below \?? while there is
// none.
std::u16string device_path(const Namespace& names, const std::u16string& dos) {
  if (dos.size() < 2 || dos[1] != u':') return dos;
  const std::u16string link = u"\\??\\" + dos.substr(0, 2);
  return names.link_target(link).value_or(link) + dos.substr(2);
}

std::string text_of(std::u16string_view name) {
  std::string text;
  for (const char16_t unit : name) text += unit < 0x80 ? static_cast<char>(unit) : '?';
  return text;
}

}  // namespace

Executive::Executive(System& system)
    : system_(system),
      boot_time_(system.scheduler().now()),
      pool_(system),
      work_(system),
      crypto_(system),
      dpcs_(std::make_unique<DpcQueue>(system)),
      notifications_(std::make_unique<ProcessNotifications>(system)),
      handle_callbacks_(std::make_unique<HandleCallbacks>(system)),
      registry_callbacks_(std::make_unique<RegistryCallbacks>(system)) {
  on_driver_end([this](const DriverIdentity& driver) {
    // Each is asked, whatever the others say.
    const bool dpcs = dpcs_->end_driver(driver);
    const bool routines = notifications_->end_driver(driver);
    const bool handles = handle_callbacks_->end_driver(driver);
    const bool keys = registry_callbacks_->end_driver(driver);
    return dpcs || routines || handles || keys;
  });
}

void Executive::start() {
  names_ = std::make_unique<Namespace>(system_);
  registry_.set_clock([this] { return system_.scheduler().now(); });
  system_process_ =
      create_process(kSystemImage, User::kSystem, u"\\SystemRoot\\System32\\ntoskrnl.exe", true);
}

Executive::~Executive() = default;

const DriverIdentity& Executive::driver(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(drivers_.begin(), drivers_.end(),
                                  [&](const DriverIdentity& known) { return known.name == name; });
  return found != drivers_.end() ? *found : drivers_.emplace_back(DriverIdentity{std::string(name)});
}

// --- processes and threads ---

Ref<Process> Executive::create_process(std::u16string dos_image, User user, std::u16string device_image,
                                       bool is_system) {
  if (device_image.empty()) device_image = device_path(*names_, dos_image);
  auto process = Ref<Process>::adopt(create_object<Process>(system_, kProcessType, system_,
                                                            std::move(dos_image), std::move(device_image),
                                                            make_token(system_, user), is_system));
  reference(process.get());  // its being alive; given back by run_down()
  const std::lock_guard lock(mutex_);
  process->id = next_id_;
  next_id_ += kIdStep;
  processes_.emplace(process->id, process.get());
  return process;
}

Ref<Process> Executive::process_by_id(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = processes_.find(id);
  return found == processes_.end() ? Ref<Process>() : Ref<Process>::retain(found->second);
}

Ref<Thread> Executive::thread_by_id(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = threads_.find(id);
  return found == threads_.end() ? Ref<Thread>() : Ref<Thread>::retain(found->second);
}

std::vector<Ref<Process>> Executive::processes() const {
  const std::lock_guard lock(mutex_);
  std::vector<Ref<Process>> all;
  for (const auto& [id, process] : processes_) all.push_back(Ref<Process>::retain(process));
  return all;
}

bool Executive::was_given_out(std::uintptr_t id) const {
  const std::lock_guard lock(mutex_);
  return id != 0 && id % kIdStep == 0 && id < next_id_;
}

bool Executive::in_use(const void* object) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(threads_,
                             [&](const auto& entry) { return entry.second->in_use.load() == object; });
}

sched::Thread* Executive::scheduled_thread(std::uintptr_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = threads_.find(static_cast<std::uint32_t>(id));
  return found == threads_.end() ? nullptr : found->second->scheduled.load();
}

Ref<Thread> Executive::make_thread(Process& process, std::string name) {
  return Ref<Thread>::adopt(create_object<Thread>(system_, kThreadType, system_, process, std::move(name)));
}

Ref<Thread> Executive::start_thread(Process& process, std::string name, std::function<void()> entry,
                                    const DriverIdentity* driver, std::uint32_t suspended) {
  Ref<Thread> thread = make_thread(process, std::move(name));
  thread->suspended = suspended;
  thread->started_by = driver;
  {
    // Termination says so and takes the list under one hold: a thread is refused, or on that list.
    const std::lock_guard lock(process.mutex_);
    if (process.terminating) return {};
    process.threads_.push_back(thread.get());
  }
  launch(*thread, std::move(entry));
  return thread;
}

void Executive::launch(Thread& thread, std::function<void()> entry) {
  {
    const std::lock_guard lock(mutex_);
    thread.id = next_id_;
    next_id_ += kIdStep;
    threads_.emplace(thread.id, &thread);
  }
  reference(&thread);  // its running; given back by end_thread()
  if (Thread* creator = current_thread_or_null()) {
    thread.announced = true;
    notifications_->thread_begins(*creator, thread);
  }
  system_.scheduler().spawn(thread.name, &thread,
                            [this, &thread, run = std::move(entry)] { run_thread(thread, run); });
}

void Executive::run_thread(Thread& thread, const std::function<void()>& entry) {
  thread.scheduled = sched::Scheduler::current_thread();
  if (thread.process.is_system) thread.kernel_depth = 1;
  thread.called_by_kernel = thread.process.is_system;
  try {
    if (!thread.terminated()) {
      // Who was started from outside the machine says so itself.
      if (!thread.announced) notifications_->thread_begins(thread, thread);
      entry();
      sched::Scheduler::stay_if_abandoned();
      thread.completed.store(true, std::memory_order_release);
    }
  } catch (const ClientUnwind&) {
  } catch (const std::exception& error) {
    sched::Scheduler::stay_if_abandoned();
    report(thread, "SIM-5", Severity::kError,
           "a C++ exception left the code that ran in thread \"" + thread.name + "\": " + error.what());
  }
  end_thread(thread);
}

void Executive::check_left_clean(Thread& thread) {
  if (thread.irql != kPassive || thread.critical_regions != 0 || thread.guarded_regions != 0) {
    report(thread, "VER-42", Severity::kError,
           "thread \"" + thread.name +
               "\" ended above PASSIVE_LEVEL or inside a critical region; leave every "
               "critical region and release every spin lock before the thread ends");
  }
  for (const HeldLock& lock : thread.held_locks) {
    report(thread, "VER-42", Severity::kError,
           "thread \"" + thread.name + "\" ended while it held a " + lock.kind +
               "; nobody can release it any more");
  }
}

void Executive::end_thread(Thread& thread) {
  end_requests(thread);
  notifications_->thread_ends(thread);
  // Behind what runs drivers' code, which may do I/O.
  while (!thread.at_end.empty()) {
    const auto hook = std::move(thread.at_end.back());
    thread.at_end.pop_back();
    hook(thread);
  }
  check_left_clean(thread);
  if (const std::size_t mutexes = dispatcher_.abandon_mutants(thread);
      mutexes != 0 && thread.process.is_system) {
    report(thread, "VER-42", Severity::kError,
           "thread \"" + thread.name +
               "\" ended while it owned a mutex; Windows stops with THREAD_TERMINATE_HELD_MUTEX");
  }
  thread.scratch.reset();
  std::int32_t running = STATUS_PENDING;
  thread.exit_status.compare_exchange_strong(running, STATUS_SUCCESS, std::memory_order_acq_rel);
  Process& process = thread.process;
  bool last = false;
  {
    const std::lock_guard lock(process.mutex_);
    std::erase(process.threads_, &thread);
    last = process.threads_.empty() && process.terminating.load(std::memory_order_acquire);
  }
  // Not earlier: a thread that is in a driver for its dying process may still read what the process handed
  // over.
  if (last) user_space_.free_all(process);
  {
    const std::lock_guard lock(mutex_);
    threads_.erase(thread.id);
  }
  thread.ended.store(true, std::memory_order_release);
  dispatcher_.set(thread.header);
  release(&thread);
}

void Executive::terminate_thread(Thread& thread, Status status) {
  std::int32_t running = STATUS_PENDING;
  thread.exit_status.compare_exchange_strong(running, status, std::memory_order_acq_rel);
  thread.terminated_.store(true);
  dispatcher_.end_wait(thread);
  if (sched::Thread* waiting = thread.interruptible_.load()) system_.scheduler().unpark(*waiting);
}

Ref<Thread> Executive::terminate_process(Process& process, Status status) {
  Ref<Thread> rundown = make_thread(process, "rundown of " + process.short_name);
  std::vector<Ref<Thread>> others;
  {
    const std::lock_guard lock(process.mutex_);
    if (process.terminating.exchange(true, std::memory_order_acq_rel)) return {};
    for (Thread* thread : process.threads_) others.push_back(Ref<Thread>::retain(thread));
    // Now, lest the end of the others be the end of the last thread.
    process.threads_.push_back(rundown.get());
  }
  for (const Ref<Thread>& thread : others) terminate_thread(*thread, status);
  launch(*rundown, [this, &process, status] {
    current_thread().kernel_depth = 1;
    run_down(process, status);
  });
  return rundown;
}

void Executive::run_down(Process& process, Status status) {
  notifications_->process_ends(current_thread(), process);
  process.handles.close_all();
  for (const auto& hook : exit_hooks_) hook(process);
  process.exit_status.store(status == STATUS_PENDING ? STATUS_SUCCESS : status, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);
    processes_.erase(process.id);
  }
  dispatcher_.set(process.header);
  release(&process);
}

void Executive::on_process_exit(std::function<void(Process&)> hook) {
  exit_hooks_.push_back(std::move(hook));
}

void Executive::on_requests_end(std::function<void(Thread&)> hook) {
  request_hooks_.push_back(std::move(hook));
}

void Executive::on_driver_end(std::function<bool(const DriverIdentity&)> hook) {
  driver_hooks_.push_back(std::move(hook));
}

bool Executive::end_driver(const DriverIdentity& driver) {
  bool needed = false;
  for (const auto& hook : driver_hooks_) needed = hook(driver) || needed;
  return needed;
}

void Executive::end_requests(Thread& thread) {
  for (const auto& hook : request_hooks_) hook(thread);
}

// --- the machine's stop ---

void Executive::stop(Thread& thread) {
  stopped_.store(true);
  thread.system.scheduler().look_again();
  for (;;) thread.system.scheduler().park(sched::kForever, {"nothing: the machine has stopped", {}, nullptr});
}

// --- faults ---

void Executive::fail_next(std::string_view routine, std::uint32_t times) {
  const std::lock_guard lock(mutex_);
  faults_[std::string(routine)] += times;
  faults_armed_.fetch_add(times, std::memory_order_release);
}

bool Executive::take_fault(std::string_view routine) {
  const std::lock_guard lock(mutex_);
  const auto found = faults_.find(routine);
  if (found == faults_.end()) return false;
  if (--found->second == 0) faults_.erase(found);
  faults_armed_.fetch_sub(1, std::memory_order_release);
  return true;
}

void Executive::forget_faults() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
  faults_armed_.store(0, std::memory_order_release);
}

// --- objects and the end ---

void Executive::add_object(ObjectHeader& header) {
  const std::lock_guard lock(mutex_);
  header.number = ++object_count_;
  header.older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = &header;
  newest_ = &header;
}

void Executive::remove_object(ObjectHeader& header) {
  const std::lock_guard lock(mutex_);
  (header.older != nullptr ? header.older->newer : oldest_) = header.newer;
  (header.newer != nullptr ? header.newer->older : newest_) = header.older;
}

void Executive::report_leaks() {
  const auto leak = [this](std::string text, std::string object) {
    system_.verifier().report({.id = "VER-20",
                               .severity = Severity::kError,
                               .text = std::move(text),
                               .driver = {},
                               .object = std::move(object),
                               .allocated_at = {}});
  };
  for (const Ref<Thread>& thread : system_process_->threads()) {
    leak(
        "a system thread still ran when the machine ended; tell it to stop and wait for it before the driver "
        "unloads",
        thread->name);
  }
  for (const auto& [handle, entry] : system_process_->handles.entries()) {
    if (!entry.object->type->report_leaks) continue;
    leak("a kernel handle was never closed; close it with ZwClose", text_of(entry.object->type->name));
  }
  crypto_.report_leaks(nullptr);
}

void Executive::report_unused_faults() {
  for (const auto& [routine, times] : faults_) {
    system_.verifier().report(
        {.id = "SIM-6",
         .severity = Severity::kWarning,
         .text = "a failure of " + routine + " was asked for, but nothing called it any more",
         .driver = {},
         .object = {},
         .allocated_at = {}});
  }
}

void Executive::destroy_objects() {
  tearing_down_ = true;
  for (ObjectHeader* header = newest_; header != nullptr; header = header->older) {
    if (header->type->remove != nullptr) header->type->remove(header->body());
  }
  for (ObjectHeader* header = newest_; header != nullptr; header = header->older)
    header->destruct(header->body());
  while (newest_ != nullptr) free_object(*std::exchange(newest_, newest_->older));
  oldest_ = nullptr;
  system_process_.detach();  // it has gone with the others
}

}  // namespace fltsim::nt
