// Waiting and what is waited for. Unless a function says otherwise, failure is FALSE, NULL or the value named, with the
// reason in GetLastError().
#pragma once

#include "../shared/run_once.h"
#include "minwindef.h"

#define WAIT_OBJECT_0 0x00000000u
#define WAIT_ABANDONED 0x00000080u
#define WAIT_ABANDONED_0 0x00000080u
#define WAIT_IO_COMPLETION 0x000000C0u
#define WAIT_FAILED 0xFFFFFFFFu
#ifndef MAXIMUM_WAIT_OBJECTS
#define MAXIMUM_WAIT_OBJECTS 64
#endif

#define CREATE_EVENT_MANUAL_RESET 0x00000001u
#define CREATE_EVENT_INITIAL_SET 0x00000002u
#define CREATE_MUTEX_INITIAL_OWNER 0x00000001u
#define MUTEX_MODIFY_STATE 0x0001u
#define MUTEX_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x1u)
#define SEMAPHORE_MODIFY_STATE 0x0002u
#define SEMAPHORE_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x3u)
#define CREATE_WAITABLE_TIMER_MANUAL_RESET 0x00000001u
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x00000002u

// 40 bytes. Its words are the system's.
typedef struct _RTL_CRITICAL_SECTION {
  PVOID DebugInfo;
  LONG LockCount;
  LONG RecursionCount;
  HANDLE OwningThread;
  HANDLE LockSemaphore;
  ULONG_PTR SpinCount;
} RTL_CRITICAL_SECTION, *PRTL_CRITICAL_SECTION, CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

typedef struct _RTL_SRWLOCK {
  PVOID Ptr;
} RTL_SRWLOCK, *PRTL_SRWLOCK, SRWLOCK, *PSRWLOCK;
typedef struct _RTL_CONDITION_VARIABLE {
  PVOID Ptr;
} RTL_CONDITION_VARIABLE, *PRTL_CONDITION_VARIABLE, CONDITION_VARIABLE, *PCONDITION_VARIABLE;
typedef RTL_RUN_ONCE INIT_ONCE, *PINIT_ONCE, *LPINIT_ONCE;
#define SRWLOCK_INIT {NULL}
#define RTL_SRWLOCK_INIT {NULL}
#define CONDITION_VARIABLE_INIT {NULL}
#define RTL_CONDITION_VARIABLE_INIT {NULL}
#define INIT_ONCE_STATIC_INIT {NULL}
#define CONDITION_VARIABLE_LOCKMODE_SHARED 0x1u
#define INIT_ONCE_CHECK_ONLY 0x00000001u
#define INIT_ONCE_ASYNC 0x00000002u
#define INIT_ONCE_INIT_FAILED 0x00000004u
typedef BOOL (*PINIT_ONCE_FN)(PINIT_ONCE InitOnce, PVOID Parameter, PVOID* Context);
typedef VOID (*PTIMERAPCROUTINE)(LPVOID Argument, DWORD TimerLowValue, DWORD TimerHighValue);

WDK_BEGIN

// A name is one of \BaseNamedObjects, with or without Local\ or Global\ before it. An object that is there already is
// opened: the handle is good, and the last error ERROR_ALREADY_EXISTS.
HANDLE CreateEventW(LPSECURITY_ATTRIBUTES EventAttributes, BOOL ManualReset, BOOL InitialState, LPCWSTR Name);
HANDLE CreateEventA(LPSECURITY_ATTRIBUTES EventAttributes, BOOL ManualReset, BOOL InitialState, LPCSTR Name);
HANDLE CreateEventExW(LPSECURITY_ATTRIBUTES EventAttributes, LPCWSTR Name, DWORD Flags, DWORD DesiredAccess);
HANDLE OpenEventW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name);
HANDLE OpenEventA(DWORD DesiredAccess, BOOL InheritHandle, LPCSTR Name);
BOOL SetEvent(HANDLE Event);
BOOL ResetEvent(HANDLE Event);
BOOL PulseEvent(HANDLE Event);
HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES MutexAttributes, BOOL InitialOwner, LPCWSTR Name);
HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES MutexAttributes, BOOL InitialOwner, LPCSTR Name);
HANDLE CreateMutexExW(LPSECURITY_ATTRIBUTES MutexAttributes, LPCWSTR Name, DWORD Flags, DWORD DesiredAccess);
HANDLE OpenMutexW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name);
BOOL ReleaseMutex(HANDLE Mutex);
HANDLE CreateSemaphoreW(LPSECURITY_ATTRIBUTES SemaphoreAttributes, LONG InitialCount, LONG MaximumCount, LPCWSTR Name);
HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES SemaphoreAttributes, LONG InitialCount, LONG MaximumCount, LPCSTR Name);
HANDLE OpenSemaphoreW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name);
BOOL ReleaseSemaphore(HANDLE Semaphore, LONG ReleaseCount, LPLONG PreviousCount);
HANDLE CreateWaitableTimerW(LPSECURITY_ATTRIBUTES TimerAttributes, BOOL ManualReset, LPCWSTR Name);
HANDLE CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES TimerAttributes, LPCWSTR Name, DWORD Flags, DWORD DesiredAccess);
// A completion routine is not simulated: it refuses by name.
BOOL SetWaitableTimer(HANDLE Timer, const LARGE_INTEGER* DueTime, LONG Period, PTIMERAPCROUTINE CompletionRoutine,
                      LPVOID ArgToCompletionRoutine, BOOL Resume);
