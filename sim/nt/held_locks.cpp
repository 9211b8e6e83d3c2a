#include "nt/held_locks.hpp"

#include <algorithm>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/process.hpp"

namespace fltsim::nt {
namespace {

auto find(auto& locks, const void* address) {
  return std::find_if(locks.begin(), locks.end(),
                      [&](const HeldLock& lock) { return lock.address == address; });
}

}  // namespace

std::uint32_t holds(const Thread& thread, const void* address) {
  const auto lock = find(thread.held_locks, address);
  return lock == thread.held_locks.end() ? 0 : lock->count;
}

void hold(Thread& thread, const void* address, const char* kind) {
  const auto lock = find(thread.held_locks, address);
  if (lock != thread.held_locks.end()) {
    ++lock->count;
  } else {
    thread.held_locks.push_back({address, kind, 1});
  }
}

bool let_go(Thread& thread, const void* address, std::string_view kind) {
  const auto lock = find(thread.held_locks, address);
  if (lock == thread.held_locks.end() || lock->kind != kind) return false;
  if (--lock->count == 0) thread.held_locks.erase(lock);
  return true;
}

void leave_critical_region(Thread& thread, const char* routine) {
  if (thread.critical_regions == 0) {
    bug_check(thread, "VER-42", std::string(routine) + ": the thread is in no critical region");
  }
  --thread.critical_regions;
}

void check_region(Thread& thread, const char* routine, const char* what, const char* instead) {
  if (thread.critical_regions != 0 || thread.guarded_regions != 0 || thread.irql != kPassive ||
      thread.process.is_system) {
    return;
  }
  report(thread, "VER-38", Severity::kError,
         std::string(routine) + ": " + what +
             " is acquired outside a critical region, so a suspended thread could keep it; call "
             "KeEnterCriticalRegion first, or use " +
             instead);
}

void check_holder(Thread& thread, std::uintptr_t holder, const char* kind, const char* routine) {
  if (thread.system.nt().was_given_out(holder)) return;
  bug_check(thread, "VER-44",
            std::string(routine) + ": the " + kind +
                " was never initialised: it is taken, but no thread has taken it");
}

sched::WaitReason waits_for_holder(const Thread& thread, std::uintptr_t holder, const char* kind) {
  return {kind, {}, thread.system.nt().scheduled_thread(holder)};
}

}  // namespace fltsim::nt
