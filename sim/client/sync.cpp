// Events, mutexes, semaphores and timers of user mode, by handle and by name, and waiting for them.
#include <algorithm>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

nt::Dispatcher& dispatcher_of(nt::Thread& thread) { return thread.system.nt().dispatcher(); }

// Local\X, Global\X and X are all \BaseNamedObjects\X: the machine has one session.
std::u16string object_path(std::u16string_view name) {
  for (const std::u16string_view prefix : {u"Local\\", u"Global\\"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  return u"\\BaseNamedObjects\\" + std::u16string(name);
}

template <class Body>
using Initialize = std::function<void(Body&)>;

// A new object, or with a name that is taken the one that is there (ERROR_ALREADY_EXISTS).
template <class Body>
HANDLE create(nt::Thread& thread, const nt::ObjectType& type, const SECURITY_ATTRIBUTES* attributes,
              std::u16string_view name, const Initialize<Body>& initialize) {
  if (attributes != nullptr && attributes->lpSecurityDescriptor != nullptr && !name.empty())
    nt::unsupported("a named object with a security descriptor");
  thread.last_error = ERROR_SUCCESS;
  const auto object = nt::Ref<Body>::adopt(nt::create_object<Body>(thread.system, type));
  initialize(*object);
  if (name.empty()) return handle_for(thread, object.get(), type, attributes);
  // Named before it has a handle, and opened before its name can go with the last one.
  nt::Namespace& names = thread.system.nt().names();
  const std::u16string path = object_path(name);
  HANDLE made = nullptr;
  const NTSTATUS status = names.insert(object.get(), path, true);
  if (status == STATUS_SUCCESS) return handle_for(thread, object.get(), type, attributes);
  if (status != STATUS_OBJECT_NAME_COLLISION) {
    static_cast<void>(win32_result(thread, status));
    return nullptr;
  }
  nt::Ref<void> found;
  if (const NTSTATUS looked = names.lookup(path, true, type, found); looked != STATUS_SUCCESS) {
    // The name is another type's.
    thread.last_error = looked == STATUS_OBJECT_TYPE_MISMATCH ? ERROR_INVALID_HANDLE : ERROR_FILE_NOT_FOUND;
    return nullptr;
  }
  made = handle_for(thread, found.get(), type, attributes);
  if (made != nullptr) thread.last_error = ERROR_ALREADY_EXISTS;
  return made;
}

HANDLE open(nt::Thread& thread, const nt::ObjectType& type, BOOL inherit, std::u16string_view name) {
  nt::Ref<void> found;
  if (name.empty()) {
    static_cast<void>(win32_result(thread, STATUS_INVALID_PARAMETER));
    return nullptr;
  }
  const NTSTATUS status = thread.system.nt().names().lookup(object_path(name), true, type, found);
  if (status != STATUS_SUCCESS) {
    thread.last_error = status == STATUS_OBJECT_TYPE_MISMATCH ? ERROR_INVALID_HANDLE : ERROR_FILE_NOT_FOUND;
    return nullptr;
  }
  SECURITY_ATTRIBUTES attributes{sizeof attributes, nullptr, inherit};
  return handle_for(thread, found.get(), type, &attributes);
}

HANDLE create_event(const char* routine, LPSECURITY_ATTRIBUTES attributes, bool manual, bool set,
                    const std::u16string& name) {
  nt::Thread& thread = nt::current_thread(routine);
  return create<nt::Event>(thread, nt::kEventType, attributes, name, [&](nt::Event& event) {
    nt::Dispatcher::initialize(
        event.header,
        manual ? nt::DispatcherType::kNotificationEvent : nt::DispatcherType::kSynchronizationEvent,
        set ? 1 : 0);
  });
}

HANDLE create_mutex(const char* routine, LPSECURITY_ATTRIBUTES attributes, bool owned,
                    const std::u16string& name) {
  nt::Thread& thread = nt::current_thread(routine);
  const HANDLE made = create<nt::Mutant>(thread, nt::kMutantType, attributes, name, [](nt::Mutant& mutant) {
    mutant = {};
    nt::Dispatcher::initialize(mutant.header, nt::DispatcherType::kMutant, 1);
  });
  if (made == nullptr || !owned || thread.last_error == ERROR_ALREADY_EXISTS) return made;
  nt::Ref<nt::Mutant> mutant;
  if (open_handle(made, nt::kMutantType, mutant) == STATUS_SUCCESS)
    static_cast<void>(
        dispatcher_of(thread).wait(thread, mutant->header, {.deadline = 0, .kind = {}, .object = {}}));
  return made;
}

HANDLE create_semaphore(const char* routine, LPSECURITY_ATTRIBUTES attributes, LONG initial, LONG maximum,
                        const std::u16string& name) {
  nt::Thread& thread = nt::current_thread(routine);
  if (initial < 0 || maximum <= 0 || initial > maximum) {
    static_cast<void>(win32_result(thread, STATUS_INVALID_PARAMETER));
    return nullptr;
  }
  return create<nt::Semaphore>(thread, nt::kSemaphoreType, attributes, name, [&](nt::Semaphore& semaphore) {
    nt::Dispatcher::initialize(semaphore.header, nt::DispatcherType::kSemaphore, initial);
    semaphore.limit = maximum;
  });
}

HANDLE create_timer(const char* routine, LPSECURITY_ATTRIBUTES attributes, bool manual,
                    const std::u16string& name) {
  nt::Thread& thread = nt::current_thread(routine);
  return create<nt::Timer>(thread, nt::kTimerType, attributes, name, [&](nt::Timer& timer) {
    timer = {};
    nt::Dispatcher::initialize(
        timer.header,
        manual ? nt::DispatcherType::kNotificationTimer : nt::DispatcherType::kSynchronizationTimer, 0);
  });
}

template <class Change>
BOOL change_event(nt::Thread& thread, HANDLE handle, Change change) {
  nt::Ref<nt::Event> event;
  const NTSTATUS status = open_handle(handle, nt::kEventType, event);
  if (status == STATUS_SUCCESS) change(dispatcher_of(thread), event->header);
  return win32_result(thread, status);
}

DWORD failed_wait(nt::Thread& thread, NTSTATUS status) {
  static_cast<void>(win32_result(thread, status));
  return WAIT_FAILED;
}

DWORD wait(nt::Thread& thread, const HANDLE* handles, DWORD count, bool all, DWORD milliseconds) {
  if (count == 0 || count > MAXIMUM_WAIT_OBJECTS) return failed_wait(thread, STATUS_INVALID_PARAMETER);
  std::vector<nt::Ref<void>> objects(count);
  std::vector<nt::DispatcherHeader*> headers;
  for (DWORD i = 0; i < count; ++i) {
    const NTSTATUS status = nt::reference_by_handle(handles[i], 0, nullptr, nt::Mode::kUser, objects[i]);
    if (status != STATUS_SUCCESS) return failed_wait(thread, status);
    const auto waitable = nt::type_of(objects[i].get()).waitable;
    if (waitable == nullptr) return failed_wait(thread, STATUS_INVALID_HANDLE);
    headers.push_back(waitable(objects[i].get()));
  }
  const nt::WaitOptions options{.deadline = deadline_after(thread, milliseconds),
                                .ends_on_termination = true};
  const nt::WaitOutcome outcome = all ? dispatcher_of(thread).wait_all(thread, headers, options)
                                      : dispatcher_of(thread).wait_any(thread, headers, options);
  if (outcome.result != nt::WaitResult::kSatisfied) return WAIT_TIMEOUT;
  const auto index = static_cast<DWORD>(all ? 0 : outcome.index);
  return (outcome.abandoned ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) + index;
}

void sleep(nt::Thread& thread, DWORD milliseconds) {
  if (milliseconds == 0) return;
  static_cast<void>(dispatcher_of(thread).sleep(thread, {.deadline = deadline_after(thread, milliseconds),
                                                         .ends_on_termination = true,
                                                         .kind = "Sleep",
                                                         .object = {}}));
}

}  // namespace

extern "C" {

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES EventAttributes, BOOL ManualReset, BOOL InitialState,
                    LPCWSTR Name) {
  touch_text(Name);
  return nt::client_call("CreateEventW", HANDLE{nullptr}, [&](nt::Thread&) -> HANDLE {
    return create_event("CreateEventW", EventAttributes, ManualReset != FALSE, InitialState != FALSE,
                        std::u16string(view_of(Name)));
  });
}

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES EventAttributes, BOOL ManualReset, BOOL InitialState, LPCSTR Name) {
  touch_text(Name);
  return nt::client_call("CreateEventA", HANDLE{nullptr}, [&](nt::Thread&) -> HANDLE {
    return create_event("CreateEventA", EventAttributes, ManualReset != FALSE, InitialState != FALSE,
                        wide(Name));
  });
}

