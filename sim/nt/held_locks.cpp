#include "nt/held_locks.hpp"

#include "nt/enter.hpp"

#include <algorithm>

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

bool let_go(Thread& thread, const void* address) {
  const auto lock = find(thread.held_locks, address);
  if (lock == thread.held_locks.end()) return false;
  if (--lock->count == 0) thread.held_locks.erase(lock);
  return true;
}

void leave_critical_region(Thread& thread, const char* routine) {
  if (thread.critical_regions == 0) {
    bug_check(thread, "VER-42", std::string(routine) + ": the thread is in no critical region");
  }
  --thread.critical_regions;
}

}  // namespace fltsim::nt
