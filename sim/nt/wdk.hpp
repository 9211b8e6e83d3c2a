// The WDK's types beside ours: one-line conversions for the files that implement WDK routines.
#pragma once

#include <km/rtl.h>

#include <cstring>
#include <string_view>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/process.hpp"
#include "nt/thread.hpp"

namespace fltsim::nt {

static_assert(sizeof(DISPATCHER_HEADER) == sizeof(DispatcherHeader) &&
              sizeof(KSEMAPHORE) == sizeof(Semaphore) && sizeof(KMUTANT) == sizeof(Mutant) &&
              sizeof(KTIMER) == sizeof(Timer));

inline PETHREAD to_wdk(Thread* thread) { return reinterpret_cast<PETHREAD>(thread); }
inline PEPROCESS to_wdk(Process* process) { return reinterpret_cast<PEPROCESS>(process); }
inline Thread& from_wdk(PETHREAD thread) { return *reinterpret_cast<Thread*>(thread); }
inline Process& from_wdk(PEPROCESS process) { return *reinterpret_cast<Process*>(process); }

inline const std::int64_t* ticks_of(const LARGE_INTEGER* time) {
  return reinterpret_cast<const std::int64_t*>(time);
}

inline std::u16string_view view(const UNICODE_STRING* string) {
  return {string->Buffer, string->Length / sizeof(WCHAR)};
}

// As enter(), for routines that are pure functions of their arguments and so may also be called outside a
// machine.
inline void touch(const char* routine, Irql max) {
  if (current_thread_or_null() != nullptr) enter(routine, max);
}

inline Process& current_process(Thread& thread) {
  return thread.attached != nullptr ? *thread.attached : thread.process;
}

}  // namespace fltsim::nt