HANDLE CreateEventExW(LPSECURITY_ATTRIBUTES EventAttributes, LPCWSTR Name, DWORD Flags, DWORD) {
  return CreateEventW(EventAttributes, (Flags & CREATE_EVENT_MANUAL_RESET) != 0,
                      (Flags & CREATE_EVENT_INITIAL_SET) != 0, Name);
}

HANDLE OpenEventW(DWORD, BOOL InheritHandle, LPCWSTR Name) {
  touch_text(Name);
  return nt::client_call("OpenEventW", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    return open(thread, nt::kEventType, InheritHandle, view_of(Name));
  });
}

HANDLE OpenEventA(DWORD, BOOL InheritHandle, LPCSTR Name) {
  touch_text(Name);
  return nt::client_call("OpenEventA", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    return open(thread, nt::kEventType, InheritHandle, wide(Name));
  });
}

BOOL SetEvent(HANDLE Event) {
  return nt::client_call("SetEvent", FALSE, [&](nt::Thread& thread) {
    return change_event(thread, Event, [](nt::Dispatcher& dispatcher, nt::DispatcherHeader& event) {
      dispatcher.set(event);
    });
  });
}

BOOL ResetEvent(HANDLE Event) {
  return nt::client_call("ResetEvent", FALSE, [&](nt::Thread& thread) {
    return change_event(thread, Event, [](nt::Dispatcher& dispatcher, nt::DispatcherHeader& event) {
      dispatcher.reset(event);
    });
  });
}

