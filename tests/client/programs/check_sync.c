#include <process.h>
#include <stdlib.h>

#include "checks.h"

void check_sync(void) {
  // Events.
  HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
  CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
  CHECK(SetEvent(event) && WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0);
  CHECK(WaitForSingleObjectEx(event, 0, TRUE) == WAIT_OBJECT_0);
  CHECK(ResetEvent(event) && WaitForSingleObject(event, 10) == WAIT_TIMEOUT);
  CHECK(PulseEvent(event) && WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
  CHECK(CloseHandle(event));
  CHECK_ERROR(SetEvent(event), ERROR_INVALID_HANDLE);
  event = CreateEventEx(NULL, NULL, CREATE_EVENT_INITIAL_SET, EVENT_ALL_ACCESS);
  CHECK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0 && WaitForSingleObject(event, 0) == WAIT_TIMEOUT);

  // Names: one object, whoever makes it; a name of another type is refused.
  HANDLE named = CreateEventW(NULL, FALSE, FALSE, L"Local\\check");
  CHECK(named != NULL && GetLastError() == ERROR_SUCCESS);
  HANDLE again = CreateEventA(NULL, FALSE, FALSE, "check");
  CHECK(again != NULL && GetLastError() == ERROR_ALREADY_EXISTS);
  HANDLE opened = OpenEventW(EVENT_ALL_ACCESS, FALSE, L"Global\\check");
  CHECK(opened != NULL && SetEvent(opened) && WaitForSingleObject(named, 0) == WAIT_OBJECT_0);
  CHECK_ERROR(CreateMutexW(NULL, FALSE, L"check"), ERROR_INVALID_HANDLE);
  CloseHandle(opened), CloseHandle(again), CloseHandle(named);
  CHECK_ERROR(OpenEventA(EVENT_ALL_ACCESS, FALSE, "check"), ERROR_FILE_NOT_FOUND);

  // Mutexes are their owner's, as often as it took them.
  HANDLE mutex = CreateMutex(NULL, TRUE, L"mine");
  CHECK(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0);
  CHECK(ReleaseMutex(mutex) && ReleaseMutex(mutex));
  CHECK_ERROR(ReleaseMutex(mutex), ERROR_NOT_OWNER);
  HANDLE same = OpenMutexW(MUTEX_ALL_ACCESS, FALSE, L"mine");
  HANDLE third = CreateMutexA(NULL, FALSE, "mine");
  HANDLE fourth = CreateMutexExW(NULL, L"mine", 0, MUTEX_ALL_ACCESS);
  CHECK(same != NULL && third != NULL && fourth != NULL && GetLastError() == ERROR_ALREADY_EXISTS);
  CloseHandle(same), CloseHandle(third), CloseHandle(fourth), CloseHandle(mutex);

  // Semaphores.
  LONG before = 9;
  HANDLE semaphore = CreateSemaphore(NULL, 1, 2, L"count");
  CHECK(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0 &&
        WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT);
  CHECK(ReleaseSemaphore(semaphore, 2, &before) && before == 0);
  CHECK_ERROR(ReleaseSemaphore(semaphore, 1, NULL), ERROR_TOO_MANY_POSTS);
  HANDLE counted = CreateSemaphoreA(NULL, 0, 1, "count");
  CHECK(counted != NULL && GetLastError() == ERROR_ALREADY_EXISTS);
  HANDLE opened_count = OpenSemaphoreW(SEMAPHORE_ALL_ACCESS, FALSE, L"count");
  CHECK(opened_count != NULL);
  CHECK_ERROR(CreateSemaphore(NULL, 3, 2, NULL), ERROR_INVALID_PARAMETER);

  // Several at once.
  const HANDLE two[] = {event, semaphore};
  CHECK(WaitForMultipleObjects(2, two, FALSE, 0) == WAIT_OBJECT_0 + 1);
  CHECK(WaitForMultipleObjects(2, two, TRUE, 0) == WAIT_TIMEOUT);
  CHECK(SetEvent(event) && WaitForMultipleObjectsEx(2, two, TRUE, 0, FALSE) == WAIT_OBJECT_0);
  CHECK(WaitForMultipleObjects(65, two, TRUE, 0) == WAIT_FAILED);
  CHECK(SignalObjectAndWait(event, event, 0, FALSE) == WAIT_OBJECT_0);
  CloseHandle(counted), CloseHandle(opened_count), CloseHandle(semaphore), CloseHandle(event);

  // Timers.
  HANDLE timer = CreateWaitableTimer(NULL, FALSE, NULL);
  LARGE_INTEGER due;
  due.QuadPart = -100000;  // 10 ms
  CHECK(SetWaitableTimer(timer, &due, 20, NULL, NULL, FALSE));
  CHECK(WaitForSingleObject(timer, 5) == WAIT_TIMEOUT &&
        WaitForSingleObject(timer, INFINITE) == WAIT_OBJECT_0);
  CHECK(WaitForSingleObject(timer, INFINITE) == WAIT_OBJECT_0);  // its period
  CHECK(CancelWaitableTimer(timer) && WaitForSingleObject(timer, 50) == WAIT_TIMEOUT);
  CloseHandle(timer);
  timer = CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_MANUAL_RESET, TIMER_ALL_ACCESS);
  CHECK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE) &&
        WaitForSingleObject(timer, 100) == WAIT_OBJECT_0 && WaitForSingleObject(timer, 0) == WAIT_OBJECT_0);
  CloseHandle(timer);

  // Completion ports.
  HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
  OVERLAPPED request = {0};
  OVERLAPPED_ENTRY entries[4];
  OVERLAPPED* found = NULL;
  ULONG count = 0;
  DWORD bytes = 0;
  ULONG_PTR key = 0;
  for (ULONG_PTR i = 1; i <= 3; ++i) CHECK(PostQueuedCompletionStatus(port, (DWORD)i, i * 10, &request));
  CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &found, 0) && bytes == 1 && key == 10 &&
        found == &request);
  CHECK(GetQueuedCompletionStatusEx(port, entries, 4, &count, INFINITE, FALSE) && count == 2 &&
        entries[1].lpCompletionKey == 30 && entries[1].dwNumberOfBytesTransferred == 3);
  CHECK_ERROR(GetQueuedCompletionStatusEx(port, entries, 4, &count, 5, FALSE), WAIT_TIMEOUT);
  CHECK_ERROR(GetQueuedCompletionStatus(port, &bytes, &key, &found, 5), WAIT_TIMEOUT);
  CloseHandle(port);

  // Handles.
  DWORD flags = 9;
  event = CreateEvent(NULL, TRUE, FALSE, NULL);
  CHECK(GetHandleInformation(event, &flags) && flags == 0);
  CHECK(SetHandleInformation(event, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
  CHECK(GetHandleInformation(event, &flags) && flags == HANDLE_FLAG_INHERIT);
  HANDLE copy = NULL;
  CHECK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE,
                        DUPLICATE_SAME_ACCESS));
  CHECK(CloseHandle(event) && SetEvent(copy) && CloseHandle(copy));
}