BOOL CancelWaitableTimer(HANDLE Timer);

// They block. WAIT_FAILED on failure. Nothing is queued to a thread here, so an alertable wait is an ordinary one.
DWORD WaitForSingleObject(HANDLE Handle, DWORD Milliseconds);
DWORD WaitForSingleObjectEx(HANDLE Handle, DWORD Milliseconds, BOOL Alertable);
DWORD WaitForMultipleObjects(DWORD Count, const HANDLE* Handles, BOOL WaitAll, DWORD Milliseconds);
DWORD WaitForMultipleObjectsEx(DWORD Count, const HANDLE* Handles, BOOL WaitAll, DWORD Milliseconds, BOOL Alertable);
DWORD SignalObjectAndWait(HANDLE ObjectToSignal, HANDLE ObjectToWaitOn, DWORD Milliseconds, BOOL Alertable);
VOID Sleep(DWORD Milliseconds);
DWORD SleepEx(DWORD Milliseconds, BOOL Alertable);

VOID InitializeCriticalSection(LPCRITICAL_SECTION CriticalSection);
BOOL InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION CriticalSection, DWORD SpinCount);
BOOL InitializeCriticalSectionEx(LPCRITICAL_SECTION CriticalSection, DWORD SpinCount, DWORD Flags);
DWORD SetCriticalSectionSpinCount(LPCRITICAL_SECTION CriticalSection, DWORD SpinCount);
VOID EnterCriticalSection(LPCRITICAL_SECTION CriticalSection);
BOOL TryEnterCriticalSection(LPCRITICAL_SECTION CriticalSection);
VOID LeaveCriticalSection(LPCRITICAL_SECTION CriticalSection);
VOID DeleteCriticalSection(LPCRITICAL_SECTION CriticalSection);

VOID InitializeSRWLock(PSRWLOCK Lock);
VOID AcquireSRWLockExclusive(PSRWLOCK Lock);
VOID AcquireSRWLockShared(PSRWLOCK Lock);
BOOLEAN TryAcquireSRWLockExclusive(PSRWLOCK Lock);
BOOLEAN TryAcquireSRWLockShared(PSRWLOCK Lock);
VOID ReleaseSRWLockExclusive(PSRWLOCK Lock);
VOID ReleaseSRWLockShared(PSRWLOCK Lock);
VOID InitializeConditionVariable(PCONDITION_VARIABLE Variable);
BOOL SleepConditionVariableCS(PCONDITION_VARIABLE Variable, PCRITICAL_SECTION CriticalSection, DWORD Milliseconds);
BOOL SleepConditionVariableSRW(PCONDITION_VARIABLE Variable, PSRWLOCK Lock, DWORD Milliseconds, ULONG Flags);
VOID WakeConditionVariable(PCONDITION_VARIABLE Variable);
VOID WakeAllConditionVariable(PCONDITION_VARIABLE Variable);
BOOL WaitOnAddress(volatile VOID* Address, PVOID CompareAddress, SIZE_T AddressSize, DWORD Milliseconds);
VOID WakeByAddressSingle(PVOID Address);
VOID WakeByAddressAll(PVOID Address);
VOID InitOnceInitialize(PINIT_ONCE InitOnce);
BOOL InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter, LPVOID* Context);

WDK_END