BOOL PulseEvent(HANDLE Event) {
  return nt::client_call("PulseEvent", FALSE, [&](nt::Thread& thread) {
    return change_event(thread, Event, [](nt::Dispatcher& dispatcher, nt::DispatcherHeader& event) {
      dispatcher.pulse(event);
    });
  });
}

HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES MutexAttributes, BOOL InitialOwner, LPCWSTR Name) {
  touch_text(Name);
  return nt::client_call("CreateMutexW", HANDLE{nullptr}, [&](nt::Thread&) -> HANDLE {
    return create_mutex("CreateMutexW", MutexAttributes, InitialOwner != FALSE,
                        std::u16string(view_of(Name)));
  });
}

HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES MutexAttributes, BOOL InitialOwner, LPCSTR Name) {
  touch_text(Name);
  return nt::client_call("CreateMutexA", HANDLE{nullptr}, [&](nt::Thread&) -> HANDLE {
    return create_mutex("CreateMutexA", MutexAttributes, InitialOwner != FALSE, wide(Name));
  });
}

HANDLE CreateMutexExW(LPSECURITY_ATTRIBUTES MutexAttributes, LPCWSTR Name, DWORD Flags, DWORD) {
  return CreateMutexW(MutexAttributes, (Flags & CREATE_MUTEX_INITIAL_OWNER) != 0, Name);
}

HANDLE OpenMutexW(DWORD, BOOL InheritHandle, LPCWSTR Name) {
  touch_text(Name);
  return nt::client_call("OpenMutexW", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    return open(thread, nt::kMutantType, InheritHandle, view_of(Name));
  });
}

BOOL ReleaseMutex(HANDLE Mutex) {
  return nt::client_call("ReleaseMutex", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Mutant> mutant;
    NTSTATUS status = open_handle(Mutex, nt::kMutantType, mutant);
    if (status == STATUS_SUCCESS &&
        dispatcher_of(thread).release(thread, *mutant) == nt::Dispatcher::MutantRelease::kNotOwner)
      status = STATUS_MUTANT_NOT_OWNED;
    return win32_result(thread, status);
  });
}

HANDLE CreateSemaphoreW(LPSECURITY_ATTRIBUTES SemaphoreAttributes, LONG InitialCount, LONG MaximumCount,
                        LPCWSTR Name) {
  touch_text(Name);
  return nt::client_call("CreateSemaphoreW", HANDLE{nullptr}, [&](nt::Thread&) -> HANDLE {
    return create_semaphore("CreateSemaphoreW", SemaphoreAttributes, InitialCount, MaximumCount,
                            std::u16string(view_of(Name)));
  });
}

HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES SemaphoreAttributes, LONG InitialCount, LONG MaximumCount,
                        LPCSTR Name) {
  touch_text(Name);
  return nt::client_call("CreateSemaphoreA", HANDLE{nullptr}, [&](nt::Thread&) -> HANDLE {
    return create_semaphore("CreateSemaphoreA", SemaphoreAttributes, InitialCount, MaximumCount, wide(Name));
  });
}

HANDLE OpenSemaphoreW(DWORD, BOOL InheritHandle, LPCWSTR Name) {
  touch_text(Name);
  return nt::client_call("OpenSemaphoreW", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    return open(thread, nt::kSemaphoreType, InheritHandle, view_of(Name));
  });
}

BOOL ReleaseSemaphore(HANDLE Semaphore, LONG ReleaseCount, LPLONG PreviousCount) {
  if (PreviousCount != nullptr) touch_output(PreviousCount);
  return nt::client_call("ReleaseSemaphore", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Semaphore> semaphore;
    NTSTATUS status = open_handle(Semaphore, nt::kSemaphoreType, semaphore);
    if (status == STATUS_SUCCESS && ReleaseCount <= 0) status = STATUS_INVALID_PARAMETER;
    std::int32_t before = 0;
    if (status == STATUS_SUCCESS && !dispatcher_of(thread).release(*semaphore, ReleaseCount, before))
      status = STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    if (status == STATUS_SUCCESS && PreviousCount != nullptr) *PreviousCount = before;
    return win32_result(thread, status);
  });
}