// --- locks ---

static CRITICAL_SECTION section;
static SRWLOCK slim = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static int counter;
static int turns;
static LONG initialised;
static volatile LONG word;

static BOOL CALLBACK initialise(PINIT_ONCE unused, PVOID parameter, PVOID* context) {
  (void)unused;
  InterlockedIncrement(&initialised);
  Sleep(5);
  *context = parameter;
  return TRUE;
}

static unsigned __stdcall work(void* unused) {
  (void)unused;
  static int target[1];
  PVOID context = NULL;
  CHECK(InitOnceExecuteOnce(&once, initialise, target, &context) && context == target);
  for (int i = 0; i < 20; ++i) {
    EnterCriticalSection(&section);
    EnterCriticalSection(&section);
    const int seen = counter;
    SwitchToThread();
    counter = seen + 1;
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    AcquireSRWLockExclusive(&slim);
    ++turns;
    WakeAllConditionVariable(&changed);
    ReleaseSRWLockExclusive(&slim);
  }
  return 0;
}

static unsigned __stdcall hold(void* unused) {
  (void)unused;
  CHECK(!TryEnterCriticalSection(&section));
  CHECK(!TryAcquireSRWLockExclusive(&slim) && TryAcquireSRWLockShared(&slim));
  ReleaseSRWLockShared(&slim);
  Sleep(5);
  InterlockedExchange(&word, 1);
  WakeByAddressSingle((PVOID)&word);
  return 0;
}

void check_locks(void) {
  HANDLE threads[3];
  InitializeCriticalSection(&section);
  for (int i = 0; i < 3; ++i) threads[i] = (HANDLE)_beginthreadex(NULL, 0, work, NULL, 0, NULL);
  AcquireSRWLockShared(&slim);
  while (turns < 60)
    CHECK(SleepConditionVariableSRW(&changed, &slim, INFINITE, CONDITION_VARIABLE_LOCKMODE_SHARED));
  ReleaseSRWLockShared(&slim);
  CHECK(WaitForMultipleObjects(3, threads, TRUE, INFINITE) == WAIT_OBJECT_0);
  for (int i = 0; i < 3; ++i) CloseHandle(threads[i]);
  CHECK(counter == 60 && turns == 60 && initialised == 1);

  CHECK(TryEnterCriticalSection(&section));
  AcquireSRWLockShared(&slim);
  HANDLE other = (HANDLE)_beginthreadex(NULL, 0, hold, NULL, 0, NULL);
  LONG zero = 0;
  while (word == 0) CHECK(WaitOnAddress(&word, &zero, sizeof(word), INFINITE));
  CHECK_ERROR(WaitOnAddress(&word, (PVOID) & (LONG){1}, sizeof(word), 3), ERROR_TIMEOUT);
  WaitForSingleObject(other, INFINITE);
  CloseHandle(other);
  ReleaseSRWLockShared(&slim);
  CONDITION_VARIABLE never;
  InitializeConditionVariable(&never);
  CHECK_ERROR(SleepConditionVariableCS(&never, &section, 3), ERROR_TIMEOUT);
  WakeConditionVariable(&never);
  WakeByAddressAll(&never);
  LeaveCriticalSection(&section);
  DeleteCriticalSection(&section);
  SRWLOCK fresh;
  InitializeSRWLock(&fresh);
  CHECK(TryAcquireSRWLockExclusive(&fresh));
  ReleaseSRWLockExclusive(&fresh);
  INIT_ONCE begun;
  InitOnceInitialize(&begun);
  CRITICAL_SECTION spinning;
  CHECK(InitializeCriticalSectionAndSpinCount(&spinning, 100) &&
        InitializeCriticalSectionEx(&spinning, 100, 0));
}
