// Critical sections, slim locks, condition variables and one-time initialisation: words in the program's memory, and
// AddressWaits behind them.
#include <atomic>
#include <cstring>
#include <utility>

#include "client/client.hpp"
#include "client/process_state.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

AddressWaits& waits(nt::Thread& thread) { return state_of(thread.process).waits; }

template <class Word>
std::atomic_ref<Word> word(Word& in_memory) {
  return std::atomic_ref<Word>(in_memory);
}

// A call of a program's thread that returns nothing.
template <class Body>
void call(const char* routine, Body body) {
  static_cast<void>(nt::client_call(routine, 0, [&](nt::Thread& thread) {
    body(thread);
    return 0;
  }));
}

// --- critical sections: OwningThread is the word that is waited for ---

HANDLE self_of(const nt::Thread& thread) { return UlongToHandle(thread.id); }

bool try_enter(nt::Thread& thread, CRITICAL_SECTION& section) {
  HANDLE nobody = nullptr;
  const HANDLE self = self_of(thread);
  if (word(section.OwningThread).compare_exchange_strong(nobody, self) || nobody == self) {
    ++section.RecursionCount;
    return true;
  }
  return false;
}

void enter(nt::Thread& thread, CRITICAL_SECTION& section) {
  while (!try_enter(thread, section)) {
    const auto taken = [&] { return word(section.OwningThread).load() != nullptr; };
    if (waits(thread).wait(thread, &section, taken, sched::kForever, "critical section") ==
        AddressWaits::Result::kTerminated)
      return;
  }
}

void leave(nt::Thread& thread, CRITICAL_SECTION& section) {
  if (--section.RecursionCount != 0) return;
  word(section.OwningThread).store(nullptr);
  waits(thread).wake_one(&section);
}

// --- slim locks: 1 is exclusive, else twice the number of readers ---

using Word = std::uintptr_t;
constexpr Word kExclusive = 1;
constexpr Word kReader = 2;

Word& word_of(PVOID& pointer) { return *reinterpret_cast<Word*>(&pointer); }

bool try_exclusive(SRWLOCK& lock) {
  Word free = 0;
  return word(word_of(lock.Ptr)).compare_exchange_strong(free, kExclusive);
}

bool try_shared(SRWLOCK& lock) {
  Word before = word(word_of(lock.Ptr)).load();
  while ((before & kExclusive) == 0) {
    if (word(word_of(lock.Ptr)).compare_exchange_weak(before, before + kReader)) return true;
  }
  return false;
}

void acquire_exclusive(nt::Thread& thread, SRWLOCK& lock) {
  while (!try_exclusive(lock)) {
    const auto taken = [&] { return word(word_of(lock.Ptr)).load() != 0; };
    if (waits(thread).wait(thread, &lock, taken, sched::kForever, "slim lock") ==
        AddressWaits::Result::kTerminated)
      return;
  }
}

void acquire_shared(nt::Thread& thread, SRWLOCK& lock) {
  while (!try_shared(lock)) {
    const auto taken = [&] { return (word(word_of(lock.Ptr)).load() & kExclusive) != 0; };
    if (waits(thread).wait(thread, &lock, taken, sched::kForever, "slim lock") ==
        AddressWaits::Result::kTerminated)
      return;
  }
}

void release_exclusive(nt::Thread& thread, SRWLOCK& lock) {
  word(word_of(lock.Ptr)).store(0);
  waits(thread).wake_all(&lock);
}

void release_shared(nt::Thread& thread, SRWLOCK& lock) {
  if (word(word_of(lock.Ptr)).fetch_sub(kReader) == kReader) waits(thread).wake_all(&lock);
}

// --- condition variables: the word counts wakes ---

template <class Release, class Acquire>
BOOL sleep_on(nt::Thread& thread, CONDITION_VARIABLE& variable, DWORD milliseconds, Release release,
              Acquire acquire) {
  const Word before = word(word_of(variable.Ptr)).load();
  release();
  const auto unchanged = [&] { return word(word_of(variable.Ptr)).load() == before; };
  const auto result = waits(thread).wait(thread, &variable, unchanged, deadline_after(thread, milliseconds),
                                         "condition variable");
  acquire();
  if (result != AddressWaits::Result::kTimeout) return TRUE;
  thread.last_error = ERROR_TIMEOUT;
  return FALSE;
}