HANDLE CreateWaitableTimerW(LPSECURITY_ATTRIBUTES TimerAttributes, BOOL ManualReset, LPCWSTR Name) {
  touch_text(Name);
  return nt::client_call("CreateWaitableTimerW", HANDLE{nullptr}, [&](nt::Thread&) -> HANDLE {
    return create_timer("CreateWaitableTimerW", TimerAttributes, ManualReset != FALSE,
                        std::u16string(view_of(Name)));
  });
}

HANDLE CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES TimerAttributes, LPCWSTR Name, DWORD Flags, DWORD) {
  return CreateWaitableTimerW(TimerAttributes, (Flags & CREATE_WAITABLE_TIMER_MANUAL_RESET) != 0, Name);
}

BOOL SetWaitableTimer(HANDLE Timer, const LARGE_INTEGER* DueTime, LONG Period,
                      PTIMERAPCROUTINE CompletionRoutine, LPVOID, BOOL) {
  touch_input(DueTime, sizeof *DueTime);
  return nt::client_call("SetWaitableTimer", FALSE, [&](nt::Thread& thread) -> BOOL {
    if (CompletionRoutine != nullptr) nt::unsupported("SetWaitableTimer with a completion routine");
    nt::Ref<nt::Timer> timer;
    NTSTATUS status = open_handle(Timer, nt::kTimerType, timer);
    if (status == STATUS_SUCCESS && Period < 0) status = STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS) {
      const sched::Ticks now = thread.system.scheduler().now();
      const std::int64_t due = DueTime->QuadPart;
      dispatcher_of(thread).set_timer(*timer, nt::deadline_from(&due, now),
                                      static_cast<std::uint32_t>(Period), now);
    }
    return win32_result(thread, status);
  });
}

BOOL CancelWaitableTimer(HANDLE Timer) {
  return nt::client_call("CancelWaitableTimer", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Timer> timer;
    const NTSTATUS status = open_handle(Timer, nt::kTimerType, timer);
    if (status == STATUS_SUCCESS) dispatcher_of(thread).cancel_timer(*timer, thread.system.scheduler().now());
    return win32_result(thread, status);
  });
}

DWORD WaitForSingleObject(HANDLE Handle, DWORD Milliseconds) {
  return nt::client_call("WaitForSingleObject", WAIT_FAILED, [&](nt::Thread& thread) -> DWORD {
    return wait(thread, &Handle, 1, false, Milliseconds);
  });
}

DWORD WaitForSingleObjectEx(HANDLE Handle, DWORD Milliseconds, BOOL) {
  return WaitForSingleObject(Handle, Milliseconds);
}

DWORD WaitForMultipleObjects(DWORD Count, const HANDLE* Handles, BOOL WaitAll, DWORD Milliseconds) {
  if (Count <= MAXIMUM_WAIT_OBJECTS) touch_input(Handles, Count * sizeof *Handles);
  return nt::client_call("WaitForMultipleObjects", WAIT_FAILED, [&](nt::Thread& thread) -> DWORD {
    return wait(thread, Handles, Count, WaitAll != FALSE, Milliseconds);
  });
}

DWORD WaitForMultipleObjectsEx(DWORD Count, const HANDLE* Handles, BOOL WaitAll, DWORD Milliseconds, BOOL) {
  return WaitForMultipleObjects(Count, Handles, WaitAll, Milliseconds);
}

DWORD SignalObjectAndWait(HANDLE ObjectToSignal, HANDLE ObjectToWaitOn, DWORD Milliseconds, BOOL) {
  return nt::client_call("SignalObjectAndWait", WAIT_FAILED, [&](nt::Thread& thread) -> DWORD {
    const bool signalled = SetEvent(ObjectToSignal) != FALSE || ReleaseMutex(ObjectToSignal) != FALSE ||
                           ReleaseSemaphore(ObjectToSignal, 1, nullptr) != FALSE;
    return signalled ? wait(thread, &ObjectToWaitOn, 1, false, Milliseconds) : WAIT_FAILED;
  });
}

VOID Sleep(DWORD Milliseconds) {
  static_cast<void>(nt::client_call("Sleep", 0, [&](nt::Thread& thread) {
    sleep(thread, Milliseconds);
    return 0;
  }));
}

DWORD SleepEx(DWORD Milliseconds, BOOL) {
  Sleep(Milliseconds);
  return 0;
}

}  // extern "C"