// --- one-time initialisation: 0 not begun, 1 running, else done, with the context above two bits ---

constexpr Word kRunning = 1;
constexpr Word kDone = 2;

}  // namespace

extern "C" {

VOID InitializeCriticalSection(LPCRITICAL_SECTION CriticalSection) {
  touch_output(CriticalSection);
  *CriticalSection = {};
}

BOOL InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION CriticalSection, DWORD SpinCount) {
  InitializeCriticalSection(CriticalSection);
  CriticalSection->SpinCount = SpinCount;
  return TRUE;
}

BOOL InitializeCriticalSectionEx(LPCRITICAL_SECTION CriticalSection, DWORD SpinCount, DWORD) {
  InitializeCriticalSection(CriticalSection);
  CriticalSection->SpinCount = SpinCount;
  return TRUE;
}

// Nobody spins: the count is kept for who asks.
DWORD SetCriticalSectionSpinCount(LPCRITICAL_SECTION CriticalSection, DWORD SpinCount) {
  touch_output(CriticalSection);
  return static_cast<DWORD>(std::exchange(CriticalSection->SpinCount, SpinCount));
}

VOID EnterCriticalSection(LPCRITICAL_SECTION CriticalSection) {
  touch_output(CriticalSection);
  call("EnterCriticalSection", [&](nt::Thread& thread) { enter(thread, *CriticalSection); });
}

BOOL TryEnterCriticalSection(LPCRITICAL_SECTION CriticalSection) {
  touch_output(CriticalSection);
  return nt::client_call("TryEnterCriticalSection", FALSE,
                         [&](nt::Thread& thread) -> BOOL { return try_enter(thread, *CriticalSection); });
}

VOID LeaveCriticalSection(LPCRITICAL_SECTION CriticalSection) {
  touch_output(CriticalSection);
  static_cast<void>(nt::client_release("LeaveCriticalSection", 0, [&](nt::Thread& thread) {
    leave(thread, *CriticalSection);
    return 0;
  }));
}

VOID DeleteCriticalSection(LPCRITICAL_SECTION CriticalSection) {
  touch_output(CriticalSection);
  *CriticalSection = {};
}

VOID InitializeSRWLock(PSRWLOCK Lock) {
  touch_output(Lock);
  Lock->Ptr = nullptr;
}

VOID AcquireSRWLockExclusive(PSRWLOCK Lock) {
  touch_output(Lock);
  call("AcquireSRWLockExclusive", [&](nt::Thread& thread) { acquire_exclusive(thread, *Lock); });
}

VOID AcquireSRWLockShared(PSRWLOCK Lock) {
  touch_output(Lock);
  call("AcquireSRWLockShared", [&](nt::Thread& thread) { acquire_shared(thread, *Lock); });
}

BOOLEAN TryAcquireSRWLockExclusive(PSRWLOCK Lock) {
  touch_output(Lock);
  return nt::client_call("TryAcquireSRWLockExclusive", BOOLEAN{FALSE},
                         [&](nt::Thread&) -> BOOLEAN { return try_exclusive(*Lock); });
}

BOOLEAN TryAcquireSRWLockShared(PSRWLOCK Lock) {
  touch_output(Lock);
  return nt::client_call("TryAcquireSRWLockShared", BOOLEAN{FALSE},
                         [&](nt::Thread&) -> BOOLEAN { return try_shared(*Lock); });
}

VOID ReleaseSRWLockExclusive(PSRWLOCK Lock) {
  touch_output(Lock);
  static_cast<void>(nt::client_release("ReleaseSRWLockExclusive", 0, [&](nt::Thread& thread) {
    release_exclusive(thread, *Lock);
    return 0;
  }));
}

VOID ReleaseSRWLockShared(PSRWLOCK Lock) {
  touch_output(Lock);
  static_cast<void>(nt::client_release("ReleaseSRWLockShared", 0, [&](nt::Thread& thread) {
    release_shared(thread, *Lock);
    return 0;
  }));
}

VOID InitializeConditionVariable(PCONDITION_VARIABLE Variable) {
  touch_output(Variable);
  Variable->Ptr = nullptr;
}

BOOL SleepConditionVariableCS(PCONDITION_VARIABLE Variable, PCRITICAL_SECTION CriticalSection,
                              DWORD Milliseconds) {
  touch_output(Variable);
  touch_output(CriticalSection);
  return nt::client_call("SleepConditionVariableCS", FALSE, [&](nt::Thread& thread) -> BOOL {
    return sleep_on(
        thread, *Variable, Milliseconds, [&] { leave(thread, *CriticalSection); },
        [&] { enter(thread, *CriticalSection); });
  });
}

BOOL SleepConditionVariableSRW(PCONDITION_VARIABLE Variable, PSRWLOCK Lock, DWORD Milliseconds, ULONG Flags) {
  touch_output(Variable);
  touch_output(Lock);
  return nt::client_call("SleepConditionVariableSRW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const bool shared = (Flags & CONDITION_VARIABLE_LOCKMODE_SHARED) != 0;
    return sleep_on(
        thread, *Variable, Milliseconds,
        [&] { shared ? release_shared(thread, *Lock) : release_exclusive(thread, *Lock); },
        [&] { shared ? acquire_shared(thread, *Lock) : acquire_exclusive(thread, *Lock); });
  });
}

VOID WakeConditionVariable(PCONDITION_VARIABLE Variable) {
  touch_output(Variable);
  call("WakeConditionVariable", [&](nt::Thread& thread) {
    word(word_of(Variable->Ptr)).fetch_add(1);
    waits(thread).wake_one(Variable);
  });
}

VOID WakeAllConditionVariable(PCONDITION_VARIABLE Variable) {
  touch_output(Variable);
  call("WakeAllConditionVariable", [&](nt::Thread& thread) {
    word(word_of(Variable->Ptr)).fetch_add(1);
    waits(thread).wake_all(Variable);
  });
}

BOOL WaitOnAddress(volatile VOID* Address, PVOID CompareAddress, SIZE_T AddressSize, DWORD Milliseconds) {
  const void* const address = const_cast<const void*>(Address);
  touch_input(address, AddressSize);
  touch_input(CompareAddress, AddressSize);
  return nt::client_call("WaitOnAddress", FALSE, [&](nt::Thread& thread) -> BOOL {
    if (AddressSize != 1 && AddressSize != 2 && AddressSize != 4 && AddressSize != 8)
      return win32_result(thread, STATUS_INVALID_PARAMETER);
    const auto unchanged = [&] { return std::memcmp(address, CompareAddress, AddressSize) == 0; };
    const auto result =
        waits(thread).wait(thread, address, unchanged, deadline_after(thread, Milliseconds), "WaitOnAddress");
    if (result != AddressWaits::Result::kTimeout) return TRUE;
    thread.last_error = ERROR_TIMEOUT;
    return FALSE;
  });
}

VOID WakeByAddressSingle(PVOID Address) {
  call("WakeByAddressSingle", [&](nt::Thread& thread) { waits(thread).wake_one(Address); });
}

VOID WakeByAddressAll(PVOID Address) {
  call("WakeByAddressAll", [&](nt::Thread& thread) { waits(thread).wake_all(Address); });
}

VOID InitOnceInitialize(PINIT_ONCE InitOnce) {
  touch_output(InitOnce);
  InitOnce->Ptr = nullptr;
}

BOOL InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter, LPVOID* Context) {
  touch_output(InitOnce);
  Word& state = word_of(InitOnce->Ptr);
  Word before = 0;
  while (!word(state).compare_exchange_strong(before, kRunning)) {
    if ((before & kDone) != 0) {
      if (Context != nullptr) *Context = reinterpret_cast<LPVOID>(before & ~Word{3});
      return TRUE;
    }
    call("InitOnceExecuteOnce", [&](nt::Thread& thread) {
      static_cast<void>(waits(thread).wait(
          thread, InitOnce, [&] { return word(state).load() == kRunning; }, sched::kForever,
          "InitOnceExecuteOnce"));
    });
    before = 0;
  }
  PVOID made = nullptr;
  const BOOL done = InitFn(InitOnce, Parameter, &made);
  word(state).store(done != FALSE ? (reinterpret_cast<Word>(made) & ~Word{3}) | kDone : 0);
  call("InitOnceExecuteOnce", [&](nt::Thread& thread) { waits(thread).wake_all(InitOnce); });
  if (done != FALSE && Context != nullptr) *Context = made;
  return done;
}

}  // extern "C"
